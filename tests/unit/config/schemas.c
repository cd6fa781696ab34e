/* The JSON Schemas say the same as the code: the keys of both files, the keys of the messages. */
#include "tests/unit/config/folder.h"

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/engine/publish.h"
#include "lib/model/metadata.h"

static const char *const messages[] = {
	"prediction", "alert", "status", "line-status", "stats", "line-stats"};

static cJSON *load_schema(const char *name)
{
	static char text[64 << 10];
	struct err err = {0};
	cJSON *tree = NULL;
	char path[512];
	size_t len;
	FILE *f;

	assert_non_null(getenv("DEFECTD_SOURCE"));
	snprintf(path, sizeof(path), "%s/config/schema/%s.schema.json", getenv("DEFECTD_SOURCE"),
		name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_in_range(len, 1, sizeof(text) - 1);
	if (json_parse(&tree, text, len, 0, &err) < 0)
		fail_msg("%s:%s", path, err.text);
	return tree;
}

/* "a, b, c": the names of an object's members, or the texts of an array. */
static char *names_of(const cJSON *list)
{
	static char names[4096];
	const cJSON *item;

	names[0] = '\0';
	assert_non_null(list);
	cJSON_ArrayForEach(item, list)
	{
		if (names[0])
			strcat(names, ", ");
		strcat(names, item->string ? item->string : item->valuestring);
	}
	return names;
}

static const struct {
	const char *schema, *pointer; /* to the properties */
	const char *gateway, *line;   /* with an unknown key in that object */
} objects[] = {
#define Z "'zzzzzzzzzzzzzzzz': 1"
	{"defectd", "/properties", "{" Z "}", "{}"},
	{"defectd", "/properties/broker/properties", "{'broker': {" Z "}}", "{}"},
	{"defectd", "/properties/broker/properties/tls/properties", "{'broker': {'tls': {" Z "}}}",
		"{}"},
	{"defectd", "/properties/store/properties", "{'store': {" Z "}}", "{}"},
	{"defectd", "/properties/store/properties/keep/properties", "{'store': {'keep': {" Z "}}}",
		"{}"},
	{"defectd", "/properties/limits/properties", "{'limits': {" Z "}}", "{}"},
	{"line", "/properties", "{}", "{" Z "}"},
	{"line", "/properties/sources/additionalProperties/properties", "{}",
		"{'sources': {'s': {" Z "}}}"},
	{"line", "/properties/sources/additionalProperties/properties/quality/properties", "{}",
		"{'sources': {'s': {'topic': 's', 'quality': {" Z "}}}}"},
	{"line", "/properties/stations/additionalProperties/properties", "{}",
		"{'stations': {'m': {" Z "}}}"},
	{"line", "/properties/lots/additionalProperties/properties", "{}",
		"{'lots': {'m': {" Z "}}}"},
	{"line", "/properties/unit/properties/ready/anyOf/1/properties", "{}",
		"{'unit': {'ready': {" Z "}}}"},
	{"line", "/properties/label/anyOf/0/properties", "{}", "{'label': {" Z "}}"},
	{"line", "/properties/label/anyOf/1/items/properties", "{}", "{'label': [{" Z "}]}"},
	{"line", "/properties/unit/properties", "{}", "{'unit': {" Z "}}"},
	{"line", "/properties/features/items/properties", "{}",
		"{'sources': {}, 'features': [{" Z "}]}"},
	{"line", "/properties/decide/properties", "{}", "{'decide': {" Z "}}"},
};

static void the_files_have_the_keys_of_their_schemas(void **state)
{
	static const char begin[] = "unknown key, allowed are ";

	(void)state;
	assert_int_equal(mkdir("lines.d", 0700), 0);
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		CLEANUP(config_report_deinit) struct config_report report = {0};
		CLEANUP(json_free) cJSON *schema = load_schema(objects[i].schema);
		struct config *c = NULL;
		const char *known = NULL;

		folder_write("defectd.json", objects[i].gateway);
		folder_write("lines.d/l.json", objects[i].line);
		assert_int_equal(config_load(&c, "defectd.json", &report), -22);
		for (size_t k = 0; k < report.count; k++)
			if (strncmp(report.problems[k].what, begin, sizeof(begin) - 1) == 0)
				known = report.problems[k].what + sizeof(begin) - 1;
		assert_non_null(known);
		assert_string_equal(known, names_of(json_at(schema, objects[i].pointer)));
	}
}

