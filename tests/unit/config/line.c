/* Line files that are accepted, and what comes out of them. */
#include "tests/unit/config/folder.h"

#include "lib/base/hash.h"

#define GATEWAY                                                                  \
	"{'instance': 'gw', 'publish': 'defectd/gw', 'state_dir': '/var/lib/x'," \
	" 'lines': ['*l.json']}"

static struct config *load_line(const char *text)
{
	folder_write("defectd.json", GATEWAY);
	folder_write("l.json", text);
	return folder_load("");
}

static void all_but_line_sources_and_features_has_a_default(void **state)
{
	CLEANUP(config_free) struct config *c = load_line(LEAST_LINE);
	const struct line_config *l = &c->lines[0];
	const struct source *s = &l->plan.sources[0];
	const struct feature *f = &l->plan.features[0];

	(void)state;
	assert_string_equal(l->name, "l");
	assert_string_equal(l->publish, "defectd/gw/l");
	assert_null(l->model);
	assert_int_equal(l->plan.unit.deadline_ms, 300000);
	assert_int_equal(l->plan.unit.again_ms, 86400000);
	assert_false(l->decide.has_threshold);
	assert_float_equal(l->decide.unsure, 0, 0);
	assert_int_equal(l->decide.max_imputed, -1);
	assert_int_equal(l->decide.alert_on, 1u << VERDICT_DEFECT);
	assert_int_equal(l->decide.prediction_qos, 0);
	assert_int_equal(s->qos, 1);
	assert_ptr_equal(s->decoder, decoder_find("json"));
	assert_int_equal(s->kind, SOURCE_UNIT);
	assert_int_equal(s->id.parts[0].kind, ID_CAPTURE);
	assert_int_equal(s->id.parts[0].capture, 0);
	assert_int_equal(s->tag.count, 0);
	assert_int_equal(s->time_format, TIME_OF_RECEIPT);
	assert_int_equal(s->field_count, 0);
	assert_true(s->opens);
	assert_int_equal(f->kind, FEATURE_UNIT);
	assert_string_equal(f->field, "x");
	assert_false(f->is_text || f->has_min || f->has_max || f->impute);
}

static void keeps_the_text_and_its_hash(void **state)
{
	CLEANUP(config_free) struct config *c = load_line(LEAST_LINE " // end\n");
	const char *text = c->lines[0].text;
	char hash[SHA256_HEX];

	(void)state;
	sha256_hex(hash, text, strlen(text));
	assert_string_equal(c->lines[0].sha256, hash);
	assert_string_equal(text + strlen(text) - 8, " // end\n");
}

/* What DESIGN 3.2 shows, without what comes later. */
#define MOULDING                                                                                  \
	"{ 'line': 'press-3', 'model': 'press-3.onnx', 'publish': 'acme/press-3/defectd',\n"      \
	"'sources': {\n"                                                                          \
	" 'start': {'topic': 'acme/press-3/unit/{unit}/start', 'time': '/ts_ms',\n"               \
	"   'fields': {'type': '/material/type', 'resin_lot': '/material/lot',\n"                 \
	"              'thickness': '/thickness_mm'} },\n"                                        \
	" 'lab': {'topic': 'acme/lab/lot/{lot}',\n"                                               \
	"   'fields': {'viscosity': '/visc', 'moisture': '/h2o'}},\n"                             \
	" 'cell': {'topic': 'acme/press-3/cell/{unit}/{tag}', 'format': 'number', 'qos': 0},\n"   \
	" 'drive': {'topic': 'acme/press-3/drive/{name}', 'unit': '/serial', 'tag': '{name}',\n"  \
	"   'value': '/v', 'time': '/ts', 'time_format': 'iso'},\n"                               \
	" 'scale': {'topic': 'acme/press-3/scale/{unit}', 'format': 'number'} },\n"               \
	"'lots': {'resin': {'bind': 'start.resin_lot'}},\n"                                       \
	"'unit': {'ready': 'complete', 'deadline': '30s', 'again': '1h', 'open': ['start']},\n"   \
	"'features': [\n"                                                                         \
	" {'name': 'type', 'from': 'start.type', 'type': 'text'},\n"                              \
	" {'name': 'thickness_mm', 'from': 'start.thickness', 'min': 0.1, 'max': 50},\n"          \
	" {'name': 'viscosity', 'from': 'lab.viscosity', 'lot': 'resin', 'missing': 'impute'},\n" \
	" {'name': 'resin', 'from': 'lot.resin'},\n"                                              \
	" {'name': 'cell_temp', 'from': 'cell.temp'},\n"                                          \
	" {'name': 'speed', 'from': 'drive.speed'},\n"                                            \
	" {'name': 'weight', 'from': 'scale.value', 'min': 0} ],\n"                               \
	"'decide': {'threshold': 0.5, 'unsure': 0.1, 'max_imputed': 3,\n"                         \
	" 'alert_on': ['defect', 'not_scored'], 'prediction_qos': 1} }"

