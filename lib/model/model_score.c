/* From values of raw features to the probability of a defect. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/model/model_inside.h"

#define ROUNDING 1e-6 /* how far beyond 0..1 a probability may come out */
#define WHOLE 1e-3    /* how far from 1 the classes may add up to: half precision, many of them */

int model_scratch_new(struct model_scratch **out, const struct model *m)
{
	CLEANUP(model_scratch_free) struct model_scratch *s = calloc(1, sizeof(*s));
	size_t inputs = nn_program_inputs(m->program), outputs = nn_program_outputs(m->program);

	if (!s)
		return -ENOMEM;
	s->x = calloc(inputs, sizeof(*s->x));
	s->y = calloc(outputs, sizeof(*s->y));
	s->p = calloc(outputs, sizeof(*s->p));
	s->known = calloc(m->encoder.feature_count + 1, sizeof(*s->known));
	if (!s->x || !s->y || !s->p || !s->known || nn_scratch_new(&s->network, m->program, 1) < 0)
		return -ENOMEM;
	*out = TAKE(s);
	return 0;
}

void model_scratch_free(struct model_scratch *s)
{
	if (!s)
		return;
	nn_scratch_free(s->network);
	free(s->x);
	free(s->y);
	free(s->p);
	free(s->known);
	free(s);
}

static void find_new_category(const struct model *m, const struct model_scratch *s,
	const struct value *values, struct model_score *out)
{
	for (size_t i = 0; i < m->encoder.feature_count; i++)
		if (m->encoder.features[i].is_text && values[i].kind == VALUE_TEXT &&
			!s->known[i]) {
			out->new_category = true;
			out->new_category_feature = m->encoder.features[i].name;
			return;
		}
}

/* exp of what is at most 0, so that nothing overflows. */
static void softmax(double *p, const float *y, size_t n)
{
	double most = (double)y[0], sum = 0;

	for (size_t i = 1; i < n; i++)
		most = (double)y[i] > most ? (double)y[i] : most;
	for (size_t i = 0; i < n; i++)
		sum += p[i] = exp((double)y[i] - most);
	for (size_t i = 0; i < n; i++)
		p[i] /= sum;
}

/* The graph's output as probabilities. False: there are none. */
static bool find_probabilities(const struct model *m, struct model_scratch *s)
{
	size_t n = nn_program_outputs(m->program);

	for (size_t i = 0; i < n; i++)
		if (!isfinite(s->y[i]))
			return false;
	if (m->has_logits && n == 1)
		s->p[0] = 1 / (1 + exp(-(double)s->y[0]));
	else if (m->has_logits)
		softmax(s->p, s->y, n);
	else
		for (size_t i = 0; i < n; i++)
			s->p[i] = (double)s->y[i];
	return true;
}

static double into_range(double p)
{
	if (p < -ROUNDING || p > 1 + ROUNDING)
		return NAN;
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* The sum over the defects, and the most probable class of either side. */
static double over_classes(const struct model *m, const double *p, struct model_score *out)
{
	const struct metadata_classes *c = &m->classes;
	double sum[2] = {0, 0};
	size_t best[2] = {SIZE_MAX, SIZE_MAX};

	for (size_t i = 0; i < c->count; i++) {
		bool side = c->is_defect[i];

		sum[side] += p[i];
		if (best[side] == SIZE_MAX || p[i] > p[best[side]])
			best[side] = i;
	}
	if (fabs(sum[0] + sum[1] - 1) > WHOLE)
		return NAN;
	out->good_class = c->names[best[0]];
	out->defect_class = c->names[best[1]];
	return sum[1] > 1 ? 1 : sum[1];
}

void model_score(const struct model *m, const struct nn_kernels *k, struct model_scratch *s,
	const struct value *values, struct model_score *out)
{
	size_t outputs = nn_program_outputs(m->program);

	*out = (struct model_score){.p_defect = NAN, .good_class = "", .defect_class = ""};
	encoder_run(&m->encoder, values, s->x, s->known);
	nn_run_row_double(m->program, k, s->network, s->x, s->y);
	find_new_category(m, s, values, out);
	if (!find_probabilities(m, s))
		return;
	if (m->classes.count)
		out->p_defect = into_range(over_classes(m, s->p, out));
	else
		out->p_defect = into_range(s->p[outputs - 1]);
}

void model_encode(const struct model *m, const struct value *values, double *inputs)
{
	encoder_run(&m->encoder, values, inputs, NULL);
}
