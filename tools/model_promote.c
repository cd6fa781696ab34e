/* defectctl model promote, model rollback: another model in use, by the daemon or, where none runs,
 * by the same code here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "lib/config/config.h"
#include "lib/gateway/swap.h"
#include "tools/daemon_command.h"
#include "tools/login_name.h"
#include "tools/model.h"
#include "tools/offline.h"
#include "tools/options.h"

#define TEXT_BYTES_MAX 1000

/* What is asked of which line. */
struct asked {
	const struct config *config;
	const struct line_config *line;
	struct swap_request request;
};

static int ask_daemon(struct daemon_reply *reply, const struct asked *a, struct err *err)
{
	CLEANUP(daemon_command_deinit) struct daemon_command c;

	daemon_command_begin(&c, a->line->publish, a->request.is_rollback ? "rollback" : "promote");
	if (!a->request.is_rollback)
		jsonw_text(&c.payload, "model", a->request.model);
	jsonw_text(&c.payload, "by", a->request.by);
	jsonw_text(&c.payload, "why", a->request.why);
	return daemon_command_send(&c, reply, a->config, err);
}

static int carry_out(struct daemon_reply *reply, const struct asked *a, struct err *err)
{
	CLEANUP(offline_close) struct offline o;
	size_t line = (size_t)(a->line - a->config->lines);
	int64_t now_ms = offline_now_ms();
	struct swap swap;
	int r = offline_open(&o, a->config, false, err);

	if (r < 0)
		return r;
	if (swap_carry_out(&swap, o.gateway, line, &a->request, now_ms) < 0)
		return err_set(err, -ENOMEM, "no memory for the models of the line");
	if (swap.changes.count > 0)
		r = swap_commit(&swap, o.gateway, line, a->request.by, a->request.why, now_ms,
			o.store, err);
	reply->ok = swap.is_ok;
	snprintf(reply->code, sizeof(reply->code), "%s", swap.code);
	snprintf(reply->text, sizeof(reply->text), "%.1000s", swap.text);
	return r;
}

static int ask(const struct context *ctx, const struct command *c, struct asked *a)
{
	char name[LOGIN_NAME_MAX];
	struct daemon_reply reply = {0};
	bool has_daemon = false;
	struct err err = {0};
	int r;

	if (!a->request.by)
		a->request.by = login_name(name);
	r = store_lock_is_held(a->config->state_dir, &has_daemon, &err);
	if (r == 0)
		r = has_daemon ? ask_daemon(&reply, a, &err) : carry_out(&reply, a, &err);
	return r < 0 ? command_fail(c->name, &err) : daemon_reply_tell(&reply, ctx, c->name);
}

static bool is_text(const char *s)
{
	size_t len = strlen(s);

	return len <= TEXT_BYTES_MAX && utf8_is_text(s, len);
}

static int run(
	const struct context *ctx, const struct command *c, struct asked *a, const char *line)
{
	CLEANUP(config_free) struct config *config = NULL;
	int rc;

	if (!is_text(a->request.why) || (a->request.by && !is_text(a->request.by)))
		return command_usage(
			c, "--by and --why want at most %d bytes in UTF-8", TEXT_BYTES_MAX);
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	a->config = config;
	rc = command_choose_line(&a->line, c, config, line);
	return rc == 0 ? ask(ctx, c, a) : rc;
}

static int run_promote(const struct context *ctx, int argc, char **argv)
{
	struct asked a = {.request = {.why = ""}};
	const char *line = NULL;
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &line, false},
		{"--by", OPTION_TEXT, &a.request.by, false},
		{"--why", OPTION_TEXT, &a.request.why, false},
		{"MODEL", OPTION_POSITIONAL, &a.request.model, true},
	};
	int rc = options_read(&command_model_promote, rows, ARRAY_LEN(rows), argc, argv);

	if (rc == 0 && !a.request.model[0])
		rc = command_usage(&command_model_promote, "MODEL is empty");
	return rc == 0 ? run(ctx, &command_model_promote, &a, line) : rc;
}

static int run_rollback(const struct context *ctx, int argc, char **argv)
{
	struct asked a = {.request = {.is_rollback = true, .model = "", .why = ""}};
	const char *line = NULL;
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &line, false},
		{"--by", OPTION_TEXT, &a.request.by, false},
		{"--why", OPTION_TEXT, &a.request.why, false},
	};
	int rc = options_read(&command_model_rollback, rows, ARRAY_LEN(rows), argc, argv);

	return rc == 0 ? run(ctx, &command_model_rollback, &a, line) : rc;
}

const struct command command_model_promote = {
	.name = "model promote",
	.arguments = "MODEL [--line L] [--by NAME] [--why TEXT]",
	.summary = "puts a model of the registry in use, without stopping the line",
	.run = run_promote,
};

const struct command command_model_rollback = {
	.name = "model rollback",
	.arguments = "[--line L] [--by NAME] [--why TEXT]",
	.summary = "puts the previous model back in use",
	.run = run_rollback,
};
