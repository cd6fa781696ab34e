/* Which values of one topic level belong together, and what they are. */
#include "tools/probe_levels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "tools/probe_words.h"

#define ALIKE_LEAF 0.6  /* Jaccard index of the members of two payloads */
#define ALIKE_BELOW 0.5 /* overlap of what follows two levels */
#define PATTERN_MAX 128
#define ID_PATTERNS_MAX 16 /* of ids that payloads name, on one level */

/* How many values of a kind must be alike before they are taken for one level that varies. */
#define VALUES_IDS 2      /* look like ids */
#define VALUES_LEAVES 2   /* end the topic, with one value each: tags */
#define VALUES_NUMBERED 3 /* press-1, press-2, press-3 */
#define VALUES_OBJECTS 3  /* end the topic, with whole objects */
#define VALUES_WORDS 8    /* words with more behind them */
#define VALUES_MANY 20    /* this many numbered ones in a row are no machines */

/* What a topic carries, as far as topics of one level must agree in it. */
enum leaf_payload { LEAF_SCALAR, LEAF_TEXT, LEAF_MEMBER, LEAF_OBJECT, LEAF_OTHER };

static uint64_t bit_of(const char *text)
{
	return UINT64_C(1) << (hash64(0, text, strlen(text)) & 63);
}

static int popcount(uint64_t v)
{
	return __builtin_popcountll(v);
}

static enum leaf_payload leaf_payload(const struct probe_topic *t)
{
	switch (probe_payload_of(t->payloads)) {
	case PAYLOAD_NUMBER:
	case PAYLOAD_SCALAR:
		return LEAF_SCALAR;
	case PAYLOAD_TEXT:
		return LEAF_TEXT;
	case PAYLOAD_OBJECT:
		return t->value_numbers + t->value_texts > 0 ? LEAF_MEMBER : LEAF_OBJECT;
	default:
		return LEAF_OTHER;
	}
}

void probe_choice_add(struct probe_choice *c, const struct probe_topic *t, size_t depth)
{
	char pattern[PATTERN_MAX];

	if (t->level_count == depth + 1) {
		c->is_leaf = true;
		c->leaf_payload |= 1u << leaf_payload(t);
		c->leaf |= t->members;
	} else {
		c->has_more = true;
		probe_pattern(pattern, sizeof(pattern), t->levels[depth + 1]);
		c->below |= bit_of(pattern);
	}
	if (t->live.count > 0 && (c->live.count == 0 || t->live.first_ms < c->live.first_ms))
		c->live.first_ms = t->live.first_ms;
	if (t->live.count > 0 && (c->live.count == 0 || t->live.last_ms > c->live.last_ms))
		c->live.last_ms = t->live.last_ms;
	c->live.count += t->live.count;
	c->messages += t->messages;
	c->count++;
}

/* What the names say: WORD_UNIT, WORD_LOT, or 0. A word without a digit is no id. */
static unsigned named(const struct probe_choice *c, const struct probe_place *p)
{
	enum probe_form form = probe_form(c->text);
	unsigned own = form == FORM_ID ? probe_words(c->text) : 0;
	unsigned before = p->before ? probe_head(p->before) : 0;

	if (form == FORM_WORD)
		return 0;
	for (unsigned word = WORD_UNIT; word <= WORD_LOT; word <<= 1)
		if (own & word)
			return word;
	return before & WORD_UNIT ? WORD_UNIT : before & WORD_LOT;
}

/* "oven_in" and "start" say what happens: they are never values of a level that varies. */
static bool is_event(const char *text)
{
	return probe_form(text) != FORM_ID && (probe_words(text) & (WORD_ENTER | WORD_EXIT));
}

/* Choices of different kinds are never one group. */
static void kind_of(char out[PATTERN_MAX], const struct probe_choice *c)
{
	if (c->name)
		strcpy(out, c->name == WORD_UNIT ? "#unit" : "#lot");
	else if (is_event(c->text))
		strcpy(out, "#event");
	else if (!c->has_more)
		strcpy(out, "#leaf");
	else if (probe_form(c->text) == FORM_WORD)
		strcpy(out, "#word");
	else
		probe_pattern(out, PATTERN_MAX, c->text);
}

/* By its name; else because a payload names the same id, or one of the same pattern. */
static void find_names(struct probe_choice *choices, size_t count, const struct probe_place *p)
{
	char patterns[ID_PATTERNS_MAX][PATTERN_MAX], pattern[PATTERN_MAX];
	unsigned names[ID_PATTERNS_MAX];
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		const char *is = p->ids ? map_get(p->ids, choices[i].text) : NULL;

		choices[i].name = named(&choices[i], p);
		if (choices[i].name || !is || known == ID_PATTERNS_MAX)
			continue;
		names[known] = strcmp(is, "unit") == 0 ? WORD_UNIT : WORD_LOT;
		probe_pattern(patterns[known++], PATTERN_MAX, choices[i].text);
	}
	for (size_t i = 0; i < count && known > 0; i++) {
		if (choices[i].name)
			continue;
		probe_pattern(pattern, sizeof(pattern), choices[i].text);
		for (size_t k = 0; k < known && !choices[i].name; k++)
			choices[i].name = strcmp(pattern, patterns[k]) == 0 ? names[k] : 0;
		choices[i].is_by_id = choices[i].name != 0;
	}
}

