/* SHA-256 (FIPS 180-4) and a fast 64-bit hash. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"

#define SHA256_HEX 65 /* 64 digits and a NUL */

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *bytes, size_t len);
void sha256_finish(struct sha256 *h, uint8_t digest[32]);
void sha256_hex(char out[SHA256_HEX], const void *bytes, size_t len); /* all in one, lower case */

/* 64-bit hash of `bytes`, continuing from `seed`: the steps of MurmurHash3 on words of 8 bytes. No
 * secret. It is kept in files, so it is the same on every machine and stays as it is. */
uint64_t hash64(uint64_t seed, const void *bytes, size_t len);
