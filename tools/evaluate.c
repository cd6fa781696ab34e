/* defectctl evaluate: how good a model is on a file with labels. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/evaluate.h"
#include "lib/learn/labels.h"
#include "tools/command.h"
#include "tools/figures.h"
#include "tools/options.h"

struct arguments {
	const char *model, *data, *label, *positive;
};

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--model", OPTION_TEXT, &a->model, true},
		{"--data", OPTION_TEXT, &a->data, true},
		{"--label", OPTION_TEXT, &a->label, true},
		{"--positive", OPTION_TEXT, &a->positive, false},
	};

	return options_read(&command_evaluate, rows, ARRAY_LEN(rows), argc, argv);
}

/* Without --positive it means what it meant in training, whether the file has any or not. */
static int read_labels(struct labels *out, const struct arguments *a, const struct model *m,
	const struct table *t, struct arena *memory, struct err *err)
{
	struct evaluate_origin origin;
	size_t column = 0;
	int rc = table_require(&column, t, a->label, "--label", err);

	if (rc != 0)
		return rc;
	if (a->positive)
		return labels_read(out, t, column, a->positive, false, err);
	rc = evaluate_origin_of(&origin, m, memory);
	if (rc != 0)
		return err_set(err, rc, "no memory");
	if (origin.positive[0] == '\0')
		return labels_read(out, t, column, NULL, false, err);
	return labels_read(out, t, column, origin.positive, true, err);
}

/* Scores the rows that have a label. */
static int measure(struct metrics *out, const struct model *m, const struct nn_kernels *k,
	const struct table *t, const struct labels *labels, struct err *err)
{
	struct model_score *score = calloc(t->rows + 1, sizeof(score[0]));
	double *p = calloc(t->rows + 1, sizeof(p[0]));
	uint8_t *y = calloc(t->rows + 1, sizeof(y[0]));
	size_t n = 0;
	int rc;

	if (score && p && y)
		rc = evaluate_scores(score, m, k, t, err);
	else
		rc = err_set(err, -1, "no memory for %zu rows", t->rows);
	for (size_t row = 0; row < t->rows && rc == 0; row++) {
		if (labels->y[row] == LABEL_EMPTY)
			continue;
		p[n] = score[row].p_defect;
		y[n++] = labels->y[row];
	}
	if (rc == 0 && n == 0)
		rc = err_set(err, -1, "no row has a label");
	if (rc == 0 && metrics_compute(out, n, p, y, model_threshold(m)) != 0)
		rc = err_set(err, -1, "no memory for %zu rows", t->rows);
	free(score);
	free(p);
	free(y);
	return rc;
}

static void print_json(const struct metrics *m)
{
	CLEANUP(buf_deinit) struct buf b = {0};

	jsonw_begin(&b);
	jsonw_int(&b, "rows", (int64_t)m->rows);
	jsonw_int(&b, "positives", (int64_t)m->positives);
	evaluate_write_json(&b, m);
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static void print_for_people(
	const struct metrics *m, const struct labels *labels, const struct arguments *a)
{
	printf("%zu rows, %zu with %s = %s\n", m->rows, m->positives, a->label, labels->positive);
	if (labels->empty > 0)
		printf("%zu rows left out: no label\n", labels->empty);
	putchar('\n');
	figures_print(stdout, "all rows", m);
}

static int evaluate(const struct context *ctx, const struct arguments *a, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	CLEANUP(table_free) struct table *t = NULL;
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(labels_deinit) struct labels labels = {0};
	const struct nn_kernels *k = nn_kernels_choose(NULL, err);
	struct metrics metrics;
	int rc;

	if (!k || arena_new(&memory, 1024) != 0)
		return -1;
	rc = model_load(&m, a->model, MODEL_BYTES_MAX, k, err);
	if (rc == 0 && model_check_usable(m, err) != 0)
		return err_prefix(err, -1, "%s", a->model);
	if (rc == 0)
		rc = table_read(&t, a->data, err);
	if (rc != 0)
		return rc;
	rc = read_labels(&labels, a, m, t, memory, err);
	if (rc == 0)
		rc = measure(&metrics, m, k, t, &labels, err);
	if (rc != 0)
		return err_prefix(err, rc, "%s", a->data);
	if (metrics.positives == 0 || metrics.positives == metrics.rows)
		fprintf(stderr,
			"defectctl evaluate: %s: all labels are of one class; ROC AUC and "
			"PR AUC say nothing\n",
			a->data);
	if (ctx->json)
		print_json(&metrics);
	else
		print_for_people(&metrics, &labels, a);
	return 0;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	struct arguments a = {0};
	struct err err = {"no memory"};
	int rc = read_arguments(&a, argc, argv);

	if (rc != 0)
		return rc;
	return evaluate(ctx, &a, &err) == 0 ? 0 : command_fail("evaluate", &err);
}

const struct command command_evaluate = {
	.name = "evaluate",
	.arguments = "--model M.onnx --data FILE.csv --label COL [--positive VALUE]",
	.summary = "says how good a model is on a CSV file with labels",
	.run = run,
};
