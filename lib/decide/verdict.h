/* From a probability to a verdict. Pure functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum verdict {
	VERDICT_PASS = 0,
	VERDICT_DEFECT = 1,
	VERDICT_UNSURE = 2,
	VERDICT_NOT_SCORED = 3,
};

enum severity {
	SEVERITY_LOW = 0,
	SEVERITY_MEDIUM = 1,
	SEVERITY_HIGH = 2,
	SEVERITY_CRITICAL = 3,
};

/* A line's "decide" section. */
struct decide_policy {
	bool has_threshold; /* else the model's own */
	double threshold;
	double unsure;      /* |p - threshold| < unsure is unsure */
	long max_imputed;   /* more imputed features than this: not scored; -1: no limit */
	unsigned alert_on;  /* bit (1 << verdict) */
	int prediction_qos; /* 0 or 1 */
};

void decide_policy_defaults(struct decide_policy *p);

/* defect where p >= threshold; unsure where |p - threshold| < unsure or a category is new; a p that
 * is no number (the network overflowed) is not scored, never a pass. */
enum verdict decide_verdict(
	const struct decide_policy *policy, double p_defect, double threshold, bool new_category);
bool decide_alerts(const struct decide_policy *policy, enum verdict v);
enum severity decide_severity(enum verdict v); /* defect high, unsure low, not scored medium */

const char *verdict_name(enum verdict v);
bool verdict_from_name(const char *name, enum verdict *out);
const char *severity_name(enum severity s);
