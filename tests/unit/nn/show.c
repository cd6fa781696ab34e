/* A program as people read it. */
#include "tests/unit/nn/steps.h"

#include "lib/base/buf.h"

static void a_line_for_each_step(void **state)
{
	const float w[12] = {1, 2, 3, 4, 5, 6}, seven[] = {7, 7, 7, 7, 7, 7},
		    mean[] = {1.5f, 2, 3, 4, 5, 6};
	const struct nn_column columns[] = {{0, 5}, {1, 0}, {1, 1}, {2, 1}};
	const struct nn_step steps[] = {
		{.kind = NN_COLUMNS, .width = 6, .columns = {.minus = mean, .low = seven}},
		{.kind = NN_AFFINE, .width = 2, .from = {1}, .affine = {w, w, NN_RELU}},
		{.kind = NN_COPY, .width = 4, .copy = {columns}},
		{.kind = NN_MAP, .width = 4, .from = {3}, .map = {NN_MAP_LEAKY_RELU, 0.1f, 0}},
		{.kind = NN_GROUP,
			.width = 4,
			.from = {4},
			.group = {NN_GROUP_SOFTMAX, 0, {2, 2, 1}}},
		{.kind = NN_REDUCE, .width = 1, .from = {4}, .reduce = {NN_REDUCE_SUM, {1, 4, 1}}},
		{.kind = NN_PAIR, .width = 4, .from = {5, 6}, .pair = NN_PAIR_MULTIPLY},
		{.kind = NN_SELECT, .width = 4, .from = {5, 6, 7}},
	};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(buf_deinit) struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(nn_program_build(&p, 6, steps, ARRAY_LEN(steps), 8, NULL), 0);
	nn_program_show(p, &out);
	assert_string_equal(buf_text(&out), "  0  input 6\n"
					    "  1  columns 6 of 0, - 1.5 2 3 4 ..., at least 7\n"
					    "  2  affine 2 x 6 of 1, relu\n"
					    "  3  copy 4 of 0:5, 1:0-1, 2:1\n"
					    "  4  map 4 of 3, leaky relu 0.1\n"
					    "  5  group 4 of 4, softmax, groups 2 x 2 x 1\n"
					    "  6  reduce 1 of 4, sum\n"
					    "  7  pair 4 of 5, 6, multiply\n"
					    "  8  select 4 of 5, 6, 7\n"
					    "result 8\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_for_each_step),
	};

	return cmocka_run_group_tests_name("nn_show", tests, NULL, NULL);
}
