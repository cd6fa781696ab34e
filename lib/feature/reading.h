/* What a source makes of a message: whose values, from when, and which. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/value.h"
#include "lib/feature/message.h"
#include "lib/feature/plan.h"
#include "lib/feature/refusal.h"

struct err;

struct reading {
	char id[ID_BYTES_MAX + 1]; /* of the unit or lot */
	int64_t time_ms;           /* event time; receipt time where the source has none */
	bool has_own_time;
	char tag[ID_BYTES_MAX + 1]; /* "" without */
	cJSON *tree;                /* the decoded payload; reading_deinit frees it */
};

/* Reads `msg`, whose topic gave `captures`, as `source`. REFUSAL_NONE, or why not: BAD_PAYLOAD,
 * BAD_ID, BAD_TIME, with a sentence in err; then there is nothing to deinit. */
enum refusal reading_init(struct reading *r, const struct source *source, const struct message *msg,
	const struct topic_capture captures[TOPIC_CAPTURES_MAX], int64_t now_ms, struct err *err);
void reading_deinit(struct reading *r);
static inline void reading_deinit_at(struct reading *r)
{
	reading_deinit(r);
}

/* Where a source has a field, worked out once and for all its messages. Borrows from the source. */
struct field_at {
	enum {
		FIELD_POINTER, /* at the pointer `text` */
		FIELD_MEMBER,  /* the member `text` of the top level */
		FIELD_TAGGED,  /* at the source's value_pointer where the message's tag is `text` */
		FIELD_NOWHERE, /* the source has no such field */
	} kind;
	const char *text;
};
struct field_at field_find(const struct source *source, const char *field);

/* The value of a field of `source`. False: not in this message; null in the payload counts as not
 * there. Arrays and objects give true with a missing value and VALUE_REFUSAL_WRONG_TYPE in *why,
 * else *why is VALUE_REFUSAL_NONE. Texts point into the reading. */
bool reading_value(const struct reading *r, const struct source *source,
	const struct field_at *field, struct value *out, enum value_refusal *why);

/* A lot id from a value: text of 1 to 128 bytes, or an integer below 2^53. */
bool reading_id_of(const struct value *v, char out[ID_BYTES_MAX + 1]);
