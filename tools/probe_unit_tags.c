/* Ids of pieces that come as a tag among others: PLCs have a tag with the serial number in work. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "tools/probe_words.h"

/* "serial", "M4.Press.CycleNo"; not "unit", which is one of measure. */
static bool is_id_of_unit(const struct proposal_field *f)
{
	size_t len = strlen(f->name);

	if (!(probe_head(f->name) & WORD_UNIT))
		return false;
	if (len >= 4 && strcasecmp(f->name + len - 4, "unit") == 0)
		return false;
	/* where its values are known by themselves, they must change and be no measurements */
	return !f->field ||
	       (f->field->reals == 0 && (f->field->seen_count > 1 || f->field->has_more));
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

/* Of values by their type, as in {"doubleValue":23.5}, ids are texts where there are any. */
static const char *id_pointer(struct proposal *p, const struct probe_reading *r)
{
	const struct probe_shape *s = r->from->shape;
	const char *value = r->value.pointer[0] ? r->value.pointer : "/value";
	const char *last = r->value.field ? strrchr(r->value.field->pointer, '/') : NULL;
	size_t around;

	if (!last || !r->known || !r->known->value || strcmp(value, r->known->value) == 0)
		return value;
	around = (size_t)(last - r->value.field->pointer) + 1;
	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (strncmp(f->pointer, r->value.field->pointer, around) == 0 &&
			probe_field_kind(f) == KIND_TEXT && !strchr(f->pointer + around, '/'))
			return arena_string(p->arena, f->pointer + strlen(r->element));
	}
	return value;
}

/* Elements with the tag's name, of good quality. */
static int read_elements(
	struct proposal *p, struct proposal_source *out, const struct proposal_field *tag)
{
	const struct probe_reading *r = out->reading;

	out->unit = id_pointer(p, r);
	out->when[out->when_count++] =
		(struct proposal_when){r->tag.pointer, json_text(p, tag->name)};
	if (r->quality && out->when_count < PROPOSAL_WHEN_MAX)
		out->when[out->when_count++] = (struct proposal_when){r->quality, r->good};
	out->quality = out->good = NULL;
	return out->unit && out->when[0].is ? 0 : -ENOMEM;
}

/* The member, in the payload as a whole: a tag cannot be told apart by a condition. */
static int read_member(
	struct proposal *p, struct proposal_source *out, const struct proposal_field *tag)
{
	out->each = NULL;
	out->unit = arena_string(p->arena, tag->field->pointer);
	out->time = out->time && out->time[0] == '#' ? out->time + 1 : out->time;
	for (size_t i = 0; i < out->when_count; i++)
		out->when[i].at += out->when[i].at[0] == '#';
	return out->unit ? 0 : -ENOMEM;
}

/* The tag's own topic. */
static int read_topic(
	struct proposal *p, struct proposal_source *out, const struct proposal_field *tag)
{
	const char *end = strstr(out->topic, "{tag}");

	if (!end)
		return -EINVAL;
	out->topic = arena_printf(p->arena, "%.*s%s%s", (int)(end - out->topic), out->topic,
		tag->name, end + strlen("{tag}"));
	out->unit = out->reading->value.field ? out->reading->value.pointer : "";
	return out->topic ? 0 : -ENOMEM;
}

static int add(
	struct proposal *p, const struct proposal_source *s, const struct proposal_field *tag)
{
	struct proposal_source *out = &p->sources[p->source_count];
	char name[PROBE_NAME_MAX];
	int rc;

	*out = *s;
	out->carries = CARRIES_UNIT;
	out->has_tags = false;
	out->tag = out->value = NULL;
	out->fields = NULL;
	out->field_count = 0;
	out->notes = (struct proposal_notes){0};
	out->id_field = tag->field;
	if (s->reading->tag.field)
		rc = read_elements(p, out, tag);
	else if (s->reading->tag.pointer[0])
		rc = read_member(p, out, tag);
	else
		rc = read_topic(p, out, tag);
	probe_name(name, tag->name, "unit");
	out->name = proposal_unique(p, name, proposal_is_source_taken);
	if (rc < 0 || !out->name)
		return rc < 0 ? rc : -ENOMEM;
	proposal_note(p, &out->notes,
		"the name of the tag %s says that it is the id of the piece in work: %s once more, "
		"for "
		"it alone",
		tag->name, s->name);
	p->source_count++;
	return 0;
}

int proposal_find_unit_tags(struct proposal *p, struct proposal_source *s)
{
	int rc = 0;

	if (!s->has_tags || s->carries != CARRIES_STREAM || s->when_count + 2 > PROPOSAL_WHEN_MAX)
		return 0;
	for (size_t i = 0; i < s->field_count && rc == 0; i++) {
		struct proposal_field *tag = &s->fields[i];

		if (!is_id_of_unit(tag) || p->source_count == PROPOSAL_SOURCES_MAX)
			continue;
		/* machines put their name before the tag's: which one is the line's? */
		if (!s->reading->tag.pointer[0] && s->tag)
			continue;
		tag->is_number = false;
		return add(p, s, tag);
	}
	return rc;
}
