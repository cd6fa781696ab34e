/* Why a message or a value was not used. Every reason is a counter's name; the table is the only
 * list of them. */
#pragma once

enum refusal {
	REFUSAL_NONE,         /* used */
	REFUSAL_UNMATCHED,    /* no source takes this topic, or its `when` does not */
	REFUSAL_TOO_BIG,      /* payload over the limit */
	REFUSAL_BAD_PAYLOAD,  /* not of the source's format */
	REFUSAL_BAD_ID,       /* no usable unit or lot id */
	REFUSAL_BAD_TIME,     /* the time is missing or not of the source's time_format */
	REFUSAL_FUTURE,       /* event time too far ahead */
	REFUSAL_RETAINED,     /* old value where only new ones count */
	REFUSAL_DUPLICATE,    /* a QoS 1 message delivered again (decided by the intake), or a
				 sample that is there already */
	REFUSAL_UNKNOWN_UNIT, /* the unit is not open and this source does not open one */
	REFUSAL_LATE,         /* the unit was scored already */
	REFUSAL_NO_VALUE,     /* nothing in it that a feature, lot or label wants */
	REFUSAL_OUTDATED,     /* all its values are older than what is known */
	REFUSAL_QUALITY,      /* the source itself says that its values are no good */
	REFUSAL_REPEATED,     /* an enter or exit that the unit has had already */
	REFUSAL_LABEL_VALUE,  /* a label that is neither a defect nor good */
	REFUSAL_BAD_COMMAND,  /* a command that cannot be carried out (decided by the engine) */
	REFUSAL_COUNT,
};

/* Why one value was refused while its message was used ("value_<reason>" in stats). */
enum value_refusal {
	VALUE_REFUSAL_NONE,
	VALUE_REFUSAL_OUT_OF_RANGE, /* outside the feature's min / max */
	VALUE_REFUSAL_QUALITY,      /* what it was sent with says that it is no good */
	VALUE_REFUSAL_WRONG_TYPE,   /* text where a number is wanted, or the reverse, or an array */
	VALUE_REFUSAL_COUNT,
};

const char *refusal_name(enum refusal r); /* "unknown_unit", ...; "" for none */
const char *value_refusal_name(enum value_refusal r);
