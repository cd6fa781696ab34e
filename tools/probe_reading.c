/* How to read what comes on a template. */
#include "tools/probe_reading.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/probe_words.h"

#define CONSTANT_AFTER 3 /* an id that is the same in more messages than this is none */
#define DIGITS_OF_IDS 3
#define PRESENT_MIN 0.9 /* of messages that have a unit or time: fewer are told apart */
#define TOGETHER 0.05   /* how far the counts of members may be apart that come together */

bool probe_reading_pointer(const struct probe_reading *r, const struct probe_field *f,
	char out[PROBE_POINTER_BYTES_MAX + 2])
{
	size_t len = strlen(r->element);
	bool is_inside = r->each && strncmp(f->pointer, r->element, len) == 0 &&
			 (f->pointer[len] == '/' || f->pointer[len] == '\0');
	const char *rest = is_inside ? f->pointer + len : f->pointer;

	for (const char *s = strstr(rest, "/*"); s; s = strstr(s + 1, "/*"))
		if (s[2] == '/' || s[2] == '\0')
			return false;
	snprintf(out, PROBE_POINTER_BYTES_MAX + 2, "%s%s", r->each && !is_inside ? "#" : "", rest);
	return true;
}

bool probe_reading_has(const struct probe_reading *r, const struct probe_field *f)
{
	const struct probe_field *unit = r->with ? r->with : r->without;
	bool comes_with;

	if (!unit)
		return true;
	comes_with = fabs((double)f->occurrences - (double)unit->occurrences) <=
		     TOGETHER * (double)unit->occurrences;
	/* a time is both's */
	return f->clock || comes_with == (r->with != NULL);
}

static void set(struct probe_at *at, const struct probe_reading *r, const struct probe_field *f)
{
	if (f && probe_reading_pointer(r, f, at->pointer))
		at->field = f;
}

/* A pointer of the table of known shapes. */
static void set_known(struct probe_at *at, const struct probe_reading *r, const char *pointer)
{
	char full[2 * PROBE_POINTER_BYTES_MAX];

	if (!pointer)
		return;
	snprintf(full, sizeof(full), "%s%s", pointer[0] == '#' ? "" : r->element,
		pointer[0] == '#' ? pointer + 1 : pointer);
	at->field = probe_shape_find(r->from->shape, full);
	snprintf(at->pointer, sizeof(at->pointer), "%s", pointer);
}

static size_t digits(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text >= '0' && *text <= '9';
	return n;
}

/* Do the values look like ids that change from piece to piece? */
static bool is_id(const struct probe_field *f, int64_t begin_ms, int64_t end_ms)
{
	enum probe_kind kind = probe_field_kind(f);
	size_t most = 0;

	if (!probe_field_is_scalar(f) || (kind != KIND_TEXT && kind != KIND_NUMBER) || f->reals > 0)
		return false;
	if (f->seen_count < 2 && !f->has_more && f->messages > CONSTANT_AFTER)
		return false;
	for (size_t i = 0; i < f->seen_count; i++) {
		const char *text = f->seen[i].text ? f->seen[i].text : "";

		if (strchr(text, ' '))
			return false;
		most = digits(text) > most ? digits(text) : most;
	}
	/* short ones must be many, or new nearly every time */
	if (most == 0 || (most < DIGITS_OF_IDS && f->seen_count < DIGITS_OF_IDS &&
				 f->occurrences > 2 * f->seen_count))
		return false;
	return probe_field_coming(f, begin_ms, end_ms) != COMES_ALWAYS;
}

static bool is_lot_id(const struct probe_field *f)
{
	enum probe_kind kind = probe_field_kind(f);

	if (!probe_field_is_scalar(f) || (kind != KIND_TEXT && kind != KIND_NUMBER) || f->reals > 0)
		return false;
	for (size_t i = 0; i < f->seen_count; i++)
		if (f->seen[i].text && digits(f->seen[i].text) > 0)
			return true;
	return false;
}

static bool is_time(const struct probe_field *f)
{
	struct probe_time t;

	return probe_field_time(f, &t);
}

/* Of two candidates: the one in the element, then the one with more values, then the first. */
static bool is_better(
	const struct probe_reading *r, const struct probe_field *f, const struct probe_at *than)
{
	char pointer[PROBE_POINTER_BYTES_MAX + 2];

	if (!probe_reading_pointer(r, f, pointer))
		return false;
	if (!than->field)
		return true;
	if ((pointer[0] == '#') != (than->pointer[0] == '#'))
		return pointer[0] != '#';
	return f->seen_count > than->field->seen_count;
}

/* Of an object that is taken apart the members are elements: values by name, and no parts of one
 * thing. */
static bool is_element(const struct probe_reading *r, const struct probe_field *f)
{
	size_t len = strlen(r->element);

	return r->each_is_object && strncmp(f->pointer, r->element, len) == 0 &&
	       f->pointer[len] == '/';
}

