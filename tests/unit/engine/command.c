/* Commands that come as messages: what they do, what is answered, what is counted. */
#include "tests/unit/engine/rig.h"

#define LABEL_TOPIC "acme/flow/cmd/label"

static const struct command_reply *the_reply(const struct rig *r, size_t at)
{
	assert_int_equal(r->out.count, at + 1);
	return &rig_outcome(r, at, OUTCOME_REPLY)->reply;
}

/* Refused, counted, and said to who sent it. */
static void expect_refused(struct rig *r, const char *code, const char *text)
{
	const struct outcome *o = rig_outcome(r, 0, OUTCOME_REFUSED);
	const struct command_reply *reply = the_reply(r, 1);

	assert_string_equal(refusal_name(o->refused.reason), "bad_command");
	assert_string_equal(o->refused.text, text);
	assert_false(reply->ok);
	assert_string_equal(reply->code, code);
	assert_string_equal(reply->text, text);
	assert_int_equal(r->changed, 0);
}

static void command(struct rig *r, const char *payload)
{
	rig_message(r, LABEL_TOPIC, payload, false);
}

static void a_label_is_recorded_and_answered(void **state)
{
	struct rig *r = *state;
	const struct assembled_label *l;
	const struct command_reply *reply;

	rig_begin(r);
	command(r,
		"{\"req\":\"a7\",\"unit\":\"U1\",\"defect\":1,\"class\":\"crack\",\"by\":\"ann\","
		"\"why\":\"alert\",\"ts\":1795340350041}");
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 1);
	assert_int_equal(rig_outcome(r, 0, OUTCOME_LABEL)->line, 0);
	l = &rig_outcome(r, 0, OUTCOME_LABEL)->label;
	assert_string_equal(l->unit, "U1");
	assert_true(l->is_defect);
	assert_string_equal(l->source, "command");
	assert_string_equal(l->class_name, "crack");
	assert_string_equal(l->by, "ann");
	assert_string_equal(l->why, "alert");
	assert_int_equal(l->at_ms, 1795340350041);
	reply = the_reply(r, 1);
	assert_int_equal(rig_outcome(r, 1, OUTCOME_REPLY)->line, 0);
	assert_string_equal(reply->req, "a7");
	assert_true(reply->ok);
	assert_string_equal(reply->code, "");
	assert_string_equal(reply->text, "unit U1 is labelled a defect");
	assert_int_equal(engine_counts(r->engine)->received, 1);
	assert_int_equal(engine_counts(r->engine)->used, 1);
}

static void all_but_unit_and_defect_may_be_left_out(void **state)
{
	struct rig *r = *state;
	const struct assembled_label *l;

	rig_begin(r);
	rig_at(r, 5);
	command(r, "{\"unit\":4711,\"defect\":false}");
	l = &rig_outcome(r, 0, OUTCOME_LABEL)->label;
	assert_string_equal(l->unit, "4711");
	assert_false(l->is_defect);
	assert_string_equal(l->class_name, "");
	assert_string_equal(l->by, "");
	assert_string_equal(l->why, "");
	assert_int_equal(l->at_ms, NOW + 5); /* now */
	assert_string_equal(the_reply(r, 1)->req, "");
	assert_string_equal(the_reply(r, 1)->text, "unit 4711 is labelled good");
}

static void flags_may_be_numbers_or_truth_values(void **state)
{
	static const struct {
		const char *payload;
		bool is_defect;
	} rows[] = {
		{"{\"unit\":\"U1\",\"defect\":1}", true},
		{"{\"unit\":\"U1\",\"defect\":0}", false},
		{"{\"unit\":\"U1\",\"defect\":true}", true},
		{"{\"unit\":\"U1\",\"defect\":false}", false},
	};
	static const char *const bad[] = {"{\"unit\":\"U1\"}", "{\"unit\":\"U1\",\"defect\":2}",
		"{\"unit\":\"U1\",\"defect\":\"1\"}", "{\"unit\":\"U1\",\"defect\":null}",
		"{\"unit\":\"U1\",\"defect\":0.5}"};
	struct rig *r = *state;

	rig_begin(r);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		command(r, rows[i].payload);
		assert_int_equal(
			rig_outcome(r, 0, OUTCOME_LABEL)->label.is_defect, rows[i].is_defect);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		command(r, bad[i]);
		expect_refused(r, "bad_command", "a label needs \"defect\", 1 or 0");
	}
}

