/* The statistics: flat JSON with counters by reason, latency percentiles and queue lengths
 * (DESIGN 4). Counters begin at 0 with the process; percentiles are those of the last 10 s in
 * which there were units. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"

struct daemon;

/* Both replace what is in `out`. */
void stats_put_gateway(struct buf *out, struct daemon *d);
void stats_put_line(struct buf *out, struct daemon *d, size_t line);
