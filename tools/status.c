/* defectctl status: what the daemon says of itself, and what the database holds. */
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/config/config.h"
#include "lib/store/registry.h"
#include "lib/store/store.h"
#include "tools/broker_session.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/session.h"

#define LISTEN_MS 1500 /* retained messages come at once; a broker that is slow gets this long */

/* What came of one retained topic. */
struct said {
	char *topic;
	struct buf text; /* as it came */
	cJSON *body;     /* what it says; NULL: nothing came */
};

struct status {
	const struct config *config;
	struct said *said; /* [0] the gateway's, then a row a line */
	size_t count, missing;
	volatile bool has_all;
	char broker_trouble[1024]; /* "" when the broker answered */
	char store_trouble[1024];
};

/* What the database holds of a line. */
struct held {
	int64_t units, defects, not_scored, last_ms;
	char champion[SHA256_HEX];
};

static void on_message(void *owner, const struct wire_message *m)
{
	struct status *s = owner;

	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->said[i].topic, m->topic) != 0)
			continue;
		if (!s->said[i].body)
			s->missing--;
		json_free(s->said[i].body);
		s->said[i].body = NULL;
		buf_clear(&s->said[i].text);
		buf_put(&s->said[i].text, m->payload, m->payload_len);
		if (json_parse(&s->said[i].body, m->payload, m->payload_len, 0, NULL) < 0)
			s->missing++;
	}
	s->has_all = s->missing == 0;
}

static int ask_broker(struct status *s, struct err *err)
{
	CLEANUP(session_close) struct session *session = NULL;
	const struct session_options o = {.timeout_ms = 3000, .message = on_message, .owner = s};
	const char **filters = calloc(s->count, sizeof(*filters));
	int rc;

	if (!filters)
		return err_set(err, -ENOMEM, "no memory");
	for (size_t i = 0; i < s->count; i++)
		filters[i] = s->said[i].topic;
	rc = broker_session_open(&session, &o, &s->config->broker, "status", err);
	if (rc == 0)
		rc = session_subscribe(session, filters, s->count, err);
	if (rc == 0)
		rc = session_listen(session, LISTEN_MS, &s->has_all, err);
	free(filters);
	return rc;
}

static int64_t query_int(struct sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t v = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		v = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return v;
}

static void read_line(struct store *store, const char *line, struct held *out)
{
	struct sqlite3 *db = store_sqlite(store);
	struct registered_model champion = {0};
	char table[64], sql[256];
	const struct {
		int64_t *to;
		const char *what, *where;
	} questions[] = {
		{&out->units, "count(*)", ""},
		{&out->defects, "count(*)", " WHERE verdict = 'defect'"},
		{&out->not_scored, "count(*)", " WHERE verdict = 'not_scored'"},
		{&out->last_ms, "max(scored_ms)", ""},
	};

	snprintf(table, sizeof(table), "unit_%s", line);
	for (char *c = table; *c; c++)
		*c = *c == '-' ? '_' : *c;
	for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
		snprintf(sql, sizeof(sql), "SELECT %s FROM \"%s\"%s", questions[i].what, table,
			questions[i].where);
		*questions[i].to = query_int(db, sql);
	}
	if (store_champion(store, line, &champion, NULL) == 0)
		memcpy(out->champion, champion.sha256, sizeof(out->champion));
}

static int read_store(
	struct status *s, struct held *held, int64_t *outbox, int64_t *quarantine, struct err *err)
{
	CLEANUP(store_close) struct store *store = NULL;
	int rc = command_open_store(&store, s->config, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < s->config->line_count; i++)
		read_line(store, s->config->lines[i].name, &held[i]);
	*outbox = query_int(store_sqlite(store), "SELECT count(*) FROM outbox");
	*quarantine = query_int(store_sqlite(store), "SELECT count(*) FROM quarantine");
	return 0;
}

static const char *text_of(const cJSON *body, const char *key)
{
	const cJSON *item = body ? cJSON_GetObjectItemCaseSensitive(body, key) : NULL;

	return cJSON_IsString(item) ? item->valuestring : "";
}

