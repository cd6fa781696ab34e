/* Time zones, fixed ones and from TZif bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/time_zone.h"

#define HOUR 3600

static void has_one_offset_for_all_time(void **state)
{
	static const struct {
		const char *text;
		int64_t offset_min;
	} rows[] = {
		{"Z", 0},
		{"UTC", 0},
		{"+01:00", 60},
		{"-0530", -330},
		{"+02", 120},
		{"+05:45", 345},
		{"-00:00", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(time_zone_free) struct time_zone *z = NULL;

		assert_int_equal(time_zone_fixed(&z, rows[i].text, NULL), 0);
		for (int64_t ms = -86400001; ms < 4102444800000; ms += 999999999)
			assert_true(time_zone_to_utc_ms(z, ms) == ms - rows[i].offset_min * 60000);
	}
}

static void refuses_what_is_no_offset(void **state)
{
	static const char *const texts[] = {"", "utc", "UTC+1", "+1", "+1:00", "01:00", "+24:00",
		"+01:60", "+01:00 ", "GMT", "Europe/Berlin", "+01:00:00"};
	struct time_zone *z = NULL;
	struct err err, wanted;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_int_equal(time_zone_fixed(&z, texts[i], &err), -EINVAL);
		(void)err_set(&wanted, 0,
			"\"%s\" is no offset from UTC, allowed are UTC, Z and +hh:mm", texts[i]);
		assert_string_equal(err.text, wanted.text);
	}
	assert_null(z);
}

static void no_time_is_too_early_or_too_late(void **state)
{
	CLEANUP(time_zone_free) struct time_zone *east = NULL, *west = NULL;

	(void)state;
	assert_int_equal(time_zone_fixed(&east, "+01", NULL), 0);
	assert_int_equal(time_zone_fixed(&west, "-01", NULL), 0);
	assert_true(time_zone_to_utc_ms(east, INT64_MIN) == INT64_MIN);
	assert_true(time_zone_to_utc_ms(west, INT64_MAX) == INT64_MAX);
	assert_true(time_zone_to_utc_ms(east, -1) == -3600001);
}

/* A TZif file while it is made. */
struct change {
	int64_t at_s;
	uint8_t type;
};

struct zone {
	char version;
	const struct change *changes;
	uint32_t change_count;
	int32_t offsets[4];
	uint32_t type_count, leap_count;
	const char *footer;
};

static void put_big_endian(struct buf *b, uint64_t v, int bytes)
{
	while (bytes-- > 0)
		buf_put_u8(b, (uint8_t)(v >> 8 * bytes));
}

static void put_block(struct buf *b, const struct zone *z, int time_bytes)
{
	uint32_t counts[] = {0, z->type_count, z->leap_count, z->change_count, z->type_count, 4};

	buf_put(b, "TZif", 4);
	buf_put_u8(b, (uint8_t)z->version);
	for (int i = 0; i < 15; i++)
		buf_put_u8(b, 0);
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		put_big_endian(b, counts[i], 4);
	for (uint32_t i = 0; i < z->change_count; i++)
		put_big_endian(b, (uint64_t)z->changes[i].at_s, time_bytes);
	for (uint32_t i = 0; i < z->change_count; i++)
		buf_put_u8(b, z->changes[i].type);
	for (uint32_t i = 0; i < z->type_count; i++) {
		put_big_endian(b, (uint32_t)z->offsets[i], 4);
		buf_put(b, "\0\0", 2);
	}
	buf_put(b, "ABC", 4);
	for (uint32_t i = 0; i < z->leap_count; i++)
		buf_put(b, "\0\0\0\0\0\0\0\0\0\0\0\0", (size_t)time_bytes + 4);
	for (uint32_t i = 0; i < z->type_count; i++)
		buf_put_u8(b, 0);
}

/* From version 2 on the first block is empty but for a type, as zic writes it today. */
static void put_zone(struct buf *b, const struct zone *z)
{
	struct zone empty = {.version = z->version, .type_count = 1};

	buf_init(b);
	if (z->version)
		put_block(b, &empty, 4);
	put_block(b, z, z->version ? 8 : 4);
	if (z->version)
		buf_addf(b, "\n%s\n", z->footer ? z->footer : "");
	assert_false(buf_failed(b));
}

/* Loads a copy of its own size, so that a sanitizer sees a read beyond the end. */
static int load_bytes(struct time_zone **out, const char *bytes, size_t len, struct err *err)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	r = time_zone_from_tzif(out, copy, len, err);
	free(copy);
	return r;
}

static int load(struct time_zone **out, const struct zone *zone, struct err *err)
{
	CLEANUP(buf_deinit) struct buf b;

	put_zone(&b, zone);
	return load_bytes(out, b.data, b.len, err);
}

static int64_t offset_at(const struct time_zone *z, int64_t local_s)
{
	return local_s - time_zone_to_utc_ms(z, local_s * 1000) / 1000;
}

