#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_double.h"
#include "lib/model/onnx_ports.h"

/* ---- columns that the file leaves open ---- */

static const struct onnx_tensor *constant_at(
	const struct onnx_graph *g, const struct onnx_node *n, size_t operand)
{
	size_t value = operand < n->input_count ? n->inputs[operand] : ONNX_NONE;

	return value == ONNX_NONE ? NULL : g->constants[value];
}

static size_t list_length(const struct onnx_node *n, const char *name)
{
	const struct onnx_attribute *a = onnx_attribute(n, name);

	return a ? a->count : 0;
}

static bool is_one_of(const char *op, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(op, names[i]) == 0)
			return true;
	return false;
}

/* What a node that reads the columns as operand `at` says about their number; 0: nothing. */
static size_t told_by(const struct onnx_graph *g, const struct onnx_node *n, size_t at)
{
	const struct onnx_tensor *t = constant_at(g, n, at == 0 ? 1 : 0);
	const struct onnx_attribute *turned = onnx_attribute(n, "transB"),
				    *bias = onnx_attribute(n, "intercepts");
	size_t length;

	if (strcmp(n->op, "Gemm") == 0 || strcmp(n->op, "FusedGemm") == 0)
		return t && t->rank == 2 && at == 0 ? t->dims[turned && turned->i ? 1 : 0] : 0;
	if (strcmp(n->op, "MatMul") == 0)
		return t && t->rank >= 1 && at == 0 ? t->dims[t->rank == 1 ? 0 : t->rank - 2] : 0;
	if (strcmp(n->op, "BatchNormalization") == 0)
		return t && t->rank == 1 ? t->dims[0] : 0;
	if (strncmp(n->op, "Linear", 6) == 0 && bias && bias->count)
		return list_length(n, "coefficients") / bias->count;
	length = list_length(n, "offset") > 1 ? list_length(n, "offset") : list_length(n, "scale");
	if (length <= 1)
		length = list_length(n, "imputed_value_floats");
	if (length <= 1)
		length = list_length(n, "imputed_value_int64s");
	if (length > 1)
		return length;
	return t && t->rank > 0 && t->dims[t->rank - 1] > 1 ? t->dims[t->rank - 1] : 0;
}

/* Operators that leave a row's columns where they are. */
static const char *const keeping[] = {"Identity", "Cast", "Dropout", "Add", "Sub", "Mul", "Div",
	"Max", "Min", "Pow", "Clip", "Abs", "Neg", "Exp", "Log", "Sqrt", "Sign", "Relu", "Tanh",
	"Sigmoid", "Where", "IsNaN", "Not", "Scaler", "Imputer", "Normalizer", "BatchNormalization",
	"LayerNormalization"};

size_t onnx_guess_width(const struct onnx_graph *g, const struct onnx_port *port)
{
	/* values with the same columns: few, found from the front to the back */
	size_t same[64] = {port->value}, count = 1;

	for (size_t i = 0; i < g->node_count; i++) {
		const struct onnx_node *n = &g->nodes[i];

		for (size_t at = 0; at < n->input_count; at++) {
			bool reads = false;
			size_t width;

			for (size_t j = 0; j < count; j++)
				reads = reads || n->inputs[at] == same[j];
			if (!reads)
				continue;
			if (!is_one_of(n->op, keeping, ARRAY_LEN(keeping)) &&
				!is_one_of(n->op,
					(const char *const[]){"Gemm", "FusedGemm", "MatMul",
						"LinearClassifier", "LinearRegressor"},
					5))
				continue;
			width = told_by(g, n, at);
			if (width)
				return width;
			if (is_one_of(n->op, keeping, ARRAY_LEN(keeping)) && n->output_count &&
				n->outputs[0] != ONNX_NONE && count < ARRAY_LEN(same))
				same[count++] = n->outputs[0];
		}
	}
	return 0;
}

/* ---- the batch ---- */

