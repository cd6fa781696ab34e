/* The SHA-256 half of hash.h. */
#include <endian.h>
#include <string.h>

#include "lib/base/hash.h"

static const uint32_t round_constants[64] = {
	0x428a2f98,
	0x71374491,
	0xb5c0fbcf,
	0xe9b5dba5,
	0x3956c25b,
	0x59f111f1,
	0x923f82a4,
	0xab1c5ed5,
	0xd807aa98,
	0x12835b01,
	0x243185be,
	0x550c7dc3,
	0x72be5d74,
	0x80deb1fe,
	0x9bdc06a7,
	0xc19bf174,
	0xe49b69c1,
	0xefbe4786,
	0x0fc19dc6,
	0x240ca1cc,
	0x2de92c6f,
	0x4a7484aa,
	0x5cb0a9dc,
	0x76f988da,
	0x983e5152,
	0xa831c66d,
	0xb00327c8,
	0xbf597fc7,
	0xc6e00bf3,
	0xd5a79147,
	0x06ca6351,
	0x14292967,
	0x27b70a85,
	0x2e1b2138,
	0x4d2c6dfc,
	0x53380d13,
	0x650a7354,
	0x766a0abb,
	0x81c2c92e,
	0x92722c85,
	0xa2bfe8a1,
	0xa81a664b,
	0xc24b8b70,
	0xc76c51a3,
	0xd192e819,
	0xd6990624,
	0xf40e3585,
	0x106aa070,
	0x19a4c116,
	0x1e376c08,
	0x2748774c,
	0x34b0bcb5,
	0x391c0cb3,
	0x4ed8aa4a,
	0x5b9cca4f,
	0x682e6ff3,
	0x748f82ee,
	0x78a5636f,
	0x84c87814,
	0x8cc70208,
	0x90befffa,
	0xa4506ceb,
	0xbef9a3f7,
	0xc67178f2,
};

static uint32_t rotr(uint32_t x, int k)
{
	return (x >> k) | (x << (32 - k));
}

static void add_block(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[64], s[8];

	for (int i = 0; i < 16; i++) {
		memcpy(&w[i], block + 4 * i, 4);
		w[i] = be32toh(w[i]);
	}
	for (int i = 16; i < 64; i++) {
		uint32_t a = w[i - 15], b = w[i - 2];

		w[i] = w[i - 16] + (rotr(a, 7) ^ rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
		       (rotr(b, 17) ^ rotr(b, 19) ^ (b >> 10));
	}
	memcpy(s, state, sizeof(s));
	for (int i = 0; i < 64; i++) {
		uint32_t choose = (s[4] & s[5]) ^ (~s[4] & s[6]);
		uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		uint32_t t1 = s[7] + (rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25)) + choose +
			      round_constants[i] + w[i];
		uint32_t t2 = (rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22)) + majority;

		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_init(struct sha256 *h)
{
	*h = (struct sha256){
		.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
			0x1f83d9ab, 0x5be0cd19},
	};
}

void sha256_add(struct sha256 *h, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	size_t held = h->bytes % sizeof(h->block);

	h->bytes += len;
	while (len > 0) {
		size_t part = sizeof(h->block) - held;

		if (held == 0 && len >= sizeof(h->block)) {
			add_block(h->state, at);
		} else {
			part = part < len ? part : len;
			memcpy(h->block + held, at, part);
			held = (held + part) % sizeof(h->block);
			if (held == 0)
				add_block(h->state, h->block);
		}
		at += part;
		len -= part;
	}
}

void sha256_finish(struct sha256 *h, uint8_t digest[32])
{
	static const uint8_t padding[64] = {0x80};
	uint64_t bits = htobe64(h->bytes * 8);
	size_t held = h->bytes % 64;

	sha256_add(h, padding, held < 56 ? 56 - held : 120 - held);
	sha256_add(h, &bits, sizeof(bits));
	for (int i = 0; i < 8; i++) {
		uint32_t v = htobe32(h->state[i]);

		memcpy(digest + 4 * i, &v, 4);
	}
}

void sha256_hex(char out[SHA256_HEX], const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	struct sha256 h;
	uint8_t digest[32];

	sha256_init(&h);
	sha256_add(&h, bytes, len);
	sha256_finish(&h, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[64] = '\0';
}
