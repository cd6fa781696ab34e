/* What only shows when several files are seen together; all errors at once; examples. */
#include "tests/unit/config/folder.h"

#define REST "'sources': {'s': {'topic': 'p/{unit}'}}, 'features': [{'name': 'x', 'from': 's.x'}]}"

static void write_two(const char *first, const char *second)
{
	folder_write("defectd.json",
		"{'instance': 'gw', 'publish': 'defectd/gw', 'lines': ['a.json', 'b.json']}");
	folder_write("a.json", first);
	folder_write("b.json", second);
}

static void two_lines_need_two_names(void **state)
{
	(void)state;
	write_two("{'line': 'press-3', " REST, "{'line': 'press-3', " REST);
	assert_null(folder_load("b.json: /line: the line \"press-3\" stands in a.json already\n"));
	write_two("{'line': 'press-3', " REST, "{'line': 'press_3', " REST);
	assert_null(folder_load("b.json: /line: \"press_3\" falls together with \"press-3\" of "
				"a.json: in the database - is _\n"));
}

static void two_lines_need_two_roots(void **state)
{
	(void)state;
	write_two("{'line': 'a', 'publish': 'acme/x', " REST,
		"{'line': 'b', 'publish': 'acme/x', " REST);
	assert_null(folder_load("b.json: /publish: \"acme/x\" is the topic that \"a\" of a.json "
				"publishes under\n"));
	write_two("{'line': 'a', " REST, "{'line': 'b', 'publish': 'defectd/gw', " REST);
	assert_null(folder_load("b.json: /publish: \"defectd/gw\" is the topic that the gateway "
				"itself publishes under\n"));
}

static void warns_of_sources_that_take_our_own_topics(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	write_two("{'line': 'a', 'publish': 'acme/a', 'sources': {'s': {'topic': '+/{unit}/#'}},"
		  " 'features': [{'name': 'x', 'from': 's.x'}]}",
		"{'line': 'b', 'publish': 'acme/b', 'sources': {'s': {'topic': 'acme/b/{unit}'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}]}");
	c = folder_load("warning: a.json: /sources/s/topic: \"+/{unit}/#\" takes what is published "
			"under \"defectd/gw\" too; our own topics are never input\n"
			"warning: b.json: /sources/s/topic: \"acme/b/{unit}\" takes what is "
			"published under \"acme/b\" too; our own topics are never input\n");
	assert_int_equal(c->line_count, 2);
}

static void warns_of_sources_that_nothing_uses(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	write_two(
		"{'line': 'a', 'sources': {'s': {'topic': 'p/{unit}'}, 't': {'topic': 'q/{unit}'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}]}",
		"{'line': 'b', " REST);
	c = folder_load("warning: a.json: /sources/t: no feature, lot, station or label uses this "
			"source\n");
	assert_true(c->lines[0].plan.sources[0].opens);
	assert_false(c->lines[0].plan.sources[1].opens);
}

static void all_errors_of_all_files_come_at_once(void **state)
{
	(void)state;
	folder_write("defectd.json",
		"{'instance': 'gw', 'brokr': {}, 'broker': {'port': 0, 'keepalive': '1s'},"
		" 'lines': ['a.json', 'b.json', 'c.json', 'd.json']}");
	folder_write("a.json",
		"{'line': 'a', 'alarms': {}, 'unit': {'deadlin': '5s'},"
		" 'sources': {'s': {'topic': 'p/{unit}', 'qos': 3}, 't': {'topic': 'q/x'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}, {'name': 'y', 'from': 't.y'},"
		"  {'name': 'z', 'from': 'u.z'}, {'nam': 'w', 'from': 's.w', 'hold': '1s'}]}");
	folder_write("b.json", "{'line': 'a', 'decide': {'threshold': 2}, " REST);
	folder_write("c.json", "[]");
	assert_null(folder_load(
		"defectd.json: /brokr: unknown key, did you mean \"broker\"?\n"
		"defectd.json: /broker/port: is 0, allowed is a whole number, from 1 to 65535\n"
		"defectd.json: /broker/keepalive: is \"1s\", allowed is a duration in whole "
		"seconds "
		"such as \"90s\", from 5s to 65535s\n"
		"defectd.json: /lines/3: there is no file \"d.json\"\n"
		"a.json: /alarms: alarms are not part of this version yet; remove the key\n"
		"a.json: /sources/s/qos: is 3, allowed is a whole number, from 0 to 1\n"
		"a.json: /unit/deadlin: unknown key, did you mean \"deadline\"?\n"
		"a.json: /features/2/from: there is no source \"u\", allowed are s, t\n"
		"a.json: /features/3/nam: unknown key, did you mean \"name\"?\n"
		"a.json: /features/3: \"name\" is missing: what the value is called\n"
		"b.json: /decide/threshold: is 2, allowed is a number, from 0 to 1\n"
		"c.json: is an array, allowed is an object\n"
		"b.json: /line: the line \"a\" stands in a.json already\n"));
}

