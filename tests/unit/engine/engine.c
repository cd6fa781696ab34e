/* The engine: how units become rows, what is counted, what is numbered. */
#include "tests/unit/engine/press.h"

#include <errno.h>
#include <math.h>

#include "lib/base/json.h"

struct rig {
	struct press press;
	struct engine *engine;
	struct outcomes out;
	int64_t now_ms;
	int changed; /* of the last input */
};

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	press_init(&r->press);
	assert_int_equal(arena_new(&r->out.arena, 4096), 0);
	r->now_ms = T0;
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	engine_free(r->engine);
	press_deinit(&r->press);
	arena_free(r->out.arena);
	free(r);
	return 0;
}

static void start_with_model(struct rig *r)
{
	r->engine = press_engine(&r->press, press_model(&r->press));
}

/* Hands over one message; the outcomes are those of this input alone. */
static void send(struct rig *r, const char *topic, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void send(struct rig *r, const char *topic, const char *fmt, ...)
{
	struct engine_input in;
	char text[4096];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	in = make_message(r->now_ms, topic, text);
	outcomes_reset(&r->out);
	r->changed = engine_take(r->engine, &in, &r->out);
	/* the texts of a refused message are borrowed: no test looks at them after this */
	input_free(&in);
}

static void tick(struct rig *r, int64_t now_ms)
{
	struct engine_input in = {.kind = INPUT_TICK, .now_ms = now_ms, .clock_ms = now_ms};

	r->now_ms = now_ms;
	outcomes_reset(&r->out);
	r->changed = engine_take(r->engine, &in, &r->out);
}

#define STARTED "{\"ts\":%lld,\"type\":\"L\",\"lot\":\"R1\",\"mm\":2.5}"
#define PROCESSED "{\"ts\":%lld,\"torque\":4.5,\"speed\":1.25}"

static void send_unit(struct rig *r, const char *unit)
{
	char topic[64];

	snprintf(topic, sizeof(topic), "p3/unit/%s/start", unit);
	send(r, topic, STARTED, (long long)r->now_ms);
	snprintf(topic, sizeof(topic), "p3/unit/%s/proc", unit);
	send(r, topic, PROCESSED, (long long)r->now_ms);
}

static const struct unit_row *the_unit(const struct rig *r)
{
	assert_int_equal(r->out.count, 1);
	assert_int_equal(r->out.v[0].kind, OUTCOME_UNIT);
	return &r->out.v[0].row;
}

static void expect_refusal(const struct rig *r, enum refusal reason, const char *text)
{
	assert_int_equal(r->out.count, 1);
	assert_int_equal(r->out.v[0].kind, OUTCOME_REFUSED);
	assert_string_equal(refusal_name(r->out.v[0].refused.reason), refusal_name(reason));
	if (text)
		assert_string_equal(r->out.v[0].refused.text, text);
}

static double direct_score(const struct rig *r, const struct value *by_plan)
{
	const struct model *m = r->press.model;
	CLEANUP(model_scratch_free) struct model_scratch *scratch = NULL;
	struct value values[PRESS_FEATURES];
	struct model_score score;

	assert_int_equal(model_scratch_new(&scratch, m), 0);
	for (size_t i = 0; i < model_feature_count(m); i++)
		values[i] = by_plan[plan_find_feature(&r->press.plan, model_features(m)[i].name)];
	model_score(m, nn_kernels_choose(NULL, NULL), scratch, values, &score);
	return score.p_defect;
}

static void scores_a_complete_unit_as_the_model_does(void **state)
{
	struct rig *r = *state;
	const struct unit_row *row;

	start_with_model(r);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	send_unit(r, "U1");
	row = the_unit(r);
	assert_string_equal(row->line, "press-3");
	assert_string_equal(row->unit, "U1");
	assert_true(row->started_ms == T0);
	assert_true(row->scored_ms == T0);
	assert_int_equal(row->seq, 1);
	assert_true(row->p_defect == direct_score(r, row->values));
	assert_true(row->p_defect > 0 && row->p_defect < 1);
	assert_string_equal(row->verdict, row->p_defect >= 0.5 ? "defect" : "pass");
	assert_float_equal(row->threshold, 0.5, 0);
	assert_string_equal(row->model, model_sha256(r->press.model));
	assert_string_equal(row->config, "c0nf19");
	assert_string_equal(row->imputed, "[]");
	assert_string_equal(row->reasons, "[]");
	assert_string_equal(row->reason, "");
	assert_string_equal(row->lots, "{\"resin\":\"R1\"}");
	assert_int_equal(row->value_count, PRESS_FEATURES);
	assert_string_equal(row->names[TORQUE], "torque");
	assert_float_equal(row->values[TORQUE].number, 4.5, 0);
	assert_float_equal(row->values[VISCOSITY].number, 3.75, 0);
	assert_string_equal(row->values[TYPE].text, "L");
	assert_string_equal(row->values[BATCH].text, "R1");
}

/* Whether a sum overflows to a number or to none depends on the weights: one of these does. */
static void does_not_score_what_makes_the_model_overflow(void **state)
{
	struct rig *r = *state;
	size_t overflowed = 0;

	start_with_model(r);
	for (int i = 0; i < 8; i++) {
		const struct unit_row *row;
		char topic[64];

		send(r, "p3/lot/R1", "{\"visc\":%s1e300}", i & 1 ? "-" : "");
		snprintf(topic, sizeof(topic), "p3/unit/U%d/start", i);
		send(r, topic, STARTED, (long long)T0);
		snprintf(topic, sizeof(topic), "p3/unit/U%d/proc", i);
		send(r, topic, "{\"ts\":%lld,\"torque\":%s1e300,\"speed\":%s1e300}", (long long)T0,
			i & 2 ? "-" : "", i & 4 ? "-" : "");
		row = the_unit(r);
		if (!isnan(direct_score(r, row->values)))
			continue;
		overflowed++;
		assert_string_equal(row->verdict, "not_scored");
		assert_float_equal(row->p_defect, -1, 0);
		assert_string_equal(row->reason, "the model overflows: a value is absurdly large");
	}
	assert_true(overflowed > 0);
}

static void takes_the_threshold_of_the_line_before_the_models(void **state)
{
	struct rig *r = *state;
	struct engine_line_state line;

	r->press.decide.has_threshold = true;
	r->press.decide.threshold = 0;
	start_with_model(r);
	engine_line_state(r->engine, 0, &line);
	assert_float_equal(line.threshold, 0, 0);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	send_unit(r, "U1");
	assert_string_equal(the_unit(r)->verdict, "defect");
	assert_true(r->out.v[0].alert);
	engine_line_state(r->engine, 0, &line);
	assert_int_equal(line.alerts, 1);
	assert_int_equal(line.units, 1);
	assert_int_equal(line.not_scored, 0);
	assert_true(line.last_unit_ms == T0);
}

static void does_not_score_without_a_feature_that_must_be_there(void **state)
{
	struct rig *r = *state;
	const struct unit_row *row;

	r->press.decide.alert_on = 1u << VERDICT_NOT_SCORED;
	start_with_model(r);
	send(r, "p3/unit/U1/start", "{\"ts\":%lld,\"type\":\"L\",\"mm\":99}", (long long)T0);
	assert_int_equal(r->out.count, 0);
	tick(r, T0 + DEADLINE_MS);
	row = the_unit(r);
	assert_string_equal(row->verdict, "not_scored");
	assert_int_equal(row->verdict_n, 3);
	assert_float_equal(row->p_defect, -1, 0);
	assert_string_equal(row->reason, "missing thickness: out_of_range, torque: not_sent");
	assert_int_equal(row->values[THICKNESS].kind, VALUE_MISSING);
	assert_string_equal(row->imputed, "[\"speed\",\"viscosity\"]");
	assert_true(r->out.v[0].alert);
	assert_string_equal(row->lots, "{}");
	assert_non_null(row->detail);
	assert_non_null(strstr(row->detail,
		"\"thickness\":{\"n\":0,\"missing\":\"out_of_range\",\"refused\":99.0}"));
	assert_non_null(strstr(row->detail, "\"torque\":{\"n\":0,\"missing\":\"not_sent\"}"));
	assert_non_null(strstr(
		row->detail, "\"type\":{\"n\":1,\"from\":1795340350000,\"to\":1795340350000}"));
}

static void lists_what_the_model_has_to_fill_in(void **state)
{
	struct rig *r = *state;
	const struct unit_row *row;

	start_with_model(r);
	send(r, "p3/unit/U1/start", STARTED, (long long)T0);
	send(r, "p3/unit/U1/proc", "{\"ts\":%lld,\"torque\":4.5}", (long long)T0);
	tick(r, T0 + DEADLINE_MS);
	row = the_unit(r);
	assert_string_equal(row->imputed, "[\"speed\",\"viscosity\"]");
	assert_int_equal(row->imputed_count, 2);
	assert_int_equal(row->values[SPEED].kind, VALUE_MISSING);
	assert_true(row->p_defect == direct_score(r, row->values));
}

static void does_not_score_what_is_imputed_too_often(void **state)
{
	struct rig *r = *state;

	r->press.decide.max_imputed = 1;
	start_with_model(r);
	send(r, "p3/unit/U1/start", STARTED, (long long)T0);
	send(r, "p3/unit/U1/proc", "{\"ts\":%lld,\"torque\":4.5}", (long long)T0);
	send(r, "p3/unit/U2/start", STARTED, (long long)T0);
	send(r, "p3/unit/U2/proc", PROCESSED, (long long)T0);
	tick(r, T0 + DEADLINE_MS);
	assert_int_equal(r->out.count, 2);
	assert_string_equal(r->out.v[0].row.reason, "imputed 2 of at most 1");
	assert_string_equal(r->out.v[0].row.verdict, "not_scored");
	assert_int_not_equal(r->out.v[1].row.verdict_n, VERDICT_NOT_SCORED);
}

static void collects_without_a_model(void **state)
{
	static const char *const reasons[] = {"no_model", "model_refused", "model_misfit"};
	struct rig *r = *state;
	const struct unit_row *row;

	r->engine = press_engine(&r->press, NULL);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		char unit[8];

		assert_int_equal(engine_set_model(r->engine, 0, NULL, reasons[i], NULL), 0);
		snprintf(unit, sizeof(unit), "U%zu", i);
		send_unit(r, unit);
		row = the_unit(r); /* every feature of the plan is there */
		assert_string_equal(row->reason, reasons[i]);
		assert_string_equal(row->verdict, "not_scored");
		assert_string_equal(row->model, "");
		assert_float_equal(row->threshold, 0, 0);
		assert_float_equal(row->values[TORQUE].number, 4.5, 0);
		assert_string_equal(row->imputed, "[]");
	}
}

