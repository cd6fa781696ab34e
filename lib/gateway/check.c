/* Checking a configuration, its models and their fit. */
#include "lib/gateway/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/gateway/broker_tls.h"
#include "lib/gateway/model_file.h"
#include "lib/store/registry.h"
#include "lib/store/units.h"

const char *const gateway_check_note =
	"a mosquitto broker keeps 1000 messages for a gateway that is away and drops the rest, "
	"unless its max_queued_messages says otherwise (0: no limit)";

/* The registry, read only; none when there is no database yet or it cannot be read. */
static int open_registry(struct gateway_check *c, struct store **out, struct err *err)
{
	struct err trouble = {0};
	char *path;
	int r = 0;

	if (asprintf(&path, "%s/defectd.db", c->config->state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	if (access(path, F_OK) == 0)
		r = store_open(out, path, STORE_READ, &trouble);
	if (r < 0)
		config_report_warning(&c->report, c->config->file, "/state_dir",
			"%s; only the models that line files name were checked", trouble.text);
	free(path);
	return 0;
}

static void check_password_file(struct gateway_check *c)
{
	const char *path = c->config->broker.password_file;

	if (!path || access(path, R_OK) == 0)
		return;
	if (errno == EACCES) /* who checks need not be who runs the service */
		config_report_warning(&c->report, c->config->file, "/broker/password_file",
			"%s: %s", path, strerror(errno));
	else
		config_report_error(&c->report, c->config->file, "/broker/password_file", "%s: %s",
			path, strerror(errno));
}

/* A line file's model beside a champion: contents the registry knows change nothing, others would
 * become champion at the next start: *replaces it. */
static int check_next_model(struct gateway_check *c, struct store *s,
	const struct gateway_line *line, bool *replaces, struct err *err)
{
	CLEANUP(model_free) struct model *m = NULL;
	const struct line_config *config = line->config;
	char sha256[SHA256_HEX];
	struct err trouble = {0};
	bool is_known = false;
	void *bytes = NULL;
	size_t len;
	int r = model_file_read(
		&bytes, &len, config->model, (size_t)c->config->limits.model, &trouble);

	if (r == -ENOENT) {
		config_report_warning(&c->report, config->file, "/model",
			"%s; the champion of the registry is in force", trouble.text);
		return 0;
	}
	if (r == 0) {
		sha256_hex(sha256, bytes, len);
		r = store_model_is_known(s, config->name, sha256, &is_known, err);
		if (r < 0 || is_known) {
			free(bytes);
			return r;
		}
		r = model_parse(&m, bytes, len, c->gateway->kernels, &trouble);
		if (r == 0)
			r = model_check_usable(m, &trouble);
		if (r == 0)
			r = engine_model_fits(&config->plan, m, &trouble);
		if (r < 0)
			(void)err_prefix(&trouble, r, "%s", config->model);
		free(bytes);
	}
	if (r < 0)
		config_report_error(&c->report, config->file, "/model", "%s", trouble.text);
	*replaces = r == 0;
	return 0;
}

/* A feature whose type is no longer that of its column: the daemon would not start. */
static int check_columns(
	struct gateway_check *c, struct store *s, const struct line_config *line, struct err *err)
{
	for (size_t i = 0; i < line->plan.feature_count; i++) {
		const struct feature *f = &line->plan.features[i];
		const struct store_column column = {f->name, f->is_text};
		struct err trouble = {0};
		char where[48];
		int r = store_column_fits(s, line->name, &column, &trouble);

		snprintf(where, sizeof(where), "/features/%zu", line->feature_at[i]);
		if (r == -EEXIST)
			config_report_error(&c->report, line->file, where, "%s", trouble.text);
		else if (r < 0)
			return err_set(err, r, "%s", trouble.text);
	}
	return 0;
}

static int check_against_store(struct gateway_check *c, struct err *err)
{
	CLEANUP(store_close) struct store *registry = NULL;
	int r = open_registry(c, &registry, err);

	for (size_t i = 0; r == 0 && registry && i < c->config->line_count; i++)
		r = check_columns(c, registry, &c->config->lines[i], err);
	if (r == 0)
		r = gateway_load_models(c->gateway, registry, err);
	for (size_t i = 0; r == 0 && i < c->config->line_count; i++) {
		const struct gateway_line *line = &c->gateway->lines[i];
		bool replaces = false;

		if (line->has_champion && line->config->model)
			r = check_next_model(c, registry, line, &replaces, err);
		if (!replaces)
			config_report_model(&c->report, line->config, line->why_none,
				line->has_champion, line->trouble);
	}
	return r;
}

int gateway_check(struct gateway_check *out, const char *file, const struct nn_kernels *kernels,
	struct err *err)
{
	int r;

	*out = (struct gateway_check){0};
	r = config_load(&out->config, file, &out->report);
	if (r < 0)
		return out->report.errors && !out->report.failed
			       ? 0
			       : err_set(err, r, "%s: %s", file, strerror(-r));
	check_password_file(out);
	broker_tls_check(out->config, &out->report);
	r = gateway_new(&out->gateway, out->config, kernels, err);
	return r < 0 ? r : check_against_store(out, err);
}

void gateway_check_deinit(struct gateway_check *c)
{
	gateway_free(c->gateway);
	config_free(c->config);
	config_report_deinit(&c->report);
	*c = (struct gateway_check){0};
}
