/* The sources of a proposed line: each way to read a template, with its topic, ids and time. */
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
#define TEXT_SHARE 0.05 /* of payloads that are no number: more make the source one of texts */
#define EVENTS_MAX 8    /* of one template */

static bool is_source_name_taken(const struct proposal *p, const char *name)
{
	if (strcmp(name, "lot") == 0) /* "lot.<name>" is the id of a lot */
		return true;
	for (size_t i = 0; i < p->source_count; i++)
		if (p->sources[i].name && strcmp(p->sources[i].name, name) == 0)
			return true;
	return false;
}

/* Where a level's text stands for itself in the topic. */
static const char *plain_level(const struct probe_template *t, size_t i)
{
	return t->levels[i].capture || !t->levels[i].name[0] ? NULL : t->levels[i].name;
}

/* The last level that names something; -1: none does. */
static int naming_level(const struct probe_template *t)
{
	for (int i = (int)t->level_count - 1; i >= 0; i--) {
		const char *level = plain_level(t, (size_t)i);

		if (level && !(probe_words(level) & WORD_GENERIC))
			return i;
	}
	return -1;
}

static bool is_machine(enum probe_capture c)
{
	return c == CAPTURE_OTHER || c == CAPTURE_TAG;
}

/* "start" of plant/part/{unit}/start; with a machine "press_1_state" of plant/{press}/state. */
static void source_name(
	char out[PROBE_NAME_MAX], const struct probe_template *t, const struct probe_topic *machine)
{
	char of_machine[PROBE_NAME_MAX] = "", of_level[PROBE_NAME_MAX] = "";
	int naming = naming_level(t), last = -1;

	for (int i = 0; machine && i < (int)t->level_count; i++)
		last = is_machine(t->levels[i].capture) ? i : last;
	if (last >= 0)
		probe_name(of_machine, machine->levels[last], "machine");
	if (naming > last)
		probe_name(of_level, t->levels[naming].name, "values");
	else if (last < 0)
		strcpy(of_level, "values");
	snprintf(out, PROBE_NAME_MAX, "%.23s%s%.23s", of_machine,
		of_machine[0] && of_level[0] ? "_" : "", of_level);
	if (strcmp(out, "lot") == 0)
		strcpy(out, "lot_data");
}

static const char *json_text(struct proposal *p, const char *text)
{
	struct buf b;
	const char *copy;

	buf_init(&b);
	jsonw_raw_text(&b, text, strlen(text));
	copy = buf_text(&b) ? arena_string(p->arena, b.data) : NULL;
	buf_deinit(&b);
	return copy;
}

/* A topic level with a brace or wildcard in it cannot be written down; + matches it. */
static const char *topic_of(
	struct proposal *p, const struct probe_template *t, const struct probe_topic *machine)
{
	struct buf b;
	const char *copy;

	buf_init(&b);
	for (size_t i = 0; i < t->level_count; i++) {
		const struct probe_level *l = &t->levels[i];
		bool stands = !l->capture ||
			      (machine && l->capture != CAPTURE_UNIT && l->capture != CAPTURE_LOT);
		const char *text = l->capture && stands ? machine->levels[i] : l->name;

		buf_add(&b, i ? "/" : "");
		if (!stands)
			buf_addf(&b, "{%s}", l->name);
		else
			buf_add(&b, strpbrk(text, "{}+#") ? "+" : text);
	}
	copy = buf_text(&b) ? arena_string(p->arena, b.data) : NULL;
	buf_deinit(&b);
	return copy;
}

static const char *format_of(const struct probe_template *t)
{
	const uint64_t *n = t->payloads;
	uint64_t scalars = n[PAYLOAD_NUMBER] + n[PAYLOAD_SCALAR] + n[PAYLOAD_TEXT];

	if (t->payload == PAYLOAD_OBJECT || t->payload == PAYLOAD_ARRAY)
		return "json";
	if ((double)n[PAYLOAD_TEXT] > TEXT_SHARE * (double)scalars)
		return "text";
	return n[PAYLOAD_SCALAR] > 0 ? "json" : "number";
}

/* Does the topic's last name say what the one value of the payload is? */
static bool has_topic_tags(const struct probe_reading *r)
{
	enum probe_payload payload = r->from->payload;

	if (probe_template_find(r->from, CAPTURE_TAG) < 0 || r->each)
		return false;
	if (payload == PAYLOAD_NUMBER || payload == PAYLOAD_SCALAR || payload == PAYLOAD_TEXT)
		return true;
	return payload == PAYLOAD_OBJECT && r->value.field;
}

