/* The program against the definition, in double; and what it refuses. */
#include "lib/nn/program.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

#define WIDEST 80

/* A network of random weights; widths [layers + 1]. */
struct net {
	size_t count;
	struct nn_layer layers[4];
	float *weights[4], *bias[4];
	float mean[WIDEST], sd[WIDEST];
};

static struct net net_new(const size_t *widths, size_t count)
{
	struct net net = {.count = count};
	struct rng rng;

	rng_init(&rng, 7, 0);
	for (size_t i = 0; i < count; i++) {
		const size_t n = widths[i] * widths[i + 1];

		net.weights[i] = malloc(n * sizeof(float));
		net.bias[i] = malloc(widths[i + 1] * sizeof(float));
		assert_true(net.weights[i] && net.bias[i]);
		for (size_t j = 0; j < n; j++)
			net.weights[i][j] = (float)(rng_normal(&rng) / sqrt((double)widths[i]));
		for (size_t j = 0; j < widths[i + 1]; j++)
			net.bias[i][j] = (float)rng_normal(&rng);
		net.layers[i] = (struct nn_layer){widths[i], widths[i + 1], net.weights[i],
			net.bias[i], i + 1 < count ? NN_RELU : NN_SIGMOID};
	}
	for (size_t i = 0; i < widths[0]; i++) {
		net.mean[i] = (float)(5 + rng_normal(&rng));
		net.sd[i] = (float)(0.5 + rng_uniform(&rng));
	}
	return net;
}

static void net_deinit_at(struct net *net)
{
	for (size_t i = 0; i < net->count; i++) {
		free(net->weights[i]);
		free(net->bias[i]);
	}
}

static void run_in_double(const struct net *net, bool scaled, const float *x, double *y)
{
	double from[WIDEST], to[WIDEST];

	for (size_t i = 0; i < net->layers[0].inputs; i++)
		from[i] = scaled ? ((double)x[i] - (double)net->mean[i]) / (double)net->sd[i]
				 : (double)x[i];
	for (size_t l = 0; l < net->count; l++) {
		const struct nn_layer *layer = &net->layers[l];

		for (size_t o = 0; o < layer->outputs; o++) {
			to[o] = (double)layer->bias[o];
			for (size_t i = 0; i < layer->inputs; i++)
				to[o] += (double)layer->weights[o * layer->inputs + i] * from[i];
			if (layer->activation == NN_RELU)
				to[o] = to[o] < 0 ? 0 : to[o];
			else if (layer->activation == NN_SIGMOID)
				to[o] = 1 / (1 + exp(-to[o]));
		}
		memcpy(from, to, sizeof(from));
	}
	memcpy(y, from, net->layers[net->count - 1].outputs * sizeof(*y));
}

static void compare(const size_t *widths, size_t count, bool scaled)
{
	enum { ROWS = 11 };
	CLEANUP(net_deinit) struct net net = net_new(widths, count);
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *one = NULL, *some = NULL;
	const size_t inputs = widths[0], outputs = widths[count];
	float x[ROWS * WIDEST], y[ROWS * WIDEST], alone[WIDEST];
	struct rng rng;

	rng_init(&rng, 8, 0);
	for (size_t i = 0; i < ROWS * inputs; i++)
		x[i] = (float)(5 + rng_normal(&rng));
	assert_int_equal(nn_program_new(&p, net.layers, count, scaled ? net.mean : NULL,
				 scaled ? net.sd : NULL, NULL),
		0);
	assert_int_equal(nn_scratch_new(&one, p, 1), 0);
	assert_int_equal(nn_scratch_new(&some, p, 4), 0);
	assert_int_equal(nn_program_inputs(p), inputs);
	assert_int_equal(nn_program_outputs(p), outputs);
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		if (!nn_kernels_choose((*k)->name, NULL))
			continue;
		nn_run_rows(p, *k, some, ROWS, x, y);
		for (size_t r = 0; r < ROWS; r++) {
			double want[WIDEST];

			run_in_double(&net, scaled, x + r * inputs, want);
			nn_run_row(p, *k, one, x + r * inputs, alone);
			assert_memory_equal(alone, y + r * outputs, outputs * sizeof(float));
			for (size_t o = 0; o < outputs; o++)
				assert_true(fabs((double)alone[o] - want[o]) < 2e-6);
		}
	}
}