static void find_ids(struct probe_reading *r, int64_t begin_ms, int64_t end_ms)
{
	const struct probe_shape *s = r->from->shape;

	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);
		unsigned means = probe_field_means(f);

		if (is_time(f) || is_element(r, f))
			continue;
		if (means & WORD_UNIT && !(r->known && r->known->unit) &&
			is_id(f, begin_ms, end_ms) && is_better(r, f, &r->unit))
			set(&r->unit, r, f);
		if (means & WORD_LOT && is_lot_id(f) && is_better(r, f, &r->lot))
			set(&r->lot, r, f);
	}
}

/* Of several times: one that is usable, in the element, nearest to the receipt. */
static bool is_better_time(
	const struct probe_reading *r, const struct probe_field *f, const struct probe_time *t)
{
	char pointer[PROBE_POINTER_BYTES_MAX + 2];

	if (!probe_reading_pointer(r, f, pointer) ||
		probe_field_present(r->from->shape, f) < PRESENT_MIN)
		return false;
	if (!r->time.field)
		return true;
	if (t->is_usable != r->clock.is_usable)
		return t->is_usable;
	if ((pointer[0] == '#') != (r->time.pointer[0] == '#'))
		return pointer[0] != '#';
	return llabs(t->delay_ms) < llabs(r->clock.delay_ms);
}

static void find_time(struct probe_reading *r)
{
	const struct probe_shape *s = r->from->shape;
	struct probe_time t;

	if (r->known && r->known->time)
		set_known(&r->time, r, r->known->time);
	if (r->time.field && !probe_field_time(r->time.field, &r->clock))
		r->time.field = NULL;
	for (size_t i = 0; i < probe_shape_count(s) && !r->time.field; i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (!probe_field_time(f, &t) || !is_better_time(r, f, &t))
			continue;
		set(&r->time, r, f);
		r->clock = t;
	}
	if (r->time.field && !r->clock.is_usable) {
		r->far_time = r->time;
		r->time = (struct probe_at){0};
	}
}

/* The member that is the value, and the one that names it. */
static const struct probe_field *find_member(
	const struct probe_reading *r, unsigned word, bool wants_text)
{
	const struct probe_shape *s = r->from->shape;
	const struct probe_field *best = NULL;
	size_t len = strlen(r->element);

	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);
		bool is_inside = strncmp(f->pointer, r->element, len) == 0 &&
				 f->pointer[len] == '/' && !strchr(f->pointer + len + 1, '/');

		if (!is_inside || !(probe_head(f->pointer + len + 1) & word) ||
			!probe_field_is_scalar(f) || is_time(f))
			continue;
		if (wants_text && probe_field_kind(f) != KIND_TEXT)
			continue;
		if (!best || f->messages > best->messages)
			best = f;
	}
	return best;
}

/* The one scalar below an object that is a value: /value/doubleValue. */
static const struct probe_field *scalar_below(const struct probe_shape *s, const char *pointer)
{
	size_t len = strlen(pointer);

	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (strncmp(f->pointer, pointer, len) == 0 && f->pointer[len] == '/' &&
			probe_field_is_scalar(f))
			return f;
	}
	return NULL;
}

static void read_known(struct probe_reading *r, const struct probe_wild *w)
{
	const struct probe_field *f;

	r->known = w;
	r->each = w->each;
	if (w->each) {
		f = probe_shape_find(r->from->shape, w->each);
		r->each_is_object = f && probe_field_kind(f) == KIND_OBJECT;
		snprintf(r->element, sizeof(r->element), "%s%s", w->each,
			r->each_is_object ? "" : "/*");
	}
	set_known(&r->unit, r, w->unit);
	set_known(&r->value, r, w->value);
	if (w->tag && strcmp(w->tag, "{key}") == 0)
		strcpy(r->tag.pointer, w->tag);
	else
		set_known(&r->tag, r, w->tag);
	f = r->value.field;
	if (f && probe_field_kind(f) == KIND_OBJECT)
		set(&r->value, r, scalar_below(r->from->shape, f->pointer));
	if (w->quality) {
		struct probe_at quality = {0};

		set_known(&quality, r, w->quality);
		r->quality = quality.field ? w->quality : NULL;
		r->good = w->good;
	}
}

/* Something to make features of in the elements of an array: higher is better, 0: nothing. */
static int worth(const struct probe_reading *r)
{
	const struct probe_shape *s = r->from->shape;
	size_t len = strlen(r->element);
	int score = 0;

	if (r->unit.field && r->unit.pointer[0] != '#')
		return 3;
	if (r->tag.field && r->value.field)
		return 2;
	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (strncmp(f->pointer, r->element, len) == 0 && f->pointer[len] == '/' &&
			!strchr(f->pointer + len + 1, '*') && f->kinds[KIND_NUMBER] > 0 &&
			!is_time(f))
			score = 1;
	}
	return score;
}

