/* What `check` says of a line, in words. */
#include "tests/unit/config/folder.h"

#include "lib/gateway/plan_words.h"

/* Every kind of everything; the words of the features stand beside them. */
static const char head[] =
	"{'line': 'l', 'sources': {"
	" 'start': {'topic': 'start/{unit}', 'time': '/t', 'fields': {'x': '/x', 'lot': '/lot'}},"
	" 'in': {'topic': 'in', 'unit': '/u', 'time': '/t'},"
	" 'out': {'topic': 'out', 'unit': '/u', 'time': '/t', 'shift': '-20s'},"
	" 'lab': {'topic': 'lab/{lot}', 'time': '/t'},"
	" 'oven': {'topic': 'oven', 'each': '/values', 'tag': '/id', 'time': '/t', 'qos': 0,"
	"          'journal': false},"
	" 'feeder': {'topic': 'feeder', 'time': '/t'},"
	" 'qc': {'topic': 'qc/{unit}', 'format': 'text'}},"
	"'stations': {"
	" 'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '90s', 'reorder': '2s'},"
	" 'belt': {'enter': 'in', 'max_dwell': '60s', 'no_exit': 'close'},"
	" 'cooler': {'exit': 'out', 'look_back': '30s'}},"
	"'lots': {'resin': {'bind': 'start.lot'}, 'glue': {'bind': 'feeder.glue'},"
	" 'dye': {'bind': 'feeder.dye', 'at': 'oven', 'delay': '40s'}},"
	"'label': [{'from': 'qc.value', 'defect': ['NG', 2, true]},"
	"          {'from': 'start.x', 'defect': [0], 'good': [1], 'combine': 'worst'}],";

#define OVEN "'from': 'oven.t', "
static const struct {
	const char *keys, *words;
} features[] = {
	{"'from': 'start.x'", "start.x"},
	{"'from': 'lab.visc', 'lot': 'resin'", "lab.visc of lot resin"},
	{"'from': 'lot.resin', 'type': 'text'", "lot.resin"},
	{OVEN "'during': 'oven', 'take': 'mean', 'min_samples': 5",
		"mean of oven.t while at oven (in to out), of at least 5 samples"},
	{OVEN "'during': 'belt', 'take': 'max', 'min_samples': 1",
		"max of oven.t while at belt (in to the next unit's), of at least 1 sample"},
	{OVEN "'during': 'cooler', 'take': 'p95', 'hold': '10min'",
		"p95 of oven.t while at cooler (from the unit before it to out), starting from a "
		"value up to 10min old"},
	{OVEN "'ago': '0s'", "oven.t at the unit's start"},
	{OVEN "'ago': '5s', 'take': 'count'", "count of oven.t 5s before the unit's start"},
	{OVEN "'at': 'oven.enter', 'hold': '10min'", "oven.t at its enter at oven, not older than "
						     "10min"},
	{OVEN "'over': '60s', 'take': 'slope'",
		"slope of oven.t over the 1min that end at the unit's start"},
	{OVEN "'over': '90s', 'ago': '5s', 'at': 'belt.exit'",
		"last of oven.t over the 90s that end 5s before its exit at belt"},
	{OVEN "'over': '1h', 'at': 'start', 'take': 'sd'",
		"sd of oven.t over the 1h that end at the unit's start"},
	{OVEN "'over': '1h', 'at': 'out', 'take': 'sd'",
		"sd of oven.t over the 1h that end at its first out"},
};

static struct config *load(const char *unit)
{
	char text[6000];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s %s 'features': [", head, unit);

	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s{'name': 'f%zu', %s}",
			i > 0 ? ", " : "", i, features[i].keys);
	snprintf(text + len, sizeof(text) - len, "]}");
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json", text);
	return folder_load("");
}

static void says_where_a_feature_comes_from(void **state)
{
	CLEANUP(config_free) struct config *c = load("");
	const struct plan *plan = &c->lines[0].plan;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(features); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_feature(&b, plan, &plan->features[i]);
		assert_string_equal(buf_text(&b), features[i].words);
	}
}

static void says_what_a_source_is(void **state)
{
	CLEANUP(config_free) struct config *c = load("");
	static const char *const words[] = {"json of a unit, QoS 1", /* of labels too */
		"json of a unit, opens it, QoS 1",
		"json of a unit, opens it, QoS 1, shifted by -20s", "json of a lot, QoS 1",
		"json of the line, each of \"/values\", QoS 0, not journaled",
		"json of the line, QoS 1", "text of a unit, QoS 1, time of receipt"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_source(&b, &c->lines[0].plan.sources[i]);
		assert_string_equal(buf_text(&b), words[i]);
	}
}

static void says_how_long_a_unit_is_at_a_station(void **state)
{
	CLEANUP(config_free) struct config *c = load("");
	static const char *const words[] = {"in to out, at most 90s, waits 2s for late samples",
		"in to the next unit's, at most 1min, which closes it where that is missing",
		"from the unit before it to out, at most 30s"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_station(&b, &c->lines[0].plan, &c->lines[0].plan.stations[i]);
		assert_string_equal(buf_text(&b), words[i]);
	}
}

static void says_which_lot_is_meant(void **state)
{
	CLEANUP(config_free) struct config *c = load("");
	static const char *const words[] = {"start.lot",
		"feeder.glue, as loaded at the unit's start",
		"feeder.dye, as loaded 40s before its enter at oven"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_lot(&b, &c->lines[0].plan, &c->lines[0].plan.lots[i]);
		assert_string_equal(buf_text(&b), words[i]);
	}
}

static void says_when_a_unit_is_scored(void **state)
{
	static const struct {
		const char *unit, *words;
	} rows[] = {
		{"", "scored when complete, at the latest 5min after its opening, remembered 1d"},
		{"'unit': {'ready': {'on': 'qc'}, 'again': '12h'},",
			"scored at the first qc, at the latest 5min after its opening, remembered "
			"12h"},
		{"'unit': {'ready': {'on': 'out', 'grace': '3s'}, 'deadline': '10min'},",
			"scored 3s after the first out, at the latest 10min after its opening, "
			"remembered 1d"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(config_free) struct config *c = load(rows[i].unit);
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_unit(&b, &c->lines[0].plan);
		assert_string_equal(buf_text(&b), rows[i].words);
	}
}

static void says_what_a_label_means(void **state)
{
	CLEANUP(config_free) struct config *c = load("");
	static const char *const words[] = {
		"qc.value  (defect: \"NG\", 2, true; all else is good; the worst counts)",
		"start.x  (defect: 0; good: 1; the worst counts)"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		plan_words_label(&b, &c->lines[0].plan, &c->lines[0].plan.labels[i]);
		assert_string_equal(buf_text(&b), words[i]);
	}
}

static void units_by_the_clock_are_scored_at_once(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json", "{'line': 'l', 'sources': {'s': {'topic': 's'}},"
			       " 'unit': {'every': '10s'}, 'features': [{'name': 'x',"
			       "  'from': 's.x', 'over': '10s', 'take': 'mean'}]}");
	c = folder_load("");
	buf_init(&b);
	plan_words_unit(&b, &c->lines[0].plan);
	assert_string_equal(buf_text(&b), "one every 10s, scored at once");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(says_where_a_feature_comes_from),
		IN_FOLDER(says_what_a_source_is),
		IN_FOLDER(says_how_long_a_unit_is_at_a_station),
		IN_FOLDER(says_which_lot_is_meant),
		IN_FOLDER(says_when_a_unit_is_scored),
		IN_FOLDER(says_what_a_label_means),
		IN_FOLDER(units_by_the_clock_are_scored_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
