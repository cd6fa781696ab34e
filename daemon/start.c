#include "daemon/start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/db_file.h"
#include "daemon/deliveries.h"
#include "daemon/log.h"
#include "daemon/outlet.h"
#include "lib/base/err.h"
#include "lib/gateway/gateway.h"
#include "lib/store/journal.h"
#include "lib/store/outbox.h"

#define PASSWORD_BYTES_MAX 1024

static int make_folder(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	if (mkdir(path, 0750) < 0)
		return err_set(err, -errno, "the state folder %s cannot be made: %s", path,
			strerror(errno));
	return 0;
}

static int count_boot(struct daemon *d, struct err *err)
{
	int r = store_meta_get(d->store, "boot", &d->boot, err);

	d->boot++;
	return r == 0 ? store_meta_set(d->store, "boot", d->boot, err) : r;
}

static int open_all(struct daemon *d, const char *path, struct err *err)
{
	int r = store_open(&d->store, path, STORE_WRITE, err);

	if (r == 0)
		r = count_boot(d, err);
	if (r == 0)
		r = gateway_start(&d->gateway, d->config, d->store, clock_now_ms(&d->clock), err);
	return r;
}

static void drop_all(struct daemon *d)
{
	gateway_free(d->gateway);
	d->gateway = NULL;
	store_close(d->store);
	d->store = NULL;
}

static int open_or_begin_anew(struct daemon *d, struct err *err)
{
	char *path = db_file_path(d->config->state_dir);
	int r;

	if (!path)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = open_all(d, path, err);
	if (r == -EUCLEAN) {
		log_error("%s, the file is set aside and a new one begun", err->text);
		drop_all(d);
		r = db_file_set_aside(path, err);
		if (r == 0)
			r = open_all(d, path, err);
	}
	free(path);
	return r;
}

static void tell_line_files(const struct gateway *g)
{
	if (!g->has_taken_over)
		return;
	log_info("line files have changed: what is open goes on under the new ones");
	if (g->left_out[0])
		log_warning("%s are dropped: the line is no longer configured", g->left_out);
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct gateway_line *l = &g->lines[i];

		if (l->earlier_trouble[0])
			log_warning(
				"line \"%s\": its line file of before cannot be used, what came "
				"since the last snapshot is read again under the new one: %s",
				l->config->name, l->earlier_trouble);
	}
}

static void tell_beside(const struct gateway_line *l)
{
	for (size_t i = 0; i < ENGINE_SHADOWS; i++) {
		if (l->beside_trouble[i][0])
			log_warning("line \"%s\": %s: it is not scored in the shadow",
				l->config->name, l->beside_trouble[i]);
		else if (l->beside[i])
			log_info("line \"%s\": model %.12s, %s, scores in the shadow",
				l->config->name, model_sha256(l->beside[i]),
				i == SHADOW_CHALLENGER ? "the challenger" : "the previous one");
	}
}

static void tell_models(const struct gateway *g)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct gateway_line *l = &g->lines[i];

		if (l->model)
			log_info("line \"%s\": runs model %.12s", l->config->name,
				model_sha256(l->model));
		if (l->trouble[0] && (l->model || l->config->model || l->has_champion))
			log_error("line \"%s\": %s%s", l->config->name, l->trouble,
				l->model ? "" : "; its units are collected without a prediction");
		else if (!l->model)
			log_info("line \"%s\": %s; its units are collected without a prediction",
				l->config->name, l->trouble);
		tell_beside(l);
	}
}

/* state_dir, and in it models/, where people put what they trained. */
static int make_folders(const char *state_dir, struct err *err)
{
	char *models;
	int r = make_folder(state_dir, err);

	if (r < 0)
		return r;
	if (asprintf(&models, "%s/models", state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = make_folder(models, err);
	free(models);
	return r;
}

int start_state(struct daemon *d, struct err *err)
{
	int r = make_folders(d->config->state_dir, err);

	if (r == 0)
		r = store_lock_take(&d->lock, d->config->state_dir, err);
	if (r < 0)
		return r;
	clock_init(&d->clock, 0);
	r = open_or_begin_anew(d, err);
	if (r < 0)
		return r;
	/* an engine that is new has no time yet */
	if (engine_clock_ms(d->gateway->engine) > 0)
		clock_init(&d->clock, engine_clock_ms(d->gateway->engine));
	tell_line_files(d->gateway);
	tell_models(d->gateway);
	return 0;
}

int start_deliveries(struct daemon *d, struct deliveries **out, struct err *err)
{
	CLEANUP(deliveries_free) struct deliveries *list = NULL;
	size_t cap = 2 * (size_t)d->config->broker.receive_maximum, count = 0;
	struct delivery *kept = calloc(cap, sizeof(*kept));
	uint64_t first = 1;
	int r;

	if (!kept || deliveries_new(&list, (uint32_t)cap) < 0) {
		free(kept);
		return err_set(err, -ENOMEM, "no memory for a list of %zu deliveries", cap);
	}
	r = store_load_deliveries(d->store, kept, cap, &count, &first, err);
	if (r == 0) {
		deliveries_load(list, kept, count, first);
		*out = TAKE(list);
	}
	free(kept);
	return r;
}

static int restore_one(void *owner, const struct outbox_message *m)
{
	return outlet_restore(owner, m);
}

int start_outbox(struct daemon *d, struct err *err)
{
	int r = store_each_outbox(d->store, restore_one, d->outlet, err);
	size_t waiting = outlet_figures(d->outlet).waiting;

	if (r == 0 && waiting)
		log_info("%zu messages were not confirmed by the broker: they are sent again",
			waiting);
	return r;
}

int start_read_password(char **out, const struct config *config, struct err *err)
{
	const char *path = config->broker.password_file;
	char text[PASSWORD_BYTES_MAX + 1];
	size_t len;
	FILE *f;

	*out = NULL;
	if (!path)
		return 0;
	f = fopen(path, "re");
	if (!f)
		return err_set(err, -errno, "the password file %s: %s", path, strerror(errno));
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = 0;
	text[strcspn(text, "\r\n")] = 0;
	*out = strdup(text);
	explicit_bzero(text, sizeof(text));
	return *out ? 0 : err_set(err, -ENOMEM, "no memory for the password");
}
