/* The kernel sets of x86-64. */
#include "lib/nn/kernels_sets.h"

/* The compiler's question is about the processor and about what the system saves of it when it
 * switches tasks (XGETBV): without the latter a set is not there. */
static bool has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool always(void)
{
	return true;
}

const struct nn_kernel_set nn_kernel_sets[] = {
	{&nn_kernels_avx512, has_avx512, "AVX-512F"},
	{&nn_kernels_avx2, has_avx2, "AVX2 and FMA"},
	{&nn_kernels_scalar, always, "nothing"},
};
const size_t nn_kernel_set_count = ARRAY_LEN(nn_kernel_sets);
const struct nn_kernels *const nn_kernel_list[] = {
	&nn_kernels_avx512, &nn_kernels_avx2, &nn_kernels_scalar, NULL};
