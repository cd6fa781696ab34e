#include "daemon/filters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

void filters_deinit(struct filters *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->v[i].text);
	free(f->v);
	*f = (struct filters){0};
}

int filters_add(struct filters *f, const char *text, int qos)
{
	struct filter *v = reallocarray(f->v, f->count + 1, sizeof(*v));
	char *copy = strdup(text);

	if (v)
		f->v = v;
	if (!v || !copy) {
		free(copy);
		return -ENOMEM;
	}
	v[f->count++] = (struct filter){copy, qos};
	return 0;
}

/* The others keep their order. */
static void remove_at(struct filters *f, size_t i)
{
	free(f->v[i].text);
	f->count--;
	memmove(&f->v[i], &f->v[i + 1], (f->count - i) * sizeof(*f->v));
}

bool filters_have(const struct filters *f, const char *text)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->v[i].text, text) == 0)
			return true;
	}
	return false;
}

bool filters_take(const struct filters *f, const char *topic)
{
	for (size_t i = 0; i < f->count; i++) {
		if (filter_covers(f->v[i].text, topic))
			return true;
	}
	return false;
}

int filters_want(struct filters *f, const char *text, int qos)
{
	for (size_t i = 0; i < f->count; i++) {
		if (filter_covers(f->v[i].text, text)) {
			if (f->v[i].qos < qos)
				f->v[i].qos = qos;
			return 0;
		}
	}
	for (size_t i = f->count; i-- > 0;) {
		if (!filter_covers(text, f->v[i].text))
			continue;
		if (f->v[i].qos > qos)
			qos = f->v[i].qos;
		remove_at(f, i);
	}
	return filters_add(f, text, qos);
}

int filters_want_wide(struct filters *f, const char *text, int qos)
{
	char *wide = strdup(text), *joined;
	int r;

	for (size_t i = 0; wide && i < f->count; i++) {
		if (!filter_meets(wide, f->v[i].text))
			continue;
		if (f->v[i].qos > qos)
			qos = f->v[i].qos;
		joined = filter_join(wide, f->v[i].text);
		free(wide);
		wide = joined;
		remove_at(f, i);
		i = (size_t)-1; /* the wider one may meet others */
	}
	r = wide ? filters_add(f, wide, qos) : -ENOMEM;
	free(wide);
	return r;
}
