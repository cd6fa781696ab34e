/* How long rows take through networks with each kernel set, beside what the machine could do at
 * best; one line for each: network kernels batch ns_a_row limit_ns.
 *   bench_row [NETWORK [FILE]]     only this one, which is also written as ONNX */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/onnx_write.h"
#include "lib/nn/kernels.h"
#include "lib/nn/program.h"
#include "tools/measure.h"

#define SECONDS 0.5 /* long enough to meet quiet moments of a busy machine */

static int write_network(const struct measure_network *n, const char *path, struct err *err)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct buf bytes;
	FILE *f = NULL;
	int r = measure_random_program(&p, n->widths, n->count, err);

	buf_init(&bytes);
	if (r == 0)
		r = onnx_write(&bytes, p, NULL, 0, err);
	if (r == 0)
		f = fopen(path, "wb");
	if (f)
		fwrite(bytes.data, 1, bytes.len, f);
	buf_deinit(&bytes);
	if (r == 0 && (!f || fclose(f) != 0))
		return err_set(err, -1, "%s: could not be written", path);
	return r;
}

static int measure_network(const struct measure_network *n, struct err *err)
{
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		struct measured_rows m[MEASURE_BATCHES];
		int r;

		if (!nn_kernels_choose((*k)->name, NULL))
			continue;
		r = measure_rows(m, *k, n, SECONDS, err);
		if (r < 0)
			return r;
		for (size_t i = 0; i < MEASURE_BATCHES; i++)
			printf("%-14s %-7s %3zu %10.1f %10.1f\n", n->name, (*k)->name, m[i].rows,
				m[i].row_ns, m[i].limit_ns);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL, *path = argc > 2 ? argv[2] : NULL;
	struct err err;

	for (size_t i = 0; i < MEASURE_NETWORKS; i++) {
		const struct measure_network *n = &measure_networks[i];

		if (only && strcmp(only, n->name) != 0)
			continue;
		if ((path && write_network(n, path, &err) < 0) || measure_network(n, &err) < 0) {
			fprintf(stderr, "row: %s\n", err.text);
			return 1;
		}
	}
	return 0;
}
