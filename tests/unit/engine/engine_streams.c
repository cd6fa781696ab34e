/* The engine over a line with streams: what is numbered, labels as outcomes, gaps and set clocks,
 * counts. */
#include "tests/unit/engine/rig.h"

/* A unit opens at 0 and is due at 300 s. */
static void begin(struct rig *r)
{
	flow_stream(r->flow, "v", F_TEMP, "v", TAKE_LAST);
	flow_stream(r->flow, "air", F_TAGS, "air", TAKE_LAST);
	flow_awaited(r->flow, "x");
	rig_begin(r);
}

static void samples_without_a_journal_are_not_numbered(void **state)
{
	struct rig *r = *state;

	begin(r);
	rig_message(r, "f/tag/air", "7", false);
	assert_int_equal(r->changed, 0);
	assert_int_equal(engine_number(r->engine), 0);
	assert_int_equal(r->out.count, 0);
	assert_int_equal(engine_counts(r->engine)->used, 1);
	rig_send(r, "f/temp", 0, "\"v\":1");
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 1);
}

static void what_was_due_with_such_a_sample_is_a_tick(void **state)
{
	struct rig *r = *state;

	begin(r);
	rig_send(r, "f/in/U1", 0, "");
	rig_at(r, 300000);
	rig_message(r, "f/tag/air", "7", false);
	assert_int_equal(r->changed, ENGINE_TICKED);
	assert_int_equal(engine_number(r->engine), 2);
	assert_int_equal(r->out.count, 1);
	assert_string_equal(rig_row(r, 0)->unit, "U1");
	/* the sample came after it */
	assert_string_equal(rig_row(r, 0)->names[1], "air");
	assert_int_equal(rig_row(r, 0)->values[1].kind, VALUE_MISSING);
}

static void what_was_due_with_any_other_message_is_that_message(void **state)
{
	static const char *const payloads[][2] = {
		{"f/temp", "{\"ts\":1800000300000,\"v\":1}"}, {"f/temp", "{"}, {"f/none", "{}"}};
	struct rig *r = *state;

	begin(r);
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		rig_begin(r);
		rig_at(r, 0);
		rig_send(r, "f/in/U1", 0, "");
		rig_at(r, 300000);
		rig_message(r, payloads[i][0], payloads[i][1], false);
		assert_int_equal(r->changed, ENGINE_CHANGED);
		assert_string_equal(rig_row(r, 0)->unit, "U1");
	}
	rig_begin(r);
	rig_at(r, 0);
	rig_send(r, "f/in/U1", 0, "");
	rig_at(r, 300000);
	rig_tick(r);
	assert_int_equal(r->changed, ENGINE_CHANGED);
}

