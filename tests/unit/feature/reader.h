/* A source of the tests' plan and a message: what is read of it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feature/reading.h"
#include "tests/unit/feature/line.h"

struct bench {
	struct plan plan;
	struct document d;
	struct reading r;
	struct err err;
};

static inline int set_up(void **state)
{
	static struct bench b;

	b = (struct bench){0};
	test_plan(&b.plan);
	*state = &b;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	document_deinit(&b->d);
	plan_deinit(&b->plan);
	return 0;
}

static inline enum refusal read_as(
	struct bench *b, size_t source, const char *topic, const char *payload)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	struct message m = {.topic = topic, .payload = payload, .payload_len = strlen(payload)};
	struct element e;
	enum refusal why;

	document_deinit(&b->d);
	assert_true(topic_match(b->plan.sources[source].topic, topic, captures));
	why = document_init(&b->d, &b->plan.sources[source], &m, &b->err);
	if (why != REFUSAL_NONE)
		return why;
	assert_true(document_first(&b->d, &e));
	return reading_init(&b->r, &b->plan.sources[source], &e, captures, NOW, &b->err);
}

static inline bool value_of(
	struct bench *b, size_t source, const char *field, struct value *v, enum value_refusal *why)
{
	struct field_at at = field_find(&b->plan.sources[source], field);

	return reading_value(&b->r, &b->plan.sources[source], &at, v, why);
}

/* Elements of the lab's array "v", which may look at the whole payload. */
static inline void read_elements_of_lab(struct bench *b)
{
	struct source *lab = &b->plan.sources[LAB];

	lab->each = strdup("/v");
	free(lab->time.text);
	lab->time = (struct payload_pointer){strdup("/ts"), true};
}
