#include "lib/wire/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/wire/tls_certificate.h"
#include "lib/wire/tls_files.h"

#define NO_ALERT (-1)

struct tls {
	SSL_CTX *ctx;
	char *host;
	bool is_address; /* host: which has no server name to be sent */
	bool wants_write;
	int heard, said;   /* the last alert of the broker, and ours; NO_ALERT */
	char refusal[400]; /* why we do not accept the broker's certificate; "" */
	char why[200];
};

static bool is_address(const char *host)
{
	unsigned char a[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, a) == 1 || inet_pton(AF_INET6, host, a) == 1;
}

static int on_certificate(int is_good, X509_STORE_CTX *chain)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!is_good && !t->refusal[0])
		tls_certificate_refused(t->refusal, sizeof(t->refusal), chain, t->host);
	return is_good;
}

static void on_info(const SSL *const_ssl, int where, int value)
{
	SSL *ssl = (SSL *)(uintptr_t)const_ssl;
	struct tls *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	/* libmosquitto has named the address it was given */
	if (where & SSL_CB_HANDSHAKE_START)
		SSL_set_tlsext_host_name(ssl, t->is_address ? NULL : t->host);
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		t->heard = value & 0xff;
	else if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && t->said == NO_ALERT)
		t->said = value & 0xff;
}

static int set_name(struct tls *t, struct err *err)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(t->ctx);
	int ok;

	t->is_address = is_address(t->host);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	ok = t->is_address ? X509_VERIFY_PARAM_set1_ip_asc(param, t->host)
			   : X509_VERIFY_PARAM_set1_host(param, t->host, 0);
	ERR_clear_error();
	if (ok != 1)
		return err_set(err, -EINVAL, "no certificate can be for the host \"%s\"", t->host);
	return 0;
}

int tls_new(struct tls **out, const struct tls_files *f, struct err *err)
{
	CLEANUP(tls_free) struct tls *t = calloc(1, sizeof(*t));
	int r;

	if (t)
		t->ctx = SSL_CTX_new(TLS_client_method());
	if (t)
		t->host = strdup(f->host);
	if (!t || !t->ctx || !t->host)
		return err_set(err, -ENOMEM, "no memory for TLS");
	t->heard = t->said = NO_ALERT;
	t->wants_write = true; /* until TCP is connected */
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	/* MQTT knows where its packets end: a broker that just goes away is no error of TLS */
	SSL_CTX_set_options(t->ctx,
		SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_certificate);
	SSL_CTX_set_info_callback(t->ctx, on_info);
	r = set_name(t, err);
	if (r == 0)
		r = tls_files_load(t->ctx, f, err);
	if (r == 0)
		*out = TAKE(t);
	return r;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t->host);
	free(t);
}

int tls_days_left(const struct tls *t)
{
	const X509 *cert = SSL_CTX_get0_certificate(t->ctx);
	int days = TLS_NO_END, seconds = 0;

	if (cert && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1 &&
		seconds < 0)
		days--;
	return days;
}

void *tls_context(struct tls *t)
{
	return t->ctx;
}

bool tls_wants_write(const struct tls *t)
{
	return t->wants_write;
}

bool tls_has_more(void *ssl)
{
	return ssl && SSL_pending(ssl) > 0;
}

/* OpenSSL 3.0 has no words for this one. */
static const char *alert_words(int alert)
{
	return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required"
						    : SSL_alert_desc_string_long(alert);
}

/* What the broker's alert means for whoever has to mend it. */
static const char *meaning(int alert)
{
	switch (alert) {
	case SSL_AD_CERTIFICATE_REQUIRED:
		return ": it wants a client certificate";
	case SSL_AD_HANDSHAKE_FAILURE:
		return ": it may want a client certificate, or takes none of our ciphers";
	case SSL_AD_BAD_CERTIFICATE:
	case SSL_AD_UNSUPPORTED_CERTIFICATE:
	case SSL_AD_CERTIFICATE_REVOKED:
	case SSL_AD_CERTIFICATE_EXPIRED:
	case SSL_AD_CERTIFICATE_UNKNOWN:
	case SSL_AD_UNKNOWN_CA:
		return ": it does not accept our client certificate";
	case SSL_AD_PROTOCOL_VERSION:
		return ": it takes no version of TLS from 1.2 on";
	default:
		return "";
	}
}

