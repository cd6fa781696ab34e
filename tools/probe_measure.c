/* What comes on a template: how much, how often, in what shape; and a part of a template. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "tools/probe_templates_inside.h"

#define INTERVALS_MIN 3   /* of a topic that has a rhythm */
#define REGULAR_BELOW 0.3 /* deviation of its intervals over their mean */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure_rhythm(struct probe_template *t, double *means, double *deviations)
{
	size_t n = 0;

	for (size_t i = 0; i < t->topic_count; i++) {
		const struct probe_topic *topic = t->topics[i];
		uint64_t intervals = topic->live.count ? topic->live.count - 1 : 0;

		if (intervals < INTERVALS_MIN || topic->interval_mean_ms <= 0)
			continue;
		means[n] = topic->interval_mean_ms;
		deviations[n] = sqrt(topic->interval_m2 / (double)(intervals - 1)) / means[n];
		n++;
	}
	if (n == 0)
		return;
	qsort(means, n, sizeof(*means), by_value);
	qsort(deviations, n, sizeof(*deviations), by_value);
	t->interval_ms = means[n / 2];
	t->regularity =
		deviations[n / 2] < REGULAR_BELOW ? REGULARITY_REGULAR : REGULARITY_IRREGULAR;
}

static void count_messages(struct probe_template *t, uint64_t *live)
{
	for (size_t i = 0; i < t->topic_count; i++) {
		const struct probe_topic *topic = t->topics[i];

		t->messages += topic->messages;
		t->retained += topic->retained;
		*live += topic->live.count;
		for (size_t k = 0; k < PAYLOAD_KINDS; k++)
			t->payloads[k] += topic->payloads[k];
		for (size_t q = 0; q < 3; q++)
			t->qos[q] += topic->qos[q];
	}
	t->payload = probe_payload_of(t->payloads);
}

static bool is_wanted(const struct probe_template *t, const struct probe_variant *v)
{
	for (size_t i = 0; t->only && i < t->only->count; i++)
		if (v->value && strcmp(t->only->values[i], v->value) == 0)
			return true;
	return !t->only;
}

static struct probe_shape *own_shape(struct probe_templates *all)
{
	struct owned_shape *own = arena_alloc(all->arena, sizeof(*own));

	if (!own || probe_shape_new(&own->shape, &all->memory) < 0)
		return NULL;
	own->next = all->shapes;
	all->shapes = own;
	return own->shape;
}

/* The shapes of its topics together, each once. */
static int merge_shapes(struct probe_templates *all, struct probe_template *t)
{
	struct probe_shape *shape = own_shape(all);
	uint64_t mark = ++all->mark;
	int rc = shape ? 0 : -ENOMEM;

	for (size_t i = 0; i < t->topic_count && rc == 0; i++) {
		struct probe_variants *v = t->topics[i]->shapes;

		if (v->mark == mark)
			continue;
		v->mark = mark;
		for (size_t k = 0; k < v->count && rc == 0; k++)
			if (is_wanted(t, &v->all[k]))
				rc = probe_shape_merge(shape, v->all[k].shape);
	}
	t->shape = shape;
	return rc;
}

int template_measure(struct probe_templates *all, struct probe_template *t)
{
	double window = (double)(all->heard.end_ms - all->heard.begin_ms) / 1000;
	double *sorted = calloc(2 * t->topic_count, sizeof(*sorted));
	uint64_t live = 0;

	if (!sorted)
		return -ENOMEM;
	count_messages(t, &live);
	t->per_second = window > 0 ? (double)live / window : 0;
	measure_rhythm(t, sorted, sorted + t->topic_count);
	free(sorted);
	return merge_shapes(all, t);
}

int template_name(struct probe_templates *all, struct probe_template *t)
{
	struct buf text;

	buf_init(&text);
	for (size_t i = 0; i < t->level_count; i++)
		buf_addf(&text, t->levels[i].capture ? "%s{%s}" : "%s%s", i ? "/" : "",
			t->levels[i].name);
	t->text = buf_text(&text) ? arena_string(all->arena, text.data) : NULL;
	buf_deinit(&text);
	return t->text ? 0 : -ENOMEM;
}

