/* Predictions and alerts: keys, their order, types, texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/engine/publish.h"

#define SHA "3f9c000000000000000000000000000000000000000000000000000000000000"

static const struct unit_row defect = {
	.line = "press-3",
	.unit = "U7",
	.started_ms = 1795340349000,
	.scored_ms = 1795340350041,
	.seq = 9,
	.verdict = "defect",
	.verdict_n = 1,
	.p_defect = 0.9312,
	.class_name = "",
	.threshold = 0.65,
	.model = SHA,
	.reason = "",
	.imputed_count = 2,
	.imputed = "[\"a\",\"b\"]",
};

static void has_every_key_of_a_prediction_in_order(void **state)
{
	CLEANUP(buf_deinit) struct buf out;

	(void)state;
	buf_init(&out);
	publish_prediction(&out, &defect, 147);
	assert_string_equal(buf_text(&out),
		"{\"v\":1,\"line\":\"press-3\",\"unit\":\"U7\",\"started_ms\":1795340349000,"
		"\"seq\":9,\"p_defect\":0.9312,\"verdict\":\"defect\",\"verdict_n\":1,"
		"\"threshold\":0.65,\"class\":\"\",\"imputed\":2,\"reason\":\"\","
		"\"model\":\"" SHA "\",\"latency_us\":147,"
		"\"ts\":\"2026-11-22T09:39:10.041Z\",\"ts_ms\":1795340350041}");
}

static void has_every_key_of_an_alert_in_order(void **state)
{
	CLEANUP(buf_deinit) struct buf out;

	(void)state;
	buf_init(&out);
	publish_alert(&out, &defect, 147);
	assert_string_equal(buf_text(&out),
		"{\"v\":1,\"line\":\"press-3\",\"unit\":\"U7\",\"started_ms\":1795340349000,"
		"\"seq\":9,\"p_defect\":0.9312,\"verdict\":\"defect\",\"verdict_n\":1,"
		"\"threshold\":0.65,\"class\":\"\",\"imputed\":2,\"reason\":\"\","
		"\"model\":\"" SHA "\",\"latency_us\":147,"
		"\"ts\":\"2026-11-22T09:39:10.041Z\",\"ts_ms\":1795340350041,"
		"\"alert_id\":\"42692b9a93f5094c\",\"severity\":\"high\",\"severity_n\":2,"
		"\"text\":\"unit U7 is likely defective (p 0.93, limit 0.65)\","
		"\"reason_1\":\"\",\"reason_1_share\":0.0,\"reason_2\":\"\","
		"\"reason_2_share\":0.0,\"reason_3\":\"\",\"reason_3_share\":0.0}");
}

static void writes_whole_reals_with_a_point_and_no_negative_latency(void **state)
{
	struct unit_row row = defect;
	CLEANUP(buf_deinit) struct buf out;

	(void)state;
	buf_init(&out);
	row.p_defect = -1;
	row.threshold = 1;
	publish_prediction(&out, &row, -1);
	assert_non_null(strstr(buf_text(&out), "\"p_defect\":-1.0,"));
	assert_non_null(strstr(buf_text(&out), "\"threshold\":1.0,"));
	assert_non_null(strstr(buf_text(&out), "\"latency_us\":0,"));
}

/* The alert's text and severity for a verdict. */
static void expect_text(
	int verdict, const char *reason, double p, const char *severity, const char *text)
{
	struct unit_row row = defect;
	CLEANUP(buf_deinit) struct buf out;
	CLEANUP(json_free) cJSON *tree = NULL;

	buf_init(&out);
	row.verdict_n = verdict;
	row.reason = reason;
	row.p_defect = p;
	publish_alert(&out, &row, 0);
	assert_int_equal(json_parse(&tree, out.data, out.len, 0, NULL), 0);
	assert_string_equal(json_at(tree, "/text")->valuestring, text);
	assert_string_equal(json_at(tree, "/severity")->valuestring, severity);
}

static void says_in_a_sentence_what_happened(void **state)
{
	(void)state;
	expect_text(0, "", 0.004, "low", "unit U7 passed (p 0.00, limit 0.65)");
	expect_text(1, "", 1.0, "high", "unit U7 is likely defective (p 1.00, limit 0.65)");
	expect_text(1, "", 0.29, "high", "unit U7 is likely defective (p 0.29, limit 0.65)");
	expect_text(2, "new category \"Z\" of type", 0.2, "low",
		"unit U7 is unsure, new category \"Z\" of type (p 0.20, limit 0.65)");
	expect_text(3, "missing torque: not_sent", -1, "medium",
		"unit U7 was not scored: missing torque: not_sent");
}

static void stays_json_when_a_reason_is_cut(void **state)
{
	char reason[3000];

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(reason); i += 3)
		memcpy(reason + i, "\u20ac", 4);

	struct unit_row row = defect;
	CLEANUP(buf_deinit) struct buf out;
	CLEANUP(json_free) cJSON *tree = NULL;

	buf_init(&out);
	row.verdict_n = 3;
	row.reason = reason;
	publish_alert(&out, &row, 0);
	assert_int_equal(json_parse(&tree, out.data, out.len, 0, NULL), 0);
}

static void identifies_an_alert_by_line_unit_and_start(void **state)
{
	char a[ALERT_ID_HEX], b[ALERT_ID_HEX];

	(void)state;
	alert_id(a, "press-3", "U7", 1795340349000);
	assert_string_equal(a, "42692b9a93f5094c"); /* sha256sum of the three lines */
	alert_id(b, "press-3", "U7", 1795340349001);
	assert_string_not_equal(a, b);
	alert_id(b, "press-3", "U8", 1795340349000);
	assert_string_not_equal(a, b);
	alert_id(b, "press-4", "U7", 1795340349000);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_every_key_of_a_prediction_in_order),
		cmocka_unit_test(has_every_key_of_an_alert_in_order),
		cmocka_unit_test(writes_whole_reals_with_a_point_and_no_negative_latency),
		cmocka_unit_test(says_in_a_sentence_what_happened),
		cmocka_unit_test(stays_json_when_a_reason_is_cut),
		cmocka_unit_test(identifies_an_alert_by_line_unit_and_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
