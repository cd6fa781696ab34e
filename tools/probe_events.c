/* Sources that say that a piece comes in or goes out. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "tools/probe_words.h"

/* A level of the topic that says that something enters or leaves. */
static unsigned topic_event(const struct probe_template *t, size_t *at)
{
	unsigned means = 0;

	for (*at = t->level_count; *at > 0 && !means;) {
		const char *level = proposal_plain_level(t, --*at);

		means = level ? probe_words(level) & (WORD_ENTER | WORD_EXIT) : 0;
	}
	return means;
}

/* "press-3/unit/{unit}/start": the press. `at`: the level of the event. */
static void place_name(char out[PROBE_NAME_MAX], const struct probe_template *t, size_t at)
{
	strcpy(out, "station");
	for (size_t i = at; i-- > 0;) {
		const char *level = proposal_plain_level(t, i);

		if (!level || proposal_is_number(level) ||
			probe_words(level) & (WORD_GENERIC | WORD_UNIT | WORD_LOT))
			continue;
		probe_name(out, level, "station");
		return;
	}
}

int proposal_find_event(struct proposal *p, struct proposal_source *s)
{
	const struct probe_template *t = s->reading->from;
	char stem[PROBE_NAME_MAX], name[PROBE_NAME_MAX];
	size_t at = t->level_count;
	const char *text = NULL;
	unsigned means = 0;

	if (s->carries != CARRIES_UNIT)
		return 0;
	if (t->only && t->only->count == 1) {
		text = t->only->values[0];
		means = probe_words(text) & (WORD_ENTER | WORD_EXIT);
	}
	if (!means) {
		means = topic_event(t, &at);
		text = means ? t->levels[at].name : NULL;
	}
	if (!means || means == (WORD_ENTER | WORD_EXIT))
		return 0;
	s->event = means == WORD_ENTER ? EVENT_ENTER : EVENT_EXIT;
	probe_stem(stem, sizeof(stem), proposal_last_part(text));
	if (!stem[0] || probe_words(stem) & (WORD_GENERIC | WORD_UNIT))
		place_name(name, t, at);
	else
		strcpy(name, stem);
	s->event_name = arena_string(p->arena, name);
	probe_stem(stem, sizeof(stem), text);
	s->event_of = arena_string(p->arena, stem);
	for (size_t i = 0; i < t->level_count && s->event_of; i++)
		s->event_of = arena_printf(
			p->arena, "%s/%s", s->event_of, i == at ? "" : t->levels[i].name);
	return s->event_of && s->event_name ? 0 : -ENOMEM;
}
