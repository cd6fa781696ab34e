/* What a program is made of, for the files that make and run it; nothing else includes this.
 *
 * All values of a row lie in one buffer, each at its offset, on a vector's boundary and whole
 * vectors wide; what is no longer read makes room for later values. Constants have places of their
 * own, which are filled once. The program's input is read where the caller has it, unless a copy
 * reads it: copies address columns by their place in the buffer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nn/program.h"

struct nn_prepared { /* a step, beside what its kind needs for running */
	struct nn_affine affine;
	float *packed;    /* of affine */
	uint32_t *places; /* of a copy: [width] places in the buffer */
};

struct nn_program {
	size_t inputs, count, result;
	struct nn_step *steps; /* [count]; arrays are the program's */
	struct nn_prepared *prepared;
	size_t *offsets;  /* [count + 1] of values */
	bool keeps_input; /* value 0 is in the buffer */
	size_t stride;    /* floats of a row's buffer, whole vectors */
	float *ones;      /* what nn_program_sd gives where there is subtraction only */
};

/* n floats on a vector's boundary, whole vectors, zeroed. NULL without memory. */
float *nn_floats_new(size_t n);
float *nn_floats_copy(const float *from, size_t n);

/* A program of checked steps as they are. -ENOMEM. */
MUST_CHECK int nn_program_prepare(struct nn_program **out, size_t inputs,
	const struct nn_step *steps, size_t count, size_t result, struct err *err);

/* Fills offsets, keeps_input and stride. -ENOMEM. */
MUST_CHECK int nn_program_lay_out(struct nn_program *p);

/* Fills ones where they are needed. -ENOMEM. */
MUST_CHECK int nn_program_note_scaling(struct nn_program *p);
