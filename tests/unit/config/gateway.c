/* defectd.json: what it gives and what is refused. */
#include "tests/unit/config/folder.h"

static void write_gateway(const char *text)
{
	folder_write("defectd.json", text);
	folder_write("l.json", LEAST_LINE);
}

static void assert_path(const char *path, const char *name)
{
	char full[256], here[200];

	assert_non_null(getcwd(here, sizeof(here)));
	snprintf(full, sizeof(full), "%s/%s", here, name);
	assert_string_equal(path, full);
}

static void everything_has_a_default(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	char host[256], publish[300];

	(void)state;
	write_gateway("{'lines': ['l.json']}");
	c = folder_load("");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	snprintf(publish, sizeof(publish), "defectd/%s", host);
	assert_string_equal(c->instance, host);
	assert_string_equal(c->publish, publish);
	assert_string_equal(c->state_dir, "/var/lib/defectd");
	assert_string_equal(c->broker.host, "127.0.0.1");
	assert_int_equal(c->broker.port, 1883);
	assert_null(c->broker.username);
	assert_null(c->broker.password_file);
	assert_false(c->broker.tls.is_on);
	assert_int_equal(c->broker.protocol, 5);
	assert_int_equal(c->broker.keepalive_s, 30);
	assert_int_equal(c->broker.receive_maximum, 5000);
	assert_int_equal(c->store.keep_pass_ms, 90 * 86400000LL);
	assert_int_equal(c->store.keep_defect_ms, 3650 * 86400000LL);
	assert_int_equal(c->store.keep_label_ms, 3650 * 86400000LL);
	assert_int_equal(c->store.keep_quarantine_ms, 7 * 86400000LL);
	assert_int_equal(c->store.max_bytes, 2LL << 30);
	assert_int_equal(c->store.commit_every_ms, 0);
	assert_int_equal(c->future_limit_ms, 60000);
	assert_int_equal(c->limits.payload, 65536);
	assert_int_equal(c->limits.open_units, 10000);
	assert_int_equal(c->limits.remembered_units, 100000);
	assert_int_equal(c->limits.samples, 100000);
	assert_int_equal(c->limits.lots, 10000);
	assert_int_equal(c->limits.unacknowledged_bytes, 4 << 20);
	assert_int_equal(c->limits.outbox, 100000);
	assert_int_equal(c->limits.quarantine, 10000);
	assert_int_equal(c->limits.array_elements, 1000);
	assert_int_equal(c->limits.features, 500);
	assert_int_equal(c->limits.model, 64 << 20);
}

