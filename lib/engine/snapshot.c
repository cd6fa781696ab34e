/* The engine's whole state as bytes, and back.
 *
 *   magic, version, number, both clocks, since when what has no journal is lost
 *   lines: count; for each its name, counters over restarts,
 *       outgoing generations, the oldest first: count; of each sha256 of the line file, why there
 *           is no model, which there is and what it wants, length and state of its assembler
 *       length and state of the newest one's
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
#define VERSION 4u
#define VERSION_WITHOUT_OUTGOING 3u

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

static void save_assembler(const struct engine_line *g, struct buf *out)
{
	size_t at = out->len;

	buf_put_u64(out, 0);
	assembler_save(g->assembler, out);
	patch_length(out, at);
}

static void save_outgoing(const struct engine_line *g, struct buf *out)
{
	if (!g)
		return;
	save_outgoing(g->older, out);
	if (assembler_open_count(g->assembler) == 0)
		return;
	buf_put_string(out, g->spec.config_sha256);
	buf_put_string(out, g->why_none);
	snapshot_save_wanted(g, out);
	save_assembler(g, out);
}

static void save_line(const struct engine_line *l, struct buf *out)
{
	buf_put_string(out, l->spec.name);
	buf_put_u64(out, l->tally.units);
	buf_put_u64(out, l->tally.alerts);
	buf_put_u64(out, l->tally.not_scored);
	buf_put_i64(out, l->tally.last_unit_ms);
	buf_put_u32(out, (uint32_t)line_older_count(l));
	save_outgoing(l->older, out);
	save_assembler(l, out);
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

/* What a line's part of a snapshot begins with. */
struct saved_line {
	char name[NAME_LEN_MAX + 1];
	struct line_tally tally;
	size_t outgoing;
};

static void take_line(struct cursor *in, uint32_t version, struct saved_line *out)
{
	cursor_string(in, out->name, sizeof(out->name));
	out->tally.units = cursor_u64(in);
	out->tally.alerts = cursor_u64(in);
	out->tally.not_scored = cursor_u64(in);
	out->tally.last_unit_ms = cursor_i64(in);
	out->outgoing = version == VERSION_WITHOUT_OUTGOING ? 0 : cursor_u32(in);
}

struct outgoing_texts {
	char config[SHA256_HEX], model[SHA256_HEX], why_none[32];
};

/* With what its model wants, into the generation, unless that is NULL. */
static void take_texts(struct cursor *in, struct engine_line *g, struct outgoing_texts *out)
{
	cursor_string(in, out->config, sizeof(out->config));
	cursor_string(in, out->why_none, sizeof(out->why_none));
	snapshot_load_wanted(g, in, out->model);
}

/* The bytes of an assembler's state. */
static int take_state(struct cursor *in, struct cursor *out, struct err *err)
{
	uint64_t len = cursor_u64(in);

	if (in->failed || len > cursor_left(in))
		return err_set(err, -EINVAL, "the snapshot ends within a line");
	cursor_init(out, in->at, (size_t)len);
	in->at += len;
	return 0;
}

/* Into the generation, or passed over where it is NULL. */
static int load_state(struct cursor *in, struct engine_line *g, const char *line, struct err *err)
{
	struct cursor state;
	int r = take_state(in, &state, err);

	if (r < 0 || !g)
		return r;
	r = assembler_load(g->assembler, &state, err);
	if (r < 0)
		return err_prefix(err, r, "the snapshot of line \"%s\"", line);
	if (cursor_left(&state) > 0)
		return err_set(err, -EINVAL,
			"the snapshot of line \"%s\" has %zu bytes more than were read", line,
			cursor_left(&state));
	return 0;
}

/* The outgoing generation that `count` newer ones are behind; 0: the one before the newest. */
static struct engine_line *outgoing_at(struct engine_line *l, size_t count)
{
	struct engine_line *g = l->older;

	while (g && count-- > 0)
		g = g->older;
	return g;
}

/* Those that were added; they have nothing open yet. */
static size_t outgoing_added(const struct engine_line *l)
{
	size_t count = 0;

	while ((l = l->older))
		count++;
	return count;
}

static int load_outgoing(
	struct cursor *in, struct engine_line *g, const struct saved_line *saved, struct err *err)
{
	struct outgoing_texts texts;

	take_texts(in, g, &texts);
	return load_state(in, g, saved->name, err);
}

static int load_newest(struct cursor *in, struct engine_line *l, const struct saved_line *saved,
	bool succeeds, struct err *err)
{
	int r = load_state(in, succeeds ? l->older : l, saved->name, err);

	if (r < 0 || !l)
		return r;
	if (succeeds)
		r = assembler_succeed(l->assembler, l->older->assembler, err);
	if (r < 0)
		return err_prefix(err, r, "line \"%s\"", saved->name);
	l->tally = saved->tally;
	line_set_order(l);
	line_drop_done(l);
	return 0;
}

