/* What windows of an open unit gave that were worked out before their samples had to go. Small on
 * purpose: 10,000 open units may have some hundred windows each. */
#pragma once

#include "lib/base/macros.h"
#include "lib/feature/assembled.h"

/* All zero: not worked out. What it refused stands with the unit's refused values. */
struct frozen_value {
	union {
		double number;
		char *text; /* owned */
	};
	int64_t from_ms, to_ms;
	uint32_t n;
	uint8_t kind;    /* enum value_kind */
	uint8_t missing; /* enum value_missing */
	bool is_held, is_set;
};

/* Keeps all of `v` but what was refused; nothing was kept there before. -ENOMEM. */
MUST_CHECK int frozen_put(struct frozen_value *f, const struct assembled_value *v);
/* False: not worked out. The text points into it. */
bool frozen_get(const struct frozen_value *f, struct assembled_value *out);
void frozen_clear(struct frozen_value *f);
