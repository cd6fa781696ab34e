/* defectctl predict: what a model says of the rows of a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/csv_write.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/decide/verdict.h"
#include "lib/learn/evaluate.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/predict_raw.h"

struct arguments {
	const char *model, *data, *unit;
	bool is_raw;
};

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--model", OPTION_TEXT, &a->model, true},
		{"--data", OPTION_TEXT, &a->data, true},
		{"--unit", OPTION_TEXT, &a->unit, false},
		{"--raw", OPTION_FLAG, &a->is_raw, false},
	};
	int rc = options_read(&command_predict, rows, ARRAY_LEN(rows), argc, argv);

	if (rc == 0 && a->is_raw && a->unit)
		return command_usage(&command_predict, "--unit does not go with --raw");
	return rc;
}

/* The column that names the units, -1 for none: --unit, else the one of training if it is there. */
static int find_unit(int *column, const struct arguments *a, const struct model *m,
	const struct table *t, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct evaluate_origin origin;
	size_t found = 0;
	int rc;

	*column = -1;
	if (a->unit) {
		rc = table_require(&found, t, a->unit, "--unit", err);
		if (rc == 0)
			*column = (int)found;
		return rc;
	}
	rc = arena_new(&memory, 1024);
	if (rc == 0)
		rc = evaluate_origin_of(&origin, m, memory);
	if (rc != 0)
		return err_set(err, rc, "no memory");
	if (origin.unit[0] != '\0')
		*column = table_find(t, origin.unit);
	return 0;
}

static void print_csv_row(size_t row, const char *unit, double p, const char *verdict)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	char number[NUM_TEXT_MAX];

	num_print(number, p, true);
	csvw_text(&b, unit);
	printf("%zu,%s,%s,%s\n", row, buf_text(&b) ? b.data : "", number, verdict);
}

static void print_json_row(size_t row, const char *unit, double p, const char *verdict)
{
	CLEANUP(buf_deinit) struct buf b = {0};

	jsonw_begin(&b);
	jsonw_int(&b, "row", (int64_t)row);
	jsonw_text(&b, "unit", unit);
	jsonw_real(&b, "p_defect", p);
	jsonw_text(&b, "verdict", verdict);
	jsonw_end(&b);
	printf("%s%s", row == 1 ? "\n" : ",\n", buf_text(&b) ? b.data : "");
}

/* Verdicts as the daemon gives them where a line says nothing else. */
static void print_rows(const struct context *ctx, const struct model *m, const struct table *t,
	const struct model_score *score, int unit)
{
	struct decide_policy policy;

	decide_policy_defaults(&policy);
	fputs(ctx->json ? "{\"rows\":[" : "row,unit,p_defect,verdict\n", stdout);
	for (size_t row = 0; row < t->rows; row++) {
		const struct model_score *s = &score[row];
		const char *name = unit < 0 ? "" : table_text(t, (size_t)unit, row);
		const char *verdict = verdict_name(
			decide_verdict(&policy, s->p_defect, model_threshold(m), s->new_category));
		double p = isnan(s->p_defect) ? -1 : s->p_defect; /* as in the daemon's messages */

		if (ctx->json)
			print_json_row(row + 1, name, p, verdict);
		else
			print_csv_row(row + 1, name, p, verdict);
	}
	if (ctx->json)
		puts("\n]}");
}

static int predict(const struct context *ctx, const struct arguments *a, struct err *err)
{
	CLEANUP(table_free) struct table *t = NULL;
	CLEANUP(model_free) struct model *m = NULL;
	const struct nn_kernels *k = nn_kernels_choose(NULL, err);
	struct model_score *score;
	int unit, rc;

	if (!k)
		return -1;
	rc = model_load(&m, a->model, MODEL_BYTES_MAX, k, err);
	if (rc == 0 && a->is_raw)
		return predict_raw(ctx->json, a->data, m, k, err);
	if (rc == 0 && model_check_usable(m, err) != 0)
		return err_prefix(err, -1, "%s", a->model);
	if (rc == 0)
		rc = table_read(&t, a->data, err);
	if (rc != 0)
		return rc;
	score = calloc(t->rows + 1, sizeof(score[0]));
	if (!score)
		return err_set(err, -1, "no memory for %zu rows", t->rows);
	rc = find_unit(&unit, a, m, t, err);
	if (rc == 0)
		rc = evaluate_scores(score, m, k, t, err);
	if (rc == 0)
		print_rows(ctx, m, t, score, unit);
	else
		err_prefix(err, rc, "%s", a->data);
	free(score);
	return rc;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	struct arguments a = {0};
	struct err err = {"no memory"};
	int rc = read_arguments(&a, argc, argv);

	if (rc != 0)
		return rc;
	return predict(ctx, &a, &err) == 0 ? 0 : command_fail("predict", &err);
}

const struct command command_predict = {
	.name = "predict",
	.arguments = "--model M.onnx --data FILE.csv [--unit COL | --raw]",
	.summary = "writes what a model says of each row of a CSV file",
	.run = run,
};
