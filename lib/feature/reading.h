/* What a source makes of one element of a message: whose values, from when, and which. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/value.h"
#include "lib/feature/document.h"

struct err;

struct reading {
	struct element element;
	char id[ID_BYTES_MAX + 1];  /* of the unit or lot; "" of a stream */
	char tag[ID_BYTES_MAX + 1]; /* "" without */
	int64_t time_ms;            /* event time; receipt time where the source has none */
	bool has_own_time;
};

/* Reads `element` as `source`; the topic gave `captures`. REFUSAL_NONE, or why not: UNMATCHED (its
 * `when` does not hold), BAD_ID, BAD_TIME, QUALITY, with a sentence in err. Borrows the element. */
enum refusal reading_init(struct reading *r, const struct source *source,
	const struct element *element, const struct topic_capture captures[TOPIC_CAPTURES_MAX],
	int64_t now_ms, struct err *err);

/* Where a source has a field, worked out once and for all its messages. Borrows from the source. */
struct field_at {
	enum {
		FIELD_POINTER, /* at `pointer` */
		FIELD_MEMBER,  /* the element's member `name`; "value": also the element itself */
		FIELD_TAGGED,  /* the source's value where the tag is `name` */
		FIELD_NOWHERE, /* the source has no such field */
	} kind;
	const char *name;
	const struct payload_pointer *pointer;
};
struct field_at field_find(const struct source *source, const char *field);

/* What stands at a field in this element; NULL: nothing, or null. */
const cJSON *reading_item(
	const struct reading *r, const struct source *source, const struct field_at *field);

/* The value of a field of `source`. False: not in this element; null counts as not there. Arrays
 * and objects give true with a missing value and VALUE_REFUSAL_WRONG_TYPE in *why, else *why is
 * VALUE_REFUSAL_NONE. Texts point into the document. */
bool reading_value(const struct reading *r, const struct source *source,
	const struct field_at *field, struct value *out, enum value_refusal *why);

/* A lot id from a value: text of 1 to 128 bytes, or an integer below 2^53. */
bool reading_id_of(const struct value *v, char out[ID_BYTES_MAX + 1]);
