/* What line files say of sources, and what comes out of them. */
#include "tests/unit/config/folder.h"

/* A line with the source "s" beside one that a feature uses. */
static void write_source(const char *source)
{
	char line[2000];

	snprintf(line, sizeof(line),
		"{'line': 'l', 'sources': {'u': {'topic': 'u/{unit}', 'time': '/t'}, 's': {%s}},"
		" 'features': [{'name': 'x', 'from': 'u.x'}], 'unit': {'open': ['u']}}",
		source);
	folder_write("defectd.json", "{'instance': 'gw', 'lines': ['l.json']}");
	folder_write("l.json", line);
}

static const struct source *source_of(struct config **c, const char *source)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(buf_deinit) struct buf text;

	config_free(*c);
	*c = NULL;
	write_source(source);
	buf_init(&text);
	if (config_load(c, "defectd.json", &report) < 0) {
		config_report_text(&report, &text);
		fail_msg("%s", buf_text(&text));
	}
	return &(*c)->lines[0].plan.sources[1];
}

static void assert_pointer(const struct payload_pointer *p, const char *text, bool in_whole)
{
	assert_non_null(p->text);
	assert_string_equal(p->text, text);
	assert_int_equal(p->in_whole, in_whole);
}

static void a_source_without_unit_and_lot_is_a_stream(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c, "'topic': 'oven/temp', 'format': 'number'");

	(void)state;
	assert_int_equal(s->kind, SOURCE_STREAM);
	assert_int_equal(s->id.count, 0);
	assert_int_equal(s->tag.count, 0);
	assert_null(s->each);
	assert_int_equal(s->when_count, 0);
	assert_null(s->quality);
	assert_true(s->journal);
	assert_false(s->opens);
	assert_int_equal(s->shift_ms, 0);
}

static void pointers_look_into_the_element_or_the_whole(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s =
		source_of(&c, "'topic': 't', 'each': '/values', 'unit': '#/order', 'time': '#/ts',"
			      " 'fields': {'v': '/v', 'node': '#/node', 'all': '#', 'it': ''}");

	(void)state;
	assert_string_equal(s->each, "/values");
	assert_int_equal(s->kind, SOURCE_UNIT);
	assert_int_equal(s->id.parts[0].kind, ID_POINTER);
	assert_pointer(&s->id.parts[0].pointer, "/order", true);
	assert_pointer(&s->time, "/ts", true);
	assert_pointer(&s->fields[0].pointer, "/v", false);
	assert_pointer(&s->fields[1].pointer, "/node", true);
	assert_pointer(&s->fields[2].pointer, "", true);
	assert_pointer(&s->fields[3].pointer, "", false);
}

static void templates_are_put_together_of_parts(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c,
		"'topic': 't/{cycle}', 'each': '', 'unit': 'U-{/order}{cycle}/{#/n}-{key}!',"
		" 'tag': '{/name}', 'value': '#/v'");
	const struct id_part *p = s->id.parts;

	(void)state;
	assert_string_equal(s->each, "");
	assert_int_equal(s->id.count, 8);
	assert_int_equal(p[0].kind, ID_LITERAL);
	assert_string_equal(p[0].text, "U-");
	assert_int_equal(p[1].kind, ID_POINTER);
	assert_pointer(&p[1].pointer, "/order", false);
	assert_int_equal(p[2].kind, ID_CAPTURE);
	assert_int_equal(p[2].capture, 0);
	assert_string_equal(p[3].text, "/");
	assert_int_equal(p[4].kind, ID_POINTER);
	assert_pointer(&p[4].pointer, "/n", true);
	assert_string_equal(p[5].text, "-");
	assert_int_equal(p[6].kind, ID_KEY);
	assert_string_equal(p[7].text, "!");
	assert_int_equal(s->tag.count, 1);
	assert_pointer(&s->tag.parts[0].pointer, "/name", false);
	assert_pointer(&s->value, "/v", true);
}

/* A scanner that sends nothing but the serial number. */
static void a_payload_may_itself_be_the_id(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c, "'topic': 'scanner', 'format': 'text', 'unit': ''");

	(void)state;
	assert_ptr_equal(s->decoder, decoder_find("text"));
	assert_int_equal(s->id.count, 1);
	assert_int_equal(s->id.parts[0].kind, ID_POINTER);
	assert_pointer(&s->id.parts[0].pointer, "", false);
}

static void key_is_a_capture_where_nothing_is_taken_apart(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c, "'topic': 't/{key}', 'tag': '{key}'");

	(void)state;
	assert_int_equal(s->tag.parts[0].kind, ID_CAPTURE);
}