static int by_text(const void *a, const void *b)
{
	const struct probe_level_value *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static void add_topic(struct probe_level_value *v, const struct probe_topic *t)
{
	const struct probe_span *live = &t->live;

	if (live->count > 0 && (v->live.count == 0 || live->first_ms < v->live.first_ms))
		v->live.first_ms = live->first_ms;
	if (live->count > 0 && (v->live.count == 0 || live->last_ms > v->live.last_ms))
		v->live.last_ms = live->last_ms;
	v->live.count += live->count;
	v->messages += t->messages;
}

/* Those of the level's values that its own topics have, and when they came on them. */
static int own_values(struct probe_templates *all, const struct probe_template *t, size_t depth)
{
	struct probe_level *l = &t->levels[depth];
	struct probe_level_value *own = arena_zalloc(all->arena, l->value_count, sizeof(*own));
	size_t kept = 0;

	if (!own)
		return -ENOMEM;
	for (size_t i = 0; i < l->value_count; i++)
		own[i].text = l->values[i].text;
	for (size_t i = 0; i < t->topic_count; i++) {
		const struct probe_level_value key = {.text = t->topics[i]->levels[depth]};
		struct probe_level_value *v =
			bsearch(&key, own, l->value_count, sizeof(*own), by_text);

		if (v)
			add_topic(v, t->topics[i]);
	}
	for (size_t i = 0; i < l->value_count; i++)
		if (own[i].messages > 0)
			own[kept++] = own[i];
	l->values = own;
	l->value_count = kept;
	return 0;
}

int template_own_values(struct probe_templates *all, struct probe_template *t)
{
	int rc = 0;

	for (size_t i = 0; i < t->level_count && rc == 0; i++)
		if (t->levels[i].capture)
			rc = own_values(all, t, i);
	return rc;
}

static bool is_of_machine(const struct probe_level *l)
{
	return l->capture == CAPTURE_OTHER || l->capture == CAPTURE_TAG;
}

static bool is_same_machine(
	const struct probe_template *t, const struct probe_topic *a, const struct probe_topic *b)
{
	for (size_t i = 0; i < t->level_count; i++)
		if (is_of_machine(&t->levels[i]) && strcmp(a->levels[i], b->levels[i]) != 0)
			return false;
	return true;
}

/* Only the topics of the machine; its name stands in the levels. */
static int narrow(struct probe_templates *all, struct probe_template *part,
	const struct probe_template *t, const struct probe_topic *machine)
{
	part->topics = arena_alloc(all->arena, t->topic_count * sizeof(t->topics[0]));
	part->levels = arena_copy(all->arena, t->levels, t->level_count * sizeof(t->levels[0]));
	if (!part->topics || !part->levels)
		return -ENOMEM;
	part->topic_count = 0;
	for (size_t i = 0; i < t->topic_count; i++)
		if (is_same_machine(t, t->topics[i], machine))
			part->topics[part->topic_count++] = t->topics[i];
	for (size_t i = 0; i < t->level_count; i++)
		if (is_of_machine(&t->levels[i]))
			part->levels[i] = (struct probe_level){.name = machine->levels[i]};
	return template_own_values(all, part) < 0 ? -ENOMEM : template_name(all, part);
}

int probe_templates_part(struct probe_templates *all, const struct probe_template **out,
	const struct probe_template *t, const struct probe_topic *machine,
	const struct probe_message_kind *only)
{
	struct probe_template *part = arena_copy(all->arena, t, sizeof(*t));
	int rc = part ? 0 : -ENOMEM;

	if (rc == 0 && machine)
		rc = narrow(all, part, t, machine);
	if (rc < 0)
		return rc;
	if (only)
		part->only = only;
	part->messages = part->retained = 0;
	memset(part->payloads, 0, sizeof(part->payloads));
	memset(part->qos, 0, sizeof(part->qos));
	rc = template_measure(all, part);
	if (rc == 0)
		*out = part;
	return rc;
}