static void a_unit_is_named_as_messages_name_it(void **state)
{
	static const char *const bad[] = {"{\"defect\":1}", "{\"unit\":\"\",\"defect\":1}",
		"{\"unit\":1.5,\"defect\":1}", "{\"unit\":true,\"defect\":1}",
		"{\"unit\":[],\"defect\":1}", "{\"unit\":null,\"defect\":1}"};
	struct rig *r = *state;
	char payload[300], text[200];

	rig_begin(r);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		command(r, bad[i]);
		expect_refused(r, "bad_command",
			"a label needs \"unit\", text of 1 to 128 bytes or an integer below 2^53");
	}
	snprintf(payload, sizeof(payload), "{\"unit\":\"%0129d\",\"defect\":1}", 7);
	command(r, payload);
	assert_int_equal(r->changed, 0);
	snprintf(payload, sizeof(payload), "{\"unit\":\"%0128d\",\"defect\":1}", 7);
	command(r, payload);
	snprintf(text, sizeof(text), "unit %0128d is labelled a defect", 7);
	assert_string_equal(the_reply(r, 1)->text, text);
}

static void a_time_is_iso_or_milliseconds(void **state)
{
	static const struct {
		const char *ts;
		int64_t at_ms;
	} rows[] = {
		{"\"2026-11-22T10:00:00Z\"", 1795341600000},
		{"\"2026-11-22T11:00:00.5+01:00\"", 1795341600500},
		{"1795341600000", 1795341600000},
		{"0", 0},
		{"253402300799999", 253402300799999},
		{"null", NOW},
		{"\"\"", NOW},
	};
	static const char *const bad[] = {"-1", "253402300800000", "1e300", "\"yesterday\"", "true",
		"[]", "\"9999999999999\""};
	struct rig *r = *state;
	char payload[200];

	rig_begin(r);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(payload, sizeof(payload), "{\"unit\":\"U1\",\"defect\":1,\"ts\":%s}",
			rows[i].ts);
		command(r, payload);
		assert_int_equal(rig_outcome(r, 0, OUTCOME_LABEL)->label.at_ms, rows[i].at_ms);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(payload, sizeof(payload), "{\"unit\":\"U1\",\"defect\":1,\"ts\":%s}",
			bad[i]);
		command(r, payload);
		expect_refused(r, "bad_command",
			"\"ts\" is no time, ISO 8601 or milliseconds since 1970 are wanted");
	}
}

static void texts_may_be_numbers_and_are_else_empty(void **state)
{
	struct rig *r = *state;
	const struct assembled_label *l;

	rig_begin(r);
	command(r,
		"{\"req\":17,\"unit\":\"U1\",\"defect\":1,\"class\":3.5,\"by\":true,\"why\":[]}");
	l = &rig_outcome(r, 0, OUTCOME_LABEL)->label;
	assert_string_equal(l->class_name, "3.5");
	assert_string_equal(l->by, "");
	assert_string_equal(l->why, "");
	assert_string_equal(the_reply(r, 1)->req, "17");
}

static void what_is_no_object_is_no_command(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	command(r, "[1]");
	expect_refused(r, "bad_command", "a command is a JSON object");
	command(r, "");
	assert_memory_equal(the_reply(r, 1)->text, "the command is no JSON: 1:1: ", 29);
	command(r, "{\"req\":\"a\",}");
	assert_memory_equal(the_reply(r, 1)->text, "the command is no JSON: 1:", 26);
	assert_string_equal(the_reply(r, 1)->code, "bad_command");
	assert_string_equal(the_reply(r, 1)->req, "");
	assert_int_equal(engine_counts(r->engine)->refused[REFUSAL_BAD_COMMAND], 3);
	assert_int_equal(engine_counts(r->engine)->received, 3);
}

static void a_request_is_echoed_up_to_128_bytes(void **state)
{
	struct rig *r = *state;
	char payload[300], expected[130];

	rig_begin(r);
	snprintf(payload, sizeof(payload), "{\"req\":\"%0128d\"}", 7);
	snprintf(expected, sizeof(expected), "%0128d", 7);
	command(r, payload);
	assert_string_equal(the_reply(r, 1)->req, expected);
	snprintf(payload, sizeof(payload), "{\"req\":\"%0129d\",\"unit\":\"U1\",\"defect\":1}", 7);
	command(r, payload);
	expect_refused(r, "bad_command", "\"req\" has more than 128 bytes");
	assert_string_equal(the_reply(r, 1)->req, "");
}

