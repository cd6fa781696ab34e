/* A command to the running daemon, and its reply. */
#include "tools/daemon_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/config.h"
#include "tools/broker_session.h"
#include "tools/command.h"

#define WAIT_MS 10000

struct exchange {
	const struct daemon_command *command;
	struct daemon_reply *reply;
	volatile bool is_answered;
};

void daemon_command_begin(struct daemon_command *c, const char *root, const char *name)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	c->root = root;
	c->name = name;
	snprintf(c->req, sizeof(c->req), "defectctl-%ld-%lld%09ld", (long)getpid(),
		(long long)t.tv_sec, t.tv_nsec);
	buf_init(&c->payload);
	jsonw_begin(&c->payload);
	jsonw_text(&c->payload, "req", c->req);
}

void daemon_command_deinit(struct daemon_command *c)
{
	buf_deinit(&c->payload);
}

static const char *text_of(const cJSON *body, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(body, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

/* Replies to others come by as well. */
static void on_message(void *owner, const struct wire_message *m)
{
	CLEANUP(json_free) cJSON *body = NULL;
	struct exchange *x = owner;
	const cJSON *ok;

	if (m->retained || x->is_answered)
		return;
	if (json_parse(&body, m->payload, m->payload_len, 0, NULL) < 0 ||
		strcmp(text_of(body, "req"), x->command->req) != 0)
		return;
	ok = cJSON_GetObjectItemCaseSensitive(body, "ok");
	x->reply->ok = cJSON_IsNumber(ok) && ok->valuedouble == 1;
	snprintf(x->reply->code, sizeof(x->reply->code), "%s", text_of(body, "code"));
	snprintf(x->reply->text, sizeof(x->reply->text), "%s", text_of(body, "text"));
	x->is_answered = true;
}

static int exchange(struct exchange *x, const struct config *config, const char *topic,
	const char *reply_topic, struct err *err)
{
	CLEANUP(session_close) struct session *session = NULL;
	const struct session_options o = {.message = on_message, .owner = x};
	const struct buf *payload = &x->command->payload;
	int rc = broker_session_open(&session, &o, &config->broker, x->command->name, err);

	if (rc == 0)
		rc = session_subscribe(session, &reply_topic, 1, err);
	if (rc == 0)
		rc = session_publish(session, topic, payload->data, payload->len, 1, false, err);
	if (rc == 0)
		rc = session_confirm(session, err);
	if (rc == 0)
		rc = session_listen(session, WAIT_MS, &x->is_answered, err);
	if (rc == 0 && !x->is_answered)
		rc = err_set(err, -ETIMEDOUT,
			"no reply on \"%s\" within %d s: the daemon holds the state folder but "
			"does "
			"not answer; it may carry the command out all the same",
			reply_topic, WAIT_MS / 1000);
	return rc;
}

int daemon_command_send(struct daemon_command *c, struct daemon_reply *reply,
	const struct config *config, struct err *err)
{
	struct exchange x = {.command = c, .reply = reply};
	char *topic = NULL, *reply_topic = NULL;
	int rc;

	jsonw_end(&c->payload);
	if (asprintf(&topic, "%s/cmd/%s", c->root, c->name) < 0)
		topic = NULL;
	if (asprintf(&reply_topic, "%s/reply", c->root) < 0)
		reply_topic = NULL;
	if (topic && reply_topic && !buf_failed(&c->payload))
		rc = exchange(&x, config, topic, reply_topic, err);
	else
		rc = err_set(err, -ENOMEM, "no memory for a command");
	free(topic);
	free(reply_topic);
	return rc;
}

static void print_json(const struct daemon_reply *reply)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	jsonw_begin(&b);
	jsonw_int(&b, "ok", reply->ok);
	jsonw_text(&b, "code", reply->code);
	jsonw_text(&b, "text", reply->text);
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

int daemon_reply_tell(
	const struct daemon_reply *reply, const struct context *ctx, const char *command)
{
	struct err err;

	if (ctx->json)
		print_json(reply);
	else if (reply->ok)
		puts(reply->text);
	if (reply->ok)
		return 0;
	err_set(&err, -EINVAL, "%s", reply->text[0] ? reply->text : reply->code);
	return command_fail(command, &err);
}
