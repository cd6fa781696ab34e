/* Scored units whose late messages are still recognised.
 *
 * Glossary
 *   record    head, id and padding to 8 bytes, little endian; replaced ones stay until they are
 *             the oldest, marked dead
 *   position  where a record begins, counted in bytes since the first record ever (modulo 2^32);
 *             it stays true when the bytes are moved
 *   index     open addressing with linear probing (Knuth, TAOCP 3, 6.4, algorithm L; deletion:
 *             algorithm R); a place holds a position with its lowest bit set, or 0 */
#include "lib/feature/remembered.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/hash.h"
#include "lib/feature/plan.h"

#define ALIGN 8
#define INDEX_FIRST 64         /* places, a power of two */
#define SLACK_BYTES (64 << 10) /* so much may lie dead in front before the bytes are moved */

struct record {
	int64_t started_ms, scored_ms; /* little endian */
	uint32_t hash;                 /* of the id, little endian */
	uint8_t is_dead;
	uint8_t len; /* of the id, 1 to ID_BYTES_MAX */
	char id[];   /* no NUL */
};
#define RECORD_HEAD offsetof(struct record, id)

struct remembered {
	char *bytes; /* records from head to tail */
	size_t head, tail, cap;
	uint32_t base; /* the position of bytes[0] */
	uint32_t *index;
	size_t places;   /* a power of two */
	size_t count;    /* living records */
	int64_t last_ms; /* scored_ms of the newest record */
};

static size_t record_bytes(size_t id_len)
{
	return (RECORD_HEAD + id_len + ALIGN - 1) / ALIGN * ALIGN;
}

static struct record *record_at(const struct remembered *r, uint32_t place)
{
	return (struct record *)(r->bytes + (uint32_t)((place & ~1u) - r->base));
}

static size_t home(const struct remembered *r, uint32_t hash)
{
	return hash & (r->places - 1);
}

/* The place of an id, or the free one where it would go. */
static size_t find_place(const struct remembered *r, const char *id, size_t len, uint32_t hash)
{
	size_t i = home(r, hash);

	for (; r->index[i]; i = (i + 1) & (r->places - 1)) {
		const struct record *rec = record_at(r, r->index[i]);

		if (le32toh(rec->hash) == hash && rec->len == len && memcmp(rec->id, id, len) == 0)
			break;
	}
	return i;
}

static uint32_t hash_of(const char *id, size_t len)
{
	return (uint32_t)hash64(0, id, len);
}

/* Empties a place and moves those behind it that would no longer be found. */
static void empty_place(struct remembered *r, size_t i)
{
	size_t mask = r->places - 1;

	for (size_t k = (i + 1) & mask; r->index[k]; k = (k + 1) & mask) {
		size_t h = home(r, le32toh(record_at(r, r->index[k])->hash));

		if (((k - h) & mask) < ((k - i) & mask))
			continue; /* its home lies behind the gap */
		r->index[i] = r->index[k];
		i = k;
	}
	r->index[i] = 0;
}

static int index_grow(struct remembered *r)
{
	uint32_t *old = r->index;
	size_t old_places = r->places;
	uint32_t *index;

	if ((r->count + 1) * 2 <= r->places)
		return 0;
	index = calloc(old_places * 2, sizeof(*index));
	if (!index)
		return -ENOMEM;
	r->index = index;
	r->places = old_places * 2;
	for (size_t i = 0; i < old_places; i++) {
		size_t k;

		if (!old[i])
			continue;
		k = home(r, le32toh(record_at(r, old[i])->hash));
		while (r->index[k])
			k = (k + 1) & (r->places - 1);
		r->index[k] = old[i];
	}
	free(old);
	return 0;
}

/* Room for `more` bytes at the tail: by moving when enough lies dead in front, else by growing. */
static int make_room(struct remembered *r, size_t more)
{
	size_t cap;
	char *bytes;

	if (r->head >= SLACK_BYTES && r->head >= (r->tail - r->head) / 4) {
		memmove(r->bytes, r->bytes + r->head, r->tail - r->head);
		r->base += (uint32_t)r->head;
		r->tail -= r->head;
		r->head = 0;
	}
	if (r->cap - r->tail >= more)
		return 0;
	cap = r->cap + r->cap / 2 + more;
	bytes = realloc(r->bytes, cap);
	if (!bytes)
		return -ENOMEM;
	r->bytes = bytes;
	r->cap = cap;
	return 0;
}

static void clear(struct remembered *r)
{
	memset(r->index, 0, r->places * sizeof(*r->index));
	r->head = r->tail = r->count = 0;
	r->base = 0;
	r->last_ms = INT64_MIN;
}

int remembered_new(struct remembered **out)
{
	struct remembered *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->places = INDEX_FIRST;
	r->index = calloc(r->places, sizeof(*r->index));
	if (!r->index) {
		free(r);
		return -ENOMEM;
	}
	clear(r);
	*out = r;
	return 0;
}

