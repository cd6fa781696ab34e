/* The outbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/store/outbox.h"

static int note(void *owner, const struct outbox_message *m)
{
	struct buf *b = owner;

	buf_addf(b, "%d %s %.*s %d; ", (int)m->id, m->topic, (int)m->payload_len, m->payload,
		(int)m->at_ms);
	return m->id == 99 ? -ECANCELED : 0;
}

static void put(struct temporary *t, uint64_t id, const char *payload)
{
	struct outbox_message m = {.id = id,
		.topic = "acme/alert",
		.payload = payload,
		.payload_len = strlen(payload),
		.at_ms = 7};

	temporary_do(t, store_put_outbox(t->store, &m, &t->err));
}

static void gives_messages_back_in_order_until_they_are_deleted(void **state)
{
	struct temporary *t = *state;
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	put(t, 10, "{\"v\":1}");
	put(t, 2, "");
	put(t, 3, "x");
	temporary_do(t, store_delete_outbox(t->store, 3, &t->err));
	temporary_do(t, store_delete_outbox(t->store, 4711, &t->err));
	temporary_reopen(t, STORE_WRITE);
	temporary_do(t, store_each_outbox(t->store, note, &b, &t->err));
	assert_string_equal(buf_text(&b), "2 acme/alert  7; 10 acme/alert {\"v\":1} 7; ");
}

static void stops_where_the_reader_says_so(void **state)
{
	struct temporary *t = *state;
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	put(t, 99, "a");
	put(t, 100, "b");
	assert_int_equal(store_each_outbox(t->store, note, &b, &t->err), -ECANCELED);
	assert_string_equal(buf_text(&b), "99 acme/alert a 7; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(gives_messages_back_in_order_until_they_are_deleted),
		temporary_test(stops_where_the_reader_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
