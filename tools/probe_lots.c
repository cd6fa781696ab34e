/* The lots and the label of a proposed line. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/map.h"
#include "tools/probe_words.h"

#define LOTS_MAX 8

/* "resin" of resin_lot; "lot" where nothing else is said. */
static void lot_name(char out[PROBE_NAME_MAX], const char *field)
{
	char text[PROBE_NAME_MAX], kept[2 * PROBE_NAME_MAX] = "";
	size_t len = 0;

	snprintf(text, sizeof(text), "%s", field);
	for (char *word = strtok(text, "_"), *next; word; word = next) {
		next = strtok(NULL, "_");
		if (probe_words(word) & (WORD_LOT | WORD_SUFFIX) && (next || len > 0))
			continue;
		if (!proposal_is_number(word) || len > 0)
			len += (size_t)snprintf(kept + len, sizeof(kept) - len, "%s ", word);
	}
	probe_name(out, kept, "lot");
}

static bool is_lot_name_taken(const struct proposal *p, const char *name)
{
	for (size_t i = 0; i < p->lot_count; i++)
		if (p->lots[i].name && strcmp(p->lots[i].name, name) == 0)
			return true;
	return false;
}

static int add_lot(struct proposal *p, struct proposal_source *from, struct proposal_field *field,
	struct proposal_source *properties, size_t shared)
{
	struct proposal_lot *lot = &p->lots[p->lot_count];
	char name[PROBE_NAME_MAX];

	if (p->lot_count == LOTS_MAX)
		return 0;
	*lot = (struct proposal_lot){.from = from, .field = field, .properties = properties};
	lot_name(name, field->name);
	lot->name = proposal_unique(p, name, is_lot_name_taken);
	if (!lot->name)
		return -ENOMEM;
	if (shared > 0)
		proposal_note(p, &lot->notes, "%zu ids of %s were seen in %s.%s", shared,
			properties->name, from->name, field->name);
	else if (properties)
		proposal_note(p, &lot->notes,
			"the name of %s.%s says that it is a lot; none of its ids was seen in %s "
			"while listening",
			from->name, field->name, properties->name);
	else
		proposal_note(p, &lot->notes,
			"the name of %s.%s says that it is a lot; no topic with its properties was "
			"heard",
			from->name, field->name);
	if (from->carries == CARRIES_STREAM)
		proposal_note(p, &lot->notes,
			"it says which lot is loaded: a piece is made of the one at its start; "
			"\"delay\" says how much earlier");
	p->lot_count++;
	return 0;
}

static bool may_bind(const struct proposal_source *s, const struct proposal_field *f)
{
	if (s->carries == CARRIES_LOT || s->has_tags || !f->field || f->field->reals > 0)
		return false;
	return probe_field_kind(f->field) == KIND_TEXT ||
	       (probe_field_kind(f->field) == KIND_NUMBER && f->means & WORD_LOT);
}

static int ids_of(struct map **out, const struct proposal_source *s)
{
	struct probe_span span;
	const char *id;
	int rc = map_new(out, PROBE_TOPICS_MAX);

	for (size_t i = 0; rc == 0 && (id = proposal_id(s, i, &span)); i++)
		rc = map_put(*out, id, *out);
	return rc;
}

static size_t count_shared(const struct map *ids, const struct probe_field *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->seen_count; i++)
		n += f->seen[i].text && map_get(ids, f->seen[i].text);
	return n;
}

static bool is_bound(const struct proposal *p, const struct proposal_field *f)
{
	for (size_t i = 0; i < p->lot_count; i++)
		if (p->lots[i].field == f)
			return true;
	return false;
}

/* The field that binds a lot source: by its values, else by its name; of units rather than of a
 * stream. */
static int bind_source(struct proposal *p, struct proposal_source *lots)
{
	struct proposal_source *from = NULL;
	struct proposal_field *field = NULL;
	size_t shared = 0, best = 0;
	struct map *ids = NULL;
	int rc = ids_of(&ids, lots);

	for (size_t i = 0; rc == 0 && i < p->source_count; i++) {
		struct proposal_source *s = &p->sources[i];

		for (size_t k = 0; k < s->field_count; k++) {
			struct proposal_field *f = &s->fields[k];
			size_t n = may_bind(s, f) ? count_shared(ids, f->field) : 0, points;

			if (!may_bind(s, f) || is_bound(p, f) || (n == 0 && !(f->means & WORD_LOT)))
				continue;
			points = 4 * (n > 0) + 2 * (s->carries == CARRIES_UNIT) +
				 ((f->means & WORD_LOT) != 0);
			if (points <= best)
				continue;
			best = points;
			from = s;
			field = f;
			shared = n;
		}
	}
	map_free(ids);
	if (rc == 0 && field)
		rc = add_lot(p, from, field, lots, shared);
	else if (rc == 0)
		proposal_note(p, &p->notes,
			"%s carries lots of material, but no field of a piece names one of them",
			lots->topic);
	return rc;
}

static bool is_named_already(const struct proposal *p, const struct proposal_field *f)
{
	for (size_t i = 0; i < p->lot_count; i++)
		if (strcmp(p->lots[i].field->name, f->name) == 0)
			return true;
	return false;
}

