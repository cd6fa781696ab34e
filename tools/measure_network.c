/* Measuring rows through networks, and training one. */
#include "tools/measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/nn/train.h"
#include "tools/measure_machine.h"

#define ROUND_WEIGHTS 4000000.0 /* so much work is a round: about 0.1 ms */
#define BATCH_MAX 64
#define LAYERS_MAX 8

const struct measure_network measure_networks[MEASURE_NETWORKS] = {
	{"8-64-64-1", 4, {8, 64, 64, 1}},
	{"32-64-64-1", 4, {32, 64, 64, 1}},
	{"128-64-64-1", 4, {128, 64, 64, 1}},
	{"590-64-64-1", 4, {590, 64, 64, 1}},
	{"590-512-256-1", 4, {590, 512, 256, 1}},
};

static const size_t batches[MEASURE_BATCHES] = {1, 16, BATCH_MAX};

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

struct rows_bench {
	const struct nn_kernels *k;
	size_t weights, inputs;
	struct nn_program *p;
	struct nn_scratch *s;
	float *x, *y;
	float *buffer; /* as large as the weights */
	double flops_per_ns, load_bytes_per_ns;
};

static void rows_bench_deinit_at(struct rows_bench *b)
{
	nn_program_free(b->p);
	nn_scratch_free(b->s);
	free(b->x);
	free(b->y);
	free(b->buffer);
}

static int rows_bench_init(
	struct rows_bench *b, const struct measure_network *network, struct err *err)
{
	struct rng rng;
	int r = measure_random_program(&b->p, network->widths, network->count, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i + 1 < network->count; i++)
		b->weights += network->widths[i] * network->widths[i + 1];
	rng_init(&rng, 2, 0);
	b->inputs = network->widths[0];
	b->x = random_floats(&rng, BATCH_MAX * b->inputs, 1);
	b->y = random_floats(&rng, BATCH_MAX * network->widths[network->count - 1], 1);
	b->buffer = random_floats(&rng, b->weights, 1);
	r = b->x && b->y && b->buffer ? nn_scratch_new(&b->s, b->p, BATCH_MAX) : -ENOMEM;
	return r < 0 ? err_set(err, r, "no memory for rows to measure") : 0;
}

/* One round of batches: ns for a row. */
static double round_of_rows(const struct rows_bench *b, size_t batch)
{
	const size_t count = (size_t)(ROUND_WEIGHTS / (double)(b->weights * batch)) + 1;
	const double begin = measure_now_ns();

	for (size_t i = 0; i < count; i++)
		if (batch == 1)
			nn_run_row(b->p, b->k, b->s, b->x + i % BATCH_MAX * b->inputs, b->y);
		else
			nn_run_rows(b->p, b->k, b->s, batch, b->x, b->y);
	return (measure_now_ns() - begin) / (double)(count * batch);
}

static double limit_ns(const struct rows_bench *b, size_t batch)
{
	double least = 0;

	if (b->flops_per_ns <= 0 || b->load_bytes_per_ns <= 0)
		return 0;
	keep_most(&least, 2 * (double)b->weights / b->flops_per_ns);
	keep_most(&least,
		(double)(b->weights * sizeof(float)) / (b->load_bytes_per_ns * (double)batch));
	return least;
}

int measure_rows(struct measured_rows out[MEASURE_BATCHES], const struct nn_kernels *k,
	const struct measure_network *network, double seconds, struct err *err)
{
	CLEANUP(rows_bench_deinit) struct rows_bench b = {.k = k};
	const struct measure_machine *machine = measure_machine_of(k);
	double best[MEASURE_BATCHES] = {0}, end;
	int r = rows_bench_init(&b, network, err);

	if (r < 0)
		return r;
	end = measure_now_ns() + seconds * 1e9;
	do {
		for (size_t i = 0; i < MEASURE_BATCHES; i++)
			keep_least(&best[i], round_of_rows(&b, batches[i]));
		if (!machine)
			continue;
		keep_most(&b.flops_per_ns, machine->flops_per_ns());
		keep_most(&b.load_bytes_per_ns,
			machine->load_bytes_per_ns(b.buffer, b.weights * sizeof(float)));
	} while (measure_now_ns() < end);
	for (size_t i = 0; i < MEASURE_BATCHES; i++)
		out[i] = (struct measured_rows){batches[i], best[i], limit_ns(&b, batches[i])};
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
