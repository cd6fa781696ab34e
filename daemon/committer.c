#include "daemon/committer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/commit.h"
#include "daemon/db_file.h"
#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/gateway/gateway.h"
#include "lib/store/retention.h"

#define RETRY_NS (1000 * UINT64_C(1000000))
#define RETAIN_EACH_NS (60000 * UINT64_C(1000000))

enum result { RESULT_NONE, RESULT_COMMITTED, RESULT_BEGUN_ANEW };

struct committer {
	struct store *store;
	const struct gateway *gateway; /* the store thread's: the one that was committed last */
	int64_t boot;
	char *db_path;
	struct committer_handlers handlers;
	struct batch *in_hand; /* the loop's side: from submit until it is handed back */
	pthread_t thread;
	bool has_thread;
	bool is_aside; /* the store thread's: the corrupt file is gone, the new one not there yet */
	uv_async_t wake_loop;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, ended_wake;
	struct batch *work; /* submitted and not done yet */
	struct batch *done;
	enum result result;
	bool quits, ended;
	bool trouble_is_news;
	char trouble[1024];
	struct committer_figures figures;

	_Atomic uint64_t busy_since_ns; /* 0: no store call runs */
};

static uint64_t mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int64_t wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int begin_anew(struct committer *c, struct err *err)
{
	int r;

	store_close(c->store);
	c->store = NULL;
	r = c->is_aside ? 0 : db_file_set_aside(c->db_path, err);
	if (r < 0)
		return r;
	r = db_file_begin_anew(&c->store, c->db_path, c->gateway, c->boot, wall_ms(), err);
	c->is_aside = r < 0;
	return r;
}

static void set_trouble(struct committer *c, const char *why)
{
	bool is_news;

	pthread_mutex_lock(&c->lock);
	is_news = strncmp(c->trouble, why, sizeof(c->trouble) - 1) != 0;
	if (is_news) {
		snprintf(c->trouble, sizeof(c->trouble), "%s", why);
		c->trouble_is_news = true;
	}
	pthread_mutex_unlock(&c->lock);
	if (is_news)
		uv_async_send(&c->wake_loop);
}

static void hand_back(struct committer *c, struct batch *first, enum result result)
{
	pthread_mutex_lock(&c->lock);
	c->done = first;
	c->result = result;
	pthread_mutex_unlock(&c->lock);
	uv_async_send(&c->wake_loop);
}

/* One attempt; true when the batch has been handed back. */
static bool attempt(struct committer *c, struct batch *first)
{
	struct err err = {""};
	uint64_t begun_ns = mono_ns();
	bool is_new = false;
	int r;

	atomic_store(&c->busy_since_ns, begun_ns);
	/* without a store an earlier attempt to begin anew failed half way */
	r = c->store ? commit_batches(c->store, first, &err) : -EUCLEAN;
	if (r == -EUCLEAN) {
		if (c->store)
			log_error("%s, the file is set aside and a new one begun", err.text);
		r = begin_anew(c, &err);
		is_new = r == 0;
	}
	atomic_store(&c->busy_since_ns, 0);
	for (const struct batch *b = first; r == 0 && !is_new && b; b = b->next)
		c->gateway = b->gateway ? b->gateway : c->gateway;
	if (r < 0) {
		set_trouble(c, err.text[0] ? err.text : strerror(-r));
		return false;
	}
	pthread_mutex_lock(&c->lock);
	c->figures.commits += !is_new;
	c->figures.last_commit_us = (int64_t)((mono_ns() - begun_ns) / 1000);
	pthread_mutex_unlock(&c->lock);
	set_trouble(c, "");
	hand_back(c, first, is_new ? RESULT_BEGUN_ANEW : RESULT_COMMITTED);
	return true;
}

/* One slice of one table; true when there is more to delete. A failure waits for its turn. */
static bool retain_slice(struct committer *c, size_t at)
{
	const struct config *config = c->gateway->config;
	const struct retention keep = {
		.pass_ms = config->store.keep_pass_ms,
		.defect_ms = config->store.keep_defect_ms,
		.label_ms = config->store.keep_label_ms,
		.quarantine_ms = config->store.keep_quarantine_ms,
		.max_bytes = config->store.max_bytes,
		.quarantine_rows = config->limits.quarantine,
	};
	struct err err = {""};
	int r;

	atomic_store(&c->busy_since_ns, mono_ns());
	r = at < config->line_count
		    ? store_retain_units(c->store, config->lines[at].name, &keep, wall_ms(), &err)
		    : store_retain_quarantine(c->store, &keep, wall_ms(), &err);
	atomic_store(&c->busy_since_ns, 0);
	if (r < 0)
		log_warning("old rows cannot be deleted now: %s", err.text);
	return r == RETENTION_MORE;
}

static void wait_until(struct committer *c, uint64_t ns)
{
	struct timespec t = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	pthread_cond_timedwait(&c->wake, &c->lock, &t);
}

