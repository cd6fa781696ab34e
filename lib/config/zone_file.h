/* Time zones by their names in the IANA database, as installed on this machine. */
#pragma once

#include "lib/base/macros.h"
#include "lib/base/time_zone.h"

struct err;

/* The rule in words, for messages and tables. */
#define ZONE_RULE "a name such as \"Europe/Berlin\", \"UTC\", or an offset such as \"+01:00\""

/* "Europe/Berlin" from /usr/share/zoneinfo, or what time_zone_fixed reads, which needs no file. The
 * zone belongs to the caller. -EINVAL: no name and no offset; -ENOENT: no zone of that name, with
 * the nearest one if there is one, or none installed at all; other errors of reading. */
MUST_CHECK int zone_load(struct time_zone **out, const char *name, struct err *err);

/* The same with another folder than /usr/share/zoneinfo. */
MUST_CHECK int zone_load_from(
	struct time_zone **out, const char *folder, const char *name, struct err *err);
