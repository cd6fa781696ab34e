/* What check finds of the models: wanted, absent, bad, unfit; in a file and in the registry. */
#include "tests/unit/engine/press.h"

#include "tests/unit/config/folder.h"

#include "lib/gateway/check.h"
#include "lib/store/registry.h"
#include "lib/store/roles.h"
#include "lib/store/units.h"

#define LINE                                                                                 \
	"{'line': 'l', 'model': 'm.onnx', 'sources': {'s': {'topic': 'p/{unit}'}},"          \
	" 'features': [{'name': 'torque', 'from': 's.x'}, {'name': 'speed', 'from': 's.y'}," \
	"  {'name': 'kind', 'from': 's.k', 'type': 'text'}]}"

static int set_up(void **state)
{
	if (folder_setup(state) != 0)
		return 1;
	assert_int_equal(mkdir("state", 0700), 0);
	assert_int_equal(mkdir("state/models", 0700), 0);
	folder_write(
		"defectd.json", "{'instance': 'gw', 'state_dir': 'state', 'lines': ['l.json']}");
	folder_write("l.json", LINE);
	return 0;
}

/* A model of torque and `feature`; its hash into `sha256` when not NULL. */
static void write_model(const char *path, const char *feature, char *sha256)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "torque",
			.from = "torque",
			.sd = 1,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER, .name = "b", .from = feature, .sd = 1, .unit = ""},
	};
	CLEANUP(buf_deinit) struct buf bytes;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	buf_init(&bytes);
	put_model(&bytes, inputs, 2, 7);
	assert_int_equal(fwrite(bytes.data, 1, bytes.len, f), bytes.len);
	assert_int_equal(fclose(f), 0);
	if (sha256)
		sha256_hex(sha256, bytes.data, bytes.len);
}

/* Makes the model at `path` champion; its copy lies where the registry keeps it. */
static void register_model(const char *sha256, const char *path)
{
	CLEANUP(store_close) struct store *s = NULL;
	char copy[128];

	snprintf(copy, sizeof(copy), "state/models/%s.onnx", sha256);
	if (strcmp(copy, path) != 0)
		assert_int_equal(rename(path, copy), 0);
	assert_int_equal(store_open(&s, "state/defectd.db", STORE_WRITE, NULL), 0);
	assert_int_equal(store_promote(s, "l", sha256, copy, "", "test", "because", 1000, NULL), 0);
}

/* Checks, and compares the findings; {DIR} in `expected` stands for the working directory. */
static void check(struct gateway_check *c, const char *expected)
{
	CLEANUP(buf_deinit) struct buf findings, wanted;
	const char *dir;
	char here[200];
	struct err err = {0};

	assert_non_null(getcwd(here, sizeof(here)));
	buf_init(&findings);
	buf_init(&wanted);
	if (gateway_check(c, "defectd.json", nn_kernels_choose(NULL, NULL), &err) < 0)
		fail_msg("%s", err.text);
	config_report_text(&c->report, &findings);
	while ((dir = strstr(expected, "{DIR}"))) {
		buf_put(&wanted, expected, (size_t)(dir - expected));
		buf_add(&wanted, here);
		expected = dir + 5;
	}
	buf_add(&wanted, expected);
	assert_string_equal(buf_text(&findings), buf_text(&wanted));
}

static void a_wanted_model_that_is_absent_is_an_error(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	check(&c, "l.json: /model: {DIR}/state/models/m.onnx: there is no such file\n");
	assert_int_equal(c.report.errors, 1);
}

static void a_line_that_wants_no_model_collects(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	folder_write("l.json", LEAST_LINE);
	check(&c, "");
	assert_null(c.gateway->lines[0].model);
}

static void a_model_that_fits_is_in_force(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};
	CLEANUP(buf_deinit) struct buf text;

	(void)state;
	write_model("state/models/m.onnx", "speed", NULL);
	check(&c, "");
	assert_true(gateway_line_uses(&c.gateway->lines[0], "speed"));
	assert_false(gateway_line_uses(&c.gateway->lines[0], "kind"));
	buf_init(&text);
	gateway_check_text(&c, &text);
	assert_non_null(strstr(buf_text(&text), ", fits, threshold 0."));
	assert_non_null(strstr(buf_text(&text), "s.k  (text, recorded only)\n"));
	assert_string_equal(buf_text(&text) + text.len - 4, "\nok\n");
}

static void a_model_that_does_not_fit_is_named_with_the_feature(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	write_model("state/models/m.onnx", "pressure", NULL);
	check(&c, "l.json: /model: {DIR}/state/models/m.onnx: the model wants feature "
		  "\"pressure\", which the line does not have\n");
}

static void a_file_that_is_no_model_is_an_error(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};
	CLEANUP(buf_deinit) struct buf text;

	(void)state;
	folder_write("state/models/m.onnx", "no model at all");
	assert_int_equal(gateway_check(&c, "defectd.json", nn_kernels_choose(NULL, NULL), NULL), 0);
	assert_int_equal(c.report.errors, 1);
	assert_string_equal(c.report.problems[0].where, "/model");
	assert_non_null(strstr(c.report.problems[0].what, "/state/models/m.onnx: "));
	buf_init(&text);
	gateway_check_text(&c, &text);
	assert_string_equal(buf_text(&text) + text.len - 9, "\n1 error\n");
}

static void the_champion_stands_in_for_an_absent_file(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};
	char sha256[SHA256_HEX];

	(void)state;
	write_model("m.onnx", "speed", sha256);
	register_model(sha256, "m.onnx");
	check(&c, "warning: l.json: /model: {DIR}/state/models/m.onnx: there is no such file; the "
		  "champion of the registry is in force\n");
	assert_string_equal(model_sha256(c.gateway->lines[0].model), sha256);
}