static void print_table(
	const struct status *s, const struct held *held, int64_t outbox, int64_t quarantine)
{
	char when[TIMESTAMP_TEXT_MAX];

	if (s->broker_trouble[0])
		printf("%s: not known, %s\n", s->config->instance, s->broker_trouble);
	else
		printf("%s: %s%s%s\n", s->config->instance,
			s->said[0].body ? text_of(s->said[0].body, "state")
					: "no status on the broker; has the daemon ever run?",
			text_of(s->said[0].body, "reason")[0] ? ", " : "",
			text_of(s->said[0].body, "reason"));
	if (s->store_trouble[0])
		printf("database: %s\n", s->store_trouble);
	else
		printf("waiting for the broker's confirmation: %" PRId64
		       " messages; in quarantine: %" PRId64 "\n",
			outbox, quarantine);
	printf("\n%-20s %-11s %10s %9s %10s  %-24s  %-12s %s\n", "line", "state", "units",
		"defects", "not scored", "last unit", "model", "reason");
	for (size_t i = 0; i < s->config->line_count; i++) {
		const cJSON *body = s->said[i + 1].body;

		timestamp_print(when, held[i].last_ms);
		printf("%-20s %-11s %10" PRId64 " %9" PRId64 " %10" PRId64 "  %-24s  %-12.12s %s\n",
			s->config->lines[i].name, body ? text_of(body, "state") : "unknown",
			held[i].units, held[i].defects, held[i].not_scored,
			held[i].last_ms > 0 ? when : "-",
			held[i].champion[0] ? held[i].champion : "-", text_of(body, "reason"));
	}
}

/* The very text: printed anew, 0.0 would become 0. */
static void add_said(struct buf *b, const char *key, struct said *said)
{
	const char *text = said->body ? buf_text(&said->text) : NULL;

	jsonw_key(b, key);
	buf_add(b, text ? text : "null");
}

static int print_json(
	const struct status *s, const struct held *held, int64_t outbox, int64_t quarantine)
{
	struct buf b;
	int rc;

	buf_init(&b);
	jsonw_begin(&b);
	jsonw_text(&b, "instance", s->config->instance);
	jsonw_text(&b, "broker_trouble", s->broker_trouble);
	jsonw_text(&b, "store_trouble", s->store_trouble);
	jsonw_int(&b, "outbox", outbox);
	jsonw_int(&b, "quarantine", quarantine);
	add_said(&b, "status", &s->said[0]);
	jsonw_key(&b, "lines");
	buf_add(&b, "[");
	for (size_t i = 0; i < s->config->line_count; i++) {
		buf_add(&b, i ? "," : "");
		jsonw_begin(&b);
		jsonw_text(&b, "line", s->config->lines[i].name);
		jsonw_int(&b, "units", held[i].units);
		jsonw_int(&b, "defects", held[i].defects);
		jsonw_int(&b, "not_scored", held[i].not_scored);
		jsonw_int(&b, "last_unit_ms", held[i].last_ms);
		jsonw_text(&b, "champion", held[i].champion);
		add_said(&b, "status", &s->said[i + 1]);
		jsonw_end(&b);
	}
	buf_add(&b, "]");
	jsonw_end(&b);
	rc = buf_text(&b) ? 0 : 1;
	if (rc == 0)
		puts(b.data);
	buf_deinit(&b);
	return rc;
}

static int status_init(struct status *s, const struct config *config)
{
	s->config = config;
	s->count = s->missing = config->line_count + 1;
	s->said = calloc(s->count, sizeof(*s->said));
	for (size_t i = 0; s->said && i < s->count; i++) {
		const char *root = i == 0 ? config->publish : config->lines[i - 1].publish;

		buf_init(&s->said[i].text);
		if (asprintf(&s->said[i].topic, "%s/status", root) < 0)
			return -ENOMEM;
	}
	return s->said ? 0 : -ENOMEM;
}

static void status_deinit(struct status *s)
{
	for (size_t i = 0; s->said && i < s->count; i++) {
		free(s->said[i].topic);
		buf_deinit(&s->said[i].text);
		json_free(s->said[i].body);
	}
	free(s->said);
}

static int status(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct status s = {0};
	struct held *held = NULL;
	struct err err = {0};
	int64_t outbox = 0, quarantine = 0;
	int rc = options_read(&command_status, NULL, 0, argc, argv);

	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	held = calloc(config->line_count + 1, sizeof(*held));
	if (!held || status_init(&s, config) < 0) {
		status_deinit(&s);
		free(held);
		return 1;
	}
	if (ask_broker(&s, &err) < 0)
		snprintf(s.broker_trouble, sizeof(s.broker_trouble), "%s", err.text);
	if (read_store(&s, held, &outbox, &quarantine, &err) < 0)
		snprintf(s.store_trouble, sizeof(s.store_trouble), "%s", err.text);
	if (ctx->json)
		rc = print_json(&s, held, outbox, quarantine);
	else
		print_table(&s, held, outbox, quarantine);
	if (s.broker_trouble[0] && s.store_trouble[0]) {
		fprintf(stderr, "defectctl status: neither the broker nor the database answers\n");
		rc = 1;
	}
	status_deinit(&s);
	free(held);
	return rc;
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.summary = "what the daemon says of itself, and what its database holds",
	.run = status,
};
