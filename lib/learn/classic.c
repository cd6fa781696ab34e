/* The recipe "classic". */
#include "lib/learn/classic.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/learn/split.h"
#include "lib/nn/metrics.h"
#include "lib/nn/train.h"

#define FOLDS (CLASSIC_STAGES - 1)

struct course {
	const struct dataset *d;
	const struct nn_kernels *k;
	struct nn_train_options options;
	struct classic_progress at;
	void (*progress)(void *owner, const struct classic_progress *p);
	void *owner;
	size_t rows, inputs;
	float *mean, *sd;       /* [inputs] */
	float *x, *y;           /* all rows, scaled */
	float *part_x, *part_y; /* the rows of a fold's training part, then its validation part */
	uint32_t *part_row;     /* which row each of these is */
	uint8_t *fold;          /* [rows] */
	double *score;          /* [rows] by a network that has not seen the row */
	size_t best_epoch[FOLDS];
};

static void course_deinit_at(struct course *c)
{
	free(c->mean);
	free(c->sd);
	free(c->x);
	free(c->y);
	free(c->part_x);
	free(c->part_y);
	free(c->part_row);
	free(c->fold);
	free(c->score);
}

static int out_of_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory to train");
}

static bool after_epoch(void *owner, size_t epoch, double train_loss, double validation_loss)
{
	struct course *c = owner;

	c->at.epoch = epoch;
	c->at.loss = train_loss;
	c->at.validation_loss = validation_loss;
	if (c->progress)
		c->progress(c->owner, &c->at);
	return false;
}

/* Scales in single precision, in the order of the graph's Sub and Div. */
static void scale_rows(struct course *c)
{
	for (size_t i = 0; i < c->inputs; i++) {
		c->mean[i] = (float)c->d->encoding->input[i].mean;
		c->sd[i] = (float)c->d->encoding->input[i].sd;
	}
	for (size_t row = 0; row < c->rows; row++) {
		for (size_t i = 0; i < c->inputs; i++)
			c->x[row * c->inputs + i] =
				(c->d->x[row * c->inputs + i] - c->mean[i]) / c->sd[i];
		c->y[row] = c->d->y[row];
	}
}

static int course_init(struct course *c, uint64_t seed)
{
	c->rows = c->d->learn_rows;
	c->inputs = c->d->encoding->count;
	c->mean = calloc(c->inputs, sizeof(c->mean[0]));
	c->sd = calloc(c->inputs, sizeof(c->sd[0]));
	c->x = calloc(c->rows * c->inputs, sizeof(c->x[0]));
	c->y = calloc(c->rows, sizeof(c->y[0]));
	c->part_x = calloc(c->rows * c->inputs, sizeof(c->part_x[0]));
	c->part_y = calloc(c->rows, sizeof(c->part_y[0]));
	c->part_row = calloc(c->rows, sizeof(c->part_row[0]));
	c->fold = calloc(c->rows, sizeof(c->fold[0]));
	c->score = calloc(c->rows, sizeof(c->score[0]));
	if (!c->mean || !c->sd || !c->x || !c->y || !c->part_x || !c->part_y || !c->part_row ||
		!c->fold || !c->score)
		return -ENOMEM;
	scale_rows(c);
	nn_train_defaults(&c->options);
	c->options.epoch = after_epoch;
	c->options.owner = c;
	return split_folds(c->fold, c->rows, c->d->y, FOLDS, seed);
}

/* The rows outside of the fold, then those in it. Returns how many are outside. */
static size_t part_rows(struct course *c, unsigned fold)
{
	const size_t row_bytes = c->inputs * sizeof(c->x[0]);
	size_t n = 0, outside = 0;

	for (int inside = 0; inside < 2; inside++) {
		for (size_t row = 0; row < c->rows; row++) {
			if ((c->fold[row] == fold) != inside)
				continue;
			memcpy(c->part_x + n * c->inputs, c->x + row * c->inputs, row_bytes);
			c->part_y[n] = c->y[row];
			c->part_row[n++] = (uint32_t)row;
		}
		if (!inside)
			outside = n;
	}
	return outside;
}