static void reads_sources_of_every_form(void **state)
{
	CLEANUP(config_free) struct config *c = load_line(MOULDING);
	const struct line_config *l = &c->lines[0];
	const struct source *s = l->plan.sources;

	(void)state;
	assert_string_equal(l->model, "/var/lib/x/models/press-3.onnx");
	assert_string_equal(l->publish, "acme/press-3/defectd");
	assert_int_equal(l->plan.source_count, 5);
	assert_string_equal(topic_template_filter(s[0].topic), "acme/press-3/unit/+/start");
	assert_int_equal(s[0].time_format, TIME_MS);
	assert_string_equal(s[0].time.text, "/ts_ms");
	assert_int_equal(s[0].field_count, 3);
	assert_string_equal(s[0].fields[1].name, "resin_lot");
	assert_string_equal(s[0].fields[1].pointer.text, "/material/lot");
	assert_int_equal(s[1].kind, SOURCE_LOT);
	assert_int_equal(s[1].id.parts[0].kind, ID_CAPTURE);
	assert_int_equal(s[2].qos, 0);
	assert_ptr_equal(s[2].decoder, decoder_find("number"));
	assert_int_equal(s[2].tag.parts[0].kind, ID_CAPTURE);
	assert_int_equal(s[2].tag.parts[0].capture, 1);
	assert_null(s[2].value.text);
	assert_int_equal(s[3].id.parts[0].kind, ID_POINTER);
	assert_string_equal(s[3].id.parts[0].pointer.text, "/serial");
	assert_int_equal(s[3].tag.parts[0].capture, 0);
	assert_string_equal(s[3].value.text, "/v");
	assert_int_equal(s[3].time_format, TIME_ISO);
	assert_null(s[4].value.text);
}

static void reads_lots_features_and_decisions(void **state)
{
	CLEANUP(config_free) struct config *c = load_line(MOULDING);
	const struct line_config *l = &c->lines[0];
	const struct feature *f = l->plan.features;

	(void)state;
	assert_int_equal(l->plan.lot_count, 1);
	assert_string_equal(l->plan.lots[0].name, "resin");
	assert_int_equal(l->plan.lots[0].bind_source, 0);
	assert_string_equal(l->plan.lots[0].bind_field, "resin_lot");
	assert_int_equal(l->plan.feature_count, 7);
	assert_true(f[0].is_text);
	assert_true(f[1].has_min && f[1].has_max);
	assert_float_equal(f[1].min, 0.1, 0);
	assert_float_equal(f[1].max, 50, 0);
	assert_int_equal(f[2].kind, FEATURE_LOT);
	assert_int_equal(f[2].source, 1);
	assert_int_equal(f[2].lot, 0);
	assert_true(f[2].impute);
	assert_int_equal(f[3].kind, FEATURE_LOT_ID);
	assert_true(f[3].is_text);
	assert_string_equal(f[4].field, "temp");
	assert_true(f[6].has_min && !f[6].has_max);
	assert_int_equal(l->plan.unit.deadline_ms, 30000);
	assert_int_equal(l->plan.unit.again_ms, 3600000);
	assert_true(l->decide.has_threshold);
	assert_float_equal(l->decide.threshold, 0.5, 0);
	assert_float_equal(l->decide.unsure, 0.1, 0);
	assert_int_equal(l->decide.max_imputed, 3);
	assert_int_equal(l->decide.alert_on, 1u << VERDICT_DEFECT | 1u << VERDICT_NOT_SCORED);
	assert_int_equal(l->decide.prediction_qos, 1);
}

