/* A signal to bytes and back.
 *
 *   1 byte    flags
 *   varint    capacity, samples that the limit took, count
 *   zigzag    the time of the newest that went, where one did
 *   samples:  varint: time since the one before (the first: its time, zigzag)
 *             8 bytes: number; or varint: 0: the text of the one before, else 1 + bytes, and the
 *             bytes */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/feature/signal_inside.h"
#include "lib/feature/values.h"

enum {
	IS_TEXT = 1,
	HAS_DROPPED = 2,
	BY_LIMIT = 4,
};

#define NUMBER_SAMPLE_BYTES_MIN 9
#define TEXT_SAMPLE_BYTES_MIN 2

static void save_text(const char *text, const char *before, struct buf *out)
{
	size_t len = strlen(text);

	if (before && strcmp(text, before) == 0) {
		buf_put_varint(out, 0);
		return;
	}
	buf_put_varint(out, len + 1);
	buf_put(out, text, len);
}

void signal_save(const struct signal *s, struct buf *out)
{
	bool has_dropped = s->dropped_to_ms != INT64_MIN;

	buf_put_u8(out, (uint8_t)((s->is_text ? IS_TEXT : 0) | (has_dropped ? HAS_DROPPED : 0) |
				  (s->dropped_by_limit ? BY_LIMIT : 0)));
	buf_put_varint(out, s->capacity);
	buf_put_varint(out, s->over);
	buf_put_varint(out, s->count);
	if (has_dropped)
		buf_put_zigzag(out, s->dropped_to_ms);
	for (size_t i = 0; i < s->count; i++) {
		const struct sample *sample = signal_sample(s, i);
		const struct sample *before = i > 0 ? signal_sample(s, i - 1) : NULL;

		if (before)
			buf_put_varint(out, (uint64_t)sample->time_ms - (uint64_t)before->time_ms);
		else
			buf_put_zigzag(out, sample->time_ms);
		if (s->is_text)
			save_text(sample->text, before ? before->text : NULL, out);
		else
			buf_put_f64(out, sample->number);
	}
}

/* The time behind `before_ms`; of the first sample as it stands. */
static bool load_time(struct cursor *in, bool is_first, int64_t before_ms, int64_t *out)
{
	uint64_t delta;

	if (is_first) {
		*out = cursor_zigzag(in);
		return !in->failed && *out >= before_ms;
	}
	delta = cursor_varint(in);
	if (in->failed || delta > (uint64_t)INT64_MAX - (uint64_t)before_ms)
		return false;
	*out = (int64_t)((uint64_t)before_ms + delta);
	return true;
}

/* *len is the length of the text; v->text has no NUL behind it. */
static bool load_value(const struct signal *s, struct cursor *in, struct value *v, size_t *len)
{
	uint64_t head;

	if (!s->is_text) {
		v->number = cursor_f64(in);
		return !in->failed && isfinite(v->number);
	}
	head = cursor_varint(in);
	if (in->failed || head > TEXT_VALUE_BYTES_MAX + 1)
		return false;
	if (head == 0)
		return v->text != NULL; /* stays as it is */
	v->text = cursor_bytes(in, head - 1);
	*len = (size_t)head - 1;
	return v->text && !memchr(v->text, '\0', *len);
}

static int load_samples(struct signal *s, struct cursor *in, uint64_t count)
{
	struct value v = {.kind = s->is_text ? VALUE_TEXT : VALUE_NUMBER};
	int64_t time_ms = s->dropped_to_ms;
	size_t len = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (!load_time(in, i == 0, time_ms, &time_ms) || !load_value(s, in, &v, &len))
			return -EINVAL;
		if (signal_insert(s, s->count, time_ms, &v, len) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int load(struct signal *s, struct cursor *in)
{
	unsigned flags = cursor_u8(in);
	uint64_t capacity = cursor_varint(in), over = cursor_varint(in), count = cursor_varint(in);
	bool has_dropped = flags & HAS_DROPPED;
	int64_t dropped_to_ms = has_dropped ? cursor_zigzag(in) : INT64_MIN;
	size_t sample_bytes = s->is_text ? TEXT_SAMPLE_BYTES_MIN : NUMBER_SAMPLE_BYTES_MIN;

	if (in->failed || (flags & ~(unsigned)(IS_TEXT | HAS_DROPPED | BY_LIMIT)) ||
		(bool)(flags & IS_TEXT) != s->is_text || ((flags & BY_LIMIT) && !has_dropped) ||
		(has_dropped && count == 0) || count > capacity ||
		count > cursor_left(in) / sample_bytes)
		return -EINVAL;
	if (signal_reserve(s, capacity < s->limit ? (size_t)capacity : s->limit) < 0)
		return -ENOMEM;
	s->over = over;
	s->dropped_to_ms = dropped_to_ms;
	s->dropped_by_limit = flags & BY_LIMIT;
	return load_samples(s, in, count);
}

int signal_load(struct signal *s, struct cursor *in, struct err *err)
{
	int rc;

	signal_clear(s);
	rc = load(s, in);
	if (rc == 0)
		return 0;
	signal_clear(s);
	if (rc == -ENOMEM)
		return err_set(err, rc, "no memory for the samples of a signal");
	return err_set(err, rc, "the saved samples of a signal are not what this program writes");
}
