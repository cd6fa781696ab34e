/* The fields of a proposed source: members of its payload, or its tags. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "tools/probe_words.h"

#define CATEGORIES_MAX 20  /* texts of more values are no categories */
#define PLAIN_WORD_MAX 24  /* characters */
#define VALUES_PRESENT 0.9 /* of the elements: fewer are worth a note */
#define TAGS_MAX 1000
#define MEMBERS_MAX 6 /* of a pointer that make a name */
#define TEXT_MAX 2000

/* Text of few values, each of which comes again. Lots come seldom: there a plain word will do. */
static bool is_category(const struct probe_field *f, bool is_of_lot)
{
	if (probe_field_kind(f) != KIND_TEXT || f->has_more || f->seen_count > CATEGORIES_MAX)
		return false;
	for (size_t i = 0; i < f->seen_count && is_of_lot; i++)
		if (!f->seen[i].text || strlen(f->seen[i].text) > PLAIN_WORD_MAX ||
			strpbrk(f->seen[i].text, " 0123456789"))
			return false;
	return is_of_lot || (f->seen_count > 1 && f->occurrences >= 2 * f->seen_count);
}

static void judge(struct proposal_field *out, const struct probe_field *f, bool is_of_lot)
{
	enum probe_kind kind = probe_field_kind(f);

	out->field = f;
	out->means = probe_field_means(f);
	out->is_number = (kind == KIND_NUMBER || kind == KIND_BOOL) &&
			 !(out->means & (WORD_COUNTER | WORD_LOT | WORD_UNIT));
	out->is_category = is_category(f, is_of_lot) && !(out->means & (WORD_LOT | WORD_UNIT));
}

/* Back over one member of the pointer. */
static const char *back(const struct probe_field *f, const char *at)
{
	while (at > f->pointer && *--at != '/')
		;
	return at;
}

/* `members` names of the pointer as one name: "temperature", "switch0_apower". A last one that is
 * only "value" says less than the one around it. */
static void name_of(char out[PROBE_NAME_MAX], const struct probe_field *f, int members)
{
	const char *end = f->pointer + strlen(f->pointer), *from = back(f, end);
	char text[PROBE_POINTER_BYTES_MAX + 1];
	const unsigned plain = WORD_VALUE | WORD_GENERIC | WORD_COUNTER;

	if (probe_words(from) & WORD_VALUE && !(probe_words(from) & ~plain) && from > f->pointer &&
		from[-1] != '*')
		end = from;
	for (from = end; members > 0; members--)
		from = back(f, from);
	snprintf(text, sizeof(text), "%.*s", (int)(end - from), from);
	probe_name(out, text, "value");
}

static bool is_name_taken(const struct proposal_source *s, const char *name)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return true;
	return false;
}

/* As short as it can be. */
static const char *unique_name(
	struct proposal *p, const struct proposal_source *s, const struct probe_field *f)
{
	char name[PROBE_NAME_MAX], first[PROBE_NAME_MAX];
	int members = 1;

	name_of(first, f, members);
	strcpy(name, first);
	while (is_name_taken(s, name) && members < MEMBERS_MAX)
		name_of(name, f, ++members);
	for (int i = 2; is_name_taken(s, name); i++)
		snprintf(name, sizeof(name), "%.36s_%d", first, i);
	return arena_string(p->arena, name);
}

static int add_member(struct proposal *p, struct proposal_source *s, const struct probe_field *f)
{
	struct proposal_field *out = &s->fields[s->field_count];
	char pointer[PROBE_POINTER_BYTES_MAX + 2];

	if (!probe_reading_pointer(s->reading, f, pointer))
		return 0;
	*out = (struct proposal_field){0};
	judge(out, f, s->carries == CARRIES_LOT);
	out->name = unique_name(p, s, f);
	out->pointer = arena_string(p->arena, pointer);
	if (!out->name || !out->pointer)
		return -ENOMEM;
	s->field_count++;
	return 0;
}

/* Scalars that are neither a time nor the ids. */
static int find_members(struct proposal *p, struct proposal_source *s)
{
	const struct probe_shape *shape = s->reading->from->shape;
	size_t count = probe_shape_count(shape);
	struct probe_time t;
	int rc = 0;

	s->fields = arena_zalloc(p->arena, count + 1, sizeof(s->fields[0]));
	if (!s->fields)
		return -ENOMEM;
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct probe_field *f = probe_shape_field(shape, i);

		if (!probe_field_is_scalar(f) || f == s->id_field || probe_field_time(f, &t) ||
			f->occurrences == f->kinds[KIND_NULL] || !probe_reading_has(s->reading, f))
			continue;
		if (s->carries == CARRIES_UNIT && f == s->reading->unit.field)
			continue;
		rc = add_member(p, s, f);
	}
	return rc;
}

