/* A configuration and a store put together to an engine. */
#include "lib/gateway/gateway.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/store/in_force.h"
#include "lib/store/journal.h"
#include "lib/store/units.h"

static int add_line(struct gateway *g, size_t i, struct err *err)
{
	const struct line_config *config = &g->config->lines[i];
	struct line_spec spec = {
		.name = config->name,
		.publish = config->publish,
		.plan = &config->plan,
		.decide = &config->decide,
		.config_sha256 = config->sha256,
	};

	g->lines[i].config = config;
	g->lines[i].why_none = "no_model";
	return engine_add_line(g->engine, &spec, err);
}

int gateway_new(struct gateway **out, const struct config *config, const struct nn_kernels *kernels,
	struct err *err)
{
	CLEANUP(gateway_free) struct gateway *g = calloc(1, sizeof(*g));
	struct assembler_limits limits = config_assembler_limits(config);
	int r;

	if (!g)
		return err_set(err, -ENOMEM, "no memory for the gateway");
	g->config = config;
	g->kernels = kernels;
	g->lines = calloc(config->line_count + 1, sizeof(*g->lines));
	if (!g->lines)
		return err_set(err, -ENOMEM, "no memory for %zu lines", config->line_count);
	r = engine_new(&g->engine, kernels, &limits, (size_t)config->limits.payload, err);
	if (r < 0)
		return r;
	engine_set_root(g->engine, config->publish);
	for (size_t i = 0; i < config->line_count; i++) {
		r = add_line(g, i, err);
		if (r < 0)
			return r;
	}
	*out = TAKE(g);
	return 0;
}

static void free_models(struct gateway_line *l)
{
	model_free(l->model);
	for (size_t i = 0; i < ENGINE_SHADOWS; i++)
		model_free(l->beside[i]);
	roles_deinit(&l->roles);
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	engine_free(g->engine);
	for (size_t i = 0; g->lines && i < g->config->line_count; i++)
		free_models(&g->lines[i]);
	config_free(g->earlier);
	free(g->lines);
	free(g);
}

int gateway_prepare_store(struct gateway *g, struct store *s, int64_t now_ms, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct line_config *line = &g->config->lines[i];
		size_t count = line->plan.feature_count;
		struct store_column *columns = calloc(count + 1, sizeof(*columns));
		int r;

		if (!columns)
			return err_set(err, -ENOMEM, "no memory for %zu columns", count);
		for (size_t c = 0; c < count; c++) {
			columns[c].name = line->plan.features[c].name;
			columns[c].is_text = line->plan.features[c].is_text;
		}
		r = store_add_line(s, line->name, columns, count,
			line->plan.label_worst ? LABEL_WORST : LABEL_LATEST, err);
		free(columns);
		if (r == 0)
			r = store_put_config(s, line->sha256, line->name, line->text, now_ms, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int put_rows(const struct gateway *g, struct store *s, const struct in_force *v,
	const struct buf *state, struct err *err)
{
	int r = store_begin(s, err);

	if (r < 0)
		return r;
	if (state)
		r = store_put_snapshot(s, engine_number(g->engine), engine_now_ms(g->engine),
			state->data, state->len, err);
	if (r == 0)
		r = store_put_in_force(s, v, g->config->line_count, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

void gateway_in_force(const struct gateway *g, struct in_force *out)
{
	for (size_t i = 0; i < g->config->line_count; i++)
		out[i] = (struct in_force){
			.line = g->config->lines[i].name, .sha256 = g->config->lines[i].sha256};
}

int gateway_put_in_force(
	const struct gateway *g, struct store *s, const struct buf *state, struct err *err)
{
	size_t count = g->config->line_count;
	struct in_force *v = calloc(count + 1, sizeof(*v));
	int r;

	if (!v)
		return err_set(err, -ENOMEM, "no memory for %zu lines", count);
	gateway_in_force(g, v);
	r = put_rows(g, s, v, state, err);
	free(v);
	return r;
}
