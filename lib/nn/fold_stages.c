/* Column-wise numbers: what two steps of them do as one. */
#include <math.h>

#include "lib/nn/fold_list.h"

const struct fold_stage fold_nothing = {0, 1, 1, -0.0f, -INFINITY, INFINITY};

struct fold_stage fold_stage_of(const struct nn_step *s, size_t column)
{
	struct fold_stage stage = fold_nothing;

	stage.minus = s->columns.minus ? s->columns.minus[column] : stage.minus;
	stage.over = s->columns.over ? s->columns.over[column] : stage.over;
	stage.times = s->columns.times ? s->columns.times[column] : stage.times;
	stage.plus = s->columns.plus ? s->columns.plus[column] : stage.plus;
	stage.low = s->columns.low ? s->columns.low[column] : stage.low;
	stage.high = s->columns.high ? s->columns.high[column] : stage.high;
	return stage;
}

/* The operations of a stage in their order; `at` is the last that is taken. */
enum place { NOWHERE, MINUS, OVER, TIMES, PLUS, LIMITS };

struct joining {
	struct fold_stage stage;
	enum place at;
};

/* x + d is x - (-d): an addition fits in two places. */
static bool add(struct joining *j, float d)
{
	if (d == 0)
		return true;
	if (j->at < MINUS) {
		j->stage.minus = -d;
		j->at = MINUS;
	} else if (j->at < PLUS) {
		j->stage.plus = d;
		j->at = PLUS;
	} else {
		return false;
	}
	return true;
}

static bool divide(struct joining *j, float divisor)
{
	if (divisor == 1)
		return true;
	if (j->at >= OVER)
		return false;
	j->stage.over = divisor;
	j->at = OVER;
	return true;
}

static bool multiply(struct joining *j, float factor)
{
	if (factor == 1)
		return true;
	if (j->at >= TIMES)
		return false;
	j->stage.times = factor;
	j->at = TIMES;
	return true;
}

static float limited(struct fold_stage s, float x)
{
	const float y = x < s.low ? s.low : x;

	return y > s.high ? s.high : y;
}

bool fold_has_limits(struct fold_stage s)
{
	return s.low != -INFINITY || s.high != INFINITY;
}

/* Limits within limits are limits: where the outermost values go. */
static bool limit(struct joining *j, struct fold_stage s)
{
	if (!fold_has_limits(s))
		return true;
	j->stage.low = limited(s, j->stage.low);
	j->stage.high = limited(s, j->stage.high);
	j->at = LIMITS;
	return true;
}

static bool take(struct joining *j, struct fold_stage s)
{
	return add(j, -s.minus) && divide(j, s.over) && multiply(j, s.times) && add(j, s.plus) &&
	       limit(j, s);
}

bool fold_join(struct fold_stage first, struct fold_stage second, struct fold_stage *out)
{
	struct joining j = {fold_nothing, NOWHERE};

	if (!take(&j, first) || !take(&j, second))
		return false;
	*out = j.stage;
	return true;
}

/* One of the numbers, of all stages; NULL when it is `nothing` in all. */
static const float *gather(
	struct fold *f, size_t n, const struct fold_stage *stages, size_t offset, float nothing)
{
	float *v = NULL;

	for (size_t i = 0; i < n; i++) {
		const float number = *(const float *)((const char *)&stages[i] + offset);

		if (number == nothing)
			continue;
		if (!v) {
			v = fold_alloc(f, n, sizeof(*v));
			if (!v)
				return NULL;
			for (size_t k = 0; k < n; k++)
				v[k] = nothing;
		}
		v[i] = number;
	}
	return v;
}

#define GATHER(member) \
	gather(f, n, stages, offsetof(struct fold_stage, member), fold_nothing.member)

static bool is_relu(const struct nn_step *s)
{
	if (s->columns.minus || s->columns.over || s->columns.times || s->columns.plus ||
		s->columns.high || !s->columns.low)
		return false;
	for (size_t i = 0; i < s->width; i++)
		if (s->columns.low[i] != 0)
			return false;
	return true;
}

size_t fold_put_stages(struct fold *f, size_t from, size_t n, const struct fold_stage *stages)
{
	struct nn_step s = {
		.kind = NN_COLUMNS,
		.width = n,
		.from = {from},
		.columns = {GATHER(minus), GATHER(over), GATHER(times), GATHER(plus), GATHER(low),
			GATHER(high)},
	};

	if (!s.columns.minus && !s.columns.over && !s.columns.times && !s.columns.plus &&
		!s.columns.low && !s.columns.high)
		return from;
	if (is_relu(&s))
		s = (struct nn_step){
			.kind = NN_MAP, .width = n, .from = {from}, .map = {.f = NN_MAP_RELU}};
	return fold_append(f, &s);
}
