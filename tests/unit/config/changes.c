/* What a configuration changes of the one in force. */
#include "tests/unit/config/folder.h"

#include "lib/config/changes.h"

#define LINE(name, more)                                                             \
	"{'line': '" name "', 'sources': {'a': {'topic': '" name "/{unit}'}}, " more \
	"'features': [{'name': 'x', 'from': 'a.x'}]}"

static struct config *load(const char *gateway)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *c = NULL;

	folder_write("defectd.json", gateway);
	if (config_load(&c, "defectd.json", &report) < 0)
		fail_msg("%s", config_first_error(&report));
	return c;
}

static void compare(struct config_changes *out, const struct config *now, const char *gateway)
{
	CLEANUP(config_free) struct config *next = load(gateway);

	config_compare(out, now, next);
}

#define BASE "'instance': 'gw', 'state_dir': 'state', 'lines': ['l*.json']"

static void the_same_changes_nothing(void **state)
{
	CLEANUP(config_free) struct config *now = NULL;
	struct config_changes c;

	(void)state;
	folder_write("l1.json", LINE("l1", ""));
	now = load("{" BASE "}");
	compare(&c, now, "{ // said otherwise\n 'broker': {'port': 1883}, " BASE "}");
	assert_false(c.any);
	assert_string_equal(c.text, "");
	assert_string_equal(c.refused, "");
}

static void every_change_is_named(void **state)
{
	CLEANUP(config_free) struct config *now = NULL;
	struct config_changes c;

	(void)state;
	folder_write("l1.json", LINE("l1", ""));
	folder_write("l2.json", LINE("l2", ""));
	now = load("{" BASE "}");
	folder_write("l1.json", LINE("l1", "'decide': {'threshold': 0.5}, "));
	folder_write("l2.json", LINE("l3", ""));
	compare(&c, now,
		"{'broker': {'keepalive': '20s'}, 'store': {'keep': {'pass': '1d'}},"
		" 'limits': {'lots': 5}, 'future_limit': '1s', " BASE "}");
	assert_true(c.any);
	assert_true(c.broker);
	assert_string_equal(c.text, "line \"l1\", line \"l3\" is new, line \"l2\" is gone, broker, "
				    "store, limits, future_limit");
	assert_string_equal(c.refused, "");
}

static void each_setting_of_the_broker_is_one(void **state)
{
	static const char *const settings[] = {"'host': 'localhost'", "'port': 1884",
		"'username': 'u'", "'username': 'u', 'password_file': 'p'", "'tls': {}",
		"'protocol': '3.1.1'", "'keepalive': '31s'", "'receive_maximum': 10"};
	CLEANUP(config_free) struct config *now = NULL;

	(void)state;
	folder_write("l1.json", LINE("l1", ""));
	now = load("{" BASE "}");
	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		struct config_changes c;
		char text[300];

		snprintf(text, sizeof(text), "{'broker': {%s}, " BASE "}", settings[i]);
		compare(&c, now, text);
		if (!c.broker || strcmp(c.text, "broker") != 0)
			fail_msg("%s: \"%s\"", settings[i], c.text);
	}
}

static void what_needs_a_restart_is_refused_by_name(void **state)
{
	CLEANUP(config_free) struct config *now = NULL;
	struct config_changes c;

	(void)state;
	folder_write("l1.json", LINE("l1", ""));
	now = load("{" BASE "}");
	compare(&c, now, "{'instance': 'other', 'state_dir': '/elsewhere', 'lines': ['l*.json']}");
	assert_non_null(strstr(c.refused,
		"\"instance\" is \"other\", in force is \"gw\"; \"publish\" is "
		"\"defectd/other\", in force is \"defectd/gw\"; \"state_dir\" is \"/elsewhere\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(the_same_changes_nothing),
		IN_FOLDER(every_change_is_named),
		IN_FOLDER(each_setting_of_the_broker_is_one),
		IN_FOLDER(what_needs_a_restart_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
