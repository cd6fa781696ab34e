/* What the daemon says of itself: <publish>/status of the gateway and of each line, retained, at
 * QoS 1, on change and every 10 s (DESIGN 4), with the last will of the gateway's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/wire/wire.h"

struct daemon;
struct err;
struct status;

enum line_state { /* as published in state_n */
	LINE_STOPPED = 0,
	LINE_SCORING = 1,
	LINE_COLLECTING = 2,
	LINE_DRAINING = 3,
	LINE_DEGRADED = 4,
};

MUST_CHECK int status_new(struct status **out, struct daemon *d, struct err *err);
void status_free(struct status *s); /* NULL is fine */
const struct wire_will *status_will(const struct status *s);

/* Something may have changed: says what is news. Cheap when nothing is. */
void status_update(struct status *s);
void status_tick(struct status *s);      /* each second; every 10th says everything */
void status_connected(struct status *s); /* a new connection of the outlet: say it all again */
/* A changed configuration comes into force: room for it is made before (-ENOMEM), what its lines do
 * not publish any longer is said to have stopped, while the gateway of before is in the daemon, and
 * deleted, and the rest is said when the new one is there. */
struct config;
MUST_CHECK int status_prepare(struct status *s, const struct config *next, struct err *err);
void status_leave(struct status *s);
void status_arrive(struct status *s);
void status_stop(struct status *s); /* says "stopped" and "offline", and nothing after that */

/* For sd_notify: one sentence. */
void status_sentence(const struct status *s, struct buf *out);