static void a_sample_that_one_line_journals_is_journaled(void **state)
{
	struct rig *r = *state;
	struct plan other = r->flow->plan;
	struct source sources[F_SOURCES];
	struct line_spec second;

	begin(r);
	other = r->flow->plan;
	memcpy(sources, other.sources, sizeof(sources));
	other.sources = sources;
	sources[F_TAGS].journal = true;
	second = r->spec;
	second.name = "other";
	second.publish = "acme/other";
	second.plan = &other;
	rig_add_line(r, &second);
	rig_message(r, "f/tag/air", "7", false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	sources[F_TAGS].journal = false;
	rig_message(r, "f/tag/air", "7", false);
	assert_int_equal(r->changed, 0);
	/* it is a tick of both */
	rig_send(r, "f/in/U1", 0, "");
	rig_at(r, 300000);
	rig_message(r, "f/tag/air", "7", false);
	assert_int_equal(r->changed, ENGINE_TICKED);
	assert_int_equal(r->out.count, 2);
	assert_int_equal(r->out.v[1].line, 1);
	engine_free(TAKE(r->engine)); /* before the second plan goes */
}

static void labels_are_outcomes_before_the_units_they_complete(void **state)
{
	struct rig *r = *state;
	const struct assembled_label *l;

	flow_add(r->flow, test_feature("x", FEATURE_UNIT, F_QC, "x", 0));
	rig_begin(r);
	rig_send(r, "f/qc/U1", 5, "\"result\":\"NG\"");
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(r->out.count, 1);
	l = &rig_outcome(r, 0, OUTCOME_LABEL)->label;
	assert_string_equal(l->unit, "U1");
	assert_int_equal(l->at_ms, NOW + 5);
	assert_true(l->is_defect);
	assert_string_equal(l->source, "qc");
	rig_send(r, "f/in/U1", 0, "");
	rig_send(r, "f/qc/U1", 6, "\"result\":\"OK\",\"x\":7");
	assert_int_equal(r->out.count, 2);
	assert_false(rig_outcome(r, 0, OUTCOME_LABEL)->label.is_defect);
	assert_string_equal(rig_row(r, 1)->unit, "U1");
	rig_send(r, "f/qc/U1", 7, "");
	rig_expect_refusal(
		r, REFUSAL_LATE, "unit \"U1\" of 2027-01-15T08:00:00.000Z was scored already");
}

static void each_line_says_its_labels(void **state)
{
	struct rig *r = *state;
	struct line_spec second;

	begin(r);
	second = r->spec;
	second.name = "other";
	second.publish = "acme/other";
	rig_add_line(r, &second);
	rig_send(r, "f/qc/U1", 5, "\"result\":\"NG\"");
	assert_int_equal(r->out.count, 2);
	assert_int_equal(rig_outcome(r, 0, OUTCOME_LABEL)->line, 0);
	assert_int_equal(rig_outcome(r, 1, OUTCOME_LABEL)->line, 1);
	assert_string_equal(r->out.v[0].label.unit, "U1");
	assert_string_equal(r->out.v[1].label.unit, "U1");
	assert_int_equal(engine_counts(r->engine)->used, 1);
}

/* The gap of the unit that opened at 10 s, scored now. */
static int64_t scored_gap(struct rig *r)
{
	rig_at(r, 310000);
	rig_tick(r);
	return rig_row(r, 0)->gap_ms;
}

static void open_unit(struct rig *r)
{
	rig_at(r, 10000);
	rig_send(r, "f/in/U1", 0, "");
	assert_int_equal(r->changed, ENGINE_CHANGED);
}

static void a_gap_is_numbered_and_counts_for_open_units(void **state)
{
	struct rig *r = *state;

	begin(r);
	open_unit(r);
	rig_at(r, 20000);
	rig_gap(r, 15000, false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 2);
	assert_int_equal(scored_gap(r), 5000);
}

static void a_gap_without_a_beginning_is_since_the_last_input(void **state)
{
	struct rig *r = *state;

	r->flow->plan.sources[F_TAGS].journal = true;
	begin(r);
	open_unit(r);
	rig_at(r, 12000);
	rig_message(r, "f/none", "{}", false);
	rig_at(r, 20000);
	rig_gap(r, NOT_SAID, false);
	assert_int_equal(scored_gap(r), 8000);
}

static void before_the_first_input_there_was_no_gap(void **state)
{
	struct rig *r = *state;

	begin(r);
	rig_at(r, 9000);
	assert_int_equal(engine_now_ms(r->engine), 0);
	rig_gap(r, NOT_SAID, false);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_now_ms(r->engine), NOW + 9000);
	open_unit(r);
	assert_int_equal(scored_gap(r), 0);
}

static void what_the_broker_kept_is_a_gap_of_qos_0_alone(void **state)
{
	struct rig *r = *state;

	begin(r);
	open_unit(r);
	rig_at(r, 20000);
	rig_gap(r, 15000, true); /* tags are of QoS 0 */
	assert_int_equal(scored_gap(r), 5000);
	r->flow->plan.sources[F_TAGS].qos = 1;
	r->flow->plan.sources[F_TAGS].journal = true;
	rig_begin(r);
	open_unit(r);
	rig_at(r, 20000);
	rig_gap(r, 15000, true);
	assert_int_equal(scored_gap(r), 0);
}

static void save(struct rig *r, struct buf *snapshot)
{
	buf_clear(snapshot);
	engine_save(r->engine, snapshot);
	assert_false(buf_failed(snapshot));
}

static void load(struct rig *r, const struct buf *snapshot)
{
	struct err err;

	rig_begin(r);
	if (engine_load(r->engine, snapshot->data, snapshot->len, &err) < 0)
		fail_msg("%s", err.text);
}