static void is_unsure_of_a_category_that_is_new(void **state)
{
	struct rig *r = *state;

	start_with_model(r);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	send(r, "p3/unit/U1/start", "{\"ts\":%lld,\"type\":\"X\",\"lot\":\"R1\",\"mm\":2}",
		(long long)T0);
	send(r, "p3/unit/U1/proc", PROCESSED, (long long)T0);
	assert_string_equal(the_unit(r)->verdict, "unsure");
	assert_string_equal(the_unit(r)->reason, "new category \"X\" of type");
	assert_non_null(the_unit(r)->detail);
}

static void is_unsure_near_the_limit(void **state)
{
	struct rig *r = *state;

	r->press.decide.unsure = 0.999;
	start_with_model(r);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	send_unit(r, "U1");
	assert_string_equal(the_unit(r)->verdict, "unsure");
	assert_string_equal(the_unit(r)->reason, "less than 0.999 from the limit");
}

static void keeps_the_detail_of_each_hundredth_that_passes(void **state)
{
	struct rig *r = *state;
	char unit[16];

	r->press.decide.has_threshold = true;
	r->press.decide.threshold = 1;
	start_with_model(r);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	for (int i = 1; i <= 200; i++) {
		r->now_ms += 10;
		snprintf(unit, sizeof(unit), "U%d", i);
		send_unit(r, unit);
		assert_string_equal(the_unit(r)->verdict, "pass");
		assert_int_equal(the_unit(r)->seq, i);
		assert_int_equal(the_unit(r)->detail != NULL, i % 100 == 0);
	}
}

