/* Printing numbers: the second half of num.h. */
#include <assert.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/num.h"

static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

/* Values with few decimals, which most are: the smallest k for which v is an integer of at most 15
 * digits over 10^k. Such a quotient is rounded once, as reading the text back is. */
static size_t print_short(char out[NUM_TEXT_MAX], double v)
{
	double size = fabs(v);
	char digits[NUM_TEXT_MAX];
	size_t whole, n = 0;

	if (size >= 1e15 || (size < 1e-4 && size != 0))
		return 0;
	for (size_t k = 0; k < sizeof(powers) / sizeof(powers[0]); k++) {
		double scaled = nearbyint(size * powers[k]);

		if (scaled >= 1e15)
			return 0;
		if (scaled / powers[k] != size)
			continue;
		/* at least one digit before the point */
		whole = (size_t)snprintf(
			digits, sizeof(digits), "%0*" PRId64, (int)k + 1, (int64_t)scaled);
		whole -= k;
		if (v < 0)
			out[n++] = '-';
		memcpy(out + n, digits, whole);
		n += whole;
		if (k > 0) {
			out[n++] = '.';
			memcpy(out + n, digits + whole, k);
			n += k;
		}
		out[n] = '\0';
		return n;
	}
	return 0;
}

/* Fewest digits that read back to the same value, as double and, for floats, as float. printf and
 * strtod follow the thread's locale, so the thread is in "C" meanwhile (in glibc that locale is
 * static: nothing is allocated). */
static size_t print_digits(char out[NUM_TEXT_MAX], double v, int fewest, int most, bool is_float)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	locale_t before = uselocale(plain);
	int n = 0;

	for (int digits = fewest; digits <= most; digits++) {
		double back;

		n = snprintf(out, NUM_TEXT_MAX, "%.*g", digits, v);
		back = strtod(out, NULL);
		if (is_float ? (float)back == (float)v && strtof(out, NULL) == (float)v : back == v)
			break;
	}
	uselocale(before);
	freelocale(plain);
	return (size_t)n;
}

/* "1" becomes "1.0", "1e+30" becomes "1.0e+30". */
static size_t add_point(char text[NUM_TEXT_MAX], size_t len)
{
	size_t mantissa = strcspn(text, ".e");

	if (text[mantissa] == '.')
		return len;
	memmove(text + mantissa + 2, text + mantissa, len - mantissa + 1);
	memcpy(text + mantissa, ".0", 2);
	return len + 2;
}

size_t num_print(char out[NUM_TEXT_MAX], double v, bool point)
{
	size_t len;

	assert(isfinite(v));
	len = print_short(out, v);
	if (len == 0)
		len = print_digits(out, v, isnormal(v) ? 15 : 1, 17, false);
	return point ? add_point(out, len) : len;
}

size_t num_print_float(char out[NUM_TEXT_MAX], float v, bool point)
{
	size_t len;

	assert(isfinite(v));
	len = v == 0 ? print_short(out, 0) : print_digits(out, v, isnormal(v) ? 6 : 1, 9, true);
	return point ? add_point(out, len) : len;
}
