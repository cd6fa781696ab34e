/* A gateway goes on in the place of another, and a start after it finds what went on. */
#include "tests/unit/gateway/rig.h"

#include "lib/gateway/reload.h"

#define LINE(decide, features)                                                                 \
	"{\"line\": \"press-3\", \"model\": \"press-3.onnx\", \"decide\": {" decide "},\n"     \
	" \"sources\": {\"proc\": {\"topic\": \"p3/unit/{unit}/proc\", \"time\": \"/ts\"}},\n" \
	" \"unit\": {\"deadline\": \"5s\", \"again\": \"20s\"},\n"                             \
	" \"features\": [{\"name\": \"torque\", \"from\": \"proc.torque\"},\n"                 \
	"                {\"name\": \"speed\", \"from\": \"proc.speed\"}" features "]}\n"
#define HEAT ", {\"name\": \"heat\", \"from\": \"proc.heat\"}"

static void edit(struct rig *r, const char *name, const char *text)
{
	write_file(r, name, text, strlen(text));
}

/* What the daemon does; the one before is gone at once, since no row borrows from it. */
static int reload(struct rig *r)
{
	CLEANUP(gateway_next_deinit) struct gateway_next next = {0};
	struct gateway *g = NULL;
	int rc = gateway_next_read(
		&next, in_dir(r, "defectd.json"), nn_kernels_choose(NULL, NULL), &r->err);

	if (rc == 0 && next.checked.report.errors)
		return err_set(&r->err, -EINVAL, "%s", config_first_error(&next.checked.report));
	if (rc == 0)
		rc = gateway_reload(&g, r->g, &next, &r->err);
	if (rc < 0)
		return rc;
	gateway_free(r->g);
	config_free(r->config);
	r->g = g;
	r->config = TAKE(next.checked.config);
	return 0;
}

/* A message; the rows that came of it as "unit config-beginning speed heat, ..". */
static const char *send(struct rig *r, int unit, const char *members)
{
	static char text[600];
	char topic[64], payload[160];
	struct outcomes out = {.arena = r->arena};
	struct engine_input in;
	size_t used = 0;

	snprintf(topic, sizeof(topic), "p3/unit/U%d/proc", unit);
	snprintf(payload, sizeof(payload), "{\"ts\":%lld,%s}", (long long)T0 + unit, members);
	in = make_message(T0 + unit, topic, payload);
	text[0] = 0;
	assert_true(engine_take(r->g->engine, &in, &out) >= 0);
	for (size_t i = 0; i < out.count; i++) {
		const struct unit_row *row = &out.v[i].row;

		if (out.v[i].kind != OUTCOME_UNIT)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %.3f %zu %.8s",
			used ? ", " : "", row->unit, row->threshold, row->value_count, row->config);
	}
	input_free(&in);
	arena_reset(r->arena);
	return text;
}

static const char *expected(int unit, double threshold, size_t values, const char *file)
{
	static char text[100], sha256[SHA256_HEX];

	sha256_hex(sha256, file, strlen(file));
	snprintf(text, sizeof(text), "U%d %.3f %zu %.8s", unit, threshold, values, sha256);
	return text;
}

static struct engine_line_state line_state(const struct rig *r)
{
	struct engine_line_state line;

	engine_line_state(r->g->engine, 0, &line);
	return line;
}

static const char first[] = LINE("\"threshold\": 0.25", "");
static const char second[] = LINE("\"threshold\": 0.75", "");
static const char third[] = LINE("\"threshold\": 0.5", HEAT);

static void begin(struct rig *r)
{
	edit(r, "press-3.json", first);
	read_config(r);
	write_model(r, MODEL, "speed", 1);
	start(r);
}

static void what_is_open_goes_on_under_its_file(void **state)
{
	struct rig *r = *state;
	uint64_t number;

	begin(r);
	assert_string_equal(send(r, 1, "\"torque\":1"), "");
	edit(r, "press-3.json", second);
	assert_int_equal(reload(r), 0);
	assert_string_equal(send(r, 2, "\"torque\":1"), "");
	edit(r, "press-3.json", third);
	assert_int_equal(reload(r), 0);
	assert_int_equal(line_state(r).outgoing, 2);
	assert_int_equal(line_state(r).open_units, 2);
	number = engine_number(r->g->engine);
	assert_int_equal(number, 2);
	assert_string_equal(send(r, 3, "\"torque\":1,\"speed\":1"), expected(3, 0.5, 3, third));
	assert_string_equal(send(r, 1, "\"speed\":1"), expected(1, 0.25, 2, first));
	assert_string_equal(send(r, 2, "\"speed\":1"), expected(2, 0.75, 2, second));
	assert_int_equal(line_state(r).outgoing, 0);
	assert_int_equal(line_state(r).units, 3);
	/* counts go on */
	assert_int_equal(engine_counts(r->g->engine)->used, 5);
	assert_int_equal(line_state(r).counts->used, 5);
	/* and none comes back */
	assert_string_equal(send(r, 1, "\"torque\":1,\"speed\":1"), "");
}