static void refuses_a_model_that_does_not_fit_and_keeps_the_old(void **state)
{
	static const char *const hot[] = {"hot"};
	struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "a",
			.from = "torque",
			.missing = 1,
			.sd = 1,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "b",
			.from = "humidity",
			.missing = 1,
			.sd = 1,
			.unit = ""},
	};
	struct rig *r = *state;
	CLEANUP(model_free) struct model *lacks = make_model(inputs, 2);
	CLEANUP(model_free) struct model *number = NULL;
	CLEANUP(model_free) struct model *text = NULL;
	CLEANUP(model_free) struct model *flag = NULL;
	struct engine_line_state line;
	struct err err = {0};

	start_with_model(r);
	assert_int_equal(engine_set_model(r->engine, 0, lacks, NULL, &err), -EINVAL);
	assert_string_equal(
		err.text, "the model wants feature \"humidity\", which the line does not have");
	inputs[1].from = "type";
	number = make_model(inputs, 2);
	assert_int_equal(engine_set_model(r->engine, 0, number, NULL, &err), -EINVAL);
	assert_string_equal(err.text,
		"the model wants feature \"type\" as a number, the line has it as a text");
	inputs[1] = (struct model_input){.kind = MODEL_INPUT_ONE_HOT,
		.name = "b",
		.from = "speed",
		.texts = hot,
		.text_count = 1,
		.unit = ""};
	text = make_model(inputs, 2);
	assert_int_equal(engine_set_model(r->engine, 0, text, NULL, &err), -EINVAL);
	assert_string_equal(err.text,
		"the model wants feature \"speed\" as a text, the line has it as a number");
	engine_line_state(r->engine, 0, &line);
	assert_ptr_equal(line.model, r->press.model);
	assert_string_equal(line.why_none, "");
	inputs[1] = (struct model_input){
		.kind = MODEL_INPUT_IS_MISSING, .name = "b", .from = "type", .unit = ""};
	flag = make_model(inputs, 2);
	assert_int_equal(engine_model_fits(&r->press.plan, flag, NULL), 0);
}

