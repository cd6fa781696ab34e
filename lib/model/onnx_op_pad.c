/* Tile and Pad: tensors made longer. */
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

static int tile(struct onnx_work *w)
{
	struct onnx_size repeats[ONNX_RANK_MAX];
	const struct onnx_value *x, *by;
	struct onnx_value y;
	size_t count, batch = ONNX_NONE;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &by);
	if (rc == 0)
		rc = onnx_sizes(w, by, repeats, &count);
	if (rc < 0)
		return rc;
	if (count != x->rank)
		return onnx_refuse(w, "%zu repeats for %zu axes", count, x->rank);
	y = *x;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t n = (size_t)repeats[i].number * y.dims[i];
		int64_t *places;

		if (repeats[i].is_batch) {
			if (batch != ONNX_NONE || y.dims[i] != 1 || y.axis != ONNX_NONE)
				return onnx_refuse(w, "it repeats rows of the batch");
			batch = i;
		}
		if (repeats[i].number == 1)
			continue;
		if (onnx_is_batch(w, &y, i))
			return onnx_refuse(w, "it repeats the batch (axis %zu)", i);
		if (repeats[i].number < 0 || repeats[i].number > ONNX_COLUMNS_MAX)
			return onnx_refuse(w, "%lld repeats", (long long)repeats[i].number);
		rc = onnx_alloc(w, &places, n, sizeof(*places));
		for (size_t j = 0; rc == 0 && j < n; j++)
			places[j] = (int64_t)(j % y.dims[i]);
		if (rc == 0)
			rc = onnx_take(w, &y, &y, i, places, n, NULL);
	}
	if (rc == 0 && batch != ONNX_NONE) {
		struct onnx_value shape = y;

		shape.axis = batch;
		rc = onnx_expand(w, &y, &y, &shape);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

enum padding { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP };

static int64_t padded_place(enum padding mode, int64_t at, int64_t dim)
{
	if (at >= 0 && at < dim)
		return at;
	switch (mode) {
	case PAD_EDGE:
		return at < 0 ? 0 : dim - 1;
	case PAD_REFLECT:
		return at < 0 ? -at : 2 * (dim - 1) - at;
	case PAD_WRAP:
		return (at % dim + dim) % dim;
	default:
		return -1;
	}
}

static int pad_axis(struct onnx_work *w, struct onnx_value *x, size_t axis, int64_t before,
	int64_t after, enum padding mode, const struct onnx_value *filler)
{
	const int64_t dim = (int64_t)x->dims[axis];
	int64_t *places, n = dim + before + after;
	int rc;

	if (before == 0 && after == 0)
		return 0;
	if (onnx_is_batch(w, x, axis))
		return onnx_refuse(w, "it pads the batch (axis %zu)", axis);
	if (before < -dim || after < -dim || n < 0 || before > ONNX_WIDTH_MAX ||
		after > ONNX_WIDTH_MAX ||
		(mode == PAD_REFLECT && (before >= dim || after >= dim)) ||
		(mode != PAD_CONSTANT && dim == 0))
		return onnx_refuse(w, "%lld before and %lld behind an axis of %lld",
			(long long)before, (long long)after, (long long)dim);
	rc = onnx_alloc(w, &places, (size_t)n, sizeof(*places));
	for (int64_t i = 0; rc == 0 && i < n; i++)
		places[i] = padded_place(mode, i - before, dim);
	return rc < 0 ? rc
		      : onnx_take(w, x, x, axis, places, (size_t)n,
				mode == PAD_CONSTANT ? filler : NULL);
}

static int pad(struct onnx_work *w)
{
	static const char *const modes[] = {"constant", "edge", "reflect", "wrap"};
	const char *name = onnx_string(w, "mode", "constant");
	const struct onnx_value *x, *given = w->operator->last ? NULL : onnx_in(w, 2);
	const int64_t *pads, *axes;
	struct onnx_value y, filler;
	size_t count, axis_count, mode = 0;
	int rc = onnx_want(w, 0, &x);

	while (mode < ARRAY_LEN(modes) && strcmp(modes[mode], name) != 0)
		mode++;
	if (mode == ARRAY_LEN(modes))
		return onnx_refuse(w, "mode is constant, edge, reflect or wrap");
	if (rc == 0)
		rc = onnx_want_ints(w, 1, "pads", &pads, &count);
	if (rc == 0)
		rc = onnx_want_ints(w, 3, NULL, &axes, &axis_count);
	if (rc == 0)
		rc = onnx_number_value(w, &filler, onnx_float(w, "value", 0));
	if (rc < 0)
		return rc;
	axis_count = axis_count == ONNX_NONE ? x->rank : axis_count;
	if (count != 2 * axis_count || axis_count > x->rank || (given && given->count != 1))
		return onnx_refuse(w, "its pads do not fit the tensor");
	y = *x;
	for (size_t i = 0; rc == 0 && i < axis_count; i++) {
		size_t axis = i;

		if (axis_count != x->rank || onnx_in(w, 3))
			rc = onnx_axis(w, axes[i], x->rank, &axis);
		if (rc == 0)
			rc = pad_axis(w, &y, axis, pads[i], pads[axis_count + i],
				(enum padding)mode, given ? given : &filler);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, first, last, fn, operand)                             \
	{                                                               \
		name, "", first, last, fn, 0, NULL, NULL, 0, 0, operand \
	}

static const struct onnx_operator rows[] = {
	ROW("Pad", 2, 10, pad, 0),
	ROW("Pad", 11, 0, pad, 0),
	ROW("Tile", 6, 0, tile, 2),
};

const struct onnx_operator_list onnx_pad_operators = {rows, ARRAY_LEN(rows)};
