/* Any bytes as a model file: they load or are refused with a sentence, and what loads can score.
 *
 * With gcc, run_files.c gives it a main that goes over files and changed copies of them. With
 * clang, libFuzzer's own is linked instead (fuzz_model -help=1). */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/nn/kernels.h"
#include "tests/fuzz/fuzz.h"

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

	if (rc == 0)
		score(m, k);
	else if (!err.text[0] || m)
		abort(); /* refused without a sentence, or half done */
	return 0;
}
