/* From a table to a model file. */
#include "lib/learn/training.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/evaluate.h"
#include "lib/model/model.h"

#define SELFTEST_ROWS 8 /* run at every load */
#define SCORE_ROWS 64   /* at a time */

void training_deinit(struct training *t)
{
	dataset_free(t->dataset);
	buf_deinit(&t->model);
	*t = (struct training){0};
}

static int out_of_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory to finish a model");
}

/* The figures of the rows held out. */
static int measure(struct training *t, const struct nn_program *p, const struct nn_kernels *k)
{
	const struct dataset *d = t->dataset;
	const size_t n = d->rows - d->learn_rows;
	CLEANUP(nn_scratch_free) struct nn_scratch *scratch = NULL;
	float *scores = calloc(n + 1, sizeof(scores[0]));
	double *wide = calloc(n + 1, sizeof(wide[0]));
	int rc = scores && wide ? nn_scratch_new(&scratch, p, SCORE_ROWS) : -ENOMEM;

	if (rc == 0) {
		nn_run_rows(p, k, scratch, n, d->x + d->learn_rows * d->encoding->count, scores);
		for (size_t i = 0; i < n; i++)
			wide[i] = (double)scores[i];
		rc = metrics_compute(&t->metrics, n, wide, d->y + d->learn_rows, t->threshold);
	}
	free(scores);
	free(wide);
	return rc;
}

/* Neither times nor paths: the same data and options must give the same bytes. */
static void write_origin(
	struct buf *out, const struct training *t, const char *sha256, uint64_t seed)
{
	const struct dataset *d = t->dataset;

	jsonw_begin(out);
	jsonw_text(out, "recipe", "classic");
	jsonw_int(out, "seed", (int64_t)seed);
	jsonw_text(out, "data_sha256", sha256);
	jsonw_text(out, "label", d->label);
	jsonw_text(out, "positive", d->positive);
	jsonw_text(out, "unit", d->unit);
	jsonw_int(out, "rows", (int64_t)d->rows);
	jsonw_int(out, "train_rows", (int64_t)d->learn_rows);
	jsonw_int(out, "test_rows", (int64_t)(d->rows - d->learn_rows));
	jsonw_int(out, "positives", (int64_t)d->positives);
	jsonw_int(out, "epochs", (int64_t)t->epochs);
	jsonw_key(out, "metrics");
	jsonw_begin(out);
	evaluate_write_json(out, &t->metrics);
	jsonw_end(out);
	jsonw_end(out);
}

static int save(struct training *t, const struct nn_program *p, const char *sha256,
	const struct training_options *o, struct err *err)
{
	CLEANUP(buf_deinit) struct buf origin = {0};
	const struct dataset *d = t->dataset;
	struct model_parts parts = {
		.program = p,
		.inputs = d->encoding->input,
		.threshold = t->threshold,
		.selftest_rows = d->learn_rows < SELFTEST_ROWS ? d->learn_rows : SELFTEST_ROWS,
		.selftest_x = d->x,
	};

	write_origin(&origin, t, sha256, o->data.seed);
	parts.training = buf_text(&origin);
	if (!parts.training)
		return out_of_memory(err);
	return model_save(&t->model, &parts, o->kernels, err);
}

static int finish(struct training *t, const struct table *table, const struct training_options *o,
	struct err *err)
{
	CLEANUP(nn_program_free) struct nn_program *program = NULL;
	struct classic classic = {0};
	int rc = classic_train(
		&classic, t->dataset, o->data.seed, o->kernels, o->progress, o->owner, err);

	if (rc != 0)
		return rc;
	program = classic.program;
	t->threshold = classic.threshold;
	t->epochs = classic.epochs;
	if (measure(t, program, o->kernels) != 0)
		return out_of_memory(err);
	return save(t, program, table->sha256, o, err);
}

int training_run(struct training *out, const struct table *t, const struct training_options *o,
	struct err *err)
{
	struct training result = {0};
	int rc = dataset_new(&result.dataset, t, &o->data, err);

	if (rc == 0)
		rc = finish(&result, t, o, err);
	if (rc == 0)
		*out = result;
	else
		training_deinit(&result);
	return rc;
}
