/* UTF-8, checked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Length of the sequence at `at` (2 to 4), 0 when it is not sound. For bytes >= 0x80 (Unicode 15,
 * table 3-7); left > 0. */
size_t utf8_length(const char *at, size_t left);

/* Sound UTF-8 without a NUL byte. */
bool utf8_is_text(const char *bytes, size_t len);
