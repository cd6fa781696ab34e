#include "lib/model/onnx_numbers.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"

/* The field that a type's numbers stand in where they are not raw. */
enum field { NO_FIELD, FLOAT_DATA, INT32_DATA, INT64_DATA, DOUBLE_DATA, UINT64_DATA, STRING_DATA };

static const struct type {
	const char *name;
	enum field field; /* NO_FIELD: cannot be read */
	enum onnx_kind kind;
	size_t bytes;     /* of one in raw_data; 0: never there */
	int64_t min, max; /* integers in a field that is wider than they are */
} types[] = {
	[ONNX_TYPE_FLOAT] = {"float", FLOAT_DATA, ONNX_FLOAT, 4, 0, 0},
	[ONNX_TYPE_UINT8] = {"uint8", INT32_DATA, ONNX_INT, 1, 0, UINT8_MAX},
	[ONNX_TYPE_INT8] = {"int8", INT32_DATA, ONNX_INT, 1, INT8_MIN, INT8_MAX},
	[ONNX_TYPE_UINT16] = {"uint16", INT32_DATA, ONNX_INT, 2, 0, UINT16_MAX},
	[ONNX_TYPE_INT16] = {"int16", INT32_DATA, ONNX_INT, 2, INT16_MIN, INT16_MAX},
	[ONNX_TYPE_INT32] = {"int32", INT32_DATA, ONNX_INT, 4, INT32_MIN, INT32_MAX},
	[ONNX_TYPE_INT64] = {"int64", INT64_DATA, ONNX_INT, 8, INT64_MIN, INT64_MAX},
	[ONNX_TYPE_STRING] = {"string", STRING_DATA, ONNX_STRING, 0, 0, 0},
	[ONNX_TYPE_BOOL] = {"bool", INT32_DATA, ONNX_INT, 1, 0, 1},
	[ONNX_TYPE_FLOAT16] = {"float16", INT32_DATA, ONNX_FLOAT, 2, 0, UINT16_MAX},
	[ONNX_TYPE_DOUBLE] = {"double", DOUBLE_DATA, ONNX_DOUBLE, 8, 0, 0},
	[ONNX_TYPE_UINT32] = {"uint32", UINT64_DATA, ONNX_INT, 4, 0, UINT32_MAX},
	[ONNX_TYPE_UINT64] = {"uint64", UINT64_DATA, ONNX_INT, 8, 0, INT64_MAX},
	[ONNX_TYPE_COMPLEX64] = {"complex64", NO_FIELD, 0, 0, 0, 0},
	[ONNX_TYPE_COMPLEX128] = {"complex128", NO_FIELD, 0, 0, 0, 0},
	[ONNX_TYPE_BFLOAT16] = {"bfloat16", INT32_DATA, ONNX_FLOAT, 2, 0, UINT16_MAX},
	{"float8e4m3fn", NO_FIELD, 0, 0, 0, 0},
	{"float8e4m3fnuz", NO_FIELD, 0, 0, 0, 0},
	{"float8e5m2", NO_FIELD, 0, 0, 0, 0},
	{"float8e5m2fnuz", NO_FIELD, 0, 0, 0, 0},
	{"uint4", NO_FIELD, 0, 0, 0, 0},
	{"int4", NO_FIELD, 0, 0, 0, 0},
	{"float4e2m1", NO_FIELD, 0, 0, 0, 0},
	{"float8e8m0", NO_FIELD, 0, 0, 0, 0},
	{"uint2", NO_FIELD, 0, 0, 0, 0},
	{"int2", NO_FIELD, 0, 0, 0, 0},
};

/* A tensor being read. */
struct numbers {
	const Onnx__TensorProto *p;
	struct onnx_source *s;
	const char *what;
	struct err *err;
	const struct type *type;
	const uint8_t *raw; /* NULL: in the type's field */
};

static int no_memory(const struct numbers *n)
{
	return err_set(n->err, -ENOMEM, "no memory for %s", n->what);
}

