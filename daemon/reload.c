#include "daemon/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/intake.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/outlet.h"
#include "daemon/pipeline.h"
#include "daemon/registrar.h"
#include "daemon/start.h"
#include "daemon/status.h"
#include "daemon/stop.h"
#include "daemon/subscriptions.h"
#include "lib/base/err.h"
#include "lib/config/changes.h"
#include "lib/gateway/reload.h"

#define WAITING_MAX 64 /* commands that wait for their answer */
#define GRANTS_WITHIN_S 10

/* What was in force: rows that are not committed yet borrow from it. */
struct past {
	struct past *next; /* the one before */
	struct gateway *gateway;
	struct config *config;    /* NULL: not ours */
	const struct gateway *by; /* what came in its place */
};

struct waiting {
	char *req[WAITING_MAX];
	size_t count;
};

struct reload {
	struct daemon *d;
	uv_work_t work;
	bool runs, is_reading, again, is_closing;
	struct waiting now, then;     /* answered by the one that runs, and by the next */
	const struct gateway *awaits; /* in force, but not on disk and granted yet; NULL: none */
	bool is_committed;
	unsigned seconds; /* that it has been so */
	char text[1100];  /* what is in force then */
	size_t outgoing;  /* line files of before that were in force a second ago */
	struct past *past;
	struct config *config; /* in force, ours; NULL: it is the one of the start */

	/* the thread pool's while it runs */
	char *file;
	const struct nn_kernels *kernels;
	struct gateway_next next;
	int result;
	struct err err;
};

static void answer(struct reload *r, bool ok, const char *code, const char *text)
{
	for (size_t i = 0; i < r->now.count; i++) {
		const struct command_reply reply = {
			.req = r->now.req[i], .ok = ok, .code = code, .text = text};

		pipeline_reply(r->d->pipeline, &reply);
		free(r->now.req[i]);
	}
	r->now.count = 0;
	pipeline_pump(r->d->pipeline, PUMP_DUE);
}

static void refuse(struct reload *r, const char *text)
{
	log_error("%s: the configuration is refused, keeping the one in force", text);
	answer(r, false, "refused", text);
}

/* All that `check` says. */
static void tell_report(const struct config_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		if (report->problems[i].is_warning)
			log_warning("%s", report->problems[i].text);
		else
			log_error("%s", report->problems[i].text);
	}
}

/* All that is in force and may be for a while: what outgoing line files want stays subscribed to
 * until reload_tick finds them gone. */
static int subscribe_to(struct reload *r, struct subscriptions **out, const struct config *config,
	const struct gateway *old, struct err *err)
{
	const struct config *const before[] = {old->config, old->earlier};

	return subscriptions_new(out, config, before, ARRAY_LEN(before), r->d->marker, err);
}

static size_t outgoing_files(const struct gateway *g)
{
	size_t count = 0;

	for (size_t i = 0; i < g->config->line_count; i++) {
		struct engine_line_state line;

		engine_line_state(g->engine, i, &line);
		count += line.outgoing;
	}
	return count;
}

/* Rows of the gateway of before are not committed yet. */
static void put_away(struct reload *r, struct past *p, struct gateway *old)
{
	*p = (struct past){r->past, old, r->config, r->d->gateway};
	r->past = p;
	r->config = r->next.checked.config;
	r->next.checked.config = NULL;
}

/* The connections of before end politely where it is the same broker: another one is to say the
 * last will. */
static void reconnect(struct reload *r, const struct config *was)
{
	struct daemon *d = r->d;
	bool is_same = strcmp(was->broker.host, d->config->broker.host) == 0 &&
		       was->broker.port == d->config->broker.port;
	struct err err = {""};
	int rc = intake_reconnect(d->intake, d->password, is_same, &err);

	if (rc == 0)
		rc = outlet_reconnect(
			d->outlet, d->config, d->password, status_will(d->status), is_same, &err);
	if (rc < 0)
		log_error(
			"the settings of the broker cannot be used before a restart: %s", err.text);
}

