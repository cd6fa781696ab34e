/* Windows that move over the axes behind the channels: convolutions and pools over a row, which is
 * [channels][places..]. What a window sees becomes an axis of its own. */
#include <math.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_matmul.h"
#include "lib/model/onnx_operators.h"

struct window {
	size_t axes; /* that it moves over */
	size_t size[ONNX_RANK_MAX], stride[ONNX_RANK_MAX], dilation[ONNX_RANK_MAX];
	int64_t before[ONNX_RANK_MAX], after[ONNX_RANK_MAX]; /* padding */
	size_t places[ONNX_RANK_MAX];                        /* of the result */
	size_t place_count, cell_count;
};

/* ---- what the attributes say ---- */

static int numbers(struct onnx_work *w, const char *name, size_t count, int64_t preset,
	int64_t least, int64_t out[2 * ONNX_RANK_MAX])
{
	const struct onnx_attribute *a = onnx_attribute(w->node, name);

	if (a && (a->kind != ONNX_ATTRIBUTE_INTS || a->count != count))
		return onnx_refuse(w, "%s does not have %zu numbers", name, count);
	for (size_t i = 0; i < count; i++) {
		out[i] = a ? a->ints[i] : preset;
		if (out[i] < least || out[i] > ONNX_WIDTH_MAX)
			return onnx_refuse(w, "%s has %lld", name, (long long)out[i]);
	}
	return 0;
}

/* SAME: as many places as the stride leaves; what is odd goes behind (UPPER) or before. */
static void pad_to_same(struct window *v, const struct onnx_value *x, bool upper)
{
	for (size_t i = 0; i < v->axes; i++) {
		int64_t dim = (int64_t)x->dims[i + 2], stride = (int64_t)v->stride[i],
			reach = (int64_t)((v->size[i] - 1) * v->dilation[i]) + 1,
			pad = ((dim + stride - 1) / stride - 1) * stride + reach - dim;

		pad = pad < 0 ? 0 : pad;
		v->before[i] = upper ? pad / 2 : pad - pad / 2;
		v->after[i] = pad - v->before[i];
	}
}

static int count_places(struct onnx_work *w, struct window *v, const struct onnx_value *x)
{
	v->place_count = v->cell_count = 1;
	for (size_t i = 0; i < v->axes; i++) {
		int64_t reach = (int64_t)((v->size[i] - 1) * v->dilation[i]) + 1,
			room = (int64_t)x->dims[i + 2] + v->before[i] + v->after[i] - reach;

		if (room < 0)
			return onnx_refuse(w, "its window is larger than the tensor");
		v->places[i] = (size_t)room / v->stride[i] + 1;
		v->place_count *= v->places[i];
		v->cell_count *= v->size[i];
		if (v->place_count > ONNX_WIDTH_MAX || v->cell_count > ONNX_WIDTH_MAX)
			return onnx_refuse(w, "its windows are more than %u", ONNX_WIDTH_MAX);
	}
	return 0;
}

static int read_window(
	struct onnx_work *w, struct window *v, const struct onnx_value *x, const size_t *kernel)
{
	const char *pad = onnx_string(w, "auto_pad", "NOTSET");
	int64_t size[2 * ONNX_RANK_MAX], stride[2 * ONNX_RANK_MAX], dilation[2 * ONNX_RANK_MAX],
		pads[2 * ONNX_RANK_MAX];
	int rc;

	if (x->rank < 3 || (x->what == ONNX_ROWS && x->axis != 0 && x->axis != ONNX_NONE))
		return onnx_refuse(w, "it takes rows of channels and places");
	v->axes = x->rank - 2;
	rc = numbers(w, "kernel_shape", v->axes, kernel ? 1 : 0, 1, size);
	for (size_t i = 0; rc == 0 && kernel && i < v->axes; i++)
		size[i] = (int64_t)kernel[i];
	if (rc == 0)
		rc = numbers(w, "strides", v->axes, 1, 1, stride);
	if (rc == 0)
		rc = numbers(w, "dilations", v->axes, 1, 1, dilation);
	if (rc == 0)
		rc = numbers(w, "pads", 2 * v->axes, 0, 0, pads);
	if (rc < 0)
		return rc;
	if (onnx_int(w, "ceil_mode", 0) != 0)
		return onnx_refuse(w, "ceil_mode is to be 0");
	for (size_t i = 0; i < v->axes; i++) {
		v->size[i] = (size_t)size[i];
		v->stride[i] = (size_t)stride[i];
		v->dilation[i] = (size_t)dilation[i];
		v->before[i] = strcmp(pad, "VALID") == 0 ? 0 : pads[i];
		v->after[i] = strcmp(pad, "VALID") == 0 ? 0 : pads[v->axes + i];
	}
	if (strncmp(pad, "SAME_", 5) == 0)
		pad_to_same(v, x, strcmp(pad, "SAME_UPPER") == 0);
	return count_places(w, v, x);
}

/* ---- what a window sees ---- */

