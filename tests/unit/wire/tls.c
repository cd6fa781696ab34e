/* What the files of TLS may hold, and what is said where they hold something else. The handshake is
 * tested against a real broker: tests/system/tls.py. */
#include "lib/wire/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lib/base/err.h"

static char folder[] = "/tmp/defectd-tls-XXXXXX";

static void put_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, passphrase ? EVP_aes_128_cbc() : NULL, NULL,
				 0, NULL, (void *)(uintptr_t)passphrase),
		1);
	assert_int_equal(fclose(f), 0);
}

/* A certificate signed by its own key, from a day ago to `days` from now. */
static void put_certificate(const char *path, EVP_PKEY *key, int days)
{
	X509 *x = X509_new();
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(x), days, 60, NULL);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"gw", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	X509_free(x);
}

static int set_up(void **state)
{
	EVP_PKEY *ours = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	FILE *f;

	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	put_key("gw.key", ours, NULL);
	put_key("locked.key", ours, "secret");
	put_key("other.key", other, NULL);
	put_certificate("gw.pem", ours, 10);
	put_certificate("ended.pem", ours, -2);
	f = fopen("junk", "w");
	fputs("nothing\n", f);
	fclose(f);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(other);
	return mkfifo("fifo", 0600);
}

static int tear_down(void **state)
{
	static const char *const names[] = {
		"gw.key", "locked.key", "other.key", "gw.pem", "ended.pem", "junk", "fifo"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(names[i]);
	return chdir("/") | rmdir(folder);
}

static void takes_what_is_right(void **state)
{
	static const struct tls_files right[] = {
		{.host = "broker.plant"},
		{.host = "10.0.0.7", .ca_file = "gw.pem"},
		{.host = "fe80::1",
			.ca_file = "gw.pem",
			.cert_file = "gw.pem",
			.key_file = "gw.key"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++) {
		CLEANUP(tls_free) struct tls *t = NULL;
		struct err err = {""};

		if (tls_new(&t, &right[i], &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(tls_days_left(t), right[i].cert_file ? 10 : TLS_NO_END);
		assert_true(tls_wants_write(t));
		assert_false(tls_was_turned_away(t));
	}
}

static void says_how_long_ago_a_certificate_ended(void **state)
{
	const struct tls_files f = {
		.host = "b", .ca_file = "gw.pem", .cert_file = "ended.pem", .key_file = "gw.key"};
	CLEANUP(tls_free) struct tls *t = NULL;

	(void)state;
	assert_int_equal(tls_new(&t, &f, NULL), 0);
	assert_int_equal(tls_days_left(t), -2);
}

static const struct {
	struct tls_files files;
	int code;
	const char *expected;
} refusals[] = {
	{{.ca_file = "none"}, -ENOENT, "none: No such file or directory"},
	{{.ca_file = "/tmp"}, -EINVAL, "/tmp: is no regular file"},
	{{.ca_file = "fifo"}, -EINVAL, "fifo: is no regular file"},
	{{.ca_file = "junk"}, -EINVAL,
		"junk: holds no CA certificate in PEM form (no certificate or crl found)"},
	{{.cert_file = "none", .key_file = "gw.key"}, -ENOENT, "none: No such file or directory"},
	{{.cert_file = "gw.key", .key_file = "gw.key"}, -EINVAL,
		"gw.key: holds no certificate in PEM form (no start line)"},
	{{.cert_file = "gw.pem", .key_file = "none"}, -ENOENT, "none: No such file or directory"},
	{{.cert_file = "gw.pem", .key_file = "other.key"}, -EINVAL,
		"other.key: does not belong to the certificate in gw.pem (key values mismatch)"},
	{{.cert_file = "gw.pem", .key_file = "locked.key"}, -EINVAL,
		"locked.key: the key is locked by a passphrase, which a service cannot type"},
	{{.cert_file = "gw.pem", .key_file = "gw.pem"}, -EINVAL,
		"gw.pem: holds no private key in PEM form (unsupported)"},
};

static void refuses_by_file_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct tls_files f = refusals[i].files;
		struct tls *t = NULL;
		struct err err = {""};

		f.host = "broker.plant";
		assert_int_equal(tls_new(&t, &f, &err), refusals[i].code);
		assert_string_equal(err.text, refusals[i].expected);
		assert_null(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_right),
		cmocka_unit_test(says_how_long_ago_a_certificate_ended),
		cmocka_unit_test(refuses_by_file_and_reason),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
