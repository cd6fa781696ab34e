#include "tools/model_register.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/gateway/incoming.h"
#include "lib/gateway/model_file.h"
#include "lib/gateway/swap.h"
#include "tools/command.h"
#include "tools/offline.h"

#define WAIT_MS 30000
#define LOOK_MS 20

/* One registration by the daemon. */
struct handing {
	struct model_registration *m;
	const struct config *config;
	const struct line_config *line;
	struct store *store;
	char *folder;
};

static void handing_deinit_at(struct handing *h)
{
	store_close(h->store);
	free(h->folder);
}

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Its role, ROLE_RETIRED when it has none. */
static int read_role(struct handing *h, enum model_role *out, struct err *err)
{
	CLEANUP(roles_deinit) struct roles roles = {0};
	int r = roles_load(&roles, h->store, h->line->name, err);
	const struct role *role = roles_find(&roles, h->m->sha256);

	if (r == 0)
		*out = role ? role->role : ROLE_RETIRED;
	return r;
}

static void tell(struct handing *h, enum model_role role, bool is_news, const char *how)
{
	h->m->is_news = is_news;
	snprintf(h->m->text, sizeof(h->m->text), "model %.12s is %s of line \"%s\"%s", h->m->sha256,
		model_role_name(role), h->line->name, how);
}

/* Is the registry's copy there, and what it should be? */
static bool copy_is_good(const struct handing *h)
{
	char *path = model_file_path(h->config->state_dir, h->m->sha256);
	char sha256[SHA256_HEX] = "";
	void *bytes = NULL;
	size_t len = 0;

	if (path && model_file_read(&bytes, &len, path, (size_t)h->config->limits.model, NULL) == 0)
		sha256_hex(sha256, bytes, len);
	free(bytes);
	free(path);
	return strcmp(sha256, h->m->sha256) == 0;
}

static bool order_is_there(const struct handing *h)
{
	bool is_there = false;
	char *path;

	if (asprintf(&path, "%s/%s.json", h->folder, h->m->sha256) < 0)
		return false;
	is_there = access(path, F_OK) == 0;
	free(path);
	return is_there;
}

#define NOT_YET 1

/* Has the daemon done what the order in the folder wants? */
static int look(struct handing *h, enum model_role *role, struct err *err)
{
	char text[1024];
	int r = read_role(h, role, err);

	if (r < 0)
		return r;
	if (order_is_there(h))
		return NOT_YET;
	if (incoming_is_refused(h->folder, h->m->sha256, text, sizeof(text)))
		return err_set(err, -EINVAL, "%s", text);
	return *role == ROLE_RETIRED ? NOT_YET : 0;
}

static int say_late(const struct handing *h, struct err *err)
{
	bool has_daemon = true;

	if (store_lock_is_held(h->config->state_dir, &has_daemon, NULL) == 0 && !has_daemon)
		return err_set(err, -ETIMEDOUT,
			"the daemon has ended meanwhile; its next start takes the model from %s",
			h->folder);
	return err_set(err, -ETIMEDOUT,
		"the daemon has not taken the model from %s within %d s; it may still do so, its "
		"log says what it waits for",
		h->folder, WAIT_MS / 1000);
}

static int wait_for(struct handing *h, enum model_role *role, struct err *err)
{
	const struct timespec pause = {0, LOOK_MS * 1000000};
	int64_t until_ms = mono_ms() + WAIT_MS;
	int r;

	while ((r = look(h, role, err)) == NOT_YET && mono_ms() < until_ms)
		nanosleep(&pause, NULL);
	return r == NOT_YET ? say_late(h, err) : r;
}

static int hand_over(struct handing *h, struct err *err)
{
	struct incoming_order order = {.line = (char *)(uintptr_t)h->line->name,
		.by = (char *)(uintptr_t)h->m->by,
		.why = (char *)(uintptr_t)h->m->why};
	enum model_role role = ROLE_RETIRED;
	bool is_known;
	int r;

	strcpy(order.sha256, h->m->sha256);
	r = command_open_store(&h->store, h->config, err);
	if (r == 0)
		r = read_role(h, &role, err);
	if (r < 0)
		return r;
	is_known = role != ROLE_RETIRED;
	if (is_known && copy_is_good(h)) {
		tell(h, role, false, " already");
		return 0;
	}
	if (order_is_there(h))
		return err_set(err, -EEXIST,
			"%s/%s.json: these contents are being imported already", h->folder,
			h->m->sha256);
	offline_become_owner(h->config);
	r = incoming_put(h->folder, &order, h->m->bytes, h->m->len, err);
	if (r == 0)
		r = wait_for(h, &role, err);
	if (r == 0)
		tell(h, role, true, is_known ? ", its file is there again" : "");
	return r;
}

static int ask_daemon(struct model_registration *m, const struct config *config,
	const struct line_config *line, struct err *err)
{
	__attribute__((cleanup(handing_deinit_at))) struct handing h = {
		.m = m, .config = config, .line = line};

	h.folder = incoming_folder(config->state_dir);
	return h.folder ? hand_over(&h, err) : err_set(err, -ENOMEM, "no memory for a path");
}

static void remove_copy(const char *state_dir, const char *sha256)
{
	char *path = model_file_path(state_dir, sha256);

	if (path)
		(void)unlink(path);
	free(path);
}

/* The copy first: what the registry names must be there. */
static int put_into_registry(struct model_registration *m, struct offline *o, size_t line,
	struct model **model, struct err *err)
{
	const char *state_dir = o->gateway->config->state_dir;
	bool is_known = roles_find(&o->gateway->lines[line].roles, m->sha256) != NULL;
	int64_t now_ms = offline_now_ms();
	struct swap swap;
	int r = engine_model_fits(&o->gateway->config->lines[line].plan, *model, err);

	if (r == 0)
		r = model_file_keep(state_dir, m->sha256, m->bytes, m->len, err);
	if (r < 0)
		return r;
	if (swap_register(&swap, o->gateway, line, TAKE(*model), now_ms) < 0)
		return err_set(err, -ENOMEM, "no memory for the models of the line");
	m->is_news = swap.changes.count > 0;
	snprintf(m->text, sizeof(m->text),
		swap.is_champion ? "line \"%2$s\": %1$.1000s again" : "%.1000s of line \"%s\"",
		swap.text, o->gateway->config->lines[line].name);
	if (!m->is_news)
		return 0;
	r = swap_commit(&swap, o->gateway, line, m->by, m->why, now_ms, o->store, err);
	if (r < 0 && !is_known)
		remove_copy(state_dir, m->sha256);
	return r;
}

static int write_registry(struct model_registration *m, const struct config *config,
	const struct line_config *line, struct err *err)
{
	CLEANUP(offline_close) struct offline o;
	CLEANUP(model_free) struct model *model = NULL;
	int r = offline_open(&o, config, true, err);

	if (r == 0)
		r = model_parse(&model, m->bytes, m->len, o.gateway->kernels, err);
	return r == 0 ? put_into_registry(m, &o, (size_t)(line - config->lines), &model, err) : r;
}

int model_register(struct model_registration *m, const struct config *config,
	const struct line_config *line, struct err *err)
{
	bool has_daemon = false;
	int r = store_lock_is_held(config->state_dir, &has_daemon, err);

	sha256_hex(m->sha256, m->bytes, m->len);
	if (r < 0)
		return r;
	return has_daemon ? ask_daemon(m, config, line, err) : write_registry(m, config, line, err);
}
