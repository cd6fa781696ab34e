/* Every refusal of a line file, with its sentence. */
#include "tests/unit/config/folder.h"

/* A sound line with room for what is tried: each row puts its texts where the % are. */
static const char skeleton[] =
	"{'line': 'l',"
	" 'sources': {'start': {'topic': 'p/{unit}/start', 'fields': {'x': '/x', 'batch': '/b'}},"
	"  'lab': {'topic': 'lab/{lot}', 'fields': {'visc': '/v'}},"
	"  'scale': {'topic': 'scale/{unit}', 'format': 'number'} %s},"
	" 'lots': {'resin': {'bind': 'start.batch'} %s},"
	" 'features': [{'name': 'x', 'from': 'start.x'},"
	"  {'name': 'visc', 'from': 'lab.visc', 'lot': 'resin'},"
	"  {'name': 'kg', 'from': 'scale.value'} %s] %s}";

struct refused_line {
	const char *sources, *lots, *features, *top;
	const char *expected; /* behind "l.json: " */
};

#define SOURCE(text) ", 's': {" text "}", "", "", ""
#define SOURCES(text) ", " text, "", "", ""
#define LOT(text) "", ", " text, "", ""
#define FEATURE(text) "", "", ", {" text "}", ""
#define TOP(text) "", "", "", ", " text
#define LATER " not part of this version yet; remove the key"
#define ID "a pointer such as \"/serial\" or a capture of the topic such as \"{unit}\""

