/* What a probe found, as one JSON document. */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "tools/probe_report.h"

#define EXAMPLES 5

static void begin_item(struct buf *b, size_t i)
{
	buf_add(b, i ? "," : "");
	jsonw_begin(b);
}

static void add_bool(struct buf *b, const char *key, bool is_true)
{
	jsonw_key(b, key);
	buf_add(b, is_true ? "true" : "false");
}

static void add_text(struct buf *b, size_t i, const char *text)
{
	buf_add(b, i ? "," : "");
	jsonw_raw_text(b, text, strlen(text));
}

static void add_level(struct buf *b, const struct probe_level *l, size_t level)
{
	static const char *const captures[] = {"", "unit", "lot", "tag", "other"};

	jsonw_int(b, "level", (int64_t)level + 1);
	jsonw_text(b, "name", l->name);
	jsonw_text(b, "is", captures[l->capture]);
	jsonw_int(b, "different", (int64_t)l->value_count);
	jsonw_key(b, "examples");
	buf_add(b, "[");
	for (size_t i = 0; i < l->value_count && i < EXAMPLES; i++)
		add_text(b, i, l->values[i].text);
	buf_add(b, "]");
	jsonw_text(b, "comes", probe_coming_name(l->coming));
	jsonw_text(b, "why", l->why);
}