/* From here on nothing fails. */
static void go_on(struct reload *r, struct gateway *g, struct subscriptions *subscriptions,
	struct past *past, bool reconnects)
{
	struct daemon *d = r->d;
	struct gateway *old = d->gateway;
	const struct config *was = d->config;

	status_leave(d->status);
	d->gateway = g;
	d->config = g->config;
	put_away(r, past, old);
	registrar_take_over(d->registrar, g);
	intake_take_over(d->intake, g);
	outlet_set_limit(d->outlet, (size_t)g->config->limits.outbox);
	if (reconnects)
		reconnect(r, was);
	intake_subscribe(d->intake, subscriptions);
	r->outgoing = SIZE_MAX;
	status_arrive(d->status);
}

/* Everything that may fail comes first. */
static int take_up(struct reload *r, bool reconnects, struct err *err)
{
	CLEANUP(subscriptions_free) struct subscriptions *subscriptions = NULL;
	struct past *past = calloc(1, sizeof(*past));
	struct daemon *d = r->d;
	struct gateway *g = NULL;
	int rc = past ? 0 : err_set(err, -ENOMEM, "no memory");

	if (rc == 0)
		rc = status_prepare(d->status, r->next.checked.config, err);
	if (rc == 0)
		rc = subscribe_to(r, &subscriptions, r->next.checked.config, d->gateway, err);
	if (rc == 0) {
		pipeline_end_lines(d->pipeline, r->next.checked.config);
		rc = gateway_reload(&g, d->gateway, &r->next, err);
	}
	if (rc < 0) {
		free(past);
		return rc;
	}
	if (pipeline_take_over(d->pipeline, g, &r->next) < 0)
		pipeline_give_up();
	go_on(r, g, TAKE(subscriptions), past, reconnects);
	return 0;
}

/* The password is read again: a new one in the same file is a change. */
static bool password_differs(struct reload *r, char **password, struct err *err, int *rc)
{
	const char *now = r->d->password;

	*rc = start_read_password(password, r->next.checked.config, err);
	if (*rc < 0)
		return false;
	return (*password == NULL) != (now == NULL) || (now && strcmp(*password, now) != 0);
}

static bool adopts_any(const struct gateway_next *next)
{
	for (size_t i = 0; i < next->line_count; i++)
		if (next->adopted[i])
			return true;
	return false;
}

static void set_password(struct daemon *d, char *password)
{
	if (d->password)
		explicit_bzero(d->password, strlen(d->password));
	free(d->password);
	d->password = password;
}

static void decide(struct reload *r)
{
	struct config_changes changes;
	struct err err = {""};
	char text[1100], *password = NULL;
	bool is_other;
	int rc;

	config_compare(&changes, r->d->config, r->next.checked.config);
	if (changes.refused[0]) {
		snprintf(text, sizeof(text), "%s, which needs a restart", changes.refused);
		refuse(r, text);
		return;
	}
	is_other = password_differs(r, &password, &err, &rc);
	if (rc < 0) {
		refuse(r, err.text);
		return;
	}
	if (!changes.any && !is_other && !adopts_any(&r->next)) {
		free(password);
		log_info("the configuration is the one in force");
		answer(r, true, "nothing_to_do", "the configuration is the one in force");
		return;
	}
	set_password(r->d, password);
	if (take_up(r, changes.broker || is_other, &err) < 0) {
		refuse(r, err.text);
		return;
	}
	snprintf(r->text, sizeof(r->text), "in force from now on: %s",
		changes.any ? changes.text
		: is_other  ? "the password"
			    : "models");
	r->awaits = r->d->gateway;
	r->is_committed = false;
	r->seconds = 0;
	pipeline_pump(r->d->pipeline, PUMP_DUE);
}

static void begin(struct reload *r);

static void finish(struct reload *r)
{
	notify_reloaded(r->d->notify);
	r->runs = false;
	if (r->again)
		begin(r);
}