static void says_what_stands_in_the_file(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	write_gateway("{ // a comment\n"
		      "'instance': 'gw-17',\n"
		      "'broker': {'host': 'broker.local', 'port': 1884, 'username': 'defectd',\n"
		      "  'password_file': 'secret', 'protocol': '3.1.1', 'keepalive': '10s',\n"
		      "  'receive_maximum': 100},\n"
		      "'publish': 'acme/gw', 'state_dir': 'state',\n"
		      "'store': {'keep': {'pass': '1d', 'defect': '2d', 'label': '3d',\n"
		      "  'quarantine': '4d'}, 'max_size': '64MiB', 'commit_every': '5ms'},\n"
		      "'future_limit': '2min', 'lines': ['*l.json'],\n"
		      "'limits': {'payload': '1KiB', 'open_units': 1, 'remembered_units': 2,\n"
		      "  'lots': 3, 'unacknowledged_bytes': 5000, 'outbox': 4, 'quarantine': 5,\n"
		      "  'samples': 7, 'array_elements': 8,\n"
		      "  'features': 6, 'model': '1MiB'}}");
	c = folder_load("");
	assert_string_equal(c->instance, "gw-17");
	assert_string_equal(c->broker.host, "broker.local");
	assert_int_equal(c->broker.port, 1884);
	assert_string_equal(c->broker.username, "defectd");
	assert_path(c->broker.password_file, "secret");
	assert_int_equal(c->broker.protocol, 3);
	assert_int_equal(c->broker.keepalive_s, 10);
	assert_int_equal(c->broker.receive_maximum, 100);
	assert_string_equal(c->publish, "acme/gw");
	assert_path(c->state_dir, "state");
	assert_int_equal(c->store.keep_pass_ms, 86400000);
	assert_int_equal(c->store.keep_defect_ms, 2 * 86400000);
	assert_int_equal(c->store.keep_label_ms, 3 * 86400000);
	assert_int_equal(c->store.keep_quarantine_ms, 4 * 86400000);
	assert_int_equal(c->store.max_bytes, 64 << 20);
	assert_int_equal(c->store.commit_every_ms, 5);
	assert_int_equal(c->future_limit_ms, 120000);
	assert_int_equal(c->limits.payload, 1024);
	assert_int_equal(c->limits.unacknowledged_bytes, 5000);
	assert_int_equal(c->limits.features, 6);
	assert_int_equal(config_assembler_limits(c).open_units, 1);
	assert_int_equal(config_assembler_limits(c).remembered_units, 2);
	assert_int_equal(config_assembler_limits(c).lots, 3);
	assert_int_equal(config_assembler_limits(c).future_limit_ms, 120000);
	assert_ptr_equal(config_find_line(c, "l"), &c->lines[0]);
	assert_null(config_find_line(c, "m"));
}