static void add_levels(struct buf *b, const struct probe_template *t)
{
	size_t n = 0;

	jsonw_key(b, "levels");
	buf_add(b, "[");
	for (size_t i = 0; i < t->level_count; i++) {
		if (!t->levels[i].capture)
			continue;
		begin_item(b, n++);
		add_level(b, &t->levels[i], i);
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_time(struct buf *b, const struct probe_time *t)
{
	jsonw_key(b, "time");
	jsonw_begin(b);
	jsonw_text(b, "format", probe_time_format_name(t->format));
	add_bool(b, "has_zone", t->format != PROBE_TIME_ISO_NO_ZONE);
	add_bool(b, "has_delay", t->has_delay);
	jsonw_int(b, "delay_ms", t->delay_ms);
	jsonw_int(b, "zone_min", t->zone_min);
	add_bool(b, "usable", t->is_usable);
	jsonw_end(b);
}

static void add_types(struct buf *b, const struct probe_field *f)
{
	size_t n = 0;

	jsonw_key(b, "types");
	buf_add(b, "[");
	for (size_t k = 0; k < KIND_COUNT; k++)
		if (f->kinds[k] > 0)
			add_text(b, n++, probe_kind_name((enum probe_kind)k));
	buf_add(b, "]");
}

static void add_field(struct buf *b, const struct probe_report *r, const struct probe_template *t,
	const struct probe_field *f)
{
	struct probe_time time;

	jsonw_text(b, "pointer", f->pointer);
	jsonw_text(b, "type", probe_kind_name(probe_field_kind(f)));
	add_types(b, f);
	jsonw_real(b, "present", probe_field_present(t->shape, f));
	jsonw_text(b, "role", probe_role_of_field(r, t, f));
	if (f->kinds[KIND_NUMBER] > 0) {
		jsonw_real(b, "min", f->min);
		jsonw_real(b, "max", f->max);
	}
	if (f->kinds[KIND_ARRAY] > 0)
		jsonw_int(b, "elements_max", (int64_t)f->elements_max);
	jsonw_int(b, "different", (int64_t)f->seen_count);
	add_bool(b, "more", f->has_more);
	jsonw_key(b, "examples");
	buf_add(b, "[");
	for (size_t i = 0; i < f->seen_count && i < EXAMPLES; i++)
		add_text(b, i, f->seen[i].text ? f->seen[i].text : "");
	buf_add(b, "]");
	if (probe_field_time(f, &time))
		add_time(b, &time);
}

static void add_fields(struct buf *b, const struct probe_report *r, const struct probe_template *t)
{
	jsonw_key(b, "fields");
	buf_add(b, "[");
	for (size_t i = 0; i < probe_shape_count(t->shape); i++) {
		begin_item(b, i);
		add_field(b, r, t, probe_shape_field(t->shape, i));
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_known(struct buf *b, const struct probe_report *r, const struct probe_template *t)
{
	const char *known = "", *each = NULL;

	for (size_t i = 0; i < r->proposal->reading_count; i++) {
		const struct probe_reading *reading = &r->proposal->readings[i];

		if (reading->from->whole != t)
			continue;
		if (reading->known)
			known = reading->known->id;
		if (reading->each)
			each = reading->each;
	}
	jsonw_text(b, "known_as", known);
	jsonw_key(b, "each");
	if (each)
		jsonw_raw_text(b, each, strlen(each));
	else
		buf_add(b, "null");
}

/* Lists of values: each list is a kind of messages. */
static void add_kinds(struct buf *b, const struct probe_template *t)
{
	jsonw_text(b, "told_by", t->kind_count > 0 ? t->told_by : "");
	jsonw_key(b, "kinds");
	buf_add(b, "[");
	for (size_t i = 0; i < t->kind_count; i++) {
		buf_add(b, i ? ",[" : "[");
		for (size_t k = 0; k < t->kinds[i].count; k++)
			add_text(b, k, t->kinds[i].values[k]);
		buf_add(b, "]");
	}
	buf_add(b, "]");
}

static void add_template(
	struct buf *b, const struct probe_report *r, const struct probe_template *t)
{
	jsonw_text(b, "template", t->text);
	jsonw_int(b, "topics", (int64_t)t->topic_count);
	jsonw_int(b, "messages", (int64_t)t->messages);
	jsonw_int(b, "retained", (int64_t)t->retained);
	jsonw_int(b, "qos0", (int64_t)t->qos[0]);
	jsonw_int(b, "qos1", (int64_t)(t->qos[1] + t->qos[2]));
	jsonw_real(b, "per_second", t->per_second);
	jsonw_real(b, "interval_s", t->interval_ms / 1000);
	jsonw_text(b, "rhythm", probe_regularity_name(t->regularity));
	jsonw_text(b, "payload", probe_payload_name(t->payload));
	add_known(b, r, t);
	add_kinds(b, t);
	add_levels(b, t);
	add_fields(b, r, t);
	jsonw_int(b, "values_over", (int64_t)probe_shape_over(t->shape));
}

static void add_proposal(struct buf *b, const struct proposal *p)
{
	jsonw_key(b, "line_file");
	if (p->feature_count > 0)
		proposal_write(b, p, false);
	else
		buf_add(b, "null");
	jsonw_key(b, "notes");
	buf_add(b, "[");
	for (size_t i = 0; i < p->notes.count; i++)
		add_text(b, i, p->notes.text[i]);
	buf_add(b, "]");
}

void probe_report_json(struct buf *b, const struct probe_report *r)
{
	jsonw_begin(b);
	jsonw_int(b, "messages", (int64_t)r->heard.messages);
	jsonw_int(b, "topics", (int64_t)probe_topics_count(r->topics));
	jsonw_real(b, "seconds", (double)(r->heard.end_ms - r->heard.begin_ms) / 1000);
	jsonw_int(b, "own_messages", (int64_t)r->own);
	jsonw_int(b, "messages_over", (int64_t)r->heard.messages_over);
	jsonw_int(b, "values_over", (int64_t)r->heard.pointers_over);
	jsonw_key(b, "templates");
	buf_add(b, "[");
	for (size_t i = 0; i < probe_templates_count(r->templates); i++) {
		begin_item(b, i);
		add_template(b, r, probe_templates_at(r->templates, i));
		jsonw_end(b);
	}
	buf_add(b, "]");
	add_proposal(b, r->proposal);
	jsonw_end(b);
	buf_add(b, "\n");
}
