/* A configuration, a store and the models put together to an engine that is ready to run.
 *
 * The daemon, `replay`, `check` and the benchmarks start here, so that they run the same thing.
 * Reads the clock and the network nowhere. */
#pragma once

#include <stdbool.h>

#include "lib/config/config.h"
#include "lib/engine/engine.h"
#include "lib/store/roles.h"
#include "lib/store/store.h"

struct gateway_line {
	const struct line_config *config;
	struct model *model;  /* in force, owned; NULL: the line collects */
	bool has_champion;    /* the registry has one; the model is that or, when it fails, NULL */
	const char *why_none; /* "" "no_model" "model_refused" "model_misfit" */
	char trouble[1024];   /* the sentence behind why_none, for log and status; "" when fine */
	struct roles roles;   /* of the registry; what is not committed yet among it */
	/* loaded beside it, owned: what enum engine_shadow says; NULL: none, or it does not load,
	 * which is then told in beside_trouble */
	struct model *beside[ENGINE_SHADOWS];
	char beside_trouble[ENGINE_SHADOWS][1024];
	/* why the journal was replayed under today's line file instead of that of its time; "" */
	char earlier_trouble[512];
};

struct gateway {
	const struct config *config; /* borrowed */
	const struct nn_kernels *kernels;
	struct engine *engine;
	struct gateway_line *lines; /* [config->line_count], as the engine's lines */
	struct config *earlier; /* line files of before under which units are open; NULL: none */
	bool has_taken_over;    /* gateway_restore: from other line files than today's */
	char left_out[512];     /* then: units of lines that are gone: "3 open units of .."; "" */
};

/* An engine with the configured lines and no models. */
MUST_CHECK int gateway_new(struct gateway **out, const struct config *config,
	const struct nn_kernels *kernels, struct err *err);
void gateway_free(struct gateway *g);
CLEANUP_FOR(struct gateway, gateway_free)

/* Tables for every line, the line files' texts. */
MUST_CHECK int gateway_prepare_store(
	const struct gateway *g, struct store *s, int64_t now_ms, struct err *err);

/* A start, of the daemon or of a tool that does its work while none runs: gateway_new,
 * gateway_prepare_store, gateway_load_models, gateway_restore, gateway_adopt_models,
 * gateway_load_beside, in this order. The lock is taken. -EUCLEAN also when our own bytes in the
 * file cannot be read: they are as bad as a page that SQLite cannot read. */
MUST_CHECK int gateway_start(struct gateway **out, const struct config *config, struct store *s,
	int64_t now_ms, struct err *err);

/* Puts each line's champion of the registry in force (its copy models/<sha256>.onnx under
 * state_dir). Without a store (NULL), or without a champion, the line's `model` file is used
 * (replay, check). A model that does not load or fit leaves the line collecting and says so in
 * `trouble`; that is no error. */
MUST_CHECK int gateway_load_models(struct gateway *g, struct store *s, struct err *err);

/* A line file's `model` with contents the registry has not seen
 * becomes champion if it loads and fits: copied to models/<sha256>.onnx (written aside, synced,
 * renamed), registered, put in force. Contents it knows change nothing. With a champion in force a
 * file that is absent, does not load or does not fit is told in `trouble` alone. A snapshot is put
 * first: what the journal holds was done under the model before. A negative errno is trouble with
 * the store or with writing the copy. */
MUST_CHECK int gateway_adopt_models(
	struct gateway *g, struct store *s, int64_t now_ms, struct err *err);

/* Loads what the registry has beside the champions (challenger, previous); they score in the shadow
 * from then on. One that does not load or fit is told in `beside_trouble`; that is no error.
 * -ENOMEM. */
MUST_CHECK int gateway_load_beside(struct gateway *g, struct err *err);

/* The engine's state as of the last commit: snapshot, then the journal with its outcomes thrown
 * away, under the registry's champions alone: a line file's model that is not registered yet was
 * not in force then. Where line files have changed, snapshot and journal are taken up under those
 * of before; the state then goes over to today's, which come into force in one transaction with a
 * snapshot of it. A snapshot or a journal that cannot be read is -EINVAL. */
MUST_CHECK int gateway_restore(struct gateway *g, struct store *s, struct err *err);

/* Notes in the store which line files are in force, in one transaction with a snapshot: the
 * engine's state, as engine_save put it. NULL: what snapshot and journal there are were written
 * under them. */
MUST_CHECK int gateway_put_in_force(
	const struct gateway *g, struct store *s, const struct buf *state, struct err *err);
/* The same within a transaction, which has the snapshot in it. */
MUST_CHECK int gateway_put_in_force_with(const struct gateway *g, struct store *s, struct err *err);
