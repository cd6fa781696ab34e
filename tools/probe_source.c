/* One source of a proposed line: a way to read a template, with its topic, ids and time. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "tools/probe_words.h"

#define LOT_REPEATS 3   /* an id that comes oftener says what is loaded, as a stream */
#define UNREAD_MIN 0.01 /* of payloads that the format does not take: more are worth a note */

bool proposal_is_source_taken(const struct proposal *p, const char *name)
{
	if (strcmp(name, "lot") == 0) /* "lot.<name>" is the id of a lot */
		return true;
	for (size_t i = 0; i < p->source_count; i++)
		if (p->sources[i].name && strcmp(p->sources[i].name, name) == 0)
			return true;
	return false;
}

const char *proposal_plain_level(const struct probe_template *t, size_t i)
{
	return t->levels[i].capture || !t->levels[i].name[0] ? NULL : t->levels[i].name;
}

bool proposal_is_number(const char *level)
{
	return level[strspn(level, "0123456789")] == '\0';
}

/* The last level that names something; with a number behind it, that too: rig/1 is "rig_1". */
static void base_name(char out[PROBE_NAME_MAX], const struct probe_template *t)
{
	char text[2 * PROBE_NAME_MAX];

	for (size_t i = t->level_count; i-- > 0;) {
		const char *level = proposal_plain_level(t, i);
		const char *next = i + 1 < t->level_count ? proposal_plain_level(t, i + 1) : NULL;

		if (!level || probe_words(level) & WORD_GENERIC || proposal_is_number(level))
			continue;
		snprintf(text, sizeof(text), "%.40s_%.40s", level,
			next && proposal_is_number(next) ? next : "");
		probe_name(out, text, "values");
		return;
	}
	strcpy(out, "values");
}

const char *proposal_last_part(const char *value)
{
	const char *dot = strrchr(value, '.');

	return dot && dot[1] ? dot + 1 : value;
}

static void source_name(char out[PROBE_NAME_MAX], const struct probe_template *t)
{
	char base[PROBE_NAME_MAX], kind[PROBE_NAME_MAX];

	base_name(base, t);
	snprintf(out, PROBE_NAME_MAX, "%s", base);
	if (t->only && t->whole->kind_count > 1) {
		probe_name(kind, proposal_last_part(t->only->values[0]), "kind");
		snprintf(out, PROBE_NAME_MAX, "%.23s_%.23s", base, kind);
	}
	if (strcmp(out, "lot") == 0)
		strcpy(out, "lot_data");
}

/* A topic level with a brace or wildcard in it cannot be written down; + matches it. */
static const char *topic_of(struct proposal *p, const struct probe_template *t)
{
	struct buf b;
	const char *copy;

	buf_init(&b);
	for (size_t i = 0; i < t->level_count; i++) {
		const struct probe_level *l = &t->levels[i];

		buf_add(&b, i ? "/" : "");
		if (l->capture)
			buf_addf(&b, "{%s}", l->name);
		else
			buf_add(&b, strpbrk(l->name, "{}+#") ? "+" : l->name);
	}
	copy = buf_text(&b) ? arena_string(p->arena, b.data) : NULL;
	buf_deinit(&b);
	return copy;
}

/* Which kinds of messages are meant: one value, or a list. */
static int find_when(struct proposal *p, struct proposal_source *s)
{
	const struct probe_template *t = s->reading->from;
	struct proposal_when *w = &s->when[0];
	struct buf b;

	if (!t->only)
		return 0;
	buf_init(&b);
	buf_add(&b, t->only->count > 1 ? "[" : "");
	for (size_t i = 0; i < t->only->count; i++) {
		buf_add(&b, i ? ", " : "");
		jsonw_raw_text(&b, t->only->values[i], strlen(t->only->values[i]));
	}
	buf_add(&b, t->only->count > 1 ? "]" : "");
	w->at = arena_printf(p->arena, "%s%s", s->each ? "#" : "", t->told_by);
	w->is = buf_text(&b) ? arena_string(p->arena, b.data) : NULL;
	s->when_count = 1;
	buf_deinit(&b);
	return w->at && w->is ? 0 : -ENOMEM;
}

