/* The shape of JSON payloads. */
#include "tools/probe_shape.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/base/map.h"
#include "lib/base/num.h"

#define MEMORY_BYTES (64 << 20)
#define BLOCK_BYTES (64 << 10)
#define ELEMENTS_MAX 1000 /* of an array that are looked at, as the daemon does */

struct probe_shape {
	struct probe_memory *memory;
	struct map *by_pointer;
	struct probe_field **fields;
	size_t count, cap;
	uint64_t messages, over;
};

int probe_memory_init(struct probe_memory *m)
{
	*m = (struct probe_memory){.pointers_left = PROBE_POINTERS_ALL_MAX,
		.bytes_left = MEMORY_BYTES,
		.shapes_left = PROBE_SHAPES_MAX};
	return arena_new(&m->arena, BLOCK_BYTES);
}

void probe_memory_deinit(struct probe_memory *m)
{
	arena_free(m->arena);
	m->arena = NULL;
}

/* NULL when the limit is reached, which is not an error, or when memory ran out. */
static void *take(struct probe_memory *m, size_t bytes)
{
	if (bytes > m->bytes_left)
		return NULL;
	m->bytes_left -= bytes;
	return arena_zalloc(m->arena, 1, bytes);
}

int probe_shape_new(struct probe_shape **out, struct probe_memory *m)
{
	CLEANUP(probe_shape_free) struct probe_shape *s = calloc(1, sizeof(*s));

	if (!s || map_new(&s->by_pointer, PROBE_POINTERS_MAX) < 0)
		return -ENOMEM;
	s->memory = m;
	m->shapes_left -= m->shapes_left > 0;
	*out = TAKE(s);
	return 0;
}

void probe_shape_free(struct probe_shape *s)
{
	if (!s)
		return;
	map_free(s->by_pointer);
	free(s->fields);
	free(s);
}

static int keep(struct probe_shape *s, struct probe_field *f)
{
	size_t cap = s->cap ? 2 * s->cap : 8;
	struct probe_field **grown;

	if (s->count == s->cap) {
		grown = reallocarray(s->fields, cap, sizeof(s->fields[0]));
		if (!grown)
			return -ENOMEM;
		s->fields = grown;
		s->cap = cap;
	}
	s->fields[s->count++] = f;
	return map_put(s->by_pointer, f->pointer, f);
}

/* *out NULL: there is no room for one more. */
static int field_of(struct probe_shape *s, const char *pointer, struct probe_field **out)
{
	struct probe_memory *m = s->memory;
	size_t len = strlen(pointer);
	struct probe_field *f;
	char *copy;

	*out = map_get(s->by_pointer, pointer);
	if (*out)
		return 0;
	f = NULL;
	if (!map_full(s->by_pointer) && m->pointers_left > 0 && len <= PROBE_POINTER_BYTES_MAX)
		f = take(m, sizeof(*f));
	copy = f ? take(m, len + 1) : NULL;
	if (!copy) {
		s->over++;
		m->over++;
		return 0;
	}
	m->pointers_left--;
	memcpy(copy, pointer, len);
	f->pointer = copy;
	f->min = INFINITY;
	f->max = -INFINITY;
	*out = f;
	return keep(s, f);
}

static struct probe_seen *find_seen(const struct probe_field *f, uint64_t hash)
{
	for (size_t i = 0; i < f->seen_count; i++)
		if (f->seen[i].hash == hash)
			return &f->seen[i];
	return NULL;
}

static bool grow_seen(struct probe_memory *m, struct probe_field *f)
{
	size_t cap = f->seen_cap ? 2 * f->seen_cap : 4;
	struct probe_seen *grown;

	if (f->seen_count < f->seen_cap)
		return true;
	grown = take(m, cap * sizeof(*grown));
	if (!grown)
		return false;
	if (f->seen_count > 0)
		memcpy(grown, f->seen, f->seen_count * sizeof(*grown));
	f->seen = grown;
	f->seen_cap = cap;
	return true;
}

