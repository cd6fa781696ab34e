/* Engine inputs as bytes for the journal. Compact, since every accepted message is written once;
 * numbers are the varints of lib/base/buf.h:
 *
 *   1 byte   kind (3 bits), qos (2 bits), retained or kept (1 bit)
 *   number   now_ms, zigzag
 *   number   clock_ms - now_ms, zigzag
 *   gap:     from_ms, zigzag
 *   clock:   jump_ms, zigzag
 *   message: number and bytes of the topic with its NUL, number and bytes of the payload */
#include "lib/engine/engine.h"

#include <string.h>

#define KIND_MASK 0x07u
#define QOS_SHIFT 3
#define QOS_MASK 0x03u
#define FLAG 0x20u /* retained; of a gap: kept */

static void put_times(struct buf *out, const struct engine_input *in)
{
	buf_put_zigzag(out, in->now_ms);
	buf_put_zigzag(out, (int64_t)((uint64_t)in->clock_ms - (uint64_t)in->now_ms));
}

static const char *get_bytes(struct cursor *c, size_t *len)
{
	uint64_t n = cursor_varint(c);
	const char *at = cursor_bytes(c, n);

	*len = at ? (size_t)n : 0;
	return at;
}

void engine_input_put(struct buf *out, const struct engine_input *in)
{
	const struct message *m = &in->message;
	size_t topic_len;

	if (in->kind != INPUT_MESSAGE) {
		bool kept = in->kind == INPUT_GAP && in->kept;

		buf_put_u8(out, (uint8_t)((unsigned)in->kind | (kept ? FLAG : 0)));
		put_times(out, in);
		if (in->kind == INPUT_GAP)
			buf_put_zigzag(out, in->from_ms);
		if (in->kind == INPUT_CLOCK)
			buf_put_zigzag(out, in->jump_ms);
		return;
	}
	buf_put_u8(out, (uint8_t)((unsigned)in->kind | (unsigned)m->qos << QOS_SHIFT |
				  (m->retained ? FLAG : 0)));
	put_times(out, in);
	topic_len = strlen(m->topic) + 1;
	buf_put_varint(out, topic_len);
	buf_put(out, m->topic, topic_len);
	buf_put_varint(out, m->payload_len);
	buf_put(out, m->payload, m->payload_len);
}

static void get_message(struct cursor *c, unsigned head, struct message *m)
{
	size_t topic_len = 0;

	m->qos = (int)(head >> QOS_SHIFT & QOS_MASK);
	m->retained = head & FLAG;
	m->topic = get_bytes(c, &topic_len);
	if (!m->topic || topic_len == 0 ||
		memchr(m->topic, 0, topic_len) != m->topic + topic_len - 1)
		c->failed = true;
	m->payload = get_bytes(c, &m->payload_len);
}

/* Is it a kind, with nothing beside it but what that kind has? */
static bool is_head(unsigned head)
{
	static const uint8_t allowed[] = {
		[INPUT_MESSAGE] = KIND_MASK | QOS_MASK << QOS_SHIFT | FLAG,
		[INPUT_TICK] = KIND_MASK,
		[INPUT_GAP] = KIND_MASK | FLAG,
		[INPUT_CLOCK] = KIND_MASK,
		[INPUT_ALIVE] = KIND_MASK,
	};
	unsigned kind = head & KIND_MASK;

	return kind != 0 && kind < ARRAY_LEN(allowed) && !(head & ~(unsigned)allowed[kind]) &&
	       (head >> QOS_SHIFT & QOS_MASK) <= 2;
}

bool engine_input_get(struct cursor *c, struct engine_input *out)
{
	struct engine_input in = {0};
	unsigned head;

	if (c->failed || cursor_left(c) == 0)
		return false;
	head = cursor_u8(c);
	in.kind = (enum engine_input_kind)(head & KIND_MASK);
	in.now_ms = cursor_zigzag(c);
	in.clock_ms = (int64_t)((uint64_t)in.now_ms + (uint64_t)cursor_zigzag(c));
	if (!is_head(head))
		c->failed = true;
	switch (in.kind) {
	case INPUT_MESSAGE:
		get_message(c, head, &in.message);
		break;
	case INPUT_GAP:
		in.kept = head & FLAG;
		in.from_ms = cursor_zigzag(c);
		break;
	case INPUT_CLOCK:
		in.jump_ms = cursor_zigzag(c);
		break;
	case INPUT_TICK:
	case INPUT_ALIVE:
		break;
	}
	if (c->failed)
		return false;
	*out = in;
	return true;
}