static const struct refused_line of_sources[] = {
	{SOURCE("'qos': 1"), "/sources/s: \"topic\" is missing: what to subscribe to"},
	{SOURCE("'topic': 'a/{unit}', 'qos': 2"),
		"/sources/s/qos: is 2, allowed is a whole number, from 0 to 1"},
	{SOURCE("'topic': 'a/{unit}', 'topc': 'x'"),
		"/sources/s/topc: unknown key, did you mean \"topic\"?"},
	{SOURCE("'topic': 'a/{unit}', 'format': 'xml'"),
		"/sources/s/format: is \"xml\", allowed is \"json\" or \"number\""},
	{SOURCE("'topic': 'a/{unit}', 'format': 'text'"),
		"/sources/s/format: \"text\" is not part of this version yet"},
	{SOURCE("'topic': 'a/{unit}', 'time': '/t', 'time_format': 'us'"),
		"/sources/s/time_format: \"us\" is not part of this version yet"},
	{SOURCE("'topic': 'a/{unit}', 'time_format': 'ms'"),
		"/sources/s/time_format: goes with \"time\", the pointer to it, which is missing"},
	{SOURCE("'topic': 'a/{unit}', 'time': 'ts'"),
		"/sources/s/time: is \"ts\", allowed is a pointer into the payload such as "
		"\"/temp\" (RFC 6901)"},
	{SOURCE("'topic': 'a/b'"),
		"/sources/s: carries neither a unit nor a lot: streams of the line are not part of "
		"this version yet; add \"unit\" or \"lot\", or capture {unit} or {lot} in the "
		"topic"},
	{SOURCE("'topic': 'a/b', 'unit': '/u', 'lot': '/l'"),
		"/sources/s: has both \"unit\" and \"lot\": its values belong to the one or to the "
		"other, remove one of the two"},
	{SOURCE("'topic': 'a/b', 'unit': 'serial'"),
		"/sources/s/unit: is \"serial\", allowed is " ID},
	{SOURCE("'topic': 'a/b', 'unit': 7"), "/sources/s/unit: is 7, allowed is " ID},
	{SOURCE("'topic': 'a/{serial}', 'unit': '{seral}'"),
		"/sources/s/unit: the topic captures no {seral}, did you mean \"serial\"?"},
	{SOURCE("'topic': 'a/b', 'lot': '{lot}'"),
		"/sources/s/lot: the topic captures no {lot}, there are none"},
	{SOURCE("'topic': 'a/b', 'unit': '{/order}-{/cycle}'"),
		"/sources/s/unit: is \"{/order}-{/cycle}\": ids put together by a template are not "
		"part of this version yet, allowed is " ID},
	{SOURCE("'topic': 'a/b', 'unit': '{/order}'"),
		"/sources/s/unit: is \"{/order}\": ids put together by a template are not part of "
		"this version yet, allowed is " ID},
	{SOURCE("'topic': 'a/b', 'unit': '/u', 'format': 'number'"),
		"/sources/s/unit: a payload that is a number holds no pointer's value"},
	{SOURCE("'topic': 'a/{unit}', 'value': '/v'"),
		"/sources/s/value: goes with a \"tag\", and this source has none; name the value "
		"in \"fields\" instead"},
	{SOURCE("'topic': 'a/{unit}/{tag}', 'format': 'number', 'value': '/v'"),
		"/sources/s/value: the payload itself is the number; remove the key"},
	{SOURCE("'topic': 'a/{unit}/{tag}', 'fields': {'a': '/a'}"),
		"/sources/s/fields: a source with a tag has one value, at \"value\"; remove the "
		"key"},
	{SOURCE("'topic': 'a/{unit}', 'format': 'number', 'fields': {'a': '/a'}"),
		"/sources/s/fields: a payload that is a number has one value, called \"value\"; "
		"remove the key"},
	{SOURCE("'topic': 'a/{unit}', 'format': 'number', 'time': '/t'"),
		"/sources/s/time: a payload that is a number holds no time; remove the key"},
	{SOURCE("'topic': 'a/{unit}', 'fields': {}"),
		"/sources/s/fields: is empty; without the key every member of the payload is read"},
	{SOURCE("'topic': 'a/{unit}', 'fields': {'a': 'a'}"),
		"/sources/s/fields/a: is \"a\", allowed is a pointer into the payload such as "
		"\"/temp\" (RFC 6901)"},
	{SOURCE("'topic': 'a/{unit}', 'each': '/v'"),
		"/sources/s/each: taking arrays apart is" LATER},
	{SOURCE("'topic': 'a/{unit}', 'when': {}"),
		"/sources/s/when: conditions on messages are" LATER},
	{SOURCE("'topic': 'a/{unit}', 'quality': {}"),
		"/sources/s/quality: quality flags are" LATER},
	{SOURCE("'topic': 'a/{unit}', 'journal': false"),
		"/sources/s/journal: sources without a journal are" LATER},
	{SOURCE("'topic': 'a/{unit}', 'shift': '-20s'"),
		"/sources/s/shift: shifted times are" LATER},
	{SOURCE("'topic': 'a/{unit}', 'time_zone': 'UTC'"),
		"/sources/s/time_zone: time zones are" LATER},
	{SOURCES("'s': 'a/{unit}'"), "/sources/s: is \"a/{unit}\", allowed is an object"},
	{SOURCES("'Oven': {'topic': 'a/{unit}'}"),
		"/sources/Oven: is no name for a source, allowed is a to z, then at most 47 of a "
		"to z, 0 to 9, _ and -"},
	{SOURCES("'lot': {'topic': 'a/{unit}'}"),
		"/sources/lot: no source may be called \"lot\": \"lot.<name>\" is the id of a lot"},
	{SOURCES("'a-b': {'topic': 'a/{unit}'}, 'a_b': {'topic': 'a/{unit}'}"),
		"/sources/a_b: falls together with \"a-b\": - and _ count as the same"},
};

static const struct refused_line of_lots[] = {
	{LOT("'r': {}"), "/lots/r: \"bind\" is missing: the field of a unit that names its lot, "
			 "such as \"start.resin_lot\""},
	{LOT("'r': {'bind': 'start.batch', 'at': 'oven'}"),
		"/lots/r/at: lots bound at a station are" LATER},
	{LOT("'r': {'bind': 'start.batch', 'delay': '1s'}"),
		"/lots/r/delay: lots that arrive with a delay are" LATER},
	{LOT("'r': {'bind': 'batch'}"), "/lots/r/bind: is \"batch\", allowed is <source>.<field>"},
	{LOT("'r': {'bind': 'strat.batch'}"),
		"/lots/r/bind: there is no source \"strat\", did you mean \"start\"?"},
	{LOT("'r': {'bind': 'start.lot'}"),
		"/lots/r/bind: the source \"start\" has no field \"lot\", allowed are x, batch"},
	{LOT("'r': {'bind': 'lab.visc'}"),
		"/lots/r/bind: \"lab\" is a source of lots; a unit's lot is named by a field of a "
		"source that carries units"},
	{LOT("'R 1': {'bind': 'start.batch'}"),
		"/lots/R 1: is no name for a lot, allowed is a to z, then at most 47 of a to z, "
		"0 to 9 and _"},
};

