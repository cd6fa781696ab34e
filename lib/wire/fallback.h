/* Which MQTT version the next connection speaks: 5, or 3.1.1 where the broker does not know 5.
 *
 * A broker may say so (CONNACK, unsupported protocol version) or just close the connection when it
 * reads the CONNECT of MQTT 5. Closing can also mean that the broker is going down, so that is a
 * guess at first: it counts once the broker has taken 3.1.1 and has turned 5 away right after it.
 * After some connections 5 is tried again, in case the broker has been replaced. Pure state. */
#pragma once

#include <stdbool.h>

struct fallback {
	int wanted;     /* 5 or 3 */
	int speaks;     /* what the connection in hand speaks */
	bool without_5; /* the broker is taken to know 3.1.1 only */
	bool is_guess;  /* ... because it closed the connection */
	bool rechecks;  /* the connection in hand finds out whether the guess was right */
	int connects;   /* since 5 was tried last */
};

void fallback_init(struct fallback *f, int wanted);
int fallback_next(struct fallback *f); /* a connection begins: 5 or 3 */

/* The CONNACK said yes. True: end this connection and begin another, which tries 5 again. */
bool fallback_accepted(struct fallback *f);
void fallback_refused(struct fallback *f); /* the CONNACK said: unsupported protocol version */
void fallback_lost(struct fallback *f);    /* closed by the broker before the CONNACK */
