/* Ctrl-C as a wish to come to an end: for commands that go on until they are told. */
#pragma once

#include <stdbool.h>

/* From now on SIGINT and SIGTERM make *result true, once: the second one ends the process. */
const volatile bool *interrupt_catch(void);
