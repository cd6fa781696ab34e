/* Which model runs. */
#include "tests/unit/gateway/rig.h"

#include <sys/stat.h>

#include "lib/store/registry.h"

static void expect_trouble(const struct rig *r, const char *why, const char *part)
{
	assert_string_equal(r->g->lines[0].why_none, why);
	if (!strstr(r->g->lines[0].trouble, part))
		fail_msg("\"%s\" lacks \"%s\"", r->g->lines[0].trouble, part);
	assert_int_equal(r->g->lines[0].model == NULL, why[0] != 0);
}

static void champion(struct rig *r, char sha256[SHA256_HEX])
{
	struct registered_model m;

	assert_int_equal(store_champion(r->store, "press-3", &m, NULL), 0);
	strcpy(sha256, m.sha256);
}

static void adopts_a_model_file_that_is_new(void **state)
{
	struct rig *r = *state;
	char first[SHA256_HEX], second[SHA256_HEX], copy[128];
	struct engine_line_state line;

	write_model(r, MODEL, "speed", 1);
	start(r);
	champion(r, first);
	assert_int_equal(strlen(first), 64);
	expect_trouble(r, "", "");
	assert_string_equal(r->g->lines[0].trouble, "");
	assert_string_equal(model_sha256(r->g->lines[0].model), first);
	engine_line_state(r->g->engine, 0, &line);
	assert_ptr_equal(line.model, r->g->lines[0].model);
	snprintf(copy, sizeof(copy), "state/models/%s.onnx", first);
	assert_int_equal(access(in_dir(r, copy), R_OK), 0);
	snprintf(copy, sizeof(copy), "state/models/.%s.onnx.new", first);
	assert_int_equal(access(in_dir(r, copy), F_OK), -1);
	/* the same contents again change nothing, new ones do */
	start(r);
	champion(r, second);
	assert_string_equal(first, second);
	write_model(r, MODEL, "speed", 2);
	start(r);
	champion(r, second);
	assert_string_not_equal(first, second);
	assert_string_equal(model_sha256(r->g->lines[0].model), second);
	/* contents it has seen before do not come back by themselves */
	write_model(r, MODEL, "speed", 1);
	start(r);
	assert_string_equal(model_sha256(r->g->lines[0].model), second);
}

static void keeps_a_model_adopted_just_now(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "speed", 1);
	start(r);
	write_file(r, MODEL, "no model", 8);
	assert_int_equal(gateway_adopt_models(r->g, r->store, T0, &r->err), 0);
	expect_trouble(r, "", "; the champion stays in force");
}

static void knows_the_gateways_own_topics(void **state)
{
	struct rig *r = *state;
	struct outcomes out = {.arena = r->arena};
	struct engine_input in = make_message(T0, "defectd/gw/status", "{}");

	start(r);
	assert_int_equal(engine_take(r->g->engine, &in, &out), 0);
	assert_string_equal(out.v[0].refused.text, "a topic of our own is never input");
	input_free(&in);
}

static void collects_without_a_file(void **state)
{
	struct rig *r = *state;

	start(r);
	expect_trouble(r, "no_model", "/state/models/press-3.onnx: there is no such file");
}

static void collects_when_the_file_does_not_load(void **state)
{
	struct rig *r = *state;

	write_file(r, MODEL, "no model", 8);
	start(r);
	expect_trouble(r, "model_refused", "/state/models/press-3.onnx: ");
	write_file(r, MODEL, "", 0);
	start(r);
	expect_trouble(r, "model_refused", "/state/models/press-3.onnx: ");
	assert_int_equal(unlink(in_dir(r, MODEL)), 0);
	assert_int_equal(mkfifo(in_dir(r, MODEL), 0600), 0);
	start(r);
	expect_trouble(r, "model_refused", "/state/models/press-3.onnx: is no regular file");
}

static void collects_when_the_model_does_not_fit(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "humidity", 1);
	start(r);
	expect_trouble(r, "model_misfit",
		"press-3.onnx: the model wants feature \"humidity\", which the line does not have");
}

static void keeps_the_champion_when_the_file_is_bad_or_gone(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "speed", 1);
	start(r);
	write_file(r, MODEL, "no model", 8);
	start(r);
	expect_trouble(r, "", "; the champion stays in force");
	write_model(r, MODEL, "humidity", 1);
	start(r);
	expect_trouble(r, "", "which the line does not have; the champion stays in force");
	assert_int_equal(unlink(in_dir(r, MODEL)), 0);
	start(r);
	expect_trouble(r, "", "there is no such file; the champion stays in force");
}

static void collects_when_the_champions_copy_is_not_what_it_was(void **state)
{
	struct rig *r = *state;
	char sha256[SHA256_HEX], copy[128];

	write_model(r, MODEL, "speed", 1);
	start(r);
	champion(r, sha256);
	snprintf(copy, sizeof(copy), "state/models/%s.onnx", sha256);
	write_model(r, copy, "speed", 2);
	start(r);
	expect_trouble(r, "model_refused", "the contents are not what the name says");
	assert_int_equal(unlink(in_dir(r, copy)), 0);
	start(r);
	expect_trouble(r, "model_refused", "there is no such file");
	/* what the line's file lacks is then the smaller trouble */
	assert_int_equal(unlink(in_dir(r, MODEL)), 0);
	start(r);
	expect_trouble(r, "model_refused", sha256);
	/* a new file helps */
	write_model(r, MODEL, "speed", 3);
	start(r);
	expect_trouble(r, "", "");
}

/* A process that was killed while it wrote a copy. */
static void takes_away_what_was_half_written(void **state)
{
	struct rig *r = *state;

	write_file(r, "state/models/.abc.onnx.new", "half", 4);
	write_file(r, "state/models/mine.onnx.new", "x", 1);
	start(r);
	assert_int_equal(access(in_dir(r, "state/models/.abc.onnx.new"), F_OK), -1);
	assert_int_equal(access(in_dir(r, "state/models/mine.onnx.new"), F_OK), 0);
}

static void uses_the_lines_file_without_a_store(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "speed", 1);
	assert_int_equal(gateway_new(&r->g, r->config, nn_kernels_choose(NULL, NULL), &r->err), 0);
	assert_int_equal(gateway_load_models(r->g, NULL, &r->err), 0);
	expect_trouble(r, "", "");
	assert_int_equal(access(in_dir(r, "state/defectd.db"), F_OK), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(adopts_a_model_file_that_is_new),
		TEST(keeps_a_model_adopted_just_now),
		TEST(knows_the_gateways_own_topics),
		TEST(collects_without_a_file),
		TEST(collects_when_the_file_does_not_load),
		TEST(collects_when_the_model_does_not_fit),
		TEST(keeps_the_champion_when_the_file_is_bad_or_gone),
		TEST(collects_when_the_champions_copy_is_not_what_it_was),
		TEST(takes_away_what_was_half_written),
		TEST(uses_the_lines_file_without_a_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