/* The first dim is the batch, open or fixed; a single row may come without one. */
static int check_batch(struct onnx_work *w, bool *is_open)
{
	const struct onnx_graph *g = w->graph;
	char name[ONNX_TEXT];

	*is_open = false;
	for (size_t i = 0; i < g->input_count; i++)
		*is_open = *is_open || !g->inputs[i].has_shape ||
			   (g->inputs[i].rank && g->inputs[i].dims[0] <= 0);
	w->batch = 0;
	for (size_t i = 0; i < g->input_count; i++) {
		const struct onnx_port *p = &g->inputs[i];
		size_t batch;

		onnx_show(name, p->name);
		if (p->has_shape && (p->rank == 0 || (*is_open && p->dims[0] > 0)))
			return err_set(w->err, -EINVAL,
				"input \"%s\" has no batch, as a constant whose numbers were left "
				"out (Keras 3 does so with its Normalization): export the model so "
				"that they are in the file",
				name);
		if (*is_open)
			continue;
		batch = p->rank == 1 ? 1 : (size_t)p->dims[0];
		if (w->batch && w->batch != batch)
			return err_set(w->err, -EINVAL,
				"input \"%s\" is for %zu rows, one before it for %zu", name, batch,
				w->batch);
		w->batch = batch;
	}
	return 0;
}

/* ---- laying out ---- */

static int shape_of(struct onnx_work *w, const struct onnx_port *p, struct onnx_value *v)
{
	char name[ONNX_TEXT];
	size_t dims[ONNX_RANK_MAX] = {1, 0}, rank = p->has_shape ? p->rank : 2;

	onnx_show(name, p->name);
	if (!p->is_tensor)
		return err_set(w->err, -EINVAL, "input \"%s\" is no tensor", name);
	if (p->declared == ONNX_TYPE_STRING)
		return err_set(w->err, -EINVAL,
			"input \"%s\" is text: rows hold numbers alone, so text must become "
			"numbers before the model",
			name);
	for (size_t i = rank == 1 && w->batch == 1 ? 0 : 1; i < rank; i++) {
		int64_t dim = p->has_shape ? p->dims[i] : -1;

		if (dim <= 0 && i == rank - 1)
			dim = (int64_t)onnx_guess_width(w->graph, p);
		if (dim <= 0)
			return err_set(w->err, -EINVAL,
				"input \"%s\" leaves open how many columns it has, and nothing in "
				"the graph says it",
				name);
		if (dim > ONNX_WIDTH_MAX)
			return err_set(w->err, -EINVAL,
				"input \"%s\" has a dim of %lld, allowed are %u", name,
				(long long)dim, ONNX_WIDTH_MAX);
		dims[i] = (size_t)dim;
	}
	for (size_t i = 0, columns = 1; i < rank; i++) {
		columns *= dims[i];
		if (columns > ONNX_WIDTH_MAX)
			return err_set(w->err, -EINVAL, "input \"%s\" has more than %u columns",
				name, ONNX_WIDTH_MAX);
	}
	onnx_shape(v, rank, dims);
	v->what = ONNX_ROWS;
	v->sort = p->declared ? onnx_sort_of(p->declared) : ONNX_NUMBER;
	v->axis = rank == 1 && w->batch == 1 ? ONNX_NONE : 0;
	return 0;
}

/* Input i begins at column `first` of the row. */
static int copy_columns(struct onnx_work *w, struct onnx_value *v, size_t first)
{
	struct nn_step s = {.kind = NN_COPY, .width = v->count};
	struct nn_column *columns;
	int rc;

	if (v->count == w->inputs)
		return 0; /* the row itself */
	rc = onnx_alloc(w, &columns, v->count, sizeof(*columns));
	for (size_t i = 0; rc == 0 && i < v->count; i++)
		columns[i] = (struct nn_column){0, (uint32_t)(first + i)};
	s.copy.columns = columns;
	return rc < 0 ? rc : onnx_step(w, &s, &v->source);
}

int onnx_lay_inputs(struct onnx_work *w, size_t *widths)
{
	const struct onnx_graph *g = w->graph;
	bool is_open;
	int rc = check_batch(w, &is_open);

	if (rc == 0 && g->input_count == 0)
		return err_set(w->err, -EINVAL, "the graph has no inputs");
	w->inputs = 0;
	for (size_t i = 0; rc == 0 && i < g->input_count; i++) {
		struct onnx_value *v = &w->values[g->inputs[i].value];

		rc = shape_of(w, &g->inputs[i], v);
		widths[i] = v->count;
		w->inputs += v->count;
	}
	if (rc == 0 && w->inputs > ONNX_WIDTH_MAX)
		return err_set(w->err, -EINVAL, "the inputs have %zu columns, allowed are %u",
			w->inputs, ONNX_WIDTH_MAX);
	for (size_t i = 0, first = 0; rc == 0 && i < g->input_count; first += widths[i++]) {
		struct onnx_value *v = &w->values[g->inputs[i].value];

		rc = copy_columns(w, v, first);
		if (rc == 0 && onnx_double_is_meant(g->inputs[i].declared))
			rc = onnx_double_begin(w, v, false);
	}
	return rc;
}
