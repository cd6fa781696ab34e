#include "daemon/commit.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/gateway.h"
#include "lib/store/units.h"

#define NAMED_ROW_MAX 512

/* The unit and why stand in for the payload: there is no one message that the row came from. */
static int keep_refused_row(
	struct store *s, const struct unit_row *row, const struct err *why, struct err *err)
{
	char reason[sizeof(why->text) + 32];
	struct quarantined q = {
		.at_ms = row->scored_ms,
		.line = row->line,
		.topic = "",
		.payload = row->unit,
		.payload_len = strlen(row->unit),
		.reason = reason,
	};

	snprintf(reason, sizeof(reason), "row_refused: %s", why->text);
	return store_put_quarantine(s, &q, err);
}

static int put_rows(struct store *s, struct batch *b, struct err *err)
{
	b->rows_refused = 0;
	for (size_t i = 0; i < b->row_count; i++) {
		struct err why = {""};
		int r = store_put_unit(s, &b->rows[i], &why);

		if (r == STORE_ROW_REFUSED) {
			b->rows_refused++;
			r = keep_refused_row(s, &b->rows[i], &why, err);
		} else if (r < 0 && err) {
			*err = why;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_labels(struct store *s, struct batch *b, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->label_count; i++) {
		struct batch_label *l = &b->labels[i];

		r = store_label_is_known(s, &l->row, &l->is_known, err);
		if (r == 0 && !l->is_known)
			r = store_put_label(s, &l->row, b->labels_at_ms, err);
	}
	return r;
}

static int put_models(struct store *s, const struct batch *b, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->shadow_count; i++)
		r = store_put_shadow(s, &b->shadows[i], err);
	for (size_t i = 0; r == 0 && i < b->model_count; i++)
		r = store_put_model(s, &b->models[i], err);
	return r;
}

static int put_deliveries(struct store *s, const struct batch *b, struct err *err)
{
	int r = b->clears_deliveries ? store_clear_deliveries(s, err) : 0;

	if (r == 0 && b->delivery_count)
		r = store_put_deliveries(s, b->delivery_first, b->deliveries, b->delivery_count,
			b->delivery_keep_from, err);
	return r;
}

static int put_outbox(struct store *s, const struct batch *b, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < b->put_count; i++)
		r = store_put_outbox(s, &b->puts[i], err);
	for (size_t i = 0; r == 0 && i < b->delete_count; i++)
		r = store_delete_outbox(s, b->deletes[i], err);
	return r;
}

static int put_batch(struct store *s, struct batch *b, struct err *err)
{
	int r = put_rows(s, b, err);

	if (r == 0)
		r = put_labels(s, b, err);
	if (r == 0)
		r = put_models(s, b, err);
	if (r == 0 && b->first)
		r = store_put_journal(s, b->first, b->last, b->journal.data, b->journal.len, err);
	if (r == 0)
		r = put_deliveries(s, b, err);
	if (r == 0)
		r = put_outbox(s, b, err);
	for (size_t i = 0; r == 0 && i < b->sample_count; i++)
		r = store_put_quarantine(s, &b->samples[i], err);
	if (r == 0 && b->has_snapshot)
		r = store_put_snapshot(s, b->snapshot_number, b->snapshot_at_ms, b->snapshot.data,
			b->snapshot.len, err);
	if (r == 0 && b->gateway)
		r = gateway_put_in_force_with(b->gateway, s, err);
	return r;
}

/* Tables and columns that the rows of new line files want; the ones before them do not mind. */
static int prepare(struct store *s, const struct batch *b, struct err *err)
{
	return b->gateway ? gateway_prepare_store(b->gateway, s, b->snapshot_at_ms, err) : 0;
}

int commit_batches(struct store *s, struct batch *first, struct err *err)
{
	int r = 0;

	for (const struct batch *b = first; r == 0 && b; b = b->next)
		r = prepare(s, b, err);
	if (r == 0)
		r = store_begin(s, err);
	if (r < 0)
		return r;
	for (struct batch *b = first; r == 0 && b; b = b->next)
		r = put_batch(s, b, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}
