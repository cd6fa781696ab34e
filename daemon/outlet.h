/* Everything that goes out: predictions, alerts, status, statistics, over a connection of its own
 * that nothing gates, so that an alert leaves when its unit is scored.
 *
 * QoS 1 messages about units (alerts, perhaps predictions) are kept until the broker confirms
 * them. At most 20 unconfirmed ones are in libmosquitto, the rest waits here in order; while there
 * is no connection all wait. What is not confirmed when its unit's transaction is put together
 * goes into the outbox table with it, and out of it in a later transaction, after the PUBACK.
 * After a restart the table's messages are sent again. Alerts go before predictions, also those
 * that came earlier. Beyond the limit the oldest predictions go, then the oldest alerts.
 *
 * QoS 0 messages are dropped while there is no connection, and when more of them than a fixed
 * number wait for a broker that does not read fast enough. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/batch.h"
#include "lib/wire/wire.h"

struct config;
struct err;
struct link;
struct outlet;

struct outlet_figures {
	uint64_t sent;      /* handed to the broker, QoS 0 and 1 */
	uint64_t dropped;   /* QoS 0 while there was no connection, or one that is too slow */
	uint64_t confirmed; /* QoS 1 */
	uint64_t refused;   /* confirmed with a reason why the broker does not take it */
	uint64_t over;      /* beyond the limit: never sent */
	size_t waiting;     /* QoS 1, not confirmed */
};

MUST_CHECK int outlet_new(struct outlet **out, uv_loop_t *loop, const struct config *config,
	const char *password, const struct wire_will *will, void (*connection_changed)(void *owner),
	void *owner, struct err *err);
void outlet_free(struct outlet *o); /* NULL is fine */

/* The broker's settings have changed: another connection, which sends again what was not confirmed.
 * says_goodbye: else the broker of before says the last will. -ENOMEM, -EINVAL: nothing changed. */
MUST_CHECK int outlet_reconnect(struct outlet *o, const struct config *config, const char *password,
	const struct wire_will *will, bool says_goodbye, struct err *err);
void outlet_set_limit(struct outlet *o, size_t messages);

/* At start, in order of id: a message of the stored outbox. -ENOMEM. */
MUST_CHECK int outlet_restore(struct outlet *o, const struct outbox_message *m);
void outlet_start(struct outlet *o);

/* About a unit: published at once if at all possible. QoS 1 is kept. -ENOMEM. */
MUST_CHECK int outlet_send(struct outlet *o, const char *topic, const char *payload, size_t len,
	int qos, int64_t now_ms);
/* About ourselves: only what is newest counts, so nothing is kept. */
void outlet_tell(struct outlet *o, const char *topic, const char *payload, size_t len, int qos);

/* The transaction is put together: what is not confirmed goes into the table with it, what is
 * confirmed goes out of it. -ENOMEM. */
MUST_CHECK int outlet_fill(struct outlet *o, struct batch *b);
/* The table is empty now: what is not confirmed goes into it again with the next outlet_fill. */
void outlet_store_again(struct outlet *o);
/* For how long something confirmed has been waiting to go out of the table; 0: nothing has. */
uint64_t outlet_done_ns(const struct outlet *o);

bool outlet_is_connected(const struct outlet *o);
const char *outlet_trouble(const struct outlet *o);
bool outlet_is_quiet(const struct outlet *o); /* nothing told or sent is unconfirmed */
struct outlet_figures outlet_figures(const struct outlet *o);

void outlet_hold(struct outlet *o); /* hands over no more of what is kept: it is in the table */
void outlet_end(struct outlet *o);  /* says DISCONNECT */
void outlet_close(struct outlet *o);
