/* Which model of the registry does what on a line: a new challenger, a promotion, a rollback.
 *
 * What is decided here comes into force in memory at once (the engine's model, the models beside
 * it, the roles) and between two engine inputs. It becomes part of the registry with the rows of
 * swap_rows, which the caller writes: of another champion in one transaction with the input that
 * asked for it and a snapshot of the engine behind it, so that a journal is never replayed across a
 * swap. */
#pragma once

#include "lib/gateway/gateway.h"
#include "lib/store/registry.h"

struct swap {
	bool is_ok;       /* done, or nothing was to be done */
	const char *code; /* "", "nothing_to_do", or why not: "unknown_model", "ambiguous_model",
			     "no_previous", "model_refused", "model_misfit" */
	char text[1200];  /* one sentence */
	bool is_champion; /* another champion is in force */
	struct role_changes changes; /* none: nothing is to be written */
};

/* Carries a command out; what fails leaves everything as it was, and says so in *out. The promoted
 * model's file is read anew: what is gone or is no longer what its name says is not put in force,
 * since a restart could not either. -ENOMEM. */
MUST_CHECK int swap_carry_out(struct swap *out, struct gateway *g, size_t line,
	const struct swap_request *request, int64_t now_ms);

/* A model that was checked, and whose copy is kept under models/, is challenger from now on. The
 * model is taken over when it is used, and freed otherwise: misfit, or nothing to do. One that has
 * a role keeps it; where its file was gone or damaged it takes that role up now, as champion too.
 * -ENOMEM. */
MUST_CHECK int swap_register(
	struct swap *out, struct gateway *g, size_t line, struct model *m, int64_t now_ms);

/* A line file's model that the registry does not know, that was checked, and whose copy is kept
 * under models/, is champion from now on. The model is taken over, as by swap_register. -ENOMEM. */
MUST_CHECK int swap_adopt(
	struct swap *out, struct gateway *g, size_t line, struct model *m, int64_t now_ms);

/* The rows of the registry that follow, in order; `each` copies what it needs. */
MUST_CHECK int swap_rows(const struct swap *s, const struct gateway *g, size_t line, const char *by,
	const char *why, int (*each)(void *owner, const struct model_row *row), void *owner);

/* Where no daemon runs: the rows and the snapshot, in a transaction of its own. */
MUST_CHECK int swap_commit(const struct swap *swap, const struct gateway *g, size_t line,
	const char *by, const char *why, int64_t now_ms, struct store *s, struct err *err);
