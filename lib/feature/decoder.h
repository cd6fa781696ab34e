/* Payload decoders: bytes to a tree that pointers look into. One decoder a file, a row each in
 * the table. A new format is a new file and a new row. */
#pragma once

#include <cjson/cJSON.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct err;

struct decoder {
	const char *name; /* as in the source's "format" */
	const char *help;
	/* The tree belongs to the caller (json_free). For "number" and "text" it is a single
	 * item, so that the pointer "" finds it. -EINVAL with what is wrong. */
	int (*decode)(cJSON **out, const void *payload, size_t len, struct err *err);
};

const struct decoder *decoder_find(const char *name); /* NULL when there is none */
const struct decoder *const *decoder_all(void);       /* ended by NULL */
extern const struct decoder decoder_json, decoder_number, decoder_text;
