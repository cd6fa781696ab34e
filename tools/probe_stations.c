/* The stations of a proposed line: pairs of events, how long a piece stays between them. Where
 * nothing else would open a unit, a source of ids alone becomes a station. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "tools/probe_words.h"

#define PIECES_MAX 1000 /* measured */
#define DWELL_UNKNOWN_MS (600 * 1000)
#define DWELL_MIN_MS (60 * 1000)
#define DWELL_TIMES 3 /* the longest stay seen, for those that were not */

static bool is_station_name_taken(const struct proposal *p, const char *name)
{
	if (strcmp(name, "start") == 0) /* a window is anchored at it */
		return true;
	for (size_t i = 0; i < p->station_count; i++)
		if (p->stations[i].name && strcmp(p->stations[i].name, name) == 0)
			return true;
	return false;
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int find_stays(int64_t stays[PIECES_MAX], size_t *count, const struct proposal_source *enter,
	const struct proposal_source *exit)
{
	struct probe_span *spans = calloc(PIECES_MAX, sizeof(*spans)), span;
	struct map *entered = NULL;
	const char *id;
	int rc = spans ? map_new(&entered, PIECES_MAX) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < PIECES_MAX && (id = proposal_id(enter, i, &spans[i]));
		i++)
		if (spans[i].count > 0)
			rc = map_put(entered, id, &spans[i]);
	for (size_t i = 0; rc == 0 && *count < PIECES_MAX && (id = proposal_id(exit, i, &span));
		i++) {
		const struct probe_span *from = map_get(entered, id);

		if (from && span.count > 0 && span.first_ms >= from->first_ms)
			stays[(*count)++] = span.first_ms - from->first_ms;
	}
	map_free(entered);
	free(spans);
	return rc;
}

/* Up to a round number of seconds or minutes. */
static int64_t round_up(int64_t ms)
{
	int64_t step = ms > 600 * 1000 ? 60 * 1000 : 10 * 1000;

	return (ms + step - 1) / step * step;
}

static int measure(struct proposal *p, struct proposal_station *s)
{
	int64_t *stays = calloc(PIECES_MAX, sizeof(*stays));
	int64_t longest;
	size_t n = 0;
	int rc = stays ? 0 : -ENOMEM;

	if (rc == 0)
		rc = find_stays(stays, &n, s->enter, s->exit);
	s->max_dwell_ms = DWELL_UNKNOWN_MS;
	if (rc == 0 && n > 0) {
		qsort(stays, n, sizeof(*stays), by_length);
		s->typical_ms = stays[n / 2];
		longest = stays[n - 1];
		s->max_dwell_ms = round_up(DWELL_TIMES * longest);
		if (s->max_dwell_ms < DWELL_MIN_MS)
			s->max_dwell_ms = DWELL_MIN_MS;
		proposal_note(p, &s->notes,
			"%zu pieces were seen to come in and go out: after %.1f s in the middle, "
			"%.1f s at most",
			n, (double)s->typical_ms / 1000, (double)longest / 1000);
	} else if (rc == 0) {
		proposal_note(p, &s->notes,
			"no piece was seen to come in and go out: write the longest time that one "
			"can be inside");
	}
	free(stays);
	return rc;
}

static struct proposal_station *add_station(
	struct proposal *p, struct proposal_source *enter, struct proposal_source *exit)
{
	struct proposal_station *s = &p->stations[p->station_count];
	const char *event_name = enter ? enter->event_name : exit->event_name;
	char name[PROBE_NAME_MAX];

	*s = (struct proposal_station){.enter = enter, .exit = exit};
	probe_name(name, event_name ? event_name : enter ? enter->name : exit->name, "station");
	s->name = proposal_unique(p, name, is_station_name_taken);
	p->station_count += s->name != NULL;
	return s->name ? s : NULL;
}

static int find_pairs(struct proposal *p)
{
	int rc = 0;

	for (size_t i = 0; i < p->source_count && rc == 0; i++) {
		struct proposal_source *enter = &p->sources[i], *exit = NULL;
		struct proposal_station *s;

		for (size_t k = 0; k < p->source_count && enter->event == EVENT_ENTER; k++)
			if (!exit && p->sources[k].event == EVENT_EXIT &&
				strcmp(p->sources[k].event_of, enter->event_of) == 0)
				exit = &p->sources[k];
		if (!exit)
			continue;
		s = add_station(p, enter, exit);
		rc = s ? measure(p, s) : -ENOMEM;
	}
	return rc;
}

/* Will a feature or lot use the source? Then its messages open units. */
static bool opens(const struct proposal *p, const struct proposal_source *s)
{
	if (s->carries != CARRIES_UNIT || s->is_inspection || s == p->label.source)
		return false;
	for (size_t k = 0; k < s->field_count; k++)
		if (s->fields[k].is_number || s->fields[k].is_category)
			return true;
	for (size_t i = 0; i < p->lot_count; i++)
		if (p->lots[i].from == s)
			return true;
	return false;
}

/* Units are seen, but nothing would open them: what says that they are there is a station. */
static int find_last_resort(struct proposal *p)
{
	struct proposal_source *best = NULL;
	struct proposal_station *s;

	for (size_t i = 0; i < p->source_count; i++) {
		struct proposal_source *source = &p->sources[i];

		if (opens(p, source))
			return 0;
		if (source->carries == CARRIES_UNIT && source != p->label.source &&
			(!best || (source->event == EVENT_ENTER && best->event != EVENT_ENTER)))
			best = source;
	}
	if (p->station_count > 0 || !best)
		return 0;
	if (best->event == EVENT_EXIT || p->label.source) {
		s = add_station(p, NULL, best);
		if (s)
			proposal_note(p, &s->notes,
				"%s says only that a piece is done: its time begins when the one "
				"before it was",
				best->name);
	} else {
		s = add_station(p, best, NULL);
		if (s)
			proposal_note(p, &s->notes,
				"%s says only that a piece is there: its time ends when the next "
				"one comes",
				best->name);
	}
	if (!s)
		return -ENOMEM;
	s->max_dwell_ms = DWELL_UNKNOWN_MS;
	return 0;
}

int proposal_find_stations(struct proposal *p)
{
	int rc;

	p->stations = arena_zalloc(p->arena, p->source_count + 1, sizeof(p->stations[0]));
	if (!p->stations)
		return -ENOMEM;
	rc = find_pairs(p);
	return rc == 0 ? find_last_resort(p) : rc;
}
