/* A line that holds something of everything: what its state is tested with. */
#pragma once

#include "lib/feature/assembler_inside.h" /* to see what is held */
#include "tests/unit/feature/flow.h"

/* Windows of all anchors, texts, lots and first messages; `v` of tags is of no journal. */
static inline void add_features(struct flow *f)
{
	struct feature *made;

	flow_during(f, "oven", OVEN, TAKE_MEAN);
	flow_during(f, "pressing", PRESSING, TAKE_MAX);
	flow_during(f, "packing", PACKING, TAKE_COUNT);
	made = flow_over(f, "at_pack", TAKE_SLOPE, 2000);
	made->window.anchor = WINDOW_SOURCE;
	made->window.source = F_PACK;
	made->window.has_hold = true;
	made->window.hold_ms = 500;
	made = flow_over(f, "at_exit", TAKE_SD, 5000);
	made->window.anchor = WINDOW_EXIT;
	made->window.station = OVEN;
	flow_stream(f, "mode", F_TEMP, "mode", TAKE_LAST)->is_text = true;
	flow_stream(f, "air", F_TAGS, "air", TAKE_LAST);
	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("visc", FEATURE_LOT, F_LAB, "visc", F_GLUE));
	flow_add(f, test_feature("x", FEATURE_UNIT, F_OUT, "x", 0));
	flow_add(f, test_feature("never", FEATURE_UNIT, F_OUT, "never", 0));
}

static inline struct frozen_value *frozen_of(struct flow *f, const char *unit, const char *feature)
{
	size_t at = (size_t)plan_find_feature(&f->plan, feature);

	return &unit_table_find(f->a->units, unit)->frozen[f->a->routes.windows[at]];
}

/* The windows of these two are worked out already. */
static inline void work_out(struct flow *f, const char *unit)
{
	const struct assembled_value text = {
		.value = {.kind = VALUE_TEXT, .text = "warm"}, .n = 1, .to_ms = 5};
	const struct assembled_value none = {.missing = MISSING_TOO_FEW, .n = 1, .is_held = true};
	const struct value refused = {.kind = VALUE_NUMBER, .number = 2.5};
	struct open_unit *u = unit_table_find(f->a->units, unit);
	size_t mode = (size_t)plan_find_feature(&f->plan, "mode");
	size_t at_exit = (size_t)plan_find_feature(&f->plan, "at_exit");

	assert_int_equal(unit_table_freeze(f->a->units, u, f->a->routes.windows[mode], &text), 0);
	assert_int_equal(
		unit_table_freeze(f->a->units, u, f->a->routes.windows[at_exit], &none), 0);
	assert_int_equal(values_refuse(&u->values, at_exit, &refused, VALUE_REFUSAL_OUT_OF_RANGE, 0,
				 RULE_NEWER_OR_EQUAL),
		VALUES_CHANGED);
}

/* Something of everything in it. */
static inline void fill(struct flow *f)
{
	add_features(f);
	f->limits.samples = 4;
	flow_begin(f);
	flow_event(f, "in", "done", 0);
	flow_at(f, 300000);
	flow_expect_unit(f, "done", "deadline");
	for (int i = 0; i < 5; i++)
		assert_int_equal(flow_sample(f, 1000 * i, i), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 1, "\"mode\":\"cold\""), REFUSAL_NONE);
	assert_int_equal(flow_message(f, "f/tag/air", "7", false), REFUSAL_NONE);
	assert_int_equal(
		flow_send(f, "f/load", 0, "\"resin\":\"R1\",\"glue\":\"G1\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/lab/G1", 0, "\"visc\":2.5"), REFUSAL_NONE);
	flow_event(f, "in", "U1", 5500);
	flow_event(f, "press", "U1", 1500);
	flow_event(f, "pack", "U1", 4000);
	flow_event(f, "press", "U2", 3500);
	assert_int_equal(flow_unit(f, "out", "U2", 3000, "\"x\":1.5"), REFUSAL_NONE);
	work_out(f, "U1");
	assembler_add_gap(f->a, NOW, NOW + 1000, INT64_MAX, false);
	assembler_add_gap(f->a, NOW + 2000, NOW + 3000, INT64_MAX, false);
	assert_int_equal(assembler_open_count(f->a), 2);
}

/* Whatever was loaded can be worked with. */
static inline void use(struct flow *f)
{
	CLEANUP(buf_deinit) struct buf out;

	buf_init(&out);
	flow_save(f, &out);
	f->now_ms = NOW + 400000;
	for (size_t i = 0; i < 5; i++) {
		static const char *const sources[] = {"in", "out", "press", "pack", "qc"};

		(void)flow_unit(f, sources[i], "U1", 7000, "\"x\":1");
		(void)flow_unit(f, sources[i], "U3", 2500, "");
	}
	(void)flow_sample(f, 2700, 3);
	(void)flow_send(f, "f/load", 100, "\"resin\":\"R2\",\"glue\":\"G2\"");
	(void)flow_message(f, "f/tag/air", "8", false);
	f->clock_ms = INT64_MAX;
	while (flow_next(f))
		assert_non_null(f->unit.unit);
	flow_save(f, &out);
}
