/* What names, ids and topics in a configuration may look like, and which known name somebody may
 * have meant. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"

/* The rules in words, for messages and tables. */
#define NAME_RULE "a to z, then at most 47 of a to z, 0 to 9 and _"
#define DASHED_NAME_RULE "a to z, then at most 47 of a to z, 0 to 9, _ and -"
#define INSTANCE_RULE "1 to 64 of A to Z, a to z, 0 to 9, . _ and -"
#define HOST_RULE "a host name or an address, without scheme, port or path"
#define TOPIC_RULE "a topic without + and #, not begun with $ and not ended with /"
#define POINTER_RULE "a pointer into the payload such as \"/temp\" (RFC 6901)"
#define ID_RULE                                                                           \
	"a pointer such as \"/serial\", a capture of the topic such as \"{unit}\", or a " \
	"template such as \"{/order}-{/cycle}\""

bool name_is_valid(const char *s);        /* stations, lots, features */
bool name_is_valid_dashed(const char *s); /* lines, sources: also - */
bool name_is_instance(const char *s);
bool name_is_host(const char *s);
bool name_is_topic(const char *s);   /* one can publish below it */
bool name_is_pointer(const char *s); /* RFC 6901; after a # into the whole payload */
bool name_is_id(const char *s);      /* a pointer, or something with {} in it */

/* Are they the same where - is _ ? */
bool names_fall_together(const char *a, const char *b);

/* Columns that every unit_<line> has, and SQLite's own names for its row number. */
bool name_is_reserved_column(const char *s);

/* Which of the known names was meant? Begin with suggestion_init, add the known ones. */
struct suggestion {
	const char *word;    /* borrowed, as are the names added */
	const char *nearest; /* NULL: none is near */
	size_t distance;
	struct buf known; /* "allowed are a, b, c" */
};

void suggestion_init(struct suggestion *s, const char *word);
void suggestion_deinit(struct suggestion *s);
static inline void suggestion_deinit_at(struct suggestion *s)
{
	suggestion_deinit(s);
}
void suggestion_add(struct suggestion *s, const char *name);
/* `did you mean "deadline"?`, or `allowed are a, b, c`, or `there are none`. */
const char *suggestion_text(struct suggestion *s);
