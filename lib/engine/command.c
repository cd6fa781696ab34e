/* Commands that came as messages: {"req": .., ...} on <root>/cmd/<name>. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/engine/state.h"
#include "lib/feature/event_time.h"
#include "lib/feature/reading.h"

#define REQ_BYTES_MAX 128

/* A command in hand. */
struct command {
	struct engine *engine;
	const struct engine_input *in;
	size_t line; /* SIZE_MAX: the gateway's */
	const char *name;
	const cJSON *body;
	const char *req;
	struct outcomes *out;
};

static int reply(const struct command *c, bool ok, const char *code, const char *text)
{
	struct outcome *o = engine_next_outcome(c->out);

	if (!o)
		return -ENOMEM;
	*o = (struct outcome){.kind = OUTCOME_REPLY, .line = c->line};
	o->reply = (struct command_reply){
		.req = c->req, .ok = ok, .code = code, .text = arena_string(c->out->arena, text)};
	if (!o->reply.text)
		return -ENOMEM;
	c->out->count++;
	return 0;
}

/* Counted, and said to who sent it. */
static int refuse(const struct command *c, const char *code, const char *text)
{
	int r = engine_refuse(
		c->engine, &c->in->message, c->line, REFUSAL_BAD_COMMAND, text, c->out);

	return r < 0 ? r : reply(c, false, code, text);
}

/* A member's scalar as text in the arena; "" where it is not there or no text or number. */
static const char *member_text(const struct command *c, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(c->body, key);
	char number[NUM_TEXT_MAX];

	if (cJSON_IsNumber(item)) {
		num_print(number, item->valuedouble, false);
		return arena_string(c->out->arena, number);
	}
	return cJSON_IsString(item) ? arena_string(c->out->arena, item->valuestring) : "";
}

static bool read_defect(const struct command *c, bool *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(c->body, "defect");
	bool is_flag = cJSON_IsNumber(item) && (item->valuedouble == 0 || item->valuedouble == 1);

	if (!is_flag && !cJSON_IsBool(item))
		return false;
	*out = cJSON_IsTrue(item) || (is_flag && item->valuedouble == 1);
	return true;
}

/* "ts": when inspection said so; without it now. */
static bool read_time(const struct command *c, int64_t *out)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(c->body, "ts");
	enum time_format format = cJSON_IsNumber(item) ? TIME_MS : TIME_ISO;

	*out = c->in->now_ms;
	if (!item || cJSON_IsNull(item) || (cJSON_IsString(item) && !item->valuestring[0]))
		return true;
	return event_time_read(item, format, NULL, 0, out);
}

static int label(const struct command *c)
{
	const cJSON *unit = cJSON_GetObjectItemCaseSensitive(c->body, "unit");
	struct assembled_label l = {.source = "command"};
	char id[ID_BYTES_MAX + 1], text[ID_BYTES_MAX + 64];
	struct outcome *o;
	struct value v;

	if (!unit || cJSON_IsBool(unit) || !json_value(unit, &v) || !reading_id_of(&v, id))
		return refuse(c, "bad_command",
			"a label needs \"unit\", text of 1 to 128 bytes or an integer below 2^53");
	if (!read_defect(c, &l.is_defect))
		return refuse(c, "bad_command", "a label needs \"defect\", 1 or 0");
	if (!read_time(c, &l.at_ms))
		return refuse(c, "bad_command",
			"\"ts\" is no time, ISO 8601 or milliseconds since 1970 are wanted");
	l.unit = arena_string(c->out->arena, id);
	l.class_name = member_text(c, "class");
	l.by = member_text(c, "by");
	l.why = member_text(c, "why");
	o = engine_next_outcome(c->out);
	if (!o || !l.unit || !l.class_name || !l.by || !l.why)
		return -ENOMEM;
	*o = (struct outcome){.kind = OUTCOME_LABEL, .line = c->line, .label = l};
	c->out->count++;
	snprintf(text, sizeof(text), "unit %s is labelled %s", id,
		l.is_defect ? "a defect" : "good");
	c->engine->counts.used++;
	if (reply(c, true, "", text) < 0)
		return -ENOMEM;
	c->out->v[c->out->count - 1].reply.of_label = true;
	return 1;
}

