/* JSON read strictly, and written flat.
 *
 * json_parse checks the text against RFC 8259 first (UTF-8, numbers, depth at most 64), refuses
 * duplicate keys and numbers that are not finite, and says line and column; the tree itself is
 * cJSON's. With comments allowed, "//" to the end of a line counts as white space. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/base/value.h"

struct err;

#define JSON_COMMENTS 1 /* flag for json_parse: configuration files */

/* The tree belongs to the caller (json_free). `text` need not be NUL-terminated; a NUL byte in it
 * is an error. -EINVAL: "<line>:<column>: <what was found, what is allowed>". */
MUST_CHECK int json_parse(cJSON **out, const char *text, size_t len, int flags, struct err *err);
void json_free(cJSON *tree); /* NULL is fine */
CLEANUP_FOR(cJSON, json_free)

/* RFC 6901. `pointer` "" is the document; "/a/0/b" with ~0 and ~1. NULL when there is nothing. */
const cJSON *json_at(const cJSON *tree, const char *pointer);
bool json_pointer_is_valid(const char *pointer); /* "" or "/..." with sound escapes */

/* A scalar as a value: numbers, texts; true is 1, false is 0; null and NULL are missing. False
 * for arrays and objects. The text points into the tree. */
bool json_value(const cJSON *item, struct value *out);

/* "a number", "an object", ...: what an item is, for messages. */
const char *json_kind(const cJSON *item);

/* Writing: {"k":v,...}. Reals always have a decimal point, integers never. Texts are escaped;
 * invalid UTF-8 in them becomes U+FFFD. */
void jsonw_begin(struct buf *b);
void jsonw_end(struct buf *b);
void jsonw_key(struct buf *b, const char *key); /* then a raw value with jsonw_raw_* or buf_add */
void jsonw_text(struct buf *b, const char *key, const char *text); /* NULL writes "" */
void jsonw_real(struct buf *b, const char *key, double v);         /* must be finite */
void jsonw_int(struct buf *b, const char *key, int64_t v);
void jsonw_raw_text(struct buf *b, const char *text, size_t len); /* a quoted, escaped string */
void jsonw_raw_value(
	struct buf *b, const struct value *v); /* null when missing; reals with point */
