/* Another configuration in force: between two engine inputs. */
#include "daemon/pipeline_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/gateway/reload.h"

static int fill_line(struct line_out *line, const struct line_config *config)
{
	line->prediction_qos = config->decide.prediction_qos;
	if (asprintf(&line->prediction, "%s/prediction", config->publish) < 0)
		line->prediction = NULL;
	if (asprintf(&line->alert, "%s/alert", config->publish) < 0)
		line->alert = NULL;
	if (asprintf(&line->reply, "%s/reply", config->publish) < 0)
		line->reply = NULL;
	return line->prediction && line->alert && line->reply ? 0 : -ENOMEM;
}

/* Figures go on under the line's name. */
static void take_figures(struct line_out *line, const char *name, const struct pipeline *from)
{
	for (size_t i = 0; i < from->line_count; i++)
		if (strcmp(from->o.gateway->lines[i].config->name, name) == 0)
			line->figures = from->lines[i].figures;
}

int pipeline_make_lines(
	struct line_out **out, const struct config *config, const struct pipeline *from)
{
	struct line_out *lines = calloc(config->line_count + 1, sizeof(*lines));
	int r = lines ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < config->line_count; i++) {
		r = fill_line(&lines[i], &config->lines[i]);
		if (from)
			take_figures(&lines[i], config->lines[i].name, from);
	}
	if (r == 0)
		*out = lines;
	else
		pipeline_free_lines(lines, config->line_count);
	return r;
}

void pipeline_free_lines(struct line_out *lines, size_t count)
{
	for (size_t i = 0; lines && i < count; i++) {
		free(lines[i].prediction);
		free(lines[i].alert);
		free(lines[i].reply);
	}
	free(lines);
}

void pipeline_end_lines(struct pipeline *p, const struct config *next)
{
	struct engine_input in = {.kind = INPUT_TICK};
	bool ends = false;

	for (size_t i = 0; i < p->line_count; i++) {
		if (config_find_line(next, p->o.gateway->lines[i].config->name))
			continue;
		engine_end_line(p->engine, i);
		ends = true;
	}
	if (!ends)
		return;
	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	pipeline_take_input(p, &in, uv_hrtime());
}

int pipeline_take_over(struct pipeline *p, struct gateway *g, struct gateway_next *next)
{
	struct engine_input in = {.kind = INPUT_TICK};
	struct line_out *lines;
	int r = pipeline_make_lines(&lines, g->config, p);

	if (r < 0)
		return r;
	pipeline_free_lines(p->lines, p->line_count);
	p->lines = lines;
	p->line_count = g->config->line_count;
	p->o.gateway = g;
	p->engine = g->engine;
	for (size_t i = 0; i < p->line_count; i++) {
		if (next->adopted[i])
			pipeline_adopt(p, i, TAKE(next->adopted[i]));
	}
	/* what is due now by the new files, before the state is written: units by the clock begin
	 * here */
	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	pipeline_take_input(p, &in, uv_hrtime());
	p->filling->gateway = g;
	pipeline_put_snapshot(p, p->filling);
	batch_drop_inputs(p->filling);
	pipeline_clock_changed(p);
	return 0;
}

void pipeline_reply(struct pipeline *p, const struct command_reply *reply)
{
	struct command_reply copy = *reply;

	copy.req = arena_string(p->filling->arena, reply->req);
	copy.text = arena_string(p->filling->arena, reply->text);
	check_memory(copy.req && copy.text ? 0 : -ENOMEM);
	check_memory(batch_add_reply(p->filling, p->gateway_reply, &copy));
}
