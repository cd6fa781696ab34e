/* Any bytes as the state of a line: it loads and can be worked with, or is refused with a sentence.
 *
 * The line and its state are those of tests/unit/feature/filled.h; the unit test assembler_load
 * sees to it that the corpus is of today's form. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/feature/filled.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct cursor in;
	struct flow *f;
	void *state;

	if (flow_set_up(&state) < 0)
		abort();
	f = state;
	add_features(f);
	flow_begin(f);
	cursor_init(&in, bytes, len);
	if (assembler_load(f->a, &in, &f->err) == 0)
		use(f);
	else if (!f->err.text[0])
		abort(); /* refused without a sentence */
	flow_tear_down(&state);
	return 0;
}
