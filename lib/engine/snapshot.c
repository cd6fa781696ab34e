/* The engine's whole state as bytes, and back.
 *
 *   magic, version, number, both clocks, since when what has no journal is lost
 *   lines: count; for each its name, counters over restarts, length and state of its assembler
 *   what the models in force want (snapshot_models.c)
 *   checksum of all that
 *
 * The counts that begin at 0 with the engine and the models themselves are no part of it. */
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/engine/state.h"
#include "lib/feature/plan.h"

#define MAGIC "defectd\n"
#define VERSION 3u

/* FNV-1a over words of 8 bytes with a fold: a snapshot may have megabytes and holds up the loop. */
static uint64_t checksum(const char *bytes, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u ^ len, word;

	for (; len > 0;) {
		size_t n = len < sizeof(word) ? len : sizeof(word);

		word = 0;
		memcpy(&word, bytes, n);
		h = (h ^ word) * 0x100000001b3u;
		h ^= h >> 29;
		bytes += n;
		len -= n;
	}
	return h;
}

/* Writes the length of what came after `at`, which has room for it there. */
static void patch_length(struct buf *out, size_t at)
{
	uint64_t len = out->len - at - sizeof(len);

	if (buf_failed(out))
		return;
	for (size_t i = 0; i < sizeof(len); i++)
		out->data[at + i] = (char)(len >> 8 * i);
}

static void save_line(const struct engine_line *l, struct buf *out)
{
	size_t at;

	buf_put_string(out, l->spec.name);
	buf_put_u64(out, l->units);
	buf_put_u64(out, l->alerts);
	buf_put_u64(out, l->not_scored);
	buf_put_i64(out, l->last_unit_ms);
	at = out->len;
	buf_put_u64(out, 0);
	assembler_save(l->assembler, out);
	patch_length(out, at);
}

void engine_save(const struct engine *e, struct buf *out)
{
	size_t start = out->len;

	buf_put(out, MAGIC, strlen(MAGIC));
	buf_put_u32(out, VERSION);
	buf_put_u64(out, e->number);
	buf_put_i64(out, e->clock_ms);
	buf_put_i64(out, e->now_ms);
	buf_put_i64(out, e->lost_ms < e->now_ms ? e->lost_ms : e->now_ms);
	buf_put_u32(out, (uint32_t)e->line_count);
	for (size_t i = 0; i < e->line_count; i++)
		save_line(&e->lines[i], out);
	snapshot_save_models(e, out);
	if (!buf_failed(out))
		buf_put_u64(out, checksum(out->data + start, out->len - start));
}

static struct engine_line *find_line(struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->line_count; i++) {
		if (strcmp(e->lines[i].spec.name, name) == 0)
			return &e->lines[i];
	}
	return NULL;
}

static int load_line(struct engine *e, struct cursor *in, struct err *err)
{
	struct engine_line saved = {0}, *l;
	struct cursor state;
	char name[NAME_LEN_MAX + 1];
	uint64_t len;
	int r;

	cursor_string(in, name, sizeof(name));
	saved.units = cursor_u64(in);
	saved.alerts = cursor_u64(in);
	saved.not_scored = cursor_u64(in);
	saved.last_unit_ms = cursor_i64(in);
	len = cursor_u64(in);
	if (in->failed || len > cursor_left(in))
		return err_set(err, -EINVAL, "the snapshot ends within a line");
	cursor_init(&state, in->at, (size_t)len);
	in->at += len;
	l = find_line(e, name);
	if (!l)
		return 0; /* no longer configured */
	r = assembler_load(l->assembler, &state, err);
	if (r < 0)
		return err_prefix(err, r, "the snapshot of line \"%s\"", name);
	if (cursor_left(&state) > 0)
		return err_set(err, -EINVAL,
			"the snapshot of line \"%s\" has %zu bytes more than were read", name,
			cursor_left(&state));
	l->units = saved.units;
	l->alerts = saved.alerts;
	l->not_scored = saved.not_scored;
	l->last_unit_ms = saved.last_unit_ms;
	return 0;
}

/* Magic, version and checksum; the cursor then stands behind the version and ends before the
 * checksum. */
static int open_snapshot(struct cursor *in, const char *bytes, size_t len, struct err *err)
{
	struct cursor tail;
	uint32_t version;

	if (len < strlen(MAGIC) + sizeof(version) + sizeof(uint64_t) ||
		memcmp(bytes, MAGIC, strlen(MAGIC)) != 0)
		return err_set(err, -EINVAL, "this is no snapshot of the engine");
	cursor_init(in, bytes + strlen(MAGIC), len - strlen(MAGIC) - sizeof(uint64_t));
	version = cursor_u32(in);
	if (version != VERSION)
		return err_set(err, -EINVAL, "the snapshot is of version %u, wanted is %u", version,
			VERSION);
	cursor_init(&tail, bytes + len - sizeof(uint64_t), sizeof(uint64_t));
	if (cursor_u64(&tail) != checksum(bytes, len - sizeof(uint64_t)))
		return err_set(err, -EINVAL, "the snapshot is damaged: its checksum differs");
	return 0;
}

int engine_load(struct engine *e, const void *bytes, size_t len, struct err *err)
{
	struct cursor in;
	uint64_t number;
	int64_t clock_ms, now_ms, lost_ms;
	uint32_t lines;
	int r = open_snapshot(&in, bytes, len, err);

	if (r < 0)
		return r;
	number = cursor_u64(&in);
	clock_ms = cursor_i64(&in);
	now_ms = cursor_i64(&in);
	lost_ms = cursor_i64(&in);
	lines = cursor_u32(&in);
	if (in.failed)
		return err_set(err, -EINVAL, "the snapshot ends within its head");
	for (uint32_t i = 0; i < lines; i++) {
		r = load_line(e, &in, err);
		if (r < 0)
			return r;
	}
	r = snapshot_load_models(e, &in, err);
	if (r < 0)
		return r;
	if (cursor_left(&in) > 0)
		return err_set(err, -EINVAL, "the snapshot has %zu bytes behind its last line",
			cursor_left(&in));
	e->number = number;
	e->clock_ms = clock_ms;
	e->now_ms = now_ms;
	e->lost_ms = lost_ms;
	return 0;
}
