/* The quarantine: what is put in comes out, all of it or what a filter lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/store/quarantine.h"

static void quarantines_any_bytes(void **state)
{
	struct temporary *t = *state;
	struct quarantined q = {.at_ms = 5,
		.line = "press-3",
		.topic = "acme/x",
		.payload = "a\0\xFF",
		.payload_len = 3,
		.reason = "bad_payload: 1:2: found byte 0x00"};

	temporary_do(t, store_put_quarantine(t->store, &q, &t->err));
	q.payload = NULL;
	q.payload_len = 0;
	q.line = "";
	temporary_do(t, store_put_quarantine(t->store, &q, &t->err));
	assert_string_equal(
		temporary_query(
			t, "SELECT at_ms, line, topic, hex(payload), reason FROM quarantine"),
		"5|press-3|acme/x|6100FF|bad_payload: 1:2: found byte 0x00");
	assert_string_equal(
		temporary_query(t, "SELECT line, length(payload) FROM quarantine WHERE rowid = 2"),
		"|0");
}

static void put(struct temporary *t, const char *line, const char *topic, const char *reason)
{
	const struct quarantined q = {.at_ms = 5,
		.line = line,
		.topic = topic,
		.payload = "p",
		.payload_len = 1,
		.reason = reason};

	temporary_do(t, store_put_quarantine(t->store, &q, &t->err));
}

static int note(void *owner, int64_t id, const struct quarantined *q)
{
	struct buf *b = owner;

	buf_addf(b, "%d %d %s %s %.*s %s; ", (int)id, (int)q->at_ms, q->line, q->topic,
		(int)q->payload_len, (const char *)q->payload, q->reason);
	return strcmp(q->topic, "stop") == 0 ? -ECANCELED : 0;
}

static void expect(struct temporary *t, struct quarantine_filter filter, const char *expected)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	temporary_do(t, store_each_quarantine(t->store, &filter, note, &b, &t->err));
	assert_string_equal(buf_text(&b), expected);
}

#define A "1 5 press-3 a p bad_payload: x; "
#define B "2 5 press-3 b p late: y; "
#define C "3 5 press-4 c p bad_payload: z; "
#define D "4 5  d p bad_payload_of_another_kind: w; "

static void fill(struct temporary *t)
{
	put(t, "press-3", "a", "bad_payload: x");
	put(t, "press-3", "b", "late: y");
	put(t, "press-4", "c", "bad_payload: z");
	put(t, "", "d", "bad_payload_of_another_kind: w");
}

static void gives_all_back_oldest_first(void **state)
{
	struct temporary *t = *state;

	expect(t, (struct quarantine_filter){0}, "");
	fill(t);
	expect(t, (struct quarantine_filter){0}, A B C D);
}

static void gives_what_the_filter_lets_through(void **state)
{
	struct temporary *t = *state;

	fill(t);
	expect(t, (struct quarantine_filter){.line = "press-3"}, A B);
	expect(t, (struct quarantine_filter){.reason = "bad_payload"}, A C);
	expect(t, (struct quarantine_filter){.line = "press-3", .reason = "bad_payload"}, A);
	expect(t, (struct quarantine_filter){.line = ""}, D);
	expect(t, (struct quarantine_filter){.reason = "bad"}, "");
	expect(t, (struct quarantine_filter){.reason = "bad_payload: x"}, "");
	expect(t, (struct quarantine_filter){.newest = 2}, C D);
	expect(t, (struct quarantine_filter){.reason = "bad_payload", .newest = 1}, C);
	expect(t, (struct quarantine_filter){.newest = 9}, A B C D);
	expect(t, (struct quarantine_filter){.id = 2}, B);
	expect(t, (struct quarantine_filter){.id = 5}, "");
}

static void ends_where_the_reader_says_so(void **state)
{
	struct temporary *t = *state;
	const struct quarantine_filter all = {0};
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	put(t, "", "stop", "late: x");
	put(t, "", "more", "late: y");
	assert_int_equal(store_each_quarantine(t->store, &all, note, &b, &t->err), -ECANCELED);
	assert_string_equal(buf_text(&b), "1 5  stop p late: x; ");
}

static void knows_what_is_no_whole_message(void **state)
{
	const struct quarantined cases[] = {
		{.topic = "a", .reason = "bad_payload: x", .payload_len = 0},
		{.topic = "a", .reason = "bad_payload: x", .payload_len = 60000},
		/* the limit may have been smaller than the head */
		{.topic = "a", .reason = "too_big: x", .payload_len = QUARANTINE_HEAD_BYTES - 1},
		{.topic = "a", .reason = "too_big: x", .payload_len = QUARANTINE_HEAD_BYTES},
		{.topic = "", .reason = "row_refused: x", .payload_len = 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(quarantine_is_whole(&cases[i]), i < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(quarantines_any_bytes),
		temporary_test(gives_all_back_oldest_first),
		temporary_test(gives_what_the_filter_lets_through),
		temporary_test(ends_where_the_reader_says_so),
		cmocka_unit_test(knows_what_is_no_whole_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
