/* The figures of a model as a table for people. */
#include "tools/figures.h"

#include "lib/base/macros.h"

void figures_print(FILE *f, const char *title, const struct metrics *m)
{
	const double defects = m->rows == 0 ? 0 : (double)m->positives / (double)m->rows;
	const double is_defect = defects > 0.5; /* what the baseline says of every row */
	const struct {
		const char *name;
		double model, baseline;
	} rows[] = {
		{"accuracy", m->accuracy, m->majority_accuracy},
		{"balanced accuracy", m->balanced_accuracy, 0.5},
		{"ROC AUC", m->roc_auc, 0.5},
		{"PR AUC", m->pr_auc, defects},
		{"F1", m->f1, is_defect * 2 * defects / (1 + defects)},
		{"Brier", m->brier, 1 - m->majority_accuracy},
	};

	fprintf(f, "%-20s %8s %16s\n", title, "model", "majority class");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		fprintf(f, "  %-18s %8.4f %16.4f\n", rows[i].name, rows[i].model, rows[i].baseline);
	fprintf(f, "  %-18s %8.4f\n\n", "threshold", m->threshold);
	fprintf(f, "%-20s %8s %16s\n", "", "alert", "no alert");
	fprintf(f, "  %-18s %8zu %16zu\n", "defects", m->tp, m->fn);
	fprintf(f, "  %-18s %8zu %16zu\n", "good", m->fp, m->tn);
}
