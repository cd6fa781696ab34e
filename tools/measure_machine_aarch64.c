/* Where the limits of 64-bit ARM are measured. */
#include "tools/measure_machine.h"

const struct measure_machine *const measure_machines[] = {&measure_machine_neon, NULL};
