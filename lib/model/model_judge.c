/* Can a model score units? */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/model_inside.h"
#include "lib/model/onnx_graph.h"

#define ROUNDING 1e-6

int model_check_usable(const struct model *m, struct err *err)
{
	return m->unusable ? err_set(err, -EINVAL, "%s", m->unusable) : 0;
}

static int judge(struct model *m, const char *why, struct err *err)
{
	m->unusable = why;
	return why ? 0 : err_set(err, -ENOMEM, "no memory for the model");
}

/* The columns that are taken for probabilities: with classes all of them, else the last. */
static int judge_bounds(struct model *m, struct err *err)
{
	char name[ONNX_TEXT];
	size_t outputs = nn_program_outputs(m->program);
	size_t first = m->classes.count ? 0 : outputs - 1;
	double *low = arena_zalloc(m->memory, outputs, sizeof(*low));
	double *high = arena_zalloc(m->memory, outputs, sizeof(*high));

	if (!low || !high || nn_program_bounds(m->program, low, high) < 0)
		return err_set(err, -ENOMEM, "no memory for the model");
	for (size_t i = first; i < outputs; i++) {
		if (low[i] >= -ROUNDING && high[i] <= 1 + ROUNDING)
			continue;
		return judge(m,
			arena_printf(m->memory,
				"the graph's output \"%s\" is not shown to lie in 0 to 1, so it is "
				"no "
				"probability; if it is the logits, import the model with --logits",
				onnx_show(name, m->about.output.name)),
			err);
	}
	return 0;
}

/* A column per class may also be a probability each, independent of the others. Tried out with
 * nothing known of a unit. */
static int judge_classes(struct model *m, const struct nn_kernels *k, struct err *err)
{
	char name[ONNX_TEXT];
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	struct value *values = calloc(m->encoder.feature_count + 1, sizeof(*values));
	struct model_score score;

	if (!values || model_scratch_new(&s, m) < 0) {
		free(values);
		return err_set(err, -ENOMEM, "no memory for the model");
	}
	model_score(m, k, s, values, &score);
	free(values);
	if (!isnan(score.p_defect))
		return 0;
	return judge(m,
		arena_printf(m->memory,
			"the %zu columns of the graph's output \"%s\" are no probabilities of "
			"classes: they do not add up to 1",
			m->classes.count, onnx_show(name, m->about.output.name)),
		err);
}

int model_judge(struct model *m, const struct nn_kernels *k, struct err *err)
{
	char name[ONNX_TEXT];
	size_t outputs = nn_program_outputs(m->program);
	int rc;

	if (m->unusable)
		return 0; /* metadata that does not hold */
	if (!m->has_inputs)
		return judge(m,
			"the file has no metadata \"defectd.inputs\", which says how raw features "
			"become inputs; \"defectctl model import\" attaches it",
			err);
	if (isnan(m->threshold))
		return judge(m,
			"the file has no metadata \"defectd.threshold\", a number from 0 to 1; "
			"\"defectctl model import\" attaches it",
			err);
	if (outputs > 2 && !m->classes.count)
		return judge(m,
			arena_printf(m->memory,
				"the graph's output \"%s\" has %zu columns and the file no "
				"metadata "
				"\"defectd.classes\", so which are defects is not known; "
				"import it with --classes and --defect-classes",
				onnx_show(name, m->about.output.name), outputs),
			err);
	rc = m->has_logits ? 0 : judge_bounds(m, err);
	if (rc == 0 && !m->unusable && m->classes.count)
		rc = judge_classes(m, k, err);
	return rc;
}
