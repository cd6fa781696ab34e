/* The sources of a proposed line: templates, by kinds of messages and by machines. */
#include "tools/probe_proposal.h"

#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"

#define READINGS_MAX (2 * PROPOSAL_SOURCES_MAX)

static bool is_machine(enum probe_capture c)
{
	return c == CAPTURE_OTHER || c == CAPTURE_TAG;
}

/* Levels that are neither ids nor the name of the value: each machine gets sources of its own. */
static bool has_machines(const struct probe_reading *r)
{
	bool has_tags = proposal_has_topic_tags(r);

	for (size_t i = 0; i < r->from->level_count; i++)
		if (!has_tags && is_machine(r->from->levels[i].capture))
			return true;
	return false;
}

/* The readings of a template or part of one become sources. *has_machines_out: they would have to
 * be read machine by machine, nothing was added. */
static int add_template(struct proposal *p, const struct probe_template *t, bool *has_machines_out)
{
	struct probe_reading *r = &p->readings[p->reading_count];
	size_t n = 0;
	int rc = 0;

	*has_machines_out = false;
	if (p->reading_count + PROBE_READINGS_MAX <= READINGS_MAX)
		n = probe_readings(r, t, p->begin_ms, p->end_ms);
	for (size_t i = 0; i < n; i++)
		*has_machines_out |= has_machines(&r[i]);
	if (*has_machines_out)
		return 0;
	p->reading_count += n;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = proposal_add_source(p, &r[i]);
	return rc;
}

static bool is_same_machine(
	const struct probe_template *t, const struct probe_topic *a, const struct probe_topic *b)
{
	for (size_t i = 0; i < t->level_count; i++)
		if (is_machine(t->levels[i].capture) && strcmp(a->levels[i], b->levels[i]) != 0)
			return false;
	return true;
}

/* One topic of each machine, the first ones. */
static size_t find_machines(const struct probe_topic *machines[PROPOSAL_MACHINES_MAX],
	const struct probe_template *t, size_t *more)
{
	size_t count = 0;

	*more = 0;
	for (size_t i = 0; i < t->topic_count; i++) {
		bool is_known = false;

		for (size_t m = 0; m < count && !is_known; m++)
			is_known = is_same_machine(t, machines[m], t->topics[i]);
		if (!is_known && count < PROPOSAL_MACHINES_MAX)
			machines[count++] = t->topics[i];
		else if (!is_known)
			++*more;
	}
	return count;
}

/* The part with these messages; machine by machine where it has to be. */
static int add_part(struct proposal *p, struct probe_templates *all, const struct probe_template *t,
	const struct probe_message_kind *only)
{
	const struct probe_topic *machines[PROPOSAL_MACHINES_MAX];
	const struct probe_template *part = t;
	bool per_machine;
	size_t count, more;
	int rc = only ? probe_templates_part(all, &part, t, NULL, only) : 0;

	if (rc == 0)
		rc = add_template(p, part, &per_machine);
	if (rc < 0 || !per_machine)
		return rc;
	count = find_machines(machines, t, &more);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = probe_templates_part(all, &part, t, machines[i], only);
		if (rc == 0)
			rc = add_template(p, part, &per_machine);
	}
	if (more > 0)
		proposal_note(p, &p->notes,
			"%s: the first %zu get sources of their own, the other %zu topics none; "
			"narrow it with --topic",
			t->text, count, more);
	return rc;
}

/* A known shape may be about some kinds of messages only; else each kind is read by itself. */
static int add_kinds(
	struct proposal *p, struct probe_templates *all, const struct probe_template *t)
{
	const struct probe_wild *known = probe_wild_match(t->shape);
	struct probe_message_kind *only;
	int rc = 0;

	if (known && known->only[0] && t->told_by) {
		only = arena_zalloc(p->arena, 1, sizeof(*only));
		if (!only)
			return -ENOMEM;
		only->values = arena_copy(p->arena, known->only, sizeof(known->only));
		while (only->count < PROBE_WILD_ONLY_MAX && known->only[only->count])
			only->count++;
		return only->values ? add_part(p, all, t, only) : -ENOMEM;
	}
	if (t->kind_count == 0)
		return add_part(p, all, t, NULL);
	for (size_t i = 0; i < t->kind_count && rc == 0; i++)
		rc = add_part(p, all, t, &t->kinds[i]);
	return rc;
}

int proposal_find_sources(struct proposal *p, struct probe_templates *templates)
{
	size_t count = probe_templates_count(templates);
	int rc = 0;

	p->readings = arena_zalloc(p->arena, READINGS_MAX, sizeof(p->readings[0]));
	p->sources = arena_zalloc(p->arena, PROPOSAL_SOURCES_MAX, sizeof(p->sources[0]));
	if (!p->readings || !p->sources)
		return -ENOMEM;
	for (size_t i = 0; i < count && rc == 0 && p->source_count < PROPOSAL_SOURCES_MAX; i++)
		rc = add_kinds(p, templates, probe_templates_at(templates, i));
	if (p->source_count == PROPOSAL_SOURCES_MAX)
		proposal_note(p, &p->notes,
			"more than %d sources: the rest is left out; narrow it with --topic",
			PROPOSAL_SOURCES_MAX);
	return rc;
}
