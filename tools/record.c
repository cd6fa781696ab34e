/* defectctl record: the broker -> a recording. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/config/config.h"
#include "lib/engine/own_topic.h"
#include "lib/wire/filter.h"
#include "lib/wire/filters.h"
#include "tools/broker_session.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/options.h"
#include "tools/recording.h"

#define TURN_MS 500 /* what has come is written out, and progress shown */

struct arguments {
	const char *line, *out;
	struct option_list topics;
	uint64_t seconds; /* 0: until Ctrl-C */
};

struct record {
	const struct config *config;
	const struct option_list *topics; /* asked for */
	struct filters wanted;
	struct filters asked; /* of the broker: no two meet, so that a message comes once */
	FILE *file;
	uint64_t messages;
	int failed; /* the first -errno of writing */
	int64_t begun_ms;
};

static int64_t clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static double seconds(const struct record *r)
{
	return (double)(clock_ms(CLOCK_MONOTONIC) - r->begun_ms) / 1000;
}

static bool is_ours(const struct config *config, const char *topic)
{
	if (own_topic(config->publish, topic))
		return true;
	for (size_t i = 0; i < config->line_count; i++) {
		if (own_topic(config->lines[i].publish, topic))
			return true;
	}
	return false;
}

/* Not what comes only because filters were joined. */
static bool is_wider(const struct record *r, const char *topic)
{
	return filters_take(&r->asked, topic) && !filters_take(&r->wanted, topic);
}

/* What the daemon says itself only where somebody asked for it. */
static bool is_wanted(const struct record *r, const char *topic)
{
	if (is_wider(r, topic))
		return false;
	for (size_t i = 0; i < r->topics->count; i++) {
		if (filter_covers(r->topics->item[i], topic))
			return true;
	}
	return !is_ours(r->config, topic);
}

static void on_message(void *owner, const struct wire_message *got)
{
	struct record *r = owner;
	const struct recorded m = {
		.t_ms = clock_ms(CLOCK_REALTIME),
		.topic = got->topic,
		.payload = got->payload_len ? got->payload : "",
		.payload_len = got->payload_len,
		.qos = got->qos,
		.retained = got->retained,
	};
	int rc;

	if (r->failed || !is_wanted(r, got->topic))
		return;
	rc = recording_write(r->file, &m, true);
	if (rc < 0)
		r->failed = rc == -EIO && errno ? -errno : rc;
	else
		r->messages++;
}

static int want(struct record *r, const char *filter)
{
	int rc = filters_want(&r->wanted, filter, 1);

	return rc < 0 ? rc : filters_want_wide(&r->asked, filter, 1);
}

static int want_sources(struct record *r, const struct line_config *line)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < line->plan.source_count; i++)
		rc = want(r, topic_template_filter(line->plan.sources[i].topic));
	return rc;
}

/* Those that were asked for; those of the sources of one line, or of all where nothing was. */
static int choose_filters(struct record *r, const struct line_config *only, struct err *err)
{
	const struct config *config = r->config;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < r->topics->count; i++)
		rc = want(r, r->topics->item[i]);
	for (size_t i = 0; rc == 0 && i < config->line_count; i++) {
		if (only ? only == &config->lines[i] : r->topics->count == 0)
			rc = want_sources(r, &config->lines[i]);
	}
	if (rc < 0)
		return err_set(err, rc, "no memory for the topics");
	if (r->asked.count == 0)
		return err_set(err, -EINVAL, "no line is configured in %s: a --topic is wanted",
			config->file);
	return 0;
}

static int subscribe(const struct record *r, struct session *session, struct err *err)
{
	const char **texts = calloc(r->asked.count, sizeof(*texts));
	int rc = texts ? 0 : err_set(err, -ENOMEM, "no memory for the topics");

	for (size_t i = 0; texts && i < r->asked.count; i++)
		texts[i] = r->asked.v[i].text;
	if (rc == 0)
		rc = session_subscribe(session, texts, r->asked.count, err);
	free(texts);
	return rc;
}

/* What a line did cannot be had again: a recording is not written over. */
static int open_file(struct record *r, const char *path, struct err *err)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		r->file = stdout;
		return 0;
	}
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		return err_set(err, -EEXIST, "%s is there already and is not written over", path);
	r->file = fopen(path, "we");
	return r->file ? 0 : err_set(err, -errno, "%s: %s", path, strerror(errno));
}

