/* Any bytes as a model file: they load or are refused with a sentence; what loads runs, a row gives
 * the same bits alone and among others, within the bounds that are claimed, and can score.
 *
 * With gcc, run_files.c gives it a main that goes over files and changed copies of them. With
 * clang, libFuzzer's own is linked instead (fuzz_model -help=1). */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/nn/kernels.h"
#include "tests/fuzz/fuzz.h"

/* A row alone and among others, absurd numbers in it; and what is said of the program. */
static void run(const struct model *m, const struct nn_kernels *k)
{
	static const double numbers[] = {
		0, 1, -2.5, 1e30, (double)NAN, -(double)INFINITY, 0.1, 1e300};
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	CLEANUP(buf_deinit) struct buf text;
	const struct nn_program *p = model_program(m);
	const size_t inputs = nn_program_inputs(p), outputs = nn_program_outputs(p);
	double *x = calloc(3 * inputs, sizeof(*x));
	float *y = calloc(4 * outputs, sizeof(*y));
	double *low = calloc(2 * outputs, sizeof(*low));

	buf_init(&text);
	nn_program_show(p, &text);
	for (size_t i = 0; x && i < 3 * inputs; i++)
		x[i] = numbers[i % ARRAY_LEN(numbers)];
	if (x && y && low && nn_scratch_new(&s, p, 2) == 0) {
		nn_run_rows_double(p, k, s, 3, x, y);
		nn_run_row_double(p, k, s, x + inputs, y + 3 * outputs);
		if (memcmp(y + outputs, y + 3 * outputs, outputs * sizeof(*y)) != 0)
			abort(); /* a row depends on its neighbours */
		if (nn_program_bounds(p, low, low + outputs) == 0)
			for (size_t i = 0; i < outputs; i++)
				if ((double)y[i] < low[i] || (double)y[i] > low[outputs + i])
					abort(); /* NaN is left aside */
	}
	free(x);
	free(y);
	free(low);
}

static void score(const struct model *m, const struct nn_kernels *k)
{
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	struct value *values = calloc(model_feature_count(m), sizeof(*values));
	struct model_score out;

	if (values && model_scratch_new(&s, m) == 0)
		model_score(m, k, s, values, &out);
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);
	CLEANUP(model_free) struct model *m = NULL;
	struct err err = {""};
	int rc = model_parse(&m, bytes, len, k, &err);

	if (rc == 0) {
		run(m, k);
		if (model_check_usable(m, NULL) == 0)
			score(m, k);
	} else if (!err.text[0] || m) {
		abort(); /* refused without a sentence, or half done */
	}
	return 0;
}
