/* Models on their way into the registry: what is written, read, refused and taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/gateway/incoming.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct rig {
	char folder[64];
	char path[256];
	struct err err;
};

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	strcpy(r->folder, "/tmp/defectd-incoming-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", r->folder);
	assert_int_equal(system(command), 0);
	free(r);
	return 0;
}

static const char *in_folder(struct rig *r, const char *name)
{
	snprintf(r->path, sizeof(r->path), "%s/%s", r->folder, name);
	return r->path;
}

static void write_file(struct rig *r, const char *name, const char *text)
{
	FILE *f = fopen(in_folder(r, name), "we");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) < 0, 0);
	assert_int_equal(fclose(f), 0);
}

static bool is_there(struct rig *r, const char *name)
{
	return access(in_folder(r, name), F_OK) == 0;
}

static struct incoming_order order(const char *sha256)
{
	struct incoming_order o = {.line = (char *)(uintptr_t) "press-3",
		.by = (char *)(uintptr_t) "amy",
		.why = (char *)(uintptr_t) "a \"better\" one"};

	strcpy(o.sha256, sha256);
	return o;
}

static void put(struct rig *r, const char *sha256)
{
	const struct incoming_order o = order(sha256);

	if (incoming_put(r->folder, &o, "bytes", 5, &r->err) < 0)
		fail_msg("%s", r->err.text);
}

static bool add_name(void *owner, const char *sha256)
{
	strncat(owner, sha256, 1);
	return strlen(owner) == 3;
}

static const char *names(struct rig *r)
{
	static char text[8];

	text[0] = '\0';
	assert_int_equal(incoming_each(r->folder, add_name, text, &r->err), 0);
	return text;
}

static void an_order_is_read_as_it_was_put(void **state)
{
	CLEANUP(incoming_order_deinit) struct incoming_order o = {.line = NULL};
	struct rig *r = *state;

	put(r, A);
	assert_true(is_there(r, A ".onnx"));
	assert_string_equal(names(r), "a");
	assert_int_equal(incoming_read(&o, r->folder, A, &r->err), 0);
	assert_string_equal(o.sha256, A);
	assert_string_equal(o.line, "press-3");
	assert_string_equal(o.by, "amy");
	assert_string_equal(o.why, "a \"better\" one");
	incoming_remove(r->folder, A);
	assert_string_equal(names(r), "");
	assert_false(is_there(r, A ".onnx"));
	incoming_order_deinit(&o);
	assert_int_equal(incoming_read(&o, r->folder, A, &r->err), INCOMING_GONE);
}

static void other_names_are_no_orders(void **state)
{
	struct rig *r = *state;

	write_file(r, "." A ".json.new", "{}");
	write_file(r, A ".onnx", "");
	write_file(r, A ".failed.json", "{}");
	write_file(r, "abc.json", "{}");
	write_file(r, "x" A ".json", "{}");
	assert_string_equal(names(r), "");
	put(r, B);
	put(r, A);
	assert_string_equal(names(r), "ab");
	assert_int_equal(incoming_each("/nowhere/at/all", add_name, NULL, &r->err), 0);
}

static void what_is_no_order_is_told(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"{", ".json: 1:"},
		{"[]", "\"line\" is missing"},
		{"{\"v\":1,\"line\":3}", "\"line\" is missing"},
		{"{\"v\":2,\"line\":\"press-3\"}", "\"v\" is not 1"},
	};
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(incoming_order_deinit) struct incoming_order o = {.line = NULL};

		write_file(r, A ".json", rows[i].text);
		assert_int_equal(incoming_read(&o, r->folder, A, &r->err), -EINVAL);
		assert_non_null(strstr(r->err.text, rows[i].words));
		assert_string_equal(o.sha256, A);
	}
}

static void an_order_may_be_a_line_alone(void **state)
{
	CLEANUP(incoming_order_deinit) struct incoming_order o = {.line = NULL};
	struct rig *r = *state;

	write_file(r, A ".json", "{\"line\":\"press-3\"}");
	assert_int_equal(incoming_read(&o, r->folder, A, &r->err), 0);
	assert_string_equal(o.line, "press-3");
	assert_string_equal(o.by, "");
}

static void what_was_written_aside_goes_after_a_time(void **state)
{
	struct rig *r = *state;

	write_file(r, "." A ".onnx.new", "half");
	incoming_clean(r->folder, 1); /* it is younger */
	assert_true(is_there(r, "." A ".onnx.new"));
	incoming_clean(r->folder, INT64_MAX);
	assert_false(is_there(r, "." A ".onnx.new"));
}

static void a_refusal_leaves_its_sentence_alone(void **state)
{
	const struct incoming_order o = order(A);
	struct rig *r = *state;
	char text[64];

	put(r, A);
	assert_false(incoming_is_refused(r->folder, A, text, sizeof(text)));
	assert_int_equal(incoming_refuse(r->folder, &o, "it is \"bad\"", &r->err), 0);
	assert_string_equal(names(r), "");
	assert_false(is_there(r, A ".onnx"));
	assert_true(incoming_is_refused(r->folder, A, text, sizeof(text)));
	assert_string_equal(text, "it is \"bad\"");
	/* the next attempt begins anew */
	put(r, A);
	assert_false(incoming_is_refused(r->folder, A, text, sizeof(text)));
}

static int count_refusals(struct rig *r)
{
	char command[160], text[16] = "";
	FILE *f;

	snprintf(command, sizeof(command), "ls '%s' | grep -c failed", r->folder);
	f = popen(command, "re");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	pclose(f);
	return atoi(text);
}

static void the_newest_hundred_refusals_stay(void **state)
{
	struct rig *r = *state;
	char sha256[SHA256_HEX] = A, text[64];

	for (int i = 0; i < 103; i++) {
		struct incoming_order o;

		sha256[0] = (char)('0' + i / 10 % 10);
		sha256[1] = (char)('0' + i % 10);
		sha256[2] = (char)('0' + i / 100);
		o = order(sha256);
		assert_int_equal(incoming_refuse(r->folder, &o, "bad", &r->err), 0);
		usleep(10000); /* the file system's clock has ticks */
	}
	assert_int_equal(count_refusals(r), 100);
	assert_true(incoming_is_refused(r->folder, sha256, text, sizeof(text)));
	memcpy(sha256, "000", 3);
	assert_false(incoming_is_refused(r->folder, sha256, text, sizeof(text)));
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
	const struct incoming_order o = order(A);
	struct rig *r = *state;

	/* a folder in the place of the order */
	assert_int_equal(mkdir(in_folder(r, A ".json"), 0755), 0);
	assert_int_equal(mkdir(in_folder(r, A ".json/x"), 0755), 0);
	assert_true(incoming_put(r->folder, &o, "bytes", 5, &r->err) < 0);
	assert_non_null(strstr(r->err.text, A ".json: cannot be written: "));
	assert_false(is_there(r, A ".onnx"));
	assert_false(is_there(r, "." A ".json.new"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_order_is_read_as_it_was_put),
		TEST(other_names_are_no_orders),
		TEST(what_is_no_order_is_told),
		TEST(an_order_may_be_a_line_alone),
		TEST(what_was_written_aside_goes_after_a_time),
		TEST(a_refusal_leaves_its_sentence_alone),
		TEST(the_newest_hundred_refusals_stay),
		TEST(what_cannot_be_written_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
