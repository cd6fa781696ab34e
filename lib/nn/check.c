/* Whether steps make a program at all: what they read was made before, widths fit, numbers that
 * must be finite are, and nothing is larger than allowed. */
#include "lib/nn/check.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/nn/names.h"

struct check {
	size_t inputs;
	const struct nn_step *steps;
	size_t at; /* the step looked at */
	size_t columns, weights;
	struct err *err;
};

#define REFUSE(c, fmt, ...)                                        \
	err_set((c)->err, -EINVAL, "step %zu (%s): " fmt, (c)->at, \
		nn_kind_name((c)->steps[(c)->at].kind), __VA_ARGS__)

static size_t width_of(const struct check *c, size_t value)
{
	return value == 0 ? c->inputs : c->steps[value - 1].width;
}

static int check_finite(const struct check *c, const char *what, size_t n, const float *v)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return REFUSE(c, "%s %zu is %s, not a finite number", what, i,
				isnan(v[i]) ? "NaN" : "infinite");
	return 0;
}

size_t nn_operand_count(enum nn_step_kind kind)
{
	switch (kind) {
	case NN_CONSTANT:
	case NN_COPY:
	case NN_LOW:
		return 0;
	case NN_PAIR:
		return 2;
	case NN_SELECT:
		return 3;
	default:
		return 1;
	}
}

static int check_operands(const struct check *c, const struct nn_step *s)
{
	for (size_t i = 0; i < nn_operand_count(s->kind); i++)
		if (s->from[i] > c->at)
			return REFUSE(c, "reads value %zu, which is not made yet", s->from[i]);
	return 0;
}

static int check_affine(struct check *c, const struct nn_step *s)
{
	const size_t weights = s->width * width_of(c, s->from[0]);
	int r;

	c->weights += weights;
	if (c->weights > NN_WEIGHTS_MAX)
		return REFUSE(c, "%zu weights together with those before, allowed are %u",
			c->weights, NN_WEIGHTS_MAX);
	if ((unsigned)s->affine.activation > NN_SIGMOID)
		return REFUSE(c, "there is no activation %d", (int)s->affine.activation);
	r = check_finite(c, "weight", weights, s->affine.weights);
	return r < 0 ? r : check_finite(c, "bias", s->width, s->affine.bias);
}

/* Limits may be infinite: such a column has none. */
static int check_limits(const struct check *c, const char *what, size_t n, const float *v)
{
	for (size_t i = 0; v && i < n; i++)
		if (isnan(v[i]))
			return REFUSE(c, "%s %zu is NaN", what, i);
	return 0;
}

static int check_columns(const struct check *c, const struct nn_step *s)
{
	const float *const numbers[] = {
		s->columns.minus, s->columns.over, s->columns.times, s->columns.plus};
	static const char *const names[] = {"subtrahend", "divisor", "factor", "summand"};
	int r = 0;

	if (s->width != width_of(c, s->from[0]))
		return REFUSE(
			c, "%zu columns of a value with %zu", s->width, width_of(c, s->from[0]));
	for (size_t i = 0; i < ARRAY_LEN(numbers) && r == 0; i++)
		if (numbers[i])
			r = check_finite(c, names[i], s->width, numbers[i]);
	for (size_t i = 0; s->columns.over && i < s->width && r == 0; i++)
		if (s->columns.over[i] == 0)
			r = REFUSE(c, "divisor %zu is 0", i);
	if (r == 0)
		r = check_limits(c, "lower limit", s->width, s->columns.low);
	return r < 0 ? r : check_limits(c, "upper limit", s->width, s->columns.high);
}

/* Operands are as wide as what they make, or a single column. */
static int check_pairing(const struct check *c, const struct nn_step *s)
{
	const size_t count = nn_operand_count(s->kind);
	bool is_met = false;

	for (size_t i = 0; i < count; i++) {
		const size_t width = width_of(c, s->from[i]);

		is_met = is_met || width == s->width;
		if (width != s->width && width != 1)
			return REFUSE(c, "operand %zu has %zu columns, allowed are 1 and %zu", i,
				width, s->width);
	}
	if (!is_met)
		return REFUSE(c, "makes %zu columns of operands with one", s->width);
	return 0;
}

/* A bias or factor that stands in a step of its own is a weight as any other: never NaN, and finite
 * where it meets a matrix. (Elsewhere -inf is legitimate: it masks columns.) */
