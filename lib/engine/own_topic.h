/* Topics that we publish or listen to ourselves are never input, whatever the sources match. */
#pragma once

#include <stdbool.h>

/* Is `topic` one of ours under `root` (a line's or the gateway's "publish")? Other topics under
 * the same root are not: sources may share it. */
bool own_topic(const char *root, const char *topic);