static void follows_the_rule_of_a_file_that_has_nothing_else(void **state)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	const struct zone zone = {.version = '3',
		.type_count = 1,
		.offsets = {HOUR},
		.footer = "CET-1CEST,M3.5.0,M10.5.0/3"};

	(void)state;
	assert_int_equal(load(&z, &zone, NULL), 0);
	assert_int_equal(offset_at(z, 1767225600), HOUR);     /* 2026-01-01T00:00 */
	assert_int_equal(offset_at(z, 1782864000), 2 * HOUR); /* 2026-07-01T00:00 */
	assert_int_equal(offset_at(z, 1774751400), HOUR);     /* 2026-03-29T02:30: skipped */
	assert_int_equal(offset_at(z, 1792895400), 2 * HOUR); /* 2026-10-25T02:30: twice */
	assert_int_equal(offset_at(z, 79833600), 2 * HOUR);   /* 1972-07-13T00:00 */
	assert_true(time_zone_to_utc_ms(z, INT64_MIN) == INT64_MIN);
	assert_true(time_zone_to_utc_ms(z, INT64_MAX) > INT64_MAX - 86400000);
}

static const struct change changes[] = {{1000000, 1}, {2000000, 2}, {3000000, 0}};

static void follows_the_changes_of_a_file(void **state)
{
	static const char versions[] = {0, '2', '3', '4'};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		CLEANUP(time_zone_free) struct time_zone *z = NULL;
		const struct zone zone = {.version = versions[i],
			.changes = changes,
			.change_count = 3,
			.type_count = 3,
			.offsets = {-HOUR, 0, -2 * HOUR}};

		assert_int_equal(load(&z, &zone, NULL), 0);
		assert_int_equal(offset_at(z, -4000000000), -HOUR);
		/* from -1 h to 0: an hour is skipped */
		assert_int_equal(offset_at(z, 1000000 - HOUR - 1), -HOUR);
		assert_int_equal(offset_at(z, 1000000 - 1), -HOUR);
		assert_int_equal(offset_at(z, 1000000), 0);
		/* from 0 to -2 h: two hours occur twice */
		assert_int_equal(offset_at(z, 2000000 - 1), 0);
		assert_int_equal(offset_at(z, 2000000), -2 * HOUR);
		assert_int_equal(offset_at(z, 3000000 - HOUR - 1), -2 * HOUR);
		assert_int_equal(offset_at(z, 3000000 - HOUR), -HOUR);
		assert_int_equal(offset_at(z, 4000000000), -HOUR); /* nothing said: as it was */
	}
}

static void the_rule_begins_behind_the_last_change(void **state)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	const struct zone zone = {.version = '2',
		.changes = changes,
		.change_count = 3,
		.type_count = 3,
		.offsets = {-HOUR, 0, -2 * HOUR},
		.footer = "ABC1DEF,M3.5.0,M10.5.0"};

	(void)state;
	assert_int_equal(load(&z, &zone, NULL), 0);
	assert_int_equal(offset_at(z, -4000000000), -HOUR);
	assert_int_equal(offset_at(z, 2500000), -2 * HOUR);
	assert_int_equal(offset_at(z, 3000000), -HOUR);
	assert_int_equal(offset_at(z, 79833600), 0); /* 1972-07-13T00:00 */
}

/* The zone joins a rule at one of its changes, from an offset that the rule does not know. */
static void the_last_change_counts_before_the_rule(void **state)
{
	static const struct change joins[] = {{1792890000, 1}}; /* 2026-10-25T01:00:00Z */
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	const struct zone zone = {.version = '2',
		.changes = joins,
		.change_count = 1,
		.type_count = 2,
		.offsets = {0, HOUR},
		.footer = "CET-1CEST,M3.5.0,M10.5.0/3"};

	(void)state;
	assert_int_equal(load(&z, &zone, NULL), 0);
	assert_int_equal(offset_at(z, 1792890000 + HOUR - 1), 0);
	assert_int_equal(offset_at(z, 1792890000 + HOUR), HOUR);
}

static void knows_times_before_1970(void **state)
{
	static const struct change early[] = {{-1000000, 1}};
	static const char versions[] = {0, '2'};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		CLEANUP(time_zone_free) struct time_zone *z = NULL;
		const struct zone zone = {.version = versions[i],
			.changes = early,
			.change_count = 1,
			.type_count = 2,
			.offsets = {0, -HOUR}};

		assert_int_equal(load(&z, &zone, NULL), 0);
		assert_true(time_zone_to_utc_ms(z, -1000000001) == -1000000001);
		assert_true(time_zone_to_utc_ms(z, -1000000000) == -1000000000 + HOUR * 1000);
	}
}