#define THERE_ARE ", there are \"label\", \"promote\", \"rollback\""

static void an_unknown_command_is_told_what_there_is(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	rig_message(r, "acme/flow/cmd/demote", "{\"req\":\"x\"}", false);
	expect_refused(r, "unknown_command", "there is no command \"demote\" here" THERE_ARE);
	assert_string_equal(the_reply(r, 1)->req, "x");
	assert_int_equal(rig_outcome(r, 1, OUTCOME_REPLY)->line, 0);
	rig_message(r, "acme/flow/cmd/label/x", "{}", false);
	expect_refused(r, "unknown_command", "there is no command \"label/x\" here" THERE_ARE);
	rig_message(r, "acme/flow/cmd/", "{}", false);
	expect_refused(r, "unknown_command", "there is no command \"\" here" THERE_ARE);
	/* a name as long as it likes */
	rig_message(r, "acme/flow/cmd/1234567890123456789012345678901234567890x", "{}", false);
	expect_refused(r, "unknown_command",
		"there is no command \"1234567890123456789012345678901234567890\" here" THERE_ARE);
}

static void the_gateway_has_no_labels(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	rig_message(r, "acme/gw/cmd/label", "{\"unit\":\"U1\",\"defect\":1}", false);
	expect_refused(
		r, "unknown_command", "there is no command \"label\" here, there is \"reload\"");
	assert_true(rig_outcome(r, 0, OUTCOME_REFUSED)->line == SIZE_MAX);
	assert_true(rig_outcome(r, 1, OUTCOME_REPLY)->line == SIZE_MAX);
}