static void waits_only_for_what_the_model_uses(void **state)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "a",
			.from = "torque",
			.missing = 1,
			.sd = 1,
			.unit = ""},
	};
	struct rig *r = *state;
	CLEANUP(model_free) struct model *small = make_model(inputs, 1);

	r->engine = press_engine(&r->press, small);
	send(r, "p3/unit/U1/proc", "{\"ts\":%lld,\"torque\":4.5}", (long long)T0);
	assert_string_equal(the_unit(r)->unit, "U1");
	assert_string_equal(the_unit(r)->imputed, "[]");
	assert_int_not_equal(the_unit(r)->verdict_n, VERDICT_NOT_SCORED);
	engine_free(TAKE(r->engine));
}

static void numbers_only_what_changed_something(void **state)
{
	struct rig *r = *state;

	start_with_model(r);
	assert_true(engine_due_ms(r->engine) == INT64_MAX);
	tick(r, T0);
	assert_int_equal(r->changed, 0);
	send(r, "p3/other", "{}");
	assert_int_equal(r->changed, 0);
	assert_int_equal(engine_number(r->engine), 0);
	send(r, "p3/unit/U1/start", STARTED, (long long)T0);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 1);
	assert_true(engine_due_ms(r->engine) == T0 + DEADLINE_MS);
	tick(r, T0 + DEADLINE_MS - 1);
	assert_int_equal(r->changed, 0);
	/* a message that is refused, but a deadline passes with it */
	r->now_ms = T0 + DEADLINE_MS;
	send(r, "p3/other", "{}");
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 2);
	assert_int_equal(r->out.count, 2);
	assert_int_equal(r->out.v[0].kind, OUTCOME_UNIT);
	assert_int_equal(r->out.v[1].kind, OUTCOME_REFUSED);
	/* late: the unit was scored with the message before */
	send(r, "p3/unit/U1/proc", PROCESSED, (long long)T0);
	expect_refusal(r, REFUSAL_LATE, NULL);
	assert_int_equal(r->changed, 0);
	/* that the unit is forgotten follows from the clock alone */
	assert_true(engine_due_ms(r->engine) == INT64_MAX);
	tick(r, T0 + DEADLINE_MS + AGAIN_MS);
	assert_int_equal(r->changed, 0);
	send(r, "p3/unit/U1/proc", PROCESSED, (long long)T0);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 3);
	engine_skip_to(r->engine, 10);
	engine_skip_to(r->engine, 7);
	assert_int_equal(engine_number(r->engine), 10);
}

static void handles_deadlines_before_the_message(void **state)
{
	struct rig *r = *state;

	start_with_model(r);
	send(r, "p3/unit/U1/start", STARTED, (long long)T0);
	r->now_ms = T0 + DEADLINE_MS;
	send(r, "p3/unit/U1/proc", PROCESSED, (long long)T0);
	assert_int_equal(r->out.count, 2);
	assert_string_equal(r->out.v[0].row.reason, "missing torque: not_sent");
	assert_int_equal(r->out.v[1].refused.reason, REFUSAL_LATE);
}

