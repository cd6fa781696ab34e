/* The line files that snapshot and journal were written under, where they are not today's. */
#pragma once

#include "lib/gateway/gateway.h"

#define EARLIER_OTHER 1 /* *out is a configuration of them, with the gateway's part of today */
#define EARLIER_NONE 2  /* the store knows of none: it is new */

/* 0: they are today's. A text that this program no longer takes is replaced by today's file of the
 * line, told in its `earlier_trouble`; of a line that is gone it is left out. */
MUST_CHECK int earlier_config(
	struct config **out, struct gateway *g, struct store *s, struct err *err);
