/* Event time alone decides: samples, events and lots in any order of arrival give the same units,
 * where all of them came before the windows were final. */
#include "tests/unit/feature/traffic.h"

#define UNITS 12
#define SPAN_MS 1200
#define LINES_MAX 100

/* Each time is used once: of equal times the order of arrival does decide. */
struct times {
	bool is_used[4 * SPAN_MS];
};

static int64_t own_time(struct times *times, int about_ms)
{
	assert_true(about_ms >= 0);
	while (times->is_used[about_ms])
		about_ms++;
	times->is_used[about_ms] = true;
	return about_ms;
}

static void add_sample(struct traffic *t, struct times *times, int about_ms)
{
	static const char *const modes[] = {"cold", "warm", "hot"};
	int64_t ms = own_time(times, about_ms);
	char members[60];

	snprintf(members, sizeof(members), "\"v\":%d.%d,\"mode\":\"%s\"", traffic_below(t, 100),
		traffic_below(t, 100), modes[traffic_below(t, 3)]);
	traffic_add(t, F_TEMP, "f/temp", ms, members);
}

static void add_lots(struct traffic *t, struct times *times, int about_ms)
{
	char members[60], topic[20];

	snprintf(members, sizeof(members), "\"%s\":\"R%d\"", traffic_below(t, 2) ? "resin" : "glue",
		traffic_below(t, 4));
	traffic_add(t, F_LOAD, "f/load", own_time(times, about_ms), members);
	snprintf(topic, sizeof(topic), "f/lab/R%d", traffic_below(t, 4));
	snprintf(members, sizeof(members), "\"visc\":%d,\"strength\":%d", traffic_below(t, 90),
		traffic_below(t, 90));
	traffic_add(t, F_LAB, topic, own_time(times, about_ms), members);
}

/* Each event at most once; some exits before the enter, some too late, some not at all. */
static void add_events(struct traffic *t, struct times *times, int unit)
{
	int enter_ms = 150 + traffic_below(t, SPAN_MS);
	char members[20];

	if (traffic_below(t, 6))
		traffic_unit(t, F_IN, unit, own_time(times, enter_ms), "");
	snprintf(members, sizeof(members), "\"x\":%d", unit);
	if (traffic_below(t, 6))
		traffic_unit(t, F_OUT, unit, own_time(times, enter_ms - 20 + traffic_below(t, 190)),
			members);
	if (traffic_below(t, 6))
		traffic_unit(
			t, F_PRESS, unit, own_time(times, enter_ms + traffic_below(t, 100)), "");
	if (traffic_below(t, 6))
		traffic_unit(t, F_PACK, unit, own_time(times, enter_ms + traffic_below(t, 400)),
			"\"y\":1");
}

/* In the order of time, as far as one source goes; again and again what happened once. */
static void add_repeated_events(struct traffic *t, struct times *times, int unit)
{
	int ms = 150 + traffic_below(t, SPAN_MS);

	for (int i = 0; i < 3; i++)
		traffic_unit(t, F_IN, unit, own_time(times, ms + 40 * i), "");
	for (int i = 0; i < 3; i++)
		traffic_unit(t, F_OUT, unit, own_time(times, ms + 10 + 50 * i), "\"x\":1");
	for (int i = 0; i < 2; i++)
		traffic_unit(t, F_PRESS, unit, own_time(times, ms + 40 * i), "");
	for (int i = 0; i < 2; i++)
		traffic_unit(t, F_PACK, unit, own_time(times, ms + 100 + 40 * i), "");
}

static void make_traffic(struct traffic *t, uint64_t seed,
	void (*add)(struct traffic *t, struct times *times, int unit))
{
	struct times times = {0};

	t->count = 0;
	rng_init(&t->rng, seed, 0);
	for (int unit = 0; unit < UNITS; unit++)
		add(t, &times, unit);
	for (int ms = 0; ms < SPAN_MS + 400; ms += 8)
		add_sample(t, &times, ms);
	for (int ms = 0; ms < SPAN_MS; ms += 40)
		add_lots(t, &times, ms);
}

static int64_t time_of(const struct item *i)
{
	return strtoll(i->payload + strlen("{\"ts\":"), NULL, 10);
}

