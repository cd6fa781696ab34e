#include "lib/store/quarantine.h"

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
