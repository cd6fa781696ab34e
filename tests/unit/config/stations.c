/* What line files say of stations, windows, lots, labels and the life of units, and what comes out
 * of them. */
#include "tests/unit/config/folder.h"

/* Sources and stations of every kind; the rest is put behind them. */
static const char head[] =
	"{'line': 'press-3', 'sources': {"
	" 'begin': {'topic': 'start/{unit}', 'time': '/t'},"
	" 'in': {'topic': 'in', 'unit': '/u', 'time': '/t'},"
	" 'out': {'topic': 'out', 'unit': '/u', 'time': '/t'},"
	" 'end': {'topic': 'end/{unit}', 'time': '/t'},"
	" 'oven': {'topic': 'oven/{tag}', 'time': '/t'},"
	" 'feeder': {'topic': 'feeder', 'time': '/t'},"
	" 'qc': {'topic': 'qc/{unit}', 'time': '/t'},"
	" 'saw': {'topic': 'saw/{unit}', 'time': '/t'}},"
	"'stations': {"
	" 'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '90s', 'reorder': '2s',"
	"          'no_exit': 'close'},"
	" 'belt': {'enter': 'in', 'max_dwell': '60s'},"
	" 'cooler': {'exit': 'out', 'look_back': '30s'}},";
enum { BEGIN, IN, OUT, END, OVEN, FEEDER, QC, SAW };
enum { OVEN_STATION, BELT, COOLER };

/* Of sources that nothing uses `check` warns; here that is of no interest. */
static const struct plan *load_rest(struct config **c, const char *rest)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(buf_deinit) struct buf text;
	char line[4000];

	config_free(*c);
	*c = NULL;
	snprintf(line, sizeof(line), "%s %s}", head, rest);
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json", line);
	buf_init(&text);
	if (config_load(c, "defectd.json", &report) < 0) {
		config_report_text(&report, &text);
		fail_msg("%s", buf_text(&text));
	}
	return &(*c)->lines[0].plan;
}

#define LEAST "'features': [{'name': 'x', 'from': 'begin.x'}]"

static void stations_are_sources_and_durations(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c, LEAST);
	const struct station *s = plan->stations;

	(void)state;
	assert_string_equal(plan->line, "press-3");
	assert_int_equal(plan->station_count, 3);
	assert_string_equal(s[OVEN_STATION].name, "oven");
	assert_int_equal(s[OVEN_STATION].enter, IN);
	assert_int_equal(s[OVEN_STATION].exit, OUT);
	assert_int_equal(s[OVEN_STATION].max_dwell_ms, 90000);
	assert_int_equal(s[OVEN_STATION].reorder_ms, 2000);
	assert_true(s[OVEN_STATION].no_exit_closes);
	assert_int_equal(s[BELT].enter, IN);
	assert_true(s[BELT].exit == NO_INDEX);
	assert_int_equal(s[BELT].reorder_ms, 0);
	assert_false(s[BELT].no_exit_closes);
	assert_true(s[COOLER].enter == NO_INDEX);
	assert_int_equal(s[COOLER].exit, OUT);
	assert_int_equal(s[COOLER].look_back_ms, 30000);
}

static const struct {
	const char *keys;
	struct window window;
} windows[] = {
	{"", {.anchor = WINDOW_START}},
	{"'ago': '5s'", {.anchor = WINDOW_START, .ago_ms = 5000}},
	{"'at': 'start', 'over': '60s', 'ago': '5s'",
		{.anchor = WINDOW_START, .ago_ms = 5000, .over_ms = 60000, .has_over = true}},
	{"'during': 'belt'", {.anchor = WINDOW_DURING, .station = BELT}},
	{"'during': 'oven', 'hold': '10min'",
		{.anchor = WINDOW_DURING, .hold_ms = 600000, .has_hold = true}},
	{"'at': 'belt.enter'", {.anchor = WINDOW_ENTER, .station = BELT}},
	{"'at': 'belt.exit', 'over': '1ms'",
		{.anchor = WINDOW_EXIT, .station = BELT, .over_ms = 1, .has_over = true}},
	{"'at': 'cooler.exit'", {.anchor = WINDOW_EXIT, .station = COOLER}},
	{"'at': 'end', 'hold': '0s'", {.anchor = WINDOW_SOURCE, .source = END}},
};

