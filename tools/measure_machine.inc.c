/* The limits of the processor, in the vectors of whoever includes this: it has defined vec, LANES,
 * STREAMS (registers that are worked on, so many that throughput alone counts), UNROLL (a pragma
 * for that many), vec_all, vec_fma, vec_hide (the compiler knows nothing of a register after it)
 * and vec_touch (a load that the compiler cannot leave out). */
#include "tools/measure_machine.h"
#include "tools/measure.h"

#define ROUND 4096

static double flops_per_ns(void)
{
	const vec near_one = vec_all(0.9999f), little = vec_all(1e-4f);
	vec v[STREAMS];
	double begin, end;

	UNROLL
	for (size_t s = 0; s < STREAMS; s++)
		v[s] = vec_all((float)s);
	begin = measure_now_ns();
	for (size_t i = 0; i < ROUND; i++) {
		UNROLL
		for (size_t s = 0; s < STREAMS; s++) {
			v[s] = vec_fma(v[s], near_one, little);
			vec_hide(v[s]);
		}
	}
	end = measure_now_ns();
	return (double)ROUND * STREAMS * LANES * 2 / (end - begin);
}

static double load_bytes_per_ns(const float *buffer, size_t bytes)
{
	const size_t step = STREAMS * LANES, n = bytes / sizeof(float) / step * step;
	double begin, end;

	if (n == 0)
		return 0;
	begin = measure_now_ns();
	for (size_t i = 0; i < ROUND * step; i += n) {
		for (size_t j = 0; j < n; j += step) {
			UNROLL
			for (size_t s = 0; s < STREAMS; s++)
				vec_touch(buffer + j + s * LANES);
		}
	}
	end = measure_now_ns();
	return (double)((ROUND * step + n - 1) / n * n) * sizeof(float) / (end - begin);
}
