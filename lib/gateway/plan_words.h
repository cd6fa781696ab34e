/* What a line's plan says, in words for people: fragments, without an end of line. */
#pragma once

#include "lib/base/buf.h"
#include "lib/feature/plan.h"

/* "json of a unit, opens it, QoS 1" */
void plan_words_source(struct buf *b, const struct source *s);
/* "in to out, at most 180s" */
void plan_words_station(struct buf *b, const struct plan *plan, const struct station *s);
/* "start.resin_lot", "feeder.lot, as loaded 40s before the start" */
void plan_words_lot(struct buf *b, const struct plan *plan, const struct lot *l);
/* "scored when complete, at the latest 5min after its opening" */
void plan_words_unit(struct buf *b, const struct plan *plan);
/* Where the value comes from: "start.thickness", "lab.viscosity of lot resin",
 * "mean of oven.temp while at oven (in to out), of at least 5 samples" */
void plan_words_feature(struct buf *b, const struct plan *plan, const struct feature *f);
/* "qc.result  (defect: \"NG\"; good: \"OK\")" */
void plan_words_label(struct buf *b, const struct plan *plan, const struct label_rule *l);
