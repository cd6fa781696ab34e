/* Where ids and tags of a source come from: pointers, captures of the topic, templates. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_source.h"
#include "lib/config/names.h"

#define KEY_NAME "key" /* {key}: the element's name or index */

static void say_no_capture(const struct source_draft *s, const char *name, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;

	suggestion_init(&hint, name);
	for (size_t i = 0; i < topic_template_captures(s->source->topic); i++)
		suggestion_add(&hint, topic_template_capture_name(s->source->topic, i));
	if (s->file->each)
		suggestion_add(&hint, KEY_NAME);
	place_error(at, "the topic captures no {%s}, %s", name, suggestion_text(&hint));
}

static struct id_part *add_part(struct id_expr *id, int kind)
{
	struct id_part *part = &id->parts[id->count++];

	part->kind = kind;
	return part;
}

static void add_pointer(
	const struct source_draft *s, struct id_expr *id, const char *text, const struct place *at)
{
	line_copy_pointer(s->line, &add_part(id, ID_POINTER)->pointer, text);
	line_check_pointer(s, text, at);
}

/* What stands between braces. */
static void add_named(
	const struct source_draft *s, struct id_expr *id, const char *name, const struct place *at)
{
	int capture = topic_template_find_capture(s->source->topic, name);

	if (s->file->each && strcmp(name, KEY_NAME) == 0)
		(void)add_part(id, ID_KEY);
	else if (capture >= 0)
		add_part(id, ID_CAPTURE)->capture = capture;
	else if (strcmp(name, KEY_NAME) == 0)
		place_error(at, "{key} is the name or index of an element, and this source has no "
				"\"each\"");
	else if (name[0] == '/' || (name[0] == '#' && name[1] == '/'))
		place_error(at, "{%s} holds no sound pointer, allowed is " POINTER_RULE, name);
	else
		say_no_capture(s, name, at);
}

static void add_braced(const struct source_draft *s, struct id_expr *id, const char *begin,
	size_t len, const struct place *at)
{
	char *inner = strndup(begin, len);
	bool is_pointer;

	if (!inner) {
		s->line->report->failed = true;
		return;
	}
	is_pointer =
		(inner[0] == '/' || (inner[0] == '#' && inner[1] == '/')) && name_is_pointer(inner);
	if (is_pointer)
		add_pointer(s, id, inner, at);
	else
		add_named(s, id, inner, at);
	free(inner);
}

/* Literal text with {name} and {/pointer} in it. */
static void read_template(
	const struct source_draft *s, struct id_expr *id, const char *text, const struct place *at)
{
	while (*text) {
		size_t len = strcspn(text, "{}");

		if (len > 0) {
			struct id_part *part = add_part(id, ID_LITERAL);

			part->text = strndup(text, len);
			s->line->report->failed |= !part->text;
			text += len;
			continue;
		}
		len = strcspn(text + 1, "{}");
		if (text[0] != '{' || text[1 + len] != '}' || len == 0) {
			place_error(at,
				"has braces that enclose nothing or do not match, at "
				"\"%s\", allowed is " ID_RULE,
				text);
			return;
		}
		add_braced(s, id, text + 1, len, at);
		text += len + 2;
	}
}

/* An expression has at most a literal before each brace, and one behind the last. */
static size_t most_parts(const char *text)
{
	size_t n = 2;

	for (; *text; text++)
		n += *text == '{' ? 2 : 0;
	return n;
}

void line_read_id(
	const struct source_draft *s, const char *key, const char *text, struct id_expr *out)
{
	int capture = topic_template_find_capture(s->source->topic, key);
	struct place here = place_key(s->at, key);

	if (!text && capture < 0)
		return;
	out->parts = calloc(text ? most_parts(text) : 1, sizeof(out->parts[0]));
	if (!out->parts)
		s->line->report->failed = true;
	else if (!text)
		add_part(out, ID_CAPTURE)->capture = capture;
	else if (name_is_pointer(text))
		add_pointer(s, out, text, &here);
	else
		read_template(s, out, text, &here);
}
