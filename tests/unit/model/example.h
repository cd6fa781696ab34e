/* A small model to try things on: torque (number), wear (number, missing is 7), type (one-hot L
 * and K|M), a flag for a missing wear; 5 inputs, 4 hidden, 1 output, with scaling. */
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/nn/kernels.h"
#include "lib/nn/program.h"

#define EXAMPLE_INPUTS 5
#define EXAMPLE_HIDDEN 4
#define EXAMPLE_ROWS 3

struct example {
	struct nn_program *program;
	struct model_input inputs[EXAMPLE_INPUTS];
	float rows[EXAMPLE_ROWS][EXAMPLE_INPUTS];
	struct model_parts parts;
};

static const char *const example_l[] = {"L"};
static const char *const example_km[] = {"K", "M"};

static inline void example_init(struct example *e)
{
	float w1[EXAMPLE_HIDDEN][EXAMPLE_INPUTS], b1[EXAMPLE_HIDDEN];
	float w2[EXAMPLE_HIDDEN], b2 = -0.25f;
	const float mean[] = {40.1f, 107.9f, 0.6f, 0.3f, 0.01f};
	const float sd[] = {9.97f, 63.6f, 0.49f, 0.46f, 0.1f};

	for (int o = 0; o < EXAMPLE_HIDDEN; o++) {
		for (int i = 0; i < EXAMPLE_INPUTS; i++)
			w1[o][i] = (float)(0.3 * ((o * 7 + i * 3) % 11 - 5));
		b1[o] = (float)(0.1 * o - 0.15);
		w2[o] = (float)(0.7 - 0.4 * o);
	}
	const struct nn_layer layers[] = {
		{EXAMPLE_INPUTS, EXAMPLE_HIDDEN, &w1[0][0], b1, NN_RELU},
		{EXAMPLE_HIDDEN, 1, w2, &b2, NN_SIGMOID},
	};
	*e = (struct example){
		.inputs =
			{
				{.kind = MODEL_INPUT_NUMBER,
					.name = "torque",
					.from = "torque",
					.missing = 39.98691,
					.missing_is_mean = true,
					.mean = 39.98691,
					.sd = 9.968933725,
					.min = 3.8,
					.max = 76.6,
					.unit = "Nm"},
				{.kind = MODEL_INPUT_NUMBER,
					.name = "wear",
					.from = "wear",
					.missing = 7,
					.mean = 107.951,
					.sd = 63.65414663663,
					.min = 0,
					.max = 253,
					.unit = ""},
				{.kind = MODEL_INPUT_ONE_HOT,
					.name = "type=L",
					.from = "type",
					.texts = example_l,
					.text_count = 1},
				{.kind = MODEL_INPUT_ONE_HOT,
					.name = "type=K|M",
					.from = "type",
					.texts = example_km,
					.text_count = 2},
				{.kind = MODEL_INPUT_IS_MISSING,
					.name = "wear is missing",
					.from = "wear"},
			},
		.rows = {{42.8f, 0, 0, 1, 0}, {46.3f, 3, 1, 0, 0}, {39.986910f, 7, 0, 0, 1}},
	};
	if (nn_program_new(&e->program, layers, 2, mean, sd, NULL) < 0)
		__builtin_trap();
	e->parts = (struct model_parts){
		.program = e->program,
		.inputs = e->inputs,
		.threshold = 0.65,
		.training = "{\"rows\":8000,\"seed\":1}",
		.selftest_rows = EXAMPLE_ROWS,
		.selftest_x = &e->rows[0][0],
	};
}

static inline void example_deinit_at(struct example *e)
{
	nn_program_free(e->program);
}

static inline const struct nn_kernels *example_kernels(void)
{
	return nn_kernels_choose(NULL, NULL);
}

static inline struct value number(double v)
{
	return (struct value){.kind = VALUE_NUMBER, .number = v};
}

static inline struct value text(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .text = s};
}

static inline struct value missing(void)
{
	return (struct value){.kind = VALUE_MISSING};
}
