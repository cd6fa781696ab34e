/* `predict --raw`: what the graph gives, whether it can be used as a probability or not. */
#pragma once

#include <stdbool.h>

#include "lib/model/model.h"

struct err;

/* Reads the CSV file and prints `row,y_0[,y_1...]`, or a JSON document. Negative with a sentence.
 */
MUST_CHECK int predict_raw(bool is_json, const char *data, const struct model *m,
	const struct nn_kernels *k, struct err *err);
