/* The engine's state as of the last commit: snapshot, then the journal. */
#include "lib/gateway/gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/err.h"
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

static int load_snapshot(struct gateway *g, struct store *s, uint64_t *number, struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	int r = store_load_snapshot(s, number, &bytes, &len, err);

	if (r == 0 && bytes) {
		r = engine_load(g->engine, bytes, len, err);
		engine_skip_to(g->engine, *number);
	}
	free(bytes);
	return r;
}

/* Models that are not the registry's stand aside while the journal is replayed. */
static int set_unregistered_models(struct gateway *g, bool in_force, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct gateway_line *l = &g->lines[i];
		int r;

		if (!l->model || l->has_champion)
			continue;
		r = engine_set_model(g->engine, i, in_force ? l->model : NULL, "no_model", err);
		if (r < 0)
			return r;
	}
	return 0;
}

int gateway_restore(struct gateway *g, struct store *s, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = NULL;
	struct restoring restoring = {.engine = g->engine, .err = err};
	uint64_t number = 0;
	int r = arena_new(&arena, ARENA_BLOCK_BYTES);

	if (r < 0)
		return err_set(err, r, "no memory to replay the journal");
	restoring.outcomes.arena = arena;
	r = set_unregistered_models(g, false, err);
	if (r == 0)
		r = load_snapshot(g, s, &number, err);
	if (r == 0)
		r = store_each_journal(s, number, take_row, &restoring, err);
	if (r == 0)
		r = set_unregistered_models(g, true, err);
	engine_resume(g->engine);
	return r;
}
