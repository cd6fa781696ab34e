/* A changed line file holds for units that open after it; those that are open go on under theirs.
 *
 * The property: where the new file says the same as the old one, a change at any time, any number
 * of them, with restarts in between, changes nothing of any unit. */
#include "lib/base/err.h"
#include "tests/unit/engine/rig.h"
#include "tests/unit/feature/traffic.h"

#define INPUTS 1500
#define ROWS_MAX 2000
#define FILES_MAX 400

struct rows {
	char *v[ROWS_MAX];
	size_t count;
	uint64_t used, received, refusals; /* outcomes */
	size_t outgoing;                   /* line files of before that had units open, at most */
};

static void rows_deinit_at(struct rows *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->v[i]);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of a row but its place among the others, and the line file. */
static void note_row(struct rows *rows, const struct unit_row *row)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s %lld %lld %lld %s %s %s %s", row->unit, (long long)row->started_ms - NOW,
		(long long)row->scored_ms - NOW, (long long)row->gap_ms, row->verdict, row->reason,
		row->imputed, row->lots);
	for (size_t i = 0; i < row->value_count; i++) {
		buf_addf(&b, " %s ", row->names[i]);
		traffic_put_value(&b, &row->values[i]);
	}
	assert_true(rows->count < ROWS_MAX);
	rows->v[rows->count] = strdup(buf_text(&b));
	assert_non_null(rows->v[rows->count++]);
}

static void note(struct rows *rows, const struct rig *r)
{
	for (size_t i = 0; i < r->out.count; i++) {
		if (r->out.v[i].kind == OUTCOME_UNIT)
			note_row(rows, &r->out.v[i].row);
		rows->refusals += r->out.v[i].kind == OUTCOME_REFUSED;
	}
}

/* Names of line files: as many as there are changes. */
static const char *file_name(size_t i)
{
	static char names[FILES_MAX][8];

	assert_true(i < FILES_MAX);
	snprintf(names[i], sizeof(names[i]), "file%zu", i);
	return names[i];
}

/* The line files of before that the engine goes on with, the oldest first. */
static size_t known_files(const struct engine *e, bool changes, const char *files[FILES_MAX])
{
	struct engine_generation g;
	size_t count = 0;

	while (engine_generation(e, 0, count + 1, &g))
		count++;
	for (size_t i = 0; i < count; i++) {
		assert_true(engine_generation(e, 0, count - i, &g));
		files[i] = g.config_sha256;
	}
	if (changes) {
		assert_true(engine_generation(e, 0, 0, &g));
		files[count++] = g.config_sha256;
	}
	return count;
}

/* Another engine takes over what this one saves: under the same line files, or with one more. */
static void hand_over(struct rig *r, const char *newest, bool changes)
{
	CLEANUP(engine_free) struct engine *old = r->engine;
	CLEANUP(buf_deinit) struct buf bytes;
	const char *files[FILES_MAX];
	size_t count = known_files(old, changes, files);
	struct line_spec spec = r->spec;
	struct err err = {""};

	buf_init(&bytes);
	engine_save(old, &bytes);
	r->engine = NULL;
	r->spec.config_sha256 = newest;
	rig_begin(r);
	for (size_t i = 0; i < count; i++) {
		spec.config_sha256 = files[i];
		assert_int_equal(
			engine_add_outgoing(r->engine, 0, &spec, NULL, "no_model", &err), 0);
	}
	if (engine_load(r->engine, bytes.data, bytes.len, &err) < 0)
		fail_msg("%s", err.text);
	engine_go_on(r->engine, old);
}

static void send_one(struct rig *r, struct traffic *t, int64_t ms)
{
	/* now and then one that is scored already, or begins anew */
	int unit = (int)(ms / 60) +
		   (traffic_below(t, 5) ? traffic_below(t, 4) : -traffic_below(t, 12));
	int64_t ts = ms - traffic_below(t, 40);
	const struct item *item;
	char members[60];

	t->count = 0;
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
		traffic_unit(t, F_PACK, unit, ts, "\"y\":3");
		break;
	case 4:
		traffic_unit(t, F_QC, unit, ts, "\"result\":\"NG\"");
		break;
	case 5:
		snprintf(members, sizeof(members), "\"resin\":\"R%d\",\"glue\":\"G%d\"",
			traffic_below(t, 4), traffic_below(t, 4));
		traffic_add(t, F_LOAD, "f/load", ts, members);
		break;
	case 6:
		traffic_add(t, F_LAB, traffic_below(t, 2) ? "f/lab/R1" : "f/lab/G2", ts,
			"\"visc\":3,\"strength\":4");
		break;
	default:
		snprintf(members, sizeof(members), "\"v\":%d", traffic_below(t, 100));
		traffic_add(t, F_TEMP, "f/temp", ts, members);
	}
	item = &t->v[0];
	rig_message(r, item->topic, item->payload, false);
}

