/* The part of a snapshot that says which features the models in force want, so that a journal is
 * replayed under what was in force even where a model's file is gone by then:
 *
 *   magic, lines: count; for each its name, sha256 of its model ("": none),
 *   the features that the model wants: count and names
 *
 * A snapshot without it is from before there was one. */
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/engine/state.h"
#include "lib/feature/plan.h"

#define FEATURE_NAME_MAX 256 /* with what was taken of it */
#define MAGIC 0x6d6f6465u    /* "mode" */

void snapshot_save_wanted(const struct engine_line *l, struct buf *out)
{
	const struct model *m = l->champion.model;
	size_t count = m ? model_feature_count(m) : 0;

	buf_put_string(out, m ? model_sha256(m) : "");
	buf_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		buf_put_string(out, model_features(m)[i].name);
}

void snapshot_save_models(const struct engine *e, struct buf *out)
{
	buf_put_u32(out, MAGIC);
	buf_put_u32(out, (uint32_t)e->line_count);
	for (size_t i = 0; i < e->line_count; i++) {
		buf_put_string(out, e->lines[i].spec.name);
		snapshot_save_wanted(&e->lines[i], out);
	}
}

static struct engine_line *find_line(struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->line_count; i++) {
		if (strcmp(e->lines[i].spec.name, name) == 0)
			return &e->lines[i];
	}
	return NULL;
}

/* What the line no longer has was not waited for under the line file of then. */
static void require(struct engine_line *l, struct cursor *in, uint32_t count)
{
	char name[FEATURE_NAME_MAX];

	if (l)
		memset(l->required, 0, l->spec.plan->feature_count * sizeof(*l->required));
	for (uint32_t i = 0; i < count && !in->failed; i++) {
		int at;

		cursor_string(in, name, sizeof(name));
		at = l && !in->failed ? plan_find_feature(l->spec.plan, name) : -1;
		if (at >= 0)
			l->required[at] = true;
	}
}

void snapshot_load_wanted(struct engine_line *l, struct cursor *in, char sha256[SHA256_HEX])
{
	uint32_t count;

	cursor_string(in, sha256, SHA256_HEX);
	count = cursor_u32(in);
	require(l, in, count);
	if (in->failed || !l)
		return;
	strcpy(l->loaded_model, sha256);
	l->has_loaded = true;
	assembler_require(l->assembler, sha256[0] ? l->required : NULL);
}

static int load_line(struct engine *e, struct cursor *in, struct err *err)
{
	char name[NAME_LEN_MAX + 1], sha256[SHA256_HEX];

	cursor_string(in, name, sizeof(name)); /* NULL: no longer configured */
	snapshot_load_wanted(in->failed ? NULL : find_line(e, name), in, sha256);
	return in->failed ? err_set(err, -EINVAL, "the snapshot ends within the models in force")
			  : 0;
}

int snapshot_load_models(struct engine *e, struct cursor *in, struct err *err)
{
	uint32_t lines;
	int r = 0;

	if (cursor_left(in) == 0)
		return 0;
	if (cursor_u32(in) != MAGIC)
		return err_set(err, -EINVAL, "the snapshot has %zu bytes behind its last line",
			cursor_left(in) + sizeof(uint32_t));
	lines = cursor_u32(in);
	for (uint32_t i = 0; r == 0 && i < lines; i++)
		r = load_line(e, in, err);
	return r;
}

const char *engine_loaded_model(const struct engine *e, size_t line)
{
	const struct engine_line *l = &e->lines[line];

	return l->has_loaded ? l->loaded_model : NULL;
}
