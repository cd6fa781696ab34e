/* The shape of JSON payloads: every pointer that was seen, with types, range and values.
 *
 * A pointer is written as in RFC 6901, with a star as the token that stands for every element of an
 * array. A payload that is a scalar has the pointer "". Shapes are filled message by message, or
 * from other shapes, and share one memory with limits: what is beyond is counted, not kept. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "tools/probe_coming.h"
#include "tools/probe_time.h"

#define PROBE_POINTERS_MAX 500        /* of a shape */
#define PROBE_POINTERS_ALL_MAX 100000 /* of all shapes that share a memory */
#define PROBE_POINTER_BYTES_MAX 250
#define PROBE_SHAPES_MAX 20000   /* that share a memory */
#define PROBE_SEEN_TEXTS_MAX 256 /* different values kept of a pointer */
#define PROBE_SEEN_NUMBERS_MAX 64
#define PROBE_SEEN_BYTES_MAX 128 /* longer texts are only counted */

/* What shapes are made in. */
struct probe_memory {
	struct arena *arena;
	size_t pointers_left, bytes_left, shapes_left;
	uint64_t over; /* values whose pointer found no room */
};

enum probe_kind {
	KIND_NUMBER,
	KIND_TEXT,
	KIND_BOOL,
	KIND_NULL,
	KIND_OBJECT,
	KIND_ARRAY,
	KIND_COUNT,
};

/* One of the different values of a pointer: whole numbers, true and false, short texts. */
struct probe_seen {
	uint64_t hash;
	const char *text; /* NULL: there was no memory for it */
	enum probe_kind kind;
	struct probe_span span;
};

struct probe_field {
	const char *pointer;
	uint64_t kinds[KIND_COUNT];
	uint64_t occurrences; /* all kinds together */
	uint64_t messages;    /* that had it */
	uint64_t reals;       /* numbers that were not whole */
	double min, max;      /* of the numbers */
	size_t elements_max;  /* of arrays */
	struct probe_seen *seen;
	size_t seen_count, seen_cap;
	bool has_more;             /* than `seen` holds, or such as are not kept */
	struct probe_clock *clock; /* NULL: no value could be a time */
	uint64_t last_message;     /* private: to count `messages` */
};

struct probe_shape;

int probe_memory_init(struct probe_memory *m); /* -ENOMEM */
void probe_memory_deinit(struct probe_memory *m);

/* -ENOMEM. Whoever makes more than PROBE_SHAPES_MAX looks at shapes_left. */
MUST_CHECK int probe_shape_new(struct probe_shape **out, struct probe_memory *m);
void probe_shape_free(struct probe_shape *s);
CLEANUP_FOR(struct probe_shape, probe_shape_free)

/* -ENOMEM. */
MUST_CHECK int probe_shape_add(
	struct probe_shape *s, const cJSON *payload, int64_t receipt_ms, bool is_retained);
MUST_CHECK int probe_shape_merge(struct probe_shape *s, const struct probe_shape *other);

uint64_t probe_shape_messages(const struct probe_shape *s);
uint64_t probe_shape_over(const struct probe_shape *s); /* values beyond the limits */
/* Pointers in the order in which they were first seen. */
size_t probe_shape_count(const struct probe_shape *s);
const struct probe_field *probe_shape_field(const struct probe_shape *s, size_t i);
const struct probe_field *probe_shape_find(const struct probe_shape *s, const char *pointer);

/* Of all places where it could be (messages, or elements of the array around it), the share that
 * had it. */
double probe_field_present(const struct probe_shape *s, const struct probe_field *f);
/* The kind of most of its values; null only where there is nothing else. */
enum probe_kind probe_field_kind(const struct probe_field *f);
bool probe_field_is_scalar(const struct probe_field *f); /* never an object or array */
/* The name of the last member in the pointer that is no *; written into `out`. */
const char *probe_field_name(const struct probe_field *f, char *out, size_t cap);
/* The meaning of a member by its name, and its parent's where it has none of its own: a unit at
 * "/part/id" and at "/Serial/Value". */
unsigned probe_field_means(const struct probe_field *f);
/* How its values come; UNKNOWN where not all are kept. */
enum probe_coming probe_field_coming(const struct probe_field *f, int64_t begin_ms, int64_t end_ms);
bool probe_field_time(const struct probe_field *f, struct probe_time *out);
const char *probe_kind_name(enum probe_kind k); /* "number" */
