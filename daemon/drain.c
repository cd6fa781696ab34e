#include "daemon/drain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/wire/wire.h"

#define SILENCE_NS (10 * UINT64_C(1000000000))
#define LONG_NS (30 * UINT64_C(1000000000))
#define HANGS_UP 3 /* so many times, each within */
#define HANGS_UP_NS (5 * UINT64_C(1000000000))

void drain_init(struct drain *d, const char *topic, int64_t boot)
{
	*d = (struct drain){.topic = topic, .boot = boot};
}

static void send_marker(struct drain *d, struct wire *w, uint64_t now_ns)
{
	bool may_break = d->hung_up >= HANGS_UP && now_ns - d->begun_ns < LONG_NS;

	/* one at a time: behind a closed gate they would pile up in the library */
	if (d->mid == 0 && !may_break &&
		wire_publish(w, &d->mid, d->topic, d->payload, strlen(d->payload), 1, false) < 0)
		d->mid = 0; /* the next tick tries again */
}

void drain_begin(struct drain *d, struct wire *w, uint64_t now_ns)
{
	d->state = DRAIN_WAITING;
	d->gave_up = d->long_told = false;
	d->mid = 0;
	d->begun_ns = d->heard_ns = now_ns;
	d->connection++;
	snprintf(d->payload, sizeof(d->payload),
		"{\"boot\":%" PRId64 ",\"connection\":%" PRIu64 "}", d->boot, d->connection);
	send_marker(d, w, now_ns);
}

void drain_lost(struct drain *d, uint64_t now_ns)
{
	if (d->hung_up >= HANGS_UP)
		d->hung_up = 0; /* that one went without; the next tries again */
	else if (d->state == DRAIN_WAITING && now_ns - d->begun_ns < HANGS_UP_NS)
		d->hung_up++;
	d->state = DRAIN_OFFLINE;
}

bool drain_take_marker(struct drain *d, const void *payload, size_t len)
{
	/* those of earlier connections had their place somewhere in the queue */
	if (d->state != DRAIN_WAITING || len != strlen(d->payload) ||
		memcmp(payload, d->payload, len) != 0)
		return false;
	d->state = DRAIN_DONE;
	d->hung_up = 0;
	return true;
}

void drain_confirmed(struct drain *d, int mid)
{
	if (mid == d->mid)
		d->mid = 0;
}

bool drain_takes_long(struct drain *d, uint64_t now_ns)
{
	if (d->state != DRAIN_WAITING || d->long_told || now_ns - d->begun_ns < LONG_NS)
		return false;
	d->long_told = true;
	return true;
}

bool drain_tick(struct drain *d, struct wire *w, uint64_t now_ns)
{
	if (d->state != DRAIN_WAITING)
		return false;
	if (now_ns - d->heard_ns >= SILENCE_NS) {
		d->state = DRAIN_DONE;
		d->gave_up = true;
		return true;
	}
	send_marker(d, w, now_ns);
	return false;
}
