/* What all subcommands say in the same way. */
#include "tools/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

int command_fail(const char *name, const struct err *err)
{
	fprintf(stderr, "defectctl %s: %s\n", name, err->text);
	return 1;
}

int command_usage(const struct command *c, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "defectctl %s: ", c->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nusage: defectctl %s %s\n", c->name, c->arguments);
	return EX_USAGE;
}
