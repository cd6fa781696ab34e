/* Which model runs, and what a start takes up again. */
#include "tests/unit/engine/press.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/gateway/gateway.h"
#include "lib/store/journal.h"
#include "lib/store/registry.h"

#define LINE_FILE                                                                              \
	"{\"line\": \"press-3\", \"model\": \"press-3.onnx\",\n"                               \
	" \"sources\": {\"proc\": {\"topic\": \"p3/unit/{unit}/proc\", \"time\": \"/ts\"}},\n" \
	" \"unit\": {\"deadline\": \"5s\", \"again\": \"20s\"},\n"                             \
	" \"features\": [{\"name\": \"torque\", \"from\": \"proc.torque\"},\n"                 \
	"                {\"name\": \"speed\", \"from\": \"proc.speed\"}]}\n"

struct rig {
	char dir[64], path[256];
	struct config *config;
	struct store *store;
	struct gateway *g;
	struct arena *arena;
	struct err err;
};

static const char *in_dir(struct rig *r, const char *name)
{
	snprintf(r->path, sizeof(r->path), "%s/%s", r->dir, name);
	return r->path;
}

static void write_file(struct rig *r, const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(in_dir(r, name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int set_up(void **state)
{
	static const char gateway[] =
		"{\"instance\": \"gw\", \"state_dir\": \"state\", \"lines\": [\"press-3.json\"]}";
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	strcpy(r->dir, "/tmp/defectd-gateway-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(mkdir(in_dir(r, "state"), 0750), 0);
	assert_int_equal(mkdir(in_dir(r, "state/models"), 0750), 0);
	write_file(r, "defectd.json", gateway, strlen(gateway));
	write_file(r, "press-3.json", LINE_FILE, strlen(LINE_FILE));
	if (config_load(&r->config, in_dir(r, "defectd.json"), &report) < 0)
		fail_msg("%s", report.count ? report.problems[0].text : "no memory");
	assert_int_equal(arena_new(&r->arena, 4096), 0);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;
	char command[128];

	gateway_free(r->g);
	store_close(r->store);
	config_free(r->config);
	arena_free(r->arena);
	snprintf(command, sizeof(command), "rm -r '%s'", r->dir);
	assert_int_equal(system(command), 0);
	free(r);
	return 0;
}

/* The line's model file: a model of `feature` and torque. */
static void write_model(struct rig *r, const char *name, const char *feature, uint64_t seed)
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
	CLEANUP(buf_deinit) struct buf bytes;

	buf_init(&bytes);
	put_model(&bytes, inputs, 2, seed);
	write_file(r, name, bytes.data, bytes.len);
}

#define MODEL "state/models/press-3.onnx"

/* A start of the daemon, as gateway.h says; the one before it is gone, as after SIGKILL. */
static void start(struct rig *r)
{
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);
	bool is_fine;

	gateway_free(TAKE(r->g));
	store_close(TAKE(r->store));
	r->err.text[0] = 0;
	is_fine = store_open(&r->store, in_dir(r, "state/defectd.db"), STORE_WRITE, &r->err) == 0 &&
		  gateway_new(&r->g, r->config, k, &r->err) == 0 &&
		  gateway_prepare_store(r->g, r->store, T0, &r->err) == 0 &&
		  gateway_load_models(r->g, r->store, &r->err) == 0 &&
		  gateway_restore(r->g, r->store, &r->err) == 0 &&
		  gateway_adopt_models(r->g, r->store, T0, &r->err) == 0;
	if (!is_fine)
		fail_msg("%s", r->err.text);
}

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

static void uses_the_lines_file_without_a_store(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "speed", 1);
	assert_int_equal(gateway_new(&r->g, r->config, nn_kernels_choose(NULL, NULL), &r->err), 0);
	assert_int_equal(gateway_load_models(r->g, NULL, &r->err), 0);
	expect_trouble(r, "", "");
	assert_int_equal(access(in_dir(r, "state/defectd.db"), F_OK), -1);
}

/* One message for unit `n`; complete at once. Returns what engine_take said. */
static int process(struct rig *r, int n, struct buf *journal)
{
	char topic[64], text[64];
	struct outcomes out = {.arena = r->arena};
	struct engine_input in;
	int rc;

	snprintf(topic, sizeof(topic), "p3/unit/U%d/proc", n);
	snprintf(text, sizeof(text),
		n % 2 ? "{\"ts\":%lld,\"torque\":1}" : "{\"ts\":%lld,\"torque\":1,\"speed\":2}",
		(long long)T0 + n);
	in = make_message(T0 + n, topic, text);
	rc = engine_take(r->g->engine, &in, &out);
	if (rc == ENGINE_CHANGED)
		engine_input_put(journal, &in);
	input_free(&in);
	arena_reset(r->arena);
	return rc;
}

static void commit_journal(struct rig *r, uint64_t first, uint64_t last, const struct buf *bytes)
{
	assert_int_equal(store_begin(r->store, NULL), 0);
	assert_int_equal(
		store_put_journal(r->store, first, last, bytes->data, bytes->len, NULL), 0);
	assert_int_equal(store_commit(r->store, NULL), 0);
}

static void takes_up_snapshot_and_journal(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal, before, after;
	struct engine_line_state line;

	buf_init(&journal);
	buf_init(&before);
	buf_init(&after);
	write_model(r, MODEL, "speed", 1);
	start(r);
	for (int n = 1; n <= 20; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, 1, 20, &journal);
	engine_save(r->g->engine, &before);
	assert_int_equal(store_begin(r->store, NULL), 0);
	assert_int_equal(store_put_snapshot(r->store, 20, T0, before.data, before.len, NULL), 0);
	assert_int_equal(store_commit(r->store, NULL), 0);
	for (int part = 0; part < 2; part++) {
		buf_clear(&journal);
		for (int n = 21 + 5 * part; n <= 25 + 5 * part; n++)
			assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
		commit_journal(r, 21 + 5 * (uint64_t)part, 25 + 5 * (uint64_t)part, &journal);
	}
	buf_clear(&before);
	engine_save(r->g->engine, &before);
	start(r);
	engine_save(r->g->engine, &after);
	assert_int_equal(engine_number(r->g->engine), 30);
	assert_int_equal(before.len, after.len);
	/* but for since when what has no journal is lost, and the checksum */
	assert_memory_equal(before.data, after.data, 36);
	assert_memory_equal(before.data + 44, after.data + 44, before.len - 52);
	/* what came again out of the journal was counted when it came */
	engine_line_state(r->g->engine, 0, &line);
	assert_int_equal(engine_counts(r->g->engine)->received, 0);
	assert_int_equal(engine_counts(r->g->engine)->used, 0);
	assert_int_equal(line.counts->received, 0);
}

static int restore(struct rig *r)
{
	gateway_free(TAKE(r->g));
	assert_int_equal(gateway_new(&r->g, r->config, nn_kernels_choose(NULL, NULL), &r->err), 0);
	return gateway_restore(r->g, r->store, &r->err);
}

static void refuses_a_journal_with_a_hole(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	start(r);
	assert_int_equal(process(r, 1, &journal), ENGINE_CHANGED);
	commit_journal(r, 3, 3, &journal);
	assert_int_equal(restore(r), -EINVAL);
	assert_string_equal(r->err.text, "the journal goes on with inputs 3 to 3 after input 0");
}

static void refuses_a_journal_that_is_damaged(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	start(r);
	assert_int_equal(process(r, 1, &journal), ENGINE_CHANGED);
	journal.len--;
	commit_journal(r, 1, 1, &journal);
	assert_int_equal(restore(r), -EINVAL);
	assert_string_equal(r->err.text, "the journal row of inputs 1 to 1 is damaged");
}

/* Units that the journal's inputs left open without a model are not scored by a model that came
 * afterwards, and stay as they were over further starts. */
static void replays_the_journal_under_the_model_of_its_time(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal, adopted, again;
	struct engine_line_state line;

	buf_init(&journal);
	buf_init(&adopted);
	buf_init(&again);
	start(r);
	for (int n = 1; n <= 9; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, 1, 9, &journal);
	write_model(r, MODEL, "torque", 1); /* it would have scored every unit */
	start(r);
	engine_line_state(r->g->engine, 0, &line);
	assert_non_null(line.model);
	assert_int_equal(line.units, 4);
	assert_int_equal(line.not_scored, 4);
	assert_int_equal(line.open_units, 5);
	engine_save(r->g->engine, &adopted);
	start(r);
	engine_save(r->g->engine, &again);
	assert_int_equal(adopted.len, again.len);
	assert_memory_equal(adopted.data, again.data, again.len);
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
		TEST(uses_the_lines_file_without_a_store),
		TEST(takes_up_snapshot_and_journal),
		TEST(refuses_a_journal_with_a_hole),
		TEST(refuses_a_journal_that_is_damaged),
		TEST(replays_the_journal_under_the_model_of_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
