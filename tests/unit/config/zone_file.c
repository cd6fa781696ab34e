/* Time zones by name. */
#include <errno.h>

#include "lib/base/err.h"
#include "lib/config/zone_file.h"
#include "tests/unit/config/folder.h"

/* A TZif file of nothing but a rule. */
#define BLOCK                                              \
	"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"              \
	"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4" \
	"\0\0\0\0\0\0AAA\0"
#define ZONE BLOCK BLOCK "\nCET-1CEST,M3.5.0,M10.5.0/3\n"

#define SUMMER_MS 1782864000000 /* 2026-07-01T00:00 */

static void write_bytes(const char *name, const char *bytes, size_t len)
{
	FILE *f = fopen(name, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	if (folder_setup(state) != 0)
		return 1;
	assert_int_equal(mkdir("zones", 0755), 0);
	assert_int_equal(mkdir("zones/Europe", 0755), 0);
	assert_int_equal(mkdir("zones/Etc", 0755), 0);
	assert_int_equal(mkdir("empty", 0755), 0);
	write_bytes("zones/Europe/Berlin", ZONE, sizeof(ZONE) - 1);
	write_bytes("zones/Europe/Paris", ZONE, sizeof(ZONE) - 1);
	write_bytes("zones/Etc/GMT+5", ZONE, sizeof(ZONE) - 1);
	write_bytes("zones/leapseconds", "# no zone\n", 10);
	write_bytes("zones/zone.tab", "# no zone\n", 10);
	write_bytes("outside", ZONE, sizeof(ZONE) - 1);
	return 0;
}

static void loads_zones_by_name(void **state)
{
	static const char *const names[] = {"Europe/Berlin", "Europe/Paris", "Etc/GMT+5"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(time_zone_free) struct time_zone *z = NULL;

		assert_int_equal(zone_load_from(&z, "zones", names[i], NULL), 0);
		assert_true(time_zone_to_utc_ms(z, SUMMER_MS) == SUMMER_MS - 7200000);
	}
}

static void offsets_need_no_files(void **state)
{
	static const struct {
		const char *name;
		int64_t offset_min;
	} rows[] = {{"UTC", 0}, {"Z", 0}, {"+01:00", 60}, {"-0530", -330}, {"+02", 120}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(time_zone_free) struct time_zone *z = NULL;

		assert_int_equal(zone_load_from(&z, "nowhere", rows[i].name, NULL), 0);
		assert_true(time_zone_to_utc_ms(z, SUMMER_MS) ==
			    SUMMER_MS - rows[i].offset_min * 60000);
	}
}

#define RULE "allowed is a name such as \"Europe/Berlin\", \"UTC\", or an offset such as \"+01:00\""

static void says_why_there_is_no_such_zone(void **state)
{
	static const struct {
		const char *folder, *name;
		int code;
		const char *text;
	} rows[] = {
		{"zones", "europe/berlin", -ENOENT,
			"there is no time zone \"europe/berlin\", did you mean \"Europe/Berlin\"?"},
		{"zones", "Europe/PARIS", -ENOENT,
			"there is no time zone \"Europe/PARIS\", did you mean \"Europe/Paris\"?"},
		{"zones", "Europe/Berln", -ENOENT,
			"there is no time zone \"Europe/Berln\", did you mean \"Europe/Berlin\"?"},
		{"zones", "Europe/Atlantis", -ENOENT,
			"there is no time zone \"Europe/Atlantis\", " RULE},
		{"zones", "Europe", -ENOENT, "there is no time zone \"Europe\", " RULE},
		{"zones", "Europ", -ENOENT, "there is no time zone \"Europ\", " RULE},
		{"zones", "Europe/Berlin/Mitte", -ENOENT,
			"there is no time zone \"Europe/Berlin/Mitte\", " RULE},
		{"zones", "A234567890123456789012345678901234567890123456789012345678901234",
			-ENOENT,
			"there is no time zone "
			"\"A234567890123456789012345678901234567890123456789012345678901234\","
			" " RULE},
		{"zones", "CEST", -ENOENT, "there is no time zone \"CEST\", " RULE},
		{"zones", "leapsecond", -ENOENT, "there is no time zone \"leapsecond\", " RULE},
		{"zones", "leapseconds", -EINVAL,
			"zones/leapseconds: the data of a time zone begin with \"TZif\""},
		{"zones", "+25:00", -EINVAL,
			"\"+25:00\" is no offset from UTC, allowed are UTC, Z and +hh:mm"},
		{"empty", "Europe/Berlin", -ENOENT,
			"no time zones are installed in empty (Debian package tzdata), so "
			"\"Europe/Berlin\" is not known; UTC and offsets such as \"+01:00\" always "
			"are"},
		{"nowhere", "Europe/Berlin", -ENOENT,
			"no time zones are installed in nowhere (Debian package tzdata), so "
			"\"Europe/Berlin\" is not known; UTC and offsets such as \"+01:00\" always "
			"are"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct time_zone *z = NULL;
		struct err err;

		assert_int_equal(
			zone_load_from(&z, rows[i].folder, rows[i].name, &err), rows[i].code);
		assert_null(z);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void refuses_what_is_no_name_and_leads_elsewhere(void **state)
{
	static const char *const names[] = {"", "/etc/localtime", "../outside",
		"Europe/../../outside", "Europe/./Berlin", "Europe//Berlin", "Europe/", "/",
		"zone.tab", "Europe/Berlin ", "Europe\\Berlin", "CET-1CEST,M3.5.0,M10.5.0",
		"Europ\xc3\xa9/Berlin", "1st",
		"A2345678901234567890123456789012345678901234567890123456789012345"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct time_zone *z = NULL;
		struct err err, wanted;

		assert_int_equal(zone_load_from(&z, "zones", names[i], &err), -EINVAL);
		assert_null(z);
		(void)err_set(&wanted, 0, "\"%s\" is no time zone, " RULE, names[i]);
		assert_string_equal(err.text, wanted.text);
	}
}

static void knows_the_zones_of_this_machine(void **state)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	struct err err;

	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
		skip();
	assert_int_equal(zone_load(&z, "Europe/Berlin", NULL), 0);
	/* 2025-07-01T00:00 */
	assert_true(time_zone_to_utc_ms(z, 1751328000000) == 1751328000000 - 7200000);
	assert_int_equal(zone_load(&z, "america/new_york", &err), -ENOENT);
	assert_string_equal(err.text,
		"there is no time zone \"america/new_york\", did you mean \"America/New_York\"?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_zones_by_name),
		cmocka_unit_test(offsets_need_no_files),
		cmocka_unit_test(says_why_there_is_no_such_zone),
		cmocka_unit_test(refuses_what_is_no_name_and_leads_elsewhere),
		cmocka_unit_test(knows_the_zones_of_this_machine),
	};

	return cmocka_run_group_tests(tests, setup, folder_teardown);
}
