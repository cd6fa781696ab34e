#include "lib/wire/filters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/filter.h"

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
