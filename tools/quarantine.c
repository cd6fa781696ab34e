/* defectctl quarantine: messages that could not be used, and why; publishing them again. */
#include "tools/quarantine.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/base/timestamp.h"
#include "lib/base/utf8.h"
#include "lib/config/config.h"
#include "lib/store/quarantine.h"
#include "tools/base64.h"
#include "tools/printable.h"
#include "tools/text_table.h"

int64_t quarantine_id(const char *text)
{
	int64_t id;

	return num_parse_int(text, strlen(text), &id) && id > 0 ? id : -1;
}

/* JSON, or one message for people. */
struct listing {
	struct buf text;
	uint64_t count;
	bool is_whole; /* with the payload */
};

static void put_text(struct buf *b, const char *text)
{
	printable_put(b, text, strlen(text), false);
}

static int list_row(void *owner, int64_t id, const struct quarantined *q)
{
	struct text_table *t = owner;
	char when[TIMESTAMP_TEXT_MAX];

	timestamp_print(when, q->at_ms);
	text_table_addf(t, "%" PRId64, id);
	text_table_add(t, when);
	text_table_add(t, q->line[0] ? q->line : "-");
	text_table_add(t, q->topic[0] ? q->topic : "-");
	text_table_add(t, q->reason);
	return 0;
}

static int show_row(void *owner, int64_t id, const struct quarantined *q)
{
	struct listing *l = owner;
	struct buf *b = &l->text;
	bool is_text = utf8_is_text(q->payload, q->payload_len);
	char when[TIMESTAMP_TEXT_MAX];

	timestamp_print(when, q->at_ms);
	l->count++;
	buf_addf(b, "id       %" PRId64 "\ntime     %s\nline     %s\ntopic    ", id, when,
		q->line[0] ? q->line : "-");
	put_text(b, q->topic[0] ? q->topic : "-");
	buf_add(b, "\nreason   ");
	put_text(b, q->reason);
	buf_addf(b, "\npayload  %s%zu bytes%s\n\n",
		q->topic[0] && !quarantine_is_whole(q) ? "the first " : "", q->payload_len,
		is_text ? "" : ", in Base64");
	if (is_text)
		printable_put(b, q->payload, q->payload_len, true);
	else
		base64_put(b, q->payload, q->payload_len);
	buf_add(b, "\n");
	return 0;
}

static void put_payload(struct buf *b, const struct quarantined *q)
{
	if (utf8_is_text(q->payload, q->payload_len)) {
		jsonw_key(b, "payload");
		jsonw_raw_text(b, q->payload, q->payload_len);
		return;
	}
	jsonw_key(b, "payload_b64");
	buf_add(b, "\"");
	base64_put(b, q->payload, q->payload_len);
	buf_add(b, "\"");
}

static int json_row(void *owner, int64_t id, const struct quarantined *q)
{
	struct listing *l = owner;
	struct buf *b = &l->text;
	char when[TIMESTAMP_TEXT_MAX];

	timestamp_print(when, q->at_ms);
	buf_add(b, l->count++ ? "," : "");
	jsonw_begin(b);
	jsonw_int(b, "id", id);
	jsonw_text(b, "line", q->line);
	jsonw_text(b, "topic", q->topic);
	jsonw_text(b, "reason", q->reason);
	jsonw_int(b, "bytes", (int64_t)q->payload_len);
	jsonw_int(b, "whole", quarantine_is_whole(q));
	if (l->is_whole)
		put_payload(b, q);
	jsonw_text(b, "ts", when);
	jsonw_int(b, "ts_ms", q->at_ms);
	jsonw_end(b);
	return 0;
}

static int print(struct listing *l, struct err *err)
{
	if (!buf_text(&l->text))
		return err_set(err, -ENOMEM, "no memory for the result");
	fputs(l->text.data, stdout);
	return 0;
}

static int list_table(struct store *s, const struct quarantine_filter *filter, struct err *err)
{
	static const char *const headings[] = {"id", "time", "line", "topic", "reason"};
	CLEANUP(text_table_deinit) struct text_table t;
	int rc;

	text_table_init(&t, headings, ARRAY_LEN(headings));
	t.is_number[0] = true;
	rc = store_each_quarantine(s, filter, list_row, &t, err);
	if (rc < 0)
		return rc;
	if (t.count == t.columns) {
		fputs("defectctl quarantine: there is nothing of that kind in quarantine\n",
			stderr);
		return 0;
	}
	return text_table_print(&t, stdout) ? 0 : err_set(err, -ENOMEM, "no memory for a table");
}

