/* The configuration: /etc/defectd/defectd.json and its line files.
 *
 * Strict: unknown keys (with the nearest known one), duplicate keys, wrong types, values out of
 * bounds and dangling references are errors. All of them are found at once. Keys of DESIGN 3 that
 * this version does not carry out yet are refused by name, never ignored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/config/report.h"
#include "lib/decide/verdict.h"
#include "lib/feature/assembler.h"
#include "lib/feature/plan.h"

struct tls_config {
	bool is_on;
	char *ca_file;              /* absolute; NULL: the CAs of the system */
	char *cert_file, *key_file; /* absolute; NULL: no client certificate */
};

struct broker_config {
	char *host; /* "127.0.0.1" */
	int port;   /* 1883, with TLS 8883 */
	struct tls_config tls;
	char *username;      /* NULL: none */
	char *password_file; /* absolute; NULL: none, or the systemd credential mqtt-password */
	int protocol;        /* 5 (default) or 3 for 3.1.1 */
	int keepalive_s;     /* 30 */
	int receive_maximum; /* 5000 */
};

struct store_config {
	int64_t keep_pass_ms, keep_defect_ms, keep_label_ms, keep_quarantine_ms;
	int64_t max_bytes;
	int64_t commit_every_ms;
};

struct limits_config { /* DESIGN 3.4 */
	int64_t payload, open_units, remembered_units, samples, lots, unacknowledged_bytes, outbox,
		quarantine, array_elements, features, model;
};

struct line_config {
	char *name;
	char *file;              /* the line file's path */
	char *text;              /* as it stood in the file */
	char sha256[SHA256_HEX]; /* of the text */
	char *model;             /* absolute path under <state_dir>/models; NULL: none */
	char *publish;           /* root of its topics */
	struct plan plan;
	size_t *feature_at; /* [plan.feature_count]: which element of "features" it comes from */
	struct decide_policy decide;
};

struct config {
	char *file;
	char *instance;
	struct broker_config broker;
	char *publish; /* "defectd/<instance>" */
	char *state_dir;
	struct store_config store;
	struct limits_config limits;
	int64_t future_limit_ms;
	struct line_config *lines;
	size_t line_count;
};

#define CONFIG_FILE_DEFAULT "/etc/defectd/defectd.json"

/* Loads the file and all its line files. 0 with *out set (warnings may be in the report), or
 * -EINVAL with every error in the report, *out untouched; -ENOMEM. */
MUST_CHECK int config_load(struct config **out, const char *file, struct config_report *report);
void config_free(struct config *c);
CLEANUP_FOR(struct config, config_free)

/* A configuration with the gateway's part of `c` and no lines. -ENOMEM. */
MUST_CHECK int config_without_lines(struct config **out, const struct config *c);
/* Adds the line that this text of a line file describes, as it would be read from `file` (which
 * only stands in findings). Whether it goes with the other lines is not looked at. -EINVAL with
 * the errors in the report, the line is then not there; -ENOMEM. */
MUST_CHECK int config_add_line(
	struct config *c, const char *file, const char *text, struct config_report *report);

const struct line_config *config_find_line(const struct config *c, const char *name);
struct assembler_limits config_assembler_limits(const struct config *c);

/* What became of the line's model (the registry's champion, or the line file's), as gateway_line
 * has it, added to the report: a model that does not load, does not fit, or that the line file
 * names and that is not there is an error. A line that names none and has none just collects. */
void config_report_model(struct config_report *r, const struct line_config *line,
	const char *why_none, bool is_champion, const char *trouble);
