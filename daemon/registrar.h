/* Takes models from <state_dir>/models/incoming (lib/gateway/incoming.h) into the registry, as
 * challengers, and old files of retired models away.
 *
 * It looks when something appears there, at start and each minute. Reading, checking, copying and
 * deleting happen in the thread pool, one thing at a time; what the registry knows, and whether a
 * model fits its line, is asked on the loop. An order and its model go when the registry has them
 * on disk; what is refused leaves a sentence there and in the log. What cannot be written now (a
 * full disk) waits for the next minute. */
#pragma once

#include <uv.h>

#include "lib/base/macros.h"

struct err;
struct gateway;
struct pipeline;
struct registrar;

/* Makes the folder where it is not there. */
MUST_CHECK int registrar_new(struct registrar **out, uv_loop_t *loop, struct gateway *g,
	struct pipeline *p, struct err *err);
void registrar_start(struct registrar *r);
void registrar_tick(struct registrar *r);           /* each second */
void registrar_committed(struct registrar *r);      /* a batch went in */
void registrar_models_changed(struct registrar *r); /* files may be old now */
/* Another gateway goes on in the place of the one before. */
void registrar_take_over(struct registrar *r, struct gateway *g);
void registrar_close(struct registrar *r); /* closes its handle; the loop must run until it ends */
void registrar_free(struct registrar *r);  /* NULL is fine */
