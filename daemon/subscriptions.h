/* What the intake subscribes to: the topics of commands, and each distinct filter of the sources
 * once, without those that another one covers.
 *
 * Where two filters meet (a/+/c and a/b/+), a broker may deliver a message once for each. They are
 * subscribed to as the narrowest filter that covers both, and what comes beyond what is wanted is
 * left aside. MQTT 5 could number subscriptions so that deliveries can be told apart, but brokers
 * may also join them in one delivery with all the numbers, which libmosquitto 2.0.11 answers by
 * closing the connection, and some send one delivery with one of the numbers.
 *
 * The broker keeps the subscriptions of our session. Those of earlier configurations must go, so
 * state_dir/subscriptions (one filter a line, written aside and renamed) remembers what may still
 * be subscribed to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct config;
struct err;
struct wire;
struct subscriptions;

/* `marker` is one more filter. `before` [count]: lines whose units go on under files of before, and
 * what they subscribe to; NULL: none. Reads and rewrites the file; -errno when that fails. */
MUST_CHECK int subscriptions_new(struct subscriptions **out, const struct config *config,
	const struct config *const *before, size_t count, const char *marker, struct err *err);
void subscriptions_free(struct subscriptions *s);
CLEANUP_FOR(struct subscriptions, subscriptions_free)

/* After each CONNACK: subscribes to all that is configured, then unsubscribes what no longer is. */
MUST_CHECK int subscriptions_ask(struct subscriptions *s, struct wire *w);
/* While connected: asks for what `old` had not asked for, and where that was refused something, for
 * all; then gives up what it had. */
MUST_CHECK int subscriptions_change(
	struct subscriptions *s, const struct subscriptions *old, struct wire *w);
/* What the broker says to one of the requests; true when this was the last answer. */
bool subscriptions_answer(struct subscriptions *s, int mid, size_t count, const int *granted);
bool subscriptions_are_open(const struct subscriptions *s); /* requests are not answered yet */
/* Names the filters that were refused, "" when none was. */
const char *subscriptions_trouble(const struct subscriptions *s);
/* At a clean stop: forgets what was unsubscribed. */
void subscriptions_keep(struct subscriptions *s);

/* Does a message on this topic come only because filters were joined? */
bool subscriptions_is_unwanted(const struct subscriptions *s, const char *topic);
