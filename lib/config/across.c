/* What only shows when all files are seen together: names and topics that clash. */
#include "lib/config/across.h"

#include <stdio.h>
#include <string.h>

#include "lib/config/names.h"
#include "lib/config/schema.h"

static void check_name(const struct config *c, size_t i, const struct place *top)
{
	struct place at = place_key(top, "line");
	const struct line_config *line = &c->lines[i];

	for (size_t k = 0; k < i; k++) {
		const struct line_config *other = &c->lines[k];

		if (!other->name || !names_fall_together(line->name, other->name))
			continue;
		if (strcmp(line->name, other->name) == 0)
			place_error(&at, "the line \"%s\" stands in %s already", line->name,
				other->file);
		else
			place_error(&at,
				"\"%s\" falls together with \"%s\" of %s: in the database - is _",
				line->name, other->name, other->file);
	}
}

static void check_publish(const struct config *c, size_t i, const struct place *top)
{
	struct place at = place_key(top, "publish");
	const struct line_config *line = &c->lines[i];

	if (strcmp(line->publish, c->publish) == 0)
		place_error(&at, "\"%s\" is the topic that the gateway itself publishes under",
			line->publish);
	for (size_t k = 0; k < i; k++)
		if (c->lines[k].publish && strcmp(line->publish, c->lines[k].publish) == 0 &&
			strcmp(line->name, c->lines[k].name) != 0)
			place_error(&at, "\"%s\" is the topic that \"%s\" of %s publishes under",
				line->publish, c->lines[k].name, c->lines[k].file);
}

/* Does `source` take anything that we publish below `root`? */
static bool takes_own(const struct source *source, const char *root, const char *const *leaves)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	CLEANUP(buf_deinit) struct buf topic;
	bool takes = false;

	buf_init(&topic);
	for (; *leaves && !takes; leaves++) {
		const char *text;

		buf_clear(&topic);
		buf_addf(&topic, "%s/%s", root, *leaves);
		text = buf_text(&topic);
		takes = text && topic_match(source->topic, text, captures);
	}
	return takes;
}

static void warn_of_own_topics(const struct config *c, size_t i, const struct place *top)
{
	static const char *const of_gateway[] = {"status", "stats", "marker", "reply", NULL};
	static const char *const of_line[] = {
		"status", "stats", "prediction", "alert", "alarm/store", "reply", NULL};
	struct place sources = place_key(top, "sources");
	const struct plan *plan = &c->lines[i].plan;

	for (size_t s = 0; s < plan->source_count; s++) {
		const struct source *source = &plan->sources[s];
		struct place at = place_key(&sources, source->name);
		struct place topic = place_key(&at, "topic");
		const char *own = NULL;

		if (!source->topic)
			continue;
		if (takes_own(source, c->publish, of_gateway))
			own = c->publish;
		for (size_t k = 0; k < c->line_count && !own; k++)
			if (c->lines[k].publish && takes_own(source, c->lines[k].publish, of_line))
				own = c->lines[k].publish;
		if (own)
			place_warning(&topic,
				"\"%s\" takes what is published under \"%s\" too; our own topics "
				"are never input",
				topic_template_text(source->topic), own);
	}
}

void across_check(const struct config *c, struct config_report *report)
{
	for (size_t i = 0; i < c->line_count; i++) {
		struct reader reader = {.report = report, .file = c->lines[i].file};
		struct place top = place_top(&reader);

		if (!c->lines[i].file || !c->lines[i].name || !c->lines[i].publish)
			continue;
		check_name(c, i, &top);
		check_publish(c, i, &top);
		warn_of_own_topics(c, i, &top);
	}
}