/* The reader of a model's inputs names its keys where one is not known: "a, b and c". */
static void a_models_inputs_have_the_keys_of_their_schema(void **state)
{
	CLEANUP(json_free) cJSON *schema = load_schema("inputs"), *tree = NULL;
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct model_input *inputs;
	struct err err = {0};
	size_t count;
	char *known, *last;

	(void)state;
	assert_int_equal(arena_new(&memory, 1024), 0);
	assert_int_equal(json_parse(&tree, "[{\"zzz\":1}]", 11, 0, NULL), 0);
	assert_int_equal(metadata_take_inputs(&inputs, &count, memory, tree, "", &err), -22);
	known = strstr(err.text, "allowed are ");
	assert_non_null(known);
	last = strstr(known, " and ");
	assert_non_null(last);
	assert_memory_equal(names_of(json_at(schema, "/$defs/input/properties")),
		known + strlen("allowed are "), (size_t)(last - known) - strlen("allowed are "));
	assert_string_equal(strrchr(names_of(json_at(schema, "/$defs/input/properties")), ' ') + 1,
		last + strlen(" and "));
}

static void assert_message(const char *schema_name, const struct buf *message)
{
	CLEANUP(json_free) cJSON *schema = load_schema(schema_name), *tree = NULL;
	char expected[4096];

	assert_int_equal(json_parse(&tree, message->data, message->len, 0, NULL), 0);
	strcpy(expected, names_of(json_at(schema, "/required")));
	assert_string_equal(names_of(json_at(schema, "/properties")), expected);
	assert_string_equal(names_of(tree), expected);
}

static void predictions_and_alerts_have_the_keys_of_their_schemas(void **state)
{
	CLEANUP(buf_deinit) struct buf prediction, alert;
	const struct unit_row row = {
		.line = "l",
		.unit = "U",
		.verdict = "defect",
		.verdict_n = 1,
		.p_defect = 0.75,
		.threshold = 0.5,
		.class_name = "",
		.model = "",
		.reason = "",
	};

	(void)state;
	buf_init(&prediction);
	buf_init(&alert);
	publish_prediction(&prediction, &row, 5);
	publish_alert(&alert, &row, 5);
	assert_message("prediction", &prediction);
	assert_message("alert", &alert);
}

static void assert_counts_refusals(const cJSON *properties)
{
	for (int r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++)
		assert_non_null(cJSON_GetObjectItemCaseSensitive(
			properties, refusal_name((enum refusal)r)));
}

static void every_reason_to_refuse_stands_in_the_schemas_of_stats(void **state)
{
	CLEANUP(json_free) cJSON *gateway = load_schema("stats"), *line = load_schema("line-stats");
	char key[64];

	(void)state;
	assert_counts_refusals(json_at(gateway, "/properties"));
	assert_counts_refusals(json_at(line, "/properties"));
	for (int r = VALUE_REFUSAL_NONE + 1; r < VALUE_REFUSAL_COUNT; r++) {
		snprintf(key, sizeof(key), "value_%s", value_refusal_name((enum value_refusal)r));
		assert_non_null(
			cJSON_GetObjectItemCaseSensitive(json_at(line, "/properties"), key));
	}
}

/* Every key is always there. */
static void messages_require_all_their_keys_and_know_no_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++) {
		CLEANUP(json_free) cJSON *schema = load_schema(messages[i]);
		char required[4096];

		strcpy(required, names_of(json_at(schema, "/required")));
		assert_string_equal(names_of(json_at(schema, "/properties")), required);
		assert_true(cJSON_IsFalse(json_at(schema, "/additionalProperties")));
	}
}

static void every_schema_is_of_one_draft(void **state)
{
	static const char *const names[] = {"defectd", "line", "prediction", "alert", "status",
		"line-status", "stats", "line-stats", "inputs"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(json_free) cJSON *schema = load_schema(names[i]);

		assert_string_equal(json_at(schema, "/$schema")->valuestring,
			"https://json-schema.org/draft/2020-12/schema");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_files_have_the_keys_of_their_schemas, folder_setup, folder_teardown),
		cmocka_unit_test(a_models_inputs_have_the_keys_of_their_schema),
		cmocka_unit_test(predictions_and_alerts_have_the_keys_of_their_schemas),
		cmocka_unit_test(every_reason_to_refuse_stands_in_the_schemas_of_stats),
		cmocka_unit_test(messages_require_all_their_keys_and_know_no_others),
		cmocka_unit_test(every_schema_is_of_one_draft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
