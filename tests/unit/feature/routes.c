/* What each source's messages feed, as it is worked out from a plan. */
#include "tests/unit/feature/flow.h"

#include "lib/feature/routes.h"

static void routes_deinit_at(struct routes *r)
{
	routes_deinit(r);
}

static void make_routes(struct routes *r, const struct flow *f)
{
	assert_int_equal(routes_init(r, &f->plan), 0);
}

static void expect_list(const struct index_list *list, size_t count, const size_t *indices)
{
	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list->v[i], indices[i]);
}

#define EXPECT(list, ...)                                                   \
	expect_list(list, sizeof((size_t[]){__VA_ARGS__}) / sizeof(size_t), \
		(const size_t[]){__VA_ARGS__})
#define EXPECT_NONE(list) assert_int_equal((list)->count, 0)

static void a_field_has_one_route_for_all_who_want_it(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	const struct source_routes *out;

	flow_awaited(f, "x");
	flow_awaited(f, "y");
	free(flow_awaited(f, "x2")->field);
	f->plan.features[2].field = strdup("x");
	make_routes(&r, f);
	out = &r.sources[F_OUT];
	assert_int_equal(r.source_count, F_SOURCES);
	assert_int_equal(out->count, 2);
	assert_string_equal(out->v[0].at.name, "x");
	EXPECT(&out->v[0].features, 0, 2);
	EXPECT_NONE(&out->v[0].lots);
	EXPECT_NONE(&out->v[0].signals);
	EXPECT(&out->v[1].features, 1);
	assert_int_equal(r.unit_slots, 3);
	assert_int_equal(r.slots[2], 2);
	assert_int_equal(r.unit_features[2], 2);
	assert_int_equal(r.sources[F_IN].count, 0);
}