static void conditions_are_values_lists_or_not_these(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c, "'topic': 't', 'when': {'/state': 'run',"
					       " '#/mode': [1, '1', true, false, ''],"
					       " '/kind': {'not': ['test', 7]}, '': {'not': 0}}");
	const struct condition *w = s->when;

	(void)state;
	assert_int_equal(s->when_count, 4);
	assert_pointer(&w[0].at, "/state", false);
	assert_false(w[0].is_not);
	assert_int_equal(w[0].values.count, 1);
	assert_int_equal(w[0].values.v[0].kind, SCALAR_TEXT);
	assert_string_equal(w[0].values.v[0].text, "run");
	assert_pointer(&w[1].at, "/mode", true);
	assert_int_equal(w[1].values.count, 5);
	assert_int_equal(w[1].values.v[0].kind, SCALAR_NUMBER);
	assert_float_equal(w[1].values.v[0].number, 1, 0);
	assert_int_equal(w[1].values.v[1].kind, SCALAR_TEXT);
	assert_int_equal(w[1].values.v[2].kind, SCALAR_BOOL);
	assert_float_equal(w[1].values.v[2].number, 1, 0);
	assert_float_equal(w[1].values.v[3].number, 0, 0);
	assert_string_equal(w[1].values.v[4].text, "");
	assert_true(w[2].is_not);
	assert_int_equal(w[2].values.count, 2);
	assert_pointer(&w[3].at, "", false);
	assert_true(w[3].is_not);
	assert_float_equal(w[3].values.v[0].number, 0, 0);
}

static void quality_is_a_pointer_and_what_is_good(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s =
		source_of(&c, "'topic': 't', 'quality': {'at': '/q', 'good': [true, 'GOOD', 192]}");

	(void)state;
	assert_non_null(s->quality);
	assert_pointer(&s->quality->at, "/q", false);
	assert_false(s->quality->is_not);
	assert_int_equal(s->quality->values.count, 3);
}

static void times_have_formats_zones_and_shifts(void **state)
{
	static const struct {
		const char *keys;
		enum time_format format;
		bool has_zone;
		int64_t shift_ms;
	} rows[] = {
		{"", TIME_OF_RECEIPT, false, 0},
		{"'shift': '-20s'", TIME_OF_RECEIPT, false, -20000},
		{"'time': '/t', 'shift': '1500ms'", TIME_MS, false, 1500},
		{"'time': '/t', 'time_format': 'ms'", TIME_MS, false, 0},
		{"'time': '/t', 'time_format': 's'", TIME_S, false, 0},
		{"'time': '/t', 'time_format': 'us', 'shift': '-365d'", TIME_US, false,
			-365 * INT64_C(86400000)},
		{"'time': '/t', 'time_format': 'ns'", TIME_NS, false, 0},
		{"'time': '/t', 'time_format': 'iso'", TIME_ISO, false, 0},
		{"'time': '/t', 'time_format': 'iso', 'time_zone': 'UTC'", TIME_ISO, true, 0},
		{"'time': '/t', 'time_format': 'iso', 'time_zone': '+01:00'", TIME_ISO, true, 0},
		{"'time': '/t', 'time_format': 'iso', 'time_zone': 'Europe/Berlin'", TIME_ISO, true,
			0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(config_free) struct config *c = NULL;
		const struct source *s;
		char keys[200];

		snprintf(keys, sizeof(keys), "'topic': 't'%s%s", rows[i].keys[0] ? ", " : "",
			rows[i].keys);
		s = source_of(&c, keys);
		assert_int_equal(s->time_format, rows[i].format);
		assert_int_equal(s->zone != NULL, rows[i].has_zone);
		assert_int_equal(s->shift_ms, rows[i].shift_ms);
	}
}

static void a_fast_stream_may_do_without_the_journal(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct source *s = source_of(&c, "'topic': 't', 'qos': 0, 'journal': false");

	(void)state;
	assert_false(s->journal);
	s = source_of(&c, "'topic': 't', 'journal': true");
	assert_true(s->journal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(a_source_without_unit_and_lot_is_a_stream),
		IN_FOLDER(pointers_look_into_the_element_or_the_whole),
		IN_FOLDER(templates_are_put_together_of_parts),
		IN_FOLDER(a_payload_may_itself_be_the_id),
		IN_FOLDER(key_is_a_capture_where_nothing_is_taken_apart),
		IN_FOLDER(conditions_are_values_lists_or_not_these),
		IN_FOLDER(quality_is_a_pointer_and_what_is_good),
		IN_FOLDER(times_have_formats_zones_and_shifts),
		IN_FOLDER(a_fast_stream_may_do_without_the_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
