/* Percentiles of numbers. */
#include "lib/feature/percentile.h"

#include <stdbool.h>
#include <string.h>

#define WHOLE 20          /* twentieths */
#define FEW 64            /* up to here insertion is faster */
#define DIGITS 256        /* radix sort by bytes, the lowest first (Knuth, TAOCP 3, 5.2.5) */
#define SIGN (1ull << 63) /* of a double's bits */

/* An integer that orders as the number does. */
static uint64_t key_of(double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits & SIGN ? ~bits : bits | SIGN;
}

static void sort_few(struct weighed *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct weighed moved = v[i];
		size_t at = i;

		for (; at > 0 && v[at - 1].number > moved.number; at--)
			v[at] = v[at - 1];
		v[at] = moved;
	}
}

/* One pass: from `in` to `out` by the byte at `shift`. False: all have the same, nothing was done.
 */
static bool sort_by_byte(const struct weighed *in, struct weighed *out, size_t n, unsigned shift)
{
	size_t places[DIGITS] = {0}, next = 0;

	for (size_t i = 0; i < n; i++)
		places[key_of(in[i].number) >> shift & (DIGITS - 1)]++;
	if (places[key_of(in[0].number) >> shift & (DIGITS - 1)] == n)
		return false;
	for (size_t digit = 0; digit < DIGITS; digit++) {
		size_t count = places[digit];

		places[digit] = next;
		next += count;
	}
	for (size_t i = 0; i < n; i++)
		out[places[key_of(in[i].number) >> shift & (DIGITS - 1)]++] = in[i];
	return true;
}

void percentile_sort(struct weighed *v, struct weighed *scratch, size_t n)
{
	struct weighed *from = v, *to = scratch;

	if (n <= FEW) {
		sort_few(v, n);
		return;
	}
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!sort_by_byte(from, to, n, shift))
			continue;
		to = from;
		from = from == v ? scratch : v;
	}
	if (from != v)
		memcpy(v, scratch, n * sizeof(*v));
}

/* Between two numbers, without overflow between large ones nor rounding outside them. */
static double between(double low, double high, unsigned twentieths)
{
	double part = twentieths / (double)WHOLE;

	if (low < 0 && high > 0)
		return low * ((WHOLE - twentieths) / (double)WHOLE) + high * part;
	return low + (high - low) * part;
}

double percentile_plain(const struct weighed *v, size_t n, unsigned twentieths)
{
	uint64_t rank = (uint64_t)(n - 1) * twentieths;
	size_t low = (size_t)(rank / WHOLE);
	unsigned part = (unsigned)(rank % WHOLE);

	return part == 0 ? v[low].number : between(v[low].number, v[low + 1].number, part);
}

double percentile_weighted(const struct weighed *v, size_t n, uint64_t whole, unsigned twentieths)
{
	/* whole * twentieths / WHOLE, split so that it cannot overflow */
	uint64_t rest = whole % WHOLE * twentieths;
	uint64_t limit = whole / WHOLE * twentieths + rest / WHOLE;
	uint64_t sum = 0;
	size_t low = n; /* there the sum is just that part */

	for (size_t i = 0; i < n; i++) {
		sum += v[i].weight;
		if (sum > limit)
			return low < n ? between(v[low].number, v[i].number, WHOLE / 2)
				       : v[i].number;
		if (sum == limit && rest % WHOLE == 0 && low == n)
			low = i;
	}
	return v[n - 1].number;
}
