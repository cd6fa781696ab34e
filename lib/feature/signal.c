/* The samples of one signal. */
#include "lib/feature/signal.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/feature/signal_inside.h"
#include "lib/feature/values.h"

#define CAPACITY_FIRST 64

/* A text and how many samples have it: neighbours of the same text share it, and most texts are
 * states that are said again and again. */
struct shared_text {
	uint32_t samples;
	char text[];
};

static struct shared_text *shared(char *text)
{
	return (struct shared_text *)(text - offsetof(struct shared_text, text));
}

static void release(struct signal *s, struct sample *sample)
{
	struct shared_text *t;

	if (!s->is_text)
		return;
	t = shared(sample->text);
	if (--t->samples == 0)
		free(t);
}

static bool has_text(const struct sample *sample, const char *text, size_t len)
{
	return strncmp(sample->text, text, len) == 0 && sample->text[len] == '\0';
}

/* The text for a sample that will stand at `at`; NULL: no memory. */
static char *take_text(struct signal *s, size_t at, const char *text, size_t len)
{
	struct shared_text *t;

	for (size_t i = at > 0 ? at - 1 : 0; i <= at && i < s->count; i++) {
		if (!has_text(signal_sample(s, i), text, len))
			continue;
		shared(signal_sample(s, i)->text)->samples++;
		return signal_sample(s, i)->text;
	}
	t = malloc(sizeof(*t) + len + 1);
	if (!t)
		return NULL;
	t->samples = 1;
	memcpy(t->text, text, len);
	t->text[len] = '\0';
	return t->text;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

int signal_reserve(struct signal *s, size_t capacity)
{
	size_t wanted = s->capacity, places;
	struct sample *samples;

	while (wanted < capacity && wanted < s->limit)
		wanted = smaller(wanted * 2, s->limit);
	if (wanted == s->capacity && s->places > 0)
		return 0;
	places = wanted + wanted / 4 + 1;
	samples = reallocarray(s->samples, places, sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	s->samples = samples;
	s->places = places;
	s->capacity = wanted;
	return 0;
}

void signal_clear(struct signal *s)
{
	for (size_t i = 0; i < s->count; i++)
		release(s, signal_sample(s, i));
	free(s->samples);
	*s = (struct signal){.is_text = s->is_text,
		.limit = s->limit,
		.capacity = smaller(CAPACITY_FIRST, s->limit),
		.dropped_to_ms = INT64_MIN};
}

int signal_new(struct signal **out, bool is_text, size_t limit)
{
	struct signal *s = calloc(1, sizeof(*s));

	assert(limit > 0 && limit <= UINT32_MAX);
	if (!s)
		return -ENOMEM;
	s->is_text = is_text;
	s->limit = limit;
	signal_clear(s);
	*out = s;
	return 0;
}

void signal_free(struct signal *s)
{
	if (!s)
		return;
	signal_clear(s);
	free(s);
}

/* How many samples are at or before `time_ms`. */
static size_t count_to(const struct signal *s, int64_t time_ms)
{
	size_t low = 0, high = s->count;

	if (high > 0 && signal_sample(s, high - 1)->time_ms <= time_ms)
		return high; /* nearly always */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (signal_sample(s, middle)->time_ms <= time_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t count_before(const struct signal *s, int64_t time_ms)
{
	return time_ms == INT64_MIN ? 0 : count_to(s, time_ms - 1);
}

static void drop_oldest(struct signal *s, size_t count, bool by_limit)
{
	for (size_t i = 0; i < count; i++)
		release(s, signal_sample(s, i));
	s->dropped_to_ms = signal_sample(s, count - 1)->time_ms;
	s->dropped_by_limit = by_limit;
	s->head += count;
	s->count -= count;
}

static void move_to_front(struct signal *s)
{
	memmove(s->samples, signal_sample(s, 0), s->count * sizeof(*s->samples));
	s->head = 0;
}

int signal_insert(struct signal *s, size_t at, int64_t time_ms, const struct value *v, size_t len)
{
	struct sample sample = {.time_ms = time_ms};

	if (s->is_text)
		sample.text = take_text(s, at, v->text, len);
	else
		sample.number = v->number;
	if (s->is_text && !sample.text)
		return -ENOMEM;
	if (signal_reserve(s, s->count + 1) < 0) {
		release(s, &sample);
		return -ENOMEM;
	}
	if (s->count == s->limit) {
		drop_oldest(s, 1, true);
		s->over++;
		at--;
	}
	if (s->head + s->count == s->places)
		move_to_front(s);
	memmove(signal_sample(s, at + 1), signal_sample(s, at),
		(s->count - at) * sizeof(*s->samples));
	*signal_sample(s, at) = sample;
	s->count++;
	return SIGNAL_ADDED;
}

/* Among the first `count` samples, the last of which may be of this time. */
static bool is_there(const struct signal *s, size_t count, int64_t time_ms, const struct value *v)
{
	for (; count > 0; count--) {
		const struct sample *there = signal_sample(s, count - 1);

		if (there->time_ms != time_ms)
			break;
		if (s->is_text ? strcmp(there->text, v->text) == 0 : there->number == v->number)
			return true;
	}
	return false;
}

int signal_add(struct signal *s, int64_t time_ms, const struct value *v, bool unique)
{
	size_t at = count_to(s, time_ms);
	size_t len = s->is_text ? strlen(v->text) : 0;

	assert(v->kind == (s->is_text ? VALUE_TEXT : VALUE_NUMBER));
	assert(s->is_text ? len <= TEXT_VALUE_BYTES_MAX : isfinite(v->number));
	if (at == 0 && s->dropped_to_ms != INT64_MIN && time_ms <= s->dropped_to_ms)
		return SIGNAL_OUTDATED;
	if (unique && is_there(s, at, time_ms, v))
		return SIGNAL_REPEAT;
	if (at == 0 && s->count == s->limit) {
		s->dropped_to_ms = time_ms;
		s->dropped_by_limit = true;
		return SIGNAL_OUTDATED;
	}
	return signal_insert(s, at, time_ms, v, len);
}

bool signal_is_full(const struct signal *s)
{
	return s->count == s->capacity;
}

void signal_drop_before(struct signal *s, int64_t time_ms)
{
	size_t before = count_before(s, time_ms);

	if (before <= 1)
		return;
	drop_oldest(s, before - 1, false);
	move_to_front(s); /* many go at a time: so no place is touched that is not needed */
}

int64_t signal_dropped_to_ms(const struct signal *s)
{
	return s->dropped_to_ms;
}

bool signal_dropped_by_limit(const struct signal *s)
{
	return s->dropped_by_limit;
}

uint64_t signal_over(const struct signal *s)
{
	return s->over;
}

size_t signal_count(const struct signal *s)
{
	return s->count;
}

bool signal_newest(const struct signal *s, int64_t *time_ms)
{
	if (s->count == 0)
		return false;
	*time_ms = signal_sample(s, s->count - 1)->time_ms;
	return true;
}

size_t signal_range(
	const struct signal *s, int64_t from_ms, int64_t to_ms, const struct sample **first)
{
	size_t before = count_before(s, from_ms), to = count_to(s, to_ms);

	*first = NULL;
	if (to <= before)
		return 0;
	*first = signal_sample(s, before);
	return to - before;
}

const struct sample *signal_at(const struct signal *s, int64_t time_ms)
{
	size_t count = count_to(s, time_ms);

	return count > 0 ? signal_sample(s, count - 1) : NULL;
}
