/* What a member of a payload is, in words. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tools/probe_report.h"
#include "tools/probe_words.h"

static void say_duration(struct buf *b, int64_t ms)
{
	double s = (double)llabs(ms) / 1000;

	if (s < 1)
		buf_addf(b, "%d ms", (int)llabs(ms));
	else if (s < 120)
		buf_addf(b, "%.1f s", s);
	else if (s < 7200)
		buf_addf(b, "%.0f min", s / 60);
	else if (s < 48 * 3600)
		buf_addf(b, "%.1f h", s / 3600);
	else
		buf_addf(b, "%.0f days", s / 86400);
}

static void say_time(struct buf *b, const struct probe_time *t)
{
	buf_addf(b, "time (%s%s)", probe_time_format_name(t->format),
		t->format == PROBE_TIME_ISO_NO_ZONE ? " without a zone" : "");
	if (!t->has_delay)
		return;
	if (t->delay_ms == 0) {
		buf_add(b, ", the time of receipt");
		return;
	}
	buf_add(b, ", ");
	say_duration(b, t->delay_ms);
	buf_add(b, t->delay_ms < 0 ? " ahead of the receipt" : " before the receipt");
	if (t->zone_min != 0)
		buf_addf(b, ": local time without its zone (%+.3g h)", t->zone_min / 60.0);
	else if (!t->is_usable)
		buf_add(b, ": a wrong clock or old values");
}

/* Parts of a template have shapes of their own: members are the same where pointers are. */
static bool is_of(const struct probe_field *a, const struct probe_field *b)
{
	return a && strcmp(a->pointer, b->pointer) == 0;
}

const char *probe_role_of_field(
	const struct probe_report *r, const struct probe_template *t, const struct probe_field *f)
{
	const struct proposal *p = r->proposal;
	struct probe_time time;

	if (probe_field_time(f, &time))
		return "time";
	for (size_t i = 0; i < p->reading_count; i++) {
		const struct probe_reading *reading = &p->readings[i];

		if (reading->from->whole != t)
			continue;
		if (reading->each && strcmp(reading->each, f->pointer) == 0)
			return "each";
		if (is_of(reading->unit.field, f))
			return "unit";
		if (is_of(reading->lot.field, f))
			return "lot";
		if (is_of(reading->tag.field, f))
			return "tag";
		if (is_of(reading->value.field, f))
			return "value";
	}
	for (size_t i = 0; i < p->lot_count; i++)
		if (p->lots[i].from->reading->from->whole == t && is_of(p->lots[i].field->field, f))
			return "lot";
	if (p->label.source && p->label.source->reading->from->whole == t &&
		is_of(p->label.field->field, f))
		return "result";
	return t->told_by && strcmp(t->told_by, f->pointer) == 0 ? "event" : "";
}

void probe_say_field(struct buf *b, const struct probe_report *r, const struct probe_template *t,
	const struct probe_field *f)
{
	static const struct {
		const char *role, *words;
	} roles[] = {
		{"unit", "the id of the piece"},
		{"lot", "the id of a lot"},
		{"tag", "the name of the value"},
		{"value", "the value"},
		{"event", "what the message is about"},
		{"result", "what inspection found"},
	};
	const char *role = probe_role_of_field(r, t, f);
	struct probe_time time;

	if (strcmp(role, "time") == 0 && probe_field_time(f, &time))
		say_time(b, &time);
	else if (strcmp(role, "each") == 0 && probe_field_kind(f) == KIND_ARRAY)
		buf_addf(
			b, "a list of up to %zu, to be taken apart with \"each\"", f->elements_max);
	else if (strcmp(role, "each") == 0)
		buf_add(b, "values by name, to be taken apart with \"each\"");
	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		if (strcmp(roles[i].role, role) == 0)
			buf_add(b, roles[i].words);
}
