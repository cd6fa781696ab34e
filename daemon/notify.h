/* The service manager: READY, STATUS, WATCHDOG, STOPPING (sd_notify). Does nothing elsewhere.
 *
 * The watchdog is fed at half its interval from the loop, so only while the loop turns, and only
 * while no call on the store has been running for that long. */
#pragma once

#include <uv.h>

#include "lib/base/macros.h"

struct daemon;
struct err;
struct notify;

MUST_CHECK int notify_new(struct notify **out, struct daemon *d, struct err *err);
void notify_free(struct notify *n); /* NULL is fine; after notify_close */
void notify_ready(struct notify *n);
void notify_tick(struct notify *n); /* each second: STATUS when it changed */
/* While a configuration is read and put in force; then ready again. */
void notify_reloading(struct notify *n);
void notify_reloaded(struct notify *n);
void notify_stopping(struct notify *n);
void notify_close(struct notify *n);
