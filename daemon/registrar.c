#include "daemon/registrar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/pipeline.h"
#include "daemon/registrar_job.h"
#include "lib/base/err.h"
#include "lib/gateway/gateway.h"
#include "lib/gateway/swap.h"

#define LOOK_EACH_S 60
#define RETIRED_FILES 20 /* kept of a line */

struct registrar {
	uv_loop_t *loop;
	struct gateway *gateway;
	struct pipeline *pipeline;
	uv_fs_event_t watch;
	uv_work_t work;
	enum step step;
	bool looks_again, is_untidy, is_closing;
	unsigned seconds;
	struct job job;
	struct log_memory trouble;
};

/* In the pool. */
static void on_work(uv_work_t *w)
{
	struct registrar *r = w->data;

	job_run(&r->job, r->step);
}

static void on_worked(uv_work_t *w, int status);

static void go(struct registrar *r, enum step step)
{
	r->step = step;
	r->job.result = 0;
	if (uv_queue_work(r->loop, &r->work, on_work, on_worked) < 0)
		r->step = STEP_IDLE; /* the next minute */
}

static void add_outdated(void *owner, const char *sha256)
{
	struct job *j = owner;
	char(*v)[SHA256_HEX] = reallocarray(j->outdated, j->outdated_count + 1, sizeof(*v));

	if (!v)
		return; /* the next time */
	j->outdated = v;
	snprintf(v[j->outdated_count++], sizeof(*v), "%s", sha256);
}

/* Files may be the same for several lines: one that another line may still want stays. */
static bool is_wanted(const struct gateway *g, const char *sha256)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		const struct roles *roles = &g->lines[i].roles;

		if (roles_find(roles, sha256) && !roles_is_outdated(roles, sha256, RETIRED_FILES))
			return true;
	}
	return false;
}

/* From now on nobody puts these in force: their files are going. */
static bool begin_to_tidy(struct registrar *r)
{
	struct job *j = &r->job;
	size_t kept = 0;

	r->is_untidy = false;
	j->outdated_count = 0;
	for (size_t i = 0; i < r->gateway->config->line_count; i++)
		roles_each_outdated(&r->gateway->lines[i].roles, RETIRED_FILES, add_outdated, j);
	for (size_t i = 0; i < j->outdated_count; i++) {
		if (!is_wanted(r->gateway, j->outdated[i]))
			memmove(j->outdated[kept++], j->outdated[i], SHA256_HEX);
	}
	j->outdated_count = kept;
	for (size_t i = 0; i < kept; i++)
		for (size_t l = 0; l < r->gateway->config->line_count; l++)
			roles_forget_file(&r->gateway->lines[l].roles, j->outdated[i]);
	if (kept)
		go(r, STEP_TIDY);
	return kept > 0;
}

static void look(struct registrar *r)
{
	if (r->is_closing || r->step != STEP_IDLE) {
		r->looks_again = true;
		return;
	}
	r->looks_again = false;
	job_drop_order(&r->job);
	if (r->is_untidy && pipeline_registry_is_committed(r->pipeline) && begin_to_tidy(r))
		r->looks_again = true;
	else
		go(r, STEP_READ);
}

/* Nothing is in hand any more. */
static void rest(struct registrar *r, bool looks_again)
{
	job_drop_order(&r->job);
	r->step = STEP_IDLE;
	if (looks_again || r->looks_again)
		look(r);
}

static void set_aside(struct registrar *r)
{
	struct job *j = &r->job;
	char(*v)[SHA256_HEX] = reallocarray(j->aside, j->aside_count + 1, sizeof(*v));

	if (!log_is_news(&r->trouble, j->err.text))
		; /* it is said already */
	else if (r->step == STEP_TIDY)
		log_warning("the file of a retired model stays: %s", j->err.text);
	else
		log_error("a model in %s cannot be taken now: %s, trying again each minute",
			j->folder, j->err.text);
	j->aside = v ? v : j->aside;
	if (v && j->order.sha256[0])
		strcpy(v[j->aside_count++], j->order.sha256);
	rest(r, v && j->order.sha256[0]);
}

/* j->err says why. */
static void refuse(struct registrar *r)
{
	struct job *j = &r->job;

	log_error("line \"%s\": model %.12s is not registered: %s",
		j->order.line ? j->order.line : "", j->order.sha256, j->err.text);
	go(r, STEP_REFUSE);
}

/* SIZE_MAX: not configured, and refused. */
static size_t find_line(struct registrar *r)
{
	const struct gateway *g = r->gateway;

	for (size_t i = 0; i < g->config->line_count; i++) {
		if (strcmp(g->lines[i].config->name, r->job.order.line) == 0)
			return i;
	}
	err_set(&r->job.err, -EINVAL, "line \"%s\" is not configured", r->job.order.line);
	refuse(r);
	return SIZE_MAX;
}

