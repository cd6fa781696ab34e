/* One MQTT message as the engine sees it. Everything is borrowed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct message {
	const char *topic; /* NUL-terminated */
	const void *payload;
	size_t payload_len;
	int qos;
	bool retained; /* arrived with the retain flag: an old value */
};