static void on_read(uv_work_t *w, int status)
{
	struct reload *r = w->data;
	const struct config_report *report = &r->next.checked.report;
	char text[1100];

	(void)status;
	r->is_reading = false;
	if (r->is_closing || stop_has_begun(r->d->stop)) {
		gateway_next_deinit(&r->next);
		r->runs = false;
		return;
	}
	tell_report(report);
	if (r->result < 0) {
		refuse(r, r->err.text);
	} else if (report->errors) {
		snprintf(text, sizeof(text), "%zu error%s, the first: %.900s", report->errors,
			report->errors == 1 ? "" : "s", config_first_error(report));
		refuse(r, text);
	} else {
		decide(r);
	}
	gateway_next_deinit(&r->next);
	if (!r->awaits)
		finish(r);
}

void reload_look(struct reload *r)
{
	bool is_granted = !intake_awaits_grants(r->d->intake) || r->seconds >= GRANTS_WITHIN_S;

	if (!r->awaits || !r->is_committed || !is_granted)
		return;
	r->awaits = NULL;
	log_info("reloaded, %s", r->text);
	answer(r, true, "", r->text);
	finish(r);
}

/* In the pool. */
static void read_next(uv_work_t *w)
{
	struct reload *r = w->data;

	r->result = gateway_next_read(&r->next, r->file, r->kernels, &r->err);
}

static void begin(struct reload *r)
{
	r->again = false;
	r->runs = true;
	r->now = r->then;
	r->then.count = 0;
	r->err.text[0] = 0;
	notify_reloading(r->d->notify);
	r->is_reading = uv_queue_work(&r->d->loop, &r->work, read_next, on_read) == 0;
	if (r->is_reading)
		return;
	refuse(r, "no thread to read it in");
	finish(r);
}

void reload_ask(struct reload *r, const struct reload_request *request)
{
	char *req;

	if (stop_has_begun(r->d->stop))
		return;
	if (request)
		log_info("the command reload of \"%s\": reading the configuration again",
			request->by);
	else
		log_info("SIGHUP: reading the configuration again");
	if (request && r->then.count < WAITING_MAX) {
		req = strdup(request->req);
		if (req)
			r->then.req[r->then.count++] = req;
	}
	r->again = true;
	if (!r->runs)
		begin(r);
}

void reload_tick(struct reload *r)
{
	CLEANUP(subscriptions_free) struct subscriptions *subscriptions = NULL;
	struct gateway *g = r->d->gateway;
	size_t outgoing = outgoing_files(g);
	struct err err = {""};

	r->seconds++;
	reload_look(r);
	if (outgoing == r->outgoing || r->awaits)
		return;
	/* what the last unit of a file of before wanted is wanted no longer */
	if (subscriptions_new(&subscriptions, g->config, (const struct config *const[]){g->earlier},
		    outgoing > 0, r->d->marker, &err) < 0) {
		log_warning("%s, trying again each second", err.text);
		return;
	}
	r->outgoing = outgoing;
	intake_subscribe(r->d->intake, TAKE(subscriptions));
}

static void free_past(struct past *p)
{
	while (p) {
		struct past *next = p->next;

		gateway_free(p->gateway);
		config_free(p->config);
		free(p);
		p = next;
	}
}

void reload_committed(struct reload *r, const struct gateway *g)
{
	struct past **at = &r->past;

	/* what came in the place of an older one is older than what came in the place of it */
	while (*at && (*at)->by != g)
		at = &(*at)->next;
	free_past(*at);
	*at = NULL;
	r->is_committed = r->is_committed || g == r->awaits;
	reload_look(r);
}

int reload_new(struct reload **out, struct daemon *d, struct err *err)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (!r || !(r->file = strdup(d->config->file))) {
		free(r);
		return err_set(err, -ENOMEM, "no memory to reload with");
	}
	r->d = d;
	r->kernels = d->gateway->kernels;
	r->work.data = r;
	r->outgoing = outgoing_files(d->gateway);
	*out = r;
	return 0;
}

void reload_close(struct reload *r)
{
	r->is_closing = true;
	if (r->is_reading)
		uv_cancel((uv_req_t *)&r->work);
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	free_past(r->past);
	config_free(r->config);
	for (size_t i = 0; i < r->now.count; i++)
		free(r->now.req[i]);
	for (size_t i = 0; i < r->then.count; i++)
		free(r->then.req[i]);
	free(r->file);
	free(r);
}
