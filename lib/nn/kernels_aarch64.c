/* The kernel sets of 64-bit ARM, where NEON is always there. */
#include "lib/nn/kernels_sets.h"

static bool always(void)
{
	return true;
}

const struct nn_kernel_set nn_kernel_sets[] = {
	{&nn_kernels_neon, always, "NEON"},
	{&nn_kernels_scalar, always, "nothing"},
};
const size_t nn_kernel_set_count = ARRAY_LEN(nn_kernel_sets);
const struct nn_kernels *const nn_kernel_list[] = {&nn_kernels_neon, &nn_kernels_scalar, NULL};
