#include "daemon/subscriptions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/wire/wire.h"

struct filters {
	char **v;
	size_t count;
};

struct subscriptions {
	char *folder;
	struct filters wanted[2]; /* by QoS */
	struct filters stale;     /* of earlier configurations */
	int mids[2];              /* of the requests that are not answered yet; 0: none */
	bool asked;
	char trouble[512];
};

static void filters_deinit(struct filters *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->v[i]);
	free(f->v);
}

static int filters_add(struct filters *f, const char *text)
{
	char **v = reallocarray(f->v, f->count + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	f->v = v;
	v[f->count] = strdup(text);
	if (!v[f->count])
		return -ENOMEM;
	f->count++;
	return 0;
}

static void filters_remove(struct filters *f, size_t i)
{
	free(f->v[i]);
	f->v[i] = f->v[--f->count];
}

static bool filters_have(const struct filters *f, const char *text)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->v[i], text) == 0)
			return true;
	}
	return false;
}

bool subscriptions_covers(const char *filter, const char *other)
{
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

/* A filter comes in; what it covers goes, what covers it stays, with the higher QoS of both. */
static int want(struct subscriptions *s, const char *filter, int qos)
{
	for (int q = 1; q >= 0; q--) {
		for (size_t i = 0; i < s->wanted[q].count; i++) {
			if (!subscriptions_covers(s->wanted[q].v[i], filter))
				continue;
			if (qos <= q)
				return 0;
			/* the wider one takes over the QoS */
			if (filters_add(&s->wanted[qos], s->wanted[q].v[i]) < 0)
				return -ENOMEM;
			filters_remove(&s->wanted[q], i);
			return 0;
		}
	}
	for (int q = 1; q >= 0; q--) {
		for (size_t i = s->wanted[q].count; i-- > 0;) {
			if (!subscriptions_covers(filter, s->wanted[q].v[i]))
				continue;
			qos = q > qos ? q : qos;
			filters_remove(&s->wanted[q], i);
		}
	}
	return filters_add(&s->wanted[qos], filter);
}

static int read_stale(struct subscriptions *s)
{
	char *path = NULL, *line = NULL;
	size_t cap = 0;
	ssize_t len;
	FILE *f;
	int r = 0;

	if (asprintf(&path, "%s/subscriptions", s->folder) < 0)
		return -ENOMEM;
	f = fopen(path, "re");
	free(path);
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (r == 0 && (len = getline(&line, &cap, f)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = 0;
		if (len > 0 && !filters_have(&s->wanted[0], line) &&
			!filters_have(&s->wanted[1], line) && !filters_have(&s->stale, line))
			r = filters_add(&s->stale, line);
	}
	free(line);
	fclose(f);
	return r;
}

static int put_filters(FILE *f, const struct filters *v)
{
	for (size_t i = 0; i < v->count; i++)
		fprintf(f, "%s\n", v->v[i]);
	return ferror(f) ? -EIO : 0;
}

static int write_file(const struct subscriptions *s, bool with_stale)
{
	char *path = NULL, *aside = NULL;
	FILE *f = NULL;
	int r = -ENOMEM;

	if (asprintf(&path, "%s/subscriptions", s->folder) < 0)
		path = NULL;
	else if (asprintf(&aside, "%s.new", path) < 0)
		aside = NULL;
	if (aside) {
		f = fopen(aside, "we");
		r = f ? 0 : -errno;
	}
	for (int q = 0; r == 0 && q < 2; q++)
		r = put_filters(f, &s->wanted[q]);
	if (r == 0 && with_stale)
		r = put_filters(f, &s->stale);
	if (r == 0 && (fflush(f) || fsync(fileno(f)) < 0))
		r = -errno;
	if (f && fclose(f) && r == 0)
		r = -errno;
	if (r == 0 && rename(aside, path) < 0)
		r = -errno;
	free(path);
	free(aside);
	return r;
}

/* What commands come on. */
static int want_commands(struct subscriptions *s, const char *root)
{
	char *filter;
	int r;

	if (asprintf(&filter, "%s/cmd/+", root) < 0)
		return -ENOMEM;
	r = want(s, filter, 1);
	free(filter);
	return r;
}

int subscriptions_new(struct subscriptions **out, const struct config *config, const char *marker,
	struct err *err)
{
	CLEANUP(subscriptions_free) struct subscriptions *s = calloc(1, sizeof(*s));
	int r = s && (s->folder = strdup(config->state_dir)) ? 0 : -ENOMEM;

	if (r == 0)
		r = want(s, marker, 1);
	if (r == 0)
		r = want_commands(s, config->publish);
	for (size_t l = 0; r == 0 && l < config->line_count; l++) {
		const struct plan *plan = &config->lines[l].plan;

		r = want_commands(s, config->lines[l].publish);
		for (size_t i = 0; r == 0 && i < plan->source_count; i++)
			r = want(s, topic_template_filter(plan->sources[i].topic),
				plan->sources[i].qos > 0);
	}
	if (r == 0)
		r = read_stale(s);
	if (r == 0)
		r = write_file(s, true);
	if (r < 0)
		return err_set(err, r, "%s/subscriptions: %s", config->state_dir, strerror(-r));
	*out = TAKE(s);
	return 0;
}

void subscriptions_free(struct subscriptions *s)
{
	if (!s)
		return;
	filters_deinit(&s->wanted[0]);
	filters_deinit(&s->wanted[1]);
	filters_deinit(&s->stale);
	free(s->folder);
	free(s);
}

int subscriptions_ask(struct subscriptions *s, struct wire *w)
{
	int r = 0;

	s->trouble[0] = 0;
	s->mids[0] = s->mids[1] = 0;
	s->asked = true;
	if (s->stale.count)
		r = wire_unsubscribe(w, (const char *const *)s->stale.v, s->stale.count);
	for (int q = 0; r == 0 && q < 2; q++) {
		if (s->wanted[q].count)
			r = wire_subscribe(w, &s->mids[q], (const char *const *)s->wanted[q].v,
				s->wanted[q].count, q);
	}
	return r;
}

bool subscriptions_answer(struct subscriptions *s, int mid, size_t count, const int *granted)
{
	int q = mid == s->mids[1];
	size_t used = strlen(s->trouble);

	if (!mid || mid != s->mids[q])
		return false;
	s->mids[q] = 0;
	for (size_t i = 0; i < count && i < s->wanted[q].count; i++) {
		if (granted[i] < 128 || used >= sizeof(s->trouble))
			continue;
		used += (size_t)snprintf(s->trouble + used, sizeof(s->trouble) - used,
			"%ssubscription to \"%s\" refused: %s", used ? ", " : "", s->wanted[q].v[i],
			granted[i] == 128 ? "not allowed" : wire_reason(granted[i]));
	}
	return !s->mids[0] && !s->mids[1];
}

const char *subscriptions_trouble(const struct subscriptions *s)
{
	return s->trouble;
}

void subscriptions_keep(struct subscriptions *s)
{
	/* when it cannot be written they are unsubscribed once more, which does no harm */
	if (s->stale.count && s->asked && !s->mids[0] && !s->mids[1])
		(void)write_file(s, false);
}
