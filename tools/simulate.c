/* defectctl simulate: a plausible moulding line -> broker, recording or CSV. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/num.h"
#include "lib/config/config.h"
#include "tools/broker_session.h"
#include "tools/command.h"
#include "tools/moulding_messages.h"
#include "tools/options.h"
#include "tools/recording.h"
#include "tools/session.h"

/* 2026-01-05T08:00:00Z, where no broker makes it now: the same seed, the same bytes. */
#define RECORDING_BEGINS_MS 1767600000000

#define PORT_NONE UINT64_MAX /* more than an option can say */
#define PORT_DEFAULT 1883

struct simulation {
	uint64_t units, seed;
	const char *host;      /* NULL: 127.0.0.1 */
	uint64_t port;         /* PORT_NONE: 1883 */
	struct config *config; /* names the broker; NULL: host and port do */
	const char *history_path, *truth_path, *recording_path, *line_path;

	bool is_live; /* plays to a broker */
	FILE *history, *truth, *recording;
	struct session *session;
	struct moulding_messages messages;
	uint64_t sent, defects;
	bool shows_progress;
};

static int64_t wall_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* To where the messages go; a live line waits until the message's moment has come. */
static int emit(
	void *owner, const char *topic, const struct buf *payload, int64_t at_ms, struct err *err)
{
	struct simulation *s = owner;
	const struct recorded m = {.t_ms = at_ms,
		.topic = topic,
		.payload = payload->data,
		.payload_len = payload->len,
		.qos = 1};
	int rc = 0;

	s->sent++;
	if (s->recording)
		rc = recording_write(s->recording, &m, false);
	if (rc < 0)
		return err_set(err, rc, "%s: %s", s->recording_path, strerror(-rc));
	if (!s->session)
		return 0;
	rc = session_listen(s->session, at_ms - wall_clock_ms(), NULL, err);
	if (rc == 0)
		rc = session_publish(s->session, topic, payload->data, payload->len, 1, false, err);
	return rc;
}

static void write_number(FILE *f, double v)
{
	char text[NUM_TEXT_MAX];

	num_print(text, v, false);
	fprintf(f, ",%s", text);
}

static void write_history(FILE *f, const char *prefix, const struct moulding_part *p)
{
	if (p->number == 1) {
		fputs("unit,grade,viscosity,moisture_pct,wall_mm", f);
		for (int i = 0; i < MOULDING_VALUES; i++)
			fprintf(f, ",%s", moulding_names[i]);
		fputs(",defect\n", f);
	}
	fprintf(f, "%s%06llu,%s", prefix, (unsigned long long)p->number, p->lot.grade);
	write_number(f, p->lot.viscosity);
	write_number(f, p->lot.moisture_pct);
	write_number(f, p->wall_mm);
	for (int i = 0; i < MOULDING_VALUES; i++)
		write_number(f, p->measured[i]);
	fprintf(f, ",%d\n", p->is_defect);
}

static void write_truth(FILE *f, const char *prefix, const struct moulding_part *p)
{
	if (p->number == 1)
		fputs("unit,p_defect,defect\n", f);
	fprintf(f, "%s%06llu", prefix, (unsigned long long)p->number);
	write_number(f, p->p_defect);
	fprintf(f, ",%d\n", p->is_defect);
}

/* A live line takes its time: a thousand parts at 20 a second are most of a minute. */
static void show_progress(const struct simulation *s, uint64_t parts)
{
	if (s->shows_progress)
		fprintf(stderr, "\r%llu of %llu parts\033[K", (unsigned long long)parts,
			(unsigned long long)s->units);
}

static int make_parts(struct simulation *s, struct err *err)
{
	struct moulding line;
	struct moulding_part part;
	bool sends = s->session || s->recording;
	int rc = 0;

	moulding_init(&line, s->seed);
	for (uint64_t n = 0; n < s->units && rc == 0; n++) {
		moulding_next(&line, &part);
		s->defects += part.is_defect;
		if (s->history)
			write_history(s->history, s->messages.prefix, &part);
		if (s->truth)
			write_truth(s->truth, s->messages.prefix, &part);
		if (sends)
			rc = moulding_send(&s->messages, &part, err);
		show_progress(s, n + 1);
	}
	if (rc == 0)
		rc = moulding_send_end(&s->messages, err);
	if (rc == 0 && s->session)
		rc = session_confirm(s->session, err);
	if (s->shows_progress)
		fputs("\r\033[K", stderr);
	return rc;
}

static int open_output(FILE **out, const char *path, struct err *err)
{
	if (!path)
		return 0;
	*out = fopen(path, "w");
	return *out ? 0 : err_set(err, -errno, "%s: %s", path, strerror(errno));
}

static int close_output(FILE *f, const char *path, int rc, struct err *err)
{
	bool failed;

	if (!f)
		return rc;
	failed = ferror(f);
	failed |= fclose(f) != 0;
	if (failed && rc == 0)
		return err_set(err, -EIO, "%s: could not be written whole", path);
	return rc;
}

static void report(const struct context *ctx, const struct simulation *s, bool made_parts)
{
	if (ctx->json) {
		printf("{\"units\":%llu,\"defects\":%llu,\"messages\":%llu}\n",
			(unsigned long long)s->units, (unsigned long long)s->defects,
			(unsigned long long)s->sent);
		return;
	}
	if (s->line_path)
		printf("%s: line moulding-1, model moulding-1.onnx\n", s->line_path);
	if (!made_parts)
		return;
	printf("%llu parts, %llu of them defective", (unsigned long long)s->units,
		(unsigned long long)s->defects);
	if (s->sent > 0)
		printf("; %llu messages", (unsigned long long)s->sent);
	putchar('\n');
}

