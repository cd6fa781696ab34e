#include "lib/config/changes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void note(struct config_changes *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void note(struct config_changes *c, const char *fmt, ...)
{
	size_t used = strlen(c->text), room = sizeof(c->text) - used;
	va_list args;

	c->any = true;
	if (used > 0) {
		snprintf(c->text + used, room, ", ");
		used = strlen(c->text);
		room = sizeof(c->text) - used;
	}
	va_start(args, fmt);
	vsnprintf(c->text + used, room, fmt, args);
	va_end(args);
}

static void refuse(struct config_changes *c, const char *key, const char *now, const char *next)
{
	size_t used = strlen(c->refused);

	snprintf(c->refused + used, sizeof(c->refused) - used,
		"%s\"%s\" is \"%.200s\", in force is \"%.200s\"", used ? "; " : "", key, next, now);
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_broker(const struct broker_config *a, const struct broker_config *b)
{
	return is_same(a->host, b->host) && a->port == b->port &&
	       is_same(a->username, b->username) && is_same(a->password_file, b->password_file) &&
	       a->tls.is_on == b->tls.is_on && is_same(a->tls.ca_file, b->tls.ca_file) &&
	       is_same(a->tls.cert_file, b->tls.cert_file) &&
	       is_same(a->tls.key_file, b->tls.key_file) && a->protocol == b->protocol &&
	       a->keepalive_s == b->keepalive_s && a->receive_maximum == b->receive_maximum;
}

/* Both are made of numbers alone. */
static bool is_same_store(const struct store_config *a, const struct store_config *b)
{
	return a->keep_pass_ms == b->keep_pass_ms && a->keep_defect_ms == b->keep_defect_ms &&
	       a->keep_label_ms == b->keep_label_ms &&
	       a->keep_quarantine_ms == b->keep_quarantine_ms && a->max_bytes == b->max_bytes &&
	       a->commit_every_ms == b->commit_every_ms;
}

static void compare_lines(
	struct config_changes *c, const struct config *now, const struct config *next)
{
	for (size_t i = 0; i < next->line_count; i++) {
		const struct line_config *is = &next->lines[i];
		const struct line_config *was = config_find_line(now, is->name);

		if (!was)
			note(c, "line \"%s\" is new", is->name);
		else if (strcmp(was->sha256, is->sha256) != 0)
			note(c, "line \"%s\"", is->name);
	}
	for (size_t i = 0; i < now->line_count; i++)
		if (!config_find_line(next, now->lines[i].name))
			note(c, "line \"%s\" is gone", now->lines[i].name);
}

void config_compare(struct config_changes *out, const struct config *now, const struct config *next)
{
	*out = (struct config_changes){.any = false};
	if (!is_same(now->instance, next->instance))
		refuse(out, "instance", now->instance, next->instance);
	if (!is_same(now->publish, next->publish))
		refuse(out, "publish", now->publish, next->publish);
	if (!is_same(now->state_dir, next->state_dir))
		refuse(out, "state_dir", now->state_dir, next->state_dir);
	compare_lines(out, now, next);
	out->broker = !is_same_broker(&now->broker, &next->broker);
	if (out->broker)
		note(out, "broker");
	if (!is_same_store(&now->store, &next->store))
		note(out, "store");
	if (memcmp(&now->limits, &next->limits, sizeof(now->limits)) != 0)
		note(out, "limits");
	if (now->future_limit_ms != next->future_limit_ms)
		note(out, "future_limit");
}