static void lots_and_units_have_slots_of_their_own(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;

	flow_add(f, test_feature("visc", FEATURE_LOT, F_LAB, "visc", F_RESIN));
	flow_awaited(f, "x");
	flow_add(f, test_feature("id", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("strength", FEATURE_LOT, F_LAB, "strength", F_GLUE));
	make_routes(&r, f);
	assert_int_equal(r.lot_slots, 2);
	assert_int_equal(r.unit_slots, 1);
	assert_int_equal(r.slots[0], 0);
	assert_int_equal(r.slots[1], 0);
	assert_int_equal(r.slots[2], NO_SLOT);
	assert_int_equal(r.slots[3], 1);
	assert_int_equal(r.lot_features[1], 3);
	assert_int_equal(r.unit_features[0], 1);
	assert_int_equal(r.sources[F_LAB].count, 2);
}

static void lots_that_a_unit_names_are_routes_of_its_field(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	struct lot *glue = &f->plan.lots[F_GLUE];

	glue->is_loaded = false;
	glue->bind_source = F_OUT;
	flow_awaited(f, "x");
	make_routes(&r, f);
	assert_int_equal(r.sources[F_OUT].count, 2);
	assert_string_equal(r.sources[F_OUT].v[0].at.name, "glue");
	EXPECT(&r.sources[F_OUT].v[0].lots, F_GLUE);
	assert_int_equal(r.lot_signals[F_GLUE], NO_SLOT);
	assert_int_equal(r.lot_signals[F_RESIN], 0);
}

/* A field that is wanted as a number, as a text, and as the lot loaded is three signals. */
static void a_signal_is_of_one_field_type_and_lot(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	const struct route *resin;

	flow_stream(f, "number", F_LOAD, "resin", TAKE_LAST);
	flow_stream(f, "text", F_LOAD, "resin", TAKE_LAST)->is_text = true;
	flow_stream(f, "again", F_LOAD, "resin", TAKE_MEAN);
	make_routes(&r, f);
	assert_int_equal(r.signal_count, 4);
	assert_int_equal(r.lot_signals[F_RESIN], 0);
	assert_int_equal(r.lot_signals[F_GLUE], 1);
	assert_int_equal(r.signals[0].lot, F_RESIN);
	assert_true(r.signals[0].is_text);
	EXPECT_NONE(&r.signals[0].features);
	assert_int_equal(r.slots[0], 2);
	assert_false(r.signals[2].is_text);
	assert_int_equal(r.signals[2].lot, NO_INDEX);
	assert_string_equal(r.signals[2].field, "resin");
	assert_int_equal(r.signals[2].source, F_LOAD);
	EXPECT(&r.signals[2].features, 0, 2);
	assert_int_equal(r.slots[1], 3);
	assert_true(r.signals[3].is_text);
	EXPECT(&r.signals[3].features, 1);
	resin = &r.sources[F_LOAD].v[0];
	assert_int_equal(r.sources[F_LOAD].count, 2);
	assert_string_equal(resin->at.name, "resin");
	EXPECT(&resin->signals, 0, 2, 3);
	EXPECT_NONE(&resin->features);
}

static void the_same_field_of_two_sources_is_two_signals(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;

	flow_stream(f, "a", F_TEMP, "v", TAKE_LAST);
	flow_stream(f, "b", F_TAGS, "v", TAKE_LAST);
	flow_stream(f, "c", F_TEMP, "w", TAKE_LAST);
	make_routes(&r, f);
	assert_int_equal(r.signal_count, 5);
	assert_int_equal(r.slots[0], 2);
	assert_int_equal(r.slots[1], 3);
	assert_int_equal(r.slots[2], 4);
	assert_int_equal(r.sources[F_TEMP].count, 2);
	assert_int_equal(r.sources[F_TAGS].count, 1);
}

/* A lot's keep: its delay; a window's: what it reaches back, and its station's reorder. Both and
 * how late an event may be. */
static void a_signal_keeps_what_its_widest_window_wants(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	struct feature *held;

	f->plan.unit.deadline_ms = 80000;
	flow_over(f, "narrow", TAKE_MEAN, 5000);
	held = flow_over(f, "wide", TAKE_MEAN, 7000);
	held->window.ago_ms = 3000;
	held->window.has_hold = true;
	held->window.hold_ms = 600;
	flow_over(f, "between", TAKE_MEAN, 6000);
	make_routes(&r, f);
	assert_int_equal(r.signals[2].keep_ms, 10600 + 80000);
	assert_int_equal(r.widest_ms, 10600);
	assert_int_equal(r.signals[0].keep_ms, 80000);
	assert_int_equal(r.signals[1].keep_ms, 5000 + 80000);
}

static void events_may_be_late_as_long_as_a_unit_is_open_within_reason(void **state)
{
	static const int64_t late_ms[][2] = {
		{1, 60000}, {60000, 60000}, {60001, 60001}, {300000, 300000}, {300001, 300000}};
	struct flow *f = *state;

	flow_over(f, "mean", TAKE_MEAN, 5000);
	for (size_t i = 0; i < ARRAY_LEN(late_ms); i++) {
		CLEANUP(routes_deinit) struct routes r = {0};

		f->plan.unit.deadline_ms = late_ms[i][0];
		make_routes(&r, f);
		assert_int_equal(r.signals[2].keep_ms, 5000 + late_ms[i][1]);
	}
}

static int64_t reach_of(const struct flow *f, struct window w)
{
	return window_reach_ms(&f->plan, &w);
}

static void a_window_reaches_back_as_its_kind_has_it(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	struct window w = {.anchor = WINDOW_START, .ago_ms = 1, .over_ms = 20, .hold_ms = 300};

	assert_int_equal(reach_of(f, w), 321);
	w.anchor = WINDOW_EXIT;
	w.station = OVEN;
	assert_int_equal(reach_of(f, w), 321);
	w = (struct window){.anchor = WINDOW_DURING, .station = OVEN, .hold_ms = 300};
	assert_int_equal(reach_of(f, w), FLOW_DWELL_MS + 300);
	w.station = PRESSING;
	assert_int_equal(reach_of(f, w), FLOW_DWELL_MS + 300);
	w.station = PACKING;
	assert_int_equal(reach_of(f, w), 300);
	f->plan.stations[PACKING].look_back_ms = 4000;
	assert_int_equal(reach_of(f, w), 4300);
	/* its samples may be so much later than its event */
	flow_during(f, "oven", OVEN, TAKE_MEAN);
	make_routes(&r, f);
	assert_int_equal(r.signals[2].keep_ms, FLOW_DWELL_MS + 2000 + 300000);
	assert_int_equal(r.widest_ms, FLOW_DWELL_MS);
}

static void knows_whose_events_and_labels_a_source_brings(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;

	f->plan.stations[PRESSING].enter = F_OUT; /* what leaves the oven is pressed */
	make_routes(&r, f);
	EXPECT(&r.sources[F_IN].enters, OVEN);
	EXPECT_NONE(&r.sources[F_IN].exits);
	EXPECT(&r.sources[F_OUT].enters, PRESSING);
	EXPECT(&r.sources[F_OUT].exits, OVEN);
	EXPECT_NONE(&r.sources[F_PRESS].enters);
	EXPECT(&r.sources[F_PACK].exits, PACKING);
	EXPECT(&r.sources[F_QC].labels, 0);
	EXPECT_NONE(&r.sources[F_OUT].labels);
}

static void a_source_has_a_moment_where_its_first_message_matters(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;

	f->plan.unit.ready_on = F_PACK;
	flow_over(f, "a", TAKE_MEAN, 10);
	f->plan.features[0].window.source = F_IN; /* means nothing at the start */
	for (int i = 0; i < 2; i++) {
		struct feature *made = flow_over(f, i ? "b" : "c", TAKE_MEAN, 10);

		made->window.anchor = WINDOW_SOURCE;
		made->window.source = i ? F_PACK : F_OUT;
	}
	make_routes(&r, f);
	assert_int_equal(r.moments, 2);
	assert_int_equal(r.sources[F_PACK].moment, 0);
	assert_int_equal(r.sources[F_OUT].moment, 1);
	assert_int_equal(r.sources[F_IN].moment, NO_SLOT);
}

static void neighbours_of_the_same_window_are_a_group(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;
	struct feature *other;
	size_t count = 2;

	flow_over(f, "mean", TAKE_MEAN, 1000);
	flow_over(f, "max", TAKE_MAX, 1000)->min_samples = 3;
#define OTHER(change)                                           \
	do {                                                    \
		other = flow_over(f, "other", TAKE_MEAN, 1000); \
		change;                                         \
		count++;                                        \
	} while (0)
	OTHER(other->window.over_ms = 2000);
	OTHER(other->window.ago_ms = 1);
	OTHER(other->window.has_over = false);
	OTHER(other->window.has_hold = true);
	OTHER(other->window.has_hold = true; other->window.hold_ms = 1);
	OTHER(other->window.anchor = WINDOW_ENTER; other->window.station = OVEN);
	OTHER(other->window.anchor = WINDOW_ENTER; other->window.station = PRESSING);
	OTHER(other->window.anchor = WINDOW_SOURCE; other->window.source = F_IN);
	OTHER(other->window.anchor = WINDOW_SOURCE; other->window.source = F_OUT);
	OTHER(other->has_min = true);
	OTHER(other->has_min = true; other->min = 1);
	OTHER(other->has_max = true);
	OTHER(other->has_max = true; other->max = 1);
	OTHER(other->is_text = true);
	OTHER(free(other->field); other->field = strdup("w"));
	OTHER((void)other); /* the first of its kind is not its neighbour */
	make_routes(&r, f);
	assert_int_equal(r.groups[0], 0);
	assert_int_equal(r.groups[1], 0);
	for (size_t i = 2; i < count; i++)
		assert_int_equal(r.groups[i], i);
}

static void what_is_no_stream_is_in_no_group(void **state)
{
	CLEANUP(routes_deinit) struct routes r = {0};
	struct flow *f = *state;

	flow_awaited(f, "x");
	flow_awaited(f, "y");
	make_routes(&r, f);
	assert_int_equal(r.groups[1], 1);
}

static void tags_are_found_by_name_in_whatever_order_they_are_wanted(void **state)
{
	static const char *const tags[] = {"speed", "air", "temp", "a", "temp2"};
	CLEANUP(routes_deinit) struct routes r = {0}, none = {0};
	struct flow *f = *state;
	const struct route *found;
	size_t count = 9;

	make_routes(&none, f);
	assert_null(routes_find_tag(&none.sources[F_TAGS], "air", &count));
	assert_int_equal(count, 0);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		flow_stream(f, tags[i], F_TAGS, tags[i], TAKE_LAST);
	make_routes(&r, f);
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		found = routes_find_tag(&r.sources[F_TAGS], tags[i], &count);
		assert_non_null(found);
		assert_int_equal(count, 1);
		assert_string_equal(found->at.name, tags[i]);
		EXPECT(&found->signals, 2 + i);
	}
	assert_null(routes_find_tag(&r.sources[F_TAGS], "tem", &count));
	assert_int_equal(count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, flow_set_up, flow_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_field_has_one_route_for_all_who_want_it),
		TEST(lots_and_units_have_slots_of_their_own),
		TEST(lots_that_a_unit_names_are_routes_of_its_field),
		TEST(a_signal_is_of_one_field_type_and_lot),
		TEST(the_same_field_of_two_sources_is_two_signals),
		TEST(a_signal_keeps_what_its_widest_window_wants),
		TEST(events_may_be_late_as_long_as_a_unit_is_open_within_reason),
		TEST(a_window_reaches_back_as_its_kind_has_it),
		TEST(knows_whose_events_and_labels_a_source_brings),
		TEST(a_source_has_a_moment_where_its_first_message_matters),
		TEST(neighbours_of_the_same_window_are_a_group),
		TEST(what_is_no_stream_is_in_no_group),
		TEST(tags_are_found_by_name_in_whatever_order_they_are_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