/* The broker that was named, else the configuration's, else the one on this machine. */
static int open_session(struct simulation *s, struct err *err)
{
	const struct session_options o = {
		.host = s->host ? s->host : "127.0.0.1",
		.port = s->port == PORT_NONE ? PORT_DEFAULT : (int)s->port,
	};

	return broker_session_open(
		&s->session, &o, s->config ? &s->config->broker : NULL, "simulate", err);
}

static int open_all(struct simulation *s, struct err *err)
{
	int rc = 0;

	if (s->line_path)
		rc = moulding_write_line_file(s->line_path, s->messages.topic, err);
	if (rc == 0)
		rc = open_output(&s->history, s->history_path, err);
	if (rc == 0)
		rc = open_output(&s->truth, s->truth_path, err);
	if (s->truth) /* whoever stops a live line wants what was played */
		setvbuf(s->truth, NULL, _IOLBF, 0);
	if (rc == 0)
		rc = open_output(&s->recording, s->recording_path, err);
	if (rc == 0 && s->is_live)
		rc = open_session(s, err);
	return rc;
}

static int play(struct simulation *s, const struct context *ctx)
{
	struct err err = {0};
	bool makes_parts;
	int rc = open_all(s, &err);

	s->messages.send = emit;
	s->messages.owner = s;
	s->messages.begins_ms = s->is_live ? wall_clock_ms() : RECORDING_BEGINS_MS;
	s->shows_progress = s->is_live && ctx->is_terminal;
	makes_parts = s->history || s->truth || s->recording || s->session;
	if (rc == 0 && makes_parts)
		rc = make_parts(s, &err);
	session_close(s->session);
	rc = close_output(s->history, s->history_path, rc, &err);
	rc = close_output(s->truth, s->truth_path, rc, &err);
	rc = close_output(s->recording, s->recording_path, rc, &err);
	buf_deinit(&s->messages.payload);
	if (rc < 0)
		return command_fail("simulate", &err);
	report(ctx, s, makes_parts);
	return 0;
}

/* The configuration says where the broker is when no option does. One that was named must be there,
 * the usual one may be missing. */
static bool wants_config(const struct simulation *s, const struct context *ctx)
{
	if (!s->is_live || s->host || s->port != PORT_NONE)
		return false;
	return strcmp(ctx->config_file, CONFIG_FILE_DEFAULT) != 0 ||
	       access(ctx->config_file, F_OK) == 0;
}

static int simulate(const struct context *ctx, int argc, char **argv)
{
	struct simulation s = {.units = 1000, .seed = 1, .port = PORT_NONE};
	struct moulding_messages *m = &s.messages;
	const struct option_row rows[] = {
		{"--units", OPTION_WHOLE, &s.units, false},
		{"--rate", OPTION_REAL, &m->rate, false},
		{"--seed", OPTION_WHOLE, &s.seed, false},
		{"--host", OPTION_TEXT, &s.host, false},
		{"--port", OPTION_WHOLE, &s.port, false},
		{"--history", OPTION_TEXT, &s.history_path, false},
		{"--truth", OPTION_TEXT, &s.truth_path, false},
		{"--recording", OPTION_TEXT, &s.recording_path, false},
		{"--line-file", OPTION_TEXT, &s.line_path, false},
		{"--prefix", OPTION_TEXT, &m->prefix, false},
		{"--topic", OPTION_TEXT, &m->topic, false},
	};
	int rc;

	m->rate = 20;
	m->prefix = "M";
	m->topic = "plant/moulding-1";
	rc = options_read(&command_simulate, rows, ARRAY_LEN(rows), argc, argv);
	if (rc != 0)
		return rc;
	if (!(m->rate > 0 && m->rate <= 1e6))
		return command_usage(&command_simulate,
			"--rate wants more than 0 and at most 1000000 parts a second");
	if (s.port != PORT_NONE && (s.port < 1 || s.port > 65535))
		return command_usage(&command_simulate, "--port wants 1 to 65535");
	if (strlen(m->topic) > 100 || strpbrk(m->topic, "+#{}\"\\%") || strlen(m->prefix) > 64 ||
		strpbrk(m->prefix, "+#/,\"\n"))
		return command_usage(&command_simulate,
			"--topic and --prefix want plain text without wildcards");
	s.is_live = s.host || s.port != PORT_NONE ||
		    !(s.history_path || s.truth_path || s.recording_path || s.line_path);
	if (wants_config(&s, ctx)) {
		s.config = command_load_config(ctx);
		if (!s.config)
			return EX_CONFIG;
	}
	rc = play(&s, ctx);
	config_free(s.config);
	return rc;
}

const struct command command_simulate = {
	.name = "simulate",
	.arguments = "[--units N] [--rate R] [--seed N] [--prefix P] [--topic T]\n"
		     "         [--host H] [--port P] [--recording FILE] [--history FILE.csv]\n"
		     "         [--truth FILE.csv] [--line-file FILE.json]",
	.summary = "plays a plausible moulding line to a broker, a recording or a CSV file",
	.run = simulate,
};