static void rows_give_what_the_definition_says(void **state)
{
	static const size_t usual[] = {32, 64, 64, 1}, odd[] = {7, 13, 65, 3}, thin[] = {1, 1},
			    wide[] = {5, 70, 9};

	(void)state;
	for (int scaled = 0; scaled < 2; scaled++) {
		compare(usual, 3, scaled);
		compare(odd, 3, scaled);
		compare(thin, 1, scaled);
		compare(wide, 2, scaled);
	}
}

static void a_program_gives_its_layers_back(void **state)
{
	static const size_t widths[] = {3, 9, 1};
	CLEANUP(net_deinit) struct net net = net_new(widths, 2);
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct nn_layer l;

	(void)state;
	assert_int_equal(nn_program_new(&p, net.layers, 2, net.mean, net.sd, NULL), 0);
	assert_int_equal(nn_program_layer_count(p), 2);
	for (size_t i = 0; i < 2; i++) {
		nn_program_layer(p, i, &l);
		assert_int_equal(l.inputs, widths[i]);
		assert_int_equal(l.outputs, widths[i + 1]);
		assert_int_equal(l.activation, net.layers[i].activation);
		assert_memory_equal(
			l.weights, net.weights[i], l.inputs * l.outputs * sizeof(float));
		assert_memory_equal(l.bias, net.bias[i], l.outputs * sizeof(float));
	}
	assert_memory_equal(nn_program_mean(p), net.mean, 3 * sizeof(float));
	assert_memory_equal(nn_program_sd(p), net.sd, 3 * sizeof(float));
}

static void refused(const struct nn_layer *layers, size_t count, const float *mean, const float *sd,
	const char *text)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	assert_int_equal(nn_program_new(&p, layers, count, mean, sd, &err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_null(p);
	assert_int_equal(nn_program_new(&p, layers, count, mean, sd, NULL), -EINVAL);
}

static void what_does_not_fit_together_is_refused(void **state)
{
	const float w[6] = {1, 2, 3, 4, 5, 6}, nan[6] = {1, 2, NAN}, inf[2] = {1, INFINITY};
	const float zero[2] = {1, 0};
	struct nn_layer l[2] = {{2, 3, w, w, NN_RELU}, {3, 1, w, w, NN_SIGMOID}};

	(void)state;
	refused(l, 0, NULL, NULL, "a network needs at least one layer");
	l[1].inputs = 4;
	refused(l, 2, NULL, NULL, "layer 1: takes 4 inputs, but layer 0 has 3 outputs");
	l[1].inputs = 3;
	l[0].outputs = 0;
	refused(l, 2, NULL, NULL, "layer 0: 2 inputs and 0 outputs, at least 1 of each is needed");
	l[0].outputs = 70000;
	refused(l, 2, NULL, NULL,
		"layer 0: 2 inputs and 70000 outputs, allowed are 65536 of each and 67108864 "
		"weights");
	l[0].outputs = 3;
	l[0].weights = nan;
	refused(l, 2, NULL, NULL, "layer 0: weight 2 is NaN, not a finite number");
	l[0].weights = w;
	l[0].bias = inf;
	refused(l, 1, NULL, NULL, "layer 0: bias 1 is infinite, not a finite number");
	l[0].bias = w;
	refused(l, 2, w, NULL, "scaling needs both mean and sd, only mean is there");
	refused(l, 2, NULL, w, "scaling needs both mean and sd, only sd is there");
	refused(l, 2, w, zero,
		"input 1: scaling by mean 2 and sd 0, both must be finite and sd not 0");
	refused(l, 2, inf, w,
		"input 1: scaling by mean inf and sd 2, both must be finite and sd not 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_give_what_the_definition_says),
		cmocka_unit_test(a_program_gives_its_layers_back),
		cmocka_unit_test(what_does_not_fit_together_is_refused),
	};

	return cmocka_run_group_tests_name("nn_program", tests, NULL, NULL);
}