static const struct refused_line of_features[] = {
	{FEATURE("'from': 'start.x'"),
		"/features/3: \"name\" is missing: what the value is called"},
	{FEATURE("'name': 'y'"), "/features/3: \"from\" is missing: the signal it comes from, such "
				 "as \"start.thickness\""},
	{FEATURE("'name': 'oven-temp', 'from': 'start.x'"),
		"/features/3/name: is \"oven-temp\", allowed is a to z, then at most 47 of a to z, "
		"0 to 9 and _"},
	{FEATURE("'name': 'x', 'from': 'start.x'"),
		"/features/3/name: there is a feature \"x\" already"},
	{FEATURE("'name': 'verdict', 'from': 'start.x'"),
		"/features/3/name: \"verdict\" is a column that every table of units has, choose "
		"another name"},
	{FEATURE("'name': 'rowid', 'from': 'start.x'"),
		"/features/3/name: \"rowid\" is a column that every table of units has, choose "
		"another name"},
	{FEATURE("'name': 'y', 'from': 'begin.x'"),
		"/features/3/from: there is no source \"begin\", allowed are start, lab, scale"},
	{FEATURE("'name': 'y', 'from': 'start.bach'"),
		"/features/3/from: the source \"start\" has no field \"bach\", did you mean "
		"\"batch\"?"},
	{FEATURE("'name': 'y', 'from': 'scale.kg'"),
		"/features/3/from: the source \"scale\" has no field \"kg\", allowed are value"},
	{FEATURE("'name': 'y', 'from': 'lot.resn'"),
		"/features/3/from: there is no lot \"resn\", did you mean \"resin\"?"},
	{FEATURE("'name': 'y', 'from': 'lot.resin', 'type': 'number'"),
		"/features/3/type: is \"number\", but the id of a lot is text"},
	{FEATURE("'name': 'y', 'from': 'lot.resin', 'lot': 'resin'"),
		"/features/3/lot: the id of a lot has its lot in \"from\"; remove the key"},
	{FEATURE("'name': 'y', 'from': 'lot.resin', 'max': 5"),
		"/features/3: min and max are for numbers, and the id of a lot is text"},
	{FEATURE("'name': 'y', 'from': 'start.x', 'lot': 'resin'"),
		"/features/3/lot: \"start\" is a source of units, a lot means nothing here; remove "
		"the key"},
	{FEATURE("'name': 'y', 'from': 'lab.visc'"),
		"/features/3: \"lab\" is a source of lots; say with \"lot\" which of the unit's "
		"lots is meant"},
	{FEATURE("'name': 'y', 'from': 'lab.visc', 'lot': 'steel'"),
		"/features/3/lot: there is no lot \"steel\", allowed are resin"},
	{FEATURE("'name': 'y', 'from': 'start.x', 'type': 'text', 'min': 0"),
		"/features/3: min and max are for numbers, and this feature is text"},
	{FEATURE("'name': 'y', 'from': 'start.x', 'min': 5, 'max': 4"),
		"/features/3: min is above max"},
	{FEATURE("'name': 'y', 'from': 'start.x', 'min': '5'"),
		"/features/3/min: is \"5\", allowed is a number"},
	{FEATURE("'name': 'y', 'from': 'scale.value', 'type': 'text'"),
		"/features/3/type: is \"text\", but the source \"scale\" sends numbers"},
	{FEATURE("'name': 'y', 'from': 'start.x', 'type': 'real'"),
		"/features/3/type: is \"real\", allowed is \"number\" or \"text\""},
	{FEATURE("'name': 'y', 'from': 'start.x', 'missing': 'drop'"),
		"/features/3/missing: is \"drop\", allowed is \"reject\" or \"impute\""},
	{FEATURE("'name': 'y', 'from': 'start.x', 'during': 'oven'"),
		"/features/3/during: windows at a station are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'ago': '0s'"),
		"/features/3/ago: windows over time are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'over': '60s'"),
		"/features/3/over: windows over time are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'at': 'start'"),
		"/features/3/at: windows over time are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'take': ['mean']"),
		"/features/3/take: aggregates of a window are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'hold': '1s'"),
		"/features/3/hold: windows over time are" LATER},
	{FEATURE("'name': 'y', 'from': 'start.x', 'min_samples': 5"),
		"/features/3/min_samples: windows over time are" LATER},
};