static void add_span(struct probe_span *to, const struct probe_span *from)
{
	if (from->count > 0 && (to->count == 0 || from->first_ms < to->first_ms))
		to->first_ms = from->first_ms;
	if (from->count > 0 && (to->count == 0 || from->last_ms > to->last_ms))
		to->last_ms = from->last_ms;
	to->count += from->count;
}

/* Counts the value where it is known, else keeps it while there is room. */
static void see(struct probe_shape *s, struct probe_field *f, const struct probe_seen *value)
{
	size_t most = value->kind == KIND_TEXT ? PROBE_SEEN_TEXTS_MAX : PROBE_SEEN_NUMBERS_MAX;
	struct probe_seen *known = find_seen(f, value->hash);
	size_t len = strlen(value->text);
	char *copy;

	if (known) {
		add_span(&known->span, &value->span);
		return;
	}
	if (f->seen_count >= most || len > PROBE_SEEN_BYTES_MAX || !grow_seen(s->memory, f)) {
		f->has_more = true;
		return;
	}
	copy = take(s->memory, len + 1);
	if (copy)
		memcpy(copy, value->text, len);
	f->seen[f->seen_count] = *value;
	f->seen[f->seen_count].text = copy;
	f->seen_count++;
}

struct walk {
	struct probe_shape *shape;
	int64_t receipt_ms;
	bool is_retained;
	struct buf path;
};

/* A member gets a clock with its first value that could be a time. */
static void add_time(struct walk *w, struct probe_field *f, const cJSON *item)
{
	enum probe_time_format format;
	int64_t time_ms = 0;

	format = cJSON_IsNumber(item) ? probe_time_of_number(item->valuedouble, &time_ms)
				      : probe_time_of_text(item->valuestring, &time_ms);
	if (format != PROBE_TIME_NONE && !f->clock) {
		f->clock = take(w->shape->memory, sizeof(*f->clock));
		if (f->clock)
			f->clock->formats[PROBE_TIME_NONE] = f->occurrences - 1;
	}
	if (f->clock)
		probe_clock_add(f->clock, format, time_ms, w->receipt_ms, w->is_retained);
}

static void see_scalar(struct walk *w, struct probe_field *f, const cJSON *item)
{
	struct probe_seen value = {.span = {w->receipt_ms, w->receipt_ms, w->is_retained ? 0 : 1}};
	char number[NUM_TEXT_MAX];

	if (cJSON_IsString(item)) {
		value.kind = KIND_TEXT;
		value.text = item->valuestring;
	} else if (cJSON_IsBool(item)) {
		value.kind = KIND_BOOL;
		value.text = cJSON_IsTrue(item) ? "true" : "false";
	} else {
		value.kind = KIND_NUMBER;
		num_print(number, item->valuedouble, false);
		value.text = number;
	}
	value.hash = hash64(value.kind == KIND_BOOL, value.text, strlen(value.text));
	see(w->shape, f, &value);
}

static enum probe_kind kind_of(const cJSON *item)
{
	if (cJSON_IsNumber(item))
		return KIND_NUMBER;
	if (cJSON_IsString(item))
		return KIND_TEXT;
	if (cJSON_IsBool(item))
		return KIND_BOOL;
	if (cJSON_IsObject(item))
		return KIND_OBJECT;
	return cJSON_IsArray(item) ? KIND_ARRAY : KIND_NULL;
}

