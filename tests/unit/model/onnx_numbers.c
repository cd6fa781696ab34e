/* Tensors of every type, however the file keeps them, and those that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "tests/unit/model/onnx_open.h"

enum { /* TensorProto's fields for numbers */
	FLOAT_DATA = 4,
	INT32_DATA = 5,
	STRING_DATA = 6,
	INT64_DATA = 7,
	DOUBLE_DATA = 10,
	UINT64_DATA = 11,
};

struct expected {
	enum onnx_kind kind;
	size_t count;
	double values[4];
};

static void has(struct buf tensor, int type, const struct expected *e)
{
	CLEANUP(onnx_file_free) struct onnx_file *f = opened(model_with_tensor(tensor));
	const struct onnx_tensor *t = first_output(f);

	assert_int_equal(t->kind, e->kind);
	assert_int_equal(t->declared, type);
	assert_int_equal(t->count, e->count);
	for (size_t i = 0; i < e->count; i++)
		assert_true(onnx_number(t, i) == e->values[i]);
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void raw_numbers_of_every_type_are_read(void **state)
{
	static const struct {
		int type;
		size_t len;
		uint8_t bytes[16];
		struct expected expected;
	} raw[] = {
		{ONNX_TYPE_FLOAT, 8, {0, 0, 0xc0, 0x3f, 0, 0, 0x20, 0xc1},
			{ONNX_FLOAT, 2, {1.5, -10}}},
		{ONNX_TYPE_DOUBLE, 8, {0, 0, 0, 0, 0, 0, 0xf8, 0xbf}, {ONNX_DOUBLE, 1, {-1.5}}},
		{ONNX_TYPE_INT8, 2, {0x80, 0x7f}, {ONNX_INT, 2, {-128, 127}}},
		{ONNX_TYPE_UINT8, 2, {0x80, 0xff}, {ONNX_INT, 2, {128, 255}}},
		{ONNX_TYPE_INT16, 4, {0, 0x80, 0xff, 0x7f}, {ONNX_INT, 2, {-32768, 32767}}},
		{ONNX_TYPE_UINT16, 2, {0xff, 0xff}, {ONNX_INT, 1, {65535}}},
		{ONNX_TYPE_INT32, 4, {0xfe, 0xff, 0xff, 0xff}, {ONNX_INT, 1, {-2}}},
		{ONNX_TYPE_UINT32, 4, {0xfe, 0xff, 0xff, 0xff}, {ONNX_INT, 1, {4294967294.0}}},
		{ONNX_TYPE_INT64, 8, {0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			{ONNX_INT, 1, {-3}}},
		{ONNX_TYPE_UINT64, 8, {5, 1}, {ONNX_INT, 1, {261}}},
		{ONNX_TYPE_BOOL, 3, {1, 0, 1}, {ONNX_INT, 3, {1, 0, 1}}},
		/* 1.5, the smallest of all, the smallest normal one */
		{ONNX_TYPE_FLOAT16, 8, {0, 0x3e, 1, 0, 0, 0x04, 0, 0xc0},
			{ONNX_FLOAT, 4, {1.5, 0x1p-24, 0x1p-14, -2}}},
		{ONNX_TYPE_BFLOAT16, 4, {0xc0, 0x3f, 0x20, 0xc1}, {ONNX_FLOAT, 2, {1.5, -10}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(raw); i++)
		has(onnx_tensor_raw("t", raw[i].type, DIMS((int64_t)raw[i].expected.count),
			    raw[i].bytes, raw[i].len),
			raw[i].type, &raw[i].expected);
}

/* Numbers in a field of varints. */
static struct buf with_varints(int type, unsigned field, const int64_t *v, size_t count)
{
	struct buf b = onnx_tensor_of("t", type, DIMS((int64_t)count)), packed = {0};

	for (size_t i = 0; i < count; i++)
		buf_put_varint(&packed, (uint64_t)v[i]);
	onnx_part(&b, field, packed);
	return b;
}

static void numbers_in_the_field_of_their_type_are_read(void **state)
{
	static const struct {
		int type;
		unsigned field;
		int64_t written[2];
		struct expected expected;
	} typed[] = {
		{ONNX_TYPE_INT32, INT32_DATA, {-7, 8}, {ONNX_INT, 2, {-7, 8}}},
		{ONNX_TYPE_INT16, INT32_DATA, {-32768, 8}, {ONNX_INT, 2, {-32768, 8}}},
		{ONNX_TYPE_INT8, INT32_DATA, {-128, 127}, {ONNX_INT, 2, {-128, 127}}},
		{ONNX_TYPE_UINT16, INT32_DATA, {0, 65535}, {ONNX_INT, 2, {0, 65535}}},
		{ONNX_TYPE_UINT8, INT32_DATA, {0, 255}, {ONNX_INT, 2, {0, 255}}},
		{ONNX_TYPE_BOOL, INT32_DATA, {0, 1}, {ONNX_INT, 2, {0, 1}}},
		{ONNX_TYPE_INT64, INT64_DATA, {-5, 1}, {ONNX_INT, 2, {-5, 1}}},
		{ONNX_TYPE_UINT32, UINT64_DATA, {1, UINT32_MAX}, {ONNX_INT, 2, {1, UINT32_MAX}}},
		{ONNX_TYPE_UINT64, UINT64_DATA, {1, 2}, {ONNX_INT, 2, {1, 2}}},
		{ONNX_TYPE_FLOAT16, INT32_DATA, {0x3e00, 0xc000}, {ONNX_FLOAT, 2, {1.5, -2}}},
		{ONNX_TYPE_BFLOAT16, INT32_DATA, {0x3fc0, 0xc120}, {ONNX_FLOAT, 2, {1.5, -10}}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(typed); i++)
		has(with_varints(typed[i].type, typed[i].field, typed[i].written, 2), typed[i].type,
			&typed[i].expected);
}

static void floats_and_doubles_in_their_fields_are_read(void **state)
{
	struct buf floats = onnx_tensor_of("t", ONNX_TYPE_FLOAT, DIMS(2));
	struct buf doubles = onnx_tensor_of("t", ONNX_TYPE_DOUBLE, DIMS(2));
	const float f[] = {0.5f, -1};
	const double d[] = {0.1, -1e300};

	(void)state;
	onnx_bytes_field(&floats, FLOAT_DATA, f, sizeof(f));
	has(floats, ONNX_TYPE_FLOAT, &(struct expected){ONNX_FLOAT, 2, {0.5, -1}});
	onnx_bytes_field(&doubles, DOUBLE_DATA, d, sizeof(d));
	has(doubles, ONNX_TYPE_DOUBLE, &(struct expected){ONNX_DOUBLE, 2, {0.1, -1e300}});
}

/* As old writers do it: a field for each number. */
static void numbers_that_are_not_packed_are_read(void **state)
{
	struct buf b = onnx_tensor_of("t", ONNX_TYPE_FLOAT, DIMS(2));

	(void)state;
	onnx_float_field(&b, FLOAT_DATA, 3);
	onnx_float_field(&b, FLOAT_DATA, 4);
	has(b, ONNX_TYPE_FLOAT, &(struct expected){ONNX_FLOAT, 2, {3, 4}});
}

static void texts_are_read(void **state)
{
	struct buf b = onnx_tensor_of("t", ONNX_TYPE_STRING, DIMS(3));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_tensor *t;

	(void)state;
	onnx_text_field(&b, STRING_DATA, "good");
	onnx_text_field(&b, STRING_DATA, "");
	onnx_text_field(&b, STRING_DATA, "defect");
	f = opened(model_with_tensor(b));
	t = first_output(f);
	assert_int_equal(t->kind, ONNX_STRING);
	assert_string_equal(t->texts[0], "good");
	assert_string_equal(t->texts[1], "");
	assert_string_equal(t->texts[2], "defect");
}

static void halves_that_are_no_numbers_stay_what_they_are(void **state)
{
	const uint8_t bytes[] = {0, 0x7c, 0, 0xfc, 0, 0x7e, 0, 0x80};
	CLEANUP(onnx_file_free)
	struct onnx_file *f = opened(model_with_tensor(
		onnx_tensor_raw("t", ONNX_TYPE_FLOAT16, DIMS(4), bytes, sizeof(bytes))));
	const struct onnx_tensor *t = first_output(f);

	(void)state;
	assert_true(t->floats[0] == INFINITY);
	assert_true(t->floats[1] == -INFINITY);
	assert_true(isnan(t->floats[2]));
	assert_true(t->floats[3] == 0 && signbit(t->floats[3]));
}

static void infinite_numbers_are_let_be(void **state)
{
	const float v[] = {-INFINITY, NAN};
	CLEANUP(onnx_file_free)
	struct onnx_file *f = opened(model_with_tensor(onnx_tensor_floats("t", DIMS(2), v, 2)));

	(void)state;
	assert_true(first_output(f)->floats[0] == -INFINITY);
	assert_true(isnan(first_output(f)->floats[1]));
}

static void scalars_and_empty_tensors_are_tensors(void **state)
{
	const float one = 1;
	CLEANUP(onnx_file_free)
	struct onnx_file *scalar =
		opened(model_with_tensor(onnx_tensor_floats("t", SCALAR, &one, 1)));
	CLEANUP(onnx_file_free)
	struct onnx_file *empty =
		opened(model_with_tensor(onnx_tensor_floats("t", DIMS(3, 0), NULL, 0)));

	(void)state;
	assert_int_equal(first_output(scalar)->rank, 0);
	assert_int_equal(first_output(scalar)->count, 1);
	assert_int_equal(first_output(empty)->rank, 2);
	assert_int_equal(first_output(empty)->dims[1], 0);
	assert_int_equal(first_output(empty)->count, 0);
	assert_non_null(first_output(empty)->floats);
}

static void dims_that_numbers_do_not_fit_are_refused(void **state)
{
	const float v[2] = {0};

	(void)state;
	is_refused(model_with_tensor(onnx_tensor_floats("t", DIMS(3), v, 2)),
		"initializer \"t\" has 8 bytes of numbers, its dims want 12");
	is_refused(model_with_tensor(onnx_tensor_of("t", ONNX_TYPE_INT64, DIMS(3))),
		"initializer \"t\" has 0 numbers, its dims want 3");
	is_refused(model_with_tensor(onnx_tensor_floats("t", DIMS(-2), v, 2)),
		"initializer \"t\" has a dim of -2, at least 0 is allowed");
	is_refused(model_with_tensor(
			   onnx_tensor_floats("t", DIMS(INT64_C(1) << 40, INT64_C(1) << 40), v, 2)),
		"the dims of initializer \"t\" multiply to more than fits in memory");
	is_refused(
		model_with_tensor(onnx_tensor_floats("t", DIMS(1, 1, 1, 1, 1, 1, 1, 1, 2), v, 2)),
		"initializer \"t\" has 9 dims, allowed are 8");
	is_refused(model_with_tensor(onnx_tensor_floats("t", DIMS(INT64_C(1) << 50), v, 2)),
		"initializer \"t\" has 8 bytes of numbers, its dims want 4503599627370496");
}

static void types_without_a_meaning_here_are_refused_by_name(void **state)
{
	(void)state;
	is_refused(model_with_tensor(onnx_tensor_raw(
			   "t", ONNX_TYPE_COMPLEX64, DIMS(1), BYTES(0, 0, 0, 0, 0, 0, 0, 0))),
		"initializer \"t\" has numbers of type complex64, which cannot be used: floats, "
		"doubles and whole numbers can");
	is_refused(model_with_tensor(onnx_tensor_raw("t", 17, DIMS(1), BYTES(0))),
		"initializer \"t\" has numbers of type float8e4m3fn, which cannot be used: "
		"floats, doubles and whole numbers can");
	is_refused(model_with_tensor(onnx_tensor_raw("t", 22, DIMS(1), BYTES(0))),
		"initializer \"t\" has numbers of type int4, which cannot be used: floats, "
		"doubles and whole numbers can");
	is_refused(model_with_tensor(onnx_tensor_raw("t", 99, DIMS(1), BYTES(0))),
		"initializer \"t\" has numbers of type 99, which is unknown");
	is_refused(model_with_tensor(onnx_tensor_raw("t", 0, DIMS(1), BYTES(0))),
		"initializer \"t\" has numbers of type 0, which is unknown");
}

static void numbers_out_of_range_are_refused(void **state)
{
	const uint8_t minus_one[8] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	(void)state;
	is_refused(model_with_tensor(
			   with_varints(ONNX_TYPE_INT8, INT32_DATA, (const int64_t[]){0, 128}, 2)),
		"initializer \"t\" has a number at place 1 that is out of the range of int8");
	is_refused(model_with_tensor(with_varints(
			   ONNX_TYPE_FLOAT16, INT32_DATA, (const int64_t[]){65536}, 1)),
		"initializer \"t\" has a number at place 0 that is out of the range of float16");
	is_refused(model_with_tensor(onnx_tensor_raw("t", ONNX_TYPE_UINT64, DIMS(1), minus_one, 8)),
		"initializer \"t\" has a number at place 0 that is out of the range of uint64");
}

static void numbers_in_two_places_are_refused(void **state)
{
	const char *sentence =
		"initializer \"t\" has numbers in several places of the file, one is "
		"allowed";
	const float v = 1;
	struct buf both = onnx_tensor_floats("t", DIMS(1), &v, 1);
	struct buf other = with_varints(ONNX_TYPE_INT64, INT64_DATA, (const int64_t[]){1}, 1);

	(void)state;
	onnx_float_field(&both, FLOAT_DATA, 1);
	is_refused(model_with_tensor(both), sentence);
	onnx_float_field(&other, FLOAT_DATA, 1);
	is_refused(model_with_tensor(other), sentence);
}

static void texts_that_are_raw_or_hold_a_nul_are_refused(void **state)
{
	struct buf nul = onnx_tensor_of("t", ONNX_TYPE_STRING, DIMS(1));

	(void)state;
	is_refused(model_with_tensor(onnx_tensor_raw("t", ONNX_TYPE_STRING, DIMS(1), BYTES('a'))),
		"initializer \"t\" has texts, which cannot be raw");
	onnx_bytes_field(&nul, STRING_DATA, "a\0b", 3);
	is_refused(
		model_with_tensor(nul), "initializer \"t\" has a text with a NUL in it at place 0");
}

static void a_segment_is_refused(void **state)
{
	struct buf b = onnx_tensor_of("t", ONNX_TYPE_FLOAT, DIMS(0));

	(void)state;
	onnx_bytes_field(&b, 3, "", 0);
	is_refused(model_with_tensor(b),
		"initializer \"t\" is only a segment of a tensor, which cannot be read");
}

/* A byte becomes eight in memory. */
static void small_integers_have_a_limit_in_memory(void **state)
{
	static const uint8_t bytes[OPEN_LIMIT / 4];
	struct onnx_file *f = NULL;
	struct err err = {""};
	struct buf tensor =
		onnx_tensor_raw("t", ONNX_TYPE_INT8, DIMS(sizeof(bytes)), bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(open_in(&f, model_with_tensor(tensor), -1, OPEN_LIMIT, &err), -EFBIG);
	assert_string_equal(
		err.text, "initializer \"t\": the numbers of the model are more than allowed");
}

static void a_file_over_its_limit_is_refused(void **state)
{
	const float v[64] = {0};
	struct onnx_file *f = NULL;
	struct err err = {""};

	(void)state;
	assert_int_equal(open_in(&f, model_with_tensor(onnx_tensor_floats("t", DIMS(64), v, 64)),
				 -1, 256, &err),
		-EFBIG);
	assert_string_equal(err.text, "the file has 291 bytes, allowed for a model are 256");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_numbers_of_every_type_are_read),
		cmocka_unit_test(numbers_in_the_field_of_their_type_are_read),
		cmocka_unit_test(floats_and_doubles_in_their_fields_are_read),
		cmocka_unit_test(numbers_that_are_not_packed_are_read),
		cmocka_unit_test(texts_are_read),
		cmocka_unit_test(halves_that_are_no_numbers_stay_what_they_are),
		cmocka_unit_test(infinite_numbers_are_let_be),
		cmocka_unit_test(scalars_and_empty_tensors_are_tensors),
		cmocka_unit_test(dims_that_numbers_do_not_fit_are_refused),
		cmocka_unit_test(types_without_a_meaning_here_are_refused_by_name),
		cmocka_unit_test(numbers_out_of_range_are_refused),
		cmocka_unit_test(numbers_in_two_places_are_refused),
		cmocka_unit_test(texts_that_are_raw_or_hold_a_nul_are_refused),
		cmocka_unit_test(a_segment_is_refused),
		cmocka_unit_test(small_integers_have_a_limit_in_memory),
		cmocka_unit_test(a_file_over_its_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
