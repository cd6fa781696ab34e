#include "lib/gateway/candidate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/gateway/model_file.h"

void candidate_deinit(struct candidate *c)
{
	free(c->bytes);
	model_free(c->model);
	*c = (struct candidate){0};
}

int candidate_read(struct candidate *c, const struct gateway *g, const char *path, const char **why,
	struct err *err)
{
	int r = model_file_read(&c->bytes, &c->len, path, (size_t)g->config->limits.model, err);

	*why = r == -ENOENT ? "no_model" : "model_refused";
	if (r == 0)
		sha256_hex(c->sha256, c->bytes, c->len);
	return r;
}

int candidate_parse(struct candidate *c, const struct gateway *g, const char *path,
	const char **why, struct err *err)
{
	int r = model_parse(&c->model, c->bytes, c->len, g->kernels, err);

	*why = "model_refused";
	if (r == 0)
		r = model_check_usable(c->model, err);
	return r < 0 ? err_prefix(err, r, "%s", path) : 0;
}

int candidate_check(struct candidate *c, const struct gateway *g, size_t line, const char *path,
	const char **why, struct err *err)
{
	int r = candidate_parse(c, g, path, why, err);

	if (r < 0)
		return r;
	*why = "model_misfit";
	r = engine_model_fits(&g->config->lines[line].plan, c->model, err);
	return r < 0 ? err_prefix(err, r, "%s", path) : 0;
}

int candidate_load_copy(struct candidate *c, const struct gateway *g, const char *sha256,
	bool parses, const char **why, struct err *err)
{
	char *path = model_file_path(g->config->state_dir, sha256);
	int r;

	if (!path)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = candidate_read(c, g, path, why, err);
	*why = "model_refused";
	if (r == 0 && strcmp(sha256, c->sha256) != 0)
		r = err_set(err, -EINVAL, "%s: the contents are not what the name says: %s", path,
			c->sha256);
	if (r == 0 && parses)
		r = candidate_parse(c, g, path, why, err);
	free(path);
	return r;
}
