/* Numbers and texts, strictly and whatever the locale.
 *
 * A number is what JSON calls one: an optional minus, digits without a leading zero, a fraction,
 * an exponent; nothing before or behind it. Infinities, NaN and what overflows (1e999) are
 * refused; what is too small becomes 0. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

#define NUM_TEXT_MAX 32 /* room for any number printed by num_print */

bool num_parse(const char *s, size_t len, double *out); /* JSON grammar */
/* As people and CSV files write numbers: also a leading +, leading zeros, ".5", "5.", and white
 * space around. Not: inf, nan, hex, decimal comma. */
bool num_parse_lenient(const char *s, size_t len, double *out);
bool num_parse_int(const char *s, size_t len, int64_t *out); /* -?[0-9]+ within range */

/* The shortest text that reads back to the same value; "-0" is printed "0". With `point` there
 * is always a decimal point or an exponent with one ("1.0", "1.0e+30"). Returns the length.
 * `v` must be finite. */
size_t num_print(char out[NUM_TEXT_MAX], double v, bool point);
/* The same for a float: the shortest text that reads back to the same float. */
size_t num_print_float(char out[NUM_TEXT_MAX], float v, bool point);

/* "500ms" "90s" "10min" "2h" "90d" "10y" (y = 365 d), whole numbers, to milliseconds.
 * -EINVAL with a sentence that names the text and what is allowed. */
struct err;
MUST_CHECK int duration_parse(const char *s, int64_t *out_ms, struct err *err);
/* With the largest unit that leaves a whole number: 182000 is "182s", 86400000 "1d". Returns the
 * length. */
size_t duration_print(char out[NUM_TEXT_MAX], int64_t ms);
/* "64KiB" "4MiB" "2GiB" "512B" to bytes. */
MUST_CHECK int size_parse(const char *s, int64_t *out_bytes, struct err *err);
