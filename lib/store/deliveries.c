/* The list of delivered QoS 1 messages: the other half of journal.h. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/store/journal.h"
#include "lib/store/statement.h"

#define ENTRY_BYTES 10

static int put_entries(
	struct store *s, uint64_t first, const struct delivery *v, size_t count, struct err *err)
{
	static const char sql[] = "INSERT OR REPLACE INTO deliveries (first, last, entries)"
				  " VALUES (?, ?, ?)";
	CLEANUP(buf_deinit) struct buf entries;
	struct statement st;
	int r = statement_get(&st, s, sql, "write the deliveries", err);

	if (r < 0)
		return r;
	buf_init(&entries);
	for (size_t i = 0; i < count; i++) {
		buf_put_u64(&entries, v[i].hash);
		buf_put_u16(&entries, v[i].packet);
	}
	if (buf_failed(&entries))
		return err_set(err, -ENOMEM, "%s: no memory for %zu deliveries", s->path, count);
	statement_int(&st, (int64_t)first);
	statement_int(&st, (int64_t)(first + count - 1));
	statement_blob(&st, entries.data, entries.len);
	return statement_run(&st, err);
}

int store_put_deliveries(struct store *s, uint64_t first, const struct delivery *v, size_t count,
	uint64_t keep_from, struct err *err)
{
	static const char old_sql[] = "DELETE FROM deliveries WHERE last < ?";
	struct statement st;
	int r = 0;

	if (count > 0)
		r = put_entries(s, first, v, count, err);
	if (r == 0)
		r = statement_get(&st, s, old_sql, "shorten the deliveries", err);
	if (r < 0)
		return r;
	statement_int(&st, (int64_t)keep_from);
	return statement_run(&st, err);
}

int store_clear_deliveries(struct store *s, struct err *err)
{
	static const char sql[] = "DELETE FROM deliveries";
	struct statement st;
	int r = statement_get(&st, s, sql, "empty the deliveries", err);

	return r < 0 ? r : statement_run(&st, err);
}

/* What has been read of the list, newest first. */
struct reading {
	struct delivery *v;
	size_t cap;
	uint64_t end; /* the number behind the newest */
	size_t count; /* how many stand at the end of v */
};

/* Puts the row's entries before those that are there, as many as there is room for. False: the row
 * is not what was written. */
static bool read_row(struct reading *in, struct statement *st)
{
	uint64_t first = (uint64_t)sqlite3_column_int64(st->stmt, 0);
	uint64_t last = (uint64_t)sqlite3_column_int64(st->stmt, 1);
	const char *bytes = sqlite3_column_blob(st->stmt, 2);
	size_t n = (size_t)sqlite3_column_bytes(st->stmt, 2) / ENTRY_BYTES;

	if (in->count == 0)
		in->end = last + 1;
	if (last < first || n != last - first + 1 || last + 1 != in->end - in->count)
		return false;
	for (size_t i = n; i > 0 && in->count < in->cap; i--) {
		struct cursor c;
		struct delivery *d = &in->v[in->cap - ++in->count];

		cursor_init(&c, bytes + (i - 1) * ENTRY_BYTES, ENTRY_BYTES);
		d->hash = cursor_u64(&c);
		d->packet = cursor_u16(&c);
	}
	return true;
}

int store_load_deliveries(struct store *s, struct delivery *v, size_t cap, size_t *count,
	uint64_t *first, struct err *err)
{
	static const char sql[] = "SELECT first, last, entries FROM deliveries"
				  " ORDER BY first DESC";
	struct reading in = {.v = v, .cap = cap};
	struct statement st;
	int r = statement_get(&st, s, sql, "read the deliveries", err);

	if (r < 0)
		return r;
	while (in.count < cap && (r = statement_step(&st, err)) == STATEMENT_ROW) {
		if (!read_row(&in, &st)) {
			r = err_set(err, -EUCLEAN, "%s: the list of deliveries has a gap", s->path);
			break;
		}
	}
	statement_end(&st);
	if (r < 0)
		return r;
	memmove(v, v + cap - in.count, in.count * sizeof(*v));
	*count = in.count;
	*first = in.count > 0 ? in.end - in.count : 1;
	return 0;
}
