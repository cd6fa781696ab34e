/* Reading numbers: the first half of num.h. */
#include "lib/base/num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* More digits than decide a double (767) never change it but as "there is something behind". */
#define DIGITS_KEPT 770
#define EXPONENT_BOUND 1000000000

/* A number as it was written: (-1)^negative * digits * 10^exponent, where digits are those of
 * first .. end without the point. */
struct decimal {
	bool is_negative;
	const char *first, *end; /* from the first digit that is not 0; may hold a point */
	size_t digits;           /* how many those are */
	uint64_t leading;        /* the first up to 19 of them */
	int64_t exponent;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void add_digit(struct decimal *d, const char *at)
{
	if (*at == '0' && d->digits == 0)
		return;
	if (d->digits == 0)
		d->first = at;
	if (d->digits < 19)
		d->leading = d->leading * 10 + (uint64_t)(*at - '0');
	d->digits++;
	d->end = at + 1;
}

static const char *scan_digits(struct decimal *d, const char *s, const char *end)
{
	for (; s < end && is_digit(*s); s++)
		add_digit(d, s);
	return s;
}

/* NULL when what follows is no exponent. */
static const char *scan_exponent(struct decimal *d, const char *s, const char *end)
{
	bool is_negative = false;
	int64_t e = 0;

	if (s < end && (*s == '+' || *s == '-'))
		is_negative = *s++ == '-';
	if (s == end || !is_digit(*s))
		return NULL;
	for (; s < end && is_digit(*s); s++) {
		if (e < EXPONENT_BOUND)
			e = e * 10 + (*s - '0');
	}
	d->exponent += is_negative ? -e : e;
	return s;
}

static bool scan(struct decimal *d, const char *s, const char *end, bool is_lenient)
{
	const char *whole, *point;

	*d = (struct decimal){0};
	if (s < end && (*s == '-' || (is_lenient && *s == '+')))
		d->is_negative = *s++ == '-';
	whole = s;
	s = scan_digits(d, s, end);
	if (!is_lenient && (s == whole || (*whole == '0' && s - whole > 1)))
		return false;
	if (s < end && *s == '.') {
		point = s++;
		s = scan_digits(d, s, end);
		d->exponent = -(s - point - 1);
		if (s - point == 1 && (!is_lenient || point == whole))
			return false;
	} else if (s == whole) {
		return false;
	}
	if (s < end && (*s == 'e' || *s == 'E'))
		s = scan_exponent(d, s + 1, end);
	return s == end;
}

/* Clinger's case: digits and the power of ten are both exact doubles, one rounding decides. */
static bool convert_exactly(const struct decimal *d, double *out)
{
	static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10,
		1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

	if (d->digits > 19 || d->leading > (UINT64_C(1) << 53) || d->exponent < -22 ||
		d->exponent > 22)
		return false;
	*out = (double)d->leading;
	if (d->exponent < 0)
		*out /= powers[-d->exponent];
	else
		*out *= powers[d->exponent];
	return true;
}

/* The general case: written again without a point, so that no locale matters, for strtod. */
static double convert(const struct decimal *d)
{
	char text[DIGITS_KEPT + 32];
	int64_t exponent = d->exponent;
	bool is_more = false;
	size_t n = 0;

	for (const char *s = d->first; s < d->end; s++) {
		if (*s == '.')
			continue;
		if (n < DIGITS_KEPT)
			text[n++] = *s;
		else
			is_more |= *s != '0';
	}
	exponent += (int64_t)(d->digits - n);
	if (is_more) {
		text[n++] = '1';
		exponent--;
	}
	snprintf(text + n, sizeof(text) - n, "e%" PRId64, exponent);
	return strtod(text, NULL);
}

static bool parse(const char *s, size_t len, bool is_lenient, double *out)
{
	struct decimal d;
	double v;

	if (!scan(&d, s, s + len, is_lenient))
		return false;
	if (d.digits == 0)
		v = 0;
	else if (!convert_exactly(&d, &v))
		v = convert(&d);
	if (!isfinite(v))
		return false;
	*out = d.is_negative ? -v : v;
	return true;
}

bool num_parse(const char *s, size_t len, double *out)
{
	return parse(s, len, false, out);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool num_parse_lenient(const char *s, size_t len, double *out)
{
	while (len > 0 && is_space(*s)) {
		s++;
		len--;
	}
	while (len > 0 && is_space(s[len - 1]))
		len--;
	return parse(s, len, true, out);
}

bool num_parse_int(const char *s, size_t len, int64_t *out)
{
	const char *end = s + len;
	bool is_negative = len > 0 && *s == '-';
	int64_t v = 0;

	s += is_negative;
	if (s == end)
		return false;
	for (; s < end; s++) {
		int digit = *s - '0';

		if (!is_digit(*s) || __builtin_mul_overflow(v, 10, &v))
			return false;
		if (is_negative ? __builtin_sub_overflow(v, digit, &v)
				: __builtin_add_overflow(v, digit, &v))
			return false;
	}
	*out = v;
	return true;
}
