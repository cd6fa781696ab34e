/* defectd.selftest: a few rows and what the network makes of them, run at every load, so that a
 * model that computes something else on this machine is never used.
 * {"inputs":[[...], ...],"outputs":[...]}, rows as they go into the graph, outputs as it gives
 * them (of several columns: a list for each row). */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

#define SELFTEST_TOLERANCE 1e-5 /* of values beyond 1: relative */
#define SELFTEST_ROWS_MAX 1000

struct buf;
struct err;
struct nn_kernels;
struct nn_program;

/* rows [rows][inputs of the program]. -EINVAL when an output is not finite, -ENOMEM. */
MUST_CHECK int selftest_write(struct buf *out, const struct nn_program *p,
	const struct nn_kernels *k, size_t rows, const float *x, struct err *err);
/* *rows: how many were run. -EINVAL when the text is not sound or an output differs by more than
 * SELFTEST_TOLERANCE. */
MUST_CHECK int selftest_run(size_t *rows, const struct nn_program *p, const struct nn_kernels *k,
	const char *text, size_t len, struct err *err);