const char *onnx_type_name(int declared)
{
	bool is_known = declared > 0 && (size_t)declared < ARRAY_LEN(types);

	return is_known ? types[declared].name : "unknown";
}

static int read_type(
	const Onnx__TensorProto *p, const struct type **out, const char *what, struct err *err)
{
	int type = p->data_type;

	if (type < 0 || (size_t)type >= ARRAY_LEN(types) || !types[type].name)
		return err_set(
			err, -EINVAL, "%s has numbers of type %d, which is unknown", what, type);
	if (types[type].field == NO_FIELD)
		return err_set(err, -EINVAL,
			"%s has numbers of type %s, which cannot be used: floats, doubles and "
			"whole numbers can",
			what, types[type].name);
	*out = &types[type];
	return 0;
}

/* Every product that is used fits in a size_t, also as bytes. */
static int read_dims(
	const Onnx__TensorProto *p, size_t *dims, size_t *count, const char *what, struct err *err)
{
	size_t product = 1;

	if (p->n_dims > ONNX_RANK_MAX)
		return err_set(err, -EINVAL, "%s has %zu dims, allowed are %d", what, p->n_dims,
			ONNX_RANK_MAX);
	for (size_t i = 0; i < p->n_dims; i++) {
		if (p->dims[i] < 0)
			return err_set(err, -EINVAL,
				"%s has a dim of %" PRId64 ", at least 0 is allowed", what,
				p->dims[i]);
		if (__builtin_mul_overflow(product, (size_t)p->dims[i], &product) ||
			product > SIZE_MAX / 2 / sizeof(double))
			return err_set(err, -EINVAL,
				"the dims of %s multiply to more than fits in memory", what);
		if (dims)
			dims[i] = (size_t)p->dims[i];
	}
	*count = product;
	return 0;
}

int onnx_numbers_bytes(
	const struct Onnx__TensorProto *p, size_t *out, const char *what, struct err *err)
{
	const struct type *type;
	size_t count;
	int rc = read_type(p, &type, what, err);

	if (rc == 0)
		rc = read_dims(p, NULL, &count, what, err);
	if (rc < 0)
		return rc;
	if (!type->bytes)
		return err_set(err, -EINVAL, "%s has texts, which cannot be raw", what);
	*out = count * type->bytes;
	return 0;
}

static size_t field_count(const Onnx__TensorProto *p, enum field field)
{
	switch (field) {
	case FLOAT_DATA:
		return p->n_float_data;
	case INT32_DATA:
		return p->n_int32_data;
	case INT64_DATA:
		return p->n_int64_data;
	case DOUBLE_DATA:
		return p->n_double_data;
	case UINT64_DATA:
		return p->n_uint64_data;
	case STRING_DATA:
		return p->n_string_data;
	case NO_FIELD:
		break;
	}
	return 0;
}

/* Numbers stand in one place, and there are as many as the dims say. Takes no memory. */
static int check_count(const struct numbers *n, const struct onnx_tensor *t)
{
	const Onnx__TensorProto *p = n->p;
	size_t found = field_count(p, n->type->field), others = 0;
	bool is_elsewhere = p->has_raw_data || onnx_is_external(p);

	for (enum field f = FLOAT_DATA; f <= STRING_DATA; f++)
		others += f == n->type->field && !is_elsewhere ? 0 : field_count(p, f);
	if (others || (p->has_raw_data && onnx_is_external(p)))
		return err_set(n->err, -EINVAL,
			"%s has numbers in several places of the file, one is allowed", n->what);
	if (p->has_segment)
		return err_set(n->err, -EINVAL,
			"%s is only a segment of a tensor, which cannot be read", n->what);
	if (is_elsewhere && !n->type->bytes)
		return err_set(n->err, -EINVAL, "%s has texts, which cannot be raw", n->what);
	if (p->has_raw_data && p->raw_data.len != t->count * n->type->bytes)
		return err_set(n->err, -EINVAL, "%s has %zu bytes of numbers, its dims want %zu",
			n->what, p->raw_data.len, t->count * n->type->bytes);
	if (!is_elsewhere && found != t->count)
		return err_set(n->err, -EINVAL, "%s has %zu numbers, its dims want %zu", n->what,
			found, t->count);
	return 0;
}