static int close_file(struct record *r, const char *path, int rc, struct err *err)
{
	bool failed = fflush(r->file) != 0;

	if (r->file != stdout)
		failed |= fclose(r->file) != 0;
	if (failed && !r->failed)
		r->failed = errno ? -errno : -EIO;
	r->file = NULL;
	if (r->failed)
		return err_set(err, r->failed, "%s: cannot be written: %s",
			strcmp(path, "-") == 0 ? "standard output" : path, strerror(-r->failed));
	return rc;
}

/* How long the next turn is; 0: the time is over. */
static int64_t turn_ms(const struct record *r, uint64_t for_seconds)
{
	double left_ms = ((double)for_seconds - seconds(r)) * 1000;

	if (for_seconds == 0 || left_ms >= TURN_MS)
		return TURN_MS;
	return left_ms > 0 ? (int64_t)left_ms + 1 : 0;
}

static int record_messages(struct record *r, const struct context *ctx, uint64_t for_seconds,
	struct session *session, struct err *err)
{
	const volatile bool *stop = interrupt_catch();
	int64_t ms = turn_ms(r, for_seconds);
	int rc = 0;

	while (rc == 0 && ms > 0 && !*stop && !r->failed) {
		rc = session_listen(session, ms, stop, err);
		if (fflush(r->file) != 0 && !r->failed)
			r->failed = errno ? -errno : -EIO;
		if (ctx->is_terminal)
			fprintf(stderr, "\r%" PRIu64 " message%s in %.0f s; Ctrl-C ends it\033[K",
				r->messages, r->messages == 1 ? "" : "s", seconds(r));
		ms = turn_ms(r, for_seconds);
	}
	if (ctx->is_terminal)
		fputs("\r\033[K", stderr);
	return rc;
}

static void report(const struct context *ctx, const struct record *r, const char *path)
{
	CLEANUP(buf_deinit) struct buf b;
	bool is_stdout = strcmp(path, "-") == 0;

	buf_init(&b);
	if (!ctx->json) {
		fprintf(is_stdout ? stderr : stdout, "%s: %" PRIu64 " message%s in %.1f s\n",
			is_stdout ? "standard output" : path, r->messages,
			r->messages == 1 ? "" : "s", seconds(r));
		return;
	}
	jsonw_begin(&b);
	jsonw_text(&b, "out", path);
	jsonw_int(&b, "messages", (int64_t)r->messages);
	jsonw_real(&b, "seconds", seconds(r));
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static int record(const struct context *ctx, const struct arguments *a, const struct config *config,
	struct err *err)
{
	struct record r = {.config = config, .topics = &a->topics};
	const struct line_config *only = a->line ? command_find_line(config, a->line, err) : NULL;
	CLEANUP(session_close) struct session *session = NULL;
	const struct session_options o = {
		.message = on_message,
		.owner = &r,
		.receive_maximum = config->broker.receive_maximum,
	};
	int rc = a->line && !only ? -EINVAL : choose_filters(&r, only, err);

	if (rc == 0)
		rc = broker_session_open(&session, &o, &config->broker, "record", err);
	if (rc == 0)
		rc = open_file(&r, a->out, err);
	if (rc == 0) {
		rc = subscribe(&r, session, err);
		r.begun_ms = clock_ms(CLOCK_MONOTONIC);
		if (rc == 0)
			rc = record_messages(&r, ctx, a->seconds, session, err);
		rc = close_file(&r, a->out, rc, err);
	}
	filters_deinit(&r.wanted);
	filters_deinit(&r.asked);
	if (rc == 0 || r.messages > 0)
		report(ctx, &r, a->out);
	return rc;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct arguments a = {0};
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &a.line, false},
		{"--topic", OPTION_EACH, &a.topics, false},
		{"--seconds", OPTION_WHOLE, &a.seconds, false},
		{"--out", OPTION_TEXT, &a.out, true},
	};
	struct err err = {0};
	int rc = options_read(&command_record, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < a.topics.count; i++) {
		if (!filter_is_valid(a.topics.item[i]))
			return command_usage(&command_record,
				"--topic \"%s\" is no topic filter: + stands for a whole level, # "
				"for all that are left",
				a.topics.item[i]);
	}
	if (ctx->json && strcmp(a.out, "-") == 0)
		return command_usage(
			&command_record, "with --json the messages need a file of their own");
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	rc = record(ctx, &a, config, &err);
	return rc < 0 ? command_fail("record", &err) : 0;
}

const struct command command_record = {
	.name = "record",
	.arguments = "[--line L] [--topic FILTER].. [--seconds N] --out FILE|-",
	.summary = "writes what comes by on the broker as a recording",
	.run = run,
};
