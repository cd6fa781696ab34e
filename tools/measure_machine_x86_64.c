/* Where the limits of x86-64 are measured. */
#include "tools/measure_machine.h"

const struct measure_machine *const measure_machines[] = {
	&measure_machine_avx512, &measure_machine_avx2, NULL};
