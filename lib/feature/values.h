/* The values of one unit or lot: a slot per feature, the newest event time wins.
 *
 * A value that a feature refuses counts as not sent, but the newest one refused is kept beside the
 * slots, so that it can be said why a value is missing. Both are small on purpose: 10,000 open
 * units with 50 features each are held at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/num.h"
#include "lib/base/value.h"
#include "lib/feature/plan.h"
#include "lib/feature/refusal.h"

#define TEXT_VALUE_BYTES_MAX 256 /* a longer text counts as out of range */

/* Texts belong to the slot. All zero: nothing there. */
struct value_slot {
	int64_t time_ms; /* event time */
	union {
		double number;
		char *text;
	};
	enum value_kind kind;
};

/* The value refused last, in event time, of one feature; a list of those that have one. */
struct refused_value {
	struct refused_value *next;
	size_t feature;
	int64_t time_ms;
	enum value_refusal why;
	enum value_kind kind; /* VALUE_MISSING: an array or object */
	double number;
	char text[]; /* its first bytes */
};

struct values {
	struct value_slot *slots; /* [count], memory of the owner */
	size_t count;
	struct refused_value *refused; /* in the order of features */
};

void values_deinit(struct values *v); /* frees texts and refused values, not the slots */

/* Is `in` a value of feature `f`? *out gets it in the feature's type; a number for a text feature
 * becomes its shortest text, in `scratch`. */
enum value_refusal feature_judge(const struct feature *f, const struct value *in, struct value *out,
	char scratch[NUM_TEXT_MAX]);

/* How a value replaces one that is there. */
enum value_rule {
	RULE_NEWER_OR_EQUAL, /* of equal times the later arrival wins */
	RULE_NEWER,
	RULE_ABSENT, /* only where nothing is */
};
bool value_rule_allows(enum value_rule rule, bool is_there, int64_t there_ms, int64_t time_ms);

#define VALUES_CHANGED 1 /* named outcome of the two below; 0: an older one was left out */

int values_put(struct values *v, size_t slot, const struct value *value, int64_t time_ms,
	enum value_rule rule); /* VALUES_CHANGED, 0, -ENOMEM */
int values_refuse(struct values *v, size_t feature, const struct value *value,
	enum value_refusal why, int64_t time_ms, enum value_rule rule); /* the same */

static inline bool values_has(const struct values *v, size_t slot)
{
	return v->slots[slot].kind != VALUE_MISSING;
}
struct value values_get(const struct values *v, size_t slot); /* text points into the slot */
const struct refused_value *values_refused(const struct values *v, size_t feature); /* or NULL */
