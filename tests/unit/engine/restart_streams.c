/* A start from snapshot and journal at any point, of a line with streams: what is journaled comes
 * to the same again, and the engine goes on as if nothing had happened. */
#include "tests/unit/engine/rig.h"
#include "tests/unit/feature/traffic.h"

#define INPUTS 400

struct play {
	struct traffic traffic;
	struct engine_input in[INPUTS];
	struct buf outcomes[INPUTS];
	int changed[INPUTS];
};

static void play_deinit(struct play *p)
{
	for (size_t i = 0; i < INPUTS; i++)
		buf_deinit(&p->outcomes[i]);
}

static void add_message(struct traffic *t, int64_t ms)
{
	char members[60], topic[20];
	int unit = (int)(ms / 120) + traffic_below(t, 3);
	int64_t ts = ms - traffic_below(t, 40);

	switch (traffic_below(t, 9)) {
	case 0:
		traffic_unit(t, F_IN, unit, ts, "");
		break;
	case 1:
		traffic_unit(t, F_OUT, unit, ts, "\"x\":2");
		break;
	case 2:
		traffic_unit(t, F_PRESS, unit, ts, "");
		break;
	case 3:
		traffic_unit(t, F_PACK, unit, ts, "\"y\":\"?\"");
		break;
	case 4:
		traffic_unit(t, F_QC, unit, ts, "\"result\":\"NG\"");
		break;
	case 5:
		snprintf(members, sizeof(members), "\"resin\":\"R%d\"", traffic_below(t, 4));
		traffic_add(t, F_LOAD, "f/load", ts, members);
		break;
	case 6:
		snprintf(topic, sizeof(topic), "f/lab/R%d", traffic_below(t, 4));
		traffic_add(t, F_LAB, topic, ts, "\"visc\":3");
		break;
	case 7:
		traffic_add(t, F_TAGS, "f/tag/air", 0, "");
		strcpy(t->v[t->count - 1].payload, traffic_below(t, 9) ? "21.5" : "warm");
		break;
	default:
		snprintf(members, sizeof(members), "\"v\":%d", traffic_below(t, 100));
		traffic_add(t, F_TEMP, "f/temp", ts, members);
	}
}

static void make_play(struct play *p, uint64_t seed)
{
	int64_t ms = 1000, clock_ms = 0;

	p->traffic.count = 0;
	rng_init(&p->traffic.rng, seed, 0);
	for (size_t i = 0; i < INPUTS; i++) {
		struct engine_input *in = &p->in[i];
		int later_ms = traffic_below(&p->traffic, 12);
		const struct item *item;

		ms += later_ms;
		clock_ms += traffic_below(&p->traffic, 8) ? later_ms : 0;
		*in = (struct engine_input){
			.kind = INPUT_TICK, .now_ms = NOW + ms, .clock_ms = clock_ms};
		switch (traffic_below(&p->traffic, 20)) {
		case 0:
			break;
		case 1:
			in->kind = INPUT_GAP;
			in->from_ms = in->now_ms - traffic_below(&p->traffic, 60) - 1;
			in->kept = traffic_below(&p->traffic, 2);
			break;
		case 2:
			in->kind = INPUT_CLOCK;
			in->jump_ms = traffic_below(&p->traffic, 100) - 50;
			ms += in->jump_ms;
			in->now_ms += in->jump_ms;
			break;
		default:
			add_message(&p->traffic, ms);
			item = &p->traffic.v[p->traffic.count - 1];
			in->kind = INPUT_MESSAGE;
			in->message = (struct message){.topic = item->topic,
				.payload = item->payload,
				.payload_len = strlen(item->payload),
				.qos = 1};
		}
	}
}

static void take(struct rig *r, struct play *p, size_t i, struct buf *out)
{
	outcomes_reset(&r->out);
	r->changed = engine_take(r->engine, &p->in[i], &r->out);
	buf_clear(out);
	put_outcomes(out, &r->out);
	buf_addf(out, " %d", r->changed);
}

/* What the daemon journals of an input. */
static void journal(const struct rig *r, const struct engine_input *in, struct buf *out)
{
	const struct engine_input tick = {
		.kind = INPUT_TICK, .now_ms = in->now_ms, .clock_ms = in->clock_ms};

	if (r->changed == ENGINE_CHANGED)
		engine_input_put(out, in);
	else if (r->changed == ENGINE_TICKED)
		engine_input_put(out, &tick);
}

