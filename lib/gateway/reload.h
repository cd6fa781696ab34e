/* A changed configuration comes into force while the gateway runs.
 *
 * Reading and checking touch nothing that runs, and may be done in another thread; then, between
 * two engine inputs, one gateway goes on in the place of another. */
#pragma once

#include "lib/gateway/check.h"

/* A configuration that may come into force. */
struct gateway_next {
	struct gateway_check checked; /* what `defectctl check` would say of it */
	/* What its line files name, where the registry does not know it; it is kept under models/.
	 * [line_count]; NULL: nothing. The configuration may be taken out of `checked`. */
	struct model **adopted;
	size_t line_count;
};

/* 0 whatever was found (in checked.report); a negative errno with a sentence when it could not be
 * found out, or a copy of a model not be kept. To be deinitialised in any case. */
MUST_CHECK int gateway_next_read(struct gateway_next *out, const char *file,
	const struct nn_kernels *kernels, struct err *err);
void gateway_next_deinit(struct gateway_next *next);
static inline void gateway_next_deinit_at(struct gateway_next *next)
{
	gateway_next_deinit(next);
}

/* *out goes on in the place of `old`: with its state, models, roles and counts, under the
 * configuration of `next`, which was found without an error and must outlive it. What is open goes
 * on under the line file that it was opened with; lines that are gone are left out. Lines that are
 * new have the champion that the registry has for them. The models adopted come into force
 * afterwards (swap_adopt). `old` is good for nothing then but to be freed: once no row borrows from
 * it any longer. -EINVAL with a sentence when a model does not fit that came into force meanwhile,
 * -ENOMEM: `old` goes on as it was. */
MUST_CHECK int gateway_reload(
	struct gateway **out, struct gateway *old, struct gateway_next *next, struct err *err);
