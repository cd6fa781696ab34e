#include "lib/wire/tls_files.h"

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"

/* What OpenSSL found first; the queue is empty then. */
static const char *reason(void)
{
	unsigned long e = ERR_peek_error();
	const char *text =
		ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) : ERR_reason_error_string(e);

	ERR_clear_error();
	return text ? text : "no reason given";
}

/* Before OpenSSL opens it: its words for this are worse, and a FIFO would hold it up for ever. */
int tls_file_look(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: is no regular file", path);
	if (access(path, R_OK) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int load_cas(SSL_CTX *ctx, const char *path, struct err *err)
{
	int r = path ? tls_file_look(path, err) : 0;

	if (r < 0)
		return r;
	if (!path && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return err_set(err, -EINVAL, "the CAs of the system cannot be read: %s", reason());
	if (path && SSL_CTX_load_verify_locations(ctx, path, NULL) != 1)
		return err_set(err, -EINVAL, "%s: holds no CA certificate in PEM form (%s)", path,
			reason());
	return 0;
}

/* OpenSSL would ask at the terminal. */
static int no_passphrase(char *out, int size, int writes, void *owner)
{
	(void)out;
	(void)size;
	(void)writes;
	*(bool *)owner = true;
	return -1;
}

static int load_key(SSL_CTX *ctx, const struct tls_files *f, struct err *err)
{
	bool is_locked = false;
	int r = tls_file_look(f->key_file, err), ok;

	if (r < 0)
		return r;
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, &is_locked);
	ok = SSL_CTX_use_PrivateKey_file(ctx, f->key_file, SSL_FILETYPE_PEM);
	SSL_CTX_set_default_passwd_cb_userdata(ctx, NULL);
	if (ok == 1 && SSL_CTX_check_private_key(ctx) == 1)
		return 0;
	if (is_locked) {
		ERR_clear_error();
		return err_set(err, -EINVAL,
			"%s: the key is locked by a passphrase, which a service cannot type",
			f->key_file);
	}
	if (ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509)
		return err_set(err, -EINVAL, "%s: does not belong to the certificate in %s (%s)",
			f->key_file, f->cert_file, reason());
	return err_set(
		err, -EINVAL, "%s: holds no private key in PEM form (%s)", f->key_file, reason());
}

int tls_files_load(SSL_CTX *ctx, const struct tls_files *f, struct err *err)
{
	int r;

	ERR_clear_error();
	r = load_cas(ctx, f->ca_file, err);
	if (r < 0 || !f->cert_file)
		return r;
	r = tls_file_look(f->cert_file, err);
	if (r < 0)
		return r;
	if (SSL_CTX_use_certificate_chain_file(ctx, f->cert_file) != 1)
		return err_set(err, -EINVAL, "%s: holds no certificate in PEM form (%s)",
			f->cert_file, reason());
	return load_key(ctx, f, err);
}
