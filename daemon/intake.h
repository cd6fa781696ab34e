/* Messages in: the connection with the kept session, the gate, the list of deliveries, draining.
 *
 * The gate: libmosquitto queues a PUBACK for each QoS 1 message, and they leave all at once, only
 * while every QoS 1 message that was read on this connection is committed, used or refused. The
 * loop reads on during a commit, so that alerts do not wait for the disk, up to a limit; there it
 * pauses until everything is committed and flushed. Acknowledgements of an earlier connection
 * cannot leave any more: the broker sends those messages again, and the list of deliveries
 * recognises them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/clock.h"
#include "daemon/drain.h"
#include "lib/base/macros.h"

struct deliveries;
struct err;
struct gateway;
struct intake;
struct pipeline;
struct subscriptions;

struct intake_options {
	uv_loop_t *loop;
	struct gateway *gateway;
	struct clock *clock;
	const char *marker; /* topic */
	const char *password;
	int64_t boot;
	/* Taken over by the intake. */
	struct deliveries *deliveries;
	struct subscriptions *subscriptions;
	void *owner;
	void (*state_changed)(void *owner);
};

MUST_CHECK int intake_new(struct intake **out, const struct intake_options *o, struct err *err);
void intake_free(struct intake *in); /* NULL is fine */
void intake_start(struct intake *in, struct pipeline *p);

/* Another gateway goes on in the place of the one before. */
void intake_take_over(struct intake *in, struct gateway *g);
/* Other filters from now on: what is new is subscribed to, then what is not wanted any longer is
 * unsubscribed. Takes them over. */
void intake_subscribe(struct intake *in, struct subscriptions *s);
/* Another connection, with the settings of the gateway's configuration. -ENOMEM, -EINVAL: nothing
 * changed. */
MUST_CHECK int intake_reconnect(
	struct intake *in, const char *password, bool says_goodbye, struct err *err);

void intake_committed(struct intake *in); /* a batch went in */
void intake_tick(struct intake *in);      /* each second */

enum drain_state intake_drain_state(const struct intake *in);
bool intake_is_subscribed(const struct intake *in); /* the broker has answered */
/* Does the broker still owe an answer to what was asked for last? */
bool intake_awaits_grants(const struct intake *in);
/* What is wrong with the connection or the subscriptions; "" when nothing is. */
const char *intake_trouble(const struct intake *in);

struct intake_figures {
	uint64_t connects, pauses;
	uint64_t unwanted; /* subscriptions_is_unwanted: acknowledged, and that is all */
	size_t unacknowledged;
};
struct intake_figures intake_figures(const struct intake *in);

/* At a stop: reads no more; then, when all is committed, the acknowledgements and DISCONNECT. */
void intake_stop_reading(struct intake *in);
void intake_end(struct intake *in);
bool intake_is_gone(const struct intake *in);
void intake_close(struct intake *in);