static int load_line(struct engine *e, struct cursor *in, uint32_t version, struct err *err)
{
	struct saved_line saved = {0};
	struct engine_line *l;
	size_t have;
	bool succeeds;
	int r = 0;

	take_line(in, version, &saved);
	l = in->failed ? NULL : find_line(e, saved.name); /* NULL: no longer configured */
	have = l ? outgoing_added(l) : 0;
	succeeds = l && have == saved.outgoing + 1;
	if (l && !succeeds && have != saved.outgoing)
		return err_set(err, -EINVAL,
			"the snapshot of line \"%s\" has %zu line files before, known are %zu",
			saved.name, saved.outgoing, have);
	for (size_t i = 0; i < saved.outgoing && r == 0; i++)
		r = load_outgoing(in, l ? outgoing_at(l, have - 1 - i) : NULL, &saved, err);
	return r == 0 ? load_newest(in, l, &saved, succeeds, err) : r;
}

/* Magic, version and checksum; the cursor then stands behind the version and ends before the
 * checksum. */
static int open_snapshot(
	struct cursor *in, uint32_t *out, const char *bytes, size_t len, struct err *err)
{
	struct cursor tail;
	uint32_t version;

	if (len < strlen(MAGIC) + sizeof(version) + sizeof(uint64_t) ||
		memcmp(bytes, MAGIC, strlen(MAGIC)) != 0)
		return err_set(err, -EINVAL, "this is no snapshot of the engine");
	cursor_init(in, bytes + strlen(MAGIC), len - strlen(MAGIC) - sizeof(uint64_t));
	version = cursor_u32(in);
	if (version != VERSION && version != VERSION_WITHOUT_OUTGOING)
		return err_set(err, -EINVAL, "the snapshot is of version %u, wanted is %u", version,
			VERSION);
	cursor_init(&tail, bytes + len - sizeof(uint64_t), sizeof(uint64_t));
	if (cursor_u64(&tail) != checksum(bytes, len - sizeof(uint64_t)))
		return err_set(err, -EINVAL, "the snapshot is damaged: its checksum differs");
	*out = version;
	return 0;
}

/* What a snapshot begins with. */
struct saved_head {
	uint32_t version, lines;
	uint64_t number;
	int64_t clock_ms, now_ms, lost_ms;
};

static int open_head(
	struct cursor *in, struct saved_head *out, const void *bytes, size_t len, struct err *err)
{
	int r = open_snapshot(in, &out->version, bytes, len, err);

	if (r < 0)
		return r;
	out->number = cursor_u64(in);
	out->clock_ms = cursor_i64(in);
	out->now_ms = cursor_i64(in);
	out->lost_ms = cursor_i64(in);
	out->lines = cursor_u32(in);
	return in->failed ? err_set(err, -EINVAL, "the snapshot ends within its head") : 0;
}

int engine_load(struct engine *e, const void *bytes, size_t len, struct err *err)
{
	struct saved_head head = {0};
	struct cursor in;
	int r = open_head(&in, &head, bytes, len, err);

	for (uint32_t i = 0; i < head.lines && r == 0; i++)
		r = load_line(e, &in, head.version, err);
	if (r < 0)
		return r;
	r = snapshot_load_models(e, &in, err);
	if (r < 0)
		return r;
	if (cursor_left(&in) > 0)
		return err_set(err, -EINVAL, "the snapshot has %zu bytes behind its last line",
			cursor_left(&in));
	e->number = head.number;
	e->clock_ms = head.clock_ms;
	e->now_ms = head.now_ms;
	e->lost_ms = head.lost_ms;
	return 0;
}

static int each_of_line(struct cursor *in, uint32_t version,
	int (*each)(void *owner, const struct saved_generation *g), void *owner, struct err *err)
{
	struct saved_line saved = {0};
	struct cursor state;
	int r = 0;

	take_line(in, version, &saved);
	for (size_t i = 0; i < saved.outgoing && r == 0; i++) {
		struct outgoing_texts texts;
		const struct saved_generation g = {
			saved.name, texts.config, texts.model, texts.why_none};

		take_texts(in, NULL, &texts);
		r = take_state(in, &state, err);
		if (r == 0)
			r = each(owner, &g);
	}
	return r == 0 ? take_state(in, &state, err) : r;
}

int engine_each_outgoing(const void *bytes, size_t len,
	int (*each)(void *owner, const struct saved_generation *g), void *owner, struct err *err)
{
	struct saved_head head = {0};
	struct cursor in;
	int r = open_head(&in, &head, bytes, len, err);

	for (uint32_t i = 0; i < head.lines && r == 0; i++)
		r = each_of_line(&in, head.version, each, owner, err);
	return r;
}
