/* Topics grouped into templates. */
#include "tools/probe_templates.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "tools/probe_levels.h"
#include "tools/probe_templates_inside.h"
#include "tools/probe_words.h"

#define BLOCK_BYTES (64 << 10)
#define CAPTURES_MAX 8 /* of a topic template of the daemon */
#define ID_BYTES_MIN 3

/* The way down to where topics are being told apart. */
struct path {
	struct probe_templates *out;
	struct probe_level levels[PROBE_LEVELS_MAX];
};

static const char *level_text(const struct probe_topic *t, size_t depth)
{
	return depth < t->level_count ? t->levels[depth] : NULL;
}

/* Topics that end before `depth` first, the others by their text there. */
static int by_level(const void *a, const void *b, void *depth)
{
	const struct probe_topic *const *x = a, *const *y = b;
	const char *tx = level_text(*x, *(size_t *)depth), *ty = level_text(*y, *(size_t *)depth);
	int order;

	if (!tx || !ty)
		return tx ? 1 : ty ? -1 : strcmp((*x)->text, (*y)->text);
	order = strcmp(tx, ty);
	return order ? order : strcmp((*x)->text, (*y)->text);
}

static int by_template(const void *a, const void *b)
{
	const struct probe_template *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

static int grow(struct probe_templates *all)
{
	size_t cap = all->cap ? 2 * all->cap : 16;
	struct probe_template **grown;

	if (all->count < all->cap)
		return 0;
	grown = reallocarray(all->all, cap, sizeof(struct probe_template *));
	if (!grown)
		return -ENOMEM;
	all->all = grown;
	all->cap = cap;
	return 0;
}

/* The topics, which end at `depth`, are one template. */
static int emit(struct path *p, const struct probe_topic **topics, size_t count, size_t depth)
{
	struct probe_templates *all = p->out;
	struct probe_template *t;
	int rc = grow(all);

	if (rc < 0)
		return rc;
	t = arena_zalloc(all->arena, 1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->level_count = depth;
	t->topic_count = count;
	t->whole = t;
	t->levels = arena_copy(all->arena, p->levels, depth * sizeof(p->levels[0]));
	t->topics = arena_copy(all->arena, topics, count * sizeof(topics[0]));
	if (!t->levels || !t->topics)
		return -ENOMEM;
	rc = template_name(all, t);
	if (rc == 0)
		rc = template_own_values(all, t);
	if (rc == 0)
		rc = template_measure(all, t);
	if (rc == 0)
		rc = template_find_kinds(all, t);
	if (rc == 0)
		all->all[all->count++] = t;
	return rc;
}

static bool is_taken(const struct path *p, size_t depth, const char *name)
{
	for (size_t i = 0; i < depth; i++)
		if (p->levels[i].capture && strcmp(p->levels[i].name, name) == 0)
			return true;
	return false;
}

/* The name of a capture that is no id: "press" of press-1, press-2, or what stands before it. */
static const char *other_name(
	struct path *p, size_t depth, const struct probe_choice *const *group, size_t count)
{
	char name[PROBE_NAME_MAX], first[PROBE_NAME_MAX];
	size_t same;

	probe_name(first, group[0]->text, "machine");
	same = strlen(first);
	for (size_t i = 1; i < count; i++) {
		probe_name(name, group[i]->text, "machine");
		while (strncmp(first, name, same) != 0)
			same--;
	}
	while (same > 0 &&
		(first[same - 1] == '_' || (first[same - 1] >= '0' && first[same - 1] <= '9')))
		same--;
	first[same] = '\0';
	if (same < 3 && depth > 0 && !p->levels[depth - 1].capture &&
		probe_form(p->levels[depth - 1].name) == FORM_WORD)
		probe_name(first, p->levels[depth - 1].name, "machine");
	else if (same < 3)
		strcpy(first, "machine");
	if (strcmp(first, "unit") == 0 || strcmp(first, "lot") == 0 || strcmp(first, "tag") == 0 ||
		is_taken(p, depth, first))
		snprintf(first, sizeof(first), "level_%zu", depth + 1);
	return arena_string(p->out->arena, first);
}

static int describe(struct path *p, size_t depth, enum probe_capture capture,
	const struct probe_choice *const *group, size_t count)
{
	static const char *const names[] = {
		[CAPTURE_UNIT] = "unit", [CAPTURE_LOT] = "lot", [CAPTURE_TAG] = "tag"};
	struct probe_level *l = &p->levels[depth];

	if (capture == CAPTURE_OTHER || is_taken(p, depth, names[capture])) {
		l->capture = CAPTURE_OTHER;
		l->name = other_name(p, depth, group, count);
	} else {
		l->capture = capture;
		l->name = names[capture];
	}
	l->values = arena_zalloc(p->out->arena, count, sizeof(l->values[0]));
	if (!l->name || !l->values)
		return -ENOMEM;
	l->value_count = count;
	for (size_t i = 0; i < count; i++)
		l->values[i] = (struct probe_level_value){
			group[i]->text, group[i]->live, group[i]->messages};
	return 0;
}

/* The topics of some choices as one slice; NULL when memory runs out. */
static const struct probe_topic **slice_of(const struct probe_topic **topics,
	const struct probe_choice *const *group, size_t count, size_t *out_count)
{
	const struct probe_topic **slice;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += group[i]->count;
	slice = calloc(n, sizeof(*slice));
	*out_count = n;
	n = 0;
	for (size_t i = 0; slice && i < count; i++) {
		memcpy(slice + n, topics + group[i]->first, group[i]->count * sizeof(*slice));
		n += group[i]->count;
	}
	return slice;
}

static size_t captures(const struct path *p, size_t depth)
{
	size_t n = 0;

	for (size_t i = 0; i < depth; i++)
		n += p->levels[i].capture != CAPTURE_NONE;
	return n;
}

/* *out: does the level vary? Then it stands in the path. */
static int judge(struct path *p, size_t depth, const struct probe_place *place,
	const struct probe_choice *const *group, size_t count, bool *out)
{
	struct probe_level *l = &p->levels[depth];
	enum probe_capture capture;
	int rc;

	*l = (struct probe_level){0};
	rc = probe_levels_judge(&capture, &l->coming, &l->why, group, count, place);
	*out = rc == 0 && capture != CAPTURE_NONE && captures(p, depth) < CAPTURES_MAX;
	return *out ? describe(p, depth, capture, group, count) : rc;
}

static size_t gather(struct probe_choice *choices, const struct probe_topic **topics, size_t begin,
	size_t count, size_t depth)
{
	size_t n = 0;

	for (size_t i = begin; i < count; i++) {
		const char *text = topics[i]->levels[depth];

		if (n == 0 || strcmp(choices[n - 1].text, text) != 0)
			choices[n++] = (struct probe_choice){.text = text, .first = i};
		probe_choice_add(&choices[n - 1], topics[i], depth);
	}
	return n;
}

static size_t members_of(const struct probe_choice **out, const struct probe_choice *choices,
	size_t count, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (choices[i].group == group)
			out[n++] = &choices[i];
	return n;
}

static int tell_apart(struct path *p, const struct probe_topic **topics, size_t count, size_t depth)
{
	const struct probe_place place = {
		.before = depth > 0 && !p->levels[depth - 1].capture ? p->levels[depth - 1].name
								     : NULL,
		.begin_ms = p->out->heard.begin_ms,
		.end_ms = p->out->heard.end_ms,
		.ids = p->out->ids,
	};
	struct probe_choice *choices;
	const struct probe_choice **group;
	size_t ended = 0, n = 0, groups = 0;
	int rc = 0;

	qsort_r(topics, count, sizeof(topics[0]), by_level, &depth);
	while (ended < count && topics[ended]->level_count == depth)
		ended++;
	if (ended > 0)
		rc = emit(p, topics, ended, depth);
	if (rc < 0 || ended == count)
		return rc;
	choices = calloc(count - ended, sizeof(*choices));
	group = calloc(count - ended, sizeof(const struct probe_choice *));
	if (choices && group) {
		n = gather(choices, topics, ended, count, depth);
		groups = probe_levels_group(choices, n, &place);
	} else {
		rc = -ENOMEM;
	}
	for (size_t g = 0; g < groups && rc == 0; g++) {
		size_t members = members_of(group, choices, n, g);
		bool varies;

		rc = judge(p, depth, &place, group, members, &varies);
		for (size_t i = 0; i < members && rc == 0; i += varies ? members : 1) {
			const struct probe_topic **slice;
			size_t len;

			if (!varies)
				p->levels[depth] = (struct probe_level){.name = group[i]->text};
			slice = slice_of(topics, group + i, varies ? members : 1, &len);
			rc = slice ? tell_apart(p, slice, len, depth + 1) : -ENOMEM;
			free(slice);
		}
	}
	free(group);
	free(choices);
	return rc;
}

static int find_templates(struct probe_templates *all, const struct probe_topics *topics)
{
	size_t count = probe_topics_count(topics);
	const struct probe_topic **slice = calloc(count + 1, sizeof(*slice));
	struct path *p = calloc(1, sizeof(*p));
	int rc = slice && p ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && rc == 0; i++)
		slice[i] = probe_topics_at(topics, i);
	if (rc == 0)
		p->out = all;
	if (rc == 0 && count > 0)
		rc = tell_apart(p, slice, count, 0);
	free(p);
	free(slice);
	return rc;
}

/* Ids in a member that is called one: a topic level of the same text is one too. */
static int add_ids(struct probe_templates *all, const struct probe_field *f)
{
	static char unit[] = "unit", lot[] = "lot"; /* values of the map: never written to */
	unsigned means = probe_field_means(f) & (WORD_UNIT | WORD_LOT);
	int rc = 0;

	/* what never changes is a device's number */
	if (!means || !probe_field_is_scalar(f) || f->reals > 0 || f->clock ||
		(f->seen_count < 2 && !f->has_more))
		return 0;
	for (size_t i = 0; i < f->seen_count && rc == 0 && !map_full(all->ids); i++) {
		const char *text = f->seen[i].text;

		if (text && strlen(text) >= ID_BYTES_MIN && probe_form(text) != FORM_WORD &&
			!map_get(all->ids, text))
			rc = map_put(all->ids, text, means & WORD_UNIT ? unit : lot);
	}
	return rc;
}

static int find_ids(struct probe_templates *all, const struct probe_topics *topics)
{
	int rc = map_new(&all->ids, PROBE_TOPICS_MAX);

	all->mark++;
	for (size_t i = 0; i < probe_topics_count(topics) && rc == 0; i++) {
		struct probe_variants *v = probe_topics_at(topics, i)->shapes;

		if (v->mark == all->mark)
			continue;
		v->mark = all->mark;
		for (size_t k = 0; k < v->count; k++)
			for (size_t n = 0; n < probe_shape_count(v->all[k].shape) && rc == 0; n++)
				rc = add_ids(all, probe_shape_field(v->all[k].shape, n));
	}
	return rc;
}

int probe_templates_new(struct probe_templates **out, const struct probe_topics *topics)
{
	CLEANUP(probe_templates_free) struct probe_templates *t = calloc(1, sizeof(*t));
	int rc;

	if (!t || arena_new(&t->arena, BLOCK_BYTES) < 0 || probe_memory_init(&t->memory) < 0)
		return -ENOMEM;
	probe_topics_heard(topics, &t->heard);
	rc = find_ids(t, topics);
	if (rc == 0)
		rc = find_templates(t, topics);
	if (rc < 0)
		return rc;
	if (t->count > 0)
		qsort(t->all, t->count, sizeof(struct probe_template *), by_template);
	*out = TAKE(t);
	return 0;
}

void probe_templates_free(struct probe_templates *t)
{
	if (!t)
		return;
	while (t->shapes) {
		struct owned_shape *next = t->shapes->next;

		probe_shape_free(t->shapes->shape);
		t->shapes = next;
	}
	map_free(t->ids);
	free(t->all);
	probe_memory_deinit(&t->memory);
	arena_free(t->arena);
	free(t);
}

size_t probe_templates_count(const struct probe_templates *t)
{
	return t->count;
}

const struct probe_template *probe_templates_at(const struct probe_templates *t, size_t i)
{
	return t->all[i];
}

int probe_template_find(const struct probe_template *t, enum probe_capture capture)
{
	for (size_t i = 0; i < t->level_count; i++)
		if (t->levels[i].capture == capture)
			return (int)i;
	return -1;
}

const char *probe_regularity_name(enum probe_regularity r)
{
	static const char *const names[] = {"unknown", "regular", "irregular"};

	return names[r];
}
