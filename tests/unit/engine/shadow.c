/* Models beside the champion: what they say of a unit, and that they change nothing. */
#include "tests/unit/engine/press.h"

#include <errno.h>

struct rig {
	struct press press;
	struct engine *engine;
	struct outcomes out;
	struct model *other; /* of torque and speed */
};

static struct model *other_model(const char *feature)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "torque",
			.from = "torque",
			.missing = 1,
			.sd = 1,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "b",
			.from = feature,
			.missing = 1,
			.sd = 1,
			.unit = ""},
	};

	return make_model(inputs, 2);
}

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	press_init(&r->press);
	assert_int_equal(arena_new(&r->out.arena, 4096), 0);
	r->other = other_model("speed");
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	engine_free(r->engine);
	press_deinit(&r->press);
	model_free(r->other);
	arena_free(r->out.arena);
	free(r);
	return 0;
}

static void send(struct rig *r, const char *topic, const char *text)
{
	struct engine_input in = make_message(T0, topic, text);

	outcomes_reset(&r->out);
	assert_true(engine_take(r->engine, &in, &r->out) >= 0);
	input_free(&in);
}

/* A unit that is at its deadline, with these process values. */
static const struct unit_row *unit(struct rig *r, const char *values)
{
	struct engine_input in = {.kind = INPUT_TICK};

	send(r, "p3/unit/U1/start",
		"{\"ts\":1795340350000,\"type\":\"L\",\"lot\":\"R1\",\"mm\":2.5}");
	send(r, "p3/unit/U1/proc", values);
	if (r->out.count == 0) {
		in.now_ms = in.clock_ms = T0 + DEADLINE_MS;
		assert_int_equal(engine_take(r->engine, &in, &r->out), ENGINE_CHANGED);
	}
	assert_int_equal(r->out.count, 1);
	return &r->out.v[0].row;
}

static double alone(const struct model *m, double torque, double speed)
{
	const struct value values[] = {
		{.kind = VALUE_NUMBER, .number = torque}, {.kind = VALUE_NUMBER, .number = speed}};
	CLEANUP(model_scratch_free) struct model_scratch *scratch = NULL;
	struct model_score score;

	assert_int_equal(model_scratch_new(&scratch, m), 0);
	model_score(m, nn_kernels_choose(NULL, NULL), scratch, values, &score);
	return score.p_defect;
}

static void scores_as_the_model_does_alone(void **state)
{
	struct rig *r = *state;
	struct engine_shadow_score scores[ENGINE_SHADOWS];
	const struct unit_row *row;

	r->engine = press_engine(&r->press, press_model(&r->press));
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, NULL), 0);
	assert_int_equal(
		engine_set_shadow(r->engine, 0, SHADOW_PREVIOUS, press_model(&r->press), NULL), 0);
	row = unit(r, "{\"ts\":1795340350000,\"torque\":4.5,\"speed\":1.25}");
	assert_int_equal(engine_score_shadows(r->engine, 0, row, scores), 2);
	assert_string_equal(scores[0].model, model_sha256(r->other));
	assert_true(scores[0].p_defect == alone(r->other, 4.5, 1.25));
	assert_string_equal(scores[1].model, row->model);
	assert_true(scores[1].p_defect == row->p_defect);
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_PREVIOUS, NULL, NULL), 0);
	assert_int_equal(engine_score_shadows(r->engine, 0, row, scores), 1);
}

static void scores_on_a_line_that_collects(void **state)
{
	struct rig *r = *state;
	struct engine_shadow_score scores[ENGINE_SHADOWS];
	const struct unit_row *row;

	r->engine = press_engine(&r->press, NULL);
	row = unit(r, "{\"ts\":1795340350000,\"torque\":4.5,\"speed\":1.25}");
	assert_string_equal(row->reason, "no_model");
	assert_int_equal(engine_score_shadows(r->engine, 0, row, scores), 0);
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, NULL), 0);
	assert_int_equal(engine_score_shadows(r->engine, 0, row, scores), 1);
}

/* Speed may be filled in, torque may not. */
static void says_nothing_where_a_value_is_missing(void **state)
{
	struct rig *r = *state;
	struct engine_shadow_score scores[ENGINE_SHADOWS];

	r->engine = press_engine(&r->press, press_model(&r->press));
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, NULL), 0);
	assert_int_equal(engine_score_shadows(r->engine, 0,
				 unit(r, "{\"ts\":1795340350000,\"speed\":1.25}"), scores),
		0);
	engine_free(r->engine);
	r->engine = press_engine(&r->press, press_model(&r->press));
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, NULL), 0);
	assert_int_equal(engine_score_shadows(r->engine, 0,
				 unit(r, "{\"ts\":1795340350000,\"torque\":4.5}"), scores),
		1);
	assert_true(scores[0].p_defect == alone(r->other, 4.5, 1));
}

static void one_that_does_not_fit_leaves_the_one_before(void **state)
{
	struct rig *r = *state;
	struct engine_shadow_score scores[ENGINE_SHADOWS];
	CLEANUP(model_free) struct model *misfit = other_model("heat");
	struct err err;

	r->engine = press_engine(&r->press, NULL);
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, &err), 0);
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, misfit, &err), -EINVAL);
	assert_string_equal(
		err.text, "the model wants feature \"heat\", which the line does not have");
	assert_int_equal(
		engine_score_shadows(r->engine, 0,
			unit(r, "{\"ts\":1795340350000,\"torque\":1,\"speed\":1}"), scores),
		1);
}

/* The same inputs with and without: the same outcomes, the same state. */
static void changes_nothing_of_the_engine(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf with, without;
	struct engine_shadow_score scores[ENGINE_SHADOWS];
	struct engine *plain = press_engine(&r->press, press_model(&r->press));
	struct rng rng;

	buf_init(&with);
	buf_init(&without);
	r->engine = press_engine(&r->press, press_model(&r->press));
	assert_int_equal(engine_set_shadow(r->engine, 0, SHADOW_CHALLENGER, r->other, NULL), 0);
	rng_init(&rng, 5, 0);
	for (int i = 0; i < 2000; i++) {
		struct engine_input in = random_input(&rng, T0 + 20 * i);

		outcomes_reset(&r->out);
		assert_true(engine_take(r->engine, &in, &r->out) >= 0);
		for (size_t j = 0; j < r->out.count; j++)
			if (r->out.v[j].kind == OUTCOME_UNIT)
				(void)engine_score_shadows(r->engine, 0, &r->out.v[j].row, scores);
		put_outcomes(&with, &r->out);
		outcomes_reset(&r->out);
		assert_true(engine_take(plain, &in, &r->out) >= 0);
		put_outcomes(&without, &r->out);
		if (in.kind == INPUT_MESSAGE)
			input_free(&in);
	}
	engine_save(r->engine, &with);
	engine_save(plain, &without);
	assert_int_equal(with.len, without.len);
	assert_memory_equal(with.data, without.data, with.len);
	engine_free(plain);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scores_as_the_model_does_alone),
		TEST(scores_on_a_line_that_collects),
		TEST(says_nothing_where_a_value_is_missing),
		TEST(one_that_does_not_fit_leaves_the_one_before),
		TEST(changes_nothing_of_the_engine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
