#include "lib/gateway/swap.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/beside.h"
#include "lib/gateway/candidate.h"
#include "lib/gateway/model_file.h"
#include "lib/store/journal.h"

#define SHORT ".12"

static void refuse(struct swap *out, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void refuse(struct swap *out, const char *code, const char *fmt, ...)
{
	va_list args;

	out->is_ok = false;
	out->code = code;
	va_start(args, fmt);
	vsnprintf(out->text, sizeof(out->text), fmt, args);
	va_end(args);
}

static void nothing_to_do(struct swap *out, const struct role *role)
{
	out->is_ok = true;
	out->code = "nothing_to_do";
	snprintf(out->text, sizeof(out->text), "model %" SHORT "s is %s already", role->sha256,
		model_role_name(role->role));
}

/* Which model is meant. NULL: refused. */
static const struct role *find_previous(struct swap *out, const struct gateway_line *l)
{
	const struct role *previous = roles_with(&l->roles, ROLE_PREVIOUS);

	if (!previous)
		refuse(out, "no_previous", "line \"%s\" has no previous model", l->config->name);
	return previous;
}

static const struct role *find_named(
	struct swap *out, const struct gateway_line *l, const char *name)
{
	const struct role *found = NULL;

	if (strcmp(name, model_role_name(ROLE_PREVIOUS)) == 0)
		return find_previous(out, l);
	switch (roles_look_up(&l->roles, name, &found)) {
	case ROLES_FOUND:
		return found;
	case ROLES_AMBIGUOUS:
		refuse(out, "ambiguous_model",
			"line \"%s\" has several models whose SHA-256 begins with \"%.64s\"",
			l->config->name, name);
		return NULL;
	case ROLES_UNKNOWN:
		break;
	}
	if (strcmp(name, model_role_name(ROLE_CHALLENGER)) == 0)
		refuse(out, "unknown_model", "line \"%s\" has no challenger", l->config->name);
	else
		refuse(out, "unknown_model",
			"line \"%s\" has no model \"%.64s\": wanted is a SHA-256, its first %d "
			"digits or more, \"challenger\" or \"previous\"",
			l->config->name, name, ROLES_DIGITS_MIN);
	return NULL;
}

/* The engine has `m` in force already; it is the line's now, and what it displaced moves on. */
static int settle(struct swap *out, struct gateway *g, size_t line, struct model *m)
{
	struct gateway_line *l = &g->lines[line];
	bool had_champion = roles_with(&l->roles, ROLE_CHAMPION) != NULL;
	struct model *gone;

	if (out->changes.count > 1 && had_champion) {
		gone = l->beside[SHADOW_PREVIOUS];
		l->beside[SHADOW_PREVIOUS] = l->model;
	} else {
		gone = l->model;
	}
	l->model = m;
	l->has_champion = true;
	l->why_none = "";
	l->trouble[0] = '\0';
	beside_set_shadows(g, line);
	model_free(gone);
	return roles_apply(&l->roles, &out->changes);
}

/* *m is handed over when it comes into force. */
static int put_in_force(
	struct swap *out, struct gateway *g, size_t line, struct model **m, int64_t now_ms)
{
	struct gateway_line *l = &g->lines[line];
	const struct role *before = roles_with(&l->roles, ROLE_CHAMPION);
	struct err err = {0};
	int r = engine_set_model(g->engine, line, *m, NULL, &err);

	if (r < 0) {
		refuse(out, r == -EINVAL ? "model_misfit" : "model_refused",
			"model %" SHORT "s: %s", model_sha256(*m), err.text);
		return 0;
	}
	out->is_ok = out->is_champion = true;
	out->changes = roles_change(&l->roles, model_sha256(*m), ROLE_CHAMPION, now_ms);
	snprintf(out->text, sizeof(out->text), "model %" SHORT "s is in force", model_sha256(*m));
	if (before && out->changes.count > 1)
		snprintf(out->text, sizeof(out->text),
			"model %" SHORT "s is in force, before it was %" SHORT "s",
			model_sha256(*m), before->sha256);
	return settle(out, g, line, TAKE(*m));
}

int swap_carry_out(struct swap *out, struct gateway *g, size_t line,
	const struct swap_request *request, int64_t now_ms)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct gateway_line *l = &g->lines[line];
	const struct role *wanted;
	struct model **loaded;
	const char *code = "";
	struct err err = {0};

	*out = (struct swap){.code = ""};
	wanted = request->is_rollback ? find_previous(out, l) : find_named(out, l, request->model);
	if (!wanted)
		return 0;
	if (wanted->role == ROLE_CHAMPION && l->model) {
		nothing_to_do(out, wanted);
		return 0;
	}
	if (wanted->file_is_gone) {
		refuse(out, "model_refused",
			"the file of model %" SHORT "s is gone: it was retired for long",
			wanted->sha256);
		return 0;
	}
	loaded = beside_find(l, wanted->sha256);
	if (candidate_load_copy(&c, g, wanted->sha256, !loaded, &code, &err) < 0) {
		refuse(out, code, "%s", err.text);
		return 0;
	}
	return put_in_force(out, g, line, loaded ? loaded : &c.model, now_ms);
}

