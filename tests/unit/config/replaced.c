/* Whatever stands in the place of any part of a line file, it is accepted or refused with errors,
 * and nothing else happens (under the sanitizers). */
#include "tests/unit/config/folder.h"

#include "lib/base/err.h"
#include "lib/base/json.h"

/* Every key of a line file at least once. */
static const char full[] =
	"{'line': 'l', 'model': 'm.onnx', 'publish': 'a/l', 'sources': {"
	" 'start': {'topic': 'start/{unit}', 'qos': 1, 'time': '/t', 'time_format': 'iso',"
	"           'time_zone': 'UTC', 'fields': {'x': '/x', 'lot': '#/lot'}},"
	" 'in': {'topic': 'in', 'unit': '{/o}-{/c}', 'when': {'/e': ['in', 7],"
	"        '/m': {'not': ['test']}}},"
	" 'out': {'topic': 'out', 'unit': '/u', 'shift': '-20s'},"
	" 'lab': {'topic': 'lab/{lot}', 'quality': {'at': '/q', 'good': [true, 'GOOD']}},"
	" 'oven': {'topic': 'oven', 'each': '/values', 'tag': '/id', 'value': '/v', 'qos': 0,"
	"          'journal': false},"
	" 'feeder': {'topic': 'feeder', 'lot': '/never'},"
	" 'mode': {'topic': 'mode', 'format': 'text'},"
	" 'qc': {'topic': 'qc/{unit}'}},"
	"'stations': {"
	" 'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '90s', 'reorder': '2s',"
	"          'no_exit': 'close'},"
	" 'cooler': {'exit': 'out', 'look_back': '30s'}},"
	"'lots': {'resin': {'bind': 'start.lot'},"
	" 'dye': {'bind': 'mode.value', 'at': 'oven', 'delay': '40s'}},"
	"'unit': {'ready': {'on': 'out', 'grace': '3s'}, 'deadline': '5min', 'again': '1d',"
	"         'open': ['start', 'in']},"
	"'features': [{'name': 'x', 'from': 'start.x', 'min': 1, 'max': 2, 'missing': 'impute'},"
	" {'name': 'v', 'from': 'lab.v', 'lot': 'resin'}, {'name': 'l', 'from': 'lot.resin'},"
	" {'name': 't', 'from': 'oven.t', 'during': 'oven', 'take': ['mean', 'sd'],"
	"  'hold': '5s', 'min_samples': 2},"
	" {'name': 'm', 'from': 'mode.value', 'type': 'text', 'at': 'oven.enter', 'ago': '1s',"
	"  'over': '9s', 'take': 'first'}],"
	"'decide': {'threshold': 0.5, 'unsure': 0.1, 'max_imputed': 1, 'alert_on': ['defect'],"
	"           'prediction_qos': 1},"
	"'label': [{'from': 'qc.r', 'defect': ['NG'], 'good': ['OK'], 'class': 'qc.c',"
	"  'by': 'qc.by', 'why': 'qc.why', 'combine': 'worst'}]}";

static const char *const others[] = {"null", "true", "-1", "7", "1e300", "\"\"", "\"x\"",
	"\"oven\"", "\"{/\"", "\"start.x\"", "\"5s\"", "[]", "[[]]", "[\"x\", \"x\"]", "{}",
	"{\"x\": {}}", "{\"\": null}"};

/* Is the line accepted? */
static bool load(const cJSON *line)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *c = NULL;
	char *text = cJSON_PrintUnformatted(line);
	int r;

	folder_write("l.json", text);
	r = config_load(&c, "defectd.json", &report);
	if ((r == 0) != (report.errors == 0) || (r != 0 && r != -22) || report.failed)
		fail_msg("%d with %zu errors: %s", r, report.errors, text);
	cJSON_free(text);
	return r == 0;
}

/* The tree, with the node number `n` in it replaced; without when it has no so many. */
static bool replace(cJSON *node, int *n, const char *by)
{
	for (cJSON *child = node->child; child; child = child->next) {
		if ((*n)-- == 0) {
			cJSON *other = cJSON_Parse(by);

			assert_non_null(other);
			if (child->string)
				other->string = strdup(child->string);
			assert_true(cJSON_ReplaceItemViaPointer(node, child, other));
			return true;
		}
		if (replace(child, n, by))
			return true;
	}
	return false;
}

static void any_part_of_a_line_may_be_replaced_by_anything(void **state)
{
	char text[sizeof(full)];
	int n = 0, parts = 0;
	bool is_there = true, is_accepted = false;

	(void)state;
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	for (size_t i = 0; i < sizeof(full); i++)
		text[i] = full[i] == '\'' ? '"' : full[i];
	for (; is_there; n++) {
		for (size_t i = 0; i < ARRAY_LEN(others) && is_there; i++) {
			CLEANUP(json_free) cJSON *line = cJSON_Parse(text);
			int left = n;

			assert_non_null(line);
			is_there = replace(line, &left, others[i]);
			is_accepted = load(line);
			parts += is_there;
		}
	}
	assert_true(is_accepted); /* the last: nothing was replaced */
	assert_in_range(parts, 100 * ARRAY_LEN(others), 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_part_of_a_line_may_be_replaced_by_anything,
			folder_setup, folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
