/* Topic templates: "acme/press-3/unit/{unit}/start".
 *
 * A level that is {name} matches one level and captures it; + matches one level, a last # the
 * rest, as in MQTT (MQTT 5, 4.7). The filter to subscribe to is the template with {name} as +. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct err;
struct topic_template;

#define TOPIC_CAPTURES_MAX 8

/* -EINVAL: empty, over 65,535 bytes, a wildcard or braces inside a level, # not last, a capture
 * name that is empty, doubled or not [a-z][a-z0-9_]*, more than TOPIC_CAPTURES_MAX. */
MUST_CHECK int topic_template_new(struct topic_template **out, const char *text, struct err *err);
void topic_template_free(struct topic_template *t);
CLEANUP_FOR(struct topic_template, topic_template_free)

const char *topic_template_text(const struct topic_template *t);
const char *topic_template_filter(const struct topic_template *t);
size_t topic_template_captures(const struct topic_template *t);
const char *topic_template_capture_name(const struct topic_template *t, size_t i);
int topic_template_find_capture(const struct topic_template *t, const char *name); /* -1: none */

/* Topics that begin with $ are matched only by templates that do. captures [TOPIC_CAPTURES_MAX]
 * get pointers into `topic`, not NUL-terminated. */
struct topic_capture {
	const char *text;
	size_t len;
};
bool topic_match(const struct topic_template *t, const char *topic,
	struct topic_capture captures[TOPIC_CAPTURES_MAX]);