static int request_swap(const struct command *c, struct swap_request *swap)
{
	struct outcome *o = engine_next_outcome(c->out);

	swap->req = c->req;
	swap->by = member_text(c, "by");
	swap->why = member_text(c, "why");
	if (!o || !swap->by || !swap->why || !swap->model)
		return -ENOMEM;
	*o = (struct outcome){.kind = OUTCOME_SWAP, .line = c->line, .swap = *swap};
	c->out->count++;
	c->engine->counts.used++;
	return 1;
}

static int promote(const struct command *c)
{
	const cJSON *model = cJSON_GetObjectItemCaseSensitive(c->body, "model");
	struct swap_request swap = {.is_rollback = false};

	if (!cJSON_IsString(model) || !model->valuestring[0])
		return refuse(c, "bad_command",
			"a promotion needs \"model\": a SHA-256, its beginning, \"challenger\" or "
			"\"previous\"");
	swap.model = arena_string(c->out->arena, model->valuestring);
	return request_swap(c, &swap);
}

static int rollback(const struct command *c)
{
	struct swap_request swap = {.is_rollback = true, .model = ""};

	return request_swap(c, &swap);
}

static int reload(const struct command *c)
{
	struct outcome *o = engine_next_outcome(c->out);
	const char *by = member_text(c, "by");

	if (!o || !by)
		return -ENOMEM;
	*o = (struct outcome){.kind = OUTCOME_RELOAD, .line = c->line};
	o->reload = (struct reload_request){.req = c->req, .by = by};
	c->out->count++;
	c->engine->counts.used++;
	return 1;
}

/* What a line can be told. */
static const struct {
	const char *name;
	int (*carry_out)(const struct command *c);
} commands[] = {
	{"label", label},
	{"promote", promote},
	{"rollback", rollback},
};
#define OF_GATEWAY "reload"

static int refuse_unknown(const struct command *c)
{
	char text[160];
	int len = snprintf(text, sizeof(text), "there is no command \"%.40s\" here", c->name);

	if (c->line == SIZE_MAX)
		snprintf(text + len, sizeof(text) - (size_t)len, ", there is \"" OF_GATEWAY "\"");
	for (size_t i = 0; c->line != SIZE_MAX && i < ARRAY_LEN(commands); i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s \"%s\"",
			i ? "," : ", there are", commands[i].name);
	return refuse(c, "unknown_command", text);
}

static int carry_out(struct command *c)
{

	if (!cJSON_IsObject(c->body))
		return refuse(c, "bad_command", "a command is a JSON object");
	c->req = member_text(c, "req");
	if (!c->req)
		return -ENOMEM;
	if (strlen(c->req) > REQ_BYTES_MAX) {
		c->req = "";
		return refuse(c, "bad_command", "\"req\" has more than 128 bytes");
	}
	for (size_t i = 0; c->line != SIZE_MAX && i < ARRAY_LEN(commands); i++) {
		if (strcmp(c->name, commands[i].name) == 0)
			return commands[i].carry_out(c);
	}
	if (c->line == SIZE_MAX && strcmp(c->name, OF_GATEWAY) == 0)
		return reload(c);
	return refuse_unknown(c);
}

int engine_take_command(struct engine *e, const struct engine_input *in, size_t line,
	const char *name, struct outcomes *out)
{
	CLEANUP(json_free) cJSON *body = NULL;
	struct command c = {
		.engine = e, .in = in, .line = line, .name = name, .req = "", .out = out};
	struct err err = {0};

	if (in->message.retained)
		return engine_refuse(e, &in->message, line, REFUSAL_RETAINED,
			"a retained command is old, and is not carried out", out);
	if (json_parse(&body, in->message.payload, in->message.payload_len, 0, &err) < 0) {
		err_prefix(&err, -EINVAL, "the command is no JSON");
		return refuse(&c, "bad_command", err.text);
	}
	c.body = body;
	return carry_out(&c);
}
