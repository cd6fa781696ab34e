/* Derived inputs: arithmetic over raw features, compiled once (DESIGN 6).
 *
 *   sum     = product, any number of times ("+" or "-", product)
 *   product = factor, any number of times ("*" or "/", factor)
 *   factor  = "-" factor | number | name of a feature | "(" sum ")"
 *           | function "(" sum, further ones with commas between ")"
 *
 * Functions: abs sqrt exp ln log10 floor round (halves away from 0) of one argument, pow of two,
 * min and max of two or more. A function's name without a parenthesis is a feature's.
 * All in double, after IEEE 754; what is no number on the way (the root of -1) stays none. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

/* Reading a number or a feature, and each operation, is a step. */
#define EXPRESSION_STEPS_MAX 64

struct arena;
struct err;
struct expression;

/* In the arena. -EINVAL ("at character 9 ...", counted from 1), -ENOMEM. */
MUST_CHECK int expression_compile(
	struct expression **out, struct arena *memory, const char *text, struct err *err);

/* The features it reads, each once, in order of appearance. At most EXPRESSION_STEPS_MAX. */
size_t expression_operand_count(const struct expression *e);
const char *expression_operand(const struct expression *e, size_t i);

/* operands [operand_count], NAN where missing. NAN when an operand is missing or the result is not
 * finite. */
double expression_run(const struct expression *e, const double *operands);
