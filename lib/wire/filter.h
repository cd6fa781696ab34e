/* Topic filters among themselves (MQTT 5, 4.7). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

bool filter_is_valid(const char *filter);
/* Does it take everything that the other takes? */
bool filter_covers(const char *filter, const char *other);
/* Leaves out what another one covers, since brokers deliver a message once for each filter that
 * matches; those that stay keep their order. Returns how many stay. */
size_t filters_keep_widest(const char **filters, size_t count);
