#include "daemon/daemon.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "daemon/committer.h"
#include "daemon/deliveries.h"
#include "daemon/intake.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/outlet.h"
#include "daemon/pipeline.h"
#include "daemon/registrar.h"
#include "daemon/reload.h"
#include "daemon/start.h"
#include "daemon/status.h"
#include "daemon/stop.h"
#include "daemon/subscriptions.h"
#include "lib/base/err.h"
#include "lib/gateway/gateway.h"

#define TICK_MS 1000
#define THREAD_PATIENCE_MS 1500
#define LARGE_BYTES (256 << 10)

static void on_tick(uv_timer_t *t)
{
	struct daemon *d = t->data;
	int64_t jump_ms = clock_follow_wall(&d->clock), now_ms, line_ms;

	clock_read(&d->clock, &now_ms, &line_ms); /* it wants to be read each second */
	if (jump_ms)
		log_warning("the wall clock has jumped by %lld ms, following it; deadlines stay",
			(long long)jump_ms);
	if (stop_has_begun(d->stop))
		return;
	if (jump_ms)
		pipeline_clock_set(d->pipeline, jump_ms);
	pipeline_alive(d->pipeline);
	reload_tick(d->reload);
	intake_tick(d->intake);
	registrar_tick(d->registrar);
	status_tick(d->status);
	notify_tick(d->notify);
}

