#include "lib/base/hash.h"

#include <endian.h>
#include <string.h>

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t add_word(uint64_t h, uint64_t word)
{
	word *= 0x87c37b91114253d5u;
	word = rotl(word, 31);
	word *= 0x4cf5ad432745937fu;
	h ^= word;
	return rotl(h, 27) * 5 + 0x52dce729;
}

uint64_t hash64(uint64_t seed, const void *bytes, size_t len)
{
	const char *at = bytes;
	uint64_t h = seed, word;
	size_t left = len;

	for (; left >= 8; left -= 8, at += 8) {
		memcpy(&word, at, 8);
		h = add_word(h, le64toh(word));
	}
	if (left > 0) {
		word = 0;
		memcpy(&word, at, left);
		h = add_word(h, le64toh(word));
	}
	h ^= len;
	h = (h ^ (h >> 33)) * 0xff51afd7ed558ccdu;
	h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
	return h ^ (h >> 33);
}