static void find_parts(struct probe_reading *r, int64_t begin_ms, int64_t end_ms)
{
	bool has_topic_tag = !r->each && probe_template_find(r->from, CAPTURE_TAG) >= 0;

	if (r->each)
		set(&r->tag, r, find_member(r, WORD_NAME, true));
	if (r->tag.field || has_topic_tag)
		set(&r->value, r, find_member(r, WORD_VALUE, false));
	if (!r->value.field)
		r->tag = (struct probe_at){0};
	find_ids(r, begin_ms, end_ms);
	find_time(r);
}

/* The best array in the payload, if one is worth taking apart. */
static bool read_array(
	struct probe_reading *out, const struct probe_template *t, int64_t begin_ms, int64_t end_ms)
{
	int best = 0;

	for (size_t i = 0; i < probe_shape_count(t->shape); i++) {
		const struct probe_field *f = probe_shape_field(t->shape, i);
		struct probe_reading r = {.from = t, .each = f->pointer};

		if (probe_field_kind(f) != KIND_ARRAY || strstr(f->pointer, "/*") ||
			strlen(f->pointer) + 2 > PROBE_POINTER_BYTES_MAX)
			continue;
		snprintf(r.element, sizeof(r.element), "%s/*", f->pointer);
		find_parts(&r, begin_ms, end_ms);
		if (worth(&r) > best) {
			best = worth(&r);
			*out = r;
		}
	}
	return best > 0;
}

enum content { CONTENT_NONE, CONTENT_IDS, CONTENT_VALUES };

/* What the payload itself holds beside times and counters: numbers, scalars as a whole; or at least
 * ids and what inspection found. */
static enum content content_of(const struct probe_reading *r)
{
	const struct probe_shape *s = r->from->shape;
	enum content best = CONTENT_NONE;

	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);
		char pointer[PROBE_POINTER_BYTES_MAX + 2];
		unsigned means = probe_field_means(f);

		if (!probe_reading_pointer(r, f, pointer) || !probe_field_is_scalar(f) ||
			is_time(f))
			continue;
		if (!f->pointer[0] || (f->kinds[KIND_NUMBER] + f->kinds[KIND_BOOL] > 0 &&
					      !(means & (WORD_COUNTER | WORD_UNIT | WORD_LOT))))
			return CONTENT_VALUES;
		if (means & (WORD_UNIT | WORD_LOT | WORD_RESULT))
			best = CONTENT_IDS;
	}
	return best;
}

/* Where only some have a unit there are two readings: of those that have it, and of the others. */
static size_t add_reading(
	struct probe_reading out[PROBE_READINGS_MAX], size_t n, const struct probe_reading *r)
{
	const struct probe_field *unit = r->unit.field;

	out[n] = *r;
	if (!unit || probe_field_present(r->from->shape, unit) >= PRESENT_MIN)
		return n + 1;
	out[n].unit = (struct probe_at){0};
	out[n].without = unit;
	out[n + 1] = *r;
	out[n + 1].with = unit;
	return n + 2;
}

/* Is the payload itself worth reading, beside the array in it? */
static bool is_worth(const struct probe_reading *r, const struct probe_reading *array)
{
	enum content content = content_of(r);

	if (r->each || r->tag.pointer[0])
		return true;
	/* what stands around units is theirs: the elements reach it with "#/" */
	if (array)
		return content == CONTENT_VALUES && !array->unit.field;
	/* a topic that only says that a unit is there is worth reading too */
	return content != CONTENT_NONE || probe_template_find(r->from, CAPTURE_UNIT) >= 0;
}

size_t probe_readings(struct probe_reading out[PROBE_READINGS_MAX], const struct probe_template *t,
	int64_t begin_ms, int64_t end_ms)
{
	struct probe_reading r = {.from = t}, array;
	const struct probe_wild *known;
	bool has_array;
	size_t n = 0;

	if (t->payload == PAYLOAD_EMPTY || t->payload == PAYLOAD_BINARY ||
		t->payload == PAYLOAD_TOO_BIG)
		return 0;
	if (t->payload != PAYLOAD_OBJECT && t->payload != PAYLOAD_ARRAY) {
		out[0] = r; /* the payload is the value: objects among it are strays */
		return 1;
	}
	known = probe_wild_match(t->shape);
	if (known)
		read_known(&r, known);
	if (known && known->each) {
		find_ids(&r, begin_ms, end_ms);
		find_time(&r);
	} else {
		find_parts(&r, begin_ms, end_ms);
	}
	has_array = !r.each && read_array(&array, t, begin_ms, end_ms);
	if (is_worth(&r, has_array ? &array : NULL))
		n = add_reading(out, n, &r);
	if (has_array) {
		array.known = known;
		n = add_reading(out, n, &array);
	}
	return n;
}
