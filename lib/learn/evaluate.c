/* A table through a model. */
#include "lib/learn/evaluate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/columns.h"

static int score_rows(struct model_score *score, const struct model *m, const struct nn_kernels *k,
	const struct table *t, const size_t *column, struct value *values, struct err *err)
{
	CLEANUP(model_scratch_free) struct model_scratch *scratch = NULL;

	if (model_scratch_new(&scratch, m) != 0)
		return err_set(err, -ENOMEM, "no memory to score rows");
	for (size_t row = 0; row < t->rows; row++) {
		int rc = columns_take(values, m, t, column, row, err);

		if (rc < 0)
			return rc;
		model_score(m, k, scratch, values, &score[row]);
	}
	return 0;
}

int evaluate_scores(struct model_score *score, const struct model *m, const struct nn_kernels *k,
	const struct table *t, struct err *err)
{
	const size_t count = model_feature_count(m);
	size_t *column = calloc(count + 1, sizeof(column[0]));
	struct value *values = calloc(count + 1, sizeof(values[0]));
	int rc;

	if (column && values)
		rc = columns_find(column, m, t, err);
	else
		rc = err_set(err, -ENOMEM, "no memory to score rows");
	if (rc == 0)
		rc = score_rows(score, m, k, t, column, values, err);
	free(column);
	free(values);
	return rc;
}

static const char *text_at(const cJSON *tree, const char *pointer, struct arena *memory)
{
	struct value v;

	if (!json_value(json_at(tree, pointer), &v) || v.kind != VALUE_TEXT)
		return "";
	return arena_string(memory, v.text);
}

int evaluate_origin_of(struct evaluate_origin *out, const struct model *m, struct arena *memory)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char *text = model_training(m);
	struct evaluate_origin o = {"", "", ""};

	if (json_parse(&tree, text, strlen(text), 0, NULL) == 0) {
		o.label = text_at(tree, "/label", memory);
		o.positive = text_at(tree, "/positive", memory);
		o.unit = text_at(tree, "/unit", memory);
	}
	if (!o.label || !o.positive || !o.unit)
		return -ENOMEM;
	*out = o;
	return 0;
}

void evaluate_write_json(struct buf *out, const struct metrics *m)
{
	jsonw_real(out, "threshold", m->threshold);
	jsonw_real(out, "accuracy", m->accuracy);
	jsonw_real(out, "balanced_accuracy", m->balanced_accuracy);
	jsonw_real(out, "roc_auc", m->roc_auc);
	jsonw_real(out, "pr_auc", m->pr_auc);
	jsonw_real(out, "f1", m->f1);
	jsonw_real(out, "brier", m->brier);
	jsonw_real(out, "majority_accuracy", m->majority_accuracy);
	jsonw_key(out, "confusion");
	jsonw_begin(out);
	jsonw_int(out, "tp", (int64_t)m->tp);
	jsonw_int(out, "fp", (int64_t)m->fp);
	jsonw_int(out, "tn", (int64_t)m->tn);
	jsonw_int(out, "fn", (int64_t)m->fn);
	jsonw_end(out);
}