static const struct refused_line of_the_rest[] = {
	{TOP("'stations': {}"), "/stations: stations are" LATER},
	{TOP("'label': {}"), "/label: labels are" LATER},
	{TOP("'alarms': {}"), "/alarms: alarms are" LATER},
	{TOP("'retrain': {}"), "/retrain: retraining is" LATER},
	{TOP("'publish': 'a/#'"),
		"/publish: is \"a/#\", allowed is a topic without + and #, not begun with $ and "
		"not ended with /"},
	{TOP("'model': null"), "/model: is null, allowed is a text that is not empty"},
	{TOP("'lables': {}"), "/lables: unknown key, allowed are line, model, publish, sources, "
			      "lots, unit, features, decide"},
	{TOP("'unit': {'deadlin': '5s'}"),
		"/unit/deadlin: unknown key, did you mean \"deadline\"?"},
	{TOP("'unit': {'deadline': '0ms'}"),
		"/unit/deadline: is \"0ms\", allowed is a duration such as \"90s\", from 1ms to "
		"365d"},
	{TOP("'unit': {'every': '10s'}"), "/unit/every: units by the clock are" LATER},
	{TOP("'unit': {'ready': {'on': 'start'}}"),
		"/unit/ready: a unit that is ready on a source is not part of this version yet"},
	{TOP("'unit': {'ready': 'exit'}"), "/unit/ready: is \"exit\", allowed is \"complete\""},
	{TOP("'unit': {'open': []}"), "/unit/open: is empty: no unit would ever open"},
	{TOP("'unit': {'open': ['begin']}"),
		"/unit/open/0: there is no source \"begin\", allowed are start, lab, scale"},
	{TOP("'unit': {'open': ['lab']}"),
		"/unit/open/0: \"lab\" is a source of lots, it opens no unit"},
	{TOP("'unit': {'open': [5]}"), "/unit/open/0: is 5, allowed is the name of a source"},
	{TOP("'decide': {'threshold': 1.5}"),
		"/decide/threshold: is 1.5, allowed is a number, from 0 to 1"},
	{TOP("'decide': {'unsure': -0.1}"),
		"/decide/unsure: is -0.1, allowed is a number, from 0 to 1"},
	{TOP("'decide': {'max_imputed': 0.5}"),
		"/decide/max_imputed: is 0.5, allowed is a whole number, from 0 to 1900"},
	{TOP("'decide': {'alert_on': 'defect'}"),
		"/decide/alert_on: is \"defect\", allowed is an array"},
	{TOP("'decide': {'alert_on': ['pass']}"),
		"/decide/alert_on/0: is \"pass\", allowed is \"defect\" or \"unsure\" or "
		"\"not_scored\""},
	{TOP("'decide': {'alert_on': ['defect', 'defect']}"),
		"/decide/alert_on/1: stands here twice"},
	{TOP("'decide': {'prediction_qos': 2}"),
		"/decide/prediction_qos: is 2, allowed is a whole number, from 0 to 1"},
};

static void load_and_compare(const char *line, const char *expected)
{
	char report[600];

	folder_write("l.json", line);
	snprintf(report, sizeof(report), "l.json: %s\n", expected);
	assert_null(folder_load(report));
}

static void assert_all(const struct refused_line *rows, size_t count)
{
	char line[1200];

	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	for (size_t i = 0; i < count; i++) {
		snprintf(line, sizeof(line), skeleton, rows[i].sources, rows[i].lots,
			rows[i].features, rows[i].top);
		load_and_compare(line, rows[i].expected);
	}
}

static void the_skeleton_itself_is_sound(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	char line[1200];

	(void)state;
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	snprintf(line, sizeof(line), skeleton, "", "", "", "");
	folder_write("l.json", line);
	c = folder_load("");
	assert_non_null(c);
}

static void refuses_sources(void **state)
{
	(void)state;
	assert_all(of_sources, ARRAY_LEN(of_sources));
}

static void refuses_lots(void **state)
{
	(void)state;
	assert_all(of_lots, ARRAY_LEN(of_lots));
}