static bool is_lot_source(const struct probe_reading *r)
{
	const struct probe_field *lot = r->lot.field;

	/* what is the same in message after message is what is loaded now */
	return lot &&
	       (double)lot->occurrences < LOT_REPEATS * (double)(lot->seen_count + lot->has_more) &&
	       !r->tag.pointer[0];
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

	s->has_tags = r->tag.pointer[0] || has_topic_tags(r);
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
	if (t->retained > 0 && s->carries == CARRIES_STREAM)
		proposal_note(p, &s->notes,
			"%.0f %% of the messages were retained ones: old values, which are not "
			"used",
			100 * (double)t->retained / (double)t->messages);
}

/* One source more, of the reading; `machine` NULL: for all topics of the template. */
static int add_source(struct proposal *p, const struct probe_reading *r,
	const struct probe_topic *machine, struct proposal_source **out)
{
	struct proposal_source *s = &p->sources[p->source_count];
	char name[PROBE_NAME_MAX];

	*out = NULL;
	if (p->source_count == PROPOSAL_SOURCES_MAX)
		return 0;
	*s = (struct proposal_source){.reading = r};
	source_name(name, r->from, machine);
	s->topic = topic_of(p, r->from, machine);
	s->format = format_of(r->from);
	s->each = r->each;
	s->quality = r->quality;
	s->good = r->good;
	if (r->known) {
		s->when_at = r->known->when_at;
		s->when_is = r->known->when_is;
	}
	s->name = proposal_unique(p, name, is_source_name_taken);
	if (!s->topic || !s->name)
		return -ENOMEM;
	find_carries(s, r);
	find_tags(p, s);
	describe(p, s);
	find_time(p, s);
	p->source_count++;
	*out = s;
	return proposal_find_fields(p, s);
}

/* The same as a source, but for the messages of one event only. */
static int add_event(struct proposal *p, const struct proposal_source *all, const char *value)
{
	struct proposal_source *s = &p->sources[p->source_count];
	const char *last = strrchr(value, '.');
	char name[PROBE_NAME_MAX], stem[PROBE_NAME_MAX];
	unsigned means = probe_words(value) & (WORD_ENTER | WORD_EXIT);

	if (p->source_count == PROPOSAL_SOURCES_MAX || !means || means == (WORD_ENTER | WORD_EXIT))
		return 0;
	*s = *all;
	s->notes = (struct proposal_notes){0};
	s->fields = NULL;
	s->field_count = 0;
	s->event = means == WORD_ENTER ? EVENT_ENTER : EVENT_EXIT;
	probe_name(name, last ? last + 1 : value, "event");
	probe_stem(stem, sizeof(stem), last ? last + 1 : value);
	s->event_name = arena_string(p->arena, stem);
	probe_stem(stem, sizeof(stem), value);
	s->event_of = arena_printf(p->arena, "%s %s", all->topic, stem);
	s->when_at = s->reading->event.pointer;
	s->when_is = json_text(p, value);
	s->name = proposal_unique(p, name, is_source_name_taken);
	if (!s->event_name || !s->event_of || !s->when_is || !s->name)
		return -ENOMEM;
	proposal_note(p, &s->notes, "\"%s\" at %s says that a piece %s", value, s->when_at,
		s->event == EVENT_ENTER ? "comes in" : "goes out");
	p->source_count++;
	return 0;
}

static int add_events(struct proposal *p, const struct proposal_source *s)
{
	const struct probe_field *f = s->reading->event.field;
	int rc = 0;

	if (!f || s->carries != CARRIES_UNIT)
		return 0;
	for (size_t i = 0, n = 0; i < f->seen_count && n < EVENTS_MAX && rc == 0; i++, n++)
		if (f->seen[i].text)
			rc = add_event(p, s, f->seen[i].text);
	return rc;
}

