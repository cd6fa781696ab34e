#include "lib/gateway/outgoing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/candidate.h"
#include "lib/store/in_force.h"

void outgoing_list_deinit(struct outgoing_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->v[i].line);
		free(list->v[i].text);
		model_free(list->v[i].model);
	}
	free(list->v);
	*list = (struct outgoing_list){0};
}

/* Room for one more, counted. NULL: no memory. */
static struct outgoing *append(struct outgoing_list *list, const char *line)
{
	struct outgoing *v = reallocarray(list->v, list->count + 1, sizeof(*v));

	if (!v)
		return NULL;
	list->v = v;
	v = &list->v[list->count++];
	*v = (struct outgoing){.line = strdup(line)};
	return v->line ? v : NULL;
}

static void copy_reason(struct outgoing *o, const char *why_none)
{
	snprintf(o->why_none, sizeof(o->why_none), "%s", *why_none ? why_none : "no_model");
}

struct reading {
	struct outgoing_list *list;
	const struct gateway *g;
	struct store *store;
	struct err *err;
};

/* The model of that name: the champion, or read again. What cannot be is no error. */
static int find_model(struct reading *r, const char *sha256, const char *line, struct outgoing *o)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	const struct gateway *g = r->g;
	const char *why;
	int rc;

	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct model *m = g->lines[i].model;

		if (m && strcmp(g->lines[i].config->name, line) == 0 &&
			strcmp(model_sha256(m), sha256) == 0) {
			o->model = model_share(m);
			return 0;
		}
	}
	rc = candidate_load_copy(&c, g, sha256, true, &why, NULL);
	if (rc == -ENOMEM)
		return rc;
	o->model = TAKE(c.model);
	if (!o->model)
		copy_reason(o, "model_refused");
	return 0;
}

static int take_saved(void *owner, const struct saved_generation *saved)
{
	struct reading *r = owner;
	struct outgoing *o = append(r->list, saved->line);
	int rc;

	if (!o)
		return err_set(r->err, -ENOMEM, "no memory for the line files of before");
	copy_reason(o, saved->why_none);
	rc = store_config_text(r->store, saved->config_sha256, &o->text, r->err);
	if (rc == 0 && saved->model_sha256[0])
		rc = find_model(r, saved->model_sha256, saved->line, o);
	return rc;
}

int outgoing_of_snapshot(struct outgoing_list *out, const struct gateway *g, struct store *s,
	const void *bytes, size_t len, struct err *err)
{
	struct reading r = {out, g, s, err};

	return engine_each_outgoing(bytes, len, take_saved, &r, err);
}

static const char *text_of(const struct gateway *g, const char *sha256)
{
	const struct config *const known[] = {g->config, g->earlier};

	for (size_t k = 0; k < ARRAY_LEN(known); k++) {
		for (size_t i = 0; known[k] && i < known[k]->line_count; i++)
			if (strcmp(known[k]->lines[i].sha256, sha256) == 0)
				return known[k]->lines[i].text;
	}
	return NULL;
}

static int take_generation(
	struct outgoing_list *out, const struct gateway *old, const struct engine_generation *g)
{
	struct outgoing *o = append(out, g->line);
	const char *text = text_of(old, g->config_sha256);

	if (!o)
		return -ENOMEM;
	o->text = text ? strdup(text) : NULL;
	copy_reason(o, g->why_none);
	o->model = model_share(g->model);
	return text && !o->text ? -ENOMEM : 0;
}

int outgoing_of_gateway(
	struct outgoing_list *out, const struct gateway *old, const struct config *next)
{
	for (size_t i = 0; i < old->config->line_count; i++) {
		const struct line_config *was = &old->config->lines[i];
		const struct line_config *is = config_find_line(next, was->name);
		size_t newest = is && strcmp(is->sha256, was->sha256) != 0 ? 0 : 1, ago = 1;
		struct engine_generation g;

		while (is && engine_generation(old->engine, i, ago, &g))
			ago++;
		while (is && ago-- > newest) {
			int r = engine_generation(old->engine, i, ago, &g)
					? take_generation(out, old, &g)
					: 0;

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static size_t find_line(const struct gateway *g, const char *name)
{
	size_t i = 0;

	while (i < g->config->line_count && strcmp(g->lines[i].config->name, name) != 0)
		i++;
	return i;
}

/* Its text, or where that cannot be used today's, becomes a line of g->earlier. */
static int read_text(struct gateway *g, const struct outgoing *o, struct gateway_line *l)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_report_deinit) struct config_report again = {0};
	char file[128];
	int r = -EINVAL;

	snprintf(file, sizeof(file), "the line file of \"%.64s\" before", o->line);
	if (o->text)
		r = config_add_line(g->earlier, file, o->text, &report);
	if (r != -EINVAL)
		return r;
	snprintf(l->earlier_trouble, sizeof(l->earlier_trouble), "%s",
		o->text ? config_first_error(&report) : "its text is not in the database");
	return config_add_line(g->earlier, l->config->file, l->config->text, &again);
}

static int read_texts(struct gateway *g, const struct outgoing_list *list, struct err *err)
{
	int r = g->earlier ? 0 : config_without_lines(&g->earlier, g->config);

	for (size_t i = 0; i < list->count && r == 0; i++) {
		size_t line = find_line(g, list->v[i].line);

		if (line < g->config->line_count)
			r = read_text(g, &list->v[i], &g->lines[line]);
	}
	return r == 0 ? 0 : err_set(err, r, "the line files of before cannot be read");
}

/* Its model fitted then; under today's file in its place it may not. */
static int add_one(struct gateway *g, size_t line, const struct line_config *was,
	const struct outgoing *o, struct err *err)
{
	const struct line_spec spec = {
		.name = was->name,
		.publish = g->config->lines[line].publish,
		.plan = &was->plan,
		.decide = &was->decide,
		.config_sha256 = was->sha256,
	};
	bool fits = o->model && engine_model_fits(spec.plan, o->model, NULL) == 0;

	return engine_add_outgoing(g->engine, line, &spec, fits ? o->model : NULL,
		o->model ? "model_misfit" : o->why_none, err);
}

int outgoing_add(struct gateway *g, const struct outgoing_list *list, struct err *err)
{
	size_t at = 0;
	int r;

	if (list->count == 0)
		return 0;
	r = read_texts(g, list, err);
	for (size_t i = 0; i < list->count && r == 0; i++) {
		size_t line = find_line(g, list->v[i].line);

		if (line < g->config->line_count)
			r = add_one(g, line, &g->earlier->lines[at++], &list->v[i], err);
	}
	return r;
}