static int list_json(struct store *s, const struct quarantine_filter *filter, struct err *err)
{
	struct listing l = {0};
	int rc;

	buf_add(&l.text, "{\"messages\":[");
	rc = store_each_quarantine(s, filter, json_row, &l, err);
	buf_add(&l.text, "]}\n");
	if (rc == 0)
		rc = print(&l, err);
	buf_deinit(&l.text);
	return rc;
}

static int show(const struct context *ctx, struct store *s, int64_t id, struct err *err)
{
	const struct quarantine_filter filter = {.id = id};
	struct listing l = {.is_whole = true};
	int rc = store_each_quarantine(s, &filter, ctx->json ? json_row : show_row, &l, err);

	if (rc == 0 && l.count == 0)
		rc = err_set(err, -ENOENT, "there is no message %" PRId64 " in quarantine", id);
	buf_add(&l.text, ctx->json ? "\n" : "");
	if (rc == 0)
		rc = print(&l, err);
	buf_deinit(&l.text);
	return rc;
}

enum action { LIST, SHOW, REPLAY };

static const char *const actions[] = {[LIST] = "list", [SHOW] = "show", [REPLAY] = "replay"};

struct arguments {
	enum action action;
	const char *line, *reason, *id;
	struct option_list ids;
	uint64_t last;
};

static int read_action(struct arguments *a, int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_LEN(actions); i++) {
		if (strcmp(argv[1], actions[i]) == 0) {
			a->action = (enum action)i;
			return 0;
		}
	}
	return command_usage(&command_quarantine, "wanted is one of list, show and replay");
}

static int read_options(struct arguments *a, int argc, char **argv)
{
	const struct option_row of_list[] = {
		{"--line", OPTION_TEXT, &a->line, false},
		{"--reason", OPTION_TEXT, &a->reason, false},
		{"--last", OPTION_WHOLE, &a->last, false},
	};
	const struct option_row of_show[] = {
		{"ID", OPTION_POSITIONAL, &a->id, true},
	};
	const struct option_row of_replay[] = {
		{"--line", OPTION_TEXT, &a->line, false},
		{"--reason", OPTION_TEXT, &a->reason, false},
		{"ID", OPTION_REST, &a->ids, false},
	};

	switch (a->action) {
	case LIST:
		return options_read(&command_quarantine, of_list, ARRAY_LEN(of_list), argc, argv);
	case SHOW:
		return options_read(&command_quarantine, of_show, ARRAY_LEN(of_show), argc, argv);
	case REPLAY:
		return options_read(
			&command_quarantine, of_replay, ARRAY_LEN(of_replay), argc, argv);
	}
	return EX_USAGE;
}

static int check_arguments(const struct arguments *a)
{
	const char *bad = a->id && quarantine_id(a->id) < 0 ? a->id : NULL;

	for (size_t i = 0; i < a->ids.count; i++) {
		if (quarantine_id(a->ids.item[i]) < 0)
			bad = a->ids.item[i];
	}
	if (bad)
		return command_usage(&command_quarantine,
			"ID is \"%s\", wanted is a number that "
			"\"quarantine list\" shows",
			bad);
	if (a->action == REPLAY && (a->ids.count > 0) == (a->reason != NULL))
		return command_usage(&command_quarantine, "replay wants either ids or a --reason");
	if (a->action == REPLAY && a->ids.count > 0 && a->line)
		return command_usage(
			&command_quarantine, "--line goes with --reason, not with ids");
	return 0;
}

static int carry_out(const struct context *ctx, const struct arguments *a,
	const struct config *config, struct store *s)
{
	const struct quarantine_filter filter = {
		.line = a->line, .reason = a->reason, .newest = (int64_t)a->last};
	struct err err = {0};
	int rc;

	if (a->action == REPLAY)
		return quarantine_replay(ctx, config, s, &a->ids, a->reason, a->line);
	if (a->action == SHOW)
		rc = show(ctx, s, quarantine_id(a->id), &err);
	else
		rc = ctx->json ? list_json(s, &filter, &err) : list_table(s, &filter, &err);
	return rc < 0 ? command_fail("quarantine", &err) : 0;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *s = NULL;
	struct arguments a = {0};
	struct err err = {0};
	int rc = read_action(&a, argc, argv);

	if (rc == 0)
		rc = read_options(&a, argc - 1, argv + 1);
	if (rc == 0)
		rc = check_arguments(&a);
	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	if (command_open_store(&s, config, &err) < 0)
		return command_fail("quarantine", &err);
	return carry_out(ctx, &a, config, s);
}

const struct command command_quarantine = {
	.name = "quarantine",
	.arguments = "list [--line L] [--reason R] [--last N]\n"
		     "       defectctl quarantine show ID\n"
		     "       defectctl quarantine replay (ID.. | --reason R [--line L])",
	.summary = "messages that could not be used, and why; publishes them again",
	.run = run,
};
