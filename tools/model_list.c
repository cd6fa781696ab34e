/* defectctl model list: which models the registry has, and what each is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/config/config.h"
#include "lib/store/registry.h"
#include "tools/model.h"
#include "tools/options.h"
#include "tools/text_table.h"

#define SHORT_DIGITS 12

/* The figures of a training, as they are told of a model. */
static const struct {
	const char *key, *name;
} figures[] = {
	{"pr_auc", "PR AUC"},
	{"f1", "F1"},
	{"rows", "rows"},
};

struct listing {
	struct text_table table;
	struct buf json;
	size_t count;
};

static const cJSON *figure(const cJSON *training, const char *key)
{
	const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(training, "metrics");
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(metrics, key);

	return item ? item : cJSON_GetObjectItemCaseSensitive(training, key);
}

/* "PR AUC 0.912, F1 0.85, rows 8000" */
static void put_figures(struct buf *out, const char *text)
{
	CLEANUP(json_free) cJSON *training = NULL;

	if (!text[0] || json_parse(&training, text, strlen(text), 0, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		const cJSON *item = figure(training, figures[i].key);

		if (cJSON_IsNumber(item))
			buf_addf(out, "%s%s %.3g", out->len ? ", " : "", figures[i].name,
				item->valuedouble);
	}
}

static int add_row(void *owner, const struct model_row *m)
{
	struct listing *l = owner;
	char since[TIMESTAMP_TEXT_MAX];
	CLEANUP(buf_deinit) struct buf text;

	buf_init(&text);
	timestamp_print(since, m->at_ms);
	put_figures(&text, m->metrics);
	text_table_add(&l->table, m->line);
	text_table_add(&l->table, m->role);
	text_table_addf(&l->table, "%.*s", SHORT_DIGITS, m->sha256);
	text_table_add(&l->table, since);
	text_table_add(&l->table, m->by[0] ? m->by : "-");
	text_table_add(&l->table, text.len && buf_text(&text) ? text.data : "-");
	text_table_add(&l->table, m->why[0] ? m->why : "-");
	return 0;
}

static int add_json(void *owner, const struct model_row *m)
{
	CLEANUP(json_free) cJSON *training = NULL;
	struct listing *l = owner;
	struct buf *b = &l->json;
	char since[TIMESTAMP_TEXT_MAX];

	timestamp_print(since, m->at_ms);
	buf_add(b, l->count++ ? "," : "");
	jsonw_begin(b);
	jsonw_text(b, "line", m->line);
	jsonw_text(b, "role", m->role);
	jsonw_text(b, "sha256", m->sha256);
	jsonw_text(b, "file", m->file);
	jsonw_text(b, "by", m->by);
	jsonw_text(b, "why", m->why);
	jsonw_text(b, "since", since);
	jsonw_int(b, "since_ms", m->at_ms);
	jsonw_key(b, "metrics"); /* as the file has it */
	if (m->metrics[0] && json_parse(&training, m->metrics, strlen(m->metrics), 0, NULL) == 0)
		buf_add(b, m->metrics);
	else
		buf_add(b, "{}");
	jsonw_end(b);
	return 0;
}

static int print(struct listing *l, const struct context *ctx, struct store *s, const char *line,
	struct err *err)
{
	static const char *const headings[] = {
		"line", "role", "model", "since", "by", "figures", "why"};
	int rc;

	if (ctx->json) {
		buf_add(&l->json, "[");
		rc = store_each_model(s, line, add_json, l, err);
		buf_add(&l->json, "]");
		if (rc == 0 && !buf_text(&l->json))
			rc = err_set(err, -ENOMEM, "no memory for the result");
		if (rc == 0)
			puts(l->json.data);
		return rc;
	}
	text_table_init(&l->table, headings, ARRAY_LEN(headings));
	rc = store_each_model(s, line, add_row, l, err);
	if (rc == 0 && !text_table_print(&l->table, stdout))
		rc = err_set(err, -ENOMEM, "no memory for the result");
	return rc;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *s = NULL;
	const char *line = NULL;
	const struct option_row rows[] = {{"--line", OPTION_TEXT, &line, false}};
	struct listing l = {.count = 0};
	struct err err = {0};
	int rc = options_read(&command_model_list, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	if (line && !command_find_line(config, line, &err))
		return command_fail("model list", &err);
	buf_init(&l.json);
	rc = command_open_store(&s, config, &err);
	if (rc == 0)
		rc = print(&l, ctx, s, line, &err);
	buf_deinit(&l.json);
	text_table_deinit(&l.table);
	return rc < 0 ? command_fail("model list", &err) : 0;
}

const struct command command_model_list = {
	.name = "model list",
	.arguments = "[--line L]",
	.summary = "which models the registry has, which is in use, and since when",
	.run = run,
};
