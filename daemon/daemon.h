/* The daemon: its parts, built in order and torn down in the reverse. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/clock.h"

struct committer;
struct config;
struct gateway;
struct intake;
struct notify;
struct outlet;
struct pipeline;
struct registrar;
struct reload;
struct status;
struct stop;
struct store;

struct daemon {
	const struct config *config;
	char *password;
	char *marker;        /* topic */
	int lock;            /* descriptor of state_dir/lock, -1: not taken */
	int64_t boot;        /* how often this state_dir was started */
	struct store *store; /* until the committer has it */
	struct gateway *gateway;
	struct clock clock;

	uv_loop_t loop;
	uv_timer_t tick; /* each second */
	uv_signal_t term, interrupt, hangup;
	struct outlet *outlet;
	struct pipeline *pipeline;
	struct committer *committer;
	struct registrar *registrar;
	struct reload *reload;
	struct intake *intake;
	struct status *status;
	struct notify *notify;
	struct stop *stop;
};

/* Runs until SIGTERM or SIGINT. The exit status: 0 after a clean stop, 1 when it cannot start or
 * could not record all it had read, 78 when a feature's column is there with the other type. What
 * is wrong is logged. */
int daemon_run(const struct config *config);
