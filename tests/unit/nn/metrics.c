/* Metrics against values computed by hand. */
#include "lib/nn/metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEAR 1e-12

static void assert_near(double got, double want)
{
	if (!(fabs(got - want) <= NEAR))
		fail_msg("got %.15g, by hand it is %.15g", got, want);
}

static void counts_and_ranks_with_ties(void **state)
{
	/* Falling: .9+ .8- | .6++- | .3- | .1+- : 4 positives, 4 negatives. */
	const double p[8] = {.6, .1, .9, .3, .6, .8, .1, .6};
	const uint8_t y[8] = {1, 1, 1, 0, 0, 0, 0, 1};
	struct metrics m;

	(void)state;
	assert_int_equal(metrics_compute(&m, 8, p, y, .6), 0);
	assert_int_equal(m.rows, 8);
	assert_int_equal(m.positives, 4);
	assert_int_equal(m.tp, 3);
	assert_int_equal(m.fp, 2);
	assert_int_equal(m.tn, 2);
	assert_int_equal(m.fn, 1);
	assert_near(m.accuracy, 5 / 8.0);
	assert_near(m.balanced_accuracy, (3 / 4.0 + 2 / 4.0) / 2);
	assert_near(m.f1, 6 / 9.0);
	assert_near(m.majority_accuracy, 0.5);
	assert_near(m.brier, (.16 + .81 + .01 + .09 + .36 + .64 + .01 + .16) / 8);
	/* Pairs in the right order: .9 beats 4; each .6 beats .3 and .1 and ties with .6; .1 ties
	 * with .1. */
	assert_near(m.roc_auc, (4 + 2 * 2.5 + 0.5) / 16);
	/* Recall 1/4 at precision 1/1, then 3/4 at 3/5, then 4/4 at 4/8. */
	assert_near(m.pr_auc, 0.25 * 1 + 0.5 * (3 / 5.0) + 0.25 * (4 / 8.0));
}

static void perfect_and_reversed_order(void **state)
{
	const double p[4] = {.1, .2, .8, .9};
	const uint8_t y[4] = {0, 0, 1, 1}, reversed[4] = {1, 1, 0, 0};
	struct metrics m;

	(void)state;
	assert_int_equal(metrics_compute(&m, 4, p, y, .5), 0);
	assert_near(m.roc_auc, 1);
	assert_near(m.pr_auc, 1);
	assert_near(m.f1, 1);
	assert_int_equal(metrics_compute(&m, 4, p, reversed, .5), 0);
	assert_near(m.roc_auc, 0);
	assert_near(m.pr_auc, 0.5 * (1 / 3.0) + 0.5 * (2 / 4.0));
	assert_near(m.f1, 0);
	assert_near(m.accuracy, 0);
}

static void one_score_for_all_says_nothing(void **state)
{
	const double p[5] = {.5, .5, .5, .5, .5};
	const uint8_t y[5] = {0, 1, 0, 0, 1};
	struct metrics m;

	(void)state;
	assert_int_equal(metrics_compute(&m, 5, p, y, .5), 0);
	assert_near(m.roc_auc, 0.5);
	assert_near(m.pr_auc, 2 / 5.0);
	assert_near(m.majority_accuracy, 3 / 5.0);
	assert_near(m.brier, .25);
}

static void a_missing_class_has_the_stated_values(void **state)
{
	const double p[2] = {.2, .7};
	const uint8_t none[2] = {0, 0}, all[2] = {1, 1};
	struct metrics m;

	(void)state;
	assert_int_equal(metrics_compute(&m, 2, p, none, .5), 0);
	assert_near(m.roc_auc, 0.5);
	assert_near(m.pr_auc, 0);
	assert_near(m.f1, 0);
	assert_near(m.balanced_accuracy, 0.5);
	assert_int_equal(metrics_compute(&m, 2, p, all, .5), 0);
	assert_near(m.roc_auc, 0.5);
	assert_near(m.pr_auc, 1);
	assert_near(m.majority_accuracy, 1);
	assert_int_equal(metrics_compute(&m, 0, NULL, NULL, .5), 0);
	assert_near(m.roc_auc, 0.5);
	assert_near(m.accuracy, 0);
	assert_near(m.brier, 0);
}

static double best(size_t n, const double *p, const uint8_t *y)
{
	double threshold = -1;

	assert_int_equal(metrics_best_threshold(&threshold, n, p, y), 0);
	return threshold;
}

static void the_best_threshold_lies_midway(void **state)
{
	/* F1: down to .9 2/4, .8 2/5, .6 6/7, .3 6/8, .1 6/9. */
	const double p[6] = {.9, .8, .6, .6, .3, .1};
	const uint8_t y[6] = {1, 0, 1, 1, 0, 0};

	(void)state;
	assert_near(best(6, p, y), .45);
}

static void equally_good_thresholds_give_the_highest(void **state)
{
	/* F1: down to .9 2/3, .5 2/4, .4 2/5, .2 4/6: the first and the last are equal. */
	const double p[4] = {.9, .5, .4, .2};
	const uint8_t y[4] = {1, 0, 0, 1};

	(void)state;
	assert_near(best(4, p, y), .7);
}

static void the_edges_of_the_best_threshold(void **state)
{
	const double p[2] = {.4, .4}, close[2] = {nextafter(.5, 1), .5};
	const uint8_t none[2] = {0, 0}, both[2] = {1, 1}, first[2] = {1, 0};

	(void)state;
	assert_near(best(2, p, none), .5);
	assert_near(best(2, p, both), .2);
	assert_near(best(0, NULL, NULL), .5);
	/* Neighbouring numbers: still only the upper one is called positive. */
	assert_true(best(2, close, first) == close[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_and_ranks_with_ties),
		cmocka_unit_test(perfect_and_reversed_order),
		cmocka_unit_test(one_score_for_all_says_nothing),
		cmocka_unit_test(a_missing_class_has_the_stated_values),
		cmocka_unit_test(the_best_threshold_lies_midway),
		cmocka_unit_test(equally_good_thresholds_give_the_highest),
		cmocka_unit_test(the_edges_of_the_best_threshold),
	};

	return cmocka_run_group_tests_name("nn_metrics", tests, NULL, NULL);
}
