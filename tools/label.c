/* defectctl label: what inspection found of one unit, said by hand. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/base/utf8.h"
#include "lib/config/config.h"
#include "lib/store/labels.h"
#include "tools/command.h"
#include "tools/daemon_command.h"
#include "tools/login_name.h"
#include "tools/options.h"

#define TEXT_BYTES_MAX 1000 /* class, by, why */
#define TIME_UNSET INT64_MIN

struct arguments {
	const char *line, *unit;
	bool is_defect, is_good;
	const char *class_name, *by, *why;
	int64_t at_ms;
};

static bool is_text(const char *s, size_t max)
{
	size_t len = strlen(s);

	return len <= max && utf8_is_text(s, len);
}

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &a->line, false},
		{"--defect", OPTION_FLAG, &a->is_defect, false},
		{"--good", OPTION_FLAG, &a->is_good, false},
		{"--class", OPTION_TEXT, &a->class_name, false},
		{"--by", OPTION_TEXT, &a->by, false},
		{"--why", OPTION_TEXT, &a->why, false},
		{"--at", OPTION_TIME, &a->at_ms, false},
		{"UNIT", OPTION_POSITIONAL, &a->unit, true},
	};
	int rc = options_read(&command_label, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	if (a->is_defect == a->is_good)
		return command_usage(&command_label, "one of --defect and --good is wanted");
	if (!a->unit[0] || !is_text(a->unit, ID_BYTES_MAX))
		return command_usage(&command_label, "UNIT wants a text of 1 to %d bytes in UTF-8",
			ID_BYTES_MAX);
	if (!is_text(a->class_name, TEXT_BYTES_MAX) || !is_text(a->why, TEXT_BYTES_MAX) ||
		(a->by && !is_text(a->by, TEXT_BYTES_MAX)))
		return command_usage(&command_label,
			"--class, --by and --why want at most %d bytes in UTF-8", TEXT_BYTES_MAX);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int ask_daemon(struct daemon_reply *reply, const struct label_row *row,
	const struct config *config, const struct line_config *line, struct err *err)
{
	CLEANUP(daemon_command_deinit) struct daemon_command c;
	char ts[TIMESTAMP_TEXT_MAX];

	timestamp_print(ts, row->at_ms);
	daemon_command_begin(&c, line->publish, "label");
	jsonw_text(&c.payload, "unit", row->unit);
	jsonw_int(&c.payload, "defect", row->defect);
	jsonw_text(&c.payload, "class", row->class_name);
	jsonw_text(&c.payload, "by", row->by);
	jsonw_text(&c.payload, "why", row->why);
	jsonw_text(&c.payload, "ts", ts);
	return daemon_command_send(&c, reply, config, err);
}

static int put_label(
	struct store *s, const struct label_row *row, struct daemon_reply *reply, struct err *err)
{
	bool is_known = false;
	int r = store_begin(s, err);

	if (r == 0)
		r = store_label_is_known(s, row, &is_known, err);
	if (r == 0)
		r = store_put_label(s, row, now_ms(), err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0) {
		store_rollback(s);
		return r;
	}
	reply->ok = true;
	snprintf(reply->code, sizeof(reply->code), "%s", is_known ? "nothing_to_do" : "");
	snprintf(reply->text, sizeof(reply->text), "unit %s is labelled %s", row->unit,
		row->defect ? "a defect" : "good");
	return 0;
}

/* Without a daemon: as it would have kept it, and only into a database that is there, which then
 * stays the daemon's user's. */
static int write_label(struct daemon_reply *reply, const struct label_row *row,
	const struct config *config, struct err *err)
{
	CLEANUP(store_close) struct store *s = NULL;
	char *path;
	int lock = -1, r;

	if (asprintf(&path, "%s/defectd.db", config->state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	if (access(path, F_OK) < 0)
		r = err_set(err, -errno, "%s: %s; the daemon makes the database when it first runs",
			path, strerror(errno));
	else
		r = store_lock_take(&lock, config->state_dir, err);
	if (r == 0)
		r = store_open(&s, path, STORE_WRITE, err);
	if (r == 0)
		r = put_label(s, row, reply, err);
	store_close(TAKE(s));
	if (lock >= 0)
		close(lock);
	free(path);
	return r;
}

static int label(const struct arguments *a, const struct config *config,
	const struct line_config *line, struct daemon_reply *reply, struct err *err)
{
	char name[LOGIN_NAME_MAX];
	const struct label_row row = {
		.line = line->name,
		.unit = a->unit,
		.at_ms = a->at_ms == TIME_UNSET ? now_ms() : a->at_ms,
		.defect = a->is_defect,
		.class_name = a->class_name,
		.source = "command",
		.by = a->by ? a->by : login_name(name),
		.why = a->why,
	};
	bool has_daemon = false;
	int r = store_lock_is_held(config->state_dir, &has_daemon, err);

	if (r < 0)
		return r;
	return has_daemon ? ask_daemon(reply, &row, config, line, err)
			  : write_label(reply, &row, config, err);
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	const struct line_config *line = NULL;
	struct arguments a = {.class_name = "", .why = "", .at_ms = TIME_UNSET};
	struct daemon_reply reply = {0};
	struct err err = {0};
	int rc = read_arguments(&a, argc, argv);

	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	rc = command_choose_line(&line, &command_label, config, a.line);
	if (rc != 0)
		return rc;
	if (label(&a, config, line, &reply, &err) < 0)
		return command_fail("label", &err);
	return daemon_reply_tell(&reply, ctx, "label");
}

const struct command command_label = {
	.name = "label",
	.arguments = "[--line L] UNIT (--defect | --good) [--class C] [--by NAME] [--why TEXT]\n"
		     "         [--at TIME]",
	.summary = "keeps what inspection found of a unit",
	.run = run,
};
