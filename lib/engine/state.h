/* Inside the engine: what it is made of. */
#pragma once

#include "lib/engine/line.h"

struct engine {
	const struct nn_kernels *kernels;
	struct assembler_limits limits;
	size_t payload_bytes;
	const char *root; /* of the gateway's topics, NULL: none */
	struct engine_line *lines;
	size_t line_count;
	uint64_t number;  /* of the last input that changed something */
	int64_t clock_ms; /* the lines' clock at the last input */
	struct engine_counts counts;
	struct buf text; /* scratch */
};
