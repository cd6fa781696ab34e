#include "daemon/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "daemon/batch.h"

enum lane_index { LANE_ALERTS, LANE_REST };

/* How many may be sent before the lane has to wait. */
static const size_t lane_room[KEPT_LANES] = {
	[LANE_ALERTS] = KEPT_SENT_MAX,
	[LANE_REST] = KEPT_SENT_MAX - 2,
};

void kept_init(struct kept *k)
{
	*k = (struct kept){.next_id = 1};
	for (size_t i = 0; i < KEPT_LANES; i++)
		TAILQ_INIT(&k->lanes[i].messages);
}

void kept_deinit(struct kept *k)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		struct kept_list *list = &k->lanes[i].messages;
		struct kept_message *m;

		while ((m = TAILQ_FIRST(list))) {
			TAILQ_REMOVE(list, m, link);
			free(m);
		}
	}
	free(k->deletes);
}

/* Room is made when a message is kept, so that a PUBACK never needs memory. */
static int reserve_delete(struct kept *k)
{
	size_t need = k->delete_count + k->count + 1, cap = 2 * need + 64;
	uint64_t *v;

	if (need <= k->delete_cap)
		return 0;
	v = reallocarray(k->deletes, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	k->deletes = v;
	k->delete_cap = cap;
	return 0;
}

/* Of a message out of the table, too, only the topic is known. */
static struct kept_lane *lane_of(struct kept *k, const char *topic)
{
	const char *last = strrchr(topic, '/');

	return &k->lanes[last && strcmp(last, "/alert") == 0 ? LANE_ALERTS : LANE_REST];
}

struct kept_message *kept_add(struct kept *k, const struct outbox_message *from, bool is_stored)
{
	size_t topic_len = strlen(from->topic) + 1;
	struct kept_lane *lane = lane_of(k, from->topic);
	struct kept_message *m;

	if (reserve_delete(k) < 0)
		return NULL;
	m = malloc(sizeof(*m) + from->payload_len + topic_len);
	if (!m)
		return NULL;
	*m = (struct kept_message){
		.lane = lane,
		.id = from->id,
		.at_ms = from->at_ms,
		.is_stored = is_stored,
		.payload_len = from->payload_len,
	};
	memcpy(m->payload, from->payload, from->payload_len);
	m->topic = memcpy(m->payload + from->payload_len, from->topic, topic_len);
	TAILQ_INSERT_TAIL(&lane->messages, m, link);
	if (!lane->unsent)
		lane->unsent = m;
	if (!is_stored && !lane->unstored)
		lane->unstored = m;
	k->count++;
	k->next_id = from->id + 1;
	return m;
}

void kept_drop(struct kept *k, struct kept_message *m)
{
	struct kept_lane *lane = m->lane;

	if (m->is_stored) {
		if (k->delete_count == 0)
			k->deletes_since_ns = uv_hrtime();
		k->deletes[k->delete_count++] = m->id;
	}
	if (m->mid)
		k->sent--;
	if (lane->unsent == m)
		lane->unsent = TAILQ_NEXT(m, link);
	if (lane->unstored == m)
		lane->unstored = TAILQ_NEXT(m, link);
	TAILQ_REMOVE(&lane->messages, m, link);
	k->count--;
	free(m);
}

struct kept_message *kept_next(const struct kept *k)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		if (k->lanes[i].unsent && k->sent < lane_room[i])
			return k->lanes[i].unsent;
	}
	return NULL;
}

void kept_mark_sent(struct kept *k, struct kept_message *m)
{
	m->lane->unsent = TAILQ_NEXT(m, link);
	k->sent++;
}

/* Those that were sent are at the front of their lanes, and few. */
struct kept_message *kept_find_sent(const struct kept *k, int mid)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		const struct kept_lane *lane = &k->lanes[i];
		struct kept_message *m;

		TAILQ_FOREACH(m, &lane->messages, link)
		{
			if (m == lane->unsent)
				break;
			if (m->mid == mid)
				return m;
		}
	}
	return NULL;
}

void kept_unsend(struct kept *k)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		struct kept_lane *lane = &k->lanes[i];
		struct kept_message *m;

		TAILQ_FOREACH(m, &lane->messages, link)
		{
			if (m == lane->unsent)
				break;
			m->mid = 0;
		}
		lane->unsent = TAILQ_FIRST(&lane->messages);
	}
	k->sent = 0;
}

struct kept_message *kept_oldest_unsent(const struct kept *k)
{
	struct kept_message *m = k->lanes[LANE_REST].unsent;

	return m ? m : k->lanes[LANE_ALERTS].unsent;
}

static int store_lane(struct kept_lane *lane, struct batch *b)
{
	for (; lane->unstored; lane->unstored = TAILQ_NEXT(lane->unstored, link)) {
		struct kept_message *m = lane->unstored;
		const struct outbox_message put = {
			m->id, m->topic, m->payload, m->payload_len, m->at_ms};

		if (batch_put_outbox(b, &put) < 0)
			return -ENOMEM;
		m->is_stored = true;
	}
	return 0;
}

int kept_fill(struct kept *k, struct batch *b)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		if (store_lane(&k->lanes[i], b) < 0)
			return -ENOMEM;
	}
	for (size_t i = 0; i < k->delete_count; i++) {
		if (batch_delete_outbox(b, k->deletes[i]) < 0)
			return -ENOMEM;
	}
	k->delete_count = 0;
	return 0;
}

void kept_unstore(struct kept *k)
{
	for (size_t i = 0; i < KEPT_LANES; i++) {
		struct kept_message *m;

		TAILQ_FOREACH(m, &k->lanes[i].messages, link)
		{
			m->is_stored = false;
		}
		k->lanes[i].unstored = TAILQ_FIRST(&k->lanes[i].messages);
	}
	k->delete_count = 0;
}
