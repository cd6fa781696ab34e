/* The context of a TLS connection out of its files. Inside lib/wire. */
#pragma once

#include <openssl/ssl.h>

#include "lib/wire/tls.h"

/* CAs, our certificate and key into the context; as tls_new says. */
MUST_CHECK int tls_files_load(SSL_CTX *ctx, const struct tls_files *f, struct err *err);
