/* Which topics are ours. */
#include "lib/engine/own_topic.h"

#include <string.h>

#include "lib/base/macros.h"

/* Below the root; with a slash at the end: whatever follows it. */
static const char *const ours[] = {
	"prediction",
	"alert",
	"alarm/",
	"status",
	"stats",
	"cmd/",
	"reply",
	"marker",
};

bool own_topic(const char *root, const char *topic)
{
	size_t len = strlen(root);

	if (strncmp(topic, root, len) != 0 || topic[len] != '/')
		return false;
	topic += len + 1;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		size_t n = strlen(ours[i]);

		if (strncmp(topic, ours[i], n) == 0 && (ours[i][n - 1] == '/' || !topic[n]))
			return true;
	}
	return false;
}
