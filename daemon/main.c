/* defectd: options and exit status; the rest is daemon.c. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "daemon/daemon.h"
#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/gateway/check.h"

static const char usage[] = "usage: defectd [--config FILE] [--check] [--version]\n";

struct options {
	const char *config;
	bool check, version, help;
};

static bool read_options(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 'k':
			o->check = true;
			break;
		case 'v':
			o->version = true;
			break;
		case 'h':
			o->help = true;
			break;
		default:
			return false; /* getopt_long has said what is wrong */
		}
	}
	if (optind < argc)
		fprintf(stderr, "defectd: unexpected argument \"%s\"\n", argv[optind]);
	return optind == argc;
}

/* --check: what defectctl check says, without its tables. */
static int check(const char *file)
{
	CLEANUP(gateway_check_deinit) struct gateway_check found = {0};
	CLEANUP(buf_deinit) struct buf text;
	const struct nn_kernels *kernels;
	struct err err = {""};

	buf_init(&text);
	kernels = nn_kernels_choose(NULL, &err);
	if (!kernels || gateway_check(&found, file, kernels, &err) < 0) {
		fprintf(stderr, "defectd: %s\n", err.text);
		return 1;
	}
	config_report_text(&found.report, &text);
	if (!buf_text(&text))
		return 1;
	fputs(text.data, stderr);
	return found.report.errors ? EX_CONFIG : 0;
}

/* A configuration that is refused was never in force; a supervisor must not try it again. */
static int load_and_run(const char *file)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(config_free) struct config *config = NULL;
	int r;

	log_open();
	r = config_load(&config, file, &report);
	for (size_t i = 0; i < report.count; i++) {
		if (report.problems[i].is_warning)
			log_warning("%s", report.problems[i].text);
		else
			log_error("%s", report.problems[i].text);
	}
	if (r < 0) {
		log_error("%s: the configuration is refused, not starting", file);
		return EX_CONFIG;
	}
	return daemon_run(config);
}

int main(int argc, char **argv)
{
	struct options o = {.config = CONFIG_FILE_DEFAULT};

	if (!read_options(&o, argc, argv)) {
		fputs(usage, stderr);
		return EX_USAGE;
	}
	if (o.help || o.version) {
		fputs(o.help ? usage : "defectd " DEFECTD_VERSION "\n", stdout);
		return 0;
	}
	return o.check ? check(o.config) : load_and_run(o.config);
}