static void refuses_features(void **state)
{
	(void)state;
	assert_all(of_features, ARRAY_LEN(of_features));
}

static void refuses_the_rest(void **state)
{
	(void)state;
	assert_all(of_the_rest, ARRAY_LEN(of_the_rest));
}

static void refuses_a_source_that_opens_nothing(void **state)
{
	static const struct refused_line row = {", 'qc': {'topic': 'qc/{unit}'}", "", "",
		", 'unit': {'open': ['qc']}",
		"/unit/open/0: \"qc\" opens no unit: no feature and no lot uses it"};

	(void)state;
	assert_all(&row, 1);
}

static void says_nothing_of_what_refers_to_a_broken_source_or_lot(void **state)
{
	static const struct refused_line rows[] = {
		{", 's': {'topic': 'a/{unit}', 'fields': {'a': 5, 'c': '/c'}}", "",
			", {'name': 'b', 'from': 's.a'}", "",
			"/sources/s/fields/a: is 5, allowed is a pointer into the payload such as "
			"\"/temp\" (RFC 6901)"},
		{"", ", 'm': {'bnd': 'start.x', 'bind': 'start.x'}",
			", {'name': 'b', 'from': 'lot.m'}", "",
			"/lots/m/bnd: unknown key, did you mean \"bind\"?"},
	};

	(void)state;
	assert_all(rows, ARRAY_LEN(rows));
}

static void says_what_the_topic_template_says(void **state)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *c = NULL;

	(void)state;
	folder_write("defectd.json", "{'lines': ['l.json']}");
	folder_write("l.json", "{'line': 'l', 'sources': {'s': {'topic': 'p/#/{unit}'}},"
			       " 'features': [{'name': 'x', 'from': 's.x'}]}");
	assert_int_equal(config_load(&c, "defectd.json", &report), -22);
	assert_int_equal(report.count, 1);
	assert_string_equal(report.problems[0].where, "/sources/s/topic");
	assert_true(report.problems[0].what[0] != '\0');
}

static void a_line_needs_a_name_sources_and_features(void **state)
{
	(void)state;
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	load_and_compare("{'sources': {'s': {'topic': 'p/{unit}'}},"
			 " 'features': [{'name': 'x', 'from': 's.x'}]}",
		"\"line\" is missing: the name of the line");
	load_and_compare("{'line': 'Press 3', 'sources': {'s': {'topic': 'p/{unit}'}},"
			 " 'features': [{'name': 'x', 'from': 's.x'}]}",
		"/line: is \"Press 3\", allowed is a to z, then at most 47 of a to z, 0 to 9, _ "
		"and -");
	load_and_compare("{'line': 'l', 'sources': {}, 'features': [{'name': 'x', 'from': 's.x'}]}",
		"/sources: is empty; a line needs at least one source");
	load_and_compare("{'line': 'l', 'sources': {'s': {'topic': 'p/{unit}'}}, 'features': []}",
		"/features: is empty; a line needs at least one feature");
	load_and_compare("{'line': 'l'}",
		"\"sources\" is missing: the topics and how to read them\n"
		"l.json: \"features\" is missing: the values of a unit that are recorded and "
		"scored");
}

static void holds_at_most_as_many_features_as_the_limit_says(void **state)
{
	(void)state;
	folder_write("defectd.json",
		"{'instance': 'gw', 'lines': ['l.json'], 'limits': {'features': 1}}");
	load_and_compare(
		"{'line': 'l', 'sources': {'s': {'topic': 'p/{unit}'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}, {'name': 'y', 'from': 's.y'}]}",
		"/features: holds 2 features, allowed are 1 (\"limits\" of the gateway)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(the_skeleton_itself_is_sound),
		IN_FOLDER(refuses_sources),
		IN_FOLDER(refuses_lots),
		IN_FOLDER(refuses_features),
		IN_FOLDER(refuses_the_rest),
		IN_FOLDER(refuses_a_source_that_opens_nothing),
		IN_FOLDER(says_nothing_of_what_refers_to_a_broken_source_or_lot),
		IN_FOLDER(says_what_the_topic_template_says),
		IN_FOLDER(a_line_needs_a_name_sources_and_features),
		IN_FOLDER(holds_at_most_as_many_features_as_the_limit_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
