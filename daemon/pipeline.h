/* From engine inputs to what leaves and what is recorded: runs the engine, publishes predictions
 * and alerts at once, gathers everything else in a batch, hands batches to the store thread, and
 * lets deadlines come due on the lines' clock. Knows nothing of how messages arrive.
 *
 * A batch is handed over as soon as the store thread is idle. The loop goes on filling the next
 * one meanwhile; how far it may go is the intake's business (pipeline_load). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/batch.h"
#include "daemon/clock.h"
#include "daemon/latency.h"

struct committer;
struct err;
struct gateway;
struct outlet;
struct pipeline;

struct pipeline_options {
	uv_loop_t *loop;
	struct gateway *gateway;
	struct clock *clock;
	struct outlet *outlet;
	uint64_t delivery_next; /* the number the next delivery gets: those before are committed */
	void *owner;
	void (*committed)(void *owner); /* a batch went in: the gate may be open now */
	void (*trouble_changed)(void *owner);
	void (*models_changed)(void *owner); /* another one is in force */
	void (*reload)(void *owner, const struct reload_request *request); /* a command wants it */
	void (*reloaded)(void *owner, const struct gateway *g); /* its files are on disk */
};

MUST_CHECK int pipeline_new(
	struct pipeline **out, const struct pipeline_options *o, struct err *err);
/* Out of memory the process ends: nothing is acknowledged then, the broker sends it again. */
void pipeline_give_up(void) __attribute__((noreturn));
void pipeline_free(struct pipeline *p); /* NULL is fine; after the committer has ended */
/* The committer's handlers are the pipeline's: it is made in between. */
struct committer_handlers;
struct committer_handlers pipeline_handlers(struct pipeline *p);
void pipeline_set_committer(struct pipeline *p, struct committer *c);

/* A message that was received at `received_ns` (uv_hrtime). Ends the process when memory runs out:
 * nothing is acknowledged then, and the start after it continues from the last commit. */
void pipeline_message(struct pipeline *p, const struct message *m, uint64_t received_ns);
/* Until now, from `from_ms` on (0: since the last input before the start), nothing can have reached
 * us. */
void pipeline_gap(struct pipeline *p, int64_t from_ms, bool kept);
/* Each second. While nothing comes it is journaled now and then that something could have, so that
 * after a kill neither gaps nor deadlines take a quiet time for an absence. */
void pipeline_alive(struct pipeline *p);
void pipeline_clock_set(struct pipeline *p, int64_t jump_ms); /* it has jumped */
void pipeline_delivery(
	struct pipeline *p, uint64_t number, uint64_t keep_from, const struct delivery *d);
void pipeline_clear_deliveries(struct pipeline *p);

/* A model that was checked, its copy being kept, becomes the line's challenger between two inputs,
 * as swap_register says. */
struct model;
struct swap;
void pipeline_register(struct pipeline *p, size_t line, struct model *m, const char *by,
	const char *why, struct swap *out);
bool pipeline_registry_is_committed(const struct pipeline *p); /* all changes of roles */

/* A changed configuration comes into force between two inputs (gateway_reload): *g is a gateway
 * that goes on in the place of the one before. That one, and what its rows borrow, must live until
 * `reloaded` says that the new one is committed. With the models that its line files name. */
struct gateway_next;
MUST_CHECK int pipeline_take_over(struct pipeline *p, struct gateway *g, struct gateway_next *next);
/* Lines that `next` lacks: what they have open is scored as at its deadline. */
struct config;
void pipeline_end_lines(struct pipeline *p, const struct config *next);
/* To who sent a command to the gateway; once what came before it is committed. */
void pipeline_reply(struct pipeline *p, const struct command_reply *reply);

enum pump {
	PUMP_DUE,     /* hand over what is due */
	PUMP_MORE,    /* more can be read at once: a larger batch is cheaper */
	PUMP_PRESSED, /* reading is paused until this is committed */
};
void pipeline_pump(struct pipeline *p, enum pump how);
void pipeline_clock_changed(struct pipeline *p); /* the lines' clock runs, or does no longer */

struct pipeline_load {
	size_t messages, bytes; /* read, not committed */
	size_t filling;         /* messages of them that no commit has begun for */
	bool large_commits;     /* transactions hold 100 messages or more */
	uint64_t delivery_end;  /* deliveries below are committed */
};
struct pipeline_load pipeline_load(const struct pipeline *p);
const char *pipeline_trouble(const struct pipeline *p); /* why the store fails; "" */

/* At a stop: commits all there is, with a snapshot. Call again until true: all is committed. */
bool pipeline_finish(struct pipeline *p);
/* After that: takes what the broker has confirmed since out of the table. Again until true. */
bool pipeline_forget(struct pipeline *p);
void pipeline_close(struct pipeline *p); /* closes its handles */

struct pipeline_figures {
	uint64_t rows_refused; /* by the database */
	uint64_t sampled;      /* messages kept in quarantine */
	uint64_t snapshots;
	int64_t last_snapshot_us; /* how long the newest held up the loop */
	/* since the last statistics, and the percentiles that were in them */
	struct latency latency;
	struct latency_figures latency_last;
};
struct pipeline_line_figures {
	struct latency latency;
	struct latency_figures latency_last;
};
struct pipeline_figures *pipeline_figures(struct pipeline *p);
struct pipeline_line_figures *pipeline_line_figures(struct pipeline *p, size_t line);