/* A level of the topic that says that something enters or leaves. */
static int find_topic_event(struct proposal *p, struct proposal_source *s)
{
	const struct probe_template *t = s->reading->from;
	char stem[PROBE_NAME_MAX];
	struct buf of;
	size_t at = t->level_count;
	unsigned means = 0;

	while (s->carries == CARRIES_UNIT && at > 0 && !means) {
		const char *level = plain_level(t, --at);

		means = level ? probe_words(level) & (WORD_ENTER | WORD_EXIT) : 0;
	}
	if (!means || means == (WORD_ENTER | WORD_EXIT))
		return 0;
	s->event = means == WORD_ENTER ? EVENT_ENTER : EVENT_EXIT;
	probe_stem(stem, sizeof(stem), t->levels[at].name);
	buf_init(&of);
	for (size_t i = 0; i < t->level_count; i++)
		buf_addf(&of, "%s/", i == at ? stem : t->levels[i].name);
	s->event_of = buf_text(&of) ? arena_string(p->arena, of.data) : NULL;
	buf_deinit(&of);
	/* "press-3/unit/{unit}/start": the press */
	for (size_t i = at; i-- > 0 && !stem[0];) {
		const char *level = plain_level(t, i);

		if (level && !(probe_words(level) & (WORD_GENERIC | WORD_UNIT | WORD_LOT)))
			probe_name(stem, level, "station");
	}
	s->event_name = arena_string(p->arena, stem);
	return s->event_of && s->event_name ? 0 : -ENOMEM;
}

static int add_reading(
	struct proposal *p, const struct probe_reading *r, const struct probe_topic *machine)
{
	struct proposal_source *s;
	int rc = add_source(p, r, machine, &s);

	if (rc < 0 || !s)
		return rc;
	rc = find_topic_event(p, s);
	return rc == 0 && s->event == EVENT_NONE ? add_events(p, s) : rc;
}

/* Levels that are neither ids nor the name of the value: each machine gets a source. */
static bool has_machines(const struct probe_reading *r)
{
	bool has_tags = has_topic_tags(r);

	for (size_t i = 0; i < r->from->level_count; i++)
		if (!has_tags && is_machine(r->from->levels[i].capture))
			return true;
	return false;
}

static bool is_same_machine(
	const struct probe_template *t, const struct probe_topic *a, const struct probe_topic *b)
{
	for (size_t i = 0; i < t->level_count; i++)
		if (is_machine(t->levels[i].capture) && strcmp(a->levels[i], b->levels[i]) != 0)
			return false;
	return true;
}

static int add_machines(struct proposal *p, const struct probe_reading *r)
{
	const struct probe_topic *machines[PROPOSAL_MACHINES_MAX];
	const struct probe_template *t = r->from;
	size_t count = 0, more = 0;
	int rc = 0;

	for (size_t i = 0; i < t->topic_count; i++) {
		bool is_known = false;

		for (size_t m = 0; m < count && !is_known; m++)
			is_known = is_same_machine(t, machines[m], t->topics[i]);
		if (!is_known && count < PROPOSAL_MACHINES_MAX)
			machines[count++] = t->topics[i];
		else if (!is_known)
			more++;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = add_reading(p, r, machines[i]);
	if (more > 0)
		proposal_note(p, &p->notes,
			"%s: the first %zu get a source each, the other %zu topics none; narrow it "
			"with --topic",
			t->text, count, more);
	return rc;
}

int proposal_find_sources(struct proposal *p, const struct probe_templates *templates)
{
	size_t count = probe_templates_count(templates);
	int rc = 0;

	p->readings =
		arena_zalloc(p->arena, PROBE_READINGS_MAX * count + 1, sizeof(p->readings[0]));
	p->sources = arena_zalloc(p->arena, PROPOSAL_SOURCES_MAX, sizeof(p->sources[0]));
	if (!p->readings || !p->sources)
		return -ENOMEM;
	for (size_t i = 0; i < count && rc == 0; i++) {
		struct probe_reading *r = &p->readings[p->reading_count];
		size_t n =
			probe_readings(r, probe_templates_at(templates, i), p->begin_ms, p->end_ms);

		p->reading_count += n;
		for (size_t k = 0; k < n && rc == 0; k++)
			rc = has_machines(&r[k]) ? add_machines(p, &r[k])
						 : add_reading(p, &r[k], NULL);
	}
	if (p->source_count == PROPOSAL_SOURCES_MAX)
		proposal_note(p, &p->notes,
			"more than %d sources: the rest is left out; narrow it with --topic",
			PROPOSAL_SOURCES_MAX);
	return rc;
}