static int check_constants(const struct check *c, const struct nn_step *s)
{
	if (s->pair > NN_PAIR_DIVIDE)
		return 0;
	for (size_t i = 0; i < 2; i++) {
		const size_t constant = s->from[i], other = s->from[1 - i];
		const struct nn_step *made = constant > 0 ? &c->steps[constant - 1] : NULL;
		const bool meets_matrix = other > 0 && c->steps[other - 1].kind == NN_AFFINE;

		for (size_t k = 0; made && made->kind == NN_CONSTANT && k < made->width; k++)
			if (isnan(made->constant.values[k]) ||
				(meets_matrix && !isfinite(made->constant.values[k])))
				return REFUSE(c, "constant %zu is %s, not a finite number", k,
					isnan(made->constant.values[k]) ? "NaN" : "infinite");
	}
	return 0;
}

static int check_groups(const struct check *c, const struct nn_step *s, struct nn_groups g)
{
	const size_t width = width_of(c, s->from[0]);
	const size_t makes = s->kind == NN_GROUP ? width : g.outer * g.inner;

	if (g.outer == 0 || g.size == 0 || g.inner == 0 || g.outer > width || g.size > width ||
		g.inner > width || g.outer * g.size > width || g.outer * g.size * g.inner != width)
		return REFUSE(c, "groups of %zu x %zu x %zu in a value with %zu columns", g.outer,
			g.size, g.inner, width);
	if (s->width != makes)
		return REFUSE(c, "makes %zu columns, its groups give %zu", s->width, makes);
	return 0;
}

static int check_copy(const struct check *c, const struct nn_step *s)
{
	for (size_t i = 0; i < s->width; i++) {
		const struct nn_column from = s->copy.columns[i];

		if (from.value > c->at)
			return REFUSE(c, "reads value %u, which is not made yet", from.value);
		if (from.column >= width_of(c, from.value))
			return REFUSE(c, "reads column %u of value %u, which has %zu", from.column,
				from.value, width_of(c, from.value));
	}
	return 0;
}

static int check_function(const struct check *c, unsigned f, unsigned count)
{
	return f < count ? 0 : REFUSE(c, "there is no function %u", f);
}

static int check_kind(struct check *c, const struct nn_step *s)
{
	int r;

	switch (s->kind) {
	case NN_CONSTANT:
		return 0;
	case NN_AFFINE:
		return check_affine(c, s);
	case NN_COLUMNS:
		return check_columns(c, s);
	case NN_MAP:
		if (s->width != width_of(c, s->from[0]))
			return REFUSE(c, "%zu columns of a value with %zu", s->width,
				width_of(c, s->from[0]));
		return check_function(c, s->map.f, NN_MAP_COUNT);
	case NN_PAIR:
		r = check_function(c, s->pair, NN_PAIR_COUNT);
		if (r == 0)
			r = check_pairing(c, s);
		return r < 0 ? r : check_constants(c, s);
	case NN_SELECT:
		return check_pairing(c, s);
	case NN_REDUCE:
		r = check_function(c, s->reduce.f, NN_REDUCE_COUNT);
		return r < 0 ? r : check_groups(c, s, s->reduce.groups);
	case NN_GROUP:
		r = check_function(c, s->group.f, NN_GROUP_COUNT);
		return r < 0 ? r : check_groups(c, s, s->group.groups);
	case NN_COPY:
		return check_copy(c, s);
	case NN_LOW:
		return s->width == c->inputs
			       ? 0
			       : REFUSE(c, "%zu columns of %zu inputs", s->width, c->inputs);
	}
	return REFUSE(c, "there is no step of kind %d", (int)s->kind);
}

static int check_step(struct check *c)
{
	const struct nn_step *s = &c->steps[c->at];
	int r;

	if (s->width == 0 || s->width > NN_WIDTH_MAX)
		return REFUSE(c, "makes %zu columns, allowed are 1 to %u", s->width, NN_WIDTH_MAX);
	c->columns += s->width;
	if (c->columns > NN_COLUMNS_MAX)
		return REFUSE(c, "%zu columns together with those before, allowed are %u",
			c->columns, NN_COLUMNS_MAX);
	r = check_operands(c, s);
	return r < 0 ? r : check_kind(c, s);
}

int nn_steps_check(
	size_t inputs, const struct nn_step *steps, size_t count, size_t result, struct err *err)
{
	struct check c = {.inputs = inputs, .steps = steps, .columns = inputs, .err = err};
	int r = 0;

	if (inputs == 0 || inputs > NN_WIDTH_MAX)
		return err_set(err, -EINVAL, "a program of %zu inputs, allowed are 1 to %u", inputs,
			NN_WIDTH_MAX);
	if (count > NN_STEPS_MAX)
		return err_set(err, -EINVAL, "a program of %zu steps, allowed are %u", count,
			NN_STEPS_MAX);
	for (; c.at < count && r == 0; c.at++)
		r = check_step(&c);
	if (r == 0 && result > count)
		return err_set(err, -EINVAL, "the result is value %zu of a program with %zu steps",
			result, count);
	return r;
}
