#include "daemon/stop.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#include "daemon/daemon.h"
#include "daemon/intake.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/outlet.h"
#include "daemon/pipeline.h"
#include "daemon/status.h"
#include "lib/base/err.h"

#define LOOK_EACH_MS 5

enum step {
	STEP_COMMIT, /* everything that was read, with a snapshot */
	STEP_SAY,    /* stopped and offline, confirmed, and what waits to be sent */
	STEP_FORGET, /* what was confirmed meanwhile: it must not be sent again */
	STEP_GO,     /* DISCONNECT on both connections */
	STEP_COUNT,
};

static const uint64_t patience_ms[STEP_COUNT] = {
	[STEP_COMMIT] = 4500,
	[STEP_SAY] = 1500,
	[STEP_FORGET] = 1000,
	[STEP_GO] = 500,
};

struct stop {
	struct daemon *d;
	uv_timer_t look;
	enum step step;
	uint64_t step_since_ms;
	bool begun, clean;
};

static bool commit_is_done(struct stop *s)
{
	s->clean = pipeline_finish(s->d->pipeline);
	return s->clean;
}

static bool all_is_said(struct stop *s)
{
	return !outlet_is_connected(s->d->outlet) || outlet_is_quiet(s->d->outlet);
}

static bool all_is_forgotten(struct stop *s)
{
	return !s->clean || (all_is_said(s) && pipeline_forget(s->d->pipeline));
}

static bool both_are_gone(struct stop *s)
{
	return !outlet_is_connected(s->d->outlet) && intake_is_gone(s->d->intake);
}

static void next_step(struct stop *s)
{
	struct daemon *d = s->d;

	s->step++;
	s->step_since_ms = uv_now(&d->loop);
	switch (s->step) {
	case STEP_SAY:
		if (!s->clean)
			log_error("the database does not take what was received last; the broker "
				  "sends it again");
		status_stop(d->status);
		intake_end(d->intake); /* with the acknowledgements, if the gate is open */
		break;
	case STEP_FORGET:
		outlet_hold(d->outlet);
		break;
	case STEP_GO:
		outlet_end(d->outlet);
		break;
	default:
		uv_timer_stop(&s->look);
		uv_stop(&d->loop);
	}
}

static void on_look(uv_timer_t *t)
{
	static bool (*const is_done[STEP_COUNT])(struct stop *) = {
		[STEP_COMMIT] = commit_is_done,
		[STEP_SAY] = all_is_said,
		[STEP_FORGET] = all_is_forgotten,
		[STEP_GO] = both_are_gone,
	};
	struct stop *s = t->data;

	if (is_done[s->step](s) || uv_now(&s->d->loop) - s->step_since_ms >= patience_ms[s->step])
		next_step(s);
}

int stop_new(struct stop **out, struct daemon *d, struct err *err)
{
	struct stop *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, -ENOMEM, "no memory");
	s->d = d;
	uv_timer_init(&d->loop, &s->look);
	s->look.data = s;
	*out = s;
	return 0;
}

void stop_free(struct stop *s)
{
	free(s);
}

void stop_begin(struct stop *s, const char *why)
{
	if (s->begun)
		return;
	s->begun = true;
	s->step_since_ms = uv_now(&s->d->loop);
	log_info("%s: stopping", why);
	notify_stopping(s->d->notify);
	intake_stop_reading(s->d->intake);
	uv_timer_start(&s->look, on_look, 0, LOOK_EACH_MS);
}

bool stop_has_begun(const struct stop *s)
{
	return s->begun;
}

bool stop_was_clean(const struct stop *s)
{
	return s->clean;
}