/* What came without a journal after the snapshot at 10 s died with the process, whatever gaps there
 * were in between: they are in the journal, and come again. */
static void after_a_crash_all_since_the_snapshot_is_lost_without_a_journal(void **state)
{
	CLEANUP(buf_deinit) struct buf snapshot;
	struct rig *r = *state;

	buf_init(&snapshot);
	begin(r);
	open_unit(r);
	save(r, &snapshot);
	for (int again = 0; again < 2; again++) {
		if (again)
			load(r, &snapshot);
		rig_at(r, 13000);
		rig_send(r, "f/temp", 0, "\"v\":1");
		rig_at(r, 15000);
		rig_gap(r, 14000, true); /* was not connected */
		rig_at(r, 17000);
		rig_send(r, "f/temp", 1, "\"v\":2");
	}
	rig_at(r, 20000);
	rig_gap(r, NOT_SAID, true); /* the start */
	assert_int_equal(scored_gap(r), 10000);
}

static void gaps_are_the_same_when_the_journal_is_taken_again(void **state)
{
	CLEANUP(buf_deinit) struct buf snapshot;
	struct rig *r = *state;

	buf_init(&snapshot);
	begin(r);
	open_unit(r);
	save(r, &snapshot);
	for (int again = 0; again < 2; again++) {
		if (again)
			load(r, &snapshot);
		rig_at(r, 15000);
		rig_gap(r, 14000, true);
		assert_int_equal(scored_gap(r), 1000);
	}
}

static void without_a_snapshot_all_since_the_first_input_is_lost(void **state)
{
	struct rig *r = *state;

	begin(r);
	for (int again = 0; again < 2; again++) {
		rig_begin(r);
		rig_at(r, 9000);
		rig_gap(r, NOT_SAID, false); /* the first start of all */
		open_unit(r);
		rig_at(r, 12000);
		rig_send(r, "f/temp", 0, "\"v\":1");
	}
	rig_at(r, 20000);
	rig_gap(r, NOT_SAID, true);
	assert_int_equal(scored_gap(r), 10000);
}

static void a_set_clock_is_numbered_and_moves_units_by_the_clock(void **state)
{
	struct rig *r = *state;

	r->flow->plan.unit.every_ms = 10000;
	flow_stream(r->flow, "v", F_TEMP, "v", TAKE_LAST);
	rig_begin(r);
	assert_int_equal(engine_due_ms(r->engine), INT64_MAX);
	rig_at(r, 4000);
	rig_tick(r);
	assert_int_equal(r->changed, 0);
	assert_int_equal(engine_due_ms(r->engine), 10000);
	r->now_ms += 3600000; /* the line's clock does not jump */
	rig_clock(r, 3600000);
	assert_int_equal(r->changed, ENGINE_CHANGED);
	assert_int_equal(engine_number(r->engine), 1);
	assert_int_equal(engine_now_ms(r->engine), NOW + 3604000);
	assert_int_equal(engine_due_ms(r->engine), 10000);
	r->now_ms += 6000;
	r->clock_ms += 6000;
	rig_tick(r);
	assert_int_equal(r->out.count, 1);
	assert_string_equal(rig_row(r, 0)->unit, "flow-2027-01-15T09:00:10.000Z");
	/* and a unit that is due with it comes out */
	r->now_ms += 10000;
	r->clock_ms += 10000;
	rig_clock(r, 5000);
	assert_int_equal(r->out.count, 1);
	assert_string_equal(rig_row(r, 0)->unit, "flow-2027-01-15T09:00:20.000Z");
}

static void duplicates_of_either_kind_are_counted_as_one(void **state)
{
	struct rig *r = *state;
	struct engine_line_state line;

	begin(r);
	rig_send(r, "f/temp", 0, "\"v\":1");
	rig_send(r, "f/temp", 0, "\"v\":1"); /* a sample that is there */
	rig_expect_refusal(r, REFUSAL_DUPLICATE,
		"source \"temp\": the same sample of the same time is there already");
	assert_int_equal(r->changed, 0);
	engine_count_duplicate(r->engine); /* a redelivery, which never comes here */
	assert_int_equal(engine_counts(r->engine)->refused[REFUSAL_DUPLICATE], 2);
	assert_int_equal(engine_counts(r->engine)->received, 3);
	assert_int_equal(engine_counts(r->engine)->used, 1);
	engine_line_state(r->engine, 0, &line);
	assert_int_equal(line.counts->received, 2);
	assert_int_equal(line.counts->refused[REFUSAL_DUPLICATE], 1);
	engine_resume(r->engine);
	assert_int_equal(engine_counts(r->engine)->received, 0);
	assert_int_equal(engine_counts(r->engine)->refused[REFUSAL_DUPLICATE], 0);
	engine_line_state(r->engine, 0, &line);
	assert_int_equal(line.counts->received, 0);
}