int proposal_find_lots(struct proposal *p)
{
	int rc = 0;

	p->lots = arena_zalloc(p->arena, LOTS_MAX, sizeof(p->lots[0]));
	if (!p->lots)
		return -ENOMEM;
	for (size_t i = 0; i < p->source_count && rc == 0; i++)
		if (p->sources[i].carries == CARRIES_LOT)
			rc = bind_source(p, &p->sources[i]);
	/* lots of which no properties come: training keeps their pieces together all the same */
	for (size_t i = 0; i < p->source_count; i++) {
		struct proposal_source *s = &p->sources[i];

		for (size_t k = 0; k < s->field_count && rc == 0; k++)
			if (s->carries == CARRIES_UNIT && may_bind(s, &s->fields[k]) &&
				s->fields[k].means & WORD_LOT &&
				!is_named_already(p, &s->fields[k]))
				rc = add_lot(p, s, &s->fields[k], NULL, 0);
	}
	return rc;
}

/* The values that mean `word`, as a JSON list; NULL: there are none. */
static const char *values_list(
	struct proposal *p, const struct probe_field *f, unsigned word, unsigned not_word)
{
	struct buf b;
	const char *copy = NULL;
	size_t n = 0;

	buf_init(&b);
	for (size_t i = 0; i < f->seen_count; i++) {
		const char *text = f->seen[i].text;
		unsigned means = text ? probe_words(text) : 0;

		if (!(means & word) || means & not_word || f->seen[i].kind != KIND_TEXT)
			continue;
		buf_add(&b, n++ ? ", " : "[");
		jsonw_raw_text(&b, text, strlen(text));
	}
	buf_add(&b, "]");
	if (n > 0 && buf_text(&b))
		copy = arena_string(p->arena, b.data);
	buf_deinit(&b);
	return copy;
}

/* Could the field say what inspection found? Text with words for good and bad, or a member like
 * "defect" or "ok" that is true or false. */
static bool is_result(const struct proposal_source *s, const struct proposal_field *f)
{
	unsigned found = 0;

	if (s->carries != CARRIES_UNIT || s->has_tags || !f->field)
		return false;
	if (probe_field_kind(f->field) == KIND_BOOL)
		return (f->means & (WORD_BAD | WORD_GOOD)) != 0;
	if (!(f->means & WORD_RESULT) && !s->is_inspection)
		return false;
	for (size_t i = 0; i < f->field->seen_count; i++)
		found |= f->field->seen[i].text ? probe_words(f->field->seen[i].text) : 0;
	return probe_field_kind(f->field) == KIND_TEXT && found & (WORD_GOOD | WORD_BAD);
}

static void set_label(struct proposal *p, struct proposal_source *s, struct proposal_field *f)
{
	struct proposal_label *l = &p->label;

	*l = (struct proposal_label){.source = s, .field = f};
	if (probe_field_kind(f->field) == KIND_BOOL) {
		l->defect = f->means & WORD_BAD ? "[true]" : "[false]";
		l->good = f->means & WORD_BAD ? "[false]" : "[true]";
		return;
	}
	l->defect = values_list(p, f->field, WORD_BAD, WORD_GOOD);
	l->good = values_list(p, f->field, WORD_GOOD, WORD_BAD);
	if (!l->defect) {
		l->defect = "[\"NG\"]";
		proposal_note(p, &l->notes,
			"no defect came while listening: write what inspection says of one");
	}
}

/* Does another source open units? Then this one can be the label's alone. */
static bool has_other_values(const struct proposal *p, const struct proposal_source *label)
{
	for (size_t i = 0; i < p->source_count; i++) {
		const struct proposal_source *s = &p->sources[i];

		for (size_t k = 0; k < s->field_count; k++)
			if (s != label && s->carries == CARRIES_UNIT && s->fields[k].is_number)
				return true;
		if (s != label && s->carries == CARRIES_UNIT && s->event == EVENT_ENTER)
			return true;
	}
	for (size_t i = 0; i < p->lot_count; i++)
		if (p->lots[i].from != label && p->lots[i].from->carries == CARRIES_UNIT)
			return true;
	return false;
}

static bool has_numbers(const struct proposal_source *s)
{
	for (size_t k = 0; k < s->field_count; k++)
		if (s->fields[k].is_number)
			return true;
	return false;
}

/* A source of a label opens no unit: where its messages carry the values too, they are read
 * twice. */
static int split_label(struct proposal *p)
{
	struct proposal_source *s = p->label.source, *copy = &p->sources[p->source_count];
	size_t at = (size_t)(p->label.field - s->fields);

	if (p->source_count == PROPOSAL_SOURCES_MAX)
		return 0;
	*copy = *s;
	copy->event = EVENT_NONE;
	copy->notes = (struct proposal_notes){0};
	copy->name = proposal_unique(p, "inspection", proposal_is_source_taken);
	copy->fields = arena_copy(p->arena, &s->fields[at], sizeof(s->fields[at]));
	copy->field_count = 1;
	if (!copy->name || !copy->fields)
		return -ENOMEM;
	proposal_note(p, &copy->notes,
		"the messages of %s once more, for the result alone: what gives the label opens no "
		"unit",
		s->name);
	s->fields[at].is_category = s->fields[at].is_number = false;
	p->source_count++;
	p->label.source = copy;
	p->label.field = copy->fields;
	return 0;
}

int proposal_find_label(struct proposal *p)
{
	for (size_t i = 0; i < p->source_count && !p->label.source; i++) {
		struct proposal_source *s = &p->sources[i];

		for (size_t k = 0; k < s->field_count && !p->label.source; k++)
			if (is_result(s, &s->fields[k]))
				set_label(p, s, &s->fields[k]);
	}
	if (!p->label.source)
		return 0;
	if (!has_other_values(p, p->label.source))
		return split_label(p);
	if (has_numbers(p->label.source))
		proposal_note(p, &p->label.notes,
			"the numbers of %s are no features: they are known only once inspection is "
			"done",
			p->label.source->name);
	return 0;
}
