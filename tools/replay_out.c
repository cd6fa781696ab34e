/* What a replay makes: the database and the file of messages. */
#include "tools/replay_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/store/labels.h"
#include "lib/store/quarantine.h"
#include "lib/store/store.h"
#include "lib/store/units.h"
#include "tools/recording.h"

#define ROWS_PER_COMMIT 1000

static int refuse_if_there(const char *path, struct err *err)
{
	if (access(path, F_OK) != 0)
		return 0;
	return err_set(err, -EEXIST, "%s is there already, a replay writes new files alone", path);
}

static int name_files(struct replay_out *o, const char *dir, struct err *err)
{
	o->folder = strdup(dir);
	if (asprintf(&o->database_path, "%s/defectd.db", dir) < 0)
		o->database_path = NULL;
	if (asprintf(&o->messages_path, "%s/messages.jsonl", dir) < 0)
		o->messages_path = NULL;
	return o->folder && o->database_path && o->messages_path
		       ? 0
		       : err_set(err, -ENOMEM, "no memory for a path");
}

int replay_out_open(struct replay_out *o, const char *dir, struct err *err)
{
	int rc = name_files(o, dir, err);

	for (int i = 0; i < REFUSAL_COUNT; i++)
		o->sampled_s[i] = INT64_MIN;
	if (rc == 0)
		rc = refuse_if_there(o->database_path, err);
	if (rc == 0)
		rc = refuse_if_there(o->messages_path, err);
	if (rc < 0)
		return rc;
	o->made_folder = mkdir(dir, 0777) == 0;
	if (!o->made_folder && errno != EEXIST)
		return err_set(err, -errno, "%s: %s", dir, strerror(errno));
	o->made_database = true;
	rc = store_open(&o->rows, o->database_path, STORE_WRITE, err);
	if (rc < 0)
		return rc;
	o->messages = fopen(o->messages_path, "wxe");
	if (!o->messages)
		return err_set(err, -errno, "%s: %s", o->messages_path, strerror(errno));
	o->made_messages = true;
	return 0;
}

/* A failure to remove is no second sentence: the first one is what went wrong. */
static void remove_made(const struct replay_out *o)
{
	static const char *const beside[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; o->made_database && i < ARRAY_LEN(beside); i++) {
		char *path;

		if (asprintf(&path, "%s%s", o->database_path, beside[i]) < 0)
			return;
		(void)unlink(path);
		free(path);
	}
	if (o->made_messages)
		(void)unlink(o->messages_path);
	if (o->made_folder)
		(void)rmdir(o->folder);
}

void replay_out_deinit(struct replay_out *o)
{
	store_close(o->rows);
	if (o->messages && o->messages != stdout)
		fclose(o->messages);
	if (!o->is_kept)
		remove_made(o);
	free(o->folder);
	free(o->database_path);
	free(o->messages_path);
	*o = (struct replay_out){0};
}

static int begin_row(struct replay_out *o, struct err *err)
{
	return o->open_rows == 0 ? store_begin(o->rows, err) : 0;
}

static int end_row(struct replay_out *o, struct err *err)
{
	if (++o->open_rows < ROWS_PER_COMMIT)
		return 0;
	o->open_rows = 0;
	return store_commit(o->rows, err);
}

/* As the daemon keeps it: the unit and why stand in for a message. */
static int keep_refused_row(
	struct replay_out *o, const struct unit_row *row, const struct err *why, struct err *err)
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

	o->rows_refused++;
	fprintf(stderr, "defectctl replay: unit %s: %s\n", row->unit, why->text);
	snprintf(reason, sizeof(reason), "row_refused: %s", why->text);
	return store_put_quarantine(o->rows, &q, err);
}

int replay_out_unit(struct replay_out *o, const struct unit_row *row, struct err *err)
{
	int rc = o->rows ? begin_row(o, err) : 0;

	if (rc < 0 || !o->rows)
		return rc;
	rc = store_put_unit(o->rows, row, err);
	if (rc == STORE_ROW_REFUSED) {
		const struct err why = *err;

		rc = keep_refused_row(o, row, &why, err);
	}
	return rc < 0 ? rc : end_row(o, err);
}

int replay_out_label(
	struct replay_out *o, const struct label_row *row, int64_t now_ms, struct err *err)
{
	int rc = o->rows ? begin_row(o, err) : 0;

	if (rc < 0 || !o->rows)
		return rc;
	rc = store_put_label(o->rows, row, now_ms, err);
	return rc < 0 ? rc : end_row(o, err);
}

int replay_out_refused(struct replay_out *o, const struct outcome *refused, const char *line,
	int64_t now_ms, struct err *err)
{
	const enum refusal why = refused->refused.reason;
	const struct message *m = &refused->refused.message;
	char reason[1200];
	struct quarantined q = {
		.at_ms = now_ms,
		.line = line,
		.topic = m->topic,
		.payload = m->payload,
		.payload_len = m->payload_len,
		.reason = reason,
	};
	int rc;

	if (!o->rows || o->sampled_s[why] == now_ms / 1000)
		return 0;
	o->sampled_s[why] = now_ms / 1000;
	if (why == REFUSAL_TOO_BIG && q.payload_len > QUARANTINE_HEAD_BYTES)
		q.payload_len = QUARANTINE_HEAD_BYTES;
	snprintf(reason, sizeof(reason), "%s: %s", refusal_name(why), refused->refused.text);
	rc = begin_row(o, err);
	if (rc == 0)
		rc = store_put_quarantine(o->rows, &q, err);
	return rc < 0 ? rc : end_row(o, err);
}

int replay_out_message(struct replay_out *o, const char *topic, struct buf *payload, int qos,
	int64_t at_ms, struct err *err)
{
	struct recorded m = {.t_ms = at_ms,
		.topic = topic,
		.payload = payload->data,
		.payload_len = payload->len,
		.qos = qos};
	int rc = buf_failed(payload) ? -ENOMEM : recording_write(o->messages, &m, true);

	buf_clear(payload);
	return rc < 0 ? err_set(err, rc, "a message cannot be written: %s", strerror(-rc)) : 0;
}

int replay_out_keep(struct replay_out *o, struct err *err)
{
	int rc = o->open_rows > 0 ? store_commit(o->rows, err) : 0;

	o->open_rows = 0;
	if (rc == 0 && o->messages && fflush(o->messages) != 0)
		rc = err_set(err, -errno, "a message cannot be written: %s", strerror(errno));
	o->is_kept = rc == 0;
	return rc;
}
