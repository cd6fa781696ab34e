/* Lines out of texts that their files once had. */
#include "tests/unit/config/folder.h"

#include <errno.h>

#define GATEWAY                                                                  \
	"{'instance': 'gw', 'publish': 'defectd/gw', 'state_dir': '/var/lib/x'," \
	" 'broker': {'host': 'h', 'username': 'u', 'password_file': 'p'},"       \
	" 'lines': ['l.json'], 'limits': {'open_units': 7}, 'future_limit': '5s'}"
#define EARLIER                                                                                 \
	"{\"line\": \"press\", \"sources\": {\"s\": {\"topic\": \"q/{unit}\"}}, // a comment\n" \
	" \"features\": [{\"name\": \"y\", \"from\": \"s.y\"}]}\n"

static struct config *load(void)
{
	folder_write("p", "secret\n");
	folder_write("defectd.json", GATEWAY);
	folder_write("l.json", LEAST_LINE);
	return folder_load("");
}

static void the_gateways_part_is_todays(void **state)
{
	CLEANUP(config_free) struct config *today = load(), *earlier = NULL;

	(void)state;
	assert_int_equal(config_without_lines(&earlier, today), 0);
	assert_int_equal(earlier->line_count, 0);
	assert_string_equal(earlier->file, today->file);
	assert_string_equal(earlier->instance, "gw");
	assert_string_equal(earlier->publish, "defectd/gw");
	assert_string_equal(earlier->state_dir, "/var/lib/x");
	assert_string_equal(earlier->broker.host, "h");
	assert_string_equal(earlier->broker.username, "u");
	assert_string_equal(earlier->broker.password_file, today->broker.password_file);
	assert_ptr_not_equal(earlier->broker.host, today->broker.host);
	assert_int_equal(earlier->limits.open_units, 7);
	assert_int_equal(earlier->future_limit_ms, 5000);
}

static void a_line_is_as_its_file_would_have_it(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *today = load(), *earlier = NULL, *read = NULL;
	FILE *f = fopen("l.json", "w");

	(void)state;
	fputs(EARLIER, f);
	fclose(f);
	read = folder_load("");
	assert_int_equal(config_without_lines(&earlier, today), 0);
	assert_int_equal(config_add_line(earlier, "before", EARLIER, &report), 0);
	assert_int_equal(earlier->line_count, 1);
	assert_string_equal(earlier->lines[0].name, "press");
	assert_string_equal(earlier->lines[0].file, "before");
	assert_string_equal(earlier->lines[0].text, EARLIER);
	assert_string_equal(earlier->lines[0].sha256, read->lines[0].sha256);
	assert_string_equal(earlier->lines[0].publish, "defectd/gw/press");
	assert_int_equal(earlier->lines[0].plan.feature_count, 1);
	assert_string_equal(earlier->lines[0].plan.features[0].name, "y");
}

static void a_text_that_is_wrong_adds_nothing(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *today = load(), *earlier = NULL;

	(void)state;
	assert_int_equal(config_without_lines(&earlier, today), 0);
	assert_int_equal(config_add_line(earlier, "before", EARLIER, &report), 0);
	assert_int_equal(config_add_line(earlier, "that", "{\"line\": 1}", &report), -EINVAL);
	assert_int_equal(config_add_line(earlier, "that", "{", &report), -EINVAL);
	assert_int_equal(earlier->line_count, 1);
	assert_true(report.errors > 1);
	assert_string_equal(report.problems[0].file, "that");
	assert_int_equal(config_add_line(earlier, "before", EARLIER, &report), 0);
	assert_int_equal(earlier->line_count, 2);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_gateways_part_is_todays),
		IN_FOLDER(a_line_is_as_its_file_would_have_it),
		IN_FOLDER(a_text_that_is_wrong_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
