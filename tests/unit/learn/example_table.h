/* A made-up line for the length of a test: 400 units, a text and two numbers, of which one is
 * missing now and then; a unit is a defect where type L meets a high torque. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/rng.h"
#include "lib/learn/table.h"
#include "tests/unit/learn/csv_file.h"

static inline void example_csv(struct buf *out)
{
	struct rng rng;

	rng_init(&rng, 7, 0);
	buf_add(out, "Serial,Type,Torque [Nm],Wear,Bad\n");
	for (int i = 0; i < 400; i++) {
		const char type = "KLM"[rng_below(&rng, 3)];
		const double torque = 40 + 10 * rng_normal(&rng);

		buf_addf(out, "S%d,%c,%.2f,", i, type, torque);
		if (i % 10 != 3)
			buf_addf(out, "%.1f", 100 * rng_uniform(&rng));
		buf_addf(out, ",%d\n", type == 'L' && torque > 42);
	}
}

static inline struct table *example_table(void)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	struct table *t = NULL;

	example_csv(&b);
	CLEANUP(csv_file_remove) struct csv_file f = csv_file_of(b.data, b.len);
	if (table_read(&t, f.path, NULL) != 0)
		abort();
	return t;
}
