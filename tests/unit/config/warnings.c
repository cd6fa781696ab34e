/* What is allowed in a line file and hardly meant: the warnings. */
#include "tests/unit/config/folder.h"

/* `start` and `temp` are the keys of the two sources, `rest` what follows them. */
static void load(const char *start, const char *temp, const char *rest, const char *expected_report)
{
	CLEANUP(config_free) struct config *c = NULL;
	char line[2000];

	snprintf(line, sizeof(line),
		"{'line': 'l', 'sources': {'start': {'topic': 'start/{unit}'%s},"
		" 'in': {'topic': 'in/{unit}'%s}, 'out': {'topic': 'out/{unit}'%s},"
		" 'temp': {'topic': 'temp'%s}}, %s}",
		start, start, start, temp, rest);
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json", line);
	c = folder_load(expected_report);
	assert_non_null(c);
}

#define OWN ", 'time': '/t'"
#define STATIONS "'stations': {'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '60s'}}, "
#define X "{'name': 'x', 'from': 'start.x'}"
#define MIXED(where, own, receipt)                                                              \
	"warning: l.json: " where ": mixes times: \"" own "\" has times of its own, \"" receipt \
	"\" is dated by receipt; what is late on its way falls into the wrong window\n"

static void windows_that_mix_times_of_their_own_and_of_receipt(void **state)
{
	static const char during[] = STATIONS "'features': [" X ", {'name': 't', 'from': 'temp.t',"
					      " 'during': 'oven', 'take': ['min', 'max']}]";
	static const char at_start[] =
		STATIONS "'features': [" X ", {'name': 't', 'from': 'temp.t', 'over': '5s'}]";
	static const char at_out[] = STATIONS "'features': [" X ", {'name': 't', 'from': 'temp.t',"
					      " 'at': 'out', 'over': '5s'}]";

	(void)state;
	load(OWN, OWN, during, "");
	load("", "", during, "");
	load(OWN, "", during, MIXED("/features/1", "in", "temp"));
	load("", OWN, during, MIXED("/features/1", "temp", "in"));
	load(OWN, OWN, at_start, "");
	load(OWN, "", at_start, MIXED("/features/1", "start", "temp"));
	load(OWN, OWN, at_out, "");
	load("", OWN, at_out, MIXED("/features/1", "temp", "out"));
}

static void lots_that_mix_them(void **state)
{
	static const char at_start[] =
		STATIONS "'lots': {'m': {'bind': 'temp.m'}}, 'features': [" X "]";
	static const char at_oven[] =
		STATIONS "'lots': {'m': {'bind': 'temp.m', 'at': 'oven'}}, 'features': [" X "]";

	(void)state;
	load(OWN, OWN, at_start, "");
	load(OWN, "", at_start, MIXED("/lots/m", "start", "temp"));
	load("", OWN, at_oven, MIXED("/lots/m", "temp", "in"));
}

static void sources_that_nothing_uses(void **state)
{
	(void)state;
	load("", "", "'features': [" X "]",
		"warning: l.json: /sources/in: no feature, lot, station or label uses this source\n"
		"warning: l.json: /sources/out: no feature, lot, station or label uses this "
		"source\n"
		"warning: l.json: /sources/temp: no feature and no lot uses this source\n");
	load("", "",
		"'label': {'from': 'in.x', 'defect': [1]}, 'unit': {'ready': {'on': 'out'}},"
		"'features': [" X ", {'name': 't', 'from': 'temp.t'}]",
		"");
}

static void an_exit_alone_that_may_reach_back_for_ever(void **state)
{
	static const char features[] =
		"'features': [" X ", {'name': 't', 'from': 'temp.t', 'at': 'in'}]";
	char rest[400];

	(void)state;
	snprintf(rest, sizeof(rest), "'stations': {'oven': {'exit': 'out'}}, %s", features);
	load("", "", rest,
		"warning: l.json: /stations/oven: has an exit alone and no \"look_back\": after a "
		"pause the window reaches back to the unit before it\n");
	snprintf(rest, sizeof(rest), "'stations': {'oven': {'exit': 'out', 'look_back': '9s'}}, %s",
		features);
	load("", "", rest, "");
}

static void a_deadline_that_comes_before_the_exit(void **state)
{
	static const char rest[] =
		"'stations': {'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '60s',"
		"  'reorder': '500ms'}}, 'unit': {'deadline': '%s'},"
		" 'features': [" X ", {'name': 't', 'from': 'temp.t', 'during': 'oven'}]";
	char text[400];

	(void)state;
	snprintf(text, sizeof(text), rest, "60s");
	load("", "", text,
		"warning: l.json: /stations/oven: a unit may stay 60500ms (max_dwell and reorder), "
		"but is scored 1min after its opening at the latest (the deadline of \"unit\")\n");
	snprintf(text, sizeof(text), rest, "60500ms");
	load("", "", text, "");
}

static void an_id_that_may_begin_anew_during_a_stay(void **state)
{
	static const char rest[] =
		"'stations': {'oven': {'enter': 'in', 'exit': 'out', 'max_dwell': '60s'}},"
		" 'unit': {'again': '%s'},"
		" 'features': [" X ", {'name': 't', 'from': 'temp.t', 'during': 'oven'}]";
	char text[400];

	(void)state;
	snprintf(text, sizeof(text), rest, "60s");
	load("", "", text,
		"warning: l.json: /stations/oven: a stay may be as long as the time after which an "
		"id begins a new unit (\"again\" of \"unit\"): its exit may then be another "
		"unit's\n");
	snprintf(text, sizeof(text), rest, "60001ms");
	load("", "", text, "");
}

static void a_grace_that_the_deadline_cuts_off(void **state)
{
	(void)state;
	load("", "",
		STATIONS "'unit': {'ready': {'on': 'out', 'grace': '70s'}, 'deadline': '70s'},"
			 "'features': [" X ", {'name': 't', 'from': 'temp.t', 'during': 'oven'}]",
		"warning: l.json: /unit/ready/grace: is no shorter than the deadline, which always "
		"comes first\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(windows_that_mix_times_of_their_own_and_of_receipt),
		IN_FOLDER(lots_that_mix_them),
		IN_FOLDER(sources_that_nothing_uses),
		IN_FOLDER(an_exit_alone_that_may_reach_back_for_ever),
		IN_FOLDER(a_deadline_that_comes_before_the_exit),
		IN_FOLDER(an_id_that_may_begin_anew_during_a_stay),
		IN_FOLDER(a_grace_that_the_deadline_cuts_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
