/* defectctl model show: what a model file says, and the program that its graph becomes. */
#include "tools/model_show.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/gateway/model_file.h"
#include "lib/store/roles.h"
#include "tools/model.h"
#include "tools/options.h"

/* The registry's copy of a line's model. */
static int find_copy(char **path, const struct context *ctx, const char *line_name,
	const char *name, struct err *err)
{
	CLEANUP(config_free) struct config *config = command_load_config(ctx);
	CLEANUP(store_close) struct store *s = NULL;
	CLEANUP(roles_deinit) struct roles roles = {0};
	const struct line_config *line = NULL;
	const struct role *role = NULL;
	int rc;

	if (!config)
		return EX_CONFIG;
	rc = command_choose_line(&line, &command_model_show, config, line_name);
	if (rc != 0)
		return rc;
	rc = command_open_store(&s, config, err);
	if (rc == 0)
		rc = roles_load(&roles, s, line->name, err);
	if (rc < 0)
		return command_fail("model show", err);
	switch (roles_look_up(&roles, name, &role)) {
	case ROLES_FOUND:
		*path = model_file_path(config->state_dir, role->sha256);
		if (*path)
			return 0;
		err_set(err, -ENOMEM, "no memory for a path");
		break;
	case ROLES_UNKNOWN:
		err_set(err, -ENOENT, "line \"%s\" has no model \"%s\", and there is no such file",
			line->name, name);
		break;
	case ROLES_AMBIGUOUS:
		err_set(err, -EINVAL,
			"line \"%s\" has several models whose sha256 begins with \"%s\"",
			line->name, name);
		break;
	}
	return command_fail("model show", err);
}

static int show(const struct context *ctx, const char *path)
{
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(buf_deinit) struct buf out;
	struct err err = {"no memory"};
	const struct nn_kernels *k = nn_kernels_choose(NULL, &err);
	bool is_fine;

	buf_init(&out);
	if (!k || model_load(&m, path, MODEL_BYTES_MAX, k, &err) < 0)
		return command_fail("model show", &err);
	is_fine = ctx->json ? model_show_json(&out, m, path) : model_show_text(&out, m, path);
	if (!is_fine) {
		err_set(&err, -ENOMEM, "no memory for the result");
		return command_fail("model show", &err);
	}
	(void)fwrite(out.data, 1, out.len, stdout); /* a failure shows at the end */
	return 0;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	const char *name = NULL, *line = NULL;
	const struct option_row rows[] = {
		{"FILE|MODEL", OPTION_POSITIONAL, &name, true},
		{"--line", OPTION_TEXT, &line, false},
	};
	struct err err = {0};
	char *path = NULL;
	int rc = options_read(&command_model_show, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	/* what looks like a file is one: no configuration is needed then */
	if (line || (access(name, F_OK) != 0 && !strpbrk(name, "/.")))
		rc = find_copy(&path, ctx, line, name, &err);
	if (rc == 0)
		rc = show(ctx, path ? path : name);
	free(path);
	return rc;
}

const struct command command_model_show = {
	.name = "model show",
	.arguments = "FILE|MODEL [--line L]",
	.summary = "what a model file says, and the program that its graph becomes",
	.run = run,
};
