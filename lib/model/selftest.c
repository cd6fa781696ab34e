#include "lib/model/selftest.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/model/metadata.h"
#include "lib/nn/program.h"

#define BLOCK_BYTES 4096

struct selftest {
	size_t rows;
	double *x;     /* [rows][inputs] */
	double *wants; /* [rows][outputs] */
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's self-test");
}

/* A row's number reads back as a double: where its low part counts it must be the same. */
static void put_input(struct buf *out, const struct nn_program *p, float v)
{
	char text[NUM_TEXT_MAX];

	if (nn_program_has_low(p))
		num_print(text, (double)v, true);
	else
		num_print_float(text, v, true);
	buf_add(out, text);
}

static void put_float(struct buf *out, float v)
{
	char text[NUM_TEXT_MAX];

	num_print_float(text, v, true);
	buf_add(out, text);
}

/* y [rows][outputs], in the arena. */
static int run(float **out, struct arena *memory, const struct nn_program *p,
	const struct nn_kernels *k, size_t rows, const double *x, struct err *err)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *scratch = NULL;
	size_t inputs = nn_program_inputs(p), outputs = nn_program_outputs(p);
	float *y = arena_zalloc(memory, rows * outputs + 1, sizeof(*y));

	if (!y || nn_scratch_new(&scratch, p, 1) < 0)
		return no_memory(err);
	for (size_t i = 0; i < rows; i++)
		nn_run_row_double(p, k, scratch, x + i * inputs, y + i * outputs);
	*out = y;
	return 0;
}

