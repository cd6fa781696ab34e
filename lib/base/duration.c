/* Durations and sizes with their units: the last part of num.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{"ms", 1},
	{"s", 1000},
	{"min", 60 * 1000},
	{"h", 3600 * 1000},
	{"d", 86400000},
	{"y", 365 * INT64_C(86400000)},
};

static const struct unit sizes[] = {
	{"B", 1},
	{"KiB", 1024},
	{"MiB", 1024 * 1024},
	{"GiB", 1024 * 1024 * 1024},
};

/* -EINVAL when it is not digits and a unit, -ERANGE when it is too large for 64 bits. */
static int parse(const char *s, const struct unit *units, size_t count, int64_t *out)
{
	size_t digits = strspn(s, "0123456789");
	int64_t v;

	for (size_t i = 0; digits > 0 && i < count; i++) {
		if (strcmp(s + digits, units[i].name) != 0)
			continue;
		if (!num_parse_int(s, digits, &v) || __builtin_mul_overflow(v, units[i].factor, &v))
			return -ERANGE;
		*out = v;
		return 0;
	}
	return -EINVAL;
}

int duration_parse(const char *s, int64_t *out_ms, struct err *err)
{
	int r = parse(s, durations, ARRAY_LEN(durations), out_ms);

	if (r == -ERANGE)
		return err_set(err, -EINVAL, "\"%s\" is too long a duration", s);
	if (r < 0)
		return err_set(err, r,
			"\"%s\" is no duration, allowed are a whole number and one of "
			"ms, s, min, h, d, y, such as \"90s\"",
			s);
	return 0;
}

size_t duration_print(char out[NUM_TEXT_MAX], int64_t ms)
{
	size_t i = ARRAY_LEN(durations);

	do
		i--;
	while (i > 0 && (ms == 0 || ms % durations[i].factor != 0));
	return (size_t)snprintf(
		out, NUM_TEXT_MAX, "%" PRId64 "%s", ms / durations[i].factor, durations[i].name);
}

int size_parse(const char *s, int64_t *out_bytes, struct err *err)
{
	int r = parse(s, sizes, ARRAY_LEN(sizes), out_bytes);

	if (r == -ERANGE)
		return err_set(err, -EINVAL, "\"%s\" is too large a size", s);
	if (r < 0)
		return err_set(err, r,
			"\"%s\" is no size, allowed are a whole number and one of "
			"B, KiB, MiB, GiB, such as \"64KiB\"",
			s);
	return 0;
}
