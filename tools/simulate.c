/* defectctl simulate: a plausible moulding line -> broker, recording or CSV. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "tools/command.h"
#include "tools/moulding.h"
#include "tools/options.h"
#include "tools/recording.h"
#include "tools/session.h"

#define RECORDING_BEGINS_MS                                                  \
	1767600000000 /* 2026-01-05T08:00:00Z: the same seed, the same bytes \
		       */
#define SECOND_HALF 3 /* values from this one on come after the next part has started */

struct simulation {
	uint64_t units, seed;
	double rate; /* parts a second */
	const char *prefix, *topic;
	FILE *history, *truth, *recording;
	struct session *session;
	struct buf payload; /* reused */
	int64_t begins_ms;
	uint64_t sent, defects;
};

static const char line_file[] =
	"{\n"
	"  // The line that `defectctl simulate` plays.\n"
	"  \"line\": \"moulding-1\",\n"
	"  \"model\": \"moulding-1.onnx\",\n"
	"  \"sources\": {\n"
	"    \"lab\":   { \"topic\": \"%s/lot/{lot}\" },\n"
	"    \"start\": { \"topic\": \"%s/part/{unit}/start\", \"time\": \"/ts_ms\",\n"
	"               \"fields\": { \"resin_lot\": \"/lot\", \"wall_mm\": \"/wall_mm\" } },\n"
	"    \"press\": { \"topic\": \"%s/part/{unit}/value/{tag}\", \"time\": \"/ts_ms\" }\n"
	"  },\n"
	"  \"lots\": { \"resin\": { \"bind\": \"start.resin_lot\" } },\n"
	"  \"unit\": { \"deadline\": \"60s\" },\n"
	"  \"features\": [\n"
	"    { \"name\": \"grade\", \"from\": \"lab.grade\", \"lot\": \"resin\", \"type\": "
	"\"text\" },\n"
	"    { \"name\": \"viscosity\", \"from\": \"lab.viscosity\", \"lot\": \"resin\" },\n"
	"    { \"name\": \"moisture_pct\", \"from\": \"lab.moisture_pct\", \"lot\": \"resin\" },\n"
	"    { \"name\": \"wall_mm\", \"from\": \"start.wall_mm\" },\n"
	"    { \"name\": \"melt_temp_c\", \"from\": \"press.melt_temp_c\", \"min\": 0, \"max\": "
	"500 },\n"
	"    { \"name\": \"mould_temp_c\", \"from\": \"press.mould_temp_c\" },\n"
	"    { \"name\": \"pressure_bar\", \"from\": \"press.pressure_bar\" },\n"
	"    { \"name\": \"fill_time_s\", \"from\": \"press.fill_time_s\" },\n"
	"    { \"name\": \"cooling_s\", \"from\": \"press.cooling_s\" }\n"
	"  ]\n"
	"}\n";

static int write_line_file(const char *path, const char *topic, struct err *err)
{
	FILE *f = fopen(path, "w");
	bool failed;

	if (!f)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	fprintf(f, line_file, topic, topic, topic);
	failed = ferror(f);
	failed |= fclose(f) != 0;
	return failed ? err_set(err, -EIO, "%s: could not be written", path) : 0;
}

static int64_t event_ms(const struct simulation *s, double parts)
{
	return s->begins_ms + llround(parts * 1000 / s->rate);
}

/* Waits until the part's moment has come; only a live line has moments. */
static void keep_pace(const struct simulation *s, int64_t at_ms)
{
	struct timespec now, rest;
	int64_t left;

	if (!s->session)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	left = at_ms - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	if (left <= 0)
		return;
	rest = (struct timespec){left / 1000, left % 1000 * 1000000};
	nanosleep(&rest, NULL);
}

/* Sends s->payload to where the messages go. */
static int emit(struct simulation *s, const char *topic, int64_t at_ms, struct err *err)
{
	const struct recorded m = {.t_ms = at_ms,
		.topic = topic,
		.payload = s->payload.data,
		.payload_len = s->payload.len,
		.qos = 1};

	s->sent++;
	if (s->recording)
		recording_write(s->recording, &m, false);
	if (!s->session)
		return 0;
	keep_pace(s, at_ms);
	return session_publish(s->session, topic, s->payload.data, s->payload.len, false, err);
}

