#include "lib/gateway/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/beside.h"
#include "lib/gateway/candidate.h"
#include "lib/gateway/model_file.h"
#include "lib/gateway/outgoing.h"

static struct gateway_line *find_line(struct gateway *g, const char *name)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		if (strcmp(g->lines[i].config->name, name) == 0)
			return &g->lines[i];
	}
	return NULL;
}

/* The file of a line: a model that the registry does not know is kept and handed over. */
static int adopt_line(struct gateway_next *next, size_t line, struct err *err)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct gateway *g = next->checked.gateway;
	const char *path = g->config->lines[line].model, *why;
	int r;

	if (!path || candidate_read(&c, g, path, &why, NULL) < 0 ||
		roles_find(&g->lines[line].roles, c.sha256))
		return 0;
	r = candidate_check(&c, g, line, path, &why, err);
	if (r == 0)
		r = model_file_keep(g->config->state_dir, c.sha256, c.bytes, c.len, err);
	if (r == 0)
		next->adopted[line] = TAKE(c.model);
	return r;
}

int gateway_next_read(struct gateway_next *out, const char *file, const struct nn_kernels *kernels,
	struct err *err)
{
	int r;

	*out = (struct gateway_next){0};
	r = gateway_check(&out->checked, file, kernels, err);
	if (r < 0 || out->checked.report.errors)
		return r;
	out->adopted = calloc(out->checked.config->line_count + 1, sizeof(*out->adopted));
	if (!out->adopted)
		return err_set(err, -ENOMEM, "no memory for the models of the line files");
	out->line_count = out->checked.config->line_count;
	for (size_t i = 0; i < out->line_count && r == 0; i++)
		r = adopt_line(out, i, err);
	return r;
}

void gateway_next_deinit(struct gateway_next *next)
{
	for (size_t i = 0; i < next->line_count; i++)
		model_free(next->adopted[i]);
	free(next->adopted);
	gateway_check_deinit(&next->checked);
	*next = (struct gateway_next){0};
}

/* Whose model a line has: the running line's; where that has none that loads or fits, or is new,
 * the champion that was found for it. */
static const struct gateway_line *model_from(
	struct gateway *old, struct gateway *fresh, const char *line)
{
	const struct gateway_line *was = find_line(old, line), *found = find_line(fresh, line);

	if (!was)
		return found;
	return !was->model && was->has_champion && found->model && found->has_champion ? found
										       : was;
}

static int set_none(struct gateway *g, size_t line, const char *why, const char *trouble)
{
	struct gateway_line *l = &g->lines[line];

	l->why_none = why;
	snprintf(l->trouble, sizeof(l->trouble), "%s", trouble);
	return engine_set_model(g->engine, line, NULL, why, NULL);
}

/* Shared. One that no longer fits goes where another is adopted anyhow; a file that the registry
 * does not know is adopted, and not in force before. */
static int take_model(struct gateway *g, size_t line, const struct gateway_line *from, bool adopts,
	struct err *err)
{
	struct gateway_line *l = &g->lines[line];
	struct err trouble = {""};
	int r;

	l->has_champion = from->has_champion;
	if (!from->model || !from->has_champion)
		return set_none(g, line, from->model ? "no_model" : from->why_none, from->trouble);
	r = engine_set_model(g->engine, line, from->model, NULL, &trouble);
	if (r == -EINVAL && adopts)
		return set_none(g, line, "model_misfit", trouble.text);
	if (r < 0)
		return err_set(err, r, "line \"%s\": %s", l->config->name, trouble.text);
	l->model = model_share(from->model);
	l->why_none = "";
	memcpy(l->trouble, from->trouble, sizeof(l->trouble));
	return 0;
}

static int take_models(
	struct gateway *g, struct gateway *old, const struct gateway_next *next, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < g->config->line_count && r == 0; i++)
		r = take_model(g, i,
			model_from(old, next->checked.gateway, g->config->lines[i].name),
			next->adopted[i] != NULL, err);
	return r;
}

/* What cannot be shared: from here on nothing fails. */
static void take_roles(struct gateway *g, struct gateway *old, struct gateway *fresh)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		struct gateway_line *l = &g->lines[i];
		struct gateway_line *was = find_line(old, l->config->name);
		struct gateway_line *from = was ? was : find_line(fresh, l->config->name);

		l->roles = from->roles;
		from->roles = (struct roles){0};
		for (size_t k = 0; k < ENGINE_SHADOWS; k++) {
			l->beside[k] = from->beside[k];
			from->beside[k] = NULL;
			memcpy(l->beside_trouble[k], from->beside_trouble[k],
				sizeof(l->beside_trouble[k]));
		}
		beside_set_shadows(g, i);
	}
}

static int take_state(struct gateway *g, const struct gateway *old, struct err *err)
{
	CLEANUP(outgoing_list_deinit) struct outgoing_list before = {0};
	CLEANUP(buf_deinit) struct buf state;
	int r = outgoing_of_gateway(&before, old, g->config);

	buf_init(&state);
	if (r < 0)
		return err_set(err, r, "no memory for the line files of before");
	r = outgoing_add(g, &before, err);
	if (r < 0)
		return r;
	engine_save(old->engine, &state);
	if (buf_failed(&state))
		return err_set(err, -ENOMEM, "no memory to take the state over");
	r = engine_load(g->engine, state.data, state.len, err);
	if (r == 0)
		engine_go_on(g->engine, old->engine);
	return r;
}

int gateway_reload(
	struct gateway **out, struct gateway *old, struct gateway_next *next, struct err *err)
{
	CLEANUP(gateway_free) struct gateway *g = NULL;
	int r = gateway_new(&g, next->checked.config, old->kernels, err);

	if (r == 0)
		r = take_state(g, old, err);
	if (r == 0)
		r = take_models(g, old, next, err);
	if (r < 0)
		return r;
	take_roles(g, old, next->checked.gateway);
	*out = TAKE(g);
	return 0;
}
