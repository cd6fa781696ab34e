/* defectctl: one program, a table of subcommands, a file each. */
#include "tools/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/config/config.h"

/* In the order of --help. */
static const struct command *const commands[] = {
	&command_check,
	&command_train,
	&command_evaluate,
	&command_predict,
	&command_model,
	&command_replay,
	&command_record,
	&command_play,
	&command_simulate,
	&command_label,
	&command_export,
	&command_trace,
	&command_quarantine,
	&command_probe,
	&command_status,
	&command_bench,
	NULL,
};

struct global_options {
	struct context ctx;
	bool wants_help, wants_version;
};

static void print_help(void)
{
	printf("usage: defectctl [--config FILE] [--json] COMMAND ...\n\n"
	       "Trains, checks and looks after the models and lines of defectd.\n\n");
	for (size_t i = 0; commands[i]; i++)
		printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "  --config FILE  the gateway's configuration, default " CONFIG_FILE_DEFAULT "\n"
	       "  --json         one JSON document on standard output\n"
	       "  --help         this text; after a command, how to call it\n"
	       "  --version      the version\n");
}

static void print_command_help(const struct command *c)
{
	printf("usage: defectctl %s %s\n\n%s\n\ndefectctl(1) says what the options mean.\n",
		c->name, c->arguments, c->summary);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

PRINTF_LIKE(1, 2) static int usage(const char *fmt, ...)
{
	va_list args;

	fputs("defectctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("; \"defectctl --help\" lists commands and options\n", stderr);
	return EX_USAGE;
}

/* Takes the options that all commands share out of argv, wherever they stand before "--", and
 * leaves the rest in place, ended by NULL. */
static int take_global_options(struct global_options *g, int *argc, char **argv)
{
	int kept = 1;
	int i = 1;

	for (; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			g->ctx.json = true;
		} else if (strcmp(argv[i], "--help") == 0) {
			g->wants_help = true;
		} else if (strcmp(argv[i], "--version") == 0) {
			g->wants_version = true;
		} else if (strncmp(argv[i], "--config=", 9) == 0) {
			g->ctx.config_file = argv[i] + 9;
		} else if (strcmp(argv[i], "--config") == 0) {
			if (i + 1 >= *argc)
				return usage("--config wants a file");
			g->ctx.config_file = argv[++i];
		} else {
			argv[kept++] = argv[i];
		}
	}
	for (; i < *argc; i++)
		argv[kept++] = argv[i];
	argv[kept] = NULL;
	*argc = kept;
	return 0;
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
		fprintf(stderr, "defectctl: standard output: %s\n", strerror(errno));
		return 1;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct global_options g = {.ctx = {
					   .config_file = CONFIG_FILE_DEFAULT,
					   .is_terminal = isatty(STDERR_FILENO) == 1,
				   }};
	const struct command *c = NULL;
	int rc = take_global_options(&g, &argc, argv);

	if (rc != 0)
		return rc;
	if (g.wants_version) {
		puts("defectctl " DEFECTD_VERSION);
		return finish(0);
	}
	if (argc > 1)
		c = find_command(argv[1]);
	if (argc > 1 && !c)
		return usage(
			"there is no %s %s", argv[1][0] == '-' ? "option" : "command", argv[1]);
	if (g.wants_help) {
		if (c)
			print_command_help(c);
		else
			print_help();
		return finish(0);
	}
	if (!c)
		return usage("a command is missing");
	return finish(c->run(&g.ctx, argc - 1, argv + 1));
}
