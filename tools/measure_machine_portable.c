/* Where this build knows no way to ask the processor for its limits. */
#include "tools/measure.h"

double measure_flops_per_ns(void)
{
	return 0;
}

double measure_load_bytes_per_ns(const float *buffer, size_t bytes)
{
	(void)buffer;
	(void)bytes;
	return 0;
}