static void judge(struct registrar *r)
{
	struct job *j = &r->job;
	size_t line = find_line(r);

	if (line == SIZE_MAX)
		return;
	if (engine_model_fits(&r->gateway->lines[line].config->plan, j->model, &j->err) < 0)
		refuse(r);
	else
		go(r, STEP_KEEP);
}

static void put_into_registry(struct registrar *r)
{
	struct job *j = &r->job;
	struct swap swap;
	size_t line = find_line(r);

	if (line == SIZE_MAX)
		return;
	pipeline_register(r->pipeline, line, TAKE(j->model), j->order.by, j->order.why, &swap);
	if (!swap.is_ok) {
		err_set(&j->err, -EINVAL, "%s", swap.text);
		refuse(r);
		return;
	}
	log_info("line \"%s\": %s (by \"%s\")", j->order.line, swap.text, j->order.by);
	r->is_untidy = true;
	r->step = STEP_COMMIT;
	pipeline_pump(r->pipeline, PUMP_DUE);
	registrar_committed(r); /* nothing to do is nothing to wait for */
}

static void on_worked(uv_work_t *w, int status)
{
	struct registrar *r = w->data;
	struct job *j = &r->job;
	enum step step = r->step;

	(void)status;
	if (r->is_closing) {
		r->step = STEP_IDLE;
		return;
	}
	if (j->result < 0 && j->is_refused && step == STEP_READ)
		refuse(r);
	else if (j->result < 0)
		set_aside(r);
	else if (step == STEP_READ && !j->order.sha256[0])
		rest(r, false);
	else if (step == STEP_READ)
		judge(r);
	else if (step == STEP_KEEP)
		put_into_registry(r);
	else
		rest(r, true);
}

void registrar_committed(struct registrar *r)
{
	if (!pipeline_registry_is_committed(r->pipeline))
		return;
	if (r->step == STEP_COMMIT) {
		(void)log_is_news(&r->trouble, "");
		go(r, STEP_REMOVE);
	}
}

void registrar_models_changed(struct registrar *r)
{
	r->is_untidy = true;
}

/* What was set aside too; the pool reads that list. */
static void take_up_all(struct registrar *r)
{
	if (r->step != STEP_READ)
		r->job.aside_count = 0;
}

static void on_event(uv_fs_event_t *h, const char *name, int events, int status)
{
	struct registrar *r = h->data;
	size_t len = name ? strlen(name) : 0;

	(void)events;
	(void)status;
	/* what is written aside is no order; one that was set aside may be there anew */
	if (len <= 5 || strcmp(name + len - 5, ".json") != 0 || name[0] == '.')
		return;
	take_up_all(r);
	look(r);
}

void registrar_tick(struct registrar *r)
{
	if (++r->seconds % LOOK_EACH_S == 0) {
		take_up_all(r);
		look(r);
	} else if (r->is_untidy && r->step == STEP_IDLE) {
		look(r);
	}
}

void registrar_start(struct registrar *r)
{
	int rc = uv_fs_event_start(&r->watch, on_event, r->job.folder, 0);

	if (rc < 0)
		log_warning("%s is not watched, it is looked into each minute: %s", r->job.folder,
			uv_strerror(rc));
	r->is_untidy = true;
	look(r);
}

int registrar_new(struct registrar **out, uv_loop_t *loop, struct gateway *g, struct pipeline *p,
	struct err *err)
{
	struct registrar *r = calloc(1, sizeof(*r));
	struct stat st;

	if (!r)
		return err_set(err, -ENOMEM, "no memory for incoming models");
	r->loop = loop;
	r->gateway = g;
	r->pipeline = p;
	r->job.folder = incoming_folder(g->config->state_dir);
	r->job.state_dir = strdup(g->config->state_dir);
	r->job.limit_bytes = (size_t)g->config->limits.model;
	r->job.kernels = g->kernels;
	if (!r->job.folder || !r->job.state_dir) {
		registrar_free(r);
		return err_set(err, -ENOMEM, "no memory for a path");
	}
	if (mkdir(r->job.folder, 0750) < 0 &&
		!(errno == EEXIST && stat(r->job.folder, &st) == 0 && S_ISDIR(st.st_mode)))
		log_warning("%s cannot be made: %s", r->job.folder, strerror(errno));
	uv_fs_event_init(loop, &r->watch);
	r->watch.data = r->work.data = r;
	*out = r;
	return 0;
}

void registrar_take_over(struct registrar *r, struct gateway *g)
{
	r->gateway = g;
}

void registrar_close(struct registrar *r)
{
	r->is_closing = true;
	uv_close((uv_handle_t *)&r->watch, NULL);
}

void registrar_free(struct registrar *r)
{
	if (!r)
		return;
	job_drop_order(&r->job);
	free(r->job.folder);
	free(r->job.state_dir);
	free(r->job.aside);
	free(r->job.outdated);
	free(r);
}