static int send_lot(
	struct simulation *s, const struct moulding_part *p, int64_t at_ms, struct err *err)
{
	char topic[256];

	snprintf(topic, sizeof(topic), "%s/lot/R%04llu", s->topic,
		(unsigned long long)p->lot.number);
	buf_clear(&s->payload);
	jsonw_begin(&s->payload);
	jsonw_text(&s->payload, "grade", p->lot.grade);
	jsonw_real(&s->payload, "viscosity", p->lot.viscosity);
	jsonw_real(&s->payload, "moisture_pct", p->lot.moisture_pct);
	jsonw_end(&s->payload);
	return emit(s, topic, at_ms, err);
}

static int send_start(
	struct simulation *s, const struct moulding_part *p, int64_t at_ms, struct err *err)
{
	char topic[256], lot[32];

	snprintf(topic, sizeof(topic), "%s/part/%s%06llu/start", s->topic, s->prefix,
		(unsigned long long)p->number);
	snprintf(lot, sizeof(lot), "R%04llu", (unsigned long long)p->lot.number);
	buf_clear(&s->payload);
	jsonw_begin(&s->payload);
	jsonw_int(&s->payload, "ts_ms", at_ms);
	jsonw_text(&s->payload, "lot", lot);
	jsonw_real(&s->payload, "wall_mm", p->wall_mm);
	jsonw_end(&s->payload);
	return emit(s, topic, at_ms, err);
}

