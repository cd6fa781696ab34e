/* What only shows when all files are seen together: names and topics that clash. */
#pragma once

#include "lib/config/config.h"

/* `c` may have lines that did not check out; what they lack is passed over. */
void across_check(const struct config *c, struct config_report *report);