static const char *format_of(const struct probe_template *t)
{
	if (t->payload == PAYLOAD_TEXT)
		return "text";
	return t->payload == PAYLOAD_NUMBER && t->payloads[PAYLOAD_SCALAR] == 0 ? "number" : "json";
}

/* Does the topic's last name say what the one value of the payload is? */
bool proposal_has_topic_tags(const struct probe_reading *r)
{
	enum probe_payload payload = r->from->payload;

	if (probe_template_find(r->from, CAPTURE_TAG) < 0 || r->each)
		return false;
	if (payload == PAYLOAD_NUMBER || payload == PAYLOAD_SCALAR || payload == PAYLOAD_TEXT)
		return true;
	return payload == PAYLOAD_OBJECT && r->value.field;
}

/* Has it anything to say of a lot, beside its id and the time? */
static bool has_properties(const struct probe_reading *r)
{
	const struct probe_shape *s = r->from->shape;
	struct probe_time t;

	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (f != r->lot.field && probe_field_is_scalar(f) && !probe_field_time(f, &t))
			return true;
	}
	return false;
}

static bool is_lot_source(const struct probe_reading *r)
{
	const struct probe_field *lot = r->lot.field;

	if (!lot || r->tag.pointer[0] || !has_properties(r))
		return false;
	/* what is the same in message after message is what is loaded now */
	return (double)lot->occurrences < LOT_REPEATS * (double)(lot->seen_count + lot->has_more);
}

static void find_carries(struct proposal_source *s, const struct probe_reading *r)
{
	int unit = probe_template_find(r->from, CAPTURE_UNIT);
	int lot = probe_template_find(r->from, CAPTURE_LOT);

	if (unit >= 0) {
		s->carries = CARRIES_UNIT;
		s->id_level = &r->from->levels[unit];
	} else if (r->unit.field) {
		s->carries = CARRIES_UNIT;
		s->unit = r->unit.pointer;
		s->id_field = r->unit.field;
	} else if (lot >= 0) {
		s->carries = CARRIES_LOT;
		s->id_level = &r->from->levels[lot];
	} else if (is_lot_source(r)) {
		s->carries = CARRIES_LOT;
		s->lot = r->lot.pointer;
		s->id_field = r->lot.field;
	}
}

static const char *offset_text(struct proposal *p, int zone_min)
{
	return arena_printf(p->arena, "%c%02d:%02d", zone_min < 0 ? '-' : '+', abs(zone_min) / 60,
		abs(zone_min) % 60);
}

static void find_time(struct proposal *p, struct proposal_source *s)
{
	const struct probe_reading *r = s->reading;
	const struct probe_time *t = &r->clock;

	if (r->far_time.field) {
		proposal_note(p, &s->notes,
			"%s is a time, but %.1f h %s the time of receipt: a wrong clock or old "
			"values, so the time of receipt is used",
			r->far_time.pointer, (double)llabs(t->delay_ms) / 3600000,
			t->delay_ms < 0 ? "ahead of" : "behind");
		return;
	}
	if (!r->time.field)
		return;
	s->time = r->time.pointer;
	s->time_format = t->format == PROBE_TIME_MS ? NULL : probe_time_format_name(t->format);
	if (t->format == PROBE_TIME_ISO_NO_ZONE && t->zone_min == 0) {
		s->time_zone = "UTC";
		proposal_note(p, &s->notes,
			t->has_delay ? "%s has no zone, and agrees with UTC"
				     : "%s has no zone: UTC is a guess",
			s->time);
	} else if (t->format == PROBE_TIME_ISO_NO_ZONE) {
		s->time_zone = offset_text(p, t->zone_min);
		proposal_note(p, &s->notes,
			"%s has no zone and is %s off: local time. Better write the zone's name, "
			"such as \"Europe/Berlin\", because of summer time",
			s->time, s->time_zone);
	} else if (t->zone_min != 0) {
		s->shift = arena_printf(p->arena, "%dmin", -t->zone_min);
		proposal_note(p, &s->notes,
			"%s is %s off: local time that is sent as if it were UTC. Summer time "
			"will change it: better correct it at the sender",
			s->time, offset_text(p, t->zone_min));
	}
}

