/* The messages about a unit, and the answer to a command, as DESIGN 4 has them: flat JSON, every
 * key always there. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/unit_row.h"

struct command_reply;

#define ALERT_ID_HEX 17 /* 16 digits and a NUL */

/* The first 16 hex digits of SHA-256 of "<line>\n<unit>\n<started_ms>": the same for a repeat. */
void alert_id(char out[ALERT_ID_HEX], const char *line, const char *unit, int64_t started_ms);

/* `latency_us` < 0 is written as 0. `ts_ms` is row->scored_ms. */
void publish_prediction(struct buf *out, const struct unit_row *row, int64_t latency_us);
void publish_alert(struct buf *out, const struct unit_row *row, int64_t latency_us);
void publish_reply(struct buf *out, const struct command_reply *reply);