static int score_part(struct course *c, const struct nn_program *p, size_t from)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *scratch = NULL;
	const size_t n = c->rows - from;
	float *scores = calloc(n + 1, sizeof(scores[0]));
	int rc = scores ? nn_scratch_new(&scratch, p, 64) : -ENOMEM;

	if (rc == 0) {
		nn_run_rows(p, c->k, scratch, n, c->part_x + from * c->inputs, scores);
		for (size_t i = 0; i < n; i++)
			c->score[c->part_row[from + i]] = (double)scores[i];
	}
	free(scores);
	return rc;
}

/* Each stage has random weights of its own. */
static void begin_stage(struct course *c, uint64_t seed)
{
	c->at.stage++;
	c->options.seed = seed * CLASSIC_STAGES + c->at.stage;
	c->at.max_epochs = c->options.max_epochs;
}

static int train_fold(struct course *c, unsigned fold, struct err *err)
{
	const size_t n = part_rows(c, fold);
	const struct nn_matrix x = {n, c->inputs, c->part_x};
	const struct nn_matrix vx = {c->rows - n, c->inputs, c->part_x + n * c->inputs};
	struct nn_trained trained = {0};
	int rc = nn_train(&trained, &c->options, c->k, x, c->part_y, vx, c->part_y + n, err);

	if (rc != 0)
		return rc;
	c->best_epoch[fold] = trained.best_epoch;
	rc = score_part(c, trained.program, n);
	nn_program_free(trained.program);
	return rc == 0 ? 0 : out_of_memory(err);
}

static int compare_sizes(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static int with_scaling(struct nn_program **out, const struct nn_program *p, const struct course *c,
	struct err *err)
{
	const size_t count = nn_program_layer_count(p);
	struct nn_layer *layers = calloc(count, sizeof(layers[0]));
	int rc;

	if (!layers)
		return out_of_memory(err);
	for (size_t i = 0; i < count; i++)
		nn_program_layer(p, i, &layers[i]);
	rc = nn_program_new(out, layers, count, c->mean, c->sd, err);
	free(layers);
	return rc;
}

static int train_final(struct course *c, struct classic *out, struct err *err)
{
	const struct nn_matrix all = {c->rows, c->inputs, c->x};
	const struct nn_matrix none = {0, c->inputs, NULL};
	struct nn_trained trained = {0};
	int rc = nn_train(&trained, &c->options, c->k, all, c->y, none, NULL, err);

	if (rc != 0)
		return rc;
	rc = with_scaling(&out->program, trained.program, c, err);
	nn_program_free(trained.program);
	out->epochs = trained.epochs;
	return rc;
}

int classic_train(struct classic *out, const struct dataset *d, uint64_t seed,
	const struct nn_kernels *k, void (*progress)(void *owner, const struct classic_progress *p),
	void *owner, struct err *err)
{
	CLEANUP(course_deinit)
	struct course c = {.d = d, .k = k, .progress = progress, .owner = owner};
	struct classic result = {0};
	int rc = 0;

	if (course_init(&c, seed) != 0)
		return out_of_memory(err);
	for (unsigned fold = 0; fold < FOLDS && rc == 0; fold++) {
		begin_stage(&c, seed);
		rc = train_fold(&c, fold, err);
	}
	if (rc != 0)
		return rc;
	if (metrics_best_threshold(&result.threshold, c.rows, c.score, d->y) != 0)
		return out_of_memory(err);
	qsort(c.best_epoch, FOLDS, sizeof(c.best_epoch[0]), compare_sizes);
	c.options.max_epochs = c.best_epoch[FOLDS / 2];
	c.options.patience = 0;
	begin_stage(&c, seed);
	rc = train_final(&c, &result, err);
	if (rc == 0)
		*out = result;
	return rc;
}
