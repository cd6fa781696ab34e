/* Why a message or a value was not used. Every reason is a counter's name; the table is the only
 * list of them. */
#pragma once

enum refusal {
	REFUSAL_NONE,         /* used */
	REFUSAL_UNMATCHED,    /* no source takes this topic */
	REFUSAL_TOO_BIG,      /* payload over the limit */
	REFUSAL_BAD_PAYLOAD,  /* not of the source's format */
	REFUSAL_BAD_ID,       /* no usable unit or lot id */
	REFUSAL_BAD_TIME,     /* the time is missing or not of the source's time_format */
	REFUSAL_FUTURE,       /* event time too far ahead */
	REFUSAL_RETAINED,     /* old value where only new ones count */
	REFUSAL_DUPLICATE,    /* a QoS 1 message delivered again (decided by the intake) */
	REFUSAL_UNKNOWN_UNIT, /* the unit is not open and this source does not open one */
	REFUSAL_LATE,         /* the unit was scored already */
	REFUSAL_NO_VALUE,     /* nothing in it that a feature, lot or label wants */
	REFUSAL_OUTDATED,     /* all its values are older than what is known */
	REFUSAL_COUNT,
};

/* Why one value was refused while its message was used ("value_<reason>" in stats). */
enum value_refusal {
	VALUE_REFUSAL_NONE,
	VALUE_REFUSAL_OUT_OF_RANGE, /* outside the feature's min / max */
	VALUE_REFUSAL_WRONG_TYPE,   /* text where a number is wanted, or the reverse, or an array */
	VALUE_REFUSAL_COUNT,
};

const char *refusal_name(enum refusal r); /* "unknown_unit", ...; "" for none */
const char *value_refusal_name(enum value_refusal r);
