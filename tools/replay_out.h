/* What a replay makes: DIR/defectd.db with units, labels and the quarantine, DIR/messages.jsonl.
 *
 * Without a folder there is no database, and messages go to a stream or nowhere. Until
 * replay_out_keep the folder holds nothing that stays: replay_out_deinit removes what was made, and
 * that alone. A row that the database refuses is told on stderr, counted, and kept in quarantine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/engine/engine.h"

struct label_row;
struct store;

struct replay_out {
	struct store *rows; /* NULL without a folder */
	FILE *messages;     /* NULL: nobody wants them */
	char *folder, *database_path, *messages_path;
	bool made_folder, made_database, made_messages, is_kept;
	unsigned open_rows;               /* in the transaction */
	int64_t sampled_s[REFUSAL_COUNT]; /* one sample per reason and second */
	uint64_t rows_refused;
};

/* Refuses a folder that has one of the two files. Negative errno with a sentence. */
MUST_CHECK int replay_out_open(struct replay_out *o, const char *dir, struct err *err);
void replay_out_deinit(struct replay_out *o);

/* Each opens a transaction where none is open. Without a folder they do nothing. */
MUST_CHECK int replay_out_unit(struct replay_out *o, const struct unit_row *row, struct err *err);
MUST_CHECK int replay_out_label(
	struct replay_out *o, const struct label_row *row, int64_t now_ms, struct err *err);
/* OUTCOME_REFUSED, as the daemon keeps it. `line` is "" where no line is meant. */
MUST_CHECK int replay_out_refused(struct replay_out *o, const struct outcome *refused,
	const char *line, int64_t now_ms, struct err *err);
/* Takes the payload, which is then empty. */
MUST_CHECK int replay_out_message(struct replay_out *o, const char *topic, struct buf *payload,
	int qos, int64_t at_ms, struct err *err);

/* Commits and closes what was made: it stays. */
MUST_CHECK int replay_out_keep(struct replay_out *o, struct err *err);