static void windows_are_at_stations_or_before_a_moment(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		CLEANUP(config_free) struct config *c = NULL;
		const struct window *got, *w = &windows[i].window;
		bool is_at_station = w->anchor == WINDOW_DURING || w->anchor == WINDOW_ENTER ||
				     w->anchor == WINDOW_EXIT;
		const struct plan *plan;
		char rest[300];

		snprintf(rest, sizeof(rest),
			"'features': [{'name': 'x', 'from': 'begin.x'},"
			" {'name': 'y', 'from': 'oven.temp'%s%s}]",
			windows[i].keys[0] ? ", " : "", windows[i].keys);
		plan = load_rest(&c, rest);
		got = &plan->features[1].window;
		assert_int_equal(plan->features[1].kind, FEATURE_STREAM);
		assert_int_equal(plan->features[1].source, OVEN);
		assert_string_equal(plan->features[1].field, "temp");
		assert_int_equal(plan->features[1].take, TAKE_LAST);
		assert_int_equal(got->anchor, w->anchor);
		assert_true(got->station == (is_at_station ? w->station : NO_INDEX));
		assert_true(got->source == (w->anchor == WINDOW_SOURCE ? w->source : NO_INDEX));
		assert_int_equal(got->ago_ms, w->ago_ms);
		assert_int_equal(got->over_ms, w->over_ms);
		assert_int_equal(got->has_over, w->has_over);
		assert_int_equal(got->hold_ms, w->hold_ms);
		assert_int_equal(got->has_hold, w->has_hold);
	}
}

static void a_list_of_takes_makes_a_feature_each(void **state)
{
	static const char *const names[] = {
		"x", "t_mean", "t_max", "t_count", "h", "v_p95", "mode"};
	static const enum take takes[] = {
		TAKE_LAST, TAKE_MEAN, TAKE_MAX, TAKE_COUNT, TAKE_SLOPE, TAKE_P95, TAKE_FIRST};
	static const size_t elements[] = {0, 1, 1, 1, 2, 3, 4};
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c,
		"'features': [{'name': 'x', 'from': 'begin.x'},"
		" {'name': 't', 'from': 'oven.t', 'during': 'oven', 'min_samples': 5, 'min': 0,"
		"  'max': 9, 'missing': 'impute', 'hold': '1s', 'take': ['mean', 'max', 'count']},"
		" {'name': 'h', 'from': 'oven.h', 'over': '9s', 'take': 'slope'},"
		" {'name': 'v', 'from': 'oven.v', 'over': '9s', 'take': ['p95']},"
		" {'name': 'mode', 'from': 'feeder.mode', 'type': 'text', 'over': '9s',"
		"  'take': 'first'}]");

	(void)state;
	assert_int_equal(plan->feature_count, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(plan->features[i].name, names[i]);
		assert_int_equal(plan->features[i].take, takes[i]);
		assert_int_equal(c->lines[0].feature_at[i], elements[i]);
	}
	for (size_t i = 1; i <= 3; i++) {
		const struct feature *f = &plan->features[i];

		assert_string_equal(f->field, "t");
		assert_int_equal(f->min_samples, 5);
		assert_true(f->has_min && f->has_max && f->impute);
		assert_float_equal(f->max, 9, 0);
		assert_int_equal(f->window.anchor, WINDOW_DURING);
	}
	assert_int_equal(plan->features[4].min_samples, 0);
	assert_true(plan->features[6].is_text);
}

static void lots_are_named_by_units_or_loaded(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c, "'lots': {'resin': {'bind': 'begin.lot'},"
						" 'glue': {'bind': 'feeder.glue'},"
						" 'dye': {'bind': 'oven.dye', 'at': 'belt',"
						"         'delay': '40s'}}," LEAST);
	const struct lot *l = plan->lots;

	(void)state;
	assert_int_equal(plan->lot_count, 3);
	assert_false(l[0].is_loaded);
	assert_int_equal(l[0].bind_source, BEGIN);
	assert_true(l[0].at == NO_INDEX);
	assert_true(l[1].is_loaded);
	assert_int_equal(l[1].bind_source, FEEDER);
	assert_string_equal(l[1].bind_field, "glue");
	assert_true(l[1].at == NO_INDEX);
	assert_int_equal(l[1].delay_ms, 0);
	assert_true(l[2].is_loaded);
	assert_int_equal(l[2].at, BELT);
	assert_int_equal(l[2].delay_ms, 40000);
}