static void the_service_manager_gives_folder_and_password(void **state)
{
	CLEANUP(config_free) struct config *c = NULL, *d = NULL;
	char secret[128];

	(void)state;
	setenv("STATE_DIRECTORY", "/var/lib/a:/var/lib/a/retrain", 1);
	setenv("CREDENTIALS_DIRECTORY", folder_path, 1);
	write_gateway("{'lines': ['l.json'], 'broker': {'username': 'u'}}");
	c = folder_load("");
	assert_string_equal(c->state_dir, "/var/lib/a");
	assert_null(c->broker.password_file); /* the credential is optional */
	folder_write("mqtt-password", "secret");
	d = folder_load("");
	snprintf(secret, sizeof(secret), "%s/mqtt-password", folder_path);
	assert_string_equal(d->broker.password_file, secret);
	unsetenv("STATE_DIRECTORY");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void tls_has_a_port_and_files_of_its_own(void **state)
{
	CLEANUP(config_free) struct config *c = NULL, *d = NULL, *copy = NULL;

	(void)state;
	write_gateway("{'lines': ['l.json'], 'broker': {'tls': {}}}");
	c = folder_load("");
	assert_true(c->broker.tls.is_on);
	assert_int_equal(c->broker.port, 8883);
	assert_null(c->broker.tls.ca_file);
	assert_null(c->broker.tls.cert_file);
	assert_null(c->broker.tls.key_file);
	write_gateway("{'lines': ['l.json'], 'broker': {'port': 1883, 'tls': {'ca_file': 'ca.pem',"
		      " 'cert_file': 'certs/gw.pem', 'key_file': '/etc/gw.key'}}}");
	d = folder_load("");
	assert_int_equal(d->broker.port, 1883);
	assert_path(d->broker.tls.ca_file, "ca.pem");
	assert_path(d->broker.tls.cert_file, "certs/gw.pem");
	assert_string_equal(d->broker.tls.key_file, "/etc/gw.key");
	assert_int_equal(config_without_lines(&copy, d), 0);
	assert_string_equal(copy->broker.tls.key_file, "/etc/gw.key");
	assert_ptr_not_equal(copy->broker.tls.key_file, d->broker.tls.key_file);
}

static void warns_without_lines(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	folder_write("defectd.json", "{}");
	c = folder_load("warning: defectd.json: /lines: no line file was found: nothing will be "
			"scored\n");
	assert_int_equal(c->line_count, 0);
}

static void write_line(const char *name)
{
	char file[32], text[200];

	snprintf(file, sizeof(file), "%s.json", name);
	snprintf(text, sizeof(text),
		"{'line': '%s', 'sources': {'s': {'topic': 'p/{unit}'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}]}",
		name);
	folder_write(file, text);
}

static void reads_every_line_file_once_in_a_fixed_order(void **state)
{
	static const char *const names[] = {"q", "c", "z", "b", "m", "a", "y", "k"};
	static const char *const order[] = {"b", "c", "z", "a", "k", "m", "q", "y"};
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	folder_write("defectd.json", "{'lines': ['[bc].json', 'z.json', '?.json', 'none*']}");
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		write_line(names[i]);
	c = folder_load("");
	assert_int_equal(c->line_count, ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(c->lines[i].name, order[i]);
	assert_string_equal(c->lines[2].file, "z.json");
}

static void a_folder_with_wildcards_in_its_name_is_itself(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	assert_int_equal(mkdir("a[b]*", 0700), 0);
	folder_write("a[b]*/defectd.json", "{'lines': ['l?.json']}");
	folder_write("a[b]*/l1.json", LEAST_LINE);
	assert_int_equal(config_load(&c, "a[b]*/defectd.json", &report), 0);
	assert_int_equal(c->line_count, 1);
	assert_string_equal(c->lines[0].file, "a[b]*/l1.json");
}

static const struct {
	const char *text, *expected;
} refusals[] = {
	{"{'broker': {'port': '1883'}}",
		"/broker/port: is \"1883\", allowed is a whole number, from 1 to 65535"},
	{"{'broker': {'port': 70000}}",
		"/broker/port: is 70000, allowed is a whole number, from 1 to 65535"},
	{"{'broker': {'port': 1883.5}}",
		"/broker/port: is 1883.5, allowed is a whole number, from 1 to 65535"},
	{"{'broker': {'host': 'mqtt://b'}}",
		"/broker/host: is \"mqtt://b\", allowed is a host name or an address, without "
		"scheme, port or path"},
	{"{'broker': {'prot': 1}}", "/broker/prot: unknown key, did you mean \"port\"?"},
	{"{'broker': []}", "/broker: is an array, allowed is an object"},
	{"{'broker': {'tls': true}}", "/broker/tls: is true, allowed is an object"},
	{"{'broker': {'tls': {'ca': 'ca.pem'}}}",
		"/broker/tls/ca: unknown key, allowed are ca_file, cert_file, key_file"},
	{"{'broker': {'tls': {'insecure': true}}}",
		"/broker/tls/insecure: unknown key, allowed are ca_file, cert_file, key_file"},
	{"{'broker': {'tls': {'ca_file': ''}}}",
		"/broker/tls/ca_file: is \"\", allowed is a text that is not empty"},
	{"{'broker': {'tls': {'cert_file': 'gw.pem'}}}",
		"/broker/tls/cert_file: a certificate needs its \"key_file\" beside it"},
	{"{'broker': {'tls': {'key_file': 'gw.key'}}}",
		"/broker/tls/key_file: a key needs its \"cert_file\" beside it"},
	{"{'broker': {'protocol': '4'}}",
		"/broker/protocol: is \"4\", allowed is \"5\" or \"3.1.1\""},
	{"{'broker': {'protocol': 5}}", "/broker/protocol: is 5, allowed is \"5\" or \"3.1.1\""},
	{"{'broker': {'keepalive': 30}}",
		"/broker/keepalive: is 30, allowed is a duration in whole seconds such as \"90s\", "
		"from 5s to 65535s"},
	{"{'broker': {'keepalive': '5500ms'}}",
		"/broker/keepalive: is \"5500ms\", allowed is a duration in whole seconds such as "
		"\"90s\", from 5s to 65535s"},
	{"{'broker': {'password_file': 'p'}}",
		"/broker/password_file: a password needs a \"username\" beside it"},
	{"{'instance': 'gw 17'}",
		"/instance: is \"gw 17\", allowed is 1 to 64 of A to Z, a to z, 0 to 9, . _ and -"},
	{"{'publish': 'a/+'}",
		"/publish: is \"a/+\", allowed is a topic without + and #, not begun with $ and "
		"not ended with /"},
	{"{'state_dir': ''}", "/state_dir: is \"\", allowed is a text that is not empty"},
	{"{'store': {'keep': {'pass': '90 days'}}}",
		"/store/keep/pass: is \"90 days\", allowed is a duration such as \"90s\", from 1s "
		"to 100y"},
	{"{'store': {'keep': {'passes': '9d'}}}",
		"/store/keep/passes: unknown key, did you mean \"pass\"?"},
	{"{'store': {'max_size': '2GB'}}",
		"/store/max_size: is \"2GB\", allowed is a size such as \"64KiB\", from 1MiB to "
		"65536GiB"},
	{"{'future_limit': '-1s'}", "/future_limit: is \"-1s\", allowed is a duration such as "
				    "\"90s\", from 0ms to 10y"},
	{"{'limits': {'samples': 0}}",
		"/limits/samples: is 0, allowed is a whole number, from 1 to 10000000"},
	{"{'limits': {'array_elements': 1000001}}",
		"/limits/array_elements: is 1000001, allowed is a whole number, from 1 to 1000000"},
	{"{'limits': {'features': 0}}",
		"/limits/features: is 0, allowed is a whole number, from 1 to 1900"},
	{"{'lines': 'l.json'}", "/lines: is \"l.json\", allowed is an array"},
	{"{'lines': [7]}", "/lines/0: is 7, allowed is a path or a pattern of paths"},
	{"{'lines': ['gone.json']}", "/lines/0: there is no file \"gone.json\""},
	{"{'a/b~c': 1}", "/a~1b~0c: unknown key, allowed are instance, broker, publish, state_dir, "
			 "store, future_limit, lines, limits"},
	{"[]", "is an array, allowed is an object"},
};

static void refuses_with_place_and_what_is_allowed(void **state)
{
	char expected[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		folder_write("defectd.json", refusals[i].text);
		snprintf(expected, sizeof(expected), "defectd.json: %s\n", refusals[i].expected);
		assert_null(folder_load(expected));
	}
}

static void says_line_and_column_of_what_is_no_json(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *c = NULL;

	(void)state;
	folder_write("defectd.json", "{\n  'publish': 'a',\n  'publish': 'b'\n}");
	assert_int_equal(config_load(&c, "defectd.json", &report), -22);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.problems[0].file, "defectd.json");
	assert_string_equal(report.problems[0].where, "3:3");
	assert_memory_equal(report.problems[0].what, "duplicate key \"publish\"", 23);
	assert_memory_equal(report.problems[0].text, "defectd.json:3:3: ", 18);
}

static void says_which_file_is_not_there(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *c = NULL;

	(void)state;
	assert_int_equal(config_load(&c, "gone/defectd.json", &report), -22);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.problems[0].text,
		"gone/defectd.json: cannot be read: No such file or directory");
	assert_string_equal(report.problems[0].where, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(everything_has_a_default),
		IN_FOLDER(says_what_stands_in_the_file),
		IN_FOLDER(the_service_manager_gives_folder_and_password),
		IN_FOLDER(tls_has_a_port_and_files_of_its_own),
		IN_FOLDER(warns_without_lines),
		IN_FOLDER(reads_every_line_file_once_in_a_fixed_order),
		IN_FOLDER(a_folder_with_wildcards_in_its_name_is_itself),
		IN_FOLDER(refuses_with_place_and_what_is_allowed),
		IN_FOLDER(says_line_and_column_of_what_is_no_json),
		IN_FOLDER(says_which_file_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
