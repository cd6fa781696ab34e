/* A table through a model's network alone. */
#include "lib/learn/raw.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/learn/columns.h"

struct runner {
	const struct model *m;
	const struct table *t;
	struct nn_scratch *scratch;
	size_t *column;       /* of the model's features, where it has any */
	struct value *values; /* likewise */
	double *x;            /* [RAW_ROWS][inputs] */
	float *y;             /* [RAW_ROWS][outputs] */
};

static void runner_deinit_at(struct runner *r)
{
	nn_scratch_free(r->scratch);
	free(r->column);
	free(r->values);
	free(r->x);
	free(r->y);
}

static int runner_init(
	struct runner *r, const struct model *m, const struct table *t, struct err *err)
{
	size_t features = model_feature_count(m) + 1;

	*r = (struct runner){.m = m, .t = t};
	r->column = calloc(features, sizeof(*r->column));
	r->values = calloc(features, sizeof(*r->values));
	r->x = calloc(RAW_ROWS * model_input_count(m), sizeof(*r->x));
	r->y = calloc(RAW_ROWS * nn_program_outputs(model_program(m)), sizeof(*r->y));
	if (!r->column || !r->values || !r->x || !r->y ||
		nn_scratch_new(&r->scratch, model_program(m), RAW_ROWS) < 0)
		return err_set(err, -ENOMEM, "no memory to run rows");
	return 0;
}

/* "material 3, process 5": what the graph wants, where that is more than a number. */
static int refuse_count(const struct runner *r, struct err *err)
{
	const struct model_about *about = model_about(r->m);
	CLEANUP(buf_deinit) struct buf list = {0};
	size_t wanted = model_input_count(r->m);

	for (size_t i = 0; about->input_count > 1 && i < about->input_count && i < 40; i++)
		buf_addf(&list, "%s%.60s %zu", i ? ", " : ": ", about->inputs[i].name,
			about->inputs[i].width);
	return err_set(err, -EINVAL, "the file has %zu column%s, the graph wants %zu%s",
		r->t->columns, r->t->columns == 1 ? "" : "s", wanted,
		list.len && buf_text(&list) ? list.data : "");
}

static int find_columns(struct runner *r, struct err *err)
{
	if (model_has_inputs(r->m))
		return columns_find(r->column, r->m, r->t, err);
	return r->t->columns == model_input_count(r->m) ? 0 : refuse_count(r, err);
}

static bool read_special(const char *text, double *out)
{
	const char *word = text + (*text == '-' || *text == '+');

	if (strcasecmp(word, "nan") == 0)
		*out = NAN;
	else if (strcasecmp(word, "inf") == 0)
		*out = *text == '-' ? -INFINITY : INFINITY;
	else
		return false;
	return true;
}

/* The row's cells as they stand in the file. */
static int take_as_they_are(double *x, const struct table *t, size_t row, struct err *err)
{
	for (size_t i = 0; i < t->columns; i++) {
		const struct value *cell = &t->column[i].v[row];
		double v = cell->kind == VALUE_MISSING ? NAN : cell->number;

		if (cell->kind == VALUE_TEXT &&
			!num_parse_lenient(cell->text, strlen(cell->text), &v) &&
			!read_special(cell->text, &v))
			return err_set(err, -EINVAL,
				"line %zu: column %zu is \"%.40s\", and the graph wants a number",
				t->line[row], i + 1, cell->text);
		x[i] = v;
	}
	return 0;
}

static int take_row(const struct runner *r, double *x, size_t row, struct err *err)
{
	int rc;

	if (!model_has_inputs(r->m))
		return take_as_they_are(x, r->t, row, err);
	rc = columns_take(r->values, r->m, r->t, r->column, row, err);
	if (rc == 0)
		model_encode(r->m, r->values, x);
	return rc;
}

int raw_check(const struct model *m, const struct table *t, struct err *err)
{
	__attribute__((cleanup(runner_deinit_at))) struct runner r = {0};
	int rc = runner_init(&r, m, t, err);

	return rc == 0 ? find_columns(&r, err) : rc;
}

int raw_run(const struct model *m, const struct nn_kernels *k, const struct table *t,
	raw_sink *sink, void *owner, struct err *err)
{
	__attribute__((cleanup(runner_deinit_at))) struct runner r = {0};
	size_t inputs = model_input_count(m);
	int rc = runner_init(&r, m, t, err);

	if (rc == 0)
		rc = find_columns(&r, err);
	for (size_t first = 0, rows; rc == 0 && first < t->rows; first += rows) {
		rows = t->rows - first < RAW_ROWS ? t->rows - first : RAW_ROWS;
		for (size_t i = 0; i < rows && rc == 0; i++)
			rc = take_row(&r, r.x + i * inputs, first + i, err);
		if (rc < 0)
			break;
		nn_run_rows_double(model_program(m), k, r.scratch, rows, r.x, r.y);
		rc = sink(owner, first, rows, r.y);
	}
	return rc;
}
