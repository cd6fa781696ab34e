/* Reductions, and what runs over groups of columns without making them fewer. */
#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* The axes: an attribute, or since opset 13 (sums) and 18 (others) operand 2. None: all of them,
 * unless noop_with_empty_axes says otherwise. */
static int reduce(struct onnx_work *w)
{
	bool marked[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	const int64_t *axes;
	struct onnx_value y;
	size_t count, axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, "axes", &axes, &count);
	if (rc < 0)
		return rc;
	if (count == ONNX_NONE || count == 0) {
		if (onnx_int(w, "noop_with_empty_axes", 0)) {
			onnx_give(w, 0, x);
			return 0;
		}
		for (size_t i = 0; i < x->rank; i++)
			marked[i] = true;
		count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		rc = onnx_axis(w, axes[i], x->rank, &axis);
		if (rc < 0)
			return rc;
		marked[axis] = true;
	}
	rc = onnx_reduce(
		w, &y, x, marked, onnx_int(w, "keepdims", 1) != 0, (enum nn_reduce)w->operator->f);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* A place is a decision: a label, or the bin of a table. What follows from one steps where the data
 * crosses a limit, so that nothing that is made of it is a network's probability. */
static int arg(struct onnx_work *w)
{
	bool marked[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 0), x->rank, &axis);
	if (rc < 0)
		return rc;
	if (x->what == ONNX_ROWS)
		return onnx_refuse(w, "it decides on a place (a label or a bin), and the output is "
				      "made of that");
	if (onnx_int(w, "select_last_index", 0) != 0)
		return onnx_refuse(w, "select_last_index is to be 0");
	marked[axis] = true;
	rc = onnx_reduce(
		w, &y, x, marked, onnx_int(w, "keepdims", 1) != 0, (enum nn_reduce)w->operator->f);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* The largest (or smallest) alone, not its place. */
static int top(struct onnx_work *w)
{
	const bool largest = onnx_int(w, "largest", 1) != 0;
	bool marked[ONNX_RANK_MAX] = {false};
	const int64_t *k;
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis, count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, "k", &k, &count);
	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", -1), x->rank, &axis);
	if (rc == 0 && (count != 1 || *k != 1))
		return onnx_refuse(w, "it is run with k = 1 alone");
	if (rc < 0)
		return rc;
	marked[axis] = true;
	rc = onnx_reduce(w, &y, x, marked, true, largest ? NN_REDUCE_MAX : NN_REDUCE_MIN);
	if (rc < 0)
		return rc;
	onnx_give(w, 0, &y);
	return 0;
}

/* Before opset 13 the axis is 1 when nothing is said, and all axes from it on are one group; since
 * then it is the last one, alone. */
static int group(struct onnx_work *w)
{
	const bool old = w->operator->last != 0;
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", old ? 1 : -1), x->rank, &axis);
	if (rc == 0)
		rc = onnx_group(
			w, &y, x, axis, old ? x->rank : axis + 1, (enum nn_group)w->operator->f, 0);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* One column after the other. */
static int cumulate(struct onnx_work *w, struct onnx_value *parts, const struct onnx_value *x,
	size_t axis, bool exclusive, bool backwards)
{
	const size_t n = x->dims[axis];
	struct onnx_value sum, zero;
	int rc = onnx_number_value(w, &zero, 0);

	zero.sort = x->sort;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		int64_t place = (int64_t)(backwards ? n - 1 - i : i);
		struct onnx_value part;

		rc = onnx_take(w, &part, x, axis, &place, 1, NULL);
		if (rc == 0 && i == 0 && exclusive)
			rc = onnx_pair(w, &parts[place], &part, &zero, NN_PAIR_MULTIPLY);
		else if (rc == 0 && exclusive)
			parts[place] = sum;
		if (rc == 0)
			rc = i ? onnx_pair(w, &sum, &sum, &part, NN_PAIR_ADD) : (sum = part, 0);
		if (!exclusive)
			parts[place] = sum;
	}
	return rc;
}

