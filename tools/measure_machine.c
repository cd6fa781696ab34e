#include "tools/measure_machine.h"

#include <string.h>

#include "lib/nn/kernels.h"

const struct measure_machine *measure_machine_of(const struct nn_kernels *k)
{
	const struct measure_machine *best = NULL;

	for (const struct measure_machine *const *m = measure_machines; *m; m++) {
		if (strcmp((*m)->name, k->name) == 0)
			return *m;
		if (!best && nn_kernels_choose((*m)->name, NULL))
			best = *m;
	}
	return best;
}