/* `changes` and `restarts` in a thousand inputs. */
static void play(struct rig *r, uint64_t seed, int changes, int restarts, struct rows *rows)
{
	static struct traffic t;
	int64_t ms = 1000, clock_ms = 0;
	size_t files = 0, outgoing = 0;
	struct engine_line_state state;
	struct rng chance;

	rng_init(&t.rng, seed, 0);
	rng_init(&chance, seed, 1);
	r->spec.config_sha256 = file_name(files);
	rig_begin(r);
	for (size_t i = 0; i < INPUTS; i++) {
		int later_ms = traffic_below(&t, 12);

		ms += later_ms;
		clock_ms += later_ms;
		r->now_ms = NOW + ms;
		r->clock_ms = clock_ms;
		if (traffic_below(&t, 20) == 0)
			rig_gap(r, ms - traffic_below(&t, 60) - 1, traffic_below(&t, 2));
		else if (traffic_below(&t, 20) == 0)
			rig_tick(r);
		else
			send_one(r, &t, ms);
		note(rows, r);
		if (rng_below(&chance, 1000) < (uint64_t)changes)
			hand_over(r, file_name(++files), true);
		if (rng_below(&chance, 1000) < (uint64_t)restarts)
			hand_over(r, file_name(files), false);
		engine_line_state(r->engine, 0, &state);
		if (state.outgoing > outgoing)
			outgoing = state.outgoing;
	}
	r->clock_ms += 1000000;
	rig_tick(r);
	note(rows, r);
	engine_line_state(r->engine, 0, &state);
	assert_int_equal(state.outgoing, 0);
	assert_int_equal(state.units, rows->count);
	if (outgoing > rows->outgoing)
		rows->outgoing = outgoing;
	rows->received = state.counts->received;
	rows->used = state.counts->used;
	qsort(rows->v, rows->count, sizeof(*rows->v), by_text);
}

static void begin(struct rig *r)
{
	traffic_features(r->flow);
	r->flow->plan.unit.again_ms = 400;
	r->flow->plan.stations[OVEN].max_dwell_ms = 100;
	r->flow->plan.stations[OVEN].reorder_ms = 20;
	r->flow->plan.stations[PRESSING].max_dwell_ms = 100;
	r->flow->limits.samples = 30;
	r->flow->limits.open_units = 12;
	r->flow->limits.future_limit_ms = INT64_MAX / 4;
}

static void expect_same(const struct rows *calm, const struct rows *other, uint64_t seed)
{
	for (size_t i = 0; i < calm->count && i < other->count; i++)
		if (strcmp(calm->v[i], other->v[i]) != 0)
			fail_msg("seed %llu:\n%s\ninstead of\n%s", (unsigned long long)seed,
				other->v[i], calm->v[i]);
	assert_int_equal(other->count, calm->count);
	assert_int_equal(other->refusals, calm->refusals);
	assert_int_equal(other->received, calm->received);
	assert_int_equal(other->used, calm->used);
}

static void a_file_that_says_the_same_changes_nothing_of_any_unit(void **state)
{
	struct rig *r = *state;
	size_t outgoing = 0;

	begin(r);
	for (uint64_t seed = 1; seed <= 12; seed++) {
		CLEANUP(rows_deinit)
		struct rows calm = {.count = 0}, few = calm, many = calm, again = calm;

		/* with the longer deadline an id begins anew while it is open */
		r->flow->plan.unit.deadline_ms = seed % 2 ? 300 : 900;
		play(r, seed, 0, 0, &calm);
		assert_true(calm.count > 20);
		play(r, seed, 15, 0, &few);
		expect_same(&calm, &few, seed);
		play(r, seed, 60, 0, &many);
		expect_same(&calm, &many, seed);
		play(r, seed, 50, 200, &again);
		expect_same(&calm, &again, seed);
		if (many.outgoing > outgoing)
			outgoing = many.outgoing;
	}
	assert_true(outgoing >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(a_file_that_says_the_same_changes_nothing_of_any_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
