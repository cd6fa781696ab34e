/* Metrics of two classes: one pass over the scores in descending order, ties taken together. */
#include "lib/nn/metrics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct scored {
	double p;
	uint8_t y;
};

static int by_falling_score(const void *a, const void *b)
{
	const double pa = ((const struct scored *)a)->p, pb = ((const struct scored *)b)->p;

	return (pa < pb) - (pa > pb);
}

/* Sorted copy; the caller frees. NULL without memory. */
static struct scored *sorted(size_t n, const double *p, const uint8_t *y)
{
	struct scored *s = calloc(n ? n : 1, sizeof(*s));

	if (!s)
		return NULL;
	for (size_t i = 0; i < n; i++)
		s[i] = (struct scored){p[i], y[i]};
	qsort(s, n, sizeof(*s), by_falling_score);
	return s;
}

/* The rows of the next distinct score, from *i on: *i moves behind them. */
static void next_group(
	const struct scored *s, size_t n, size_t *i, size_t *positives, size_t *negatives)
{
	const double p = s[*i].p;

	*positives = *negatives = 0;
	do
		++*(s[*i].y ? positives : negatives);
	while (++*i < n && s[*i].p == p);
}

static void rank(struct metrics *m, const struct scored *s)
{
	const size_t negatives = m->rows - m->positives;
	double u = 0, precisions = 0; /* U statistic: pairs in the right order, ties half */
	size_t tp = 0, fp = 0, pos, neg;

	for (size_t i = 0; i < m->rows;) {
		next_group(s, m->rows, &i, &pos, &neg);
		u += (double)neg * ((double)tp + (double)pos / 2);
		tp += pos;
		fp += neg;
		precisions += (double)pos * (double)tp / (double)(tp + fp);
	}
	m->roc_auc =
		m->positives && negatives ? u / ((double)m->positives * (double)negatives) : 0.5;
	m->pr_auc = m->positives ? precisions / (double)m->positives : 0;
}

static double ratio(size_t part, size_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static double f1(size_t tp, size_t fp, size_t fn)
{
	return ratio(2 * tp, 2 * tp + fp + fn);
}

int metrics_compute(
	struct metrics *out, size_t n, const double *p, const uint8_t *y, double threshold)
{
	struct metrics m = {.rows = n, .threshold = threshold};
	struct scored *s = sorted(n, p, y);
	double squares = 0;
	size_t negatives;

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const double miss = p[i] - (y[i] ? 1 : 0);

		squares += miss * miss;
		if (y[i])
			++*(p[i] >= threshold ? &m.tp : &m.fn);
		else
			++*(p[i] >= threshold ? &m.fp : &m.tn);
	}
	m.positives = m.tp + m.fn;
	negatives = n - m.positives;
	m.accuracy = ratio(m.tp + m.tn, n);
	/* With one class missing, the recall of the other is all there is. */
	if (m.positives && negatives)
		m.balanced_accuracy = (ratio(m.tp, m.positives) + ratio(m.tn, negatives)) / 2;
	else
		m.balanced_accuracy = m.accuracy;
	m.f1 = f1(m.tp, m.fp, m.fn);
	m.brier = n ? squares / (double)n : 0;
	m.majority_accuracy = ratio(m.positives > negatives ? m.positives : negatives, n);
	rank(&m, s);
	free(s);
	*out = m;
	return 0;
}

int metrics_best_threshold(double *out, size_t n, const double *p, const uint8_t *y)
{
	struct scored *s = sorted(n, p, y);
	double best = 0, threshold = 0.5;
	size_t positives = 0, tp = 0, fp = 0, pos, neg;

	if (!s)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		positives += s[i].y != 0;
	for (size_t i = 0; i < n && positives;) {
		const double lowest = s[i].p;
		double next, middle;

		next_group(s, n, &i, &pos, &neg);
		tp += pos;
		fp += neg;
		if (f1(tp, fp, positives - tp) <= best)
			continue;
		best = f1(tp, fp, positives - tp);
		next = i < n ? s[i].p : 0;
		middle = next + (lowest - next) / 2;
		/* Between neighbouring numbers there is no middle. */
		threshold = middle > next ? middle : lowest;
	}
	free(s);
	*out = threshold;
	return 0;
}
