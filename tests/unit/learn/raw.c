/* Tables through the network alone: columns by place or by name, in blocks of rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/learn/raw.h"
#include "lib/model/onnx_write.h"
#include "tests/unit/learn/csv_file.h"

#define ROWS_MAX 1000

static const struct nn_kernels *kernels(void)
{
	return nn_kernels_choose(NULL, NULL);
}

/* sigmoid(a + 10 b) and sigmoid(-a), with or without our metadata. */
static void load(struct model **out, const char *inputs)
{
	const float weights[] = {1, 10, -1, 0}, bias[] = {0, 0};
	const struct nn_layer layer = {2, 2, weights, bias, NN_SIGMOID};
	const struct onnx_property list[] = {
		{"defectd.inputs", inputs}, {"defectd.threshold", "0.5"}};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(buf_deinit) struct buf b = {0};

	assert_int_equal(nn_program_new(&p, &layer, 1, NULL, NULL, NULL), 0);
	assert_int_equal(onnx_write(&b, p, list, inputs ? 2 : 0, NULL), 0);
	assert_int_equal(model_parse(out, b.data, b.len, kernels(), NULL), 0);
}

struct rows {
	size_t count, blocks;
	float y[ROWS_MAX][2];
};

static int take(void *owner, size_t first, size_t rows, const float *y)
{
	struct rows *r = owner;

	assert_int_equal(first, r->count);
	assert_in_range(rows, 1, RAW_ROWS);
	memcpy(r->y[first], y, rows * sizeof(r->y[0]));
	r->count += rows;
	r->blocks++;
	return r->count > 900 ? -ECANCELED : 0;
}

static float sigmoid(float z)
{
	return 1 / (1 + expf(-z));
}

static void columns_count_by_their_place_where_nothing_says_what_they_are(void **state)
{
	static const char text[] = "x,x\n1,0\n-2,0.5\n,1\ninf,0\n-inf,0\nNaN,1\n";
	CLEANUP(csv_file_remove) struct csv_file file = csv_file_of(text, strlen(text));
	CLEANUP(table_free) struct table *t = NULL;
	CLEANUP(model_free) struct model *m = NULL;
	struct rows r = {0};

	(void)state;
	load(&m, NULL);
	assert_int_equal(table_read_unnamed(&t, file.path, NULL), 0);
	assert_int_equal(raw_run(m, kernels(), t, take, &r, NULL), 0);
	assert_int_equal(r.count, 6);
	assert_float_equal(r.y[0][0], sigmoid(1), 1e-6);
	assert_float_equal(r.y[0][1], sigmoid(-1), 1e-6);
	assert_float_equal(r.y[1][0], sigmoid(3), 1e-6);
	assert_true(isnan(r.y[2][0]) && isnan(r.y[2][1])); /* an empty cell is no mean here */
	assert_true(r.y[3][0] == 1 && r.y[4][0] == 0);
	assert_true(isnan(r.y[5][0]));
}

static void columns_go_by_name_and_are_encoded_where_the_model_says_so(void **state)
{
	CLEANUP(model_free) struct model *m = NULL;
	struct rows r = {0};

	(void)state;
	load(&m, "[{\"from\":\"a\",\"mean\":3},{\"from\":\"b\",\"mean\":2,\"sd\":4,\"scale\":true}"
		 "]");
	TABLE_OF(t, "b,other,a\n6,x,-9\n2,y,\n");
	assert_int_equal(raw_run(m, kernels(), t, take, &r, NULL), 0);
	assert_float_equal(r.y[0][0], sigmoid(1), 1e-6); /* -9 + 10 * (6 - 2) / 4 */
	assert_float_equal(r.y[1][0], sigmoid(3), 1e-6); /* the mean of a */
}

static void rows_go_in_blocks_and_in_order(void **state)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	CLEANUP(model_free) struct model *m = NULL;
	struct rows r = {0};

	(void)state;
	load(&m, NULL);
	buf_add(&b, "a,b\n");
	for (int i = 0; i < 200; i++)
		buf_addf(&b, "%g,0\n", (i - 100) / 20.0);
	TABLE_OF(t, buf_text(&b));
	assert_int_equal(raw_run(m, kernels(), t, take, &r, NULL), 0);
	assert_int_equal(r.count, 200);
	assert_int_equal(r.blocks, 4);
	for (int i = 0; i < 200; i++)
		assert_float_equal(r.y[i][0], sigmoid((float)(i - 100) / 20), 1e-6);
}

static void a_sink_that_refuses_ends_the_run(void **state)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	CLEANUP(model_free) struct model *m = NULL;
	struct rows r = {0};

	(void)state;
	load(&m, NULL);
	buf_add(&b, "a,b\n");
	for (int i = 0; i < 980; i++)
		buf_add(&b, "1,2\n");
	TABLE_OF(t, buf_text(&b));
	assert_int_equal(raw_run(m, kernels(), t, take, &r, NULL), -ECANCELED);
	assert_int_equal(r.count, 960); /* 15 blocks */
}

static void tables_that_do_not_fit_are_refused(void **state)
{
	CLEANUP(model_free) struct model *bare = NULL;
	CLEANUP(model_free) struct model *ours = NULL;
	struct rows r = {0};
	struct err err;

	(void)state;
	load(&bare, NULL);
	load(&ours, "[{\"from\":\"a\",\"mean\":3},{\"from\":\"c\",\"mean\":2}]");
	TABLE_OF(three, "a,b,d\n1,2,3\n");
	TABLE_OF(texts, "a,c\n1,2\n1,high\n");
	assert_int_equal(raw_check(bare, three, &err), -EINVAL);
	assert_string_equal(err.text, "the file has 3 columns, the graph wants 2");
	assert_int_equal(raw_check(ours, three, &err), -EINVAL);
	assert_string_equal(err.text, "there is no column c, which the model wants");
	assert_int_equal(raw_run(bare, kernels(), texts, take, &r, &err), -EINVAL);
	assert_string_equal(err.text, "line 3: column 2 is \"high\", and the graph wants a number");
	assert_int_equal(raw_run(ours, kernels(), texts, take, &r, &err), -EINVAL);
	assert_string_equal(err.text, "line 3: column c is \"high\", and the model wants a number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_count_by_their_place_where_nothing_says_what_they_are),
		cmocka_unit_test(columns_go_by_name_and_are_encoded_where_the_model_says_so),
		cmocka_unit_test(rows_go_in_blocks_and_in_order),
		cmocka_unit_test(a_sink_that_refuses_ends_the_run),
		cmocka_unit_test(tables_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