int selftest_write(struct buf *out, const struct nn_program *p, const struct nn_kernels *k,
	size_t rows, const float *x, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	size_t inputs = nn_program_inputs(p), outputs = nn_program_outputs(p);
	double *exact;
	float *y;
	int rc;

	if (arena_new(&memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	exact = arena_zalloc(memory, rows * inputs + 1, sizeof(*exact));
	if (!exact)
		return no_memory(err);
	for (size_t i = 0; i < rows * inputs; i++)
		exact[i] = (double)x[i];
	rc = run(&y, memory, p, k, rows, exact, err);
	if (rc < 0)
		return rc;
	buf_add(out, "{\"inputs\":[");
	for (size_t i = 0; i < rows * inputs; i++) {
		buf_add(out, i % inputs ? "," : i ? "],\n[" : "[");
		if (!isfinite(x[i]))
			return err_set(
				err, -EINVAL, "row %zu of the self-test is not finite", i / inputs);
		put_input(out, p, x[i]);
	}
	buf_add(out, rows ? "]],\"outputs\":[" : "],\"outputs\":[");
	for (size_t i = 0; i < rows * outputs; i++) {
		size_t column = i % outputs;

		if (!isfinite(y[i]))
			return err_set(err, -EINVAL,
				"the network's output for row %zu of the self-test is not finite",
				i / outputs);
		buf_add(out, i ? "," : "");
		buf_add(out, outputs > 1 && column == 0 ? "[" : "");
		put_float(out, y[i]);
		buf_add(out, outputs > 1 && column + 1 == outputs ? "]" : "");
	}
	buf_add(out, "]}");
	return 0;
}

static int read_row(double *out, const cJSON *row, size_t at, struct err *err)
{
	size_t i = 0;

	for (const cJSON *v = row->child; v; v = v->next) {
		if (!cJSON_IsNumber(v) || !isfinite((float)v->valuedouble))
			return err_set(err, -EINVAL,
				"defectd.selftest/inputs/%zu/%zu is no number a float32 can hold",
				at, i);
		out[i++] = v->valuedouble;
	}
	return 0;
}

/* One row's outputs: a number, or a list of as many as the graph has. */
static int read_wants(double *out, const cJSON *want, size_t outputs, size_t at, struct err *err)
{
	const cJSON *v = want;

	if (cJSON_IsArray(want) && (size_t)cJSON_GetArraySize(want) == outputs)
		v = want->child;
	else if (outputs > 1 || cJSON_IsArray(want))
		return err_set(err, -EINVAL,
			"defectd.selftest/outputs/%zu is no list of %zu number%s", at, outputs,
			outputs == 1 ? "" : "s");
	for (size_t i = 0; i < outputs; i++, v = v->next) {
		if (!cJSON_IsNumber(v))
			return err_set(err, -EINVAL,
				"defectd.selftest/outputs/%zu %s %s, allowed is a number", at,
				v == want ? "is" : "holds", json_kind(v));
		out[i] = v->valuedouble;
	}
	return 0;
}

/* A list that is not as wide as the graph must not make us take memory. */
static int check_widths(const cJSON *rows, size_t inputs, struct err *err)
{
	size_t i = 0;

	for (const cJSON *row = rows->child; row; row = row->next, i++)
		if (!cJSON_IsArray(row) || (size_t)cJSON_GetArraySize(row) != inputs)
			return err_set(err, -EINVAL,
				"defectd.selftest/inputs/%zu is no list of %zu numbers", i, inputs);
	return 0;
}

static int read_tree(struct selftest *out, struct arena *memory, const cJSON *tree, size_t inputs,
	size_t outputs, struct err *err)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(tree, "inputs");
	const cJSON *wants = cJSON_GetObjectItemCaseSensitive(tree, "outputs");
	const cJSON *row, *want;
	int rc;

	if (!cJSON_IsArray(rows) || !cJSON_IsArray(wants) || cJSON_GetArraySize(tree) != 2)
		return err_set(err, -EINVAL,
			"defectd.selftest is no object of the lists \"inputs\" and \"outputs\"");
	out->rows = (size_t)cJSON_GetArraySize(rows);
	if (out->rows > SELFTEST_ROWS_MAX || (size_t)cJSON_GetArraySize(wants) != out->rows)
		return err_set(err, -EINVAL,
			"defectd.selftest has %zu rows and %d outputs, allowed are as many, at "
			"most %d",
			out->rows, cJSON_GetArraySize(wants), SELFTEST_ROWS_MAX);
	rc = check_widths(rows, inputs, err);
	if (rc < 0)
		return rc;
	out->x = arena_zalloc(memory, out->rows * inputs + 1, sizeof(*out->x));
	out->wants = arena_zalloc(memory, out->rows * outputs + 1, sizeof(*out->wants));
	if (!out->x || !out->wants)
		return no_memory(err);
	row = rows->child;
	want = wants->child;
	for (size_t i = 0; i < out->rows && rc == 0; i++, row = row->next, want = want->next) {
		rc = read_row(out->x + i * inputs, row, i, err);
		if (rc == 0)
			rc = read_wants(out->wants + i * outputs, want, outputs, i, err);
	}
	return rc;
}

static bool is_same(double got, double wanted)
{
	/* written so that a NAN fails too */
	return fabs(got - wanted) <= SELFTEST_TOLERANCE * fmax(1, fabs(wanted));
}

int selftest_run(size_t *rows, const struct nn_program *p, const struct nn_kernels *k,
	const char *text, size_t len, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	CLEANUP(json_free) cJSON *tree = NULL;
	size_t outputs = nn_program_outputs(p);
	struct selftest test;
	float *y;
	int rc;

	if (len > METADATA_BYTES_MAX)
		return err_set(err, -EINVAL, "defectd.selftest has %zu bytes, allowed are %u", len,
			METADATA_BYTES_MAX);
	rc = json_parse(&tree, text, len, 0, err);
	if (rc < 0)
		return err_prefix(err, rc, "defectd.selftest");
	if (arena_new(&memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	rc = read_tree(&test, memory, tree, nn_program_inputs(p), outputs, err);
	if (rc < 0)
		return rc;
	rc = run(&y, memory, p, k, test.rows, test.x, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < test.rows * outputs; i++)
		if (!is_same((double)y[i], test.wants[i]))
			return err_set(err, -EINVAL,
				"the self-test fails: row %zu gives %.9g, the file says %.9g",
				i / outputs, (double)y[i], test.wants[i]);
	*rows = test.rows;
	return 0;
}
