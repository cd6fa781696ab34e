/* A restart between any two inputs changes nothing that comes out of a line with streams, bit for
 * bit, nor what is saved next. Limits are small and met; there is every kind of message.
 * Random numbers are drawn one by one: the order of arguments is each compiler's own. */
#include "tests/unit/feature/traffic.h"

#define INPUTS 500
#define BEFORE_EACH SIZE_MAX
#define NEVER (SIZE_MAX - 1)

/* An input: the clocks go on by so much, then a message, a gap, a clock that is set, or nothing. */
struct input {
	int64_t later_ms;
	bool clock_stands;
	int gap_ms, jump_ms;
	const struct item *item; /* NULL: none */
};

struct play {
	struct traffic traffic;
	struct input v[INPUTS];
};

/* Event times are about `ms`, some far behind. */
static int64_t about(struct traffic *t, int64_t ms)
{
	return ms - (traffic_below(t, 10) ? traffic_below(t, 60) : traffic_below(t, 900));
}

static void add_sample(struct traffic *t, int64_t ms)
{
	static const char *const before[] = {"\"v\":", "\"mode\":\"hot\",\"v\":",
		"\"mode\":\"cold\",\"v\":", "\"v\":\"x\",\"w\":"};
	const int value = traffic_below(t, 100), kind = traffic_below(t, 4);
	char text[60];

	snprintf(text, sizeof(text), "%s%d", before[kind], value);
	traffic_add(t, F_TEMP, "f/temp", about(t, ms), text);
	if (traffic_below(t, 20) == 0)
		t->v[t->count - 1].retained = true;
}

static void add_event(struct traffic *t, int64_t ms)
{
	static const size_t sources[] = {F_IN, F_OUT, F_PRESS, F_PACK};
	static const char *const members[] = {"", "\"x\":1,\"y\":2.5", "\"x\":\"one\"", "\"y\":[]"};
	const int kind = traffic_below(t, 4);
	const int64_t at_ms = about(t, ms);
	const int unit = (int)(ms / 150) + traffic_below(t, 4), source = traffic_below(t, 4);

	traffic_unit(t, sources[source], unit, at_ms, members[kind]);
}

static void add_other(struct traffic *t, int64_t ms)
{
	char topic[20], members[60];
	int a, b;

	switch (traffic_below(t, 6)) {
	case 0:
	case 1:
		a = traffic_below(t, 5);
		b = traffic_below(t, 2);
		snprintf(members, sizeof(members), "\"%s\":\"R%d\"", b ? "resin" : "glue", a);
		traffic_add(t, F_LOAD, "f/load", about(t, ms), members);
		t->v[t->count - 1].retained = traffic_below(t, 8) == 0;
		break;
	case 2:
		snprintf(topic, sizeof(topic), "f/lab/R%d", traffic_below(t, 5));
		a = traffic_below(t, 9);
		b = traffic_below(t, 9);
		snprintf(members, sizeof(members), "\"visc\":%d,\"strength\":%d", b, a);
		traffic_add(t, F_LAB, topic, about(t, ms), members);
		break;
	case 3:
		a = traffic_below(t, 2);
		b = (int)(ms / 150) + traffic_below(t, 4);
		traffic_unit(t, F_QC, b, ms, a ? "\"result\":\"NG\"" : "\"result\":1");
		break;
	case 4:
		traffic_add(t, F_TAGS, "f/tag/air", 0, "");
		snprintf(t->v[t->count - 1].payload, sizeof(t->v[0].payload), "%d",
			traffic_below(t, 100));
		break;
	default:
		traffic_add(t, F_TEMP, "f/temp", ms, "\"v\":");
	}
}

/* One of the last messages comes again. */
static void repeat(struct traffic *t)
{
	size_t back = 1 + (size_t)traffic_below(t, 10);

	t->v[t->count] = t->v[t->count >= back ? t->count - back : 0];
	t->count++;
}

static void make_play(struct play *p, uint64_t seed)
{
	struct traffic *t = &p->traffic;
	int64_t ms = 1000;

	t->count = 0;
	rng_init(&t->rng, seed, 0);
	for (size_t i = 0; i < INPUTS; i++) {
		struct input *in = &p->v[i];
		size_t count = t->count;

		*in = (struct input){.later_ms = traffic_below(t, 12)};
		in->clock_stands = traffic_below(t, 10) == 0;
		ms += in->later_ms;
		if (traffic_below(t, 40) == 0)
			in->gap_ms = 1 + traffic_below(t, 100);
		else if (traffic_below(t, 40) == 0)
			in->jump_ms = traffic_below(t, 200) - 100;
		else if (traffic_below(t, 15) == 0 && count > 0)
			repeat(t);
		else if (traffic_below(t, 3) == 0)
			add_event(t, ms);
		else if (traffic_below(t, 2) == 0)
			add_sample(t, ms);
		else
			add_other(t, ms);
		if (t->count > count)
			in->item = &t->v[count];
	}
}

static void put_message(struct buf *out, struct flow *f, const struct item *i)
{
	const struct assembled_label *labels;
	size_t count;

	buf_addf(out, "%s\n", refusal_name(flow_message(f, i->topic, i->payload, i->retained)));
	labels = assembler_labels(f->a, &count);
	for (size_t k = 0; k < count; k++)
		buf_addf(out, "label %s %d\n", labels[k].unit, labels[k].is_defect);
	buf_addf(out, "%d %zu %lld\n", assembler_spares_journal(f->a), assembler_open_count(f->a),
		(long long)assembler_due_ms(f->a));
}

