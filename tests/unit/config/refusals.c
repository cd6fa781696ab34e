/* Wrong line files, each with what is said of it: wrong_lines/ holds them, a JSON file for each
 * part of a line. A row is {"line": changes to the sound line, "says": the sentence or several};
 * {"whole": the line itself} where that is easier.
 *
 * Changes are put into the sound line object by object; "name+" appends to the array `name`, and
 * "name-" takes `name` out. */
#include "tests/unit/config/folder.h"

#include "lib/base/err.h"
#include "lib/base/json.h"

#define ENOUGH 70 /* wrong lines that there are at least, all files together */

static const char *const files[] = {"line", "sources", "ids", "conditions", "times", "stations",
	"lots", "unit", "every", "features", "windows", "takes", "labels"};

static cJSON *read_json(const char *name)
{
	static char text[128 << 10];
	struct err err = {0};
	cJSON *tree = NULL;
	char path[512];
	size_t len;
	FILE *f;

	assert_non_null(getenv("DEFECTD_SOURCE"));
	snprintf(path, sizeof(path), "%s/tests/unit/config/wrong_lines/%s.json",
		getenv("DEFECTD_SOURCE"), name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_in_range(len, 1, sizeof(text) - 1);
	if (json_parse(&tree, text, len, 0, &err) < 0)
		fail_msg("%s:%s", path, err.text);
	return tree;
}

/* Puts the member `change` of some changes into the object `out`. */
static void put_member(cJSON *out, const cJSON *change)
{
	size_t len = strlen(change->string);
	char last = len > 0 ? change->string[len - 1] : '\0';
	char *name = strndup(change->string, last == '+' || last == '-' ? len - 1 : len);
	cJSON *there = cJSON_GetObjectItemCaseSensitive(out, name);
	const cJSON *inner;

	if (last == '-') {
		cJSON_DeleteItemFromObjectCaseSensitive(out, name);
	} else if (last == '+') {
		assert_true(cJSON_IsArray(there));
		cJSON_ArrayForEach(inner, change)
			cJSON_AddItemToArray(there, cJSON_Duplicate(inner, true));
	} else if (cJSON_IsObject(there) && cJSON_IsObject(change)) {
		cJSON_ArrayForEach(inner, change) put_member(there, inner);
	} else {
		cJSON_DeleteItemFromObjectCaseSensitive(out, name);
		cJSON_AddItemToObject(out, name, cJSON_Duplicate(change, true));
	}
	free(name);
}

static void write_line(const cJSON *sound, const cJSON *row)
{
	const cJSON *whole = cJSON_GetObjectItemCaseSensitive(row, "whole"), *change;
	CLEANUP(json_free) cJSON *line = cJSON_Duplicate(whole ? whole : sound, true);
	char *text;

	cJSON_ArrayForEach(change, cJSON_GetObjectItemCaseSensitive(row, "line"))
		put_member(line, change);
	text = cJSON_Print(line);
	folder_write("l.json", text);
	cJSON_free(text);
}

static void put_expected(struct buf *out, const cJSON *says)
{
	const cJSON *sentence;

	assert_true(cJSON_IsString(says) || cJSON_GetArraySize(says) > 0);
	if (cJSON_IsString(says))
		buf_addf(out, "l.json: %s\n", says->valuestring);
	cJSON_ArrayForEach(sentence, says) buf_addf(out, "l.json: %s\n", sentence->valuestring);
}

static void check_row(const cJSON *sound, const cJSON *row)
{
	CLEANUP(buf_deinit) struct buf expected;

	buf_init(&expected);
	put_expected(&expected, cJSON_GetObjectItemCaseSensitive(row, "says"));
	write_line(sound, row);
	assert_null(folder_load(buf_text(&expected)));
}

static void write_gateway(void)
{
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
}

static void the_line_that_is_changed_is_itself_sound(void **state)
{
	CLEANUP(json_free) cJSON *sound = read_json("sound");
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	write_gateway();
	write_line(sound, NULL);
	c = folder_load("");
	assert_non_null(c);
}

static void every_wrong_line_is_refused_with_place_reason_and_what_is_allowed(void **state)
{
	CLEANUP(json_free) cJSON *sound = read_json("sound");
	int count = 0;

	(void)state;
	write_gateway();
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		CLEANUP(json_free) cJSON *rows = read_json(files[i]);
		const cJSON *row;

		assert_true(cJSON_IsArray(rows));
		count += cJSON_GetArraySize(rows);
		cJSON_ArrayForEach(row, rows) check_row(sound, row);
	}
	assert_in_range(count, ENOUGH, 100000);
}

static void load_and_compare(const char *line, const char *expected)
{
	char report[600];

	folder_write("l.json", line);
	snprintf(report, sizeof(report), "l.json: %s\n", expected);
	assert_null(folder_load(report));
}

static void says_nothing_of_what_refers_to_something_broken(void **state)
{
	(void)state;
	write_gateway();
	load_and_compare("{'line': 'l', 'sources': {'s': {'topic': 'a/{unit}', 'qos': 5,"
			 "  'fields': {'c': '/c'}}}, 'label': {'from': 's.d', 'defect': [1]},"
			 " 'stations': {'m': {'exit': 's', 'look_back': '1s'}},"
			 " 'unit': {'open': ['s'], 'ready': {'on': 's'}},"
			 " 'lots': {'r': {'bind': 's.e', 'at': 'm'}},"
			 " 'features': [{'name': 'b', 'from': 's.a', 'during': 'm'}]}",
		"/sources/s/qos: is 5, allowed is a whole number, from 0 to 1");
	load_and_compare(
		"{'line': 'l', 'sources': {'u': {'topic': 'u/{unit}'}, 's': {'topic': 's'}},"
		" 'stations': {'m': {'exit': 'u', 'lok_back': '1s'}},"
		" 'lots': {'r': {'bind': 's.r', 'at': 'm'}},"
		" 'features': [{'name': 'b', 'from': 's.a', 'at': 'm.enter', 'over': '1s'}]}",
		"/stations/m/lok_back: unknown key, did you mean \"look_back\"?");
	load_and_compare("{'line': 'l', 'sources': {'u': {'topic': 'u/{unit}'}},"
			 " 'lots': {'m': {'bnd': 'u.x', 'bind': 'u.x'}},"
			 " 'features': [{'name': 'b', 'from': 'lot.m'}]}",
		"/lots/m/bnd: unknown key, did you mean \"bind\"?");
}

static void a_list_of_takes_counts_as_so_many_features(void **state)
{
	(void)state;
	folder_write("defectd.json",
		"{'instance': 'gw', 'lines': ['l.json'], 'limits': {'features': 2}}");
	load_and_compare(
		"{'line': 'l', 'sources': {'s': {'topic': 'p/{unit}'}, 't': {'topic': 't'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}, {'name': 'y', 'from': 't.y',"
		"  'over': '5s', 'take': ['min', 'max']}]}",
		"/features: holds 3 features, allowed are 2 (\"limits\" of the gateway)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(the_line_that_is_changed_is_itself_sound),
		IN_FOLDER(every_wrong_line_is_refused_with_place_reason_and_what_is_allowed),
		IN_FOLDER(says_nothing_of_what_refers_to_something_broken),
		IN_FOLDER(a_list_of_takes_counts_as_so_many_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
