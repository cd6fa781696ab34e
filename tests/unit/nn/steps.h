/* Programs of one step, and numbers that are as close as float32 allows. */
#pragma once

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/nn/program.h"

/* Runs the steps, of which the last is the result, on one row. */
static inline void run_steps(
	size_t inputs, const struct nn_step *steps, size_t count, const float *x, float *y)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	struct err err = {""};

	if (nn_program_build(&p, inputs, steps, count, count, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row(p, nn_kernels_choose("scalar", NULL), s, x, y);
}

/* Both NaN, or equal, or within `tolerance` of each other as numbers around `size` go. */
static inline bool is_close(float got, double want, double size, double tolerance)
{
	const float rounded = (float)want;

	if (isnan(want) || isnan(got))
		return isnan(want) && isnan(got);
	return got == rounded || fabs((double)got - want) <= tolerance * fmax(fabs(want), size);
}
