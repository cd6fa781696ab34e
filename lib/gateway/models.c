/* Which model runs on each line. */
#include "lib/gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/candidate.h"
#include "lib/gateway/model_file.h"
#include "lib/gateway/swap.h"

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

/* The registry has it, but it cannot be used. */
static int load_champion(
	struct gateway *g, size_t line, const struct role *champion, struct err *err)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct err trouble = {0};
	const char *why;
	int r = candidate_load_copy(&c, g, champion->sha256, true, &why, &trouble);

	if (r == 0) {
		r = engine_model_fits(&g->config->lines[line].plan, c.model, &trouble);
		if (r < 0)
			err_prefix(&trouble, r, "the champion %.12s", champion->sha256);
		why = "model_misfit";
	}
	return r == 0 ? put_in_force(g, line, &c, err) : collect(g, line, why, trouble.text);
}

static int load_file(struct gateway *g, size_t line, const char *path, struct err *err)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct err trouble = {0};
	const char *why;
	int r = candidate_read(&c, g, path, &why, &trouble);

	if (r == 0)
		r = candidate_check(&c, g, line, path, &why, &trouble);
	return r == 0 ? put_in_force(g, line, &c, err) : collect(g, line, why, trouble.text);
}

static int load_line(struct gateway *g, struct store *s, size_t line, struct err *err)
{
	const struct line_config *config = &g->config->lines[line];
	struct gateway_line *l = &g->lines[line];
	int r = s ? roles_load(&l->roles, s, config->name, err) : 0;
	const struct role *champion = roles_with(&l->roles, ROLE_CHAMPION);

	if (r < 0)
		return r;
	l->has_champion = champion != NULL;
	if (champion)
		return load_champion(g, line, champion, err);
	if (config->model)
		return load_file(g, line, config->model, err);
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

/* Registers contents that are new and good. */
static int promote(struct gateway *g, struct store *s, size_t line, struct candidate *c,
	int64_t now_ms, struct err *err)
{
	struct swap swap = {.is_champion = true};
	struct gateway_line *l = &g->lines[line];
	int r = model_file_keep(g->config->state_dir, c->sha256, c->bytes, c->len, err);

	if (r < 0)
		return r;
	swap.changes = roles_change(&l->roles, c->sha256, ROLE_CHAMPION, now_ms);
	r = put_in_force(g, line, c, err);
	if (r < 0)
		return r;
	if (roles_apply(&l->roles, &swap.changes) < 0)
		return err_set(err, -ENOMEM, "no memory for the models of the line");
	l->has_champion = true;
	return swap_commit(&swap, g, line, "line file", "the line's model file has new contents",
		now_ms, s, err);
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
	int r;

	if (!config->model)
		return 0;
	r = candidate_read(&c, g, config->model, &why, &trouble);
	if (r < 0)
		return keep_or_collect(g, line, why, &trouble);
	if (roles_find(&g->lines[line].roles, c.sha256))
		return 0;
	r = candidate_check(&c, g, line, config->model, &why, &trouble);
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