/* Memory for numbers that are not what we want already. */
static int take(const struct numbers *n, size_t count, size_t size, void **out)
{
	if (count * size > n->s->left)
		return err_set(n->err, -EFBIG, "%s: the numbers of the model are more than allowed",
			n->what);
	*out = arena_alloc(n->s->memory, count * size);
	if (!*out)
		return no_memory(n);
	n->s->left -= count * size;
	return 0;
}

static int find_raw(struct numbers *n, size_t count)
{
	size_t bytes = count * n->type->bytes;
	uint64_t offset;
	void *copy;
	int rc;

	if (n->p->has_raw_data) {
		n->raw = n->p->raw_data.data;
		return 0;
	}
	if (!onnx_is_external(n->p))
		return 0;
	rc = onnx_external_find(&n->s->external, n->p, bytes, &offset, n->what, n->err);
	if (rc < 0)
		return rc;
	copy = arena_alloc(n->s->memory, bytes);
	if (!copy)
		return no_memory(n);
	n->raw = copy;
	return onnx_external_read(&n->s->external, copy, bytes, offset, n->what, n->err);
}

/* IEEE 754 binary16. */
static float from_half(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = half >> 10 & 0x1f,
		 mantissa = half & 0x3ff, bits;
	float v;

	if (exponent == 0) { /* zero and below the normal ones: mantissa * 2^-24, exactly */
		v = (float)mantissa * 0x1p-24f;
		memcpy(&bits, &v, sizeof(bits));
		bits |= sign;
	} else {
		exponent = exponent == 0x1f ? 0xff : exponent + (127 - 15);
		bits = sign | exponent << 23 | mantissa << 13;
	}
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* bfloat16: the upper half of a float. */
static float from_bfloat(uint16_t half)
{
	uint32_t bits = (uint32_t)half << 16;
	float v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* An integer of `bytes` bytes, little endian. */
static uint64_t raw_bits(const uint8_t *raw, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | raw[i];
	return v;
}

/* Number `i` of an integer type (or the bits of a short float), before its range is checked. */
static int64_t integer_at(const struct numbers *n, size_t i)
{
	size_t bytes = n->type->bytes;
	uint64_t bits;

	if (!n->raw)
		switch (n->type->field) {
		case INT64_DATA:
			return n->p->int64_data[i];
		case UINT64_DATA: /* beyond INT64_MAX: negative, out of range */
			return (int64_t)n->p->uint64_data[i];
		default:
			return n->p->int32_data[i];
		}
	bits = raw_bits(n->raw + i * bytes, bytes);
	if (n->type->min < 0) /* the sign is the highest bit */
		return (int64_t)(bits << (64 - 8 * bytes)) >> (64 - 8 * bytes);
	return (int64_t)bits;
}

static int checked_integer(const struct numbers *n, size_t i, int64_t *out)
{
	*out = integer_at(n, i);
	if (*out < n->type->min || *out > n->type->max)
		return err_set(n->err, -EINVAL,
			"%s has a number at place %zu that is out of the range of %s", n->what, i,
			n->type->name);
	return 0;
}

/* The numbers of the file are ours where the machine keeps them in the same way. */
static bool is_as_we_want(const struct numbers *n, size_t align)
{
	return __BYTE_ORDER == __LITTLE_ENDIAN && (uintptr_t)n->raw % align == 0;
}

static int read_floats(const struct numbers *n, struct onnx_tensor *t)
{
	bool is_short = n->type->bytes == 2;
	void *memory;
	float *out;
	int rc;

	if (!is_short && (!n->raw || is_as_we_want(n, _Alignof(float)))) {
		t->floats = n->raw ? (const void *)n->raw : n->p->float_data;
		return 0;
	}
	rc = take(n, t->count, sizeof(*out), &memory);
	if (rc < 0)
		return rc;
	out = memory;
	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		int64_t bits = 0;

		if (is_short) {
			rc = checked_integer(n, i, &bits);
			out[i] = n->p->data_type == ONNX_TYPE_FLOAT16 ? from_half((uint16_t)bits)
								      : from_bfloat((uint16_t)bits);
		} else {
			uint32_t word = (uint32_t)raw_bits(n->raw + 4 * i, 4);

			memcpy(&out[i], &word, sizeof(word));
		}
	}
	t->floats = out;
	return rc;
}

static int read_doubles(const struct numbers *n, struct onnx_tensor *t)
{
	void *memory;
	double *out;
	int rc;

	if (!n->raw || is_as_we_want(n, _Alignof(double))) {
		t->doubles = n->raw ? (const void *)n->raw : n->p->double_data;
		return 0;
	}
	rc = take(n, t->count, sizeof(*out), &memory);
	if (rc < 0)
		return rc;
	out = memory;
	for (size_t i = 0; i < t->count; i++) {
		uint64_t word = raw_bits(n->raw + 8 * i, 8);

		memcpy(&out[i], &word, sizeof(word));
	}
	t->doubles = out;
	return 0;
}

static int read_integers(const struct numbers *n, struct onnx_tensor *t)
{
	void *memory;
	int64_t *out;
	int rc;

	if (n->p->data_type == ONNX_TYPE_INT64 &&
		(!n->raw || is_as_we_want(n, _Alignof(int64_t)))) {
		t->ints = n->raw ? (const void *)n->raw : n->p->int64_data;
		return 0;
	}
	rc = take(n, t->count, sizeof(*out), &memory);
	if (rc < 0)
		return rc;
	out = memory;
	for (size_t i = 0; rc == 0 && i < t->count; i++)
		rc = checked_integer(n, i, &out[i]);
	t->ints = out;
	return rc;
}

static int read_texts(const struct numbers *n, struct onnx_tensor *t)
{
	const char **out;
	void *memory;
	int rc = take(n, t->count, sizeof(*out), &memory);

	if (rc < 0)
		return rc;
	out = memory;
	for (size_t i = 0; i < t->count; i++) {
		const ProtobufCBinaryData *text = &n->p->string_data[i];

		if (text->len && memchr(text->data, 0, text->len))
			return err_set(n->err, -EINVAL,
				"%s has a text with a NUL in it at place %zu", n->what, i);
		out[i] = arena_stringn(
			n->s->memory, text->len ? (const char *)text->data : "", text->len);
		if (!out[i])
			return no_memory(n);
	}
	t->texts = out;
	return 0;
}

int onnx_numbers_read(struct onnx_tensor *out, const struct Onnx__TensorProto *p,
	struct onnx_source *s, const char *what, struct err *err)
{
	static const double nothing; /* what an empty tensor points to */
	struct numbers n = {.p = p, .s = s, .what = what, .err = err};
	struct onnx_tensor t = {.declared = p->data_type, .rank = p->n_dims};
	int rc = read_type(p, &n.type, what, err);

	if (rc == 0)
		rc = read_dims(p, t.dims, &t.count, what, err);
	if (rc == 0)
		rc = check_count(&n, &t);
	if (rc == 0)
		rc = find_raw(&n, t.count);
	if (rc < 0)
		return rc;
	t.kind = n.type->kind;
	if (t.count == 0)
		t.doubles = &nothing;
	else if (t.kind == ONNX_FLOAT)
		rc = read_floats(&n, &t);
	else if (t.kind == ONNX_DOUBLE)
		rc = read_doubles(&n, &t);
	else if (t.kind == ONNX_INT)
		rc = read_integers(&n, &t);
	else
		rc = read_texts(&n, &t);
	if (rc == 0)
		*out = t;
	return rc;
}
