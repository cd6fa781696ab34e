#include "daemon/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <uv.h>

#define ARENA_BLOCK_BYTES (64u << 10)
#define ARENA_KEEP_BYTES (1u << 20) /* after a flood the memory is given back */

int batch_new(struct batch **out)
{
	CLEANUP(batch_free) struct batch *b = calloc(1, sizeof(*b));

	if (!b || arena_new(&b->arena, ARENA_BLOCK_BYTES) < 0)
		return -ENOMEM;
	b->outcomes.arena = b->arena;
	buf_init(&b->journal);
	buf_init(&b->snapshot);
	*out = TAKE(b);
	return 0;
}

void batch_free(struct batch *b)
{
	if (!b)
		return;
	arena_free(b->arena);
	buf_deinit(&b->journal);
	buf_deinit(&b->snapshot);
	free(b->labels);
	free(b->replies);
	free(b->shadows);
	free(b->models);
	free(b->rows);
	free(b->deliveries);
	free(b->samples);
	free(b->puts);
	free(b->deletes);
	free(b);
}

/* A buffer that grew far beyond the usual is let go. */
static void clear_buf(struct buf *b)
{
	if (b->cap > ARENA_KEEP_BYTES)
		buf_deinit(b);
	buf_clear(b);
}

void batch_clear(struct batch *b)
{
	if (arena_used(b->arena) > ARENA_KEEP_BYTES) {
		struct arena *fresh = NULL;

		if (arena_new(&fresh, ARENA_BLOCK_BYTES) == 0) {
			arena_free(b->arena);
			b->arena = b->outcomes.arena = fresh;
		}
	}
	outcomes_reset(&b->outcomes);
	clear_buf(&b->journal);
	buf_deinit(&b->snapshot); /* rare and large: its memory goes back to the system */
	b->first = b->last = 0;
	b->row_count = b->label_count = b->reply_count = b->shadow_count = b->model_count =
		b->delivery_count = b->sample_count = b->put_count = b->delete_count = 0;
	b->clears_deliveries = b->has_snapshot = false;
	b->delivery_first = b->delivery_end = 0;
	b->messages = b->bytes = 0;
	b->begun_ns = 0;
	b->rows_refused = 0;
	b->gateway = NULL;
	b->next = NULL;
}

bool batch_is_empty(const struct batch *b)
{
	return b->begun_ns == 0;
}

static void begin(struct batch *b)
{
	if (!b->begun_ns)
		b->begun_ns = uv_hrtime();
}

/* Room for one more of `size` bytes in the vector at *v. */
static int grow(void *v, size_t count, size_t *cap, size_t size)
{
	void **at = v;
	size_t more = *cap ? 2 * *cap : 64;
	void *bigger;

	if (count < *cap)
		return 0;
	bigger = reallocarray(*at, more, size);
	if (!bigger)
		return -ENOMEM;
	*at = bigger;
	*cap = more;
	return 0;
}

int batch_add_input(struct batch *b, uint64_t number, const struct engine_input *in)
{
	begin(b);
	engine_input_put(&b->journal, in);
	if (b->first == 0)
		b->first = number;
	b->last = number;
	return buf_failed(&b->journal) ? -ENOMEM : 0;
}

void batch_drop_inputs(struct batch *b)
{
	buf_clear(&b->journal);
	b->first = b->last = 0;
}

int batch_add_row(struct batch *b, const struct unit_row *row)
{
	begin(b);
	if (grow(&b->rows, b->row_count, &b->row_cap, sizeof(*b->rows)) < 0)
		return -ENOMEM;
	b->rows[b->row_count++] = *row;
	return 0;
}

int batch_add_label(struct batch *b, const struct label_row *row, int64_t now_ms)
{
	begin(b);
	if (grow(&b->labels, b->label_count, &b->label_cap, sizeof(*b->labels)) < 0)
		return -ENOMEM;
	b->labels[b->label_count++] = (struct batch_label){.row = *row};
	b->labels_at_ms = now_ms;
	return 0;
}

