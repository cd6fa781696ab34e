/* The messages about a unit. */
#include "lib/engine/publish.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/decide/verdict.h"
#include "lib/engine/engine.h"

#define REASONS 3 /* an alert has room for three reasons */

void alert_id(char out[ALERT_ID_HEX], const char *line, const char *unit, int64_t started_ms)
{
	struct sha256 h;
	uint8_t digest[32];
	char start[32];
	int len = snprintf(start, sizeof(start), "\n%" PRId64, started_ms);

	sha256_init(&h);
	sha256_add(&h, line, strlen(line));
	sha256_add(&h, "\n", 1);
	sha256_add(&h, unit, strlen(unit));
	sha256_add(&h, start, (size_t)len);
	sha256_finish(&h, digest);
	for (int i = 0; i < (ALERT_ID_HEX - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* The keys that a prediction and an alert share, up to the closing brace. */
static void put_unit(struct buf *out, const struct unit_row *row, int64_t latency_us)
{
	char ts[TIMESTAMP_TEXT_MAX];

	timestamp_print(ts, row->scored_ms);
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "line", row->line);
	jsonw_text(out, "unit", row->unit);
	jsonw_int(out, "started_ms", row->started_ms);
	jsonw_int(out, "seq", (int64_t)row->seq);
	jsonw_real(out, "p_defect", row->p_defect);
	jsonw_text(out, "verdict", row->verdict);
	jsonw_int(out, "verdict_n", row->verdict_n);
	jsonw_real(out, "threshold", row->threshold);
	jsonw_text(out, "class", row->class_name);
	jsonw_int(out, "imputed", row->imputed_count);
	jsonw_text(out, "reason", row->reason);
	jsonw_text(out, "model", row->model);
	jsonw_int(out, "latency_us", latency_us < 0 ? 0 : latency_us);
	jsonw_text(out, "ts", ts);
	jsonw_int(out, "ts_ms", row->scored_ms);
}

void publish_prediction(struct buf *out, const struct unit_row *row, int64_t latency_us)
{
	put_unit(out, row, latency_us);
	jsonw_end(out);
}

/* Hundredths of a probability; whatever the locale, with a point. */
static int hundredths(double p)
{
	return (int)lround(p * 100);
}

/* What happened, for people; cut when it does not fit. */
static void describe(char *out, size_t cap, const struct unit_row *row)
{
	int p = hundredths(row->p_defect), limit = hundredths(row->threshold);
	char odds[64];

	snprintf(odds, sizeof(odds), "(p %d.%02d, limit %d.%02d)", p / 100, p % 100, limit / 100,
		limit % 100);
	switch ((enum verdict)row->verdict_n) {
	case VERDICT_PASS:
		snprintf(out, cap, "unit %s passed %s", row->unit, odds);
		break;
	case VERDICT_DEFECT:
		snprintf(out, cap, "unit %s is likely defective %s", row->unit, odds);
		break;
	case VERDICT_UNSURE:
		snprintf(out, cap, "unit %s is unsure, %s %s", row->unit, row->reason, odds);
		break;
	case VERDICT_NOT_SCORED:
		snprintf(out, cap, "unit %s was not scored: %s", row->unit, row->reason);
		break;
	}
}

void publish_alert(struct buf *out, const struct unit_row *row, int64_t latency_us)
{
	enum severity severity = decide_severity((enum verdict)row->verdict_n);
	char id[ALERT_ID_HEX], text[1024], key[32];

	alert_id(id, row->line, row->unit, row->started_ms);
	describe(text, sizeof(text), row);
	put_unit(out, row, latency_us);
	jsonw_text(out, "alert_id", id);
	jsonw_text(out, "severity", severity_name(severity));
	jsonw_int(out, "severity_n", severity);
	jsonw_text(out, "text", text);
	for (int i = 1; i <= REASONS; i++) {
		snprintf(key, sizeof(key), "reason_%d", i);
		jsonw_text(out, key, "");
		snprintf(key, sizeof(key), "reason_%d_share", i);
		jsonw_real(out, key, 0.0);
	}
	jsonw_end(out);
}

void publish_reply(struct buf *out, const struct command_reply *reply)
{
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "req", reply->req);
	jsonw_int(out, "ok", reply->ok);
	jsonw_text(out, "code", reply->code);
	jsonw_text(out, "text", reply->text);
	jsonw_end(out);
}
