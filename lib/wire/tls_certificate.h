/* What is wrong with a broker's certificate, in words. Inside lib/wire. */
#pragma once

#include <openssl/x509_vfy.h>
#include <stddef.h>

/* The error that OpenSSL has just found in the chain: its reason, and the name, time or host that
 * it is about. `host`: whom the certificate should have been for. */
void tls_certificate_refused(char *out, size_t cap, X509_STORE_CTX *chain, const char *host);