int batch_add_reply(struct batch *b, const char *topic, const struct command_reply *reply)
{
	char *copy = arena_string(b->arena, topic);

	begin(b);
	if (!copy || grow(&b->replies, b->reply_count, &b->reply_cap, sizeof(*b->replies)) < 0)
		return -ENOMEM;
	b->replies[b->reply_count++] =
		(struct batch_reply){copy, *reply, reply->of_label ? b->label_count - 1 : SIZE_MAX};
	return 0;
}

int batch_add_shadow(struct batch *b, const struct shadow_row *row)
{
	begin(b);
	if (grow(&b->shadows, b->shadow_count, &b->shadow_cap, sizeof(*b->shadows)) < 0)
		return -ENOMEM;
	b->shadows[b->shadow_count++] = *row;
	return 0;
}

int batch_add_model(struct batch *b, const struct model_row *row)
{
	struct model_row copy = *row;

	begin(b);
	copy.line = arena_string(b->arena, row->line);
	copy.sha256 = arena_string(b->arena, row->sha256);
	copy.file = arena_string(b->arena, row->file);
	copy.metrics = arena_string(b->arena, row->metrics);
	copy.by = arena_string(b->arena, row->by);
	copy.why = arena_string(b->arena, row->why);
	if (!copy.line || !copy.sha256 || !copy.file || !copy.metrics || !copy.by || !copy.why)
		return -ENOMEM;
	if (grow(&b->models, b->model_count, &b->model_cap, sizeof(*b->models)) < 0)
		return -ENOMEM;
	b->models[b->model_count++] = copy;
	return 0;
}

int batch_add_delivery(
	struct batch *b, uint64_t number, uint64_t keep_from, const struct delivery *d)
{
	begin(b);
	if (grow(&b->deliveries, b->delivery_count, &b->delivery_cap, sizeof(*b->deliveries)) < 0)
		return -ENOMEM;
	if (b->delivery_count == 0)
		b->delivery_first = number;
	b->deliveries[b->delivery_count++] = *d;
	b->delivery_end = number + 1;
	b->delivery_keep_from = keep_from;
	return 0;
}

void batch_clear_deliveries(struct batch *b)
{
	begin(b);
	b->clears_deliveries = true;
	b->delivery_count = 0;
}

int batch_add_sample(struct batch *b, const struct quarantined *q)
{
	struct quarantined copy = *q;

	begin(b);
	copy.line = arena_string(b->arena, q->line);
	copy.topic = arena_string(b->arena, q->topic);
	copy.reason = arena_string(b->arena, q->reason);
	copy.payload = arena_copy(b->arena, q->payload_len ? q->payload : "", q->payload_len);
	if (!copy.line || !copy.topic || !copy.reason || (q->payload_len && !copy.payload))
		return -ENOMEM;
	if (grow(&b->samples, b->sample_count, &b->sample_cap, sizeof(*b->samples)) < 0)
		return -ENOMEM;
	b->samples[b->sample_count++] = copy;
	return 0;
}

int batch_put_outbox(struct batch *b, const struct outbox_message *m)
{
	struct outbox_message copy = *m;

	begin(b);
	copy.topic = arena_string(b->arena, m->topic);
	copy.payload = arena_copy(b->arena, m->payload, m->payload_len);
	if (!copy.topic || !copy.payload)
		return -ENOMEM;
	if (grow(&b->puts, b->put_count, &b->put_cap, sizeof(*b->puts)) < 0)
		return -ENOMEM;
	b->puts[b->put_count++] = copy;
	return 0;
}

int batch_delete_outbox(struct batch *b, uint64_t id)
{
	if (grow(&b->deletes, b->delete_count, &b->delete_cap, sizeof(*b->deletes)) < 0)
		return -ENOMEM;
	b->deletes[b->delete_count++] = id;
	return 0;
}