/* Snapshot before input `at`, the journal up to `end`; the engine then stands where it stood. */
static void restart(struct rig *r, struct play *p, size_t at, size_t end)
{
	CLEANUP(buf_deinit) struct buf snapshot, inputs, ignored;
	struct engine_input in;
	struct cursor c;
	struct err err;
	uint64_t number;

	buf_init(&snapshot);
	buf_init(&inputs);
	buf_init(&ignored);
	rig_begin(r);
	for (size_t i = 0; i < end; i++) {
		if (i == at)
			engine_save(r->engine, &snapshot);
		take(r, p, i, &ignored);
		if (i >= at)
			journal(r, &p->in[i], &inputs);
	}
	if (at == end)
		engine_save(r->engine, &snapshot);
	number = engine_number(r->engine);
	rig_begin(r);
	if (engine_load(r->engine, snapshot.data, snapshot.len, &err) < 0)
		fail_msg("%s", err.text);
	cursor_init(&c, inputs.data, inputs.len);
	while (engine_input_get(&c, &in)) {
		outcomes_reset(&r->out);
		assert_int_equal(engine_take(r->engine, &in, &r->out), ENGINE_CHANGED);
	}
	assert_false(c.failed);
	assert_int_equal(engine_number(r->engine), number);
}

static void begin(struct rig *r)
{
	traffic_features(r->flow);
	r->flow->plan.unit.deadline_ms = 300;
	r->flow->plan.unit.again_ms = 400;
	r->flow->plan.stations[OVEN].max_dwell_ms = 100;
	r->flow->plan.stations[OVEN].reorder_ms = 20;
	r->flow->plan.stations[PRESSING].max_dwell_ms = 100;
	r->flow->limits.samples = 30;
	r->flow->limits.open_units = 6;
	r->flow->limits.future_limit_ms = INT64_MAX / 4;
}

/* The undisturbed run. How often each answer came. */
static void play(struct rig *r, struct play *p, uint64_t seed, size_t counts[3])
{
	make_play(p, seed);
	rig_begin(r);
	for (size_t i = 0; i < INPUTS; i++) {
		take(r, p, i, &p->outcomes[i]);
		counts[r->changed]++;
	}
}

static void expect_same(struct rig *r, struct play *p, size_t from)
{
	CLEANUP(buf_deinit) struct buf out;

	buf_init(&out);
	for (size_t i = from; i < INPUTS; i++) {
		take(r, p, i, &out);
		assert_int_equal(out.len, p->outcomes[i].len);
		assert_memory_equal(out.data, p->outcomes[i].data, out.len);
	}
}

static void a_start_at_any_point_goes_on_as_if_nothing_had_happened(void **state)
{
	static struct play p;
	struct rig *r = *state;
	size_t counts[3] = {0};

	begin(r);
	r->flow->plan.sources[F_TAGS].journal = true;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		play(r, &p, seed, counts);
		for (size_t end = 1; end < INPUTS; end += 31) {
			restart(r, &p, end * 5 / 11, end);
			expect_same(r, &p, end);
		}
		restart(r, &p, 200, 200); /* a clean stop: nothing is in the journal */
		expect_same(r, &p, 200);
	}
	assert_true(counts[0] > 0 && counts[ENGINE_CHANGED] > 0);
	assert_int_equal(counts[ENGINE_TICKED], 0);
	play_deinit(&p);
}

/* What is lost without a journal is lost, but nothing that is numbered. */
static void what_is_spared_takes_no_number_and_leaves_none_out(void **state)
{
	static struct play p;
	struct rig *r = *state;
	size_t counts[3] = {0};

	begin(r);
	for (uint64_t seed = 1; seed <= 6; seed++) {
		play(r, &p, seed, counts);
		for (size_t end = 1; end < INPUTS; end += 31)
			restart(r, &p, end * 5 / 11, end);
	}
	assert_true(counts[ENGINE_TICKED] > 0);
	play_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_start_at_any_point_goes_on_as_if_nothing_had_happened),
		RIG_TEST(what_is_spared_takes_no_number_and_leaves_none_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