void remembered_free(struct remembered *r)
{
	if (!r)
		return;
	free(r->bytes);
	free(r->index);
	free(r);
}

size_t remembered_count(const struct remembered *r)
{
	return r->count;
}

/* Drops dead records in front, so that the first is always a living one. */
static void skip_dead(struct remembered *r)
{
	while (r->head < r->tail) {
		const struct record *rec = (const struct record *)(r->bytes + r->head);

		if (!rec->is_dead)
			break;
		r->head += record_bytes(rec->len);
	}
}

int remembered_add(struct remembered *r, const char *id, int64_t started_ms, int64_t scored_ms)
{
	size_t len = strlen(id), size = record_bytes(len), place;
	uint32_t hash = hash_of(id, len), position;
	struct record *rec;

	assert(len > 0 && len <= ID_BYTES_MAX);
	if (index_grow(r) < 0 || make_room(r, size) < 0)
		return -ENOMEM;
	if (scored_ms > r->last_ms)
		r->last_ms = scored_ms;
	rec = (struct record *)(r->bytes + r->tail);
	memset(rec, 0, size);
	rec->started_ms = (int64_t)htole64((uint64_t)started_ms);
	rec->scored_ms = (int64_t)htole64((uint64_t)r->last_ms);
	rec->hash = htole32(hash);
	rec->len = (uint8_t)len;
	memcpy(rec->id, id, len);
	position = r->base + (uint32_t)r->tail;
	r->tail += size;

	place = find_place(r, id, len, hash);
	if (r->index[place])
		record_at(r, r->index[place])->is_dead = 1;
	else
		r->count++;
	r->index[place] = position | 1;
	skip_dead(r);
	return 0;
}

bool remembered_find(const struct remembered *r, const char *id, int64_t *started_ms)
{
	size_t len = strlen(id);
	size_t place = find_place(r, id, len, hash_of(id, len));

	if (!r->index[place])
		return false;
	*started_ms = (int64_t)le64toh((uint64_t)record_at(r, r->index[place])->started_ms);
	return true;
}

bool remembered_oldest(const struct remembered *r, int64_t *scored_ms)
{
	const struct record *rec = (const struct record *)(r->bytes + r->head);

	if (r->count == 0)
		return false;
	*scored_ms = (int64_t)le64toh((uint64_t)rec->scored_ms);
	return true;
}

void remembered_drop_oldest(struct remembered *r)
{
	const struct record *rec = (const struct record *)(r->bytes + r->head);

	if (r->count == 0)
		return;
	empty_place(r, find_place(r, rec->id, rec->len, le32toh(rec->hash)));
	r->head += record_bytes(rec->len);
	r->count--;
	skip_dead(r);
}

void remembered_save(const struct remembered *r, struct buf *out)
{
	buf_put_blob(out, r->bytes + r->head, r->tail - r->head);
}

/* Checks the record at the tail of what was loaded so far, and puts it into the index. */
static int index_record(struct remembered *r, size_t len)
{
	const struct record *rec = (const struct record *)(r->bytes + r->tail);
	int64_t scored_ms;
	size_t place;

	if (len - r->tail < RECORD_HEAD || rec->len == 0 || rec->len > ID_BYTES_MAX ||
		len - r->tail < record_bytes(rec->len) || rec->is_dead > 1 ||
		memchr(rec->id, '\0', rec->len) || le32toh(rec->hash) != hash_of(rec->id, rec->len))
		return -EINVAL;
	scored_ms = (int64_t)le64toh((uint64_t)rec->scored_ms);
	if (scored_ms < r->last_ms || (rec->is_dead && r->count == 0))
		return -EINVAL;
	r->last_ms = scored_ms;
	if (!rec->is_dead) {
		if (index_grow(r) < 0)
			return -ENOMEM;
		place = find_place(r, rec->id, rec->len, le32toh(rec->hash));
		if (r->index[place])
			return -EINVAL;
		r->index[place] = (r->base + (uint32_t)r->tail) | 1;
		r->count++;
	}
	r->tail += record_bytes(rec->len);
	return 0;
}

int remembered_load(struct remembered *r, struct cursor *in, struct err *err)
{
	size_t len = 0;
	const char *bytes = cursor_blob(in, &len);
	int rc = 0;

	if (!bytes)
		return err_set(err, -EINVAL, "the state ends within its remembered units");
	clear(r);
	if (make_room(r, len) < 0)
		return err_set(err, -ENOMEM, "no memory for %zu bytes of remembered units", len);
	if (len > 0)
		memcpy(r->bytes, bytes, len);
	while (r->tail < len && rc == 0)
		rc = index_record(r, len);
	if (rc == 0)
		return 0;
	clear(r);
	return err_set(err, rc,
		rc == -ENOMEM ? "no memory for remembered units"
			      : "the state's remembered units are broken");
}
