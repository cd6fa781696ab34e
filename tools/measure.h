/* How fast this machine is: the measuring shared by `defectctl bench` and tests/bench.
 *
 * A figure is the best of many short rounds, so that other work on the machine disturbs it little.
 * Yardsticks are measured in the same rounds as what they are held against. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct nn_kernels;

double measure_now_ns(void); /* of a clock that never goes back */

/* A network of random weights with ReLU and a sigmoid at the end; widths [count]: 32, 64, 64, 1. */
struct nn_program;
MUST_CHECK int measure_random_program(
	struct nn_program **out, const size_t *widths, size_t count, struct err *err);

struct measure_network {
	const char *name; /* "32-64-64-1" */
	size_t count, widths[4];
};
#define MEASURE_NETWORKS 5
extern const struct measure_network measure_networks[MEASURE_NETWORKS];

#define MEASURE_BATCHES 3 /* of 1, 16 and 64 rows */

struct measured_rows {
	size_t rows; /* in a batch */
	double row_ns;
	/* The least that the machine needs for a row with the instructions of this kernel set,
	 * max(flops / peak, weight bytes / load bandwidth), where the weights are read once for a
	 * batch (measure_machine.h). 0 where nothing can measure it. */
	double limit_ns;
};
/* Rows through a random network for so many seconds. -ENOMEM. */
MUST_CHECK int measure_rows(struct measured_rows out[MEASURE_BATCHES], const struct nn_kernels *k,
	const struct measure_network *network, double seconds, struct err *err);

/* Training 64-64-1 with batches of 32 on random rows: seconds for the epochs, best of 3. */
MUST_CHECK int measure_training(double *seconds, const struct nn_kernels *k, size_t rows,
	size_t columns, size_t epochs, struct err *err);

/* A temporary folder in `parent`, and taking it away with all that is in it. */
#define MEASURE_PATH_MAX 4096
MUST_CHECK int measure_folder_new(char path[MEASURE_PATH_MAX], const char *parent, struct err *err);
void measure_folder_remove(const char *path);

#define MEASURE_GROUPS 3 /* sizes of a transaction: 1, 100, 1000 rows */

struct measured_store {
	double syncs_per_s; /* the yardstick: 4 KiB appended to a file and fdatasync, alone */
	struct {
		size_t rows; /* in each transaction */
		double commits_per_s, rows_per_s;
	} groups[MEASURE_GROUPS];
};
/* Unit rows of 30 features, each transaction committed with synchronous=FULL; `folder` is where
 * the database is made. `seconds` for each size of transaction. */
MUST_CHECK int measure_store(
	struct measured_store *out, const char *folder, double seconds, struct err *err);

struct measured_pipeline {
	size_t messages, units;
	double messages_per_s, units_per_s;
};
/* Messages through the engine in memory: decode, assemble, score with 12-64-64-1, what is to be
 * published left aside. Units are of 8 messages, 200 units interleaved, and lots of 50 units.
 * `folder` is where the configuration is written for the time being. */
MUST_CHECK int measure_pipeline(struct measured_pipeline *out, const struct nn_kernels *k,
	size_t units, const char *folder, struct err *err);
