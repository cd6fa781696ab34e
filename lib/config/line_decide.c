/* From probability to verdict. */
#include "lib/config/line_file.h"

/* The document as it is read: borrowed from it. */
struct decide_file {
	double threshold, unsure;
	bool has_threshold, has_max_imputed;
	int64_t max_imputed;
	const cJSON *alert_on;
	int prediction_qos;
};

static const struct choice alert_choices[] = {
	{"defect", VERDICT_DEFECT},
	{"unsure", VERDICT_UNSURE},
	{"not_scored", VERDICT_NOT_SCORED},
	{0},
};

#define AT(member) .offset = offsetof(struct decide_file, member)
static const struct key decide_keys[] = {
	{"threshold", KEY_REAL, AT(threshold), .low = "0", .high = "1",
		.flag = offsetof(struct decide_file, has_threshold)},
	{"unsure", KEY_REAL, AT(unsure), .low = "0", .high = "1", .preset = "0"},
	{"max_imputed", KEY_COUNT, AT(max_imputed), .low = "0", .high = "1900",
		.flag = offsetof(struct decide_file, has_max_imputed)},
	{"alert_on", KEY_LIST, AT(alert_on)},
	{"prediction_qos", KEY_INT, AT(prediction_qos), .low = "0", .high = "1", .preset = "0"},
	{0},
};
#undef AT

static void read_alert_on(struct decide_policy *p, const cJSON *list, const struct place *decide)
{
	struct place at = place_key(decide, "alert_on");
	const cJSON *item;
	size_t i = 0;

	p->alert_on = 0;
	cJSON_ArrayForEach(item, list)
	{
		struct place here = place_element(&at, i++);
		int verdict;

		if (!schema_choice(item, alert_choices, &verdict, &here))
			continue;
		if (p->alert_on & (1u << verdict))
			place_error(&here, "stands here twice");
		p->alert_on |= 1u << verdict;
	}
}

void line_read_decide(struct draft *d, const cJSON *decide, const struct place *top)
{
	struct decide_policy *p = &d->line->decide;
	struct place at = place_key(top, "decide");
	struct decide_file f = {0};

	(void)schema_read(decide_keys, decide, &f, &at);
	decide_policy_defaults(p);
	p->has_threshold = f.has_threshold;
	p->threshold = f.has_threshold ? f.threshold : 0;
	p->unsure = f.unsure;
	p->max_imputed = f.has_max_imputed ? (long)f.max_imputed : -1;
	p->prediction_qos = f.prediction_qos;
	if (f.alert_on)
		read_alert_on(p, f.alert_on, &at);
}
