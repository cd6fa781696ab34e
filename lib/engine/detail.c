/* The JSON columns of a unit's row: what is known of each feature, and the lots. */
#include "lib/base/json.h"
#include "lib/engine/line.h"

static void put_feature(struct buf *out, const struct assembled_value *v)
{
	jsonw_begin(out);
	jsonw_int(out, "n", (int64_t)v->n);
	if (v->from_ms != 0 || v->to_ms != 0) {
		jsonw_int(out, "from", v->from_ms);
		jsonw_int(out, "to", v->to_ms);
	}
	if (v->is_held)
		jsonw_int(out, "held", 1);
	if (v->value.kind == VALUE_MISSING)
		jsonw_text(out, "missing", value_missing_name(v->missing));
	if (v->refused.kind != VALUE_MISSING) {
		jsonw_key(out, "refused");
		jsonw_raw_value(out, &v->refused);
	}
	jsonw_end(out);
}

void detail_put_features(struct buf *out, const struct plan *plan, const struct assembled *unit)
{
	jsonw_begin(out);
	for (size_t i = 0; i < plan->feature_count; i++) {
		jsonw_key(out, plan->features[i].name);
		put_feature(out, &unit->values[i]);
	}
	jsonw_end(out);
}

/* A lot that the unit did not name is left out: units that are alike in their lots then have the
 * same text. */
void detail_put_lots(struct buf *out, const struct plan *plan, const struct assembled *unit)
{
	jsonw_begin(out);
	for (size_t i = 0; i < plan->lot_count; i++) {
		if (unit->lots[i][0])
			jsonw_text(out, plan->lots[i].name, unit->lots[i]);
	}
	jsonw_end(out);
}
