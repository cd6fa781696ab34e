/* Topic templates: reading one, and matching topics against it. */
#include "lib/feature/topic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

#define TOPIC_BYTES_MAX 65535 /* MQTT 5, 1.5.4 */

enum level_kind {
	LEVEL_TEXT,    /* matches itself */
	LEVEL_ONE,     /* + */
	LEVEL_CAPTURE, /* {name} */
	LEVEL_REST,    /* #: all levels from here, or none */
};

struct level {
	enum level_kind kind;
	const char *text; /* into the template's text; of a capture the name */
	size_t len;
};

struct topic_template {
	char *text, *filter;
	size_t filter_len;
	struct level *levels;
	size_t level_count;
	char *captures[TOPIC_CAPTURES_MAX];
	size_t capture_count;
};

static bool is_capture_name(const char *s, size_t len)
{
	if (len == 0 || s[0] < 'a' || s[0] > 'z')
		return false;
	for (size_t i = 1; i < len; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
			return false;
	return true;
}

static int capture_add(
	struct topic_template *t, const char *level, const char *name, size_t len, struct err *err)
{
	char *copy;

	if (!is_capture_name(name, len))
		return err_set(err, -EINVAL,
			"topic \"%s\": \"%.*s\" is no capture, {name} with a name like"
			" [a-z][a-z0-9_]* is allowed",
			t->text, (int)len + 2, level);
	copy = strndup(name, len);
	if (!copy)
		return err_set(err, -ENOMEM, "no memory for a topic template");
	if (topic_template_find_capture(t, copy) >= 0) {
		free(copy);
		return err_set(err, -EINVAL,
			"topic \"%s\" captures {%.*s} twice, each name may stand once", t->text,
			(int)len, name);
	}
	if (t->capture_count == TOPIC_CAPTURES_MAX) {
		free(copy);
		return err_set(err, -EINVAL, "topic \"%s\" has more than %d captures", t->text,
			TOPIC_CAPTURES_MAX);
	}
	t->captures[t->capture_count++] = copy;
	return 0;
}

static void filter_add(struct topic_template *t, const char *text, size_t len)
{
	memcpy(t->filter + t->filter_len, text, len); /* never longer than the text itself */
	t->filter_len += len;
}

/* Reads one level of the text and appends it to the levels and the filter. */
static int level_add(
	struct topic_template *t, const char *level, size_t len, bool is_last, struct err *err)
{
	struct level *l = &t->levels[t->level_count++];

	*l = (struct level){LEVEL_TEXT, level, len};
	if (len == 1 && level[0] == '+') {
		l->kind = LEVEL_ONE;
	} else if (len == 1 && level[0] == '#') {
		if (!is_last)
			return err_set(err, -EINVAL,
				"topic \"%s\" goes on after #, which is allowed only at the end",
				t->text);
		l->kind = LEVEL_REST;
	} else if (len >= 2 && level[0] == '{' && level[len - 1] == '}') {
		*l = (struct level){LEVEL_CAPTURE, level + 1, len - 2};
		filter_add(t, "+", 1);
		return capture_add(t, level, l->text, l->len, err);
	} else if (memchr(level, '+', len) || memchr(level, '#', len) || memchr(level, '{', len) ||
		   memchr(level, '}', len)) {
		return err_set(err, -EINVAL,
			"topic \"%s\": \"%.*s\" has a wildcard or brace beside other text, which"
			" are allowed only as a whole level",
			t->text, (int)len, level);
	}
	filter_add(t, level, len);
	return 0;
}

static int levels_read(struct topic_template *t, struct err *err)
{
	const char *level = t->text;

	for (;;) {
		size_t len = strcspn(level, "/");
		int rc = level_add(t, level, len, level[len] == '\0', err);

		if (rc < 0)
			return rc;
		if (level[len] == '\0')
			return 0;
		filter_add(t, "/", 1);
		level += len + 1;
	}
}

int topic_template_new(struct topic_template **out, const char *text, struct err *err)
{
	CLEANUP(topic_template_free) struct topic_template *t = NULL;
	size_t len = strlen(text), levels = 1;
	int rc;

	if (len == 0)
		return err_set(err, -EINVAL, "the topic is empty");
	if (len > TOPIC_BYTES_MAX)
		return err_set(err, -EINVAL, "the topic has %zu bytes, at most %d are allowed", len,
			TOPIC_BYTES_MAX);
	if (strncmp(text, "$share/", 7) == 0)
		return err_set(err, -EINVAL,
			"topic \"%s\" is a shared subscription, whose messages come on another "
			"topic; allowed is the topic alone",
			text);
	for (const char *s = text; *s; s++)
		levels += *s == '/';
	t = calloc(1, sizeof(*t));
	if (!t || !(t->text = strdup(text)) || !(t->filter = calloc(1, len + 1)) ||
		!(t->levels = calloc(levels, sizeof(t->levels[0]))))
		return err_set(err, -ENOMEM, "no memory for a topic template");
	rc = levels_read(t, err);
	if (rc < 0)
		return rc;
	*out = TAKE(t);
	return 0;
}

void topic_template_free(struct topic_template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->capture_count; i++)
		free(t->captures[i]);
	free(t->levels);
	free(t->filter);
	free(t->text);
	free(t);
}

const char *topic_template_text(const struct topic_template *t)
{
	return t->text;
}

const char *topic_template_filter(const struct topic_template *t)
{
	return t->filter;
}

size_t topic_template_captures(const struct topic_template *t)
{
	return t->capture_count;
}

const char *topic_template_capture_name(const struct topic_template *t, size_t i)
{
	return t->captures[i];
}

int topic_template_find_capture(const struct topic_template *t, const char *name)
{
	for (size_t i = 0; i < t->capture_count; i++)
		if (strcmp(t->captures[i], name) == 0)
			return (int)i;
	return -1;
}

bool topic_match(const struct topic_template *t, const char *topic,
	struct topic_capture captures[TOPIC_CAPTURES_MAX])
{
	size_t captured = 0;
	const char *at = topic; /* NULL: behind the last level */

	/* MQTT 5, 4.7.2: a wildcard at the start does not match $SYS and the like */
	if (topic[0] == '$' && t->text[0] != '$')
		return false;
	for (size_t i = 0; i < t->level_count; i++) {
		const struct level *l = &t->levels[i];
		size_t len = l->len;

		if (l->kind == LEVEL_REST)
			return true; /* also with no level left: "a/#" matches "a" */
		if (!at)
			return false;
		if (l->kind != LEVEL_TEXT)
			len = strcspn(at, "/");
		else if (strncmp(at, l->text, len) != 0 || (at[len] != '/' && at[len] != '\0'))
			return false;
		if (l->kind == LEVEL_CAPTURE)
			captures[captured++] = (struct topic_capture){at, len};
		at = at[len] == '/' ? at + len + 1 : NULL;
	}
	return !at;
}