static int by_time(const void *a, const void *b)
{
	int64_t at = time_of(a), bt = time_of(b);

	return (at > bt) - (at < bt);
}

/* Another order of arrival, in which each source keeps the order of its own. */
static void merge(struct traffic *t)
{
	static struct item sorted[TRAFFIC_MAX];
	size_t at[F_SOURCES] = {0}, count = t->count;

	memcpy(sorted, t->v, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_time);
	for (size_t i = 0; i < t->count;) {
		size_t source = (size_t)rng_below(&t->rng, F_SOURCES), *k = &at[source];

		while (*k < count && sorted[*k].source != source)
			++*k;
		if (*k < count)
			t->v[i++] = sorted[(*k)++];
	}
}

/* Nothing is due before all has come: a value that never comes is waited for. */
static void begin(struct flow *f)
{
	traffic_features(f);
	flow_awaited(f, "never");
	f->limits.samples = 100000;
	f->plan.stations[OVEN].max_dwell_ms = 150;
	f->plan.stations[OVEN].no_exit_closes = true;
	f->plan.stations[PRESSING].max_dwell_ms = 200;
	f->plan.stations[PACKING].look_back_ms = 250;
	f->plan.lots[F_GLUE].delay_ms = 20;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The lines of `b` in alphabetic order. */
static void sort_lines(struct buf *b)
{
	char *lines[LINES_MAX], *copy = strdup(buf_text(b));
	size_t count = 0;

	for (char *at = copy, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		assert_true(count < LINES_MAX);
		lines[count++] = at;
	}
	qsort(lines, count, sizeof(lines[0]), by_text);
	buf_clear(b);
	for (size_t i = 0; i < count; i++)
		buf_addf(b, "%s\n", lines[i]);
	free(copy);
}

static void run(struct flow *f, const struct traffic *t, struct buf *out)
{
	buf_clear(out);
	flow_begin(f);
	flow_at(f, 2000);
	for (size_t i = 0; i < t->count; i++) {
		enum refusal r = flow_message(f, t->v[i].topic, t->v[i].payload, false);

		assert_true(r == REFUSAL_NONE || r == REFUSAL_OUTDATED || r == REFUSAL_REPEATED);
		assert_int_not_equal(assembler_due_ms(f->a), 0);
	}
	flow_at(f, 400000);
	traffic_put_units(out, f);
	sort_lines(out);
}

static void expect_word(const struct buf *b, const char *word)
{
	if (!memmem(b->data, b->len, word, strlen(word)))
		fail_msg("no \"%s\" in what came out", word);
}

/* It would prove nothing if nothing happened. */
static void expect_much(struct buf *b)
{
	static const char *const words[] = {" no_enter ", " no_exit ", " no_anchor ", " no_lot ",
		" no_sample ", "\"warm\"", "\"R1\"", "start 0x", "packing_mean 0x",
		"oven_n 0x0p+0 "};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		expect_word(b, words[i]);
}

static void compare_orders(struct flow *f, void (*reorder)(struct traffic *t),
	void (*add)(struct traffic *t, struct times *times, int unit), struct buf *all)
{
	static struct traffic t;
	CLEANUP(buf_deinit) struct buf first, again;

	buf_init(&first);
	buf_init(&again);
	begin(f);
	for (uint64_t seed = 1; seed <= 8; seed++) {
		make_traffic(&t, seed, add);
		run(f, &t, &first);
		buf_put(all, first.data, first.len);
		for (int i = 0; i < 8; i++) {
			reorder(&t);
			run(f, &t, &again);
			assert_string_equal(buf_text(&again), buf_text(&first));
		}
	}
}

static void the_order_of_arrival_decides_nothing(void **state)
{
	CLEANUP(buf_deinit) struct buf all;

	buf_init(&all);
	compare_orders(*state, traffic_shuffle, add_events, &all);
	expect_much(&all);
}

static void repeated_events_come_among_others_in_any_order(void **state)
{
	CLEANUP(buf_deinit) struct buf all;

	buf_init(&all);
	compare_orders(*state, merge, add_repeated_events, &all);
	expect_word(&all, "oven_mean 0x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_order_of_arrival_decides_nothing, flow_set_up, flow_tear_down),
		cmocka_unit_test_setup_teardown(repeated_events_come_among_others_in_any_order,
			flow_set_up, flow_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
