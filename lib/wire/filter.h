/* Topic filters among themselves (MQTT 5, 4.7).
 *
 * Glossary
 *   covers   takes everything that the other one takes
 *   meets    there are topics that both take */
#pragma once

#include <stdbool.h>

bool filter_is_valid(const char *filter);
/* A topic is a filter too: then, does the filter take it? */
bool filter_covers(const char *filter, const char *other);
bool filter_meets(const char *a, const char *b);
/* The narrowest filter that covers both of two that meet: levels that differ become +. The
 * caller's; NULL: no memory. */
char *filter_join(const char *a, const char *b);
