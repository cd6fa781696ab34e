/* What a configuration changes of another that is in force. */
#pragma once

#include "lib/config/config.h"

struct config_changes {
	bool any;
	bool broker;        /* its connections are to be made anew */
	char refused[1024]; /* what a running gateway cannot change, as a sentence; "" */
	char text[1024];    /* all others, for people: "line \"press-3\", broker" */
};

void config_compare(
	struct config_changes *out, const struct config *now, const struct config *next);
