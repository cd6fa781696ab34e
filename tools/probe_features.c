/* The features of a proposed line. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/config/names.h"
#include "tools/probe_words.h"

#define WINDOW_MS 60000 /* of a stream before the unit's start */
#define SAMPLES_MIN 3   /* in a window: fewer have no mean worth the name */

/* Each feature as the columns that it becomes. */
static const char *const spread[] = {"", "_mean", "_min", "_max"};

static bool is_column_taken(const struct proposal *p, const char *column)
{
	char other[2 * PROBE_NAME_MAX];

	for (size_t i = 0; i < p->feature_count; i++) {
		const struct proposal_feature *f = &p->features[i];

		for (size_t k = 0; k < ARRAY_LEN(spread); k++) {
			snprintf(other, sizeof(other), "%s%s", f->name, spread[k]);
			if (strcmp(other, column) == 0)
				return true;
		}
	}
	return false;
}

/* As itself, and with what aggregates put behind it. */
static bool is_feature_name_taken(const struct proposal *p, const char *name)
{
	char column[2 * PROBE_NAME_MAX];

	for (size_t k = 0; k < ARRAY_LEN(spread); k++) {
		snprintf(column, sizeof(column), "%s%s", name, spread[k]);
		if (name_is_reserved_column(column) || is_column_taken(p, column))
			return true;
	}
	return false;
}

/* "value" and the like say nothing: the source does. */
static bool is_plain(const char *name)
{
	return probe_words(name) & WORD_VALUE &&
	       !(probe_words(name) & ~(unsigned)(WORD_VALUE | WORD_GENERIC));
}

static size_t columns(const struct proposal *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->feature_count; i++)
		n += p->features[i].take == GIVE_SPREAD ? 3 : 1;
	return n;
}

static int add_feature(struct proposal *p, const struct proposal_feature *like)
{
	struct proposal_feature *f = &p->features[p->feature_count];
	char name[PROBE_NAME_MAX], longer[2 * PROBE_NAME_MAX];

	if (columns(p) + 3 > PROPOSAL_COLUMNS_MAX)
		return 0;
	probe_name(name, like->field->name, "value");
	name[PROBE_NAME_MAX - 8] = '\0'; /* room for _mean and a number */
	if (is_plain(name) || is_feature_name_taken(p, name)) {
		snprintf(longer, sizeof(longer), "%s_%s", like->source->name, name);
		if (is_plain(name))
			snprintf(longer, sizeof(longer), "%s", like->source->name);
		probe_name(name, longer, "value");
		name[PROBE_NAME_MAX - 8] = '\0';
	}
	*f = *like;
	f->name = proposal_unique(p, name, is_feature_name_taken);
	if (!f->name)
		return -ENOMEM;
	p->feature_count++;
	return 0;
}

static int add_fields(struct proposal *p, struct proposal_source *s, struct proposal_feature like)
{
	int rc = 0;

	like.source = s;
	for (size_t k = 0; k < s->field_count && rc == 0; k++) {
		struct proposal_field *f = &s->fields[k];

		if (!f->is_number && !f->is_category)
			continue;
		like.field = f;
		like.is_text = !f->is_number;
		rc = add_feature(p, &like);
	}
	return rc;
}

static int add_units(struct proposal *p)
{
	const struct proposal_feature like = {.take = GIVE_AS_IT_IS};
	int rc = 0;

	for (size_t i = 0; i < p->source_count && rc == 0; i++)
		if (p->sources[i].carries == CARRIES_UNIT && !p->sources[i].is_inspection &&
			&p->sources[i] != p->label.source)
			rc = add_fields(p, &p->sources[i], like);
	return rc;
}

static int add_lots(struct proposal *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->lot_count && rc == 0; i++) {
		const struct proposal_feature like = {.take = GIVE_AS_IT_IS, .lot = &p->lots[i]};

		if (p->lots[i].properties)
			rc = add_fields(p, p->lots[i].properties, like);
	}
	return rc;
}

/* The station that the stream's topic names; the only one there is. */
static const struct proposal_station *station_of(
	const struct proposal *p, const struct proposal_source *s)
{
	char level[PROBE_NAME_MAX];

	for (size_t i = 0; i < p->station_count; i++) {
		const struct probe_template *t = s->reading->from;

		for (size_t k = 0; k < t->level_count; k++) {
			probe_name(level, t->levels[k].name, "");
			if (strcmp(level, p->stations[i].name) == 0)
				return &p->stations[i];
		}
	}
	return p->station_count == 1 ? &p->stations[0] : NULL;
}

/* Values that come seldom are there as the newest one; the others as what they were like. */
static enum proposal_gives take_of(
	const struct proposal_source *s, const struct proposal_station *station)
{
	double interval_ms = s->reading->from->interval_ms;
	int64_t window_ms = station ? station->typical_ms : WINDOW_MS;

	if (interval_ms > 0 && window_ms > 0 && SAMPLES_MIN * interval_ms > (double)window_ms)
		return GIVE_LAST;
	return GIVE_SPREAD;
}

static int add_stream(struct proposal *p, struct proposal_source *s)
{
	struct proposal_feature like = {.source = s, .station = station_of(p, s)};
	const enum proposal_gives take = take_of(s, like.station);
	int rc = 0;

	if (take == GIVE_LAST)
		like.station = NULL;
	for (size_t k = 0; k < s->field_count && rc == 0; k++) {
		struct proposal_field *f = &s->fields[k];

		if ((!f->is_number && !f->is_category) || (f->means & WORD_LOT && !f->is_number))
			continue;
		like.field = f;
		like.is_text = !f->is_number;
		like.take = f->is_number ? take : GIVE_LAST;
		rc = add_feature(p, &like);
	}
	return rc;
}

static int add_streams(struct proposal *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->source_count && rc == 0; i++) {
		const struct probe_template *t = p->sources[i].reading->from;

		/* retained messages are old values: a stream of nothing else has none */
		if (p->sources[i].carries == CARRIES_STREAM && t->messages > t->retained)
			rc = add_stream(p, &p->sources[i]);
	}
	return rc;
}

static void say_what_is_missing(struct proposal *p)
{
	if (p->feature_count > 0)
		return;
	if (p->source_count == 0)
		proposal_note(p, &p->notes,
			"no payload was found that can be read: numbers, text or JSON are wanted");
	else
		proposal_note(p, &p->notes,
			"nothing was found to make a feature of: a line needs numbers of pieces, "
			"lots or machines");
}

int proposal_find_features(struct proposal *p)
{
	int rc;

	p->features = arena_zalloc(p->arena, PROPOSAL_COLUMNS_MAX, sizeof(p->features[0]));
	if (!p->features)
		return -ENOMEM;
	rc = add_units(p);
	if (rc == 0)
		rc = add_lots(p);
	if (rc == 0)
		rc = add_streams(p);
	if (columns(p) + 3 > PROPOSAL_COLUMNS_MAX)
		proposal_note(p, &p->notes,
			"there are more values than %d columns: the rest is left out; narrow it "
			"with --topic",
			PROPOSAL_COLUMNS_MAX);
	say_what_is_missing(p);
	return rc;
}
