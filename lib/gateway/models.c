/* Which model runs on each line. */
#include "lib/gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/model_file.h"
#include "lib/store/journal.h"
#include "lib/store/registry.h"
#include "lib/store/roles.h"

/* A model file as it was read, and the model in it. */
struct candidate {
	void *bytes;
	size_t len;
	char sha256[SHA256_HEX];
	struct model *model;
};

static void candidate_deinit_at(struct candidate *c)
{
	free(c->bytes);
	model_free(c->model);
}

/* 0, or why the line would have no model: *why and a sentence in err. */
static int read_candidate(const struct gateway *g, const char *path, struct candidate *c,
	const char **why, struct err *err)
{
	int r = model_file_read(&c->bytes, &c->len, path, (size_t)g->config->limits.model, err);

	*why = r == -ENOENT ? "no_model" : "model_refused";
	if (r == 0)
		sha256_hex(c->sha256, c->bytes, c->len);
	return r;
}

static int check_candidate(const struct gateway *g, size_t line, const char *path,
	struct candidate *c, const char **why, struct err *err)
{
	int r = model_parse(&c->model, c->bytes, c->len, g->kernels, err);

	*why = "model_refused";
	if (r < 0)
		return err_prefix(err, r, "%s", path);
	r = engine_model_fits(&g->config->lines[line].plan, c->model, err);
	*why = "model_misfit";
	return r < 0 ? err_prefix(err, r, "%s", path) : 0;
}

/* The line goes without a model. */
static int collect(struct gateway *g, size_t line, const char *why, const char *trouble)
{
	struct gateway_line *l = &g->lines[line];
	int r = engine_set_model(g->engine, line, NULL, why, NULL);

	if (r < 0)
		return r;
	model_free(l->model);
	l->model = NULL;
	l->why_none = why;
	snprintf(l->trouble, sizeof(l->trouble), "%s", trouble);
	return 0;
}

/* The candidate's model comes into force; it is then the line's. */
static int put_in_force(struct gateway *g, size_t line, struct candidate *c, struct err *err)
{
	struct gateway_line *l = &g->lines[line];
	int r = engine_set_model(g->engine, line, c->model, NULL, err);

	if (r < 0)
		return r;
	model_free(l->model);
	l->model = TAKE(c->model);
	l->why_none = "";
	l->trouble[0] = 0;
	return 0;
}

/* Puts the model of a file in force; `sha256` says what it must be, NULL: anything. */
static int load_file(
	struct gateway *g, size_t line, const char *path, const char *sha256, struct err *err)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct err trouble = {0};
	const char *why;
	int r = read_candidate(g, path, &c, &why, &trouble);

	if (r == 0 && sha256 && strcmp(sha256, c.sha256) != 0)
		r = err_set(&trouble, -EINVAL, "%s: the contents are not what the name says: %s",
			path, c.sha256);
	if (r == 0)
		r = check_candidate(g, line, path, &c, &why, &trouble);
	if (r == 0)
		return put_in_force(g, line, &c, err);
	/* the registry has a champion: it is there, but cannot be used */
	if (sha256 && r == -ENOENT)
		why = "model_refused";
	return collect(g, line, why, trouble.text);
}

static int load_line(struct gateway *g, struct store *s, size_t line, struct err *err)
{
	const struct line_config *config = &g->config->lines[line];
	struct registered_model champion = {.sha256[0] = 0};
	char *copy;
	int r = s ? store_champion(s, config->name, &champion, err) : 0;

	if (r < 0)
		return r;
	g->lines[line].has_champion = champion.sha256[0] != 0;
	if (champion.sha256[0]) {
		copy = model_file_path(g->config->state_dir, champion.sha256);
		if (!copy)
			return err_set(err, -ENOMEM, "no memory for a path");
		r = load_file(g, line, copy, champion.sha256, err);
		free(copy);
		return r;
	}
	if (config->model)
		return load_file(g, line, config->model, NULL, err);
	return collect(g, line, "no_model", "no model is configured and none is registered");
}

int gateway_load_models(struct gateway *g, struct store *s, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		int r = load_line(g, s, i, err);

		if (r < 0)
			return err_prefix(err, r, "line \"%s\"", g->config->lines[i].name);
	}
	return 0;
}

/* The journal was written under the model before: a start must not replay it under the new one. */
static int put_snapshot(struct gateway *g, struct store *s, int64_t now_ms, struct err *err)
{
	CLEANUP(buf_deinit) struct buf bytes;
	int r;

	buf_init(&bytes);
	engine_save(g->engine, &bytes);
	if (buf_failed(&bytes))
		return err_set(err, -ENOMEM, "no memory for a snapshot");
	r = store_begin(s, err);
	if (r < 0)
		return r;
	r = store_put_snapshot(s, engine_number(g->engine), now_ms, bytes.data, bytes.len, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

/* Registers contents that are new and good. */
static int promote(struct gateway *g, struct store *s, size_t line, struct candidate *c,
	int64_t now_ms, struct err *err)
{
	const struct line_config *config = &g->config->lines[line];
	char *copy = model_file_path(g->config->state_dir, c->sha256);
	int r;

	if (!copy)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = put_snapshot(g, s, now_ms, err);
	if (r == 0)
		r = model_file_keep(g->config->state_dir, c->sha256, c->bytes, c->len, err);
	if (r == 0)
		r = store_promote(s, config->name, c->sha256, copy, model_training(c->model),
			"line file", "the line's model file has new contents", now_ms, err);
	free(copy);
	if (r < 0)
		return r;
	g->lines[line].has_champion = true;
	return put_in_force(g, line, c, err);
}

/* A file that cannot be adopted: a champion stays, else the line collects. */
static int keep_or_collect(struct gateway *g, size_t line, const char *why, const struct err *err)
{
	struct gateway_line *l = &g->lines[line];

	if (!l->has_champion)
		return collect(g, line, why, err->text);
	if (!l->model)
		return 0; /* the trouble with the champion is told already */
	snprintf(l->trouble, sizeof(l->trouble), "%.900s; the champion stays in force", err->text);
	return 0;
}

static int adopt_line(
	struct gateway *g, struct store *s, size_t line, int64_t now_ms, struct err *err)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	const struct line_config *config = &g->config->lines[line];
	struct err trouble = {0};
	const char *why;
	bool is_known;
	int r;

	if (!config->model)
		return 0;
	r = read_candidate(g, config->model, &c, &why, &trouble);
	if (r < 0)
		return keep_or_collect(g, line, why, &trouble);
	r = store_model_is_known(s, config->name, c.sha256, &is_known, err);
	if (r < 0 || is_known)
		return r;
	r = check_candidate(g, line, config->model, &c, &why, &trouble);
	if (r < 0)
		return keep_or_collect(g, line, why, &trouble);
	return promote(g, s, line, &c, now_ms, err);
}

int gateway_adopt_models(struct gateway *g, struct store *s, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		int r = adopt_line(g, s, i, now_ms, err);

		if (r < 0)
			return err_prefix(err, r, "line \"%s\"", g->config->lines[i].name);
	}
	return 0;
}
