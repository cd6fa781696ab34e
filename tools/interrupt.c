#include "tools/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler reaches nothing else. */
static volatile bool is_interrupted;

static void on_signal(int number)
{
	(void)number;
	is_interrupted = true;
}

const volatile bool *interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return &is_interrupted;
}
