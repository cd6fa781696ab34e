/* Time zones from TZif files (RFC 9636): header and 32-bit data; from version 2 on once more header
 * and 64-bit data, and a footer with the rule for what comes after. All numbers big endian. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/time_zone.h"
#include "lib/base/time_zone_inside.h"

#define HEADER_BYTES 44
#define TYPE_BYTES 6
#define OFFSET_MIN (-89999) /* -24:59:59 */
#define OFFSET_MAX 93599    /* +25:59:59 */
/* Times that the standard allows; there is nothing before the Big Bang. */
#define TIME_BOUND (INT64_C(1) << 59)

struct bytes {
	const unsigned char *at, *end;
};

/* A header and the data behind it. */
struct block {
	int version;
	uint32_t is_ut, is_standard, leaps, times, types, name_bytes; /* how many of each */
	size_t time_bytes;                                            /* 4 or 8 */
	const unsigned char *time_at, *index_at, *type_at;
};

static uint64_t big_endian(const unsigned char *at, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v = v << 8 | at[i];
	return v;
}

static size_t left(const struct bytes *b)
{
	return (size_t)(b->end - b->at);
}

static int read_header(struct bytes *b, struct block *k, struct err *err)
{
	uint32_t *counts[] = {
		&k->is_ut, &k->is_standard, &k->leaps, &k->times, &k->types, &k->name_bytes};

	if (left(b) < 4 || memcmp(b->at, "TZif", 4) != 0)
		return err_set(err, -EINVAL, "the data of a time zone begin with \"TZif\"");
	if (left(b) < HEADER_BYTES)
		return err_set(err, -EINVAL, "the data of the time zone end in a header");
	k->version = b->at[4];
	if (k->version != 0 && k->version < '2')
		return err_set(err, -EINVAL,
			"the time zone is of version 0x%02x, known are 0 and \"2\" to \"4\"",
			(unsigned)k->version);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		*counts[i] = (uint32_t)big_endian(b->at + 20 + 4 * i, 4);
	b->at += HEADER_BYTES;
	return 0;
}

static int read_block(struct bytes *b, struct block *k, size_t time_bytes, struct err *err)
{
	uint64_t size; /* of at most 2^32 things of at most 12 bytes each: no overflow */
	int r = read_header(b, k, err);

	if (r < 0)
		return r;
	size = (uint64_t)k->times * (time_bytes + 1) + (uint64_t)k->types * TYPE_BYTES +
	       k->name_bytes + (uint64_t)k->leaps * (time_bytes + 4) + k->is_standard + k->is_ut;
	if (size > left(b))
		return err_set(err, -EINVAL,
			"the data of the time zone end early: %" PRIu64 " bytes should follow a "
			"header, there are %zu",
			size, left(b));
	k->time_bytes = time_bytes;
	k->time_at = b->at;
	k->index_at = k->time_at + k->times * time_bytes;
	k->type_at = k->index_at + k->times;
	b->at += size;
	return 0;
}

static int read_offset(const struct block *k, size_t type, int32_t *out_s, struct err *err)
{
	int32_t v;

	if (type >= k->types)
		return err_set(err, -EINVAL,
			"the time zone has no type %zu, there are %" PRIu32 " of them", type,
			k->types);
	v = (int32_t)big_endian(k->type_at + type * TYPE_BYTES, 4);
	if (v < OFFSET_MIN || v > OFFSET_MAX)
		return err_set(err, -EINVAL,
			"an offset of the time zone is %" PRId32 " s, allowed are %d to %d", v,
			OFFSET_MIN, OFFSET_MAX);
	*out_s = v;
	return 0;
}

static int64_t time_of(const struct block *k, size_t i)
{
	uint64_t bits = big_endian(k->time_at + i * k->time_bytes, k->time_bytes);

	return k->time_bytes == 4 ? (int32_t)bits : (int64_t)bits;
}

/* The changes of a block into z, which has room for them. */
static int read_changes(struct time_zone *z, const struct block *k, struct err *err)
{
	int64_t last_wall_s = INT64_MIN;
	int32_t before_s, offset_s;
	int r = read_offset(k, 0, &before_s, err);

	if (r < 0)
		return r;
	z->first_offset_s = before_s;
	z->last_change_s = INT64_MIN;
	for (size_t i = 0; i < k->times; i++) {
		int64_t at_s = time_of(k, i), wall_s;

		r = read_offset(k, k->index_at[i], &offset_s, err);
		if (r < 0)
			return r;
		if (at_s < -TIME_BOUND || at_s > TIME_BOUND)
			return err_set(err, -EINVAL,
				"a change of the time zone is at %" PRId64
				" s, allowed are -2^59 to 2^59",
				at_s);
		if (at_s <= z->last_change_s)
			return err_set(err, -EINVAL, "changes of the time zone are not in order");
		wall_s = at_s + (before_s > offset_s ? before_s : offset_s);
		/* a change inside an hour that the one before it made occur twice */
		if (wall_s < last_wall_s)
			wall_s = last_wall_s;
		z->changes[z->count++] = (struct time_zone_change){wall_s, offset_s};
		z->last_change_s = at_s;
		last_wall_s = wall_s;
		before_s = offset_s;
	}
	return 0;
}

/* A line feed, the rule or nothing, a line feed; nothing behind it. */
static int read_footer(struct time_zone *z, const struct bytes *b, struct err *err)
{
	const char *text = (const char *)b->at + 1;
	size_t len;

	if (left(b) < 2 || b->at[0] != '\n' || b->end[-1] != '\n')
		return err_set(err, -EINVAL,
			"the data of the time zone do not end with its rule between line feeds");
	len = left(b) - 2;
	z->has_rule = len > 0;
	return z->has_rule ? time_zone_rule_parse(&z->rule, text, len, err) : 0;
}

int time_zone_from_tzif(struct time_zone **out, const void *bytes, size_t len, struct err *err)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	struct bytes b = {bytes, (const unsigned char *)bytes + len};
	struct block k;
	int r = read_block(&b, &k, 4, err);
	bool has_footer = r == 0 && k.version != 0;

	if (has_footer)
		r = read_block(&b, &k, 8, err);
	if (r < 0)
		return r;
	if (k.leaps > 0)
		return err_set(err, -EINVAL,
			"the time zone counts leap seconds, which times of messages do not");
	z = calloc(1, sizeof(*z) + k.times * sizeof(z->changes[0]));
	if (!z)
		return err_set(
			err, -ENOMEM, "no memory for a time zone of %" PRIu32 " changes", k.times);
	r = read_changes(z, &k, err);
	if (r == 0 && has_footer)
		r = read_footer(z, &b, err);
	if (r < 0)
		return r;
	*out = TAKE(z);
	return 0;
}
