/* Engine inputs as bytes for the journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rng.h"
#include "lib/engine/engine.h"
#include "lib/engine/own_topic.h"

static const int64_t times[] = {0, 1, -1, 127, 128, 1795340350041, INT64_MAX, INT64_MIN};

static void assert_same(const struct engine_input *a, const struct engine_input *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_true(a->now_ms == b->now_ms);
	assert_true(a->clock_ms == b->clock_ms);
	assert_true(a->from_ms == b->from_ms);
	assert_true(a->jump_ms == b->jump_ms);
	assert_int_equal(a->kept, b->kept);
	if (a->kind != INPUT_MESSAGE)
		return;
	assert_string_equal(a->message.topic, b->message.topic);
	assert_int_equal(a->message.payload_len, b->message.payload_len);
	if (a->message.payload_len)
		assert_memory_equal(a->message.payload, b->message.payload, a->message.payload_len);
	assert_int_equal(a->message.qos, b->message.qos);
	assert_int_equal(a->message.retained, b->message.retained);
}

static struct engine_input message(int64_t now_ms, int64_t clock_ms, size_t payload_len)
{
	static char payload[20000];

	return (struct engine_input){
		.kind = INPUT_MESSAGE,
		.now_ms = now_ms,
		.clock_ms = clock_ms,
		.message = {.topic = "acme/press-3/unit/U7/start",
			.payload = payload,
			.payload_len = payload_len,
			.qos = (int)(payload_len % 3),
			.retained = payload_len % 2},
	};
}

static void come_back_as_they_were(void **state)
{
	static const size_t lengths[] = {0, 1, 2, 127, 128, 129, 16383, 16384, 20000};
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input in, back;
	struct cursor c;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		for (size_t j = 0; j < ARRAY_LEN(lengths); j++) {
			in = message(times[i], times[(i + j) % ARRAY_LEN(times)], lengths[j]);
			engine_input_put(&out, &in);
			in.kind = INPUT_TICK;
			engine_input_put(&out, &in);
		}
	}
	cursor_init(&c, out.data, out.len);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		for (size_t j = 0; j < ARRAY_LEN(lengths); j++) {
			in = message(times[i], times[(i + j) % ARRAY_LEN(times)], lengths[j]);
			assert_true(engine_input_get(&c, &back));
			assert_same(&in, &back);
			in.kind = INPUT_TICK;
			assert_true(engine_input_get(&c, &back));
			assert_same(&in, &back);
		}
	}
	assert_false(engine_input_get(&c, &back));
	assert_false(c.failed);
}

static void gaps_and_set_clocks_come_back_too(void **state)
{
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input back;
	struct cursor c;

	(void)state;
	buf_init(&out);
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const struct engine_input gap = {.kind = INPUT_GAP,
			.now_ms = times[i],
			.clock_ms = times[(i + 1) % ARRAY_LEN(times)],
			.from_ms = times[(i + 2) % ARRAY_LEN(times)],
			.kept = i % 2};
		const struct engine_input clock = {.kind = INPUT_CLOCK,
			.now_ms = times[i],
			.clock_ms = times[(i + 3) % ARRAY_LEN(times)],
			.jump_ms = times[(i + 4) % ARRAY_LEN(times)]};

		buf_clear(&out);
		engine_input_put(&out, &gap);
		engine_input_put(&out, &clock);
		engine_input_put(&out, &gap);
		cursor_init(&c, out.data, out.len);
		assert_true(engine_input_get(&c, &back));
		assert_same(&gap, &back);
		assert_true(engine_input_get(&c, &back));
		assert_same(&clock, &back);
		assert_true(engine_input_get(&c, &back));
		assert_same(&gap, &back);
		assert_int_equal(cursor_left(&c), 0);
	}
}

static void only_what_a_kind_has_is_written(void **state)
{
	/* a caller may leave in it what another kind has */
	const struct engine_input full = {.kind = INPUT_TICK,
		.now_ms = 1,
		.clock_ms = 2,
		.from_ms = 3,
		.kept = true,
		.jump_ms = 4,
		.message = {.topic = "t", .qos = 2, .retained = true}};
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input in = full, back;
	struct cursor c;

	(void)state;
	buf_init(&out);
	for (int kind = INPUT_TICK; kind <= INPUT_CLOCK; kind++) {
		in.kind = (enum engine_input_kind)kind;
		engine_input_put(&out, &in);
	}
	cursor_init(&c, out.data, out.len);
	assert_true(engine_input_get(&c, &back));
	assert_same(&(struct engine_input){.kind = INPUT_TICK, .now_ms = 1, .clock_ms = 2}, &back);
	assert_true(engine_input_get(&c, &back));
	in = (struct engine_input){
		.kind = INPUT_GAP, .now_ms = 1, .clock_ms = 2, .from_ms = 3, .kept = true};
	assert_same(&in, &back);
	assert_true(engine_input_get(&c, &back));
	in = (struct engine_input){.kind = INPUT_CLOCK, .now_ms = 1, .clock_ms = 2, .jump_ms = 4};
	assert_same(&in, &back);
}

