/* The line file that is proposed: its making, step by step. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "tools/probe_words.h"

#define BLOCK_BYTES (16 << 10)
#define NOTE_MAX 1000
#define DEADLINE_MS (300 * 1000)

void proposal_note(struct proposal *p, struct proposal_notes *notes, const char *fmt, ...)
{
	size_t cap = notes->cap ? 2 * notes->cap : 4;
	char text[NOTE_MAX];
	const char **grown;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (notes->count == notes->cap) {
		grown = arena_zalloc(p->arena, cap, sizeof(*grown));
		if (!grown)
			return;
		if (notes->count > 0)
			memcpy(grown, notes->text, notes->count * sizeof(*grown));
		notes->text = grown;
		notes->cap = cap;
	}
	notes->text[notes->count] = arena_string(p->arena, text);
	notes->count += notes->text[notes->count] != NULL;
}

const char *proposal_id(const struct proposal_source *s, size_t i, struct probe_span *span)
{
	if (s->id_level && i < s->id_level->value_count) {
		*span = s->id_level->values[i].live;
		return s->id_level->values[i].text;
	}
	if (s->id_field && i < s->id_field->seen_count) {
		*span = s->id_field->seen[i].span;
		return s->id_field->seen[i].text ? s->id_field->seen[i].text : "";
	}
	return NULL;
}

const char *proposal_unique(struct proposal *p, const char *name,
	bool (*is_taken)(const struct proposal *p, const char *name))
{
	char other[PROBE_NAME_MAX];

	snprintf(other, sizeof(other), "%s", name);
	for (int i = 2; is_taken(p, other); i++)
		snprintf(other, sizeof(other), "%.36s_%d", name, i);
	return arena_string(p->arena, other);
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The last level that all topics begin with and that names something; those of lots aside, whose
 * properties come from elsewhere. */
static void name_of_topics(const struct proposal *p, char out[PROBE_NAME_MAX])
{
	const struct probe_template *first = NULL;
	size_t same = SIZE_MAX;

	strcpy(out, "line-1");
	for (size_t i = 0; i < p->source_count; i++) {
		const struct probe_template *t = p->sources[i].reading->from;
		size_t n = 0;

		if (p->sources[i].carries == CARRIES_LOT || t->messages == t->retained)
			continue;
		first = first ? first : t;
		while (n < min_size(first->level_count, t->level_count) && !t->levels[n].capture &&
			!first->levels[n].capture &&
			strcmp(t->levels[n].name, first->levels[n].name) == 0)
			n++;
		same = min_size(same, n);
	}
	for (size_t n = first ? min_size(same, first->level_count) : 0; n > 0; n--) {
		const char *level = first->levels[n - 1].name;
		const char *next = n < same && n < first->level_count && !first->levels[n].capture
					   ? first->levels[n].name
					   : "";
		char text[2 * PROBE_NAME_MAX];

		if (!level[0] || proposal_is_number(level) ||
			probe_words(level) &
				(WORD_GENERIC | WORD_UNIT | WORD_LOT | WORD_ENTER | WORD_EXIT))
			continue;
		snprintf(text, sizeof(text), "%.40s_%.8s", level,
			proposal_is_number(next) ? next : "");
		probe_name(out, text, "line-1");
		for (char *c = out; *c; c++)
			*c = *c == '_' ? '-' : *c;
		return;
	}
}

static int name_line(struct proposal *p, const char *name)
{
	char from_topics[PROBE_NAME_MAX];

	if (!name) {
		name_of_topics(p, from_topics);
		name = from_topics;
	}
	p->name = arena_string(p->arena, name);
	return p->name ? 0 : -ENOMEM;
}

static void find_deadline(struct proposal *p)
{
	p->deadline_ms = DEADLINE_MS;
	for (size_t i = 0; i < p->station_count; i++)
		if (2 * p->stations[i].max_dwell_ms > p->deadline_ms)
			p->deadline_ms = 2 * p->stations[i].max_dwell_ms;
}

static void mark_station(const struct proposal_station *s)
{
	if (s->enter)
		s->enter->is_used = true;
	if (s->exit)
		s->exit->is_used = true;
}

static void mark_used(struct proposal *p)
{
	for (size_t i = 0; i < p->feature_count; i++)
		p->features[i].source->is_used = p->features[i].field->is_used = true;
	for (size_t i = 0; i < p->lot_count; i++)
		p->lots[i].from->is_used = p->lots[i].field->is_used = true;
	for (size_t i = 0; i < p->station_count; i++)
		mark_station(&p->stations[i]);
	if (p->label.source)
		p->label.source->is_used = p->label.field->is_used = true;
}

static void note_unused(struct proposal *p)
{
	static const char *const carries[] = {"a stream", "pieces", "lots of material"};

	for (size_t i = 0; i < p->source_count; i++) {
		const struct proposal_source *s = &p->sources[i];

		if (!s->is_used && s->is_inspection)
			proposal_note(p, &p->notes,
				"left out: %s, where inspection seems to speak: what it finds is "
				"no "
				"feature, and no word for a defect was found for a label",
				s->topic);
		else if (!s->is_used && s->carries == CARRIES_STREAM &&
			 s->reading->from->messages == s->reading->from->retained)
			proposal_note(p, &p->notes,
				"left out: %s, where only retained messages came: old values",
				s->topic);
		else if (!s->is_used && s->when_count == 0)
			proposal_note(p, &p->notes, "left out: %s (%s), of which nothing is used",
				s->topic, carries[s->carries]);
	}
}

int proposal_new(struct proposal **out, struct probe_templates *templates,
	const struct probe_heard *heard, const char *name)
{
	CLEANUP(proposal_free) struct proposal *p = calloc(1, sizeof(*p));
	int rc;

	if (!p || arena_new(&p->arena, BLOCK_BYTES) < 0)
		return -ENOMEM;
	p->begin_ms = heard->begin_ms;
	p->end_ms = heard->end_ms;
	rc = proposal_find_sources(p, templates);
	for (size_t i = 0; i < p->source_count; i++)
		p->has_units |= p->sources[i].carries == CARRIES_UNIT;
	if (rc == 0)
		rc = name_line(p, name);
	if (rc == 0)
		rc = proposal_find_lots(p);
	if (rc == 0)
		rc = proposal_find_label(p);
	if (rc == 0)
		rc = proposal_find_stations(p);
	if (rc == 0)
		rc = proposal_find_features(p);
	if (rc < 0)
		return rc;
	find_deadline(p);
	mark_used(p);
	note_unused(p);
	*out = TAKE(p);
	return 0;
}

void proposal_free(struct proposal *p)
{
	if (!p)
		return;
	arena_free(p->arena);
	free(p);
}
