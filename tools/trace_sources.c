/* Where the features of a unit came from, as the line file said then.
 *
 * The file was checked when it was in use; here it is read as it stands, whatever version of the
 * program it was written for: what is not understood is left out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "tools/trace.h"

static const cJSON *member(const cJSON *object, const char *key)
{
	return object ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = member(object, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

/* Puts `id` in the place of the capture that the source takes it from: key "unit" names the
 * capture, by default the one of that name. */
static void fill(struct buf *topic, const cJSON *source, const char *key, const char *id)
{
	const char *expr = text_of(source, key), *at, *text;
	char wanted[72];
	CLEANUP(buf_deinit) struct buf filled;

	buf_init(&filled);
	if (!id[0] || strlen(expr) > sizeof(wanted) - 4)
		return;
	if (expr[0])
		snprintf(wanted, sizeof(wanted), "%s", expr);
	else
		snprintf(wanted, sizeof(wanted), "{%s}", key);
	if (wanted[0] != '{' || strchr(wanted, '}') != wanted + strlen(wanted) - 1)
		return; /* a pointer, or a template of several parts */
	text = buf_text(topic);
	at = text ? strstr(text, wanted) : NULL;
	if (!at)
		return;
	buf_put(&filled, text, (size_t)(at - text));
	buf_add(&filled, id);
	buf_add(&filled, at + strlen(wanted));
	buf_clear(topic);
	buf_put(topic, filled.data, filled.len);
}

struct place {
	struct trace *trace;
	struct trace_feature *feature;
	const cJSON *entry; /* of "features" */
	bool failed;
};

static const char *keep(struct place *p, struct buf *b)
{
	const char *text = buf_text(b);

	text = text ? arena_string(p->trace->arena, text) : NULL;
	p->failed |= !text;
	return text ? text : "";
}

/* "source.field": topic and pointer. */
static void find_signal(struct place *p, const char *signal)
{
	const cJSON *sources = member(p->trace->line_file, "sources"), *source, *fields;
	const char *dot = strchr(signal, '.'), *field = dot ? dot + 1 : "";
	CLEANUP(buf_deinit) struct buf topic, text;

	buf_init(&topic);
	buf_init(&text);
	buf_put(&text, signal, dot ? (size_t)(dot - signal) : strlen(signal));
	source = member(sources, keep(p, &text));
	if (!source)
		return;
	buf_add(&topic, text_of(source, "topic"));
	fill(&topic, source, "unit", p->trace->unit);
	fill(&topic, source, "lot", p->feature->lot_id);
	fill(&topic, source, "tag", field);
	p->feature->topic = keep(p, &topic);
	fields = member(source, "fields");
	if (cJSON_IsObject(fields)) {
		p->feature->pointer = text_of(fields, field);
	} else if (strcmp(text_of(source, "format"), "number") == 0 ||
		   strcmp(text_of(source, "format"), "text") == 0) {
		p->feature->pointer = "";
	} else if (member(source, "tag") || strstr(text_of(source, "topic"), "{tag}")) {
		p->feature->pointer = member(source, "value") ? text_of(source, "value") : "/value";
	} else if (field[0]) {
		buf_clear(&text);
		buf_addf(&text, "/%s", field);
		p->feature->pointer = keep(p, &text);
	}
}

/* "mean during oven", "last 60s before start". */
static void put_rule(struct place *p, const char *take)
{
	const char *during = text_of(p->entry, "during"), *at = text_of(p->entry, "at");
	const char *ago = text_of(p->entry, "ago"), *over = text_of(p->entry, "over");
	CLEANUP(buf_deinit) struct buf rule;

	buf_init(&rule);
	if (!take[0] && !during[0] && !ago[0] && !over[0] && !at[0])
		return;
	buf_add(&rule, take[0] ? take : "last");
	if (during[0])
		buf_addf(&rule, " during %s", during);
	if (over[0])
		buf_addf(&rule, " over %s", over);
	if (ago[0])
		buf_addf(&rule, ", %s before %s", ago, at[0] ? at : "start");
	else if (at[0])
		buf_addf(&rule, " until %s", at);
	p->feature->rule = keep(p, &rule);
}

static void find_source(struct place *p, const char *take)
{
	const char *from = text_of(p->entry, "from"), *lot = text_of(p->entry, "lot");
	bool is_lot_id = strncmp(from, "lot.", 4) == 0;

	if (is_lot_id)
		lot = from + 4;
	p->feature->from = from;
	p->feature->lot = lot;
	if (lot[0])
		p->feature->lot_id = text_of(p->trace->lot_map, lot);
	put_rule(p, take);
	if (is_lot_id)
		find_signal(p, text_of(member(member(p->trace->line_file, "lots"), lot), "bind"));
	else
		find_signal(p, from);
}

/* Moves the feature called so to place `to`, unless it stands before it. */
static struct trace_feature *take_feature(struct trace *t, size_t to, const char *name)
{
	for (size_t i = to; i < t->feature_count; i++) {
		struct trace_feature found = t->features[i];

		if (strcmp(found.name, name) != 0)
			continue;
		t->features[i] = t->features[to];
		t->features[to] = found;
		return &t->features[to];
	}
	return NULL;
}

/* One entry of "features" makes a feature, or one for each of a list of takes. */
static size_t add_entry(struct place *p, size_t count)
{
	const cJSON *take = member(p->entry, "take"), *item;
	const char *name = text_of(p->entry, "name");
	char full[128];

	if (!cJSON_IsArray(take)) {
		p->feature = take_feature(p->trace, count, name);
		if (p->feature)
			find_source(p, text_of(p->entry, "take"));
		return count + (p->feature != NULL);
	}
	cJSON_ArrayForEach(item, take)
	{
		if (!cJSON_IsString(item))
			continue;
		snprintf(full, sizeof(full), "%s_%s", name, item->valuestring);
		p->feature = take_feature(p->trace, count, full);
		if (p->feature)
			find_source(p, item->valuestring);
		count += p->feature != NULL;
	}
	return count;
}

int trace_find_sources(struct trace *t, struct err *err)
{
	const cJSON *features = member(t->line_file, "features");
	struct place p = {.trace = t};
	size_t count = 0;

	if (!cJSON_IsArray(features))
		return 0;
	cJSON_ArrayForEach(p.entry, features)
	{
		count = add_entry(&p, count);
	}
	t->feature_count = count;
	return p.failed ? err_set(err, -ENOMEM, "no memory for the features") : 0;
}