/* Where cell `cell` of the window at `place` is in a channel; ONNX_NONE: in the padding. */
static size_t look(const struct window *v, const struct onnx_value *x, size_t place, size_t cell)
{
	size_t at = 0, step = 1;

	for (size_t i = v->axes; i-- > 0;) {
		int64_t dim = (int64_t)x->dims[i + 2],
			p = (int64_t)(place % v->places[i] * v->stride[i] +
				      cell % v->size[i] * v->dilation[i]) -
			    v->before[i];

		if (p < 0 || p >= dim)
			return ONNX_NONE;
		at += (size_t)p * step;
		step *= (size_t)dim;
		place /= v->places[i];
		cell /= v->size[i];
	}
	return at;
}

/* Channels first to last - 1: [x's rows][channels][places][cells], or [rows][places][channels]
 * [cells] when places come first. */
static int unfold(struct onnx_work *w, struct onnx_value *out, const struct window *v,
	const struct onnx_value *x, const struct onnx_value *padding, size_t first, size_t last,
	bool places_first)
{
	const struct onnx_value *both[2] = {x, padding};
	const size_t channels = last - first, inner = onnx_product(x->dims, 2, x->rank);
	struct onnx_value y;
	struct onnx_pick *picks;
	size_t at = 0;
	int rc;

	onnx_shape(&y, 4,
		(const size_t[]){x->dims[0], places_first ? v->place_count : channels,
			places_first ? channels : v->place_count, v->cell_count});
	y.sort = x->sort;
	y.axis = x->what == ONNX_ROWS ? x->axis : ONNX_NONE;
	y.outer = x->outer;
	if (y.count > ONNX_COLUMNS_MAX)
		return onnx_refuse(w, "its windows see too much");
	rc = onnx_alloc(w, &picks, y.count, sizeof(*picks));
	if (rc < 0)
		return rc;
	for (size_t row = 0; row < y.dims[0]; row++)
		for (size_t a = 0; a < y.dims[1]; a++)
			for (size_t b = 0; b < y.dims[2]; b++)
				for (size_t cell = 0; cell < v->cell_count; cell++) {
					size_t channel = first + (places_first ? b : a);
					size_t place = places_first ? a : b;
					size_t p = look(v, x, place, cell);

					picks[at++] =
						p == ONNX_NONE
							? (struct onnx_pick){1, 0}
							: (struct onnx_pick){
								  0, (uint32_t)((row * x->dims[1] +
											channel) *
											inner +
										p)};
				}
	rc = onnx_pick(w, &y, both, 2, picks);
	if (rc == 0)
		*out = y;
	return rc;
}

/* [rows][channels][places] with the places as the axes that they are. */
static int fold_back(struct onnx_work *w, struct onnx_value *y, const struct window *v)
{
	struct onnx_size sizes[ONNX_RANK_MAX] = {
		{(int64_t)y->dims[0], y->what == ONNX_ROWS && y->axis == 0},
		{(int64_t)y->dims[1], false}};

	for (size_t i = 0; i < v->axes; i++)
		sizes[i + 2] = (struct onnx_size){(int64_t)v->places[i], false};
	return onnx_reshape(w, y, y, sizes, v->axes + 2, true);
}

/* ---- convolution ---- */

/* A slice of a constant along its first axis. */
static int part_of(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	size_t first, size_t count)
{
	int64_t *places;
	int rc = onnx_alloc(w, &places, count, sizeof(*places));

	for (size_t i = 0; rc == 0 && i < count; i++)
		places[i] = (int64_t)(first + i);
	return rc < 0 ? rc : onnx_take(w, out, x, 0, places, count, NULL);
}

/* One group of channels: [rows][its results][places] */
static int convolve(struct onnx_work *w, struct onnx_value *y, const struct window *v,
	const struct onnx_value *x, const struct onnx_value *weights, const struct onnx_value *bias,
	size_t group, size_t groups)
{
	const size_t results = weights->dims[0] / groups, channels = weights->dims[1];
	struct onnx_value seen, part, zero, add;
	struct onnx_size flat[3];
	int rc = onnx_number_value(w, &zero, 0);

	if (rc == 0)
		rc = unfold(w, &seen, v, x, &zero, group * channels, (group + 1) * channels, true);
	if (rc < 0)
		return rc;
	flat[0] =
		(struct onnx_size){(int64_t)seen.dims[0], seen.what == ONNX_ROWS && seen.axis == 0};
	flat[1] = (struct onnx_size){(int64_t)v->place_count, false};
	flat[2] = (struct onnx_size){(int64_t)(channels * v->cell_count), false};
	rc = onnx_reshape(w, &seen, &seen, flat, 3, true);
	if (rc == 0)
		rc = part_of(w, &part, weights, group * results, results);
	if (rc == 0) {
		flat[1] = (struct onnx_size){(int64_t)results, false};
		rc = onnx_reshape(w, &part, &part, flat + 1, 2, true);
	}
	if (rc == 0)
		rc = onnx_transpose(w, &part, &part, (const size_t[]){1, 0});
	if (rc == 0 && bias)
		rc = part_of(w, &add, bias, group * results, results);
	if (rc == 0)
		rc = onnx_matmul(w, y, &seen, &part, 1, bias ? &add : NULL);
	return rc < 0 ? rc : onnx_transpose(w, y, y, (const size_t[]){0, 2, 1});
}

