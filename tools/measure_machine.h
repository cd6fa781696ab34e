/* What the processor itself can do with the instructions of a kernel set: the yardstick. */
#pragma once

#include <stddef.h>

struct nn_kernels;

/* One round each: multiplications and additions per ns with fused multiply-add, all in registers;
 * bytes per ns loaded over and over from a buffer aligned by NN_ALIGNMENT. */
struct measure_machine {
	const char *name; /* of the kernel set */
	double (*flops_per_ns)(void);
	double (*load_bytes_per_ns)(const float *buffer, size_t bytes);
};

/* For a set without vectors: what the best one that runs here could do. NULL where this build
 * knows no way to measure it. */
const struct measure_machine *measure_machine_of(const struct nn_kernels *k);

/* The sets of one architecture, best first, ended by NULL: measure_machine_ARCHITECTURE.c,
 * whichever the build chose. */
extern const struct measure_machine *const measure_machines[];
extern const struct measure_machine measure_machine_avx2, measure_machine_avx512,
	measure_machine_neon;
