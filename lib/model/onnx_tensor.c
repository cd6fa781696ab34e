#include "lib/model/onnx_tensor.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_read.h"

enum { /* TensorProto.DataType and DataLocation */
	TYPE_FLOAT = 1,
	LOCATION_EXTERNAL = 1,
};

static int read_dims(
	struct onnx_tensor *t, const Onnx__TensorProto *p, const char *show, struct err *err)
{
	size_t count = 1;

	if (p->n_dims > ONNX_RANK_MAX)
		return err_set(err, -EINVAL, "initializer \"%s\" has %zu dims, allowed are %d",
			show, p->n_dims, ONNX_RANK_MAX);
	for (size_t i = 0; i < p->n_dims; i++) {
		if (p->dims[i] < 1)
			return err_set(err, -EINVAL,
				"initializer \"%s\" has a dim of %" PRId64
				", at least 1 is allowed",
				show, p->dims[i]);
		if (__builtin_mul_overflow(count, (size_t)p->dims[i], &count) ||
			count > SIZE_MAX / sizeof(float))
			return err_set(err, -EINVAL,
				"the dims of initializer \"%s\" multiply to more than fits in "
				"memory",
				show);
		t->dims[i] = (size_t)p->dims[i];
	}
	t->rank = p->n_dims;
	t->count = count;
	return 0;
}

/* The file that external data names, for the message; it is never opened. */
static const char *external_location(const Onnx__TensorProto *p, struct arena *memory)
{
	for (size_t i = 0; i < p->n_external_data; i++) {
		const Onnx__StringStringEntryProto *e = p->external_data[i];

		if (e->key && strcmp(e->key, "location") == 0 && e->value.data)
			return arena_stringn(memory, (const char *)e->value.data, e->value.len);
	}
	return NULL;
}

static int check_kind(
	const Onnx__TensorProto *p, struct arena *memory, const char *show, struct err *err)
{
	char other[ONNX_TEXT];

	if (p->n_external_data || p->data_location == LOCATION_EXTERNAL)
		return err_set(err, -EINVAL,
			"the numbers of initializer \"%s\" are in another file (\"%s\"), which "
			"this "
			"version does not open: all must be in the model file itself",
			show, onnx_show(other, external_location(p, memory)));
	if (p->data_type != TYPE_FLOAT)
		return err_set(err, -EINVAL,
			"initializer \"%s\" has data type %d, allowed is 1 (float32)", show,
			p->data_type);
	if (p->has_raw_data && p->n_float_data)
		return err_set(err, -EINVAL,
			"initializer \"%s\" has both raw_data and float_data, one is allowed",
			show);
	return 0;
}

/* ONNX keeps raw_data little endian. */
static void copy_raw(float *out, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t bits;

		memcpy(&bits, bytes + 4 * i, 4);
		bits = le32toh(bits);
		memcpy(out + i, &bits, 4);
	}
}

int onnx_tensor_read(struct onnx_tensor *t, const struct Onnx__TensorProto *p, struct arena *memory,
	struct err *err)
{
	char show[ONNX_TEXT];
	size_t bytes = p->has_raw_data ? p->raw_data.len : p->n_float_data * sizeof(float);
	float *values;
	int rc;

	onnx_show(show, p->name);
	rc = check_kind(p, memory, show, err);
	if (rc < 0)
		return rc;
	rc = read_dims(t, p, show, err);
	if (rc < 0)
		return rc;
	/* compared before memory is taken: dims alone must not make us allocate */
	if (t->count * sizeof(float) != bytes)
		return err_set(err, -EINVAL,
			"initializer \"%s\" has %zu bytes of numbers, its dims want %zu", show,
			bytes, t->count * sizeof(float));
	values = arena_alloc(memory, bytes);
	if (!values)
		return err_set(err, -ENOMEM, "no memory for initializer \"%s\"", show);
	if (p->has_raw_data)
		copy_raw(values, p->raw_data.data, t->count);
	else
		memcpy(values, p->float_data, bytes);
	for (size_t i = 0; i < t->count; i++)
		if (!isfinite(values[i]))
			return err_set(err, -EINVAL,
				"initializer \"%s\" has a number that is not finite at place %zu",
				show, i);
	t->name = p->name;
	t->values = values;
	return 0;
}