static int refused_by_broker(const struct tls *t, struct err *err)
{
	return err_set(err, -EACCES, "the broker ends TLS (%s)%s", alert_words(t->heard),
		meaning(t->heard));
}

bool tls_was_turned_away(const struct tls *t)
{
	bool is_said = t->said != NO_ALERT && t->said != SSL_AD_CLOSE_NOTIFY;

	return is_said || (t->heard != NO_ALERT && t->heard != SSL_AD_CLOSE_NOTIFY);
}

const char *tls_why(const struct tls *t)
{
	struct tls *mine = (struct tls *)(uintptr_t)t;
	struct err err = {""};

	if (!tls_was_turned_away(t))
		return "the broker closed the connection";
	if (t->heard != NO_ALERT && t->heard != SSL_AD_CLOSE_NOTIFY)
		(void)refused_by_broker(t, &err);
	else
		(void)err_set(&err, -EPROTO, "TLS is broken (%s)", alert_words(t->said));
	snprintf(mine->why, sizeof(mine->why), "%s", err.text);
	return mine->why;
}

/* The handshake failed: `code` of SSL_get_error, errno as it was. */
static int explain(const struct tls *t, int code, int errno_then, struct err *err)
{
	unsigned long e = ERR_peek_last_error();
	int reason = ERR_GET_REASON(e);
	const char *text = ERR_reason_error_string(e);

	if (t->refusal[0])
		return err_set(
			err, -EACCES, "the broker's certificate is not accepted: %s", t->refusal);
	if (t->heard != NO_ALERT && t->heard != SSL_AD_CLOSE_NOTIFY)
		return refused_by_broker(t, err);
	if (code == SSL_ERROR_SYSCALL && errno_then && errno_then != ECONNRESET &&
		errno_then != EPIPE)
		return err_set(err, -errno_then, "%s", strerror(errno_then));
	if (code == SSL_ERROR_SYSCALL || code == SSL_ERROR_ZERO_RETURN ||
		reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return err_set(err, -ECONNRESET,
			"the broker closed the connection during the TLS handshake; is there TLS "
			"on that port?");
	if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
		reason == SSL_R_HTTP_REQUEST)
		return err_set(err, -EPROTO, "what answers on that port does not speak TLS (%s)",
			text ? text : "");
	return err_set(
		err, -EPROTO, "the TLS handshake failed: %s", text ? text : "no reason given");
}

int tls_failed(const struct tls *t, struct err *err)
{
	return explain(t, SSL_ERROR_SSL, 0, err);
}

/* The CAs are needed no longer; those of the system are a megabyte. */
static void drop_cas(struct tls *t)
{
	X509_STORE *none = X509_STORE_new();

	if (none)
		SSL_CTX_set_cert_store(t->ctx, none);
}

int tls_shake(struct tls *t, void *ssl, struct err *err)
{
	int r, code, errno_then;

	ERR_clear_error();
	errno = 0;
	r = SSL_connect(ssl);
	errno_then = errno;
	t->wants_write = false;
	if (r == 1) {
		drop_cas(t);
		return 0;
	}
	code = SSL_get_error(ssl, r);
	if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE) {
		t->wants_write = code == SSL_ERROR_WANT_WRITE;
		return TLS_GOES_ON;
	}
	/* nothing ever left: the library, which tried first, got the true error and kept it */
	if (errno_then == EPIPE && BIO_number_written(SSL_get_wbio(ssl)) == 0)
		errno_then = ECONNREFUSED;
	r = explain(t, code, errno_then, err);
	ERR_clear_error();
	return r;
}