static void on_signal(uv_signal_t *s, int number)
{
	struct daemon *d = s->data;

	if (number == SIGHUP)
		reload_ask(d->reload, NULL);
	else
		stop_begin(d->stop, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void on_outlet_changed(void *owner)
{
	struct daemon *d = owner;

	if (outlet_is_connected(d->outlet))
		status_connected(d->status);
}

static void on_committed(void *owner)
{
	struct daemon *d = owner;

	intake_committed(d->intake);
	registrar_committed(d->registrar);
}

static void on_state_changed(void *owner)
{
	struct daemon *d = owner;

	status_update(d->status);
	if (d->reload)
		reload_look(d->reload);
}

static void on_models_changed(void *owner)
{
	struct daemon *d = owner;

	registrar_models_changed(d->registrar);
	status_update(d->status);
}

static void on_reload(void *owner, const struct reload_request *request)
{
	reload_ask(((struct daemon *)owner)->reload, request);
}

static void on_reloaded(void *owner, const struct gateway *g)
{
	reload_committed(((struct daemon *)owner)->reload, g);
}

static int build_outlet(struct daemon *d, struct err *err)
{
	int r = status_new(&d->status, d, err);

	if (r == 0)
		r = outlet_new(&d->outlet, &d->loop, d->config, d->password, status_will(d->status),
			on_outlet_changed, d, err);
	return r == 0 ? start_outbox(d, err) : r;
}

static int build_pipeline(struct daemon *d, uint64_t delivery_next, struct err *err)
{
	const struct pipeline_options o = {
		.loop = &d->loop,
		.gateway = d->gateway,
		.clock = &d->clock,
		.outlet = d->outlet,
		.delivery_next = delivery_next,
		.owner = d,
		.committed = on_committed,
		.trouble_changed = on_state_changed,
		.models_changed = on_models_changed,
		.reload = on_reload,
		.reloaded = on_reloaded,
	};
	struct committer_handlers handlers;
	int r = pipeline_new(&d->pipeline, &o, err);

	if (r < 0)
		return r;
	handlers = pipeline_handlers(d->pipeline);
	r = committer_new(&d->committer, &d->loop, d->store, d->gateway, d->boot, &handlers, err);
	if (r < 0)
		return r;
	d->store = NULL; /* the committer's */
	pipeline_set_committer(d->pipeline, d->committer);
	return registrar_new(&d->registrar, &d->loop, d->gateway, d->pipeline, err);
}

static int build_flow(struct daemon *d, struct err *err)
{
	CLEANUP(deliveries_free) struct deliveries *deliveries = NULL;
	CLEANUP(subscriptions_free) struct subscriptions *subscriptions = NULL;
	struct intake_options o = {
		.loop = &d->loop,
		.gateway = d->gateway,
		.clock = &d->clock,
		.password = d->password,
		.boot = d->boot,
		.owner = d,
		.state_changed = on_state_changed,
	};
	int r;

	if (asprintf(&d->marker, "%s/marker", d->config->publish) < 0) {
		d->marker = NULL;
		return err_set(err, -ENOMEM, "no memory for a topic");
	}
	r = start_deliveries(d, &deliveries, err);
	if (r == 0)
		r = subscriptions_new(&subscriptions, d->config,
			(const struct config *const[]){d->gateway->earlier}, 1, d->marker, err);
	if (r == 0)
		r = build_outlet(d, err);
	if (r == 0)
		r = build_pipeline(d, deliveries_next(deliveries), err);
	if (r < 0)
		return r;
	o.marker = d->marker;
	o.deliveries = deliveries;
	o.subscriptions = subscriptions;
	r = intake_new(&d->intake, &o, err);
	if (r < 0)
		return r;
	deliveries = NULL;
	subscriptions = NULL;
	return 0;
}

static void build_handles(struct daemon *d)
{
	uv_timer_init(&d->loop, &d->tick);
	uv_signal_init(&d->loop, &d->term);
	uv_signal_init(&d->loop, &d->interrupt);
	uv_signal_init(&d->loop, &d->hangup);
	d->tick.data = d->term.data = d->interrupt.data = d->hangup.data = d;
}

static int build(struct daemon *d, struct err *err)
{
	int r = start_state(d, err);

	if (r == 0)
		r = start_read_password(&d->password, d->config, err);
	if (r == 0)
		r = build_flow(d, err);
	if (r == 0)
		r = notify_new(&d->notify, d, err);
	if (r == 0)
		r = reload_new(&d->reload, d, err);
	return r == 0 ? stop_new(&d->stop, d, err) : r;
}

static void close_handle(uv_handle_t *h, void *owner)
{
	(void)owner;
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

/* The reverse of the building. False: a store call hangs, so nothing may be freed. */
static bool tear_down(struct daemon *d)
{
	if (d->committer && !committer_stop(d->committer, THREAD_PATIENCE_MS))
		return false;
	if (d->intake)
		intake_close(d->intake);
	if (d->reload)
		reload_close(d->reload);
	if (d->registrar)
		registrar_close(d->registrar);
	if (d->pipeline)
		pipeline_close(d->pipeline);
	if (d->outlet)
		outlet_close(d->outlet);
	if (d->notify)
		notify_close(d->notify);
	/* those without an owner that would do it: the daemon's own and the stop's */
	uv_walk(&d->loop, close_handle, NULL);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	stop_free(d->stop);
	notify_free(d->notify);
	intake_free(d->intake);
	committer_free(d->committer);
	registrar_free(d->registrar);
	pipeline_free(d->pipeline);
	outlet_free(d->outlet);
	status_free(d->status);
	gateway_free(d->gateway);
	reload_free(d->reload);
	store_close(d->store);
	if (d->lock >= 0)
		close(d->lock);
	free(d->marker);
	if (d->password)
		explicit_bzero(d->password, strlen(d->password));
	free(d->password);
	return true;
}

/* Until the loop runs signals wait: one that comes while the journal is replayed is obeyed after
 * it. Threads inherit this, so that only the loop's thread is ever interrupted. */
static void hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(how, &set, NULL);
}

static void run(struct daemon *d)
{
	uv_signal_start(&d->term, on_signal, SIGTERM);
	uv_signal_start(&d->interrupt, on_signal, SIGINT);
	uv_signal_start(&d->hangup, on_signal, SIGHUP);
	hold_signals(SIG_UNBLOCK);
	uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
	outlet_start(d->outlet);
	intake_start(d->intake, d->pipeline);
	registrar_start(d->registrar);
	log_info("version " DEFECTD_VERSION
		 ", instance \"%s\", start %lld, %zu line%s, database in %s",
		d->config->instance, (long long)d->boot, d->config->line_count,
		d->config->line_count == 1 ? "" : "s", d->config->state_dir);
	notify_ready(d->notify);
	uv_run(&d->loop, UV_RUN_DEFAULT);
}

int daemon_run(const struct config *config)
{
	struct daemon d = {.config = config, .lock = -1};
	struct err err = {""};
	int status = 1, r;

	signal(SIGPIPE, SIG_IGN);
	hold_signals(SIG_BLOCK);
	/* large blocks (snapshots) go back to the system when freed, whatever was freed before;
	 * given by itself the threshold would grow with them */
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	if (uv_loop_init(&d.loop) < 0) {
		log_error("the loop cannot be made");
		return 1;
	}
	build_handles(&d);
	r = build(&d, &err);
	if (r < 0) {
		log_error("%s", err.text);
		/* line files and database contradict each other: no restart cures that */
		status = r == -EEXIST ? EX_CONFIG : 1;
	} else {
		run(&d);
		status = stop_was_clean(d.stop) ? 0 : 1;
	}
	if (!tear_down(&d)) {
		log_error("a call on the database does not return: ending without it");
		_exit(1);
	}
	if (uv_loop_close(&d.loop) != 0) {
		log_error("handles were left open");
		status = 1;
	}
	if (status == 0)
		log_info("stopped");
	return status;
}
