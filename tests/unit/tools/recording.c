/* Recordings: written and read back, and every sentence about a bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "tools/base64.h"
#include "tools/recording.h"

/* A file of its own with this text; the name is returned. */
static const char *file_with(const char *text, size_t len)
{
	static char path[64];
	FILE *f;
	int fd;

	strcpy(path, "/tmp/defectd-recording-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	f = fdopen(fd, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* What is said about a recording of this text, without the name of the file. */
static const char *refusal(const char *text, size_t len)
{
	static struct err err;
	const char *path = file_with(text, len);
	CLEANUP(recording_close) struct recording *r = NULL;
	struct recorded m;
	int rc;

	assert_int_equal(recording_open(&r, path, &err), 0);
	while ((rc = recording_next(r, &m, &err)) == RECORDING_MESSAGE)
		;
	unlink(path);
	if (rc == 0)
		return "";
	assert_int_equal(rc, -EINVAL);
	assert_memory_equal(err.text, path, strlen(path));
	return err.text + strlen(path);
}

#define GOOD "{\"t_ms\": 1795340350041, \"topic\": \"a/b\", \"qos\": 1, \"payload\": \"x\"}\n"

static void come_back_as_they_were_written(void **state)
{
	static const struct {
		const char *payload;
		size_t len;
	} payloads[] = {{"", 0}, {"218.4", 5}, {"{\"a\":\"\\n\"}\n", 12}, {"\0", 1}, {"a\0b", 3},
		{"\xff\xfe", 2}, {"\xf0\x9f\x98\x80 \xc3\xa4", 7}, {"\xc3", 1}};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	CLEANUP(recording_close) struct recording *r = NULL;
	const char *path;
	struct recorded m;

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		m = (struct recorded){.t_ms = 1795340350041 + (int64_t)i,
			.topic = "p3/\"U1\"",
			.payload = payloads[i].payload,
			.payload_len = payloads[i].len,
			.qos = (int)i % 3,
			.retained = i % 2};
		assert_int_equal(recording_write(f, &m, true), 0);
	}
	fclose(f);
	path = file_with(text, len);
	free(text);
	assert_int_equal(recording_open(&r, path, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		assert_int_equal(recording_next(r, &m, NULL), RECORDING_MESSAGE);
		assert_true(m.t_ms == 1795340350041 + (int64_t)i);
		assert_string_equal(m.topic, "p3/\"U1\"");
		assert_int_equal(m.payload_len, payloads[i].len);
		assert_memory_equal(m.payload, payloads[i].payload, payloads[i].len);
		assert_int_equal(m.qos, i % 3);
		assert_int_equal(m.retained, i % 2);
	}
	assert_int_equal(recording_next(r, &m, NULL), 0);
	unlink(path);
}

static void have_the_form_of_the_documents(void **state)
{
	struct recorded m = {.t_ms = 1795340350041, .topic = "a", .payload = "5", .payload_len = 1};
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	assert_non_null(f);
	recording_write(f, &m, false);
	recording_write(f, &m, true);
	m.payload = "\0\1\2";
	m.payload_len = 3;
	recording_write(f, &m, false);
	fclose(f);
	assert_string_equal(text,
		"{\"t_ms\":1795340350041,\"topic\":\"a\",\"qos\":0,\"payload\":\"5\"}\n"
		"{\"t_ms\":1795340350041,\"topic\":\"a\",\"qos\":0,\"retain\":0,\"payload\":\"5\"}"
		"\n"
		"{\"t_ms\":1795340350041,\"topic\":\"a\",\"qos\":0,\"payload_b64\":\"AAEC\"}\n");
	free(text);
}

/* Other programs' recorders write truth values. */
static void may_say_retain_as_a_truth_value(void **state)
{
	static const char text[] =
		"{\"t_ms\":1,\"topic\":\"a\",\"retain\":true,\"payload\":\"\"}\n"
		"{\"t_ms\":1,\"topic\":\"a\",\"retain\":false,\"payload\":\"\"}\n";
	CLEANUP(recording_close) struct recording *r = NULL;
	const char *path = file_with(text, strlen(text));
	struct recorded m;

	(void)state;
	assert_int_equal(recording_open(&r, path, NULL), 0);
	unlink(path);
	assert_int_equal(recording_next(r, &m, NULL), RECORDING_MESSAGE);
	assert_true(m.retained);
	assert_int_equal(recording_next(r, &m, NULL), RECORDING_MESSAGE);
	assert_false(m.retained);
}

static void are_refused_with_line_and_reason(void **state)
{
	static const struct {
		const char *line, *text;
	} rows[] = {
		{"{\"t_ms\":1,\"topic\":\"a\",\"payload\":", ":2:"},
		{"[]", ":2: found an array, an object is wanted"},
		{"{\"topic\":\"a\",\"payload\":\"\"}", ":2: \"t_ms\" is missing"},
		{"{\"t_ms\":\"1\",\"topic\":\"a\",\"payload\":\"\"}",
			":2: \"t_ms\" is a text, a whole number is wanted"},
		{"{\"t_ms\":1.5,\"topic\":\"a\",\"payload\":\"\"}",
			":2: \"t_ms\" is out of bounds, allowed are whole numbers from 0 to "
			"253402300799999"},
		{"{\"t_ms\":1,\"payload\":\"\"}", ":2: \"topic\" is missing"},
		{"{\"t_ms\":1,\"topic\":\"\",\"payload\":\"\"}", ":2: \"topic\" is empty"},
		{"{\"t_ms\":1,\"topic\":\"a\"}", ":2: \"payload\" is missing"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"payload\":5}",
			":2: \"payload\" is a number, a text is wanted"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"qos\":3,\"payload\":\"\"}",
			":2: \"qos\" is out of bounds, allowed are whole numbers from 0 to 2"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"retain\":\"yes\",\"payload\":\"\"}",
			":2: \"retain\" is a text, a whole number is wanted"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"qos\":true,\"payload\":\"\"}",
			":2: \"qos\" is true, a whole number is wanted"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"payload_b64\":\"AAE\"}",
			":2: \"payload_b64\" is no Base64"},
		{"{\"t_ms\":1,\"topic\":\"a\",\"payload\":\"\",\"payload_b64\":\"\"}",
			":2: \"payload\" and \"payload_b64\" stand side by side, allowed is one"},
	};

	(void)state;
	assert_string_equal(refusal(GOOD "\n \n" GOOD, strlen(GOOD "\n \n" GOOD)), "");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512];
		int len = snprintf(text, sizeof(text), "%s%s\n", GOOD, rows[i].line);
		const char *said = refusal(text, (size_t)len);

		if (strncmp(said, rows[i].text, strlen(rows[i].text)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", said, rows[i].text);
	}
	assert_memory_equal(refusal("\0\n", 2), ":1:1: ", 6);
}

static void name_the_file_that_is_not_there(void **state)
{
	struct recording *r = NULL;
	struct err err;

	(void)state;
	assert_int_equal(recording_open(&r, "/tmp/no/such/file", &err), -ENOENT);
	assert_string_equal(err.text, "/tmp/no/such/file: No such file or directory");
	assert_null(r);
}

static void base64_follows_rfc_4648(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	static const char *const bad[] = {
		"Z", "Zg", "Zg=", "Z===", "====", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm9v\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buf_deinit) struct buf text, bytes;

		buf_init(&text);
		buf_init(&bytes);
		base64_put(&text, rows[i].bytes, strlen(rows[i].bytes));
		assert_string_equal(buf_text(&text), rows[i].text);
		assert_true(base64_get(&bytes, rows[i].text));
		assert_string_equal(buf_text(&bytes), rows[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(buf_deinit) struct buf bytes;

		buf_init(&bytes);
		if (base64_get(&bytes, bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_back_as_they_were_written),
		cmocka_unit_test(have_the_form_of_the_documents),
		cmocka_unit_test(may_say_retain_as_a_truth_value),
		cmocka_unit_test(are_refused_with_line_and_reason),
		cmocka_unit_test(name_the_file_that_is_not_there),
		cmocka_unit_test(base64_follows_rfc_4648),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
