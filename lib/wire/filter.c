#include "lib/wire/filter.h"

#include <string.h>

#define FILTER_BYTES_MAX 65535

bool filter_is_valid(const char *filter)
{
	size_t len = strlen(filter);

	if (len < 1 || len > FILTER_BYTES_MAX)
		return false;
	for (;;) {
		size_t n = strcspn(filter, "/");

		if (n != 1 && strcspn(filter, "+#") < n)
			return false;
		if (filter[0] == '#' && filter[1])
			return false;
		if (!filter[n])
			return true;
		filter += n + 1;
	}
}

bool filter_covers(const char *filter, const char *other)
{
	if (other[0] == '$' && filter[0] != '$')
		return false; /* wildcards at the beginning do not match these */
	for (;;) {
		size_t a = strcspn(filter, "/"), b = strcspn(other, "/");

		if (a == 1 && *filter == '#')
			return true;
		if (b == 1 && *other == '#')
			return false;
		if (!(a == 1 && *filter == '+') && (a != b || memcmp(filter, other, a) != 0))
			return false;
		filter += a;
		other += b;
		if (!*filter || !*other) {
			/* "a/#" takes "a" too */
			return *filter == *other || strcmp(filter, "/#") == 0;
		}
		filter++;
		other++;
	}
}

static bool has_a_wider_one(const char *const *filters, size_t count, size_t which)
{
	for (size_t i = 0; i < count; i++) {
		if (i == which || !filter_covers(filters[i], filters[which]))
			continue;
		/* of two that are equal the first stays */
		if (i < which || !filter_covers(filters[which], filters[i]))
			return true;
	}
	return false;
}

size_t filters_keep_widest(const char **filters, size_t count)
{
	for (size_t i = count; i-- > 0;) {
		if (!has_a_wider_one(filters, count, i))
			continue;
		memmove(filters + i, filters + i + 1, (count - i - 1) * sizeof(*filters));
		count--;
	}
	return count;
}
