#include "daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "daemon/committer.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/status.h"
#include "lib/base/err.h"

struct notify {
	struct daemon *d;
	uv_timer_t watchdog;
	uint64_t interval_us; /* 0: none */
	struct buf text;
	struct log_memory said;
};

static void feed(uv_timer_t *t)
{
	struct notify *n = t->data;

	if (committer_busy_ns(n->d->committer) < n->interval_us * 1000 / 2)
		sd_notify(0, "WATCHDOG=1");
}

int notify_new(struct notify **out, struct daemon *d, struct err *err)
{
	struct notify *n = calloc(1, sizeof(*n));

	if (!n)
		return err_set(err, -ENOMEM, "no memory for the service notification");
	n->d = d;
	buf_init(&n->text);
	if (sd_watchdog_enabled(0, &n->interval_us) <= 0)
		n->interval_us = 0;
	uv_timer_init(&d->loop, &n->watchdog);
	n->watchdog.data = n;
	*out = n;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	buf_deinit(&n->text);
	free(n);
}

void notify_ready(struct notify *n)
{
	uint64_t half_ms = n->interval_us / 2000;

	sd_notify(0, "READY=1");
	if (half_ms)
		uv_timer_start(&n->watchdog, feed, half_ms, half_ms);
}

void notify_tick(struct notify *n)
{
	const char *text;

	buf_clear(&n->text);
	buf_add(&n->text, "STATUS=");
	status_sentence(n->d->status, &n->text);
	text = buf_text(&n->text);
	if (text && log_is_news(&n->said, text))
		sd_notify(0, text);
}

void notify_reloading(struct notify *n)
{
	struct timespec t;

	(void)n;
	clock_gettime(CLOCK_MONOTONIC, &t);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000);
}

void notify_reloaded(struct notify *n)
{
	sd_notify(0, "READY=1");
	memset(&n->said, 0, sizeof(n->said)); /* systemd has shown another status meanwhile */
}

void notify_stopping(struct notify *n)
{
	sd_notify(0, "STOPPING=1\nSTATUS=recording what was received, then ending");
	memset(&n->said, 0, sizeof(n->said));
}

void notify_close(struct notify *n)
{
	uv_close((uv_handle_t *)&n->watchdog, NULL);
}