/* Results of the groups, next to each other along the channels. */
static int join_groups(
	struct onnx_work *w, struct onnx_value *y, const struct onnx_value *parts, size_t groups)
{
	const struct onnx_value **list;
	struct onnx_pick *picks;
	size_t run = parts->dims[1] * parts->dims[2];
	int rc = onnx_alloc(w, &list, groups, sizeof(*list));

	*y = parts[0];
	if (groups == 1)
		return rc;
	y->dims[1] *= groups;
	y->count *= groups;
	if (rc == 0)
		rc = onnx_alloc(w, &picks, y->count, sizeof(*picks));
	for (size_t g = 0; rc == 0 && g < groups; g++)
		list[g] = &parts[g];
	for (size_t i = 0; rc == 0 && i < y->count; i++)
		picks[i] = (struct onnx_pick){
			(uint32_t)(i / run % groups), (uint32_t)(i / run / groups * run + i % run)};
	return rc < 0 ? rc : onnx_pick(w, y, list, groups, picks);
}

static int conv(struct onnx_work *w)
{
	const struct onnx_value *x, *weights, *bias = onnx_in(w, 2);
	const int64_t groups = onnx_int(w, "group", 1);
	struct onnx_value y, *parts;
	struct window v;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &weights);
	if (rc < 0)
		return rc;
	if (weights->what != ONNX_CONSTANT || (bias && bias->what != ONNX_CONSTANT))
		return onnx_refuse(w, "its weights depend on the data");
	if (x->rank < 3 || weights->rank != x->rank || groups < 1 ||
		groups > (int64_t)weights->dims[0] || weights->dims[0] % (size_t)groups != 0 ||
		x->dims[1] != weights->dims[1] * (size_t)groups ||
		(bias && (bias->rank != 1 || bias->count != weights->dims[0])))
		return onnx_refuse(w, "its weights do not fit the tensor");
	rc = read_window(w, &v, x, weights->dims + 2);
	if (rc == 0)
		rc = onnx_alloc(w, &parts, (size_t)groups, sizeof(*parts));
	for (size_t g = 0; rc == 0 && g < (size_t)groups; g++)
		rc = convolve(w, &parts[g], &v, x, weights, bias, g, (size_t)groups);
	if (rc == 0)
		rc = join_groups(w, &y, parts, (size_t)groups);
	if (rc == 0)
		rc = fold_back(w, &y, &v);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- pools ---- */

/* How many cells of each window are no padding. */
static int counts(struct onnx_work *w, struct onnx_value *out, const struct window *v,
	const struct onnx_value *x, bool with_padding)
{
	struct onnx_tensor *t;
	int rc;

	onnx_shape(out, 1, &v->place_count);
	rc = onnx_constant_new(w, out, &t);
	for (size_t place = 0; rc == 0 && place < v->place_count; place++) {
		size_t n = 0;

		for (size_t cell = 0; cell < v->cell_count; cell++)
			n += with_padding || look(v, x, place, cell) != ONNX_NONE;
		onnx_constant_set(t, place, (double)n);
	}
	return rc;
}

static int pool(struct onnx_work *w)
{
	const bool largest = w->operator->f == NN_REDUCE_MAX;
	const bool marked[ONNX_RANK_MAX] = {[3] = true};
	const struct onnx_value *x;
	struct onnx_value y, padding, by;
	struct window v;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = read_window(w, &v, x, NULL);
	if (rc == 0)
		rc = onnx_number_value(w, &padding, largest ? -INFINITY : 0);
	if (rc == 0)
		rc = unfold(w, &y, &v, x, &padding, 0, x->dims[1], false);
	if (rc == 0)
		rc = onnx_reduce(w, &y, &y, marked, false, largest ? NN_REDUCE_MAX : NN_REDUCE_SUM);
	if (rc == 0 && !largest)
		rc = counts(w, &by, &v, x, onnx_int(w, "count_include_pad", 0) != 0);
	if (rc == 0 && !largest)
		rc = onnx_pair(w, &y, &y, &by, NN_PAIR_DIVIDE);
	if (rc == 0)
		rc = fold_back(w, &y, &v);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int global(struct onnx_work *w)
{
	bool marked[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	for (size_t i = 2; rc == 0 && i < x->rank; i++)
		marked[i] = true;
	if (rc == 0)
		rc = onnx_reduce(w, &y, x, marked, true, (enum nn_reduce)w->operator->f);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, fn, f)                                   \
	{                                                  \
		name, "", 1, 0, fn, f, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("AveragePool", pool, NN_REDUCE_MEAN),
	ROW("Conv", conv, 0),
	ROW("GlobalAveragePool", global, NN_REDUCE_MEAN),
	ROW("GlobalMaxPool", global, NN_REDUCE_MAX),
	ROW("MaxPool", pool, NN_REDUCE_MAX),
};

const struct onnx_operator_list onnx_window_operators = {rows, ARRAY_LEN(rows)};
