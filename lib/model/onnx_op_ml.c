/* ai.onnx.ml: what scikit-learn's pipelines are exported to. */
#include <math.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_matmul.h"
#include "lib/model/onnx_operators.h"

#define KEYS_MAX 256 /* of an encoder's table */

/* Operand 1 as a number; whole numbers stay what they are worth. */
static int want_number(struct onnx_work *w, struct onnx_value *out)
{
	const struct onnx_value *x;
	int rc = onnx_want(w, 0, &x);

	return rc < 0 ? rc : onnx_cast(w, out, x, ONNX_NUMBER);
}

/* An attribute's list of numbers as a constant in one axis; *count is 0 where there is none. */
static int list(struct onnx_work *w, const char *name, struct onnx_value *out, size_t *count)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, name);
	struct onnx_tensor *t;
	int rc;

	*count = a && (a->kind == ONNX_ATTRIBUTE_FLOATS || a->kind == ONNX_ATTRIBUTE_INTS)
			 ? a->count
			 : 0;
	if (*count == 0)
		return 0;
	onnx_shape(out, 1, count);
	rc = onnx_constant_new(w, out, &t);
	for (size_t i = 0; rc == 0 && i < *count; i++)
		onnx_constant_set(t, i,
			a->kind == ONNX_ATTRIBUTE_FLOATS ? (double)a->floats[i]
							 : (double)a->ints[i]);
	return rc;
}

static int check_length(struct onnx_work *w, const struct onnx_value *x, size_t count)
{
	size_t columns = x->rank ? x->dims[x->rank - 1] : 1;

	return count == 1 || count == columns
		       ? 0
		       : onnx_refuse(w, "%zu numbers for %zu columns", count, columns);
}

