/* The clean stop: read no more; commit everything, with a snapshot; let the acknowledgements out;
 * say "stopped" and "offline"; disconnect. Each step has a bound, so that neither a disk nor a
 * broker that hangs can hold it up beyond 10 s. */
#pragma once

#include <stdbool.h>

#include "lib/base/macros.h"

struct daemon;
struct err;
struct stop;

MUST_CHECK int stop_new(struct stop **out, struct daemon *d, struct err *err);
void stop_free(struct stop *s);                   /* NULL is fine; after the loop has ended */
void stop_begin(struct stop *s, const char *why); /* once; when it is over the loop ends */
bool stop_has_begun(const struct stop *s);
bool stop_was_clean(const struct stop *s); /* everything that was read is committed */
