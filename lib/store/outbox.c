#include "lib/store/outbox.h"

#include "lib/store/statement.h"

int store_put_outbox(struct store *s, const struct outbox_message *m, struct err *err)
{
	static const char sql[] = "INSERT INTO outbox (id, topic, payload, at_ms)"
				  " VALUES (?, ?, ?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "write to the outbox", err);

	if (r < 0)
		return r;
	statement_int(&st, (int64_t)m->id);
	statement_text(&st, m->topic);
	statement_blob(&st, m->payload, m->payload_len);
	statement_int(&st, m->at_ms);
	return statement_run(&st, err);
}

int store_delete_outbox(struct store *s, uint64_t id, struct err *err)
{
	static const char sql[] = "DELETE FROM outbox WHERE id = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "delete from the outbox", err);

	if (r < 0)
		return r;
	statement_int(&st, (int64_t)id);
	return statement_run(&st, err);
}

int store_each_outbox(struct store *s, int (*each)(void *owner, const struct outbox_message *m),
	void *owner, struct err *err)
{
	static const char sql[] = "SELECT id, topic, payload, at_ms FROM outbox ORDER BY id";
	struct statement st;
	int r = statement_get(&st, s, sql, "read the outbox", err);

	if (r < 0)
		return r;
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		const char *topic = (const char *)sqlite3_column_text(st.stmt, 1);
		const char *payload = sqlite3_column_blob(st.stmt, 2);
		struct outbox_message m = {
			.id = (uint64_t)sqlite3_column_int64(st.stmt, 0),
			.topic = topic ? topic : "",
			.payload = payload ? payload : "",
			.payload_len = (size_t)sqlite3_column_bytes(st.stmt, 2),
			.at_ms = sqlite3_column_int64(st.stmt, 3),
		};

		r = each(owner, &m);
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}
