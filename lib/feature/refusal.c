/* The names of the reasons why a message or a value was not used. */
#include "lib/feature/refusal.h"

#include <stddef.h>

#include "lib/base/macros.h"

static const char *const refusals[REFUSAL_COUNT] = {
	[REFUSAL_NONE] = "",
	[REFUSAL_UNMATCHED] = "unmatched",
	[REFUSAL_TOO_BIG] = "too_big",
	[REFUSAL_BAD_PAYLOAD] = "bad_payload",
	[REFUSAL_BAD_ID] = "bad_id",
	[REFUSAL_BAD_TIME] = "bad_time",
	[REFUSAL_FUTURE] = "future",
	[REFUSAL_RETAINED] = "retained",
	[REFUSAL_DUPLICATE] = "duplicate",
	[REFUSAL_UNKNOWN_UNIT] = "unknown_unit",
	[REFUSAL_LATE] = "late",
	[REFUSAL_NO_VALUE] = "no_value",
	[REFUSAL_OUTDATED] = "outdated",
	[REFUSAL_QUALITY] = "quality",
	[REFUSAL_REPEATED] = "repeated",
	[REFUSAL_LABEL_VALUE] = "label_value",
	[REFUSAL_BAD_COMMAND] = "bad_command",
};

static const char *const value_refusals[VALUE_REFUSAL_COUNT] = {
	[VALUE_REFUSAL_NONE] = "",
	[VALUE_REFUSAL_OUT_OF_RANGE] = "out_of_range",
	[VALUE_REFUSAL_QUALITY] = "quality",
	[VALUE_REFUSAL_WRONG_TYPE] = "wrong_type",
};

const char *refusal_name(enum refusal r)
{
	return (size_t)r < ARRAY_LEN(refusals) ? refusals[r] : "";
}

const char *value_refusal_name(enum value_refusal r)
{
	return (size_t)r < ARRAY_LEN(value_refusals) ? value_refusals[r] : "";
}
