/* From a probability to a verdict. */
#include "lib/decide/verdict.h"

#include <math.h>
#include <string.h>

#include "lib/base/macros.h"

/* One row per verdict, in the order of the numbers. */
static const struct {
	const char *name;
	enum severity severity;
} verdicts[] = {
	[VERDICT_PASS] = {"pass", SEVERITY_LOW},
	[VERDICT_DEFECT] = {"defect", SEVERITY_HIGH},
	[VERDICT_UNSURE] = {"unsure", SEVERITY_LOW},
	[VERDICT_NOT_SCORED] = {"not_scored", SEVERITY_MEDIUM},
};

static const char *const severities[] = {
	[SEVERITY_LOW] = "low",
	[SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high",
	[SEVERITY_CRITICAL] = "critical",
};

void decide_policy_defaults(struct decide_policy *p)
{
	*p = (struct decide_policy){
		.max_imputed = -1,
		.alert_on = 1u << VERDICT_DEFECT,
	};
}

enum verdict decide_verdict(
	const struct decide_policy *policy, double p_defect, double threshold, bool new_category)
{
	if (isnan(p_defect))
		return VERDICT_NOT_SCORED;
	if (new_category || fabs(p_defect - threshold) < policy->unsure)
		return VERDICT_UNSURE;
	return p_defect >= threshold ? VERDICT_DEFECT : VERDICT_PASS;
}

bool decide_alerts(const struct decide_policy *policy, enum verdict v)
{
	return policy->alert_on & 1u << v;
}

enum severity decide_severity(enum verdict v)
{
	return verdicts[v].severity;
}

const char *verdict_name(enum verdict v)
{
	return verdicts[v].name;
}

bool verdict_from_name(const char *name, enum verdict *out)
{
	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		if (strcmp(name, verdicts[i].name) == 0) {
			*out = (enum verdict)i;
			return true;
		}
	}
	return false;
}

const char *severity_name(enum severity s)
{
	return severities[s];
}
