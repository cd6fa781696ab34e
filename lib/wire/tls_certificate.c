#include "lib/wire/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

static void print_name(char *out, size_t cap, X509 *cert)
{
	snprintf(out, cap, "a certificate without a name");
	if (cert && X509_NAME_entry_count(X509_get_subject_name(cert)) > 0)
		X509_NAME_oneline(X509_get_subject_name(cert), out, (int)cap);
}

static void print_time(char *out, size_t cap, const ASN1_TIME *t)
{
	struct tm tm = {0};

	*out = 0;
	if (ASN1_TIME_to_tm(t, &tm) == 1)
		strftime(out, cap, "%Y-%m-%d %H:%M UTC", &tm);
}

/* What the certificate says it is for: "broker.plant, 10.0.0.7". */
static void print_hosts(char *out, size_t cap, X509 *cert)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	size_t len = 0;

	*out = 0;
	for (int i = 0; names && i < sk_GENERAL_NAME_num(names) && len < cap; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);
		const char *between = len ? ", " : "";
		char address[INET6_ADDRSTRLEN];
		int size = n->type == GEN_IPADD ? ASN1_STRING_length(n->d.iPAddress) : 0;

		if (n->type == GEN_DNS)
			len += (size_t)snprintf(out + len, cap - len, "%s%.*s", between,
				ASN1_STRING_length(n->d.dNSName),
				(const char *)ASN1_STRING_get0_data(n->d.dNSName));
		else if ((size == 4 || size == 16) &&
			 inet_ntop(size == 4 ? AF_INET : AF_INET6,
				 ASN1_STRING_get0_data(n->d.iPAddress), address, sizeof(address)))
			len += (size_t)snprintf(out + len, cap - len, "%s%s", between, address);
	}
	GENERAL_NAMES_free(names);
	if (!*out)
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(cert), NID_commonName, out, (int)cap);
}

void tls_certificate_refused(char *out, size_t cap, X509_STORE_CTX *chain, const char *host)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(chain);
	int code = X509_STORE_CTX_get_error(chain);
	char name[120], when[40], hosts[120];
	const char *reason = X509_verify_cert_error_string(code);

	print_name(name, sizeof(name), cert);
	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		print_time(when, sizeof(when), X509_get0_notAfter(cert));
		snprintf(out, cap, "%s: %s ended at %s", reason, name, when);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		print_time(when, sizeof(when), X509_get0_notBefore(cert));
		snprintf(out, cap, "%s: %s begins at %s (is our clock right?)", reason, name, when);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		print_hosts(hosts, sizeof(hosts), cert);
		snprintf(out, cap, "%s: it is for %s, not for \"%s\"", reason, hosts, host);
		break;
	default:
		snprintf(out, cap, "%s: %s", reason, name);
	}
}
