/* What time alone does: units by the clock, gaps, and when something is due next. */
#include <stdio.h>

#include "lib/base/timestamp.h"
#include "lib/feature/assembler_inside.h"

/* So many units by the clock are made up when they were missed; of more the oldest are left out. */
#define MADE_UP_MAX 1000

/* Set back by no more than this the clock is waited for: those times have had their unit. By more
 * it is not: a machine is not left alone for that long, and a time that comes a second time has a
 * row that the database refuses. */
#define WAIT_MS 60000

/* The first multiple of `every_ms` at or after `ms`. */
static int64_t multiple_from(int64_t ms, int64_t every_ms)
{
	return ms <= 0 ? 0 : (ms + every_ms - 1) / every_ms * every_ms;
}

/* The next unit is due when the line's clock has gone as far as the gateway's has to go. */
static void plan_next(struct assembler *a, int64_t next_ms)
{
	a->every.next_ms = next_ms;
	a->every.due_ms =
		next_ms > a->now_ms ? later_ms(a->clock_ms, next_ms - a->now_ms) : a->clock_ms;
}

static bool was_set_back(const struct assembler *a)
{
	return earlier_ms(a->every.next_ms, a->now_ms) > a->plan->unit.every_ms + WAIT_MS;
}

/* How many units were due and not looked at when the gateway's clock said `now_ms`. */
static int64_t missed_at(const struct assembler *a, int64_t now_ms)
{
	int64_t next_ms = a->every.next_ms;

	return next_ms > now_ms ? 0 : (now_ms - next_ms) / a->plan->unit.every_ms + 1;
}

static void leave_out(struct assembler *a, int64_t count)
{
	if (count <= 0)
		return;
	a->counts.every_skipped += (uint64_t)count;
	a->every.next_ms += count * a->plan->unit.every_ms;
}

struct open_unit *assembler_open_every(struct assembler *a)
{
	int64_t every_ms = a->plan->unit.every_ms;
	char id[ID_BYTES_MAX + 1], at[TIMESTAMP_TEXT_MAX];
	struct open_unit *u;

	if (every_ms == 0 || a->newest || a->now_ms == NO_TIME)
		return NULL;
	if (a->every.next_ms == NO_TIME || was_set_back(a))
		plan_next(a, multiple_from(a->now_ms, every_ms));
	if (a->clock_ms < a->every.due_ms)
		return NULL;
	if (a->now_ms < a->every.next_ms) { /* the gateway's clock was set back */
		plan_next(a, a->every.next_ms);
		return NULL;
	}
	leave_out(a, missed_at(a, a->now_ms) - MADE_UP_MAX);
	timestamp_print(at, a->every.next_ms);
	snprintf(id, sizeof(id), "%s-%s", a->plan->line, at);
	u = unit_table_open(a->units, id, a->every.next_ms, a->clock_ms);
	if (!u)
		return NULL;
	u->opened_ms = a->every.next_ms -
		       (a->routes.widest_ms > every_ms ? a->routes.widest_ms : every_ms);
	plan_next(a, a->every.next_ms + every_ms);
	if (assembler_bind_loaded(a, u) < 0)
		return NULL;
	unit_table_complete(a->units, u, "every");
	return u;
}

void assembler_clock_set(struct assembler *a, int64_t jump_ms, int64_t now_ms, int64_t clock_ms)
{
	a->now_ms = now_ms;
	a->clock_ms = clock_ms;
	if (a->plan->unit.every_ms == 0 || a->every.next_ms == NO_TIME)
		return;
	/* Set forward: what was skipped never was, and what had been missed before is not told
	 * apart from it later. */
	if (was_set_back(a)) {
		a->every.next_ms = multiple_from(now_ms, a->plan->unit.every_ms);
	} else if (jump_ms > 0) {
		leave_out(a, missed_at(a, earlier_ms(now_ms, jump_ms)));
		if (a->every.next_ms < now_ms)
			a->every.next_ms = multiple_from(now_ms, a->plan->unit.every_ms);
	}
	plan_next(a, a->every.next_ms);
}

static bool has_source(const struct plan *plan, int qos)
{
	for (size_t i = 0; i < plan->source_count; i++)
		if (plan->sources[i].qos == qos)
			return true;
	return false;
}

static bool has_unjournaled(const struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		if (!plan->sources[i].journal)
			return true;
	return false;
}

static void remove_gap(struct assembler *a, size_t i)
{
	a->gap_count--;
	for (; i < a->gap_count; i++)
		a->gaps[i] = a->gaps[i + 1];
}

/* Those that it overlaps or goes on from become part of it. */
static void swallow_gaps(struct assembler *a, struct gap *gap)
{
	for (size_t i = a->gap_count; i-- > 0;) {
		const struct gap other = a->gaps[i];

		if (other.to_ms < gap->from_ms || other.from_ms > gap->to_ms)
			continue;
		if (other.from_ms < gap->from_ms)
			gap->from_ms = other.from_ms;
		if (other.to_ms > gap->to_ms)
			gap->to_ms = other.to_ms;
		remove_gap(a, i);
	}
}

void assembler_add_gap(
	struct assembler *a, int64_t from_ms, int64_t to_ms, int64_t saved_ms, bool kept)
{
	struct gap gap = {from_ms, to_ms};

	if (has_unjournaled(a->plan) && saved_ms < from_ms)
		gap.from_ms = saved_ms;
	if (to_ms <= gap.from_ms || (kept && !has_source(a->plan, 0)))
		return;
	swallow_gaps(a, &gap);
	if (a->gap_count == GAPS_MAX) {
		a->gaps[1].from_ms = a->gaps[0].from_ms;
		remove_gap(a, 0);
	}
	a->gaps[a->gap_count++] = gap;
}

int64_t assembler_gap_ms(const struct assembler *a, int64_t from_ms, int64_t to_ms)
{
	int64_t sum_ms = 0;

	for (size_t i = 0; i < a->gap_count; i++) {
		int64_t begin = a->gaps[i].from_ms > from_ms ? a->gaps[i].from_ms : from_ms;
		int64_t end = a->gaps[i].to_ms < to_ms ? a->gaps[i].to_ms : to_ms;

		if (end > begin)
			sum_ms += end - begin;
	}
	return sum_ms;
}
