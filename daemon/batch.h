/* What one transaction will hold: the inputs the engine took since the last one, and everything
 * that follows from them. The loop fills one while the store thread commits the other. */
#pragma once

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/engine/engine.h"
#include "lib/store/journal.h"
#include "lib/store/labels.h"
#include "lib/store/outbox.h"
#include "lib/store/quarantine.h"
#include "lib/store/registry.h"

struct batch_label {
	struct label_row row;
	bool is_known; /* it was there already: set by the commit */
};

struct gateway;

struct batch_reply {
	const char *topic; /* in the arena */
	struct command_reply reply;
	size_t label; /* that it answers; SIZE_MAX: none */
};

struct batch {
	struct arena *arena;      /* texts and payloads of all that is in the batch */
	struct outcomes outcomes; /* of the input in hand */

	struct buf journal; /* inputs `first` to `last`; none while first is 0 */
	uint64_t first, last;
	struct unit_row *rows;
	size_t row_count, row_cap;

	struct batch_label *labels;
	size_t label_count, label_cap;
	int64_t labels_at_ms; /* when the newest of them came */

	struct batch_reply *replies; /* published once the batch is committed */
	size_t reply_count, reply_cap;

	struct shadow_row *shadows;
	size_t shadow_count, shadow_cap;
	struct model_row *models; /* roles that models get, in order */
	size_t model_count, model_cap;

	bool clears_deliveries; /* before those below are appended */
	struct delivery *deliveries;
	size_t delivery_count, delivery_cap;
	uint64_t delivery_first, delivery_end, delivery_keep_from;

	struct quarantined *samples;
	size_t sample_count, sample_cap;

	struct outbox_message *puts;
	size_t put_count, put_cap;
	uint64_t *deletes;
	size_t delete_count, delete_cap;

	/* Line files that come into force with the snapshot: their tables are made before, and rows
	 * of earlier batches are of those before. NULL: none. Borrowed. */
	const struct gateway *gateway;

	bool has_snapshot;
	struct buf snapshot;
	uint64_t snapshot_number;
	int64_t snapshot_at_ms;

	size_t messages, bytes; /* read from the broker: how much memory and window it holds */
	uint64_t begun_ns;      /* when the first thing came in, deletes aside; 0: nothing */

	uint64_t rows_refused; /* by the database: set by the commit */
	struct batch *next;    /* committed in the same transaction, after this one */
};

MUST_CHECK int batch_new(struct batch **out); /* -ENOMEM */
void batch_free(struct batch *b);
CLEANUP_FOR(struct batch, batch_free)
void batch_clear(struct batch *b); /* keeps the memory */
bool batch_is_empty(const struct batch *b);

/* All copy what they are given. -ENOMEM. */
MUST_CHECK int batch_add_input(struct batch *b, uint64_t number, const struct engine_input *in);
/* The inputs so far are in a snapshot that is in the batch: the journal need not hold them. */
void batch_drop_inputs(struct batch *b);
/* The row's texts are in the batch's arena already. The row may be changed until the next call. */
MUST_CHECK int batch_add_row(struct batch *b, const struct unit_row *row);
/* The texts of these two are in the batch's arena already. */
MUST_CHECK int batch_add_label(struct batch *b, const struct label_row *row, int64_t now_ms);
MUST_CHECK int batch_add_reply(
	struct batch *b, const char *topic, const struct command_reply *reply);
/* Unit and model must live as long as the batch. */
MUST_CHECK int batch_add_shadow(struct batch *b, const struct shadow_row *row);
MUST_CHECK int batch_add_model(struct batch *b, const struct model_row *row);
/* Deliveries before `keep_from` have left the list. */
MUST_CHECK int batch_add_delivery(
	struct batch *b, uint64_t number, uint64_t keep_from, const struct delivery *d);
void batch_clear_deliveries(struct batch *b);
MUST_CHECK int batch_add_sample(struct batch *b, const struct quarantined *q);
MUST_CHECK int batch_put_outbox(struct batch *b, const struct outbox_message *m);
MUST_CHECK int batch_delete_outbox(struct batch *b, uint64_t id);