/* A payload that is the value. */
static int find_payload(struct proposal *p, struct proposal_source *s)
{
	const struct probe_field *f = probe_shape_find(s->reading->from->shape, "");

	s->fields = arena_zalloc(p->arena, 1, sizeof(s->fields[0]));
	if (!s->fields)
		return -ENOMEM;
	if (!f)
		return 0;
	judge(&s->fields[0], f, s->carries == CARRIES_LOT);
	s->fields[0].name = "value";
	s->fields[0].means |= probe_head(s->name);
	if (strcmp(s->format, "text") == 0)
		s->fields[0].is_number = false;
	s->field_count = 1;
	return 0;
}

/* Tags may hold anything but what would not pass as text in the file. */
static int add_tag(struct proposal *p, struct proposal_source *s, const char *name, bool is_text,
	const struct probe_field *f)
{
	struct proposal_field *out = &s->fields[s->field_count];

	if (!name || !name[0] || is_name_taken(s, name))
		return 0;
	*out = (struct proposal_field){.name = arena_string(p->arena, name),
		.field = f,
		.is_number = !is_text,
		.means = probe_head(name)};
	if (!out->name)
		return -ENOMEM;
	s->field_count++;
	return 0;
}

/* The tag of a topic as the source's template for it says: "zone_1_temp". */
static void tag_text(char out[TEXT_MAX], const struct probe_template *t,
	const struct probe_topic *topic, bool has_machines)
{
	int tag = probe_template_find(t, CAPTURE_TAG);
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < t->level_count && has_machines; i++)
		if (t->levels[i].capture == CAPTURE_OTHER)
			len += (size_t)snprintf(out + len, TEXT_MAX - len, "%s_", topic->levels[i]);
	snprintf(out + len, TEXT_MAX - len, "%s", topic->levels[tag]);
}

static bool is_topic_text(const struct probe_topic *t)
{
	return t->value_texts > t->value_numbers;
}

static int find_topic_tags(struct proposal *p, struct proposal_source *s)
{
	const struct probe_template *t = s->reading->from;
	char name[TEXT_MAX];
	int rc = 0;

	s->fields = arena_zalloc(p->arena, TAGS_MAX, sizeof(s->fields[0]));
	if (!s->fields)
		return -ENOMEM;
	for (size_t i = 0; i < t->topic_count && rc == 0 && s->field_count < TAGS_MAX; i++) {
		tag_text(name, t, t->topics[i], s->tag != NULL);
		rc = add_tag(p, s, name, is_topic_text(t->topics[i]), NULL);
	}
	return rc;
}

/* Tags that are texts in the payload. */
static int find_named_tags(struct proposal *p, struct proposal_source *s)
{
	const struct probe_field *names = s->reading->tag.field;
	const struct probe_field *value = s->reading->value.field;
	bool is_text = value && probe_field_kind(value) == KIND_TEXT;
	int rc = 0;

	s->fields = arena_zalloc(p->arena, names->seen_count + 1, sizeof(s->fields[0]));
	if (!s->fields)
		return -ENOMEM;
	for (size_t i = 0; i < names->seen_count && rc == 0; i++)
		rc = add_tag(p, s, names->seen[i].text, is_text, NULL);
	if (value && value->kinds[KIND_TEXT] > 0 && !is_text)
		proposal_note(p, &s->notes,
			"some tags are texts: their features stay empty, take them out");
	if (value && probe_field_present(s->reading->from->shape, value) < VALUES_PRESENT)
		proposal_note(p, &s->notes,
			"%.0f %% of the elements have no value (tags in error?): the features of "
			"tags "
			"that never have one stay empty, take them out",
			100 - 100 * probe_field_present(s->reading->from->shape, value));
	if (names->has_more)
		proposal_note(p, &s->notes, "there are more tags than these");
	return rc;
}

/* Tags that are the names of members. */
static int find_member_tags(struct proposal *p, struct proposal_source *s)
{
	const struct probe_shape *shape = s->reading->from->shape;
	size_t len = strlen(s->reading->element), count = probe_shape_count(shape);
	char name[PROBE_POINTER_BYTES_MAX + 1];
	int rc = 0;

	s->fields = arena_zalloc(p->arena, count + 1, sizeof(s->fields[0]));
	if (!s->fields)
		return -ENOMEM;
	for (size_t i = 0; i < count && rc == 0; i++) {
		const struct probe_field *f = probe_shape_field(shape, i);

		if (strncmp(f->pointer, s->reading->element, len) != 0 || f->pointer[len] != '/' ||
			strchr(f->pointer + len + 1, '/') || !probe_field_is_scalar(f))
			continue;
		rc = add_tag(p, s, probe_field_name(f, name, sizeof(name)),
			probe_field_kind(f) == KIND_TEXT, f);
	}
	return rc;
}

int proposal_find_fields(struct proposal *p, struct proposal_source *s)
{
	enum probe_payload payload = s->reading->from->payload;

	if (s->has_tags && s->reading->tag.field)
		return find_named_tags(p, s);
	if (s->has_tags && s->reading->tag.pointer[0])
		return find_member_tags(p, s);
	if (s->has_tags)
		return find_topic_tags(p, s);
	if (payload == PAYLOAD_OBJECT || payload == PAYLOAD_ARRAY)
		return find_members(p, s);
	return find_payload(p, s);
}
