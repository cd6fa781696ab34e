/* defectd.json: the gateway. */
#pragma once

#include "lib/config/config.h"
#include "lib/config/schema.h"

/* Fills everything of *out but the lines from the document, defaults included. Findings are in
 * the report. *lines is the list of patterns as it stands in the document, NULL: the default. */
void gateway_file_read(struct config *out, const cJSON **lines, const cJSON *document,
	const struct reader *reader);