static bool are_alike(const struct probe_choice *a, const struct probe_choice *b)
{
	int less;

	if (a->is_leaf && b->is_leaf) {
		if (a->leaf_payload != b->leaf_payload)
			return false;
		/* single values may differ in what is beside them (a quality, a unit of measure) */
		if (a->leaf_payload & (1u << LEAF_OBJECT) &&
			popcount(a->leaf & b->leaf) < ALIKE_LEAF * popcount(a->leaf | b->leaf))
			return false;
	}
	if (!a->has_more || !b->has_more) /* a unit of which the end has not come yet */
		return true;
	less = popcount(a->below) < popcount(b->below) ? popcount(a->below) : popcount(b->below);
	return popcount(a->below & b->below) >= ALIKE_BELOW * less;
}

struct group {
	char kind[PATTERN_MAX];
	struct probe_choice all; /* what its choices say together */
};

static void join(struct group *g, const struct probe_choice *c)
{
	g->all.is_leaf |= c->is_leaf;
	g->all.has_more |= c->has_more;
	g->all.leaf_payload |= c->leaf_payload;
	g->all.leaf |= c->leaf;
	g->all.below |= c->below;
}

size_t probe_levels_group(struct probe_choice *choices, size_t count, const struct probe_place *p)
{
	struct group *groups = calloc(count, sizeof(*groups));
	size_t group_count = 0;

	find_names(choices, count, p);
	for (size_t i = 0; i < count; i++) {
		char kind[PATTERN_MAX];
		size_t g = group_count;

		kind_of(kind, &choices[i]);
		/* without memory, and for events: a group of its own */
		for (size_t j = 0; groups && j < group_count && strcmp(kind, "#event") != 0; j++) {
			if (strcmp(groups[j].kind, kind) == 0 &&
				are_alike(&groups[j].all, &choices[i])) {
				g = j;
				break;
			}
		}
		if (g == group_count)
			group_count++;
		if (groups) {
			strcpy(groups[g].kind, kind);
			join(&groups[g], &choices[i]);
		}
		choices[i].group = g;
	}
	free(groups);
	return group_count;
}

/* Do topics end here, each with one value? */
static bool are_values(const struct probe_choice *const *group, size_t count)
{
	const unsigned one_value = 1u << LEAF_SCALAR | 1u << LEAF_TEXT | 1u << LEAF_MEMBER;

	for (size_t i = 0; i < count; i++)
		if (group[i]->has_more || group[i]->leaf_payload & ~one_value)
			return false;
	return true;
}

/* Enough of them to say that the level varies? */
static bool varies(const struct probe_choice *const *group, size_t count, unsigned name)
{
	enum probe_form form = probe_form(group[0]->text);
	bool is_leaf = true;

	if (name || is_event(group[0]->text))
		return name != 0;
	for (size_t i = 0; i < count; i++) {
		is_leaf &= !group[i]->has_more;
		form = probe_form(group[i]->text) == FORM_ID ? FORM_ID : form;
	}
	if (form == FORM_ID)
		return count >= VALUES_IDS;
	if (is_leaf)
		return count >= (are_values(group, count) ? VALUES_LEAVES : VALUES_OBJECTS);
	return count >= (form == FORM_NUMBERED ? VALUES_NUMBERED : VALUES_WORDS);
}

static int coming_of(enum probe_coming *out, const struct probe_choice *const *group, size_t count,
	const struct probe_place *p)
{
	struct probe_span *spans = calloc(count, sizeof(*spans));

	if (!spans)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		spans[i] = group[i]->live;
	*out = probe_coming_judge(spans, count, p->begin_ms, p->end_ms);
	free(spans);
	return 0;
}

static enum probe_form form_of(const struct probe_choice *const *group, size_t count)
{
	size_t forms[3] = {0};

	for (size_t i = 0; i < count; i++)
		forms[probe_form(group[i]->text)]++;
	if (forms[FORM_ID] * 2 > count)
		return FORM_ID;
	return forms[FORM_WORD] * 2 > count ? FORM_WORD : FORM_NUMBERED;
}

static enum probe_capture by_name(const struct probe_choice *c, enum probe_form form,
	enum probe_coming coming, size_t count, const char **why)
{
	/* "part/zone1", a device with its number: each would be a piece that never ends */
	if (coming == COMES_ALWAYS &&
		(c->is_by_id || (form == FORM_NUMBERED && count < VALUES_MANY)))
		return CAPTURE_NONE;
	if (c->is_by_id)
		*why = c->name == WORD_UNIT ? "payloads name it as the id of a piece"
					    : "payloads name it as the id of a lot";
	else
		*why = c->name == WORD_UNIT ? "the name says that it is a piece"
					    : "the name says that it is a lot of material";
	return c->name == WORD_UNIT ? CAPTURE_UNIT : CAPTURE_LOT;
}

int probe_levels_judge(enum probe_capture *out, enum probe_coming *coming, const char **why,
	const struct probe_choice *const *group, size_t count, const struct probe_place *p)
{
	unsigned name = group[0]->name;
	enum probe_form form = form_of(group, count);
	int rc;

	*out = CAPTURE_NONE;
	if (!varies(group, count, name))
		return 0;
	rc = coming_of(coming, group, count, p);
	if (rc < 0)
		return rc;
	if (name)
		*out = by_name(group[0], form, *coming, count, why);
	if (*out != CAPTURE_NONE)
		return 0;
	if ((*coming == COMES_ONCE || *coming == COMES_BURSTS) &&
		(form == FORM_ID || (form == FORM_NUMBERED && count >= VALUES_MANY))) {
		*out = CAPTURE_UNIT;
		*why = "looks like an id";
	} else if (are_values(group, count)) {
		*out = CAPTURE_TAG;
		*why = "topics that differ here alone carry the same kind of value";
	} else {
		*out = CAPTURE_OTHER;
		*why = "what comes on it is alike for all";
	}
	return 0;
}
