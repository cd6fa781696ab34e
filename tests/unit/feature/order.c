/* Properties of whole streams: the order of arrival decides nothing, nor does a restart at any
 * point. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/rng.h"
#include "tests/unit/feature/line.h"

#define UNITS 20
#define LOT_IDS 4
#define MESSAGES_MAX (UNITS * 12 + LOT_IDS * 6)
#define TEXT_MAX 160

struct item {
	char topic[TEXT_MAX], payload[TEXT_MAX];
};

struct stream {
	struct item v[MESSAGES_MAX];
	size_t count;
	int64_t time_ms; /* every message has a time of its own */
	struct rng rng;
};

static int64_t next_time(struct stream *s)
{
	return s->time_ms += 1 + (int64_t)rng_below(&s->rng, 5);
}

static void add(
	struct stream *s, const char *kind, const char *id, const char *last, const char *members)
{
	struct item *i = &s->v[s->count++];

	assert_true(s->count <= MESSAGES_MAX);
	snprintf(i->topic, TEXT_MAX, "line/%s/%s%s", kind, id, last);
	snprintf(i->payload, TEXT_MAX, "{\"ts\":%lld,%s}", (long long)next_time(s), members);
}

static void add_lot(struct stream *s, size_t lot)
{
	char id[20], members[100];

	snprintf(id, sizeof(id), "L%zu", lot);
	for (int i = 0; i < 3; i++) {
		snprintf(members, sizeof(members), "\"visc\":%d,\"strength\":%d",
			(int)rng_below(&s->rng, 100) - 5, (int)rng_below(&s->rng, 100));
		add(s, "lot", id, "", members);
	}
}

static void add_unit(struct stream *s, size_t unit)
{
	char id[20], members[130];

	snprintf(id, sizeof(id), "U%zu", unit);
	for (int i = 0; i < 2; i++) {
		snprintf(members, sizeof(members),
			"\"material\":{\"type\":\"%c\",\"lot\":\"L%d\"},\"thickness\":%d,"
			"\"glue\":\"L%d\"",
			"LMH"[rng_below(&s->rng, 3)], (int)rng_below(&s->rng, LOT_IDS),
			(int)rng_below(&s->rng, 60), (int)rng_below(&s->rng, LOT_IDS));
		add(s, "unit", id, "/start", members);
	}
	for (int i = 0; i < 6; i++) {
		snprintf(members, sizeof(members), "\"v\":%s%d%s", i == 4 ? "\"" : "",
			(int)rng_below(&s->rng, 1000), i == 4 ? "\"" : "");
		add(s, "proc", id, i % 2 ? "/temp" : "/speed", members);
	}
}

static void shuffle(struct stream *s)
{
	for (size_t i = s->count - 1; i > 0; i--) {
		size_t k = (size_t)rng_below(&s->rng, i + 1);
		struct item moved = s->v[i];

		s->v[i] = s->v[k];
		s->v[k] = moved;
	}
}

static void make_stream(struct stream *s, uint64_t seed)
{
	s->count = 0;
	s->time_ms = NOW;
	rng_init(&s->rng, seed, 0);
	for (size_t i = 0; i < LOT_IDS; i++)
		add_lot(s, i);
	for (size_t i = 0; i < UNITS; i++)
		add_unit(s, i);
	shuffle(s);
}

static void put_value(struct buf *b, const struct value *v)
{
	if (v->kind == VALUE_TEXT)
		buf_addf(b, "\"%s\"", v->text);
	else if (v->kind == VALUE_NUMBER)
		buf_addf(b, "%g", v->number);
}

static void put_unit(struct buf *b, const struct assembled *u)
{
	buf_addf(b, "%s %lld %s lots %s %s", u->unit, (long long)u->started_ms, u->cause,
		u->lots[RESIN], u->lots[GLUE]);
	for (size_t i = 0; i < FEATURES; i++) {
		const struct assembled_value *v = &u->values[i];

		buf_addf(b, " | ");
		put_value(b, &v->value);
		buf_addf(b, " %s %lld refused ", value_missing_name(v->missing),
			(long long)v->to_ms);
		put_value(b, &v->refused);
	}
	buf_add(b, "\n");
}

