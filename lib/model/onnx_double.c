#include "lib/model/onnx_double.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"

struct numbers {
	double *scale, *shift;
};

static int numbers_new(struct onnx_work *w, struct numbers *n, size_t count)
{
	int rc = onnx_alloc(w, &n->scale, count, sizeof(double));

	return rc < 0 ? rc : onnx_alloc(w, &n->shift, count, sizeof(double));
}

int onnx_double_begin(struct onnx_work *w, struct onnx_value *v, bool is_float)
{
	struct numbers n;
	int rc = numbers_new(w, &n, v->count);

	for (size_t i = 0; rc == 0 && i < v->count; i++)
		n.scale[i] = 1;
	if (rc == 0) {
		v->scale = n.scale;
		v->shift = n.shift;
		v->is_float = is_float;
	}
	return rc;
}

bool onnx_double_is_meant(int declared)
{
	return declared == ONNX_TYPE_DOUBLE || declared == ONNX_TYPE_INT32 ||
	       declared == ONNX_TYPE_INT64 || declared == ONNX_TYPE_UINT32 ||
	       declared == ONNX_TYPE_UINT64;
}

static const char *const taking[] = {"Add", "Sub", "Mul", "Div", "Neg", "Identity", "Reshape",
	"Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Split", "Gather", "Concat"};

bool onnx_double_is_taken(const struct onnx_work *w)
{
	const struct onnx_node *n = w->node;

	if (strcmp(n->op, "ArrayFeatureExtractor") == 0 || strcmp(n->op, "Scaler") == 0)
		return true;
	if (n->domain[0])
		return false;
	if (strcmp(n->op, "Cast") == 0)
		return onnx_int(w, "to", ONNX_TYPE_FLOAT) == ONNX_TYPE_DOUBLE;
	for (size_t i = 0; i < ARRAY_LEN(taking); i++)
		if (strcmp(n->op, taking[i]) == 0)
			return true;
	return false;
}

/* ---- arithmetic ---- */

/* As float32 neither lost nor infinite. */
static bool holds(double v)
{
	return v == 0 || (fabs(v) >= (double)FLT_MIN && fabs(v) <= (double)FLT_MAX);
}

static void compute(double *scale, double *shift, double c, bool is_first, enum nn_pair f)
{
	switch (f) {
	case NN_PAIR_ADD:
		*shift += c;
		break;
	case NN_PAIR_SUBTRACT:
		*scale = is_first ? -*scale : *scale;
		*shift = is_first ? c - *shift : *shift - c;
		break;
	case NN_PAIR_MULTIPLY:
		*scale *= c;
		*shift *= c;
		break;
	default: /* divide */
		*scale /= c;
		*shift /= c;
	}
}

int onnx_double_pair(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *c, bool is_first, enum nn_pair f, bool *fits)
{
	const struct onnx_tensor *t = onnx_tensor_of(w, c);
	struct onnx_value v = *x;
	struct numbers n;
	int rc = numbers_new(w, &n, x->count);

	if (rc < 0)
		return rc;
	*fits = true;
	for (size_t i = 0; i < x->count; i++) {
		n.scale[i] = x->scale[i];
		n.shift[i] = x->shift[i];
		compute(&n.scale[i], &n.shift[i], onnx_number(t, i), is_first, f);
		*fits = *fits && holds(n.scale[i]) && fabs(n.shift[i]) <= (double)FLT_MAX;
	}
	v.scale = n.scale;
	v.shift = n.shift;
	if (*fits)
		*out = v;
	return 0;
}

/* ---- rounding ---- */

/* (high - minus + (low - low_minus)) * times + plus */
struct rounding {
	float *minus, *low_minus, *times, *plus;
	bool subtracts, subtracts_low, scales;
};

static int plan(struct onnx_work *w, struct rounding *r, const struct onnx_value *x)
{
	float **const lists[] = {&r->minus, &r->low_minus, &r->times, &r->plus};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(lists); i++)
		rc = onnx_alloc(w, lists[i], x->count, sizeof(float));
	for (size_t i = 0; rc == 0 && i < x->count; i++) {
		const double scale = x->scale[i], shift = x->shift[i], from = -shift / scale;

		r->times[i] = (float)scale;
		if (shift != 0 && scale != 0 && fabs(from) <= (double)FLT_MAX) {
			r->minus[i] = (float)from;
			r->low_minus[i] = (float)(from - (double)r->minus[i]);
			r->subtracts = true;
			r->subtracts_low = r->subtracts_low || r->low_minus[i] != 0;
		} else {
			r->plus[i] = (float)shift;
		}
		r->scales = r->scales || r->times[i] != 1 || r->plus[i] != 0;
	}
	return rc;
}

/* The low part of the columns of `source`, which are the input's. */
static int low_of(struct onnx_work *w, size_t source, size_t *out)
{
	struct nn_step low = {.kind = NN_LOW, .width = w->inputs},
		       copy = {.kind = NN_COPY, .width = onnx_width(w, source)};
	struct nn_column *columns;
	int rc = w->low ? 0 : onnx_step(w, &low, &w->low);

	*out = w->low;
	if (rc < 0 || source == 0)
		return rc;
	rc = onnx_alloc(w, &columns, copy.width, sizeof(*columns));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < copy.width; i++) {
		columns[i] = w->steps[source - 1].copy.columns[i];
		columns[i].value = (uint32_t)w->low;
	}
	copy.copy.columns = columns;
	return onnx_step(w, &copy, out);
}

/* What is float32 itself: the constant's high part, then its low one. */
static int subtract_from_float(struct onnx_work *w, const struct rounding *r, size_t *source)
{
	struct nn_step high = {.kind = NN_COLUMNS, .width = onnx_width(w, *source)}, low = high;
	int rc;

	high.from[0] = *source;
	high.columns.minus = r->minus;
	low.columns.minus = r->low_minus;
	rc = onnx_step(w, &high, source);
	low.from[0] = *source;
	return rc < 0 || !r->subtracts_low ? rc : onnx_step(w, &low, source);
}

static int subtract(struct onnx_work *w, const struct rounding *r, size_t *source)
{
	const size_t width = onnx_width(w, *source);
	struct nn_step high = {.kind = NN_COLUMNS, .width = width, .from = {*source}},
		       low = {.kind = NN_COLUMNS, .width = width},
		       sum = {.kind = NN_PAIR, .width = width, .pair = NN_PAIR_ADD};
	int rc = low_of(w, *source, &low.from[0]);

	high.columns.minus = r->minus;
	low.columns.minus = r->low_minus;
	if (rc == 0)
		rc = onnx_step(w, &high, &sum.from[0]);
	if (rc == 0)
		rc = onnx_step(w, &low, &sum.from[1]);
	return rc < 0 ? rc : onnx_step(w, &sum, source);
}

int onnx_double_round(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x)
{
	struct nn_step s = {.kind = NN_COLUMNS, .width = x->count};
	struct rounding r = {0};
	struct onnx_value v = *x;
	int rc;

	if (!x->scale) {
		*out = v;
		return 0;
	}
	v.scale = v.shift = NULL;
	rc = plan(w, &r, x);
	if (rc == 0 && r.subtracts)
		rc = x->is_float ? subtract_from_float(w, &r, &v.source)
				 : subtract(w, &r, &v.source);
	s.from[0] = v.source;
	s.columns.times = r.times;
	s.columns.plus = r.plus;
	if (rc == 0 && r.scales)
		rc = onnx_step(w, &s, &v.source);
	if (rc == 0)
		*out = v;
	return rc;
}
