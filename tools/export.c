/* defectctl export: the units of a line as CSV, each with its label. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/config/config.h"
#include "lib/store/export.h"
#include "tools/command.h"
#include "tools/new_file.h"
#include "tools/options.h"

struct arguments {
	const char *line, *out;
	bool only_labelled;
};

static int take(void *owner, const char *text, size_t len, struct err *err)
{
	FILE *f = owner;

	if (fwrite(text, 1, len, f) == len)
		return 0;
	return err_set(err, -errno, "the rows cannot be written: %s", strerror(errno));
}

static int export_to(FILE *f, struct store_export *e, struct store *s, struct err *err)
{
	e->take = take;
	e->owner = f;
	return store_export_csv(s, e, err);
}

static int export_file(const char *path, struct store_export *e, struct store *s, struct err *err)
{
	CLEANUP(new_file_drop) struct new_file *f = NULL;
	int rc = new_file_open(&f, path, err);

	if (rc == 0)
		rc = export_to(new_file_stream(f), e, s, err);
	return rc < 0 ? rc : new_file_keep(TAKE(f), err);
}

static int export_line(const struct arguments *a, const struct config *config,
	struct store_export *e, struct err *err)
{
	CLEANUP(store_close) struct store *s = NULL;
	const struct line_config *line = command_find_line(config, a->line, err);
	int rc = line ? command_open_store(&s, config, err) : -EINVAL;

	e->line = a->line;
	e->only_labelled = a->only_labelled;
	if (rc == 0)
		rc = a->out ? export_file(a->out, e, s, err) : export_to(stdout, e, s, err);
	return rc;
}

static void report(
	const struct context *ctx, const struct arguments *a, const struct store_export *e)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	if (!ctx->json) {
		printf("%s: %" PRIu64 " unit%s of %s, %" PRIu64 " with a label\n", a->out, e->units,
			e->units == 1 ? "" : "s", a->line, e->labelled);
		return;
	}
	jsonw_begin(&b);
	jsonw_text(&b, "line", a->line);
	jsonw_text(&b, "out", a->out);
	jsonw_int(&b, "units", (int64_t)e->units);
	jsonw_int(&b, "labelled", (int64_t)e->labelled);
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct arguments a = {0};
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &a.line, true},
		{"--out", OPTION_TEXT, &a.out, false},
		{"--labelled", OPTION_FLAG, &a.only_labelled, false},
	};
	struct store_export e = {0};
	struct err err = {0};
	int rc = options_read(&command_export, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	if (ctx->json && !a.out)
		return command_usage(&command_export,
			"with --json the rows need a file of their own: --out is missing");
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	if (export_line(&a, config, &e, &err) < 0)
		return command_fail("export", &err);
	if (a.out)
		report(ctx, &a, &e);
	return 0;
}

const struct command command_export = {
	.name = "export",
	.arguments = "--line L [--out F.csv] [--labelled]",
	.summary = "writes the units of a line as CSV, each with its label",
	.run = run,
};