static void find_tags(struct proposal *p, struct proposal_source *s)
{
	const struct probe_reading *r = s->reading;

	s->has_tags = r->tag.pointer[0] || proposal_has_topic_tags(r);
	if (!s->has_tags)
		return;
	s->tag = r->tag.pointer[0] ? r->tag.pointer : NULL;
	if (r->value.field && strcmp(r->value.pointer, "/value") != 0)
		s->value = r->value.pointer;
	if (s->tag)
		return;
	/* machines above the tag: their names go before it */
	for (size_t i = 0; i < r->from->level_count; i++) {
		if (r->from->levels[i].capture == CAPTURE_OTHER)
			s->tag = arena_printf(
				p->arena, "%s{%s}_", s->tag ? s->tag : "", r->from->levels[i].name);
	}
	if (s->tag)
		s->tag = arena_printf(p->arena, "%s{tag}", s->tag);
}

/* Of its payloads: those that the format does not take. */
static double unread_share(const struct probe_template *t)
{
	const uint64_t *n = t->payloads;
	uint64_t read = n[PAYLOAD_TEXT];

	if (t->payload == PAYLOAD_OBJECT || t->payload == PAYLOAD_ARRAY)
		read = n[PAYLOAD_OBJECT] + n[PAYLOAD_ARRAY];
	else if (t->payload != PAYLOAD_TEXT)
		read = n[PAYLOAD_NUMBER] + n[PAYLOAD_SCALAR];
	return 1 - (double)read / (double)t->messages;
}

static void describe(struct proposal *p, struct proposal_source *s)
{
	const struct probe_reading *r = s->reading;
	const struct probe_template *t = r->from;

	if (r->known)
		proposal_note(p, &s->notes, "%s: %s", r->known->name, r->known->what);
	else if (s->each)
		proposal_note(p, &s->notes, "%s is a list: each element is a value of its own",
			s->each[0] ? s->each : "the payload");
	if (s->id_level)
		proposal_note(p, &s->notes, "{%s}: %zu different, such as %s; %s",
			s->id_level->name, s->id_level->value_count, s->id_level->values[0].text,
			s->id_level->why);
	else if (s->id_field)
		proposal_note(p, &s->notes, "%s holds the id of the %s: %zu%s different",
			s->unit ? s->unit : s->lot, s->unit ? "piece" : "lot",
			s->id_field->seen_count, s->id_field->has_more ? " or more" : "");
	if (s->carries == CARRIES_UNIT && !s->id_level && !s->id_field)
		proposal_note(p, &s->notes, "the id of the piece is at %s", s->unit);
	if (unread_share(t) > UNREAD_MIN)
		proposal_note(p, &s->notes,
			"%.0f %% of the payloads are of another form: they are refused",
			100 * unread_share(t));
	if (t->retained > 0 && s->carries == CARRIES_STREAM)
		proposal_note(p, &s->notes,
			"%.0f %% of the messages were retained ones: old values, which are not "
			"used",
			100 * (double)t->retained / (double)t->messages);
}

static bool is_inspection(const struct proposal_source *s)
{
	const struct probe_template *t = s->reading->from;

	for (size_t i = 0; i < t->level_count && s->carries == CARRIES_UNIT; i++)
		if (proposal_plain_level(t, i) &&
			probe_words(proposal_plain_level(t, i)) & WORD_INSPECTION)
			return true;
	return false;
}

int proposal_add_source(struct proposal *p, const struct probe_reading *r)
{
	struct proposal_source *s = &p->sources[p->source_count];
	char name[PROBE_NAME_MAX];
	int rc;

	if (p->source_count == PROPOSAL_SOURCES_MAX)
		return 0;
	*s = (struct proposal_source){.reading = r};
	source_name(name, r->from);
	s->topic = topic_of(p, r->from);
	s->format = format_of(r->from);
	s->each = r->each;
	s->quality = r->quality;
	s->good = r->good;
	s->name = proposal_unique(p, name, proposal_is_source_taken);
	if (!s->topic || !s->name)
		return -ENOMEM;
	find_carries(s, r);
	s->is_inspection = is_inspection(s);
	find_tags(p, s);
	rc = find_when(p, s);
	if (rc == 0)
		rc = proposal_find_event(p, s);
	if (rc < 0)
		return rc;
	describe(p, s);
	find_time(p, s);
	p->source_count++;
	rc = proposal_find_fields(p, s);
	return rc == 0 ? proposal_find_unit_tags(p, s) : rc;
}