/* Compares lines of text. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of `b` in alphabetic order. */
static void sort_lines(struct buf *b)
{
	char *lines[UNITS * 4], *copy = strdup(buf_text(b));
	size_t count = 0;

	for (char *at = copy, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		lines[count++] = at;
	}
	qsort(lines, count, sizeof(lines[0]), by_text);
	buf_clear(b);
	for (size_t i = 0; i < count; i++)
		buf_addf(b, "%s\n", lines[i]);
	free(copy);
}

/* Gives all units out as text. All of them wait for a value that never comes, so what is known at
 * the end is compared. */
static void run_to_deadline(const struct stream *s, struct buf *out)
{
	CLEANUP(line_deinit) struct line l;

	buf_clear(out);
	line_init(&l);
	l.now_ms = s->time_ms;
	for (size_t i = 0; i < s->count; i++) {
		enum refusal r = line_take(&l, s->v[i].topic, s->v[i].payload);

		assert_true(r == REFUSAL_NONE || r == REFUSAL_OUTDATED);
		assert_false(line_next(&l));
	}
	l.clock_ms = 300000;
	while (line_next(&l))
		put_unit(out, &l.unit);
	sort_lines(out);
}

static void the_order_of_arrival_decides_nothing(void **state)
{
	static struct stream s;
	CLEANUP(buf_deinit) struct buf first, again;

	(void)state;
	buf_init(&first);
	buf_init(&again);
	for (uint64_t seed = 1; seed <= 5; seed++) {
		make_stream(&s, seed);
		run_to_deadline(&s, &first);
		assert_true(first.len > UNITS * 100);
		for (int i = 0; i < 10; i++) {
			shuffle(&s);
			run_to_deadline(&s, &again);
			assert_string_equal(buf_text(&again), buf_text(&first));
		}
	}
}

/* Saves, and goes on with a new assembler that loads it. */
static void restart(struct line *l, const struct assembler_limits *limits)
{
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;

	buf_init(&b);
	assembler_save(l->a, &b);
	line_new_assembler(l, limits);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(assembler_load(l->a, &in, &l->err), 0);
}

static void require_most(struct line *l)
{
	static const size_t most[] = {TYPE, TEMP, SPEED, VISCOSITY};

	line_require(l, ARRAY_LEN(most), most);
}

/* Gives all units out in the order in which they come, with small limits that are met, deadlines
 * and scored units that are forgotten. `at`: restart before that message; beyond: before each. */
static void run_with_restart(const struct stream *s, size_t at, struct buf *out)
{
	struct assembler_limits limits = {.open_units = UNITS / 2,
		.remembered_units = UNITS / 3,
		.lots = LOT_IDS - 1,
		.samples = 100,
		.array_elements = 10,
		.future_limit_ms = 1000000};
	CLEANUP(line_deinit) struct line l;

	buf_clear(out);
	line_init(&l);
	l.plan.unit.deadline_ms = 60;
	l.plan.unit.again_ms = 100;
	line_new_assembler(&l, &limits);
	require_most(&l);
	l.now_ms = s->time_ms;
	for (size_t i = 0; i < s->count; i++) {
		if (at == i || at > s->count) {
			restart(&l, &limits);
			require_most(&l);
		}
		l.clock_ms++;
		while (line_next(&l))
			put_unit(out, &l.unit);
		buf_addf(out, "%d\n", (int)line_take(&l, s->v[i].topic, s->v[i].payload));
		while (line_next(&l))
			put_unit(out, &l.unit);
	}
	l.clock_ms += 1000;
	while (line_next(&l))
		put_unit(out, &l.unit);
}

static void a_restart_at_any_point_changes_nothing(void **state)
{
	static struct stream s;
	CLEANUP(buf_deinit) struct buf undisturbed, restarted;

	(void)state;
	buf_init(&undisturbed);
	buf_init(&restarted);
	make_stream(&s, 7);
	run_with_restart(&s, s.count, &undisturbed);
	assert_non_null(strstr(buf_text(&undisturbed), "complete"));
	assert_non_null(strstr(buf_text(&undisturbed), "deadline"));
	assert_non_null(strstr(buf_text(&undisturbed), "open_units"));
	for (size_t at = 0; at < s.count; at++) {
		run_with_restart(&s, at, &restarted);
		assert_string_equal(buf_text(&restarted), buf_text(&undisturbed));
	}
	run_with_restart(&s, SIZE_MAX, &restarted);
	assert_string_equal(buf_text(&restarted), buf_text(&undisturbed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_arrival_decides_nothing),
		cmocka_unit_test(a_restart_at_any_point_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
