#include "lib/store/quarantine.h"

#include <string.h>

#include "lib/store/statement.h"

int store_put_quarantine(struct store *s, const struct quarantined *q, struct err *err)
{
	static const char sql[] = "INSERT INTO quarantine (at_ms, line, topic, payload, reason)"
				  " VALUES (?, ?, ?, ?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "write to quarantine", err);

	if (r < 0)
		return r;
	statement_int(&st, q->at_ms);
	statement_text(&st, q->line);
	statement_text(&st, q->topic);
	statement_blob(&st, q->payload, q->payload_len);
	statement_text(&st, q->reason);
	return statement_run(&st, err);
}

bool quarantine_is_whole(const struct quarantined *q)
{
	bool is_too_big = strncmp(q->reason, "too_big:", 8) == 0;

	return q->topic[0] != '\0' && !(is_too_big && q->payload_len >= QUARANTINE_HEAD_BYTES);
}

static const char *text_at(sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : "";
}

static int hand_over(sqlite3_stmt *stmt,
	int (*each)(void *owner, int64_t id, const struct quarantined *q), void *owner)
{
	const void *payload = sqlite3_column_blob(stmt, 4);
	const struct quarantined q = {
		.at_ms = sqlite3_column_int64(stmt, 1),
		.line = text_at(stmt, 2),
		.topic = text_at(stmt, 3),
		.payload = payload ? payload : "",
		.payload_len = (size_t)sqlite3_column_bytes(stmt, 4),
		.reason = text_at(stmt, 5),
	};

	return each(owner, sqlite3_column_int64(stmt, 0), &q);
}

int store_each_quarantine(struct store *s, const struct quarantine_filter *filter,
	int (*each)(void *owner, int64_t id, const struct quarantined *q), void *owner,
	struct err *err)
{
	/* only ids are sorted: payloads are large */
	static const char sql[] =
		"SELECT _rowid_, at_ms, line, topic, payload, reason FROM quarantine"
		" WHERE _rowid_ IN (SELECT _rowid_ FROM quarantine WHERE (?1 = 0 OR _rowid_ = ?1)"
		" AND (?2 IS NULL OR line = ?2)"
		" AND (?3 IS NULL OR substr(reason, 1, instr(reason || ':', ':') - 1) = ?3)"
		" ORDER BY _rowid_ DESC LIMIT ?4) ORDER BY _rowid_";
	struct statement st;
	int r = statement_get(&st, s, sql, "read the quarantine", err);

	if (r < 0)
		return r;
	statement_int(&st, filter->id);
	statement_text(&st, filter->line);
	statement_text(&st, filter->reason);
	statement_int(&st, filter->newest > 0 ? filter->newest : -1);
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		r = hand_over(st.stmt, each, owner);
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}
