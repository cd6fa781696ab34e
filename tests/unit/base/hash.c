/* SHA-256 against the examples of FIPS 180-4, and the fast hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/hash.h"

static void agrees_with_the_published_examples(void **state)
{
	static char million[1000000];
	char hex[SHA256_HEX];

	(void)state;
	sha256_hex(hex, "", 0);
	assert_string_equal(
		hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	sha256_hex(hex, "abc", 3);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(hex, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	assert_string_equal(
		hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof(million));
	sha256_hex(hex, million, sizeof(million));
	assert_string_equal(
		hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void does_not_care_where_the_pieces_end(void **state)
{
	static const size_t steps[] = {1, 70, 64, 63, 130};
	char text[300];
	uint8_t whole[32], pieces[32];
	struct sha256 h;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7);
	for (size_t len = 0; len <= sizeof(text); len++) {
		sha256_init(&h);
		sha256_add(&h, text, len);
		sha256_finish(&h, whole);
		sha256_init(&h);
		for (size_t at = 0, i = 0, step; at < len; at += step, i++) {
			step = steps[i % ARRAY_LEN(steps)];
			if (step > len - at)
				step = len - at;
			sha256_add(&h, text + at, step);
		}
		sha256_finish(&h, pieces);
		assert_memory_equal(whole, pieces, 32);
	}
}

/* These values stand in databases: they must never change. */
static void stays_the_same_over_versions(void **state)
{
	(void)state;
	assert_true(hash64(0, "", 0) == 0);
	assert_true(hash64(0, "a", 1) == UINT64_C(0x3b0bdbfa8b94d021));
	assert_true(
		hash64(7, "acme/north/press-3/unit/U7/start", 32) == UINT64_C(0x5e00d068f91e1748));
}

static void tells_texts_apart(void **state)
{
	char text[64] = {0};
	uint64_t seen[64];

	(void)state;
	for (size_t len = 0; len < 64; len++) { /* zeros of different lengths */
		seen[len] = hash64(0, text, len);
		for (size_t i = 0; i < len; i++)
			assert_true(seen[i] != seen[len]);
	}
	assert_true(hash64(1, "x", 1) != hash64(2, "x", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_published_examples),
		cmocka_unit_test(does_not_care_where_the_pieces_end),
		cmocka_unit_test(stays_the_same_over_versions),
		cmocka_unit_test(tells_texts_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
