/* Verdicts: limits, the unsure band, new categories, what raises an alert. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lib/base/macros.h"
#include "lib/decide/verdict.h"

static void is_a_defect_from_the_threshold_on(void **state)
{
	struct decide_policy p;

	(void)state;
	decide_policy_defaults(&p);
	assert_int_equal(decide_verdict(&p, 0.65, 0.65, false), VERDICT_DEFECT);
	assert_int_equal(decide_verdict(&p, nextafter(0.65, 0), 0.65, false), VERDICT_PASS);
	assert_int_equal(decide_verdict(&p, 1.0, 0.65, false), VERDICT_DEFECT);
	assert_int_equal(decide_verdict(&p, 0.0, 0.65, false), VERDICT_PASS);
}

static void is_unsure_on_both_sides_nearer_than_the_band(void **state)
{
	struct decide_policy p;

	(void)state;
	decide_policy_defaults(&p);
	p.unsure = 0.125;
	assert_int_equal(decide_verdict(&p, 0.5, 0.5, false), VERDICT_UNSURE);
	assert_int_equal(decide_verdict(&p, 0.6249, 0.5, false), VERDICT_UNSURE);
	assert_int_equal(decide_verdict(&p, 0.3751, 0.5, false), VERDICT_UNSURE);
	assert_int_equal(decide_verdict(&p, 0.625, 0.5, false), VERDICT_DEFECT);
	assert_int_equal(decide_verdict(&p, 0.375, 0.5, false), VERDICT_PASS);
}

static void is_unsure_when_a_category_is_new_whatever_the_probability(void **state)
{
	struct decide_policy p;

	(void)state;
	decide_policy_defaults(&p);
	assert_int_equal(decide_verdict(&p, 0.99, 0.5, true), VERDICT_UNSURE);
	assert_int_equal(decide_verdict(&p, 0.01, 0.5, true), VERDICT_UNSURE);
}

static void alerts_on_defects_alone_unless_told(void **state)
{
	struct decide_policy p;

	(void)state;
	decide_policy_defaults(&p);
	assert_true(decide_alerts(&p, VERDICT_DEFECT));
	assert_false(decide_alerts(&p, VERDICT_PASS));
	assert_false(decide_alerts(&p, VERDICT_UNSURE));
	assert_false(decide_alerts(&p, VERDICT_NOT_SCORED));
	p.alert_on = 1u << VERDICT_NOT_SCORED | 1u << VERDICT_UNSURE;
	assert_false(decide_alerts(&p, VERDICT_DEFECT));
	assert_true(decide_alerts(&p, VERDICT_UNSURE));
	assert_true(decide_alerts(&p, VERDICT_NOT_SCORED));
}

static void has_the_defaults_of_a_line_without_a_decide_section(void **state)
{
	struct decide_policy p;

	(void)state;
	memset(&p, 0xff, sizeof(p));
	decide_policy_defaults(&p);
	assert_false(p.has_threshold);
	assert_float_equal(p.unsure, 0, 0);
	assert_int_equal(p.max_imputed, -1);
	assert_int_equal(p.prediction_qos, 0);
}

static void names_verdicts_and_severities_as_the_messages_do(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *name, *severity;
	} rows[] = {
		{VERDICT_PASS, "pass", "low"},
		{VERDICT_DEFECT, "defect", "high"},
		{VERDICT_UNSURE, "unsure", "low"},
		{VERDICT_NOT_SCORED, "not_scored", "medium"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum verdict back = VERDICT_PASS;

		assert_int_equal(rows[i].verdict, i);
		assert_string_equal(verdict_name(rows[i].verdict), rows[i].name);
		assert_string_equal(
			severity_name(decide_severity(rows[i].verdict)), rows[i].severity);
		assert_true(verdict_from_name(rows[i].name, &back));
		assert_int_equal(back, rows[i].verdict);
	}
	assert_false(verdict_from_name("Pass", &(enum verdict){0}));
	assert_string_equal(severity_name(SEVERITY_CRITICAL), "critical");
}

static void does_not_score_what_is_no_number(void **state)
{
	struct decide_policy policy;

	(void)state;
	decide_policy_defaults(&policy);
	assert_int_equal(decide_verdict(&policy, NAN, 0.5, false), VERDICT_NOT_SCORED);
	assert_int_equal(decide_verdict(&policy, NAN, 0.5, true), VERDICT_NOT_SCORED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_a_defect_from_the_threshold_on),
		cmocka_unit_test(is_unsure_on_both_sides_nearer_than_the_band),
		cmocka_unit_test(is_unsure_when_a_category_is_new_whatever_the_probability),
		cmocka_unit_test(does_not_score_what_is_no_number),
		cmocka_unit_test(alerts_on_defects_alone_unless_told),
		cmocka_unit_test(has_the_defaults_of_a_line_without_a_decide_section),
		cmocka_unit_test(names_verdicts_and_severities_as_the_messages_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