static void a_reload_is_asked_of_the_gateway(void **state)
{
	struct rig *r = *state;
	const struct outcome *o;

	rig_begin(r);
	rig_message(r, "acme/gw/cmd/reload", "{\"req\":17,\"by\":\"ann\"}", false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(r->out.count, 1);
	o = rig_outcome(r, 0, OUTCOME_RELOAD);
	assert_true(o->line == SIZE_MAX);
	assert_string_equal(o->reload.req, "17");
	assert_string_equal(o->reload.by, "ann");
	rig_message(r, "acme/flow/cmd/reload", "{}", false);
	expect_refused(r, "unknown_command", "there is no command \"reload\" here" THERE_ARE);
	rig_message(r, "acme/gw/cmd/reload", "{}", true);
	assert_int_equal(r->out.count, 1);
	assert_int_equal(rig_outcome(r, 0, OUTCOME_REFUSED)->refused.reason, REFUSAL_RETAINED);
}

/* The engine only says what is wanted; it is answered by who carries it out. */
static void a_promotion_is_asked_for(void **state)
{
	struct rig *r = *state;
	const struct swap_request *swap;

	rig_begin(r);
	rig_message(r, "acme/flow/cmd/promote",
		"{\"req\":7,\"model\":\"3f9c\",\"by\":\"ann\",\"why\":\"better\"}", false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(r->out.count, 1);
	assert_int_equal(rig_outcome(r, 0, OUTCOME_SWAP)->line, 0);
	swap = &rig_outcome(r, 0, OUTCOME_SWAP)->swap;
	assert_false(swap->is_rollback);
	assert_string_equal(swap->req, "7");
	assert_string_equal(swap->model, "3f9c");
	assert_string_equal(swap->by, "ann");
	assert_string_equal(swap->why, "better");
	assert_int_equal(engine_counts(r->engine)->used, 1);
	rig_message(r, "acme/flow/cmd/rollback", "{\"by\":\"bob\"}", false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	swap = &rig_outcome(r, 0, OUTCOME_SWAP)->swap;
	assert_true(swap->is_rollback);
	assert_string_equal(swap->req, "");
	assert_string_equal(swap->by, "bob");
	assert_string_equal(swap->why, "");
	assert_string_equal(swap->model, "");
	assert_int_equal(engine_number(r->engine), 2);
}

static void a_promotion_names_a_model(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"model\":\"\"}", "{\"model\":1234}", "{\"model\":null}"};
	struct rig *r = *state;

	rig_begin(r);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		rig_message(r, "acme/flow/cmd/promote", bad[i], false);
		expect_refused(r, "bad_command",
			"a promotion needs \"model\": a SHA-256, its beginning, \"challenger\" or "
			"\"previous\"");
	}
	rig_message(r, "acme/gw/cmd/promote", "{\"model\":\"3f9c\"}", false);
	expect_refused(
		r, "unknown_command", "there is no command \"promote\" here, there is \"reload\"");
}

static void a_retained_command_is_old(void **state)
{
	struct rig *r = *state;

	rig_begin(r);
	rig_message(r, LABEL_TOPIC, "{\"unit\":\"U1\",\"defect\":1}", true);
	rig_expect_refusal(
		r, REFUSAL_RETAINED, "a retained command is old, and is not carried out");
	assert_int_equal(rig_outcome(r, 0, OUTCOME_REFUSED)->line, 0);
	assert_int_equal(r->changed, 0);
	rig_message(r, "acme/flow/cmd/rollback", "{}", true);
	rig_expect_refusal(
		r, REFUSAL_RETAINED, "a retained command is old, and is not carried out");
	assert_int_equal(r->changed, 0);
}

static void each_line_has_commands_of_its_own(void **state)
{
	struct rig *r = *state;
	struct line_spec second;

	rig_begin(r);
	second = r->spec;
	second.name = "flow-2";
	second.publish = "acme/flow-2";
	rig_add_line(r, &second);
	rig_message(r, "acme/flow-2/cmd/label", "{\"unit\":\"U1\",\"defect\":1}", false);
	assert_int_equal(rig_outcome(r, 0, OUTCOME_LABEL)->line, 1);
	assert_int_equal(rig_outcome(r, 1, OUTCOME_REPLY)->line, 1);
	assert_true(engine_is_command_topic(r->engine, "acme/flow/cmd/label"));
	assert_true(engine_is_command_topic(r->engine, "acme/flow-2/cmd/label"));
	assert_true(engine_is_command_topic(r->engine, "acme/gw/cmd/reload"));
	assert_false(engine_is_command_topic(r->engine, "acme/flow/cmdx/label"));
	assert_false(engine_is_command_topic(r->engine, "acme/flow/status"));
	assert_false(engine_is_command_topic(r->engine, "acme/flow"));
	assert_true(engine_is_own_topic(r->engine, "acme/flow-2/cmd/label"));
	assert_true(engine_is_own_topic(r->engine, "acme/gw/status"));
	assert_false(engine_is_own_topic(r->engine, "f/temp"));
	engine_set_root(r->engine, NULL);
	assert_false(engine_is_command_topic(r->engine, "acme/gw/cmd/reload"));
	assert_false(engine_is_own_topic(r->engine, "acme/gw/status"));
}

static void deadlines_are_handled_before_a_command(void **state)
{
	struct rig *r = *state;

	flow_awaited(r->flow, "x");
	rig_begin(r);
	rig_send(r, "f/in/U1", 0, "");
	rig_at(r, 300000);
	command(r, "{\"unit\":\"U1\",\"defect\":1}");
	assert_int_equal(r->out.count, 3);
	assert_string_equal(rig_row(r, 0)->unit, "U1");
	assert_string_equal(rig_outcome(r, 1, OUTCOME_LABEL)->label.unit, "U1");
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_label_is_recorded_and_answered),
		RIG_TEST(all_but_unit_and_defect_may_be_left_out),
		RIG_TEST(flags_may_be_numbers_or_truth_values),
		RIG_TEST(a_unit_is_named_as_messages_name_it),
		RIG_TEST(a_time_is_iso_or_milliseconds),
		RIG_TEST(texts_may_be_numbers_and_are_else_empty),
		RIG_TEST(what_is_no_object_is_no_command),
		RIG_TEST(a_request_is_echoed_up_to_128_bytes),
		RIG_TEST(an_unknown_command_is_told_what_there_is),
		RIG_TEST(the_gateway_has_no_labels),
		RIG_TEST(a_reload_is_asked_of_the_gateway),
		RIG_TEST(a_promotion_is_asked_for),
		RIG_TEST(a_promotion_names_a_model),
		RIG_TEST(a_retained_command_is_old),
		RIG_TEST(each_line_has_commands_of_its_own),
		RIG_TEST(deadlines_are_handled_before_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