static int send_values(struct simulation *s, const struct moulding_part *p, int first, int end,
	int64_t at_ms, struct err *err)
{
	int rc = 0;

	for (int i = first; i < end && rc == 0; i++) {
		char topic[256];

		snprintf(topic, sizeof(topic), "%s/part/%s%06llu/value/%s", s->topic, s->prefix,
			(unsigned long long)p->number, moulding_names[i]);
		buf_clear(&s->payload);
		jsonw_begin(&s->payload);
		jsonw_int(&s->payload, "ts_ms", at_ms);
		jsonw_real(&s->payload, "value", p->measured[i]);
		jsonw_end(&s->payload);
		rc = emit(s, topic, at_ms, err);
	}
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

/* Parts overlap: the second half of a part's values comes after the next part has started. The
 * laboratory is slow with every fourth lot: its values come when five parts have been made. */
static int send_part(struct simulation *s, const struct moulding_part *p,
	const struct moulding_part *before, struct err *err)
{
	double n = (double)p->number - 1;
	bool is_slow = p->lot.number % 4 == 0;
	uint64_t in_lot = (p->number - 1) % MOULDING_LOT_PARTS;
	int rc = 0;

	if (in_lot == (is_slow ? 5 : 0))
		rc = send_lot(s, p, event_ms(s, n), err);
	if (rc == 0)
		rc = send_start(s, p, event_ms(s, n), err);
	if (rc == 0 && before->number > 0)
		rc = send_values(
			s, before, SECOND_HALF, MOULDING_VALUES, event_ms(s, n + 0.3), err);
	if (rc == 0)
		rc = send_values(s, p, 0, SECOND_HALF, event_ms(s, n + 0.6), err);
	return rc;
}

static int make_parts(struct simulation *s, struct err *err)
{
	struct moulding line;
	struct moulding_part part, before = {0};
	bool sends = s->session || s->recording;
	int rc = 0;

	moulding_init(&line, s->seed);
	for (uint64_t n = 0; n < s->units && rc == 0; n++) {
		moulding_next(&line, &part);
		s->defects += part.is_defect;
		if (s->history)
			write_history(s->history, s->prefix, &part);
		if (s->truth)
			write_truth(s->truth, s->prefix, &part);
		if (sends)
			rc = send_part(s, &part, &before, err);
		before = part;
	}
	if (rc == 0 && sends && s->units > 0)
		rc = send_values(s, &before, SECOND_HALF, MOULDING_VALUES,
			event_ms(s, (double)s->units + 0.3), err);
	if (rc == 0 && s->session)
		rc = session_confirm(s->session, err);
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

static void report(const struct context *ctx, const struct simulation *s)
{
	if (ctx->json)
		printf("{\"units\":%llu,\"defects\":%llu,\"messages\":%llu}\n",
			(unsigned long long)s->units, (unsigned long long)s->defects,
			(unsigned long long)s->sent);
	else
		printf("%llu parts, %llu of them defective; %llu messages\n",
			(unsigned long long)s->units, (unsigned long long)s->defects,
			(unsigned long long)s->sent);
}

static int simulate(const struct context *ctx, int argc, char **argv)
{
	const char *host = NULL, *history = NULL, *truth = NULL, *recording = NULL, *line = NULL;
	struct simulation s = {
		.units = 1000, .seed = 1, .rate = 20, .prefix = "M", .topic = "plant/moulding-1"};
	uint64_t port = 1883;
	struct err err = {0};
	const struct option_row rows[] = {
		{"--units", OPTION_WHOLE, &s.units, false},
		{"--rate", OPTION_REAL, &s.rate, false},
		{"--seed", OPTION_WHOLE, &s.seed, false},
		{"--host", OPTION_TEXT, &host, false},
		{"--port", OPTION_WHOLE, &port, false},
		{"--history", OPTION_TEXT, &history, false},
		{"--truth", OPTION_TEXT, &truth, false},
		{"--recording", OPTION_TEXT, &recording, false},
		{"--line-file", OPTION_TEXT, &line, false},
		{"--prefix", OPTION_TEXT, &s.prefix, false},
		{"--topic", OPTION_TEXT, &s.topic, false},
	};
	char client_id[48]; /* of this run: a broker ends the older of two with one name */
	int rc = options_read(&command_simulate, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	if (!history && !truth && !recording && !line && !host)
		host = "127.0.0.1";
	if (!(s.rate > 0 && s.rate <= 1e6))
		return command_usage(&command_simulate,
			"--rate wants more than 0 and at most 1000000 parts a second");
	if (port < 1 || port > 65535)
		return command_usage(&command_simulate, "--port wants 1 to 65535");
	if (strlen(s.topic) > 100 || strpbrk(s.topic, "+#{}\"\\%") || strlen(s.prefix) > 64 ||
		strpbrk(s.prefix, "+#/,\"\n"))
		return command_usage(&command_simulate,
			"--topic and --prefix want plain text without wildcards");

	s.begins_ms = host ? (int64_t)time(NULL) * 1000 : RECORDING_BEGINS_MS;
	buf_init(&s.payload);
	if (line)
		rc = write_line_file(line, s.topic, &err);
	if (rc == 0)
		rc = open_output(&s.history, history, &err);
	if (rc == 0)
		rc = open_output(&s.truth, truth, &err);
	if (s.truth)
		setvbuf(s.truth, NULL, _IOLBF,
			0); /* whoever stops a live line wants what was played */
	if (rc == 0)
		rc = open_output(&s.recording, recording, &err);
	if (rc == 0 && host) {
		const struct session_options o = {
			.host = host, .port = (int)port, .client_id = client_id};

		snprintf(client_id, sizeof(client_id), "defectctl-simulate-%ld", (long)getpid());
		rc = session_open(&s.session, &o, &err);
	}
	if (rc == 0 && (history || truth || recording || host))
		rc = make_parts(&s, &err);
	session_close(s.session);
	rc = close_output(s.history, history, rc, &err);
	rc = close_output(s.truth, truth, rc, &err);
	rc = close_output(s.recording, recording, rc, &err);
	buf_deinit(&s.payload);
	if (rc < 0)
		return command_fail("simulate", &err);
	report(ctx, &s);
	return 0;
}

const struct command command_simulate = {
	.name = "simulate",
	.arguments = "[--units N] [--rate R] [--seed N] [--prefix P] [--topic T]\n"
		     "         [--host H] [--port P] [--recording FILE] [--history FILE.csv]\n"
		     "         [--truth FILE.csv] [--line-file FILE.json]",
	.summary = "plays a plausible moulding line to a broker, a recording or a CSV file",
	.run = simulate,
};