static void take_ten_bytes_beside_topic_and_payload(void **state)
{
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input in = message(1795340350041, 1795340350041, 60);

	(void)state;
	buf_init(&out);
	engine_input_put(&out, &in);
	assert_true(out.len <= strlen(in.message.topic) + in.message.payload_len + 11);
}

static void refuse_every_cut(const struct engine_input *in)
{
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input back;
	struct cursor c;

	buf_init(&out);
	engine_input_put(&out, in);
	for (size_t len = 1; len < out.len; len++) {
		char *cut = malloc(len); /* of its own, so that reading on is seen */

		assert_non_null(cut);
		memcpy(cut, out.data, len);
		cursor_init(&c, cut, len);
		assert_false(engine_input_get(&c, &back));
		assert_true(c.failed);
		free(cut);
	}
}

static void are_refused_wherever_they_are_cut(void **state)
{
	struct engine_input in = message(1795340350041, 1795340350000, 7);

	(void)state;
	refuse_every_cut(&in);
	in = (struct engine_input){.kind = INPUT_TICK, .now_ms = 1795340350041};
	refuse_every_cut(&in);
	in.from_ms = in.jump_ms = 1795340350000;
	in.kind = INPUT_GAP;
	refuse_every_cut(&in);
	in.kind = INPUT_CLOCK;
	refuse_every_cut(&in);
}

static void are_refused_when_their_head_is_none(void **state)
{
	static const uint8_t heads[] = {0, 6, 7, INPUT_MESSAGE | 0x40, INPUT_MESSAGE | 0x80,
		INPUT_MESSAGE | 0x18, INPUT_TICK | 0x08, INPUT_TICK | 0x20, INPUT_GAP | 0x08,
		INPUT_GAP | 0x40, INPUT_CLOCK | 0x08, INPUT_CLOCK | 0x20};
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input in = message(1795340350041, 1795340350041, 60), back;
	struct cursor c;

	(void)state;
	buf_init(&out);
	engine_input_put(&out, &in);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		out.data[0] = (char)heads[i];
		cursor_init(&c, out.data, out.len);
		assert_false(engine_input_get(&c, &back));
		assert_true(c.failed);
	}
}

static void a_topic_ends_where_its_bytes_do(void **state)
{
	CLEANUP(buf_deinit) struct buf out;
	struct engine_input in = message(0, 0, 1), back;
	struct cursor c;
	size_t at = 1 + 1 + 1 + 1; /* head, both times, length */

	(void)state;
	buf_init(&out);
	engine_input_put(&out, &in);
	assert_int_equal(out.data[at], 'a');
	out.data[at + 3] = '\0';
	cursor_init(&c, out.data, out.len);
	assert_false(engine_input_get(&c, &back));
	out.data[at + 3] = '/';
	out.data[at + strlen(in.message.topic)] = 'x';
	cursor_init(&c, out.data, out.len);
	assert_false(engine_input_get(&c, &back));
	out.data[at + strlen(in.message.topic)] = '\0';
	cursor_init(&c, out.data, out.len);
	assert_true(engine_input_get(&c, &back));
}

static void survive_random_bytes(void **state)
{
	struct engine_input back;
	struct cursor c;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 1);
	for (int round = 0; round < 20000; round++) {
		size_t len = rng_below(&rng, 40);
		char *bytes = malloc(len + 1);

		assert_non_null(bytes);
		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)(i ? rng_u64(&rng) % 30 : INPUT_MESSAGE);
		cursor_init(&c, bytes, len);
		while (engine_input_get(&c, &back))
			assert_non_null(back.kind == INPUT_MESSAGE ? back.message.topic : "");
		free(bytes);
	}
}

static void are_never_topics_of_our_own(void **state)
{
	(void)state;
	assert_true(own_topic("acme/p3/defectd", "acme/p3/defectd/prediction"));
	assert_true(own_topic("acme/p3/defectd", "acme/p3/defectd/alert"));
	assert_true(own_topic("acme/p3/defectd", "acme/p3/defectd/alarm/store"));
	assert_true(own_topic("acme/p3/defectd", "acme/p3/defectd/cmd/ack"));
	assert_true(own_topic("acme/p3/defectd", "acme/p3/defectd/status"));
	assert_true(own_topic("defectd/gw", "defectd/gw/marker"));
	/* sources may share the root */
	assert_false(own_topic("acme/p3", "acme/p3/oven/temp"));
	assert_false(own_topic("acme/p3", "acme/p3/status/oven"));
	assert_false(own_topic("acme/p3", "acme/p3/predictions"));
	assert_false(own_topic("acme/p3", "acme/p31/status"));
	assert_false(own_topic("acme/p3", "acme/p3"));
	assert_false(own_topic("acme/p3", "status"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_back_as_they_were),
		cmocka_unit_test(gaps_and_set_clocks_come_back_too),
		cmocka_unit_test(only_what_a_kind_has_is_written),
		cmocka_unit_test(take_ten_bytes_beside_topic_and_payload),
		cmocka_unit_test(are_refused_wherever_they_are_cut),
		cmocka_unit_test(are_refused_when_their_head_is_none),
		cmocka_unit_test(a_topic_ends_where_its_bytes_do),
		cmocka_unit_test(survive_random_bytes),
		cmocka_unit_test(are_never_topics_of_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