static void knows_the_state_of_a_line(void **state)
{
	struct rig *r = *state;
	struct engine_line_state line;

	begin(r);
	engine_line_state(r->engine, 0, &line);
	assert_null(line.model);
	assert_string_equal(line.why_none, "no_model");
	assert_int_equal(line.units, 0);
	assert_int_equal(line.last_unit_ms, 0);
	rig_send(r, "f/in/U1", 0, "");
	rig_send(r, "f/in/U2", 0, "");
	rig_send(r, "f/temp", 0, "\"v\":1");
	rig_message(r, "f/tag/air", "7", false);
	rig_at(r, 1000);
	rig_send(r, "f/out/U1", 5, "\"x\":2");
	assert_string_equal(rig_row(r, 0)->reason, "no_model");
	engine_line_state(r->engine, 0, &line);
	assert_int_equal(line.units, 1);
	assert_int_equal(line.not_scored, 1);
	assert_int_equal(line.alerts, 0);
	assert_int_equal(line.open_units, 1);
	assert_int_equal(line.last_unit_ms, NOW + 1000);
	assert_int_equal(line.counts->used, 5);
}

/* The detail says of a window how many samples are inside, its bounds, and a held value. */
static void says_what_a_windows_value_is_made_of(void **state)
{
	struct rig *r = *state;
	struct feature *held;

	flow_during(r->flow, "oven", OVEN, TAKE_MEAN);
	held = flow_over(r->flow, "held", TAKE_MEAN, 100);
	held->window.has_hold = true;
	held->window.hold_ms = 1000;
	held->has_max = true;
	held->max = 50;
	r->flow->plan.unit.ready_on = F_PACK;
	rig_begin(r);
	rig_send(r, "f/temp", 50, "\"v\":2");
	rig_send(r, "f/temp", 150, "\"v\":51");
	rig_send(r, "f/in/U1", 200, "");
	rig_send(r, "f/pack/U1", 300, "");
	assert_string_equal(rig_row(r, 0)->detail,
		"{\"oven\":{\"n\":0,\"missing\":\"no_exit\"},"
		"\"held\":{\"n\":0,\"from\":1800000000100,\"to\":1800000000200,\"held\":1,"
		"\"refused\":51.0}}");
	assert_float_equal(rig_row(r, 0)->values[1].number, 2, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(samples_without_a_journal_are_not_numbered),
		RIG_TEST(what_was_due_with_such_a_sample_is_a_tick),
		RIG_TEST(what_was_due_with_any_other_message_is_that_message),
		RIG_TEST(a_sample_that_one_line_journals_is_journaled),
		RIG_TEST(labels_are_outcomes_before_the_units_they_complete),
		RIG_TEST(each_line_says_its_labels),
		RIG_TEST(a_gap_is_numbered_and_counts_for_open_units),
		RIG_TEST(a_gap_without_a_beginning_is_since_the_last_input),
		RIG_TEST(before_the_first_input_there_was_no_gap),
		RIG_TEST(what_the_broker_kept_is_a_gap_of_qos_0_alone),
		RIG_TEST(after_a_crash_all_since_the_snapshot_is_lost_without_a_journal),
		RIG_TEST(gaps_are_the_same_when_the_journal_is_taken_again),
		RIG_TEST(without_a_snapshot_all_since_the_first_input_is_lost),
		RIG_TEST(a_set_clock_is_numbered_and_moves_units_by_the_clock),
		RIG_TEST(duplicates_of_either_kind_are_counted_as_one),
		RIG_TEST(knows_the_state_of_a_line),
		RIG_TEST(says_what_a_windows_value_is_made_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