static int cumulative_sum(struct onnx_work *w)
{
	const int64_t *at;
	const struct onnx_value *x, **list;
	struct onnx_value y, *parts;
	struct onnx_pick *picks;
	size_t axis, count, n, inner;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, NULL, &at, &count);
	if (rc == 0 && count != 1)
		return onnx_refuse(w, "its axis is no whole number");
	if (rc == 0)
		rc = onnx_axis(w, *at, x->rank, &axis);
	if (rc < 0)
		return rc;
	if (x->what == ONNX_ROWS && x->axis == axis)
		return onnx_refuse(w, "it goes over the batch (axis %zu)", axis);
	n = x->dims[axis];
	inner = onnx_product(x->dims, axis + 1, x->rank);
	rc = onnx_alloc(w, &parts, n, sizeof(*parts));
	if (rc == 0)
		rc = onnx_alloc(w, &list, n, sizeof(*list));
	if (rc == 0)
		rc = onnx_alloc(w, &picks, x->count, sizeof(*picks));
	if (rc == 0)
		rc = cumulate(w, parts, x, axis, onnx_int(w, "exclusive", 0) != 0,
			onnx_int(w, "reverse", 0) != 0);
	for (size_t i = 0; rc == 0 && i < n; i++)
		list[i] = &parts[i];
	for (size_t i = 0; rc == 0 && i < x->count; i++)
		picks[i] = (struct onnx_pick){
			(uint32_t)(i / inner % n), (uint32_t)(i / inner / n * inner + i % inner)};
	y = *x;
	if (rc == 0)
		rc = onnx_pick(w, &y, list, n, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define REDUCE(name, f)                                        \
	{                                                      \
		name, "", 1, 0, reduce, f, NULL, NULL, 0, 0, 0 \
	}
#define GROUP(name, first, last, f)                                  \
	{                                                            \
		name, "", first, last, group, f, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	REDUCE("ReduceL1", NN_REDUCE_SUM_ABS),
	REDUCE("ReduceL2", NN_REDUCE_NORM),
	REDUCE("ReduceLogSum", NN_REDUCE_LOG_SUM),
	REDUCE("ReduceLogSumExp", NN_REDUCE_LOG_SUM_EXP),
	REDUCE("ReduceMax", NN_REDUCE_MAX),
	REDUCE("ReduceMean", NN_REDUCE_MEAN),
	REDUCE("ReduceMin", NN_REDUCE_MIN),
	REDUCE("ReduceProd", NN_REDUCE_PRODUCT),
	REDUCE("ReduceSum", NN_REDUCE_SUM),
	REDUCE("ReduceSumSquare", NN_REDUCE_SUM_SQUARES),
	{.name = "ArgMax", .domain = "", .first = 1, .translate = arg, .f = NN_REDUCE_ARG_MAX},
	{.name = "ArgMin", .domain = "", .first = 1, .translate = arg, .f = NN_REDUCE_ARG_MIN},
	{.name = "TopK", .domain = "", .first = 1, .translate = top},
	{.name = "CumSum", .domain = "", .first = 11, .translate = cumulative_sum},
	GROUP("Hardmax", 1, 12, NN_GROUP_HARD_MAX),
	GROUP("Hardmax", 13, 0, NN_GROUP_HARD_MAX),
	GROUP("LogSoftmax", 1, 12, NN_GROUP_LOG_SOFTMAX),
	GROUP("LogSoftmax", 13, 0, NN_GROUP_LOG_SOFTMAX),
	GROUP("Softmax", 1, 12, NN_GROUP_SOFTMAX),
	GROUP("Softmax", 13, 0, NN_GROUP_SOFTMAX),
};

const struct onnx_operator_list onnx_reduce_operators = {rows, ARRAY_LEN(rows)};
