/* The state of a line that was saved under another plan: what has its name is found, the rest is
 * dropped. */
#include "tests/unit/feature/filled.h"

static void rename_to(char **name, const char *to)
{
	free(*name);
	*name = strdup(to);
}

static struct feature *feature_of(struct flow *f, const char *name)
{
	return &f->plan.features[plan_find_feature(&f->plan, name)];
}

/* Saves, and loads under the plan as it is now; again, since what is dropped must not be saved. */
static void load_twice(struct flow *f, struct buf *saved)
{
	assert_int_equal(flow_load(f, saved->data, saved->len), 0);
	flow_restart(f);
}

static void windows_of_features_that_are_gone_are_dropped(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	rename_to(&feature_of(f, "at_exit")->name, "other");
	load_twice(f, &saved);
	f->clock_ms = 600000;
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "other", MISSING_NO_EXIT); /* looked at anew */
	flow_expect_text(f, "mode", "warm");
}

static void windows_of_features_of_another_type_are_dropped(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	feature_of(f, "mode")->is_text = false;
	load_twice(f, &saved);
	f->clock_ms = 600000;
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "mode", MISSING_NO_SAMPLE); /* a signal of numbers is another */
	flow_expect_missing(f, "at_exit", MISSING_TOO_FEW);
}

static void samples_of_signals_that_are_gone_are_passed_over(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	rename_to(&feature_of(f, "air")->field, "water");
	for (size_t i = 0; i < 5; i++)
		rename_to(&f->plan.features[i].field, "w");
	load_twice(f, &saved);
	f->clock_ms = 600000;
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "pressing", MISSING_NO_SAMPLE);
	flow_expect_text(f, "resin", "R1");
	/* one more feature of a signal that is there finds its samples */
	rename_to(&feature_of(f, "never")->field, "v");
	feature_of(f, "never")->kind = FEATURE_STREAM;
	feature_of(f, "never")->source = F_TEMP;
	feature_of(f, "never")->window = (struct window){.anchor = WINDOW_START};
	load_twice(f, &saved);
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_number(f, "never", 1);
}

static void visits_and_lots_go_to_what_has_their_name(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;
	struct station moved;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	rename_to(&f->plan.stations[OVEN].name, "kiln");
	rename_to(&f->plan.lots[F_RESIN].name, "polymer");
	moved = f->plan.stations[PRESSING];
	f->plan.stations[PRESSING] = f->plan.stations[PACKING];
	f->plan.stations[PACKING] = moved;
	feature_of(f, "pressing")->window.station = PACKING;
	feature_of(f, "packing")->window.station = PRESSING;
	load_twice(f, &saved);
	f->clock_ms = 600000;
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "oven", MISSING_NO_ENTER);
	flow_expect_number(f, "pressing", 3);
	flow_expect_missing(f, "packing", MISSING_TRUNCATED);
	flow_expect_missing(f, "resin", MISSING_NO_LOT);
	flow_expect_number(f, "visc", 2.5);
	assert_string_equal(f->unit.lots[F_GLUE], "G1");
}

static void a_station_may_become_one_of_another_form(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_event(f, "out", "U1", 5500);
	flow_save(f, &saved);
	f->plan.stations[OVEN].exit = NO_INDEX;
	f->plan.stations[PRESSING].enter = NO_INDEX;
	f->plan.stations[PRESSING].exit = F_PRESS;
	f->plan.stations[PACKING].enter = F_PRESS;
	f->plan.stations[PACKING].max_dwell_ms = 1000;
	load_twice(f, &saved);
	use(f);
	flow_restart(f);
}

static void a_first_message_that_matters_no_longer_is_dropped(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	feature_of(f, "at_pack")->window.source = F_OUT;
	load_twice(f, &saved);
	f->clock_ms = 600000;
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "at_pack", MISSING_NO_ANCHOR);
	feature_of(f, "at_pack")->window.source = F_PACK;
	rename_to(&f->plan.sources[F_PACK].name, "parcel");
	load_twice(f, &saved);
	flow_expect_unit(f, "U1", "deadline");
	flow_expect_missing(f, "at_pack", MISSING_NO_ANCHOR);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, flow_set_up, flow_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(windows_of_features_that_are_gone_are_dropped),
		TEST(windows_of_features_of_another_type_are_dropped),
		TEST(samples_of_signals_that_are_gone_are_passed_over),
		TEST(visits_and_lots_go_to_what_has_their_name),
		TEST(a_station_may_become_one_of_another_form),
		TEST(a_first_message_that_matters_no_longer_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
