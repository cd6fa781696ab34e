/* One unit at one station. */
#include "lib/feature/station.h"

#include "lib/base/timestamp.h"

enum visit_event visit_enter(struct visit *v, int64_t time_ms, int64_t clock_ms)
{
	bool is_first = v->enter_ms == NO_TIME;

	if (!is_first && time_ms >= v->enter_ms)
		return VISIT_REPEATED;
	v->enter_ms = time_ms;
	if (v->enter_at_ms == NO_TIME)
		v->enter_at_ms = clock_ms;
	if (v->exit_ms == NO_TIME || v->exit_ms >= time_ms)
		return is_first ? VISIT_TAKEN : VISIT_REPLACED;
	v->exit_ms = v->exit_at_ms = NO_TIME; /* it belonged to nothing that we know */
	return VISIT_REPLACED;
}

enum visit_event visit_exit(struct visit *v, int64_t time_ms, int64_t clock_ms)
{
	bool is_first = v->exit_ms == NO_TIME;

	if (v->enter_ms != NO_TIME && time_ms < v->enter_ms)
		return VISIT_REPEATED;
	if (!is_first && time_ms >= v->exit_ms)
		return VISIT_REPEATED;
	v->exit_ms = time_ms;
	if (v->exit_at_ms == NO_TIME)
		v->exit_at_ms = clock_ms;
	return is_first ? VISIT_TAKEN : VISIT_REPLACED;
}

void visit_ended(struct visit *v, int64_t time_ms, int64_t clock_ms)
{
	if (v->enter_ms == NO_TIME || time_ms <= v->enter_ms)
		return;
	if (v->exit_ms == NO_TIME || time_ms < v->exit_ms)
		v->exit_ms = time_ms;
	if (v->exit_at_ms == NO_TIME)
		v->exit_at_ms = clock_ms;
}

/* Is there an end that counts? */
static bool has_exit(const struct station *s, const struct visit *v)
{
	return v->exit_ms != NO_TIME && v->exit_ms <= v->enter_ms + s->max_dwell_ms;
}

int64_t visit_final_ms(const struct station *s, const struct visit *v)
{
	if (s->enter == NO_INDEX)
		return v->exit_ms == NO_TIME ? INT64_MAX : later_ms(v->exit_at_ms, s->reorder_ms);
	if (v->enter_ms == NO_TIME)
		return INT64_MAX;
	if (has_exit(s, v))
		return later_ms(v->exit_at_ms, s->reorder_ms);
	return later_ms(later_ms(v->enter_at_ms, s->max_dwell_ms), s->reorder_ms);
}

/* The window up to an own exit, from the previous unit's. */
static struct stay stay_before_exit(
	const struct station *s, const struct visit *v, int64_t previous_exit_ms)
{
	struct stay stay = {.to_ms = v->exit_ms, .last_ms = v->exit_ms};

	if (v->exit_ms == NO_TIME)
		return (struct stay){.missing = MISSING_NO_EXIT};
	stay.from_ms = previous_exit_ms;
	stay.first_ms = previous_exit_ms == NO_TIME ? NO_TIME : previous_exit_ms + 1;
	if (s->look_back_ms > 0 && v->exit_ms - s->look_back_ms > stay.from_ms)
		stay.from_ms = stay.first_ms = v->exit_ms - s->look_back_ms;
	return stay;
}

struct stay visit_stay(const struct station *s, const struct visit *v, int64_t previous_exit_ms)
{
	struct stay stay = {.from_ms = v->enter_ms, .first_ms = v->enter_ms};

	if (s->enter == NO_INDEX)
		return stay_before_exit(s, v, previous_exit_ms);
	if (v->enter_ms == NO_TIME)
		return (struct stay){.missing = MISSING_NO_ENTER};
	if (has_exit(s, v)) {
		stay.to_ms = v->exit_ms;
		stay.last_ms = s->exit == NO_INDEX ? v->exit_ms - 1 : v->exit_ms;
		return stay;
	}
	if (!s->no_exit_closes)
		return (struct stay){.missing = MISSING_NO_EXIT};
	stay.to_ms = stay.last_ms = v->enter_ms + s->max_dwell_ms;
	return stay;
}