/* What the daemon commits. */
static void commit(struct rig *r)
{
	CLEANUP(buf_deinit) struct buf bytes;

	buf_init(&bytes);
	engine_save(r->g->engine, &bytes);
	assert_int_equal(gateway_prepare_store(r->g, r->store, T0, NULL), 0);
	assert_int_equal(gateway_put_in_force(r->g, r->store, &bytes, NULL), 0);
}

static void a_start_finds_the_files_of_before(void **state)
{
	struct rig *r = *state;

	begin(r);
	assert_string_equal(send(r, 1, "\"torque\":1"), "");
	edit(r, "press-3.json", second);
	assert_int_equal(reload(r), 0);
	assert_string_equal(send(r, 2, "\"torque\":1"), "");
	edit(r, "press-3.json", third);
	assert_int_equal(reload(r), 0);
	assert_string_equal(send(r, 3, "\"torque\":1"), "");
	commit(r);
	for (int again = 0; again < 2; again++) {
		read_config(r);
		start(r);
		assert_int_equal(line_state(r).outgoing, 2);
		assert_int_equal(line_state(r).open_units, 3);
	}
	/* another edit: what the newest has open goes on under today's, the others do not */
	edit(r, "press-3.json", first);
	read_config(r);
	start(r);
	assert_int_equal(line_state(r).outgoing, 2);
	assert_string_equal(send(r, 3, "\"speed\":1"), expected(3, 0.25, 2, first));
	assert_string_equal(send(r, 2, "\"speed\":1"), expected(2, 0.75, 2, second));
	assert_string_equal(send(r, 1, "\"speed\":1"), expected(1, 0.25, 2, first));
}

/* Its units wait for what the model wanted, and are then not scored. */
static void a_model_of_before_that_is_gone_leaves_its_units_collecting(void **state)
{
	struct rig *r = *state;
	char copy[128];

	begin(r);
	edit(r, "press-3.json", third);
	assert_string_equal(send(r, 1, "\"torque\":1"), "");
	snprintf(copy, sizeof(copy), "state/models/%s.onnx", model_sha256(r->g->lines[0].model));
	assert_int_equal(reload(r), 0);
	commit(r);
	assert_int_equal(unlink(in_dir(r, copy)), 0);
	assert_int_equal(unlink(in_dir(r, MODEL)), 0);
	read_config(r);
	start(r);
	assert_string_equal(send(r, 1, "\"speed\":1"), expected(1, 0, 2, first));
}

static void what_is_wrong_changes_nothing(void **state)
{
	struct rig *r = *state;

	begin(r);
	assert_string_equal(send(r, 1, "\"torque\":1"), "");
	edit(r, "press-3.json", "{\"line\": \"press-3\"}");
	assert_int_equal(reload(r), -EINVAL);
	edit(r, "press-3.json", second);
	write_model(r, MODEL, "pressure", 2);
	assert_int_equal(reload(r), -EINVAL);
	assert_non_null(strstr(r->err.text, "the model wants feature \"pressure\""));
	assert_int_equal(line_state(r).outgoing, 0);
	assert_string_equal(send(r, 1, "\"speed\":1"), expected(1, 0.25, 2, first));
}

/* A champion that came into force after the check, and does not fit. */
static void a_model_that_does_not_fit_any_longer_is_refused_at_the_last_moment(void **state)
{
	static const char less[] =
		"{\"line\": \"press-3\", \"sources\": {\"proc\": {\"topic\": "
		"\"p3/unit/{unit}/proc\"}}, \"features\": [{\"name\": \"torque\", \"from\": "
		"\"proc.torque\"}]}";
	CLEANUP(gateway_next_deinit) struct gateway_next next = {0};
	struct gateway *g = NULL;
	struct rig *r = *state;

	begin(r);
	assert_string_equal(send(r, 1, "\"torque\":1"), "");
	edit(r, "press-3.json", second);
	assert_int_equal(gateway_next_read(&next, in_dir(r, "defectd.json"),
				 nn_kernels_choose(NULL, NULL), &r->err),
		0);
	gateway_next_deinit(&next);
	edit(r, "press-3.json", less);
	assert_int_equal(gateway_next_read(&next, in_dir(r, "defectd.json"),
				 nn_kernels_choose(NULL, NULL), &r->err),
		0);
	next.line_count = next.line_count ? next.line_count : 1;
	if (!next.adopted)
		next.adopted = calloc(next.line_count, sizeof(*next.adopted));
	assert_non_null(next.adopted);
	assert_int_equal(gateway_reload(&g, r->g, &next, &r->err), -EINVAL);
	assert_null(g);
	assert_string_equal(send(r, 1, "\"speed\":1"), expected(1, 0.25, 2, first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_open_goes_on_under_its_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_start_finds_the_files_of_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_model_of_before_that_is_gone_leaves_its_units_collecting, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(what_is_wrong_changes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_model_that_does_not_fit_any_longer_is_refused_at_the_last_moment, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