static void *run(void *arg)
{
	struct committer *c = arg;
	uint64_t retain_at_ns = mono_ns() + RETAIN_EACH_NS, retry_at_ns = 0;
	size_t slice = 0;

	pthread_mutex_lock(&c->lock);
	while (!c->quits || (c->work && retry_at_ns == 0)) {
		struct batch *work = c->work;
		uint64_t now_ns = mono_ns();
		bool is_due = work && now_ns >= retry_at_ns, retains;

		retains = !work && c->store && now_ns >= retain_at_ns;
		if (!is_due && !retains) {
			wait_until(c, work ? retry_at_ns : retain_at_ns);
			continue;
		}
		pthread_mutex_unlock(&c->lock);
		if (is_due) {
			bool is_done;

			/* taken back before it is handed over: the loop may submit at once */
			pthread_mutex_lock(&c->lock);
			c->work = NULL;
			pthread_mutex_unlock(&c->lock);
			is_done = attempt(c, work);
			retry_at_ns = is_done ? 0 : mono_ns() + RETRY_NS;
			pthread_mutex_lock(&c->lock);
			if (!is_done)
				c->work = work;
			continue;
		}
		if (!retain_slice(c, slice) && slice++ >= c->gateway->config->line_count) {
			slice = 0;
			retain_at_ns = mono_ns() + RETAIN_EACH_NS;
		}
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	store_close(c->store); /* here, so that a disk that hangs holds up this thread alone */
	c->store = NULL;
	pthread_mutex_lock(&c->lock);
	c->ended = true;
	pthread_cond_signal(&c->ended_wake);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static void on_wake(uv_async_t *a)
{
	struct committer *c = a->data;
	char trouble[sizeof(c->trouble)];
	struct batch *done;
	enum result result;
	bool is_news;

	pthread_mutex_lock(&c->lock);
	done = c->done;
	result = c->result;
	c->done = NULL;
	is_news = c->trouble_is_news;
	c->trouble_is_news = false;
	memcpy(trouble, c->trouble, sizeof(trouble));
	pthread_mutex_unlock(&c->lock);
	if (is_news)
		c->handlers.trouble(c->handlers.owner, trouble);
	if (!done)
		return;
	c->in_hand = NULL;
	if (result == RESULT_COMMITTED)
		c->handlers.committed(c->handlers.owner, done);
	else
		c->handlers.begun_anew(c->handlers.owner, done);
}

int committer_new(struct committer **out, uv_loop_t *loop, struct store *store,
	const struct gateway *gateway, int64_t boot, const struct committer_handlers *h,
	struct err *err)
{
	struct committer *c = calloc(1, sizeof(*c));
	pthread_condattr_t attr;

	if (!c || !(c->db_path = db_file_path(gateway->config->state_dir))) {
		free(c);
		return err_set(err, -ENOMEM, "no memory for the store thread");
	}
	c->store = store;
	c->gateway = gateway;
	c->boot = boot;
	c->handlers = *h;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_cond_init(&c->ended_wake, &attr);
	pthread_condattr_destroy(&attr);
	uv_async_init(loop, &c->wake_loop, on_wake);
	c->wake_loop.data = c;
	if (pthread_create(&c->thread, NULL, run, c) == 0)
		c->has_thread = true;
	*out = c;
	if (!c->has_thread) {
		c->store = NULL; /* still the caller's */
		return err_set(err, -EAGAIN, "the store thread cannot be started");
	}
	return 0;
}

bool committer_is_idle(const struct committer *c)
{
	return !c->in_hand;
}

void committer_submit(struct committer *c, struct batch *first)
{
	c->in_hand = first;
	pthread_mutex_lock(&c->lock);
	c->work = first;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

struct committer_figures committer_figures(struct committer *c)
{
	struct committer_figures f;

	pthread_mutex_lock(&c->lock);
	f = c->figures;
	pthread_mutex_unlock(&c->lock);
	return f;
}

uint64_t committer_busy_ns(const struct committer *c)
{
	uint64_t since_ns = atomic_load(&c->busy_since_ns), now_ns = mono_ns();

	return since_ns && now_ns > since_ns ? now_ns - since_ns : 0;
}

bool committer_stop(struct committer *c, uint64_t patience_ms)
{
	uint64_t until_ns = mono_ns() + patience_ms * 1000000;
	struct timespec t = {(time_t)(until_ns / 1000000000), (long)(until_ns % 1000000000)};
	bool ended;

	if (c->has_thread) {
		pthread_mutex_lock(&c->lock);
		c->quits = true;
		pthread_cond_signal(&c->wake);
		while (!c->ended && mono_ns() < until_ns)
			pthread_cond_timedwait(&c->ended_wake, &c->lock, &t);
		ended = c->ended;
		pthread_mutex_unlock(&c->lock);
		if (!ended)
			return false;
		pthread_join(c->thread, NULL);
		c->has_thread = false;
	}
	uv_close((uv_handle_t *)&c->wake_loop, NULL);
	return true;
}

void committer_free(struct committer *c)
{
	if (!c)
		return;
	store_close(c->store);
	pthread_cond_destroy(&c->wake);
	pthread_cond_destroy(&c->ended_wake);
	pthread_mutex_destroy(&c->lock);
	free(c->db_path);
	free(c);
}