static void units_are_complete_or_ready_on_a_source(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c, LEAST);

	(void)state;
	assert_true(plan->unit.ready_on == NO_INDEX);
	assert_int_equal(plan->unit.every_ms, 0);
	plan = load_rest(&c, "'unit': {'ready': 'complete'}, " LEAST);
	assert_true(plan->unit.ready_on == NO_INDEX);
	plan = load_rest(&c, "'unit': {'ready': {'on': 'end'}}, " LEAST);
	assert_int_equal(plan->unit.ready_on, END);
	assert_int_equal(plan->unit.grace_ms, 0);
	plan = load_rest(&c, "'unit': {'ready': {'on': 'end', 'grace': '3s'}}, " LEAST);
	assert_int_equal(plan->unit.grace_ms, 3000);
}

static void units_may_be_made_by_the_clock(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;

	(void)state;
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json",
		"{'line': 'l', 'sources': {'s': {'topic': 's'}, 'lab': {'topic': 'lab/{lot}'},"
		"  'qc': {'topic': 'qc/{unit}'}}, 'unit': {'every': '10s'},"
		" 'lots': {'m': {'bind': 's.lot', 'delay': '5s'}},"
		" 'features': [{'name': 'x', 'from': 's.x', 'over': '10s', 'take': 'mean'},"
		"  {'name': 'y', 'from': 'lab.y', 'lot': 'm'}],"
		" 'label': {'from': 'qc.result', 'defect': ['NG']}}");
	c = folder_load("");
	assert_int_equal(c->lines[0].plan.unit.every_ms, 10000);
	for (size_t i = 0; i < 3; i++)
		assert_false(c->lines[0].plan.sources[i].opens);
}

static void labels_are_values_of_a_field(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c,
		"'label': {'from': 'qc.result', 'defect': ['NG', 0, false], 'good': ['OK'],"
		" 'class': 'qc.kind', 'by': 'qc.by', 'why': 'qc.why'}, " LEAST);
	const struct label_rule *l = plan->labels;

	(void)state;
	assert_int_equal(plan->label_count, 1);
	assert_false(plan->label_worst);
	assert_int_equal(l->source, QC);
	assert_string_equal(l->field, "result");
	assert_int_equal(l->defect.count, 3);
	assert_string_equal(l->defect.v[0].text, "NG");
	assert_int_equal(l->defect.v[2].kind, SCALAR_BOOL);
	assert_int_equal(l->good.count, 1);
	assert_string_equal(l->class_field, "kind");
	assert_string_equal(l->by_field, "by");
	assert_string_equal(l->why_field, "why");
	plan = load_rest(&c, "'label': [{'from': 'qc.result', 'defect': [1]},"
			     " {'from': 'end.scrap', 'defect': [1], 'combine': 'worst'}], " LEAST);
	assert_int_equal(plan->label_count, 2);
	assert_true(plan->label_worst);
	assert_int_equal(plan->labels[1].source, END);
	assert_int_equal(plan->labels[0].good.count, 0);
	assert_null(plan->labels[0].by_field);
}

/* A source that is only looked at opens no unit. */
static void features_lots_and_stations_open_units_labels_and_ready_do_not(void **state)
{
	static const bool opens[] = {[BEGIN] = true, [IN] = true, [OUT] = true, [SAW] = true};
	CLEANUP(config_free) struct config *c = NULL;
	const struct plan *plan = load_rest(&c,
		"'label': {'from': 'qc.result', 'defect': [1]},"
		" 'unit': {'ready': {'on': 'end'}}, 'lots': {'m': {'bind': 'saw.lot'}},"
		" 'features': [{'name': 'x', 'from': 'begin.x'},"
		"  {'name': 'y', 'from': 'oven.y', 'at': 'end'}]");

	(void)state;
	for (size_t i = 0; i < plan->source_count; i++)
		assert_int_equal(plan->sources[i].opens, i < ARRAY_LEN(opens) && opens[i]);
	plan = load_rest(&c, "'unit': {'open': ['in', 'begin']}, " LEAST);
	for (size_t i = 0; i < plan->source_count; i++)
		assert_int_equal(plan->sources[i].opens, i == IN || i == BEGIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(stations_are_sources_and_durations),
		IN_FOLDER(windows_are_at_stations_or_before_a_moment),
		IN_FOLDER(a_list_of_takes_makes_a_feature_each),
		IN_FOLDER(lots_are_named_by_units_or_loaded),
		IN_FOLDER(units_are_complete_or_ready_on_a_source),
		IN_FOLDER(units_may_be_made_by_the_clock),
		IN_FOLDER(labels_are_values_of_a_field),
		IN_FOLDER(features_lots_and_stations_open_units_labels_and_ready_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
