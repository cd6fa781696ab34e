#include "lib/wire/filter.h"

#include <stdlib.h>
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

/* The first level of a filter or topic. */
struct level {
	const char *at;
	size_t len;
};

static struct level level_of(const char *filter)
{
	return (struct level){filter, strcspn(filter, "/")};
}

static bool is_wild(const struct level *l, char wildcard)
{
	return l->len == 1 && *l->at == wildcard;
}

static bool is_same(const struct level *a, const struct level *b)
{
	return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

/* What begins with $ is not taken by a filter that begins with a wildcard (MQTT 5, 4.7.2). */
static bool is_apart(const char *wild, const char *other)
{
	return (*wild == '+' || *wild == '#') && *other == '$';
}

/* Behind a last level: is nothing left of either, or one # that takes the level before it, too? */
static bool end_together(const char *left, const char *other)
{
	return *left == *other || strcmp(left, "/#") == 0;
}

bool filter_covers(const char *filter, const char *other)
{
	if (is_apart(filter, other))
		return false;
	for (;;) {
		struct level a = level_of(filter), b = level_of(other);

		if (is_wild(&a, '#'))
			return true;
		if (is_wild(&b, '#') || (!is_wild(&a, '+') && !is_same(&a, &b)))
			return false;
		filter += a.len;
		other += b.len;
		if (!*filter || !*other)
			return end_together(filter, other);
		filter++;
		other++;
	}
}

bool filter_meets(const char *a, const char *b)
{
	if (is_apart(a, b) || is_apart(b, a))
		return false;
	for (;;) {
		struct level la = level_of(a), lb = level_of(b);

		if (is_wild(&la, '#') || is_wild(&lb, '#'))
			return true;
		if (!is_wild(&la, '+') && !is_wild(&lb, '+') && !is_same(&la, &lb))
			return false;
		a += la.len;
		b += lb.len;
		if (!*a || !*b)
			return end_together(a, b) || end_together(b, a);
		a++;
		b++;
	}
}

char *filter_join(const char *a, const char *b)
{
	char *joined = malloc(strlen(a) + strlen(b) + 3), *at = joined;

	while (joined) {
		struct level la = level_of(a), lb = level_of(b);

		if (is_wild(&la, '#') || is_wild(&lb, '#')) {
			at = stpcpy(at, "#");
			break;
		}
		if (is_same(&la, &lb))
			at = mempcpy(at, la.at, la.len);
		else
			*at++ = '+';
		a += la.len;
		b += lb.len;
		if (!*a || !*b) {
			at = stpcpy(at, *a ? a : b); /* "" or "/#" */
			break;
		}
		*at++ = '/';
		a++;
		b++;
	}
	if (joined)
		*at = 0;
	return joined;
}
