#include "lib/model/selftest.h"

#include <errno.h>
#include <math.h>
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
	float *x;      /* [rows][inputs] */
	double *wants; /* [rows] */
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's self-test");
}

static void put_float(struct buf *out, float v)
{
	char text[NUM_TEXT_MAX];

	num_print_float(text, v, true);
	buf_add(out, text);
}

/* y [rows], in the arena. */
static int run(float **out, struct arena *memory, const struct nn_program *p,
	const struct nn_kernels *k, size_t rows, const float *x, struct err *err)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *scratch = NULL;
	size_t inputs = nn_program_inputs(p);
	float *y = arena_zalloc(memory, rows + 1, sizeof(*y));

	if (!y || nn_scratch_new(&scratch, p, 1) < 0)
		return no_memory(err);
	for (size_t i = 0; i < rows; i++)
		nn_run_row(p, k, scratch, x + i * inputs, y + i);
	*out = y;
	return 0;
}

int selftest_write(struct buf *out, const struct nn_program *p, const struct nn_kernels *k,
	size_t rows, const float *x, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	size_t inputs = nn_program_inputs(p);
	float *y;
	int rc;

	if (arena_new(&memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	rc = run(&y, memory, p, k, rows, x, err);
	if (rc < 0)
		return rc;
	buf_add(out, "{\"inputs\":[");
	for (size_t i = 0; i < rows * inputs; i++) {
		buf_add(out, i % inputs ? "," : i ? "],\n[" : "[");
		if (!isfinite(x[i]))
			return err_set(
				err, -EINVAL, "row %zu of the self-test is not finite", i / inputs);
		put_float(out, x[i]);
	}
	buf_add(out, rows ? "]],\"outputs\":[" : "],\"outputs\":[");
	for (size_t i = 0; i < rows; i++) {
		if (!isfinite(y[i]))
			return err_set(err, -EINVAL,
				"the network's output for row %zu of the self-test is not finite",
				i);
		buf_add(out, i ? "," : "");
		put_float(out, y[i]);
	}
	buf_add(out, "]}");
	return 0;
}

static int read_row(float *out, const cJSON *row, size_t at, struct err *err)
{
	size_t i = 0;

	for (const cJSON *v = row->child; v; v = v->next) {
		if (!cJSON_IsNumber(v) || !isfinite((float)v->valuedouble))
			return err_set(err, -EINVAL,
				"defectd.selftest/inputs/%zu/%zu is no number a float32 can hold",
				at, i);
		out[i++] = (float)v->valuedouble;
	}
	return 0;
}

static int read_tree(struct selftest *out, struct arena *memory, const cJSON *tree, size_t inputs,
	struct err *err)
{
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(tree, "inputs");
	const cJSON *wants = cJSON_GetObjectItemCaseSensitive(tree, "outputs");
	const cJSON *row, *want;
	size_t i = 0;

	if (!cJSON_IsArray(rows) || !cJSON_IsArray(wants) || cJSON_GetArraySize(tree) != 2)
		return err_set(err, -EINVAL,
			"defectd.selftest is no object of the lists \"inputs\" and \"outputs\"");
	out->rows = (size_t)cJSON_GetArraySize(rows);
	if (out->rows > SELFTEST_ROWS_MAX || (size_t)cJSON_GetArraySize(wants) != out->rows)
		return err_set(err, -EINVAL,
			"defectd.selftest has %zu rows and %d outputs, allowed are as many, at "
			"most %d",
			out->rows, cJSON_GetArraySize(wants), SELFTEST_ROWS_MAX);
	/* a list that is not as wide as the graph must not make us take memory */
	for (row = rows->child; row; row = row->next, i++)
		if (!cJSON_IsArray(row) || (size_t)cJSON_GetArraySize(row) != inputs)
			return err_set(err, -EINVAL,
				"defectd.selftest/inputs/%zu is no list of %zu numbers", i, inputs);
	out->x = arena_zalloc(memory, out->rows * inputs + 1, sizeof(*out->x));
	out->wants = arena_zalloc(memory, out->rows + 1, sizeof(*out->wants));
	if (!out->x || !out->wants)
		return no_memory(err);
	i = 0;
	for (row = rows->child, want = wants->child; row; row = row->next, want = want->next, i++) {
		int rc = read_row(out->x + i * inputs, row, i, err);

		if (rc < 0)
			return rc;
		if (!cJSON_IsNumber(want))
			return err_set(err, -EINVAL,
				"defectd.selftest/outputs/%zu is %s, allowed is "
				"a number",
				i, json_kind(want));
		out->wants[i] = want->valuedouble;
	}
	return 0;
}

int selftest_run(const struct nn_program *p, const struct nn_kernels *k, const char *text,
	size_t len, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	CLEANUP(json_free) cJSON *tree = NULL;
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
	rc = read_tree(&test, memory, tree, nn_program_inputs(p), err);
	if (rc < 0)
		return rc;
	rc = run(&y, memory, p, k, test.rows, test.x, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < test.rows; i++)
		/* written so that a NAN fails too */
		if (!(fabs((double)y[i] - test.wants[i]) <= SELFTEST_TOLERANCE))
			return err_set(err, -EINVAL,
				"the self-test fails: row %zu gives %.9g, the file says %.9g", i,
				(double)y[i], test.wants[i]);
	return 0;
}