static void only_used_sources_of_units_open_one_and_open_narrows(void **state)
{
	static const char sources[] =
		"{'line': 'l', 'sources': {'a': {'topic': 'a/{unit}'}, 'b': {'topic': 'b/{unit}'},"
		" 'c': {'topic': 'c/{lot}'}}, 'lots': {'m': {'bind': 'b.lot'}},"
		" 'features': [{'name': 'x', 'from': 'a.x'},"
		"  {'name': 'y', 'from': 'c.y', 'lot': 'm'}] %s}";
	CLEANUP(config_free) struct config *all = NULL, *narrow = NULL;
	char text[600];

	(void)state;
	snprintf(text, sizeof(text), sources, "");
	all = load_line(text);
	assert_true(all->lines[0].plan.sources[0].opens);
	assert_true(all->lines[0].plan.sources[1].opens); /* a lot uses it */
	assert_false(all->lines[0].plan.sources[2].opens);
	snprintf(text, sizeof(text), sources, ", 'unit': {'open': ['b']}");
	narrow = load_line(text);
	assert_false(narrow->lines[0].plan.sources[0].opens);
	assert_true(narrow->lines[0].plan.sources[1].opens);
}

static void a_written_id_counts_more_than_a_captured_one(void **state)
{
	CLEANUP(config_free)
	struct config *c = load_line(
		"{'line': 'l', 'sources': {'a': {'topic': '{lot}/{unit}'},"
		" 'b': {'topic': 'b/{unit}/{lot}', 'lot': '{lot}'},"
		" 'c': {'topic': 'c/{lot}/{serial}', 'unit': '{serial}'}},"
		" 'lots': {'m': {'bind': 'a.lot'}},"
		" 'features': [{'name': 'x', 'from': 'a.x'},"
		"  {'name': 'y', 'from': 'b.y', 'lot': 'm'}, {'name': 'z', 'from': 'c.z'}]}");
	const struct source *s = c->lines[0].plan.sources;

	(void)state;
	assert_int_equal(s[0].kind, SOURCE_UNIT);
	assert_int_equal(s[0].id.parts[0].capture, 1);
	assert_int_equal(s[1].kind, SOURCE_LOT);
	assert_int_equal(s[1].id.parts[0].capture, 1);
	assert_int_equal(s[2].kind, SOURCE_UNIT);
	assert_int_equal(s[2].id.parts[0].capture, 1);
}

static void a_model_with_a_full_path_lies_there(void **state)
{
	CLEANUP(config_free)
	struct config *c = load_line(
		"{'line': 'l', 'model': '/srv/m.onnx', 'sources': {'s': {'topic': 'p/{unit}'}},"
		" 'features': [{'name': 'x', 'from': 's.x'}]}");

	(void)state;
	assert_string_equal(c->lines[0].model, "/srv/m.onnx");
}

static void an_empty_alert_on_alerts_on_nothing(void **state)
{
	CLEANUP(config_free)
	struct config *c = load_line("{'line': 'l', 'sources': {'s': {'topic': 'p/{unit}'}},"
				     " 'features': [{'name': 'x', 'from': 's.x'}],"
				     " 'decide': {'alert_on': []}}");

	(void)state;
	assert_int_equal(c->lines[0].decide.alert_on, 0);
}

/* The last example of defectd-line(5). */
static void the_example_of_the_manual_is_sound(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	static char text[64 << 10];
	char path[512], *begin, *end;
	size_t len;
	FILE *f;

	(void)state;
	assert_non_null(getenv("DEFECTD_SOURCE"));
	snprintf(path, sizeof(path), "%s/config/defectd-line.5.scd", getenv("DEFECTD_SOURCE"));
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	begin = strstr(text, "# EXAMPLE\n\n```\n");
	assert_non_null(begin);
	begin += strlen("# EXAMPLE\n\n```\n");
	end = strstr(begin, "```");
	assert_non_null(end);
	*end = '\0';
	c = load_line(begin);
	assert_int_equal(c->lines[0].plan.feature_count, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
		IN_FOLDER(all_but_line_sources_and_features_has_a_default),
		IN_FOLDER(keeps_the_text_and_its_hash),
		IN_FOLDER(reads_sources_of_every_form),
		IN_FOLDER(reads_lots_features_and_decisions),
		IN_FOLDER(only_used_sources_of_units_open_one_and_open_narrows),
		IN_FOLDER(a_written_id_counts_more_than_a_captured_one),
		IN_FOLDER(a_model_with_a_full_path_lies_there),
		IN_FOLDER(an_empty_alert_on_alerts_on_nothing),
		IN_FOLDER(the_example_of_the_manual_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