/* Half an hour after an hour was turned back, another change that turns nothing. */
static void of_an_hour_that_occurs_twice_the_first_is_meant_whatever_follows(void **state)
{
	static const struct change close[] = {{1000000, 1}, {1001800, 2}};
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	const struct zone zone = {.version = '2',
		.changes = close,
		.change_count = 2,
		.type_count = 3,
		.offsets = {HOUR, 0, 0}};

	(void)state;
	assert_int_equal(load(&z, &zone, NULL), 0);
	assert_int_equal(offset_at(z, 1003599), HOUR);
	assert_int_equal(offset_at(z, 1003600), 0);
}

static void refuses_files_that_contradict_themselves(void **state)
{
	static const struct change wrong_type[] = {{1000000, 3}};
	static const struct change unordered[] = {{1000000, 1}, {1000000, 2}};
	static const struct change too_early[] = {{-(INT64_C(1) << 59) - 1, 1}};
	static const struct {
		struct zone zone;
		const char *text;
	} rows[] = {
		{{.version = '2', .footer = "UTC0"},
			"the time zone has no type 0, there are 0 of them"},
		{{.version = '2', .type_count = 3, .changes = wrong_type, .change_count = 1},
			"the time zone has no type 3, there are 3 of them"},
		{{.version = '2', .type_count = 1, .offsets = {93600}},
			"an offset of the time zone is 93600 s, allowed are -89999 to 93599"},
		{{.version = 0, .type_count = 1, .offsets = {INT32_MIN}},
			"an offset of the time zone is -2147483648 s, allowed are -89999 to 93599"},
		{{.version = '2', .type_count = 3, .changes = unordered, .change_count = 2},
			"changes of the time zone are not in order"},
		{{.version = '2', .type_count = 3, .changes = too_early, .change_count = 1},
			"a change of the time zone is at -576460752303423489 s, allowed are -2^59 "
			"to 2^59"},
		{{.version = '2', .type_count = 1, .leap_count = 1},
			"the time zone counts leap seconds, which times of messages do not"},
		{{.version = '1', .type_count = 1},
			"the time zone is of version 0x31, known are 0 and \"2\" to \"4\""},
		{{.version = '2', .type_count = 1, .footer = "nonsense"},
			"the rule of the zone is not understood from its byte 9 on, wanted is one "
			"such as \"CET-1CEST,M3.5.0,M10.5.0/3\""},
	};
	struct time_zone *z = NULL;
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(load(&z, &rows[i].zone, &err), -EINVAL);
		assert_string_equal(err.text, rows[i].text);
	}
	assert_null(z);
}

static void refuses_files_that_are_cut_short_or_longer(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	const struct zone zone = {.version = '2',
		.changes = changes,
		.change_count = 3,
		.type_count = 3,
		.footer = "UTC0"};
	struct time_zone *z = NULL;
	struct err err;

	(void)state;
	put_zone(&b, &zone);
	for (size_t len = 0; len < b.len; len++) {
		err.text[0] = '\0';
		assert_int_equal(load_bytes(&z, b.data, len, &err), -EINVAL);
		assert_true(err.text[0]);
	}
	assert_string_equal(
		err.text, "the data of the time zone do not end with its rule between line feeds");
	assert_int_equal(load_bytes(&z, b.data, 3, &err), -EINVAL);
	assert_string_equal(err.text, "the data of a time zone begin with \"TZif\"");
	assert_int_equal(load_bytes(&z, b.data, 43, &err), -EINVAL);
	assert_string_equal(err.text, "the data of the time zone end in a header");
	assert_int_equal(load_bytes(&z, b.data, 44, &err), -EINVAL);
	assert_string_equal(err.text, "the data of the time zone end early: 11 bytes should follow "
				      "a header, there are 0");
	buf_put_u8(&b, 'x');
	assert_int_equal(load_bytes(&z, b.data, b.len, &err), -EINVAL);
	assert_null(z);
}

static void believes_no_count(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	const struct zone zone = {.version = 0, .type_count = 1};
	struct time_zone *z = NULL;

	(void)state;
	put_zone(&b, &zone);
	for (size_t at = 20; at < 44; at += 4) {
		char kept[4];

		memcpy(kept, b.data + at, 4);
		memset(b.data + at, 0xff, 4);
		assert_int_equal(load_bytes(&z, b.data, b.len, NULL), -EINVAL);
		memcpy(b.data + at, kept, 4);
	}
	assert_null(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_one_offset_for_all_time),
		cmocka_unit_test(refuses_what_is_no_offset),
		cmocka_unit_test(no_time_is_too_early_or_too_late),
		cmocka_unit_test(follows_the_rule_of_a_file_that_has_nothing_else),
		cmocka_unit_test(follows_the_changes_of_a_file),
		cmocka_unit_test(the_rule_begins_behind_the_last_change),
		cmocka_unit_test(the_last_change_counts_before_the_rule),
		cmocka_unit_test(knows_times_before_1970),
		cmocka_unit_test(of_an_hour_that_occurs_twice_the_first_is_meant_whatever_follows),
		cmocka_unit_test(refuses_files_that_contradict_themselves),
		cmocka_unit_test(refuses_files_that_are_cut_short_or_longer),
		cmocka_unit_test(believes_no_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
