/* The models beside the champion. */
#include "lib/gateway/beside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/candidate.h"

struct model **beside_find(struct gateway_line *l, const char *sha256)
{
	for (size_t i = 0; i < ENGINE_SHADOWS; i++) {
		if (l->beside[i] && strcmp(model_sha256(l->beside[i]), sha256) == 0)
			return &l->beside[i];
	}
	return NULL;
}

void beside_set_shadows(struct gateway *g, size_t line)
{
	for (size_t i = 0; i < ENGINE_SHADOWS; i++) {
		struct model *m = g->lines[line].beside[i];

		if (engine_set_shadow(g->engine, line, (enum engine_shadow)i, m, NULL) < 0 && m)
			(void)!engine_set_shadow(
				g->engine, line, (enum engine_shadow)i, NULL, NULL);
	}
}

static int load_beside(
	struct gateway *g, size_t line, enum engine_shadow which, enum model_role role)
{
	CLEANUP(candidate_deinit) struct candidate c = {0};
	struct gateway_line *l = &g->lines[line];
	const struct role *found = roles_with(&l->roles, role);
	const char *code;
	struct err err = {0};
	int r;

	if (!found)
		return 0;
	r = candidate_load_copy(&c, g, found->sha256, true, &code, &err);
	if (r == 0)
		r = engine_model_fits(&l->config->plan, c.model, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		snprintf(l->beside_trouble[which], sizeof(l->beside_trouble[which]),
			"the %s model: %.900s", model_role_name(role), err.text);
	l->beside[which] = TAKE(c.model);
	return 0;
}

int gateway_load_beside(struct gateway *g, struct err *err)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		if (load_beside(g, i, SHADOW_CHALLENGER, ROLE_CHALLENGER) < 0 ||
			load_beside(g, i, SHADOW_PREVIOUS, ROLE_PREVIOUS) < 0)
			return err_set(err, -ENOMEM, "no memory for the models of line \"%s\"",
				g->config->lines[i].name);
		beside_set_shadows(g, i);
	}
	return 0;
}