static bool is_live(const struct role *role)
{
	return role && role->role != ROLE_RETIRED;
}

/* A model whose role is known comes in again: where its file was gone or damaged it takes up that
 * role only now. *m is handed over then. */
static int register_again(struct swap *out, struct gateway *g, size_t line,
	const struct role *known, struct model **m, int64_t now_ms)
{
	struct gateway_line *l = &g->lines[line];
	struct model **beside = known->role == ROLE_PREVIOUS ? &l->beside[SHADOW_PREVIOUS]
							     : &l->beside[SHADOW_CHALLENGER];

	if (known->role == ROLE_CHAMPION && !l->model)
		return put_in_force(out, g, line, m, now_ms);
	nothing_to_do(out, known);
	if (known->role != ROLE_CHAMPION && !*beside) {
		*beside = TAKE(*m);
		beside_set_shadows(g, line);
	}
	return 0;
}

int swap_register(struct swap *out, struct gateway *g, size_t line, struct model *m, int64_t now_ms)
{
	struct gateway_line *l = &g->lines[line];
	const struct role *known = roles_find(&l->roles, model_sha256(m));
	struct model *gone = m;
	struct err err = {0};

	*out = (struct swap){.code = ""};
	if (is_live(known)) {
		int r = register_again(out, g, line, known, &m, now_ms);

		model_free(m);
		return r;
	}
	if (engine_model_fits(&l->config->plan, m, &err) < 0) {
		refuse(out, "model_misfit", "%s", err.text);
	} else {
		out->is_ok = true;
		out->changes = roles_change(&l->roles, model_sha256(m), ROLE_CHALLENGER, now_ms);
		snprintf(out->text, sizeof(out->text), "model %" SHORT "s is challenger",
			model_sha256(m));
		gone = l->beside[SHADOW_CHALLENGER];
		l->beside[SHADOW_CHALLENGER] = m;
		beside_set_shadows(g, line);
	}
	model_free(gone);
	return roles_apply(&l->roles, &out->changes);
}

int swap_adopt(struct swap *out, struct gateway *g, size_t line, struct model *m, int64_t now_ms)
{
	const struct role *known = roles_find(&g->lines[line].roles, model_sha256(m));
	int r = 0;

	*out = (struct swap){.code = ""};
	if (known)
		nothing_to_do(out, known);
	else
		r = put_in_force(out, g, line, &m, now_ms);
	model_free(m);
	return r;
}

static const char *metrics_of(const struct gateway_line *l, const char *sha256)
{
	const struct model *const loaded[] = {
		l->model, l->beside[SHADOW_CHALLENGER], l->beside[SHADOW_PREVIOUS]};

	for (size_t i = 0; i < ARRAY_LEN(loaded); i++) {
		if (loaded[i] && strcmp(model_sha256(loaded[i]), sha256) == 0)
			return model_training(loaded[i]);
	}
	return "";
}

int swap_rows(const struct swap *s, const struct gateway *g, size_t line, const char *by,
	const char *why, int (*each)(void *owner, const struct model_row *row), void *owner)
{
	const struct gateway_line *l = &g->lines[line];
	int r = 0;

	for (size_t i = 0; r == 0 && i < s->changes.count; i++) {
		const struct role *role = &s->changes.v[i];
		char *file = model_file_path(g->config->state_dir, role->sha256);
		const struct model_row row = {
			.line = l->config->name,
			.sha256 = role->sha256,
			.role = model_role_name(role->role),
			.file = file,
			.metrics = metrics_of(l, role->sha256),
			.by = by,
			.why = why,
			.at_ms = role->at_ms,
		};

		r = file ? each(owner, &row) : -ENOMEM;
		free(file);
	}
	return r;
}

struct writing {
	struct store *store;
	struct err *err;
};

static int put_row(void *owner, const struct model_row *row)
{
	struct writing *w = owner;

	return store_put_model(w->store, row, w->err);
}

static int put_all(const struct swap *swap, const struct gateway *g, size_t line, const char *by,
	const char *why, int64_t now_ms, struct store *s, struct err *err)
{
	CLEANUP(buf_deinit) struct buf state;
	struct writing w = {s, err};
	int r = 0;

	buf_init(&state);
	if (swap->is_champion) {
		engine_save(g->engine, &state);
		if (buf_failed(&state))
			return err_set(err, -ENOMEM, "no memory for a snapshot");
		r = store_put_snapshot(
			s, engine_number(g->engine), now_ms, state.data, state.len, err);
	}
	return r == 0 ? swap_rows(swap, g, line, by, why, put_row, &w) : r;
}

int swap_commit(const struct swap *swap, const struct gateway *g, size_t line, const char *by,
	const char *why, int64_t now_ms, struct store *s, struct err *err)
{
	int r = store_begin(s, err);

	if (r == 0)
		r = put_all(swap, g, line, by, why, now_ms, s, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}
