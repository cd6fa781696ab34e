/* A changed configuration, taken up while the daemon runs: by SIGHUP or by the command `reload`.
 *
 * It is read and checked in the thread pool, with the models that it names. What is wrong with it
 * is logged, all of it, and changes nothing. Otherwise it comes into force on the loop between two
 * engine inputs, and on disk with a snapshot, in the transaction that ends there. It
 * is said to be in force when that is committed and the broker has granted what is newly subscribed
 * to: what is published after that is not missed. */
#pragma once

#include <uv.h>

#include "lib/engine/engine.h"

struct daemon;
struct err;
struct gateway;
struct reload;

MUST_CHECK int reload_new(struct reload **out, struct daemon *d, struct err *err);
/* One that comes while another runs is carried out after it: files may have changed meanwhile.
 * `request`: who is to be answered; NULL: a signal asked. */
void reload_ask(struct reload *r, const struct reload_request *request);
void reload_tick(struct reload *r); /* each second: what nobody waits for is given up */
void reload_committed(struct reload *r, const struct gateway *g); /* its files are on disk */
void reload_look(struct reload *r);  /* subscriptions may have been granted */
void reload_close(struct reload *r); /* the loop must run until the thread pool is done with it */
void reload_free(struct reload *r);  /* NULL is fine */
