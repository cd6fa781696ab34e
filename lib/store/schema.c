#include "lib/store/schema.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/store/statement.h"

/* migrations[n] takes a file from version n to n + 1; what stands here has been used and is never
 * changed. The tables of a line are made in line_table.c, when the line is known. */
static const char *const migrations[] = {
	/* labels: what inspection found. A repeat has the same key; what a correction replaced is
	 * kept in label_history. */
	"CREATE TABLE label (line TEXT NOT NULL, unit TEXT NOT NULL, at_ms INTEGER NOT NULL,"
	" defect INTEGER NOT NULL, class TEXT NOT NULL, source TEXT NOT NULL, by TEXT NOT NULL,"
	" why TEXT NOT NULL, PRIMARY KEY (line, unit, at_ms, source));"
	"CREATE TABLE label_history (line TEXT NOT NULL, unit TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL, defect INTEGER NOT NULL, class TEXT NOT NULL,"
	" source TEXT NOT NULL, by TEXT NOT NULL, why TEXT NOT NULL,"
	" replaced_ms INTEGER NOT NULL);"
	"CREATE INDEX label_history_unit ON label_history (line, unit);"

	/* models: the role each has now, since when, who gave it and why; and how that came */
	"CREATE TABLE model (line TEXT NOT NULL, sha256 TEXT NOT NULL, file TEXT NOT NULL,"
	" role TEXT NOT NULL, metrics TEXT NOT NULL, by TEXT NOT NULL, at_ms INTEGER NOT NULL,"
	" why TEXT NOT NULL, PRIMARY KEY (line, sha256));"
	"CREATE TABLE model_event (id INTEGER PRIMARY KEY, line TEXT NOT NULL,"
	" sha256 TEXT NOT NULL, file TEXT NOT NULL, role TEXT NOT NULL, metrics TEXT NOT NULL,"
	" by TEXT NOT NULL, at_ms INTEGER NOT NULL, why TEXT NOT NULL);"

	/* messages: those that could not be used, and those that the broker has not confirmed */
	"CREATE TABLE quarantine (at_ms INTEGER NOT NULL, line TEXT NOT NULL,"
	" topic TEXT NOT NULL, payload BLOB NOT NULL, reason TEXT NOT NULL);"
	"CREATE TABLE outbox (id INTEGER PRIMARY KEY, topic TEXT NOT NULL,"
	" payload BLOB NOT NULL, at_ms INTEGER NOT NULL);"

	/* what a start reads: engine inputs first .. last of one transaction, the engine's state
	 * behind input `number`, QoS 1 messages delivered (entries: 64-bit hash, 16-bit packet
	 * id, little endian) */
	"CREATE TABLE journal (first INTEGER PRIMARY KEY, last INTEGER NOT NULL,"
	" inputs BLOB NOT NULL);"
	"CREATE TABLE snapshot (number INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL,"
	" state BLOB NOT NULL);"
	"CREATE TABLE deliveries (first INTEGER PRIMARY KEY, last INTEGER NOT NULL,"
	" entries BLOB NOT NULL);"

	/* texts of line files, and numbers that live as long as the file */
	"CREATE TABLE config (sha256 TEXT PRIMARY KEY, line TEXT NOT NULL, text TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",

	/* line files (their sha256) that snapshot and journal are written under */
	"CREATE TABLE in_force (line TEXT PRIMARY KEY, config TEXT NOT NULL) WITHOUT ROWID;",

	/* what other models than the champion's say of units; a unit's are found by its row */
	"CREATE TABLE shadow (line TEXT NOT NULL, unit TEXT NOT NULL, started_ms INTEGER NOT NULL,"
	" model TEXT NOT NULL, p_defect REAL NOT NULL,"
	" PRIMARY KEY (line, unit, started_ms, model)) WITHOUT ROWID;",
};

#define VERSION ((int)ARRAY_LEN(migrations))

static int read_version(struct store *s, int *out, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, s, "PRAGMA user_version", "read its version", err);

	if (r < 0)
		return r;
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW)
		*out = sqlite3_column_int(st.stmt, 0);
	statement_end(&st);
	return r < 0 ? r : 0;
}

static int refuse_newer(struct store *s, int version, struct err *err)
{
	return err_set(err, -EINVAL,
		"%s: the file has version %d, this program knows versions up to %d: it was written "
		"by a newer defectd",
		s->path, version, VERSION);
}

/* One step in one transaction; another process may have been faster. */
static int migrate_once(struct store *s, int *version, struct err *err)
{
	int r = store_begin(s, err);

	if (r < 0)
		return r;
	r = read_version(s, version, err);
	if (r == 0 && *version < VERSION) {
		r = store_exec(s, "make its tables", err, "%s; PRAGMA user_version = %d",
			migrations[*version], *version + 1);
		if (r == 0)
			++*version;
	}
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

int schema_migrate(struct store *s, struct err *err)
{
	int version = 0, r = read_version(s, &version, err);

	while (r == 0 && version < VERSION)
		r = migrate_once(s, &version, err);
	if (r < 0)
		return r;
	return version > VERSION ? refuse_newer(s, version, err) : 0;
}

int schema_check(struct store *s, struct err *err)
{
	int version = 0, r = read_version(s, &version, err);

	if (r < 0)
		return r;
	if (version > VERSION)
		return refuse_newer(s, version, err);
	if (version == 0)
		return err_set(err, -EINVAL, "%s: this is no database of defectd", s->path);
	if (version < VERSION)
		return err_set(err, -EINVAL,
			"%s: the file has version %d, needed is %d: starting defectd once brings "
			"it "
			"there",
			s->path, version, VERSION);
	return 0;
}
