/* Room for samples: which of them no window can want any longer, and windows that are worked out
 * before theirs go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/feature/assembler_inside.h"

#define KEPT_SAMPLES 2048 /* so many cost little and are kept whatever their age */

static int freeze(struct assembler *a, struct open_unit *u, size_t feature)
{
	struct assembled_value v;

	a->aggregate_group = NO_INDEX;
	if (assembler_take_window(a, u, feature, &v) < 0 ||
		unit_table_freeze(a->units, u, a->routes.windows[feature], &v) < 0)
		return -ENOMEM;
	if (v.refused.kind == VALUE_MISSING)
		return 0;
	return values_refuse(&u->values, feature, &v.refused, VALUE_REFUSAL_OUT_OF_RANGE, v.to_ms,
		       RULE_NEWER_OR_EQUAL) < 0
		       ? -ENOMEM
		       : 0;
}

/* Windows that want samples older than `limit_ms` are worked out now. Whatever the line's clock
 * says: the signal has gone on by more than any sample of theirs may be late (or has no room for
 * more), and where messages waited in the broker that clock stands still for long. A window whose
 * end is not known by then will not have one. */
static int work_out(struct assembler *a, const struct signal_route *s, int64_t limit_ms)
{
	for (struct open_unit *u = unit_table_first_due(a->units); u; u = u->next) {
		for (size_t i = 0; i < s->features.count; i++) {
			size_t feature = s->features.v[i];

			if (assembler_wanted_ms(a, u, feature) < limit_ms &&
				freeze(a, u, feature) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* Units that are still to come: by the clock, or back to the exit of the one before. */
static void ask_for_next(
	const struct assembler *a, const struct signal_route *s, int64_t *oldest_ms)
{
	if (a->plan->unit.every_ms > 0 && a->every.next_ms != NO_TIME &&
		earlier_ms(a->every.next_ms, s->keep_ms) < *oldest_ms)
		*oldest_ms = earlier_ms(a->every.next_ms, s->keep_ms);
	for (size_t i = 0; i < s->features.count; i++) {
		const struct window *w = &a->plan->features[s->features.v[i]].window;
		int64_t exit_ms = INT64_MIN;

		if (w->anchor != WINDOW_DURING || a->plan->stations[w->station].enter != NO_INDEX ||
			a->plan->stations[w->station].look_back_ms > 0)
			continue;
		if (signal_newest(a->tracks[w->station], &exit_ms))
			exit_ms = earlier_ms(exit_ms, s->keep_ms);
		if (exit_ms < *oldest_ms)
			*oldest_ms = exit_ms;
	}
}

/* What at most may stay so that it is worth asking all open units, else the signal grows; at the
 * limit a little less than all. */
static size_t most_that_stay(const struct assembler *a, size_t count)
{
	return count < a->limits.samples ? count - count / 4 : count - count / 16;
}

/* At the limit the oldest goes for each new one, so that not each can ask all open units: one of so
 * many does. */
static size_t asked_each(const struct assembler *a)
{
	return a->limits.samples / 16 + 1;
}

/* The oldest sample that is left when the signal is asked again. */
static int64_t left_then_ms(const struct assembler *a, const struct signal *signal)
{
	const struct sample *first;
	size_t count = signal_range(signal, INT64_MIN, INT64_MAX, &first), gone = asked_each(a);

	return gone < count ? first[gone].time_ms : INT64_MAX;
}

int assembler_make_room(struct assembler *a, size_t index)
{
	const struct signal_route *s = &a->routes.signals[index];
	struct signal *signal = a->signals[index];
	size_t count = signal_count(signal), most = most_that_stay(a, count);
	bool is_at_limit = count == a->limits.samples;
	int64_t newest_ms, oldest_ms, limit_ms;
	const struct sample *first;

	if ((!is_at_limit && count < KEPT_SAMPLES) || !signal_newest(signal, &newest_ms) ||
		(is_at_limit && signal_over(signal) % asked_each(a) != 0))
		return 0;
	limit_ms = oldest_ms = earlier_ms(newest_ms, s->keep_ms);
	if (is_at_limit && left_then_ms(a, signal) > limit_ms)
		limit_ms = left_then_ms(a, signal);
	else if (signal_range(signal, oldest_ms, INT64_MAX, &first) > most)
		return 0;
	if (work_out(a, s, limit_ms) < 0)
		return -ENOMEM;
	ask_for_next(a, s, &oldest_ms);
	if (signal_range(signal, oldest_ms, INT64_MAX, &first) <= most)
		signal_drop_before(signal, oldest_ms);
	return 0;
}
