/* Measuring rows through a network, and training one. */
#include "tools/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/nn/train.h"

#define ROUNDS_SECONDS 1.0 /* long enough to meet quiet moments of a busy machine */
#define ROWS_A_ROUND 512
#define LAYERS_MAX 8

double measure_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void keep_least(double *least, double v)
{
	if (*least == 0 || v < *least)
		*least = v;
}

static void keep_most(double *most, double v)
{
	if (v > *most)
		*most = v;
}

/* n random floats of this spread; the caller frees. */
static float *random_floats(struct rng *rng, size_t n, double spread)
{
	float *v = aligned_alloc(NN_ALIGNMENT, nn_padded(n) * sizeof(*v));

	for (size_t i = 0; v && i < n; i++)
		v[i] = (float)(spread * rng_normal(rng));
	return v;
}

int measure_random_program(
	struct nn_program **out, const size_t *widths, size_t count, struct err *err)
{
	struct nn_layer layers[LAYERS_MAX];
	float *memory[LAYERS_MAX];
	struct rng rng;
	int r = 0;

	if (count < 2 || count > LAYERS_MAX)
		return err_set(err, -EINVAL, "a network to measure has 2 to %d widths, not %zu",
			LAYERS_MAX, count);
	rng_init(&rng, 1, 0);
	for (size_t i = 0; i + 1 < count; i++) {
		memory[i] = random_floats(&rng, (widths[i] + 1) * widths[i + 1], 0.1);
		if (!memory[i])
			r = -ENOMEM;
		layers[i] = (struct nn_layer){
			.inputs = widths[i],
			.outputs = widths[i + 1],
			.weights = memory[i],
			.bias = memory[i] ? memory[i] + widths[i] * widths[i + 1] : NULL,
			.activation = i + 2 < count ? NN_RELU : NN_SIGMOID,
		};
	}
	r = r < 0 ? err_set(err, r, "no memory for a network to measure")
		  : nn_program_new(out, layers, count - 1, NULL, NULL, err);
	for (size_t i = 0; i + 1 < count; i++)
		free(memory[i]);
	return r;
}

int measure_rows(struct measured_rows *out, const struct nn_kernels *k, const size_t *widths,
	size_t count, struct err *err)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	struct measured_rows m = {0};
	const bool has_vectors = nn_kernels_choose("avx2", NULL);
	double flops = 0, loads = 0, end;
	size_t weights = 0;
	float *x, *y, *buffer;
	struct rng rng;
	int r = measure_random_program(&p, widths, count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i + 1 < count; i++)
		weights += widths[i] * widths[i + 1];
	rng_init(&rng, 2, 0);
	x = random_floats(&rng, MEASURE_BATCH * widths[0], 1);
	y = random_floats(&rng, MEASURE_BATCH * widths[count - 1], 1);
	buffer = random_floats(&rng, weights, 1);
	r = x && y && buffer ? nn_scratch_new(&s, p, MEASURE_BATCH) : -ENOMEM;
	end = measure_now_ns() + ROUNDS_SECONDS * 1e9;
	while (r == 0 && measure_now_ns() < end) {
		double begin = measure_now_ns();

		for (size_t i = 0; i < ROWS_A_ROUND; i++)
			nn_run_row(p, k, s, x + i % MEASURE_BATCH * widths[0], y);
		keep_least(&m.row_ns, (measure_now_ns() - begin) / ROWS_A_ROUND);
		begin = measure_now_ns();
		for (size_t i = 0; i < ROWS_A_ROUND; i += MEASURE_BATCH)
			nn_run_rows(p, k, s, MEASURE_BATCH, x, y);
		keep_least(&m.batch_ns, (measure_now_ns() - begin) / ROWS_A_ROUND);
		if (!has_vectors)
			continue;
		keep_most(&flops, measure_flops_per_ns());
		keep_most(&loads, measure_load_bytes_per_ns(buffer, weights * sizeof(float)));
	}
	if (flops > 0) {
		m.batch_limit_ns = 2 * (double)weights / flops;
		m.row_limit_ns = (double)weights * sizeof(float) / loads;
		keep_most(&m.row_limit_ns, m.batch_limit_ns);
	}
	free(x);
	free(y);
	free(buffer);
	if (r < 0)
		return err_set(err, r, "no memory for rows to measure");
	*out = m;
	return 0;
}

int measure_training(double *seconds, const struct nn_kernels *k, size_t rows, size_t columns,
	size_t epochs, struct err *err)
{
	struct nn_train_options o;
	double least = 0;
	float *x, *y;
	struct rng rng;
	int r = 0;

	rng_init(&rng, 3, 0);
	x = random_floats(&rng, rows * columns, 1);
	y = random_floats(&rng, rows, 1);
	if (!x || !y)
		r = err_set(err, -ENOMEM, "no memory for %zu rows to train on", rows);
	for (size_t i = 0; r == 0 && i < rows; i++)
		y[i] = x[i * columns] * x[i * columns + columns - 1] > 0.5f;
	nn_train_defaults(&o);
	o.max_epochs = epochs;
	for (int round = 0; r == 0 && round < 3; round++) {
		const double begin = measure_now_ns();
		struct nn_trained t = {0};

		r = nn_train(&t, &o, k, (struct nn_matrix){rows, columns, x}, y,
			(struct nn_matrix){0}, NULL, err);
		keep_least(&least, (measure_now_ns() - begin) / 1e9);
		nn_program_free(t.program);
	}
	free(x);
	free(y);
	if (r == 0)
		*seconds = least;
	return r;
}