static void add_value(struct walk *w, struct probe_field *f, const cJSON *item)
{
	enum probe_kind kind = kind_of(item);

	f->kinds[kind]++;
	f->occurrences++;
	if (f->last_message != w->shape->messages) {
		f->last_message = w->shape->messages;
		f->messages++;
	}
	if (kind == KIND_NUMBER) {
		f->min = fmin(f->min, item->valuedouble);
		f->max = fmax(f->max, item->valuedouble);
		if (item->valuedouble != floor(item->valuedouble)) {
			f->reals++;
			f->has_more = true;
		}
	}
	if (kind == KIND_TEXT || kind == KIND_BOOL ||
		(kind == KIND_NUMBER && item->valuedouble == floor(item->valuedouble)))
		see_scalar(w, f, item);
	if (kind == KIND_NUMBER || kind == KIND_TEXT)
		add_time(w, f, item);
}

static void add_token(struct buf *path, const char *key)
{
	buf_add(path, "/");
	for (; *key; key++) {
		if (*key == '~')
			buf_add(path, "~0");
		else if (*key == '/')
			buf_add(path, "~1");
		else
			buf_put(path, key, 1);
	}
}

static int walk(struct walk *w, const cJSON *item)
{
	const char *pointer = buf_text(&w->path);
	size_t begin = w->path.len, elements = 0;
	struct probe_field *f = NULL;
	const cJSON *child;
	int rc = pointer ? field_of(w->shape, pointer, &f) : -ENOMEM;

	if (rc < 0 || !f)
		return rc;
	add_value(w, f, item);
	for (child = cJSON_IsObject(item) || cJSON_IsArray(item) ? item->child : NULL;
		child && rc == 0 && elements < ELEMENTS_MAX; child = child->next) {
		if (cJSON_IsObject(item))
			add_token(&w->path, child->string);
		else
			buf_add(&w->path, "/*");
		rc = walk(w, child);
		w->path.len = begin;
		elements++;
	}
	if (cJSON_IsArray(item) && elements > f->elements_max)
		f->elements_max = elements;
	return rc;
}

int probe_shape_add(
	struct probe_shape *s, const cJSON *payload, int64_t receipt_ms, bool is_retained)
{
	struct walk w = {.shape = s, .receipt_ms = receipt_ms, .is_retained = is_retained};
	int rc;

	s->messages++;
	buf_init(&w.path);
	rc = walk(&w, payload);
	buf_deinit(&w.path);
	return rc;
}

static void merge_field(
	struct probe_shape *s, struct probe_field *to, const struct probe_field *from)
{
	for (size_t k = 0; k < KIND_COUNT; k++)
		to->kinds[k] += from->kinds[k];
	to->occurrences += from->occurrences;
	to->messages += from->messages;
	to->reals += from->reals;
	to->min = fmin(to->min, from->min);
	to->max = fmax(to->max, from->max);
	if (from->elements_max > to->elements_max)
		to->elements_max = from->elements_max;
	to->has_more |= from->has_more;
	for (size_t i = 0; i < from->seen_count; i++) {
		if (from->seen[i].text)
			see(s, to, &from->seen[i]);
		else
			to->has_more = true;
	}
	if (from->clock && !to->clock)
		to->clock = take(s->memory, sizeof(*to->clock));
	if (from->clock && to->clock)
		probe_clock_merge(to->clock, from->clock);
}

int probe_shape_merge(struct probe_shape *s, const struct probe_shape *other)
{
	s->messages += other->messages;
	s->over += other->over;
	for (size_t i = 0; i < other->count; i++) {
		struct probe_field *to = NULL;
		int rc = field_of(s, other->fields[i]->pointer, &to);

		if (rc < 0)
			return rc;
		if (to)
			merge_field(s, to, other->fields[i]);
	}
	return 0;
}

uint64_t probe_shape_messages(const struct probe_shape *s)
{
	return s->messages;
}

uint64_t probe_shape_over(const struct probe_shape *s)
{
	return s->over;
}

size_t probe_shape_count(const struct probe_shape *s)
{
	return s->count;
}

const struct probe_field *probe_shape_field(const struct probe_shape *s, size_t i)
{
	return s->fields[i];
}

const struct probe_field *probe_shape_find(const struct probe_shape *s, const char *pointer)
{
	return map_get(s->by_pointer, pointer);
}
