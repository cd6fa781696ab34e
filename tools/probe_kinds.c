/* Which kinds of messages come on a template: by the member that says it, and their shapes. */
#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "tools/probe_templates_inside.h"
#include "tools/probe_words.h"

#define WORDS 8   /* of a set of pointers: 512 bits */
#define ALIKE 0.8 /* Jaccard index of the pointers of two kinds that are one */

struct kind {
	const char *value;
	uint64_t pointers[WORDS];
	unsigned event; /* WORD_ENTER, WORD_EXIT or 0 */
};

struct kinds {
	const char *told_by;
	struct kind all[PROBE_VARIANTS_MAX];
	size_t count;
	bool are_no_kinds; /* too many values, or members that disagree */
};

static struct kind *kind_of(struct kinds *k, const char *value)
{
	unsigned event = probe_words(value) & (WORD_ENTER | WORD_EXIT);

	for (size_t i = 0; i < k->count; i++)
		if (strcmp(k->all[i].value, value) == 0)
			return &k->all[i];
	if (k->count == PROBE_VARIANTS_MAX)
		return NULL;
	k->all[k->count] = (struct kind){
		.value = value, .event = event == (WORD_ENTER | WORD_EXIT) ? 0 : event};
	return &k->all[k->count++];
}

static void add_variants(struct kinds *k, const struct probe_variants *v)
{
	if (!v->pointer)
		return;
	k->are_no_kinds |= v->has_more || (k->told_by && strcmp(k->told_by, v->pointer) != 0);
	k->told_by = v->pointer;
	for (size_t i = 1; i < v->count && !k->are_no_kinds; i++) {
		struct kind *kind = kind_of(k, v->all[i].value);

		k->are_no_kinds |= !kind;
		for (size_t n = 0; kind && n < probe_shape_count(v->all[i].shape); n++) {
			const char *pointer = probe_shape_field(v->all[i].shape, n)->pointer;
			uint64_t bit = hash64(0, pointer, strlen(pointer)) % (64 * WORDS);

			kind->pointers[bit / 64] |= UINT64_C(1) << bit % 64;
		}
	}
}

static bool are_alike(const struct kind *a, const struct kind *b)
{
	int both = 0, either = 0;

	for (size_t i = 0; i < WORDS; i++) {
		both += __builtin_popcountll(a->pointers[i] & b->pointers[i]);
		either += __builtin_popcountll(a->pointers[i] | b->pointers[i]);
	}
	return both >= ALIKE * either;
}

/* Worth telling apart: something enters and leaves, or payloads differ. */
static bool differ(const struct kinds *k)
{
	unsigned events = 0;
	bool is_different = false;

	for (size_t i = 0; i < k->count; i++) {
		events |= k->all[i].event;
		is_different |= !are_alike(&k->all[0], &k->all[i]);
	}
	return is_different || events == (WORD_ENTER | WORD_EXIT);
}

/* Events stand alone; others with payloads that are alike together. */
static size_t group_of(const struct kinds *k, size_t groups[], size_t i, size_t count)
{
	for (size_t j = 0; j < i && !k->all[i].event; j++)
		if (!k->all[j].event && are_alike(&k->all[i], &k->all[j]))
			return groups[j];
	return count;
}

int template_find_kinds(struct probe_templates *all, struct probe_template *t)
{
	struct kinds k = {0};
	size_t groups[PROBE_VARIANTS_MAX];
	uint64_t mark = ++all->mark;

	for (size_t i = 0; i < t->topic_count; i++) {
		struct probe_variants *v = t->topics[i]->shapes;

		if (v->mark != mark)
			add_variants(&k, v);
		v->mark = mark;
	}
	if (k.are_no_kinds || k.count == 0)
		return 0;
	t->told_by = k.told_by;
	if (!differ(&k))
		return 0;
	t->kinds = arena_zalloc(all->arena, k.count, sizeof(t->kinds[0]));
	for (size_t i = 0; i < k.count && t->kinds; i++) {
		struct probe_message_kind *kind;

		groups[i] = group_of(&k, groups, i, t->kind_count);
		kind = &t->kinds[groups[i]];
		if (groups[i] == t->kind_count) {
			kind->values = arena_zalloc(all->arena, k.count, sizeof(kind->values[0]));
			t->kind_count++;
		}
		if (!kind->values)
			return -ENOMEM;
		kind->values[kind->count++] = k.all[i].value;
	}
	return t->kinds ? 0 : -ENOMEM;
}
