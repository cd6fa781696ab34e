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

static int prepare_line(const struct line_config *line, bool label_worst, struct store *s,
	int64_t now_ms, struct err *err)
{
	size_t count = line->plan.feature_count;
	struct store_column *columns = calloc(count + 1, sizeof(*columns));
	int r;

	if (!columns)
		return err_set(err, -ENOMEM, "no memory for %zu columns", count);
	for (size_t c = 0; c < count; c++) {
		columns[c].name = line->plan.features[c].name;
		columns[c].is_text = line->plan.features[c].is_text;
	}
	r = store_add_line(
		s, line->name, columns, count, label_worst ? LABEL_WORST : LABEL_LATEST, err);
	free(columns);
	return r == 0 ? store_put_config(s, line->sha256, line->name, line->text, now_ms, err) : r;
}

int gateway_prepare_store(const struct gateway *g, struct store *s, int64_t now_ms, struct err *err)
{
	int r = 0;

	/* in a file that is begun anew those of before are not there either */
	for (size_t i = 0; g->earlier && i < g->earlier->line_count && r == 0; i++) {
		const struct line_config *was = &g->earlier->lines[i];
		const struct line_config *is = config_find_line(g->config, was->name);

		r = prepare_line(was, is && is->plan.label_worst, s, now_ms, err);
	}
	for (size_t i = 0; i < g->config->line_count && r == 0; i++)
		r = prepare_line(
			&g->config->lines[i], g->config->lines[i].plan.label_worst, s, now_ms, err);
	return r;
}

int gateway_put_in_force(
	const struct gateway *g, struct store *s, const struct buf *state, struct err *err)
{
	int r = store_begin(s, err);

	if (r < 0)
		return r;
	if (state)
		r = store_put_snapshot(s, engine_number(g->engine), engine_now_ms(g->engine),
			state->data, state->len, err);
	if (r == 0)
		r = gateway_put_in_force_with(g, s, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

int gateway_put_in_force_with(const struct gateway *g, struct store *s, struct err *err)
{
	size_t count = g->config->line_count;
	struct in_force *v = calloc(count + 1, sizeof(*v));
	int r;

	if (!v)
		return err_set(err, -ENOMEM, "no memory for %zu lines", count);
	for (size_t i = 0; i < count; i++)
		v[i] = (struct in_force){
			.line = g->config->lines[i].name, .sha256 = g->config->lines[i].sha256};
	r = store_put_in_force(s, v, count, err);
	free(v);
	return r;
}