/* Broken texts of every length: an error each time, and never more than that. */
static void a_file_cut_anywhere_is_refused(void **state)
{
	static const char line[] = "{'line': 'b', 'lots': {'m': {'bind': 's.m'}}, " REST;
	char cut[sizeof(line)];

	(void)state;
	write_two("{'line': 'a', " REST, "");
	for (size_t len = 0; len < strlen(line); len++) {
		CLEANUP(config_report_deinit) struct config_report report = {0};
		struct config *c = NULL;

		memcpy(cut, line, len);
		cut[len] = '\0';
		folder_write("b.json", cut);
		assert_int_equal(config_load(&c, "defectd.json", &report), -22);
		assert_int_equal(report.errors, 1);
		assert_string_equal(report.problems[0].file, "b.json");
	}
}

static void the_examples_are_sound(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *c = NULL;
	CLEANUP(buf_deinit) struct buf text;
	char file[512];

	(void)state;
	assert_non_null(getenv("DEFECTD_SOURCE"));
	snprintf(file, sizeof(file), "%s/config/defectd.json", getenv("DEFECTD_SOURCE"));
	buf_init(&text);
	assert_int_equal(config_load(&c, file, &report), 0);
	config_report_text(&report, &text);
	assert_string_equal(buf_text(&text), "");
	assert_int_equal(c->line_count, 2);
	assert_non_null(config_find_line(c, "milling-1"));
	assert_non_null(config_find_line(c, "moulding-1"));
}

static void what_became_of_a_model_is_a_finding(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(buf_deinit) struct buf text;
	char name[] = "l", file[] = "l.json", model[] = "/m.onnx";
	struct line_config with = {.name = name, .file = file, .model = model};
	struct line_config without = {.name = name, .file = file};

	(void)state;
	buf_init(&text);
	config_report_model(&report, &with, "", false, "");
	config_report_model(&report, &without, "no_model", false, "no model is configured");
	assert_int_equal(report.count, 0);
	config_report_model(
		&report, &with, "no_model", false, "/m.onnx: No such file or directory");
	config_report_model(&report, &without, "model_misfit", false, "the line lacks \"x\"");
	config_report_model(&report, &with, "model_refused", true, "/c.onnx: is gone");
	assert_int_equal(report.errors, 3);
	config_report_text(&report, &text);
	assert_string_equal(buf_text(&text), "l.json: /model: /m.onnx: No such file or directory\n"
					     "l.json: /model: the line lacks \"x\"\n"
					     "l.json: /line: the champion in the registry: "
					     "/c.onnx: is gone\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(two_lines_need_two_names),
		IN_FOLDER(two_lines_need_two_roots),
		IN_FOLDER(warns_of_sources_that_take_our_own_topics),
		IN_FOLDER(warns_of_sources_that_nothing_uses),
		IN_FOLDER(all_errors_of_all_files_come_at_once),
		IN_FOLDER(a_file_cut_anywhere_is_refused),
		IN_FOLDER(the_examples_are_sound),
		IN_FOLDER(what_became_of_a_model_is_a_finding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
