/* How long rows take through 32-64-64-1, beside what the machine could do at best. */
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/nn/kernels.h"
#include "tools/measure.h"

static void print_ratio(double ns, double limit_ns)
{
	if (limit_ns > 0)
		printf("%10.1f %10.1f %6.2f x\n", ns, limit_ns, ns / limit_ns);
	else
		printf("%10.1f %10s %8s\n", ns, "-", "-");
}

int main(void)
{
	static const size_t widths[] = {32, 64, 64, 1};
	struct err err;

	printf("%-8s %-12s %10s %10s %8s\n", "kernels", "rows", "ns/row", "limit", "ratio");
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		struct measured_rows m;
		double seconds;

		if (!nn_kernels_choose((*k)->name, &err)) {
			printf("%-8s left out: %s\n", (*k)->name, err.text);
			continue;
		}
		if (measure_rows(&m, *k, widths, ARRAY_LEN(widths), &err) < 0 ||
			measure_training(&seconds, *k, 10000, 8, 10, &err) < 0) {
			fprintf(stderr, "row: %s\n", err.text);
			return 1;
		}
		printf("%-8s %-12s ", (*k)->name, "one");
		print_ratio(m.row_ns, m.row_limit_ns);
		printf("%-8s %-12s ", (*k)->name, "64");
		print_ratio(m.batch_ns, m.batch_limit_ns);
		printf("%-8s training 10,000 x 8, 10 epochs, batch 32: %.3f s\n", (*k)->name,
			seconds);
	}
	return 0;
}
