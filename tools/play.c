/* defectctl play: a recording -> the broker, as fast as it was recorded or faster. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/config/config.h"
#include "tools/broker_session.h"
#include "tools/command.h"
#include "tools/interrupt.h"
#include "tools/options.h"
#include "tools/recording.h"

#define AS_FAST_AS_IT_GOES 0.0
#define PROGRESS_MS 500

struct play {
	double speed; /* recorded ms in one ms; AS_FAST_AS_IT_GOES */
	struct session *session;
	const volatile bool *stop;
	bool shows_progress;
	uint64_t messages;
	int64_t begun_ms, shown_ms; /* on the monotonic clock */
	int64_t last_t_ms;          /* of the recording; the furthest so far */
	int64_t played_ms;          /* of the recording, without leaps back */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static double seconds(const struct play *p)
{
	return (double)(now_ms() - p->begun_ms) / 1000;
}

static void show_progress(struct play *p, bool at_once)
{
	int64_t now = now_ms();

	if (!p->shows_progress || (!at_once && now < p->shown_ms + PROGRESS_MS))
		return;
	p->shown_ms = now;
	fprintf(stderr, "\r%" PRIu64 " message%s in %.0f s\033[K", p->messages,
		p->messages == 1 ? "" : "s", seconds(p));
}

/* Until the message's moment. A clock that was set back while recording makes no gap. */
static int wait_for(struct play *p, int64_t t_ms, struct err *err)
{
	int64_t due_ms;
	int rc = 0;

	if (p->messages > 0 && t_ms > p->last_t_ms)
		p->played_ms += t_ms - p->last_t_ms;
	p->last_t_ms = t_ms;
	due_ms = p->begun_ms + (int64_t)((double)p->played_ms / p->speed);
	while (rc == 0 && !*p->stop && now_ms() < due_ms) {
		int64_t left = due_ms - now_ms();

		show_progress(p, false);
		rc = session_listen(
			p->session, left < PROGRESS_MS ? left : PROGRESS_MS, p->stop, err);
	}
	return rc;
}

static int play_all(struct play *p, struct recording *recording, struct err *err)
{
	struct recorded m;
	int rc = 0;

	while (!*p->stop && (rc = recording_next(recording, &m, err)) == RECORDING_MESSAGE) {
		rc = p->speed == AS_FAST_AS_IT_GOES ? 0 : wait_for(p, m.t_ms, err);
		if (rc == 0 && *p->stop)
			break;
		if (rc == 0)
			rc = session_publish(p->session, m.topic, m.payload, m.payload_len,
				m.qos > 0, m.retained, err);
		if (rc < 0)
			return rc;
		p->messages++;
		if (p->messages % 256 == 0)
			show_progress(p, false);
	}
	return rc < 0 ? rc : session_confirm(p->session, err);
}

static void report(const struct context *ctx, const struct play *p)
{
	CLEANUP(buf_deinit) struct buf b;
	double s = seconds(p);

	buf_init(&b);
	if (!ctx->json) {
		printf("%" PRIu64 " message%s in %.1f s\n", p->messages,
			p->messages == 1 ? "" : "s", s);
		return;
	}
	jsonw_begin(&b);
	jsonw_int(&b, "messages", (int64_t)p->messages);
	jsonw_real(&b, "seconds", s);
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static int play(struct play *p, const struct context *ctx, const struct config *config,
	const char *path, struct err *err)
{
	CLEANUP(recording_close) struct recording *recording = NULL;
	CLEANUP(session_close) struct session *session = NULL;
	const struct session_options o = {0};
	int rc = recording_open(&recording, strcmp(path, "-") == 0 ? "/dev/stdin" : path, err);

	if (rc == 0)
		rc = broker_session_open(&session, &o, &config->broker, "play", err);
	if (rc < 0)
		return rc;
	p->session = session;
	p->stop = interrupt_catch();
	p->shows_progress = ctx->is_terminal;
	p->begun_ms = now_ms();
	rc = play_all(p, recording, err);
	if (p->shows_progress)
		fputs("\r\033[K", stderr);
	return rc;
}

static int read_speed(double *out, const char *text)
{
	if (strcmp(text, "max") == 0)
		*out = AS_FAST_AS_IT_GOES;
	else if (!num_parse(text, strlen(text), out) || *out < 0)
		return command_usage(&command_play,
			"--speed is \"%s\", allowed are a number from 0 on and \"max\", which is 0",
			text);
	return 0;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	const char *recording = NULL, *speed = "1";
	const struct option_row rows[] = {
		{"--speed", OPTION_TEXT, &speed, false},
		{"RECORDING", OPTION_POSITIONAL, &recording, true},
	};
	struct play p = {0};
	struct err err = {0};
	int rc = options_read(&command_play, rows, ARRAY_LEN(rows), argc, argv);

	if (rc == 0)
		rc = read_speed(&p.speed, speed);
	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	rc = play(&p, ctx, config, recording, &err);
	if (rc < 0)
		return command_fail("play", &err);
	report(ctx, &p);
	return 0;
}

const struct command command_play = {
	.name = "play",
	.arguments = "RECORDING [--speed X]",
	.summary = "publishes a recording to the broker, at its own pace or another",
	.run = run,
};