static void put_counts(struct buf *out, const struct flow *f)
{
	const struct assembler_counts c = flow_counts(f);
	const uint64_t *n = (const uint64_t *)&c;

	for (size_t i = 0; i < sizeof(c) / sizeof(uint64_t); i++)
		buf_addf(out, "%llu ", (unsigned long long)n[i]);
	buf_add(out, "\n");
}

/* Restarts before the input `at`. */
static void run(struct flow *f, const struct play *p, size_t at, struct buf *out)
{
	buf_clear(out);
	f->counts = (struct assembler_counts){0};
	f->now_ms = NOW + 1000;
	f->clock_ms = f->last_ms = 0;
	flow_begin(f);
	traffic_put_units(out, f);
	for (size_t i = 0; i < INPUTS; i++) {
		const struct input *in = &p->v[i];

		if (at == i || at == BEFORE_EACH)
			flow_restart(f);
		f->now_ms += in->later_ms + in->jump_ms;
		f->clock_ms += in->clock_stands ? 0 : in->later_ms;
		if (in->jump_ms)
			assembler_clock_set(f->a, in->jump_ms, f->now_ms, f->clock_ms);
		if (in->gap_ms)
			assembler_add_gap(f->a, f->now_ms - in->gap_ms, f->now_ms,
				f->now_ms - 2 * in->gap_ms, in->gap_ms % 2);
		traffic_put_units(out, f);
		if (in->item)
			put_message(out, f, in->item);
		traffic_put_units(out, f);
	}
	f->clock_ms += 100000;
	f->now_ms += 100000;
	traffic_put_units(out, f);
	put_counts(out, f);
}

static void begin(struct flow *f)
{
	traffic_features(f);
	f->limits = (struct assembler_limits){.open_units = 6,
		.remembered_units = 5,
		.lots = 3,
		.samples = 20,
		.array_elements = 10,
		.future_limit_ms = INT64_MAX / 4};
	f->plan.unit.deadline_ms = 400;
	f->plan.unit.again_ms = 500;
	f->plan.stations[OVEN].max_dwell_ms = 100;
	f->plan.stations[OVEN].reorder_ms = 20;
	f->plan.stations[PRESSING].max_dwell_ms = 100;
	f->plan.stations[PRESSING].reorder_ms = 10;
	f->plan.lots[F_GLUE].delay_ms = 30;
}

static void expect_word(const struct buf *b, const char *word)
{
	if (!memmem(b->data, b->len, word, strlen(word)))
		fail_msg("no \"%s\" in what came out", word);
}

/* `words`: what must be in it, or it would prove nothing. */
static void expect_same_after_restarts(struct flow *f, const char *const *words)
{
	static struct play p;
	CLEANUP(buf_deinit) struct buf undisturbed, restarted, all;

	buf_init(&undisturbed);
	buf_init(&restarted);
	buf_init(&all);
	for (uint64_t seed = 1; seed <= 4; seed++) {
		make_play(&p, seed);
		run(f, &p, NEVER, &undisturbed);
		buf_put(&all, undisturbed.data, undisturbed.len);
		run(f, &p, BEFORE_EACH, &restarted);
		assert_string_equal(buf_text(&restarted), buf_text(&undisturbed));
		for (size_t at = seed; at < INPUTS; at += 29) {
			run(f, &p, at, &restarted);
			assert_string_equal(buf_text(&restarted), buf_text(&undisturbed));
		}
	}
	for (; *words; words++)
		expect_word(&all, *words);
}

static void units_that_are_complete_or_due(void **state)
{
	static const char *const words[] = {" complete 1 ", " deadline 0 ", " open_units 0 ",
		" again 0 ", " truncated ", " out_of_range ", " wrong_type ", "label U", "late\n",
		"repeated\n", "outdated\n", "duplicate\n", "retained\n", "no_value\n",
		"bad_payload\n", "\"R3\"", "start 0x", "packing_mean 0x", " gap 8", NULL};
	bool required[FLOW_FEATURES_MAX] = {false};
	struct flow *f = *state;

	begin(f);
	for (size_t i = 0; i < f->plan.feature_count; i++)
		required[i] = strcmp(f->plan.features[i].name, "x") == 0 ||
			      strcmp(f->plan.features[i].name, "pressing_mean") == 0;
	f->required = required;
	expect_same_after_restarts(f, words);
}

static void units_that_a_source_makes_ready(void **state)
{
	static const char *const words[] = {
		" ready 0 ", " deadline 0 ", " again 0 ", "oven_mean 0x", " no_exit ", NULL};
	struct flow *f = *state;

	begin(f);
	f->plan.unit.ready_on = F_PACK;
	f->plan.unit.grace_ms = 50;
	expect_same_after_restarts(f, words);
}

static void units_by_the_clock(void **state)
{
	static const char *const words[] = {" every 0 ", "start 0x", "\"R1\"", "label U", NULL};
	struct flow *f = *state;

	begin(f);
	f->plan.unit.every_ms = 100;
	expect_same_after_restarts(f, words);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, flow_set_up, flow_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(units_that_are_complete_or_due),
		TEST(units_that_a_source_makes_ready),
		TEST(units_by_the_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
