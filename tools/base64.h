/* Base64 (RFC 4648, section 4), with padding. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

/* Appends `len` bytes as text. */
void base64_put(struct buf *out, const void *bytes, size_t len);
/* Appends the bytes of a text; false when it is no Base64. */
bool base64_get(struct buf *out, const char *text);
