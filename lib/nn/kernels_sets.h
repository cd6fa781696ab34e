/* The kernel sets of one architecture, best first: kernels_x86_64.c, kernels_aarch64.c or
 * kernels_portable.c, whichever the build chose. Only kernels.c reads the list;
 * what is worked out once, while a program is built, goes through the scalar set. */
#pragma once

#include <stdbool.h>

#include "lib/nn/kernels.h"

struct nn_kernel_set {
	const struct nn_kernels *kernels;
	bool (*is_supported)(void); /* by this processor */
	const char *needs;          /* what it is asked for */
};

extern const struct nn_kernel_set nn_kernel_sets[];
extern const size_t nn_kernel_set_count;
extern const struct nn_kernels *const nn_kernel_list[]; /* the same, ended by NULL */

extern const struct nn_kernels nn_kernels_scalar, nn_kernels_avx2, nn_kernels_avx512,
	nn_kernels_neon;