/* (x - offset) scale */
static int scaler(struct onnx_work *w)
{
	struct onnx_value y, numbers;
	size_t count;
	int rc = want_number(w, &y);

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		rc = list(w, i ? "scale" : "offset", &numbers, &count);
		if (rc < 0 || count == 0)
			continue;
		rc = check_length(w, &y, count);
		if (rc == 0)
			rc = onnx_pair(
				w, &y, &y, &numbers, i ? NN_PAIR_MULTIPLY : NN_PAIR_SUBTRACT);
	}
	if (rc == 0)
		rc = onnx_as_rows(w, &y, &y); /* doubles become floats here */
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* What is missing, NaN or a certain number, becomes a number of its column. */
static int imputer(struct onnx_work *w)
{
	const bool whole = onnx_attribute(w->node, "imputed_value_int64s") != NULL;
	const double missing = whole ? (double)onnx_int(w, "replaced_value_int64", 0)
				     : onnx_float(w, "replaced_value_float", 0);
	struct onnx_value y, is_missing, instead, number;
	size_t count;
	int rc = want_number(w, &y);

	if (rc == 0)
		rc = list(w, whole ? "imputed_value_int64s" : "imputed_value_floats", &instead,
			&count);
	if (rc == 0 && count == 0)
		return onnx_refuse(w, "it has no numbers to put in");
	if (rc == 0)
		rc = check_length(w, &y, count);
	if (rc == 0 && isnan(missing)) {
		rc = onnx_map(w, &is_missing, &y, NN_MAP_IS_NAN, 0, 0);
	} else if (rc == 0) {
		rc = onnx_number_value(w, &number, missing);
		if (rc == 0)
			rc = onnx_pair(w, &is_missing, &y, &number, NN_PAIR_EQUAL);
	}
	if (rc == 0)
		rc = onnx_select(w, &y, &is_missing, &instead, &y);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* Columns by their places, along the last axis. */
static int extractor(struct onnx_work *w)
{
	const struct onnx_value *x, *places;
	const struct onnx_tensor *t;
	struct onnx_value y;
	int64_t *list_of;
	size_t dim;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &places);
	if (rc < 0)
		return rc;
	if (places->what == ONNX_ROWS)
		return onnx_refuse(w, "it looks numbers up by the data, which cannot be run");
	if (x->rank == 0 || (x->what == ONNX_ROWS && x->axis == x->rank - 1))
		return onnx_refuse(w, "it takes rows of the batch");
	rc = onnx_want_constant(w, 1, &t);
	if (rc < 0)
		return rc;
	dim = x->dims[x->rank - 1];
	rc = onnx_alloc(w, &list_of, t->count, sizeof(*list_of));
	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		if (t->kind != ONNX_INT || t->ints[i] < 0 || t->ints[i] >= (int64_t)dim)
			return onnx_refuse(w, "place %g of %zu columns", onnx_number(t, i), dim);
		list_of[i] = t->ints[i];
	}
	if (rc == 0)
		rc = onnx_take(w, &y, x, x->rank - 1, list_of, t->count, NULL);
	if (rc == 0 && y.rank == 1) {
		const bool added[ONNX_RANK_MAX] = {true};

		rc = onnx_unsqueeze(w, &y, &y, added, 1);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* All operands' columns next to each other. */
static int vectorizer(struct onnx_work *w)
{
	const size_t n = w->node->input_count;
	struct onnx_value y, *parts;
	const struct onnx_value **values;
	struct onnx_pick *picks;
	size_t columns = 0;
	int rc = onnx_alloc(w, &parts, n, sizeof(*parts));

	if (rc == 0)
		rc = onnx_alloc(w, &values, n, sizeof(*values));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct onnx_value *x;

		rc = onnx_want(w, i, &x);
		if (rc == 0)
			rc = onnx_cast(w, &parts[i], x, ONNX_NUMBER);
		if (rc == 0 && (x->rank > 2 || x->rank == 0 || x->what != ONNX_ROWS ||
				       x->axis != 0 || x->dims[0] != 1))
			return onnx_refuse(w, "operand %zu is no matrix of rows", i + 1);
		values[i] = &parts[i];
		columns += rc == 0 ? x->count : 0;
	}
	if (rc == 0)
		rc = onnx_alloc(w, &picks, columns, sizeof(*picks));
	if (rc < 0)
		return rc;
	onnx_shape(&y, 2, (const size_t[]){1, columns});
	y.axis = 0;
	for (size_t i = 0, at = 0; i < n; i++)
		for (size_t j = 0; j < parts[i].count; j++)
			picks[at++] = (struct onnx_pick){(uint32_t)i, (uint32_t)j};
	rc = onnx_pick(w, &y, values, n, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int binarizer(struct onnx_work *w)
{
	struct onnx_value y, limit;
	int rc = want_number(w, &y);

	if (rc == 0)
		rc = onnx_number_value(w, &limit, onnx_float(w, "threshold", 0));
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &limit, NN_PAIR_GREATER);
	if (rc == 0)
		rc = onnx_cast(w, &y, &y, ONNX_NUMBER);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* A column per category, along a further axis. */
static int one_hot(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y, categories;
	bool added[ONNX_RANK_MAX] = {false};
	size_t count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = list(w, "cats_int64s", &categories, &count);
	if (rc < 0)
		return rc;
	if (count == 0)
		return onnx_refuse(w, "its categories are no whole numbers but text");
	if (x->rank == ONNX_RANK_MAX)
		return onnx_refuse(w, "a tensor with too many axes");
	rc = onnx_cast(w, &y, x, ONNX_INTEGER);
	added[x->rank] = true;
	if (rc == 0)
		rc = onnx_unsqueeze(w, &y, &y, added, 1);
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &categories, NN_PAIR_EQUAL);
	if (rc == 0)
		rc = onnx_cast(w, &y, &y, ONNX_NUMBER);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* A table of numbers: one choice after the other. */
static int label_encoder(struct onnx_work *w)
{
	const bool keys_whole = onnx_attribute(w->node, "keys_int64s") != NULL;
	const bool values_whole = onnx_attribute(w->node, "values_int64s") != NULL;
	const struct onnx_value *x;
	struct onnx_value y, keys, values;
	size_t count, value_count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = list(w, keys_whole ? "keys_int64s" : "keys_floats", &keys, &count);
	if (rc == 0)
		rc = list(
			w, values_whole ? "values_int64s" : "values_floats", &values, &value_count);
	if (rc == 0 && (count == 0 || count != value_count || count > KEYS_MAX))
		return onnx_refuse(w, "its table is no list of at most %u numbers", KEYS_MAX);
	if (rc == 0)
		rc = onnx_number_value(w, &y,
			values_whole ? (double)onnx_int(w, "default_int64", -1)
				     : onnx_float(w, "default_float", 0));
	for (size_t i = count; rc == 0 && i-- > 0;) {
		struct onnx_value key, value, is_key;
		double number = onnx_number(keys.tensors[0], i);

		rc = onnx_number_value(w, &key, number);
		if (rc == 0)
			rc = onnx_number_value(w, &value, onnx_number(values.tensors[0], i));
		if (rc == 0)
			rc = isnan(number) ? onnx_map(w, &is_key, x, NN_MAP_IS_NAN, 0, 0)
					   : onnx_pair(w, &is_key, x, &key, NN_PAIR_EQUAL);
		if (rc == 0)
			rc = onnx_select(w, &y, &is_key, &value, &y);
	}
	y.sort = values_whole ? ONNX_INTEGER : ONNX_NUMBER;
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- linear models ---- */

/* x times coefficients [targets][columns], plus intercepts. */
static int linear(struct onnx_work *w, size_t targets, struct onnx_value *y)
{
	struct onnx_value x, weights, bias;
	size_t count, bias_count;
	int rc = want_number(w, &x);

	if (rc == 0 && x.rank == 1 && x.axis == ONNX_NONE) {
		const bool added[ONNX_RANK_MAX] = {true};

		rc = onnx_unsqueeze(w, &x, &x, added, 1);
	}
	if (rc == 0 && x.rank != 2)
		return onnx_refuse(w, "a tensor with %zu axes, it takes a matrix", x.rank);
	if (rc == 0)
		rc = list(w, "coefficients", &weights, &count);
	if (rc == 0)
		rc = list(w, "intercepts", &bias, &bias_count);
	if (rc < 0)
		return rc;
	if (targets == 0 || count != targets * x.dims[1] || (bias_count && bias_count != targets))
		return onnx_refuse(w,
			"%zu coefficients and %zu intercepts for %zu results of %zu "
			"columns",
			count, bias_count, targets, x.dims[1]);
	weights.rank = 2;
	weights.dims[0] = targets;
	weights.dims[1] = x.dims[1];
	rc = onnx_transpose(w, &weights, &weights, (const size_t[]){1, 0});
	return rc < 0 ? rc : onnx_matmul(w, y, &x, &weights, 1, bias_count ? &bias : NULL);
}

static int transform(struct onnx_work *w, struct onnx_value *y)
{
	const char *how = onnx_string(w, "post_transform", "NONE");

	if (strcmp(how, "NONE") == 0)
		return 0;
	if (strcmp(how, "LOGISTIC") == 0)
		return onnx_map(w, y, y, NN_MAP_SIGMOID, 0, 0);
	if (strcmp(how, "SOFTMAX") == 0 && y->dims[y->rank - 1] > 1)
		return onnx_group(w, y, y, y->rank - 1, y->rank, NN_GROUP_SOFTMAX, 0);
	return onnx_refuse(w, "post_transform is NONE, LOGISTIC or (of several) SOFTMAX");
}

static int linear_regressor(struct onnx_work *w)
{
	struct onnx_value y;
	int64_t targets = onnx_int(w, "targets", 1);
	int rc = targets < 1 || targets > ONNX_WIDTH_MAX
			 ? onnx_refuse(w, "%lld targets", (long long)targets)
			 : linear(w, (size_t)targets, &y);

	/* the standard has others too, onnxruntime leaves them out */
	if (rc == 0 && strcmp(onnx_string(w, "post_transform", "NONE"), "NONE") != 0)
		rc = onnx_refuse(w, "post_transform of a regressor is NONE");
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* One result for two classes: [1 - p, p]. */
static int two_columns(struct onnx_work *w, struct onnx_value *y)
{
	const struct onnx_value *both[2];
	const struct onnx_pick picks[2] = {{0, 0}, {1, 0}};
	struct onnx_value one, other, out = *y;
	int rc = onnx_number_value(w, &one, 1);

	if (rc == 0)
		rc = onnx_pair(w, &other, &one, y, NN_PAIR_SUBTRACT);
	if (y->count != 1)
		return onnx_refuse(w, "one result for two classes of more than one row");
	both[0] = &other;
	both[1] = y;
	out.dims[out.rank - 1] = out.count = 2;
	if (rc == 0)
		rc = onnx_pick(w, &out, both, 2, picks);
	if (rc == 0)
		*y = out;
	return rc;
}

/* The label, which no row has room for, and the scores. */
static int linear_classifier(struct onnx_work *w)
{
	const struct onnx_attribute *bias = onnx_attribute(w->node, "intercepts"),
				    *ints = onnx_attribute(w->node, "classlabels_ints"),
				    *texts = onnx_attribute(w->node, "classlabels_strings");
	const size_t labels = texts && texts->count ? texts->count : ints ? ints->count : 0;
	struct onnx_value y;
	int rc;

	if (!bias || bias->count == 0)
		return onnx_refuse(w, "it has no intercepts");
	rc = linear(w, bias->count, &y);
	if (rc == 0)
		rc = transform(w, &y);
	if (rc == 0 && bias->count == 1 && labels == 2)
		rc = two_columns(w, &y);
	if (rc == 0)
		onnx_give(w, 1, &y);
	return rc;
}

#define ROW(name, fn)                                           \
	{                                                       \
		name, ONNX_ML, 1, 0, fn, 0, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("ArrayFeatureExtractor", extractor),
	ROW("Binarizer", binarizer),
	ROW("FeatureVectorizer", vectorizer),
	ROW("Imputer", imputer),
	ROW("LabelEncoder", label_encoder),
	ROW("LinearClassifier", linear_classifier),
	ROW("LinearRegressor", linear_regressor),
	ROW("OneHotEncoder", one_hot),
	ROW("Scaler", scaler),
};

const struct onnx_operator_list onnx_ml_operators = {rows, ARRAY_LEN(rows)};