static void a_champion_that_no_longer_fits_is_an_error_but_where_another_takes_its_place(
	void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0}, d = {0};
	char sha256[SHA256_HEX];

	(void)state;
	write_model("m.onnx", "pressure", sha256);
	register_model(sha256, "m.onnx");
	write_model("state/models/m.onnx", "pressure", NULL); /* contents it knows */
	assert_int_equal(gateway_check(&c, "defectd.json", nn_kernels_choose(NULL, NULL), NULL), 0);
	assert_int_equal(c.report.errors, 1);
	assert_non_null(strstr(c.report.problems[0].what,
		"the model wants feature \"pressure\", which the line does not have"));
	write_model("state/models/m.onnx", "speed", NULL);
	check(&d, "");
}

static void the_next_model_is_checked_beside_the_champion(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0}, d = {0};
	char sha256[SHA256_HEX];

	(void)state;
	write_model("m.onnx", "speed", sha256);
	register_model(sha256, "m.onnx");
	write_model("state/models/m.onnx", "speed", NULL); /* contents it knows */
	check(&c, "");
	write_model("state/models/m.onnx", "pressure", NULL);
	check(&d, "l.json: /model: {DIR}/state/models/m.onnx: the model wants feature "
		  "\"pressure\", which the line does not have\n");
}

static void a_feature_whose_column_has_another_type_is_an_error(void **state)
{
	static const struct store_column columns[] = {{"torque", false}, {"speed", true}};
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};
	struct store *s = NULL;

	(void)state;
	write_model("state/models/m.onnx", "speed", NULL);
	assert_int_equal(store_open(&s, "state/defectd.db", STORE_WRITE, NULL), 0);
	assert_int_equal(store_add_line(s, "l", columns, 2, LABEL_LATEST, NULL), 0);
	store_close(s);
	check(&c, "l.json: /features/1: {DIR}/state/defectd.db: column \"speed\" of unit_l holds "
		  "TEXT, the feature of that name is REAL: give the feature another name\n");
}

static void a_password_file_that_is_absent_is_an_error(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	folder_write("l.json", LEAST_LINE);
	folder_write("defectd.json", "{'instance': 'gw', 'state_dir': 'state', 'lines': ['l.json'],"
				     " 'broker': {'username': 'u', 'password_file': 'secret'}}");
	check(&c, "defectd.json: /broker/password_file: {DIR}/secret: No such file or directory\n");
}

static void every_file_of_tls_that_cannot_be_used_is_named(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	folder_write("l.json", LEAST_LINE);
	folder_write("defectd.json",
		"{'instance': 'gw', 'state_dir': 'state', 'lines': ['l.json'], 'broker': {'tls': {"
		"'ca_file': 'ca.pem', 'cert_file': 'state', 'key_file': 'gw.key'}}}");
	folder_write("gw.key", "secret");
	assert_int_equal(chmod("gw.key", 0644), 0);
	check(&c, "warning: defectd.json: /broker/tls/key_file: {DIR}/gw.key: everybody may read "
		  "or change the key (mode 0644); 0640 or 0600 is meant\n"
		  "defectd.json: /broker/tls/ca_file: {DIR}/ca.pem: No such file or directory\n"
		  "defectd.json: /broker/tls/cert_file: {DIR}/state: is no regular file\n");
}

static void what_the_files_of_tls_hold_is_looked_at(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};

	(void)state;
	folder_write("l.json", LEAST_LINE);
	folder_write("defectd.json", "{'instance': 'gw', 'state_dir': 'state', 'lines': ['l.json'],"
				     " 'broker': {'tls': {'ca_file': 'ca.pem'}}}");
	folder_write("ca.pem", "no certificate");
	check(&c, "defectd.json: /broker/tls: {DIR}/ca.pem: holds no CA certificate in PEM form "
		  "(no certificate or crl found)\n");
}

static void a_refused_configuration_has_no_gateway(void **state)
{
	CLEANUP(gateway_check_deinit) struct gateway_check c = {0};
	CLEANUP(buf_deinit) struct buf text;

	(void)state;
	folder_write("l.json", "{'line': 'l'}");
	check(&c, "l.json: \"sources\" is missing: the topics and how to read them\n"
		  "l.json: \"features\" is missing: the values of a unit that are recorded and "
		  "scored\n");
	assert_null(c.gateway);
	buf_init(&text);
	gateway_check_text(&c, &text);
	assert_string_equal(buf_text(&text), "2 errors\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, set_up, folder_teardown)
		IN_FOLDER(a_wanted_model_that_is_absent_is_an_error),
		IN_FOLDER(a_line_that_wants_no_model_collects),
		IN_FOLDER(a_model_that_fits_is_in_force),
		IN_FOLDER(a_model_that_does_not_fit_is_named_with_the_feature),
		IN_FOLDER(a_file_that_is_no_model_is_an_error),
		IN_FOLDER(the_champion_stands_in_for_an_absent_file),
		IN_FOLDER(
			a_champion_that_no_longer_fits_is_an_error_but_where_another_takes_its_place),
		IN_FOLDER(the_next_model_is_checked_beside_the_champion),
		IN_FOLDER(a_feature_whose_column_has_another_type_is_an_error),
		IN_FOLDER(a_password_file_that_is_absent_is_an_error),
		IN_FOLDER(every_file_of_tls_that_cannot_be_used_is_named),
		IN_FOLDER(what_the_files_of_tls_hold_is_looked_at),
		IN_FOLDER(a_refused_configuration_has_no_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
