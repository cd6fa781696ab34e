/* The engine's state as of the last commit: snapshot, then the journal, under the line files that
 * they were written under. */
#include "lib/gateway/gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/earlier.h"
#include "lib/gateway/model_file.h"
#include "lib/gateway/outgoing.h"
#include "lib/store/journal.h"

#define ARENA_BLOCK_BYTES (64u << 10)

struct restoring {
	struct engine *engine;
	struct outcomes outcomes;
	struct err *err;
};

/* Takes the inputs of one journal row again; what follows from them was committed with them. */
static int take_row(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len)
{
	struct restoring *r = owner;
	struct engine_input in;
	struct cursor c;

	if (first != engine_number(r->engine) + 1 || last < first)
		return err_set(r->err, -EINVAL,
			"the journal goes on with inputs %" PRIu64 " to %" PRIu64
			" after input %" PRIu64,
			first, last, engine_number(r->engine));
	cursor_init(&c, bytes, len);
	while (engine_input_get(&c, &in)) {
		int rc = engine_take(r->engine, &in, &r->outcomes);

		outcomes_reset(&r->outcomes);
		if (rc < 0)
			return err_set(r->err, rc, "no memory to replay the journal");
	}
	if (c.failed)
		return err_set(r->err, -EINVAL,
			"the journal row of inputs %" PRIu64 " to %" PRIu64 " is damaged", first,
			last);
	engine_skip_to(r->engine, last);
	return 0;
}

/* With the line files of before under which there are units open. */
static int load_state(
	struct gateway *g, struct store *s, const void *bytes, size_t len, struct err *err)
{
	CLEANUP(outgoing_list_deinit) struct outgoing_list before = {0};
	int r = outgoing_of_snapshot(&before, g, s, bytes, len, err);

	if (r == 0)
		r = outgoing_add(g, &before, err);
	return r == 0 ? engine_load(g->engine, bytes, len, err) : r;
}

static int load_snapshot(struct gateway *g, struct store *s, uint64_t *number, struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	int r = store_load_snapshot(s, number, &bytes, &len, err);

	if (r == 0 && bytes) {
		r = load_state(g, s, bytes, len, err);
		engine_skip_to(g->engine, *number);
	}
	free(bytes);
	return r;
}

/* Models that are not the registry's stand aside while the journal is replayed. */
static int set_aside_unregistered(struct gateway *g, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct gateway_line *l = &g->lines[i];
		int r;

		if (!l->model || l->has_champion)
			continue;
		r = engine_set_model(g->engine, i, NULL, "no_model", err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The models in force are those of now from here on. *differs: some are not those that snapshot and
 * journal were written under. */
static int set_models(struct gateway *g, bool *differs, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct gateway_line *l = &g->lines[i];
		const char *loaded = engine_loaded_model(g->engine, i);
		/* an unregistered one is adopted with a snapshot of its own */
		const char *now = l->model && l->has_champion ? model_sha256(l->model) : "";
		int r = engine_set_model(g->engine, i, l->model, l->why_none, err);

		if (r < 0)
			return r;
		*differs = *differs || (loaded && strcmp(loaded, now) != 0);
	}
	return 0;
}

/* What is journaled from now on must not be taken again under the models of before. */
static int put_snapshot(struct gateway *g, struct store *s, struct err *err)
{
	CLEANUP(buf_deinit) struct buf state;
	int r;

	buf_init(&state);
	engine_save(g->engine, &state);
	if (buf_failed(&state))
		return err_set(err, -ENOMEM, "no memory for a snapshot");
	r = store_begin(s, err);
	if (r < 0)
		return r;
	r = store_put_snapshot(
		s, engine_number(g->engine), engine_now_ms(g->engine), state.data, state.len, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

/* Snapshot and journal, under the gateway's own line files. */
static int take_up(struct gateway *g, struct store *s, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = NULL;
	struct restoring restoring = {.engine = g->engine, .err = err};
	uint64_t number = 0;
	int r = arena_new(&arena, ARENA_BLOCK_BYTES);

	if (r < 0)
		return err_set(err, r, "no memory to replay the journal");
	restoring.outcomes.arena = arena;
	r = set_aside_unregistered(g, err);
	if (r == 0)
		r = load_snapshot(g, s, &number, err);
	if (r == 0)
		r = store_each_journal(s, number, take_row, &restoring, err);
	engine_resume(g->engine);
	return r;
}

/* Lines that are gone take their open units with them. */
static void note_left_out(struct gateway *g, const struct gateway *before)
{
	size_t used = 0;

	for (size_t i = 0; i < before->config->line_count; i++) {
		const char *name = before->config->lines[i].name;
		struct engine_line_state line;

		engine_line_state(before->engine, i, &line);
		if (line.open_units == 0 || config_find_line(g->config, name) ||
			used >= sizeof(g->left_out))
			continue;
		used += (size_t)snprintf(g->left_out + used, sizeof(g->left_out) - used,
			"%s%zu open units of line \"%s\"", used ? ", " : "", line.open_units, name);
	}
}

/* Under the line files of before, whose state goes over; from then on today's are in force. */
static int take_over(
	struct gateway *g, const struct config *config, struct store *s, struct err *err)
{
	CLEANUP(gateway_free) struct gateway *before = NULL;
	CLEANUP(buf_deinit) struct buf state;
	int r = gateway_new(&before, config, g->kernels, err);

	buf_init(&state);
	if (r == 0)
		r = gateway_load_models(before, s, err);
	if (r == 0)
		r = take_up(before, s, err);
	if (r < 0)
		return r;
	g->has_taken_over = true;
	note_left_out(g, before);
	engine_save(before->engine, &state);
	if (buf_failed(&state))
		return err_set(err, -ENOMEM, "no memory to take the state over");
	r = load_state(g, s, state.data, state.len, err);
	return r == 0 ? gateway_put_in_force(g, s, &state, err) : r;
}

int gateway_restore(struct gateway *g, struct store *s, struct err *err)
{
	CLEANUP(config_free) struct config *before = NULL;
	int r = earlier_config(&before, g, s, err);

	bool is_new = r == EARLIER_NONE, differs = false;

	if (r == EARLIER_OTHER)
		r = take_over(g, before, s, err);
	else if (r >= 0)
		r = take_up(g, s, err);
	if (r == 0 && is_new)
		r = gateway_put_in_force(g, s, NULL, err);
	if (r == 0)
		r = set_models(g, &differs, err);
	return r == 0 && differs ? put_snapshot(g, s, err) : r;
}

int gateway_start(struct gateway **out, const struct config *config, struct store *s,
	int64_t now_ms, struct err *err)
{
	CLEANUP(gateway_free) struct gateway *g = NULL;
	const struct nn_kernels *kernels = nn_kernels_choose(NULL, err);
	int r = kernels ? gateway_new(&g, config, kernels, err) : -ENOTSUP;

	if (r == 0)
		r = gateway_prepare_store(g, s, now_ms, err);
	if (r == 0)
		r = gateway_load_models(g, s, err);
	if (r < 0)
		return r;
	r = gateway_restore(g, s, err);
	if (r < 0)
		return r == -EINVAL ? -EUCLEAN : r;
	model_file_clean(config->state_dir);
	r = gateway_adopt_models(g, s, now_ms, err);
	if (r == 0)
		r = gateway_load_beside(g, err);
	if (r == 0)
		*out = TAKE(g);
	return r;
}