static void runs_deadlines_on_the_clock_of_the_lines(void **state)
{
	struct rig *r = *state;
	struct engine_input in = {
		.kind = INPUT_TICK, .now_ms = T0 + 10 * DEADLINE_MS, .clock_ms = T0};

	start_with_model(r);
	send(r, "p3/unit/U1/start", STARTED, (long long)T0);
	outcomes_reset(&r->out);
	assert_int_equal(engine_take(r->engine, &in, &r->out), 0);
	in.clock_ms = T0 + DEADLINE_MS;
	assert_int_equal(engine_take(r->engine, &in, &r->out), ENGINE_CHANGED);
	assert_true(the_unit(r)->scored_ms == in.now_ms);
	in.clock_ms = T0; /* never back */
	assert_int_equal(engine_take(r->engine, &in, &r->out), 0);
	assert_true(engine_clock_ms(r->engine) == T0 + DEADLINE_MS);
}

static void counts_every_message_once(void **state)
{
	struct rig *r = *state;
	const struct engine_counts *c;
	uint64_t refused = 0;
	char big[1100];

	start_with_model(r);
	c = engine_counts(r->engine);
	send_unit(r, "U1");
	send(r, "p3/unit/U1/proc", "{\"ts\":");
	expect_refusal(r, REFUSAL_BAD_PAYLOAD, NULL);
	assert_int_equal(r->out.v[0].line, 0);
	send(r, "p3/elsewhere", "{}");
	expect_refusal(r, REFUSAL_UNMATCHED, "no source takes this topic");
	assert_true(r->out.v[0].line == SIZE_MAX);
	memset(big, ' ', sizeof(big));
	send(r, "p3/unit/U2/proc", "%.*s", 1001, big);
	expect_refusal(r, REFUSAL_TOO_BIG, "payload of 1001 bytes, allowed are 1000");
	send(r, "defectd/press-3/alert", "{}");
	expect_refusal(r, REFUSAL_UNMATCHED, "a topic of our own is never input");
	send(r, "defectd/gw/status", "{}");
	expect_refusal(r, REFUSAL_UNMATCHED, "a topic of our own is never input");
	engine_count_duplicate(r->engine);
	for (int i = 0; i < REFUSAL_COUNT; i++)
		refused += c->refused[i];
	assert_int_equal(c->received, 8);
	assert_int_equal(c->used, 2);
	assert_int_equal(refused, 6);
	assert_int_equal(c->refused[REFUSAL_DUPLICATE], 1);
}

static void gives_a_message_to_every_line_that_takes_it(void **state)
{
	struct rig *r = *state;
	struct line_spec second;

	start_with_model(r);
	second = r->press.spec;
	second.name = "press-4";
	second.publish = "defectd/press-4";
	assert_int_equal(engine_add_line(r->engine, &second, NULL), 0);
	assert_int_equal(engine_line_count(r->engine), 2);
	send(r, "p3/lot/R1", "{\"visc\":3.75}");
	send_unit(r, "U1");
	assert_int_equal(r->out.count, 2);
	assert_string_equal(r->out.v[0].row.line, "press-3");
	assert_string_equal(r->out.v[1].row.line, "press-4");
	assert_int_equal(r->out.v[1].line, 1);
	assert_string_equal(r->out.v[1].row.reason, "no_model");
	assert_int_equal(engine_counts(r->engine)->received, 3);
	assert_int_equal(engine_counts(r->engine)->used, 3);
	send(r, "p3/unit/U1/proc", "nonsense");
	assert_int_equal(r->out.count, 1);
	assert_int_equal(r->out.v[0].line, 0);
	assert_int_equal(engine_counts(r->engine)->refused[REFUSAL_BAD_PAYLOAD], 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scores_a_complete_unit_as_the_model_does),
		TEST(does_not_score_what_makes_the_model_overflow),
		TEST(takes_the_threshold_of_the_line_before_the_models),
		TEST(does_not_score_without_a_feature_that_must_be_there),
		TEST(lists_what_the_model_has_to_fill_in),
		TEST(does_not_score_what_is_imputed_too_often),
		TEST(collects_without_a_model),
		TEST(is_unsure_of_a_category_that_is_new),
		TEST(is_unsure_near_the_limit),
		TEST(keeps_the_detail_of_each_hundredth_that_passes),
		TEST(refuses_a_model_that_does_not_fit_and_keeps_the_old),
		TEST(waits_only_for_what_the_model_uses),
		TEST(numbers_only_what_changed_something),
		TEST(handles_deadlines_before_the_message),
		TEST(runs_deadlines_on_the_clock_of_the_lines),
		TEST(counts_every_message_once),
		TEST(gives_a_message_to_every_line_that_takes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
