#include "daemon/subscriptions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/wire/filters.h"
#include "lib/wire/wire.h"

struct subscriptions {
	char *folder;
	struct filters wanted; /* as configured */
	struct filters asked;  /* no two of them meet */
	struct filters stale;  /* of earlier configurations */
	bool is_wider;         /* more is asked for than is wanted */

	const char **of_qos[2]; /* the filters of `asked`, by QoS */
	size_t counts[2];
	const char **open[2]; /* those of the requests that are not answered yet */
	size_t open_counts[2];
	int mids[2]; /* of the requests that are not answered yet; 0: none */
	bool has_asked;
	char trouble[512];
};

static int want(struct subscriptions *s, const char *filter, int qos)
{
	int r = filters_want(&s->wanted, filter, qos);

	return r == 0 ? filters_want_wide(&s->asked, filter, qos) : r;
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
		if (len > 0 && !filters_have(&s->asked, line) && !filters_have(&s->stale, line))
			r = filters_add(&s->stale, line, 0);
	}
	free(line);
	fclose(f);
	return r;
}

static int put_filters(FILE *f, const struct filters *v)
{
	for (size_t i = 0; i < v->count; i++)
		fprintf(f, "%s\n", v->v[i].text);
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
	if (r == 0)
		r = put_filters(f, &s->asked);
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

static int want_sources(struct subscriptions *s, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->source_count; i++)
		r = want(
			s, topic_template_filter(plan->sources[i].topic), plan->sources[i].qos > 0);
	return r;
}

static int want_all(struct subscriptions *s, const struct config *config, const char *marker)
{
	int r = want(s, marker, 1);

	if (r == 0)
		r = want_commands(s, config->publish);
	for (size_t l = 0; r == 0 && l < config->line_count; l++) {
		r = want_commands(s, config->lines[l].publish);
		if (r == 0)
			r = want_sources(s, &config->lines[l].plan);
	}
	return r;
}

static int want_before(struct subscriptions *s, const struct config *const *before, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t l = 0; before[i] && r == 0 && l < before[i]->line_count; l++)
			r = want_sources(s, &before[i]->lines[l].plan);
	return r;
}

static int sort_by_qos(struct subscriptions *s)
{
	for (int q = 0; q < 2; q++) {
		s->of_qos[q] = calloc(s->asked.count + 1, sizeof(*s->of_qos[q]));
		s->open[q] = calloc(s->asked.count + 1, sizeof(*s->open[q]));
		if (!s->of_qos[q] || !s->open[q])
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->asked.count; i++) {
		const struct filter *f = &s->asked.v[i];

		s->of_qos[f->qos][s->counts[f->qos]++] = f->text;
	}
	return 0;
}

static void tell_wider(struct subscriptions *s)
{
	for (size_t i = 0; i < s->asked.count; i++) {
		if (filters_have(&s->wanted, s->asked.v[i].text))
			continue;
		s->is_wider = true;
		log_info("topics of sources overlap: \"%s\" is subscribed to for them, so that "
			 "each message comes once; what nobody wants of it is left aside",
			s->asked.v[i].text);
	}
}

int subscriptions_new(struct subscriptions **out, const struct config *config,
	const struct config *const *before, size_t count, const char *marker, struct err *err)
{
	CLEANUP(subscriptions_free) struct subscriptions *s = calloc(1, sizeof(*s));
	int r = s && (s->folder = strdup(config->state_dir)) ? 0 : -ENOMEM;

	if (r == 0)
		r = want_all(s, config, marker);
	if (r == 0)
		r = want_before(s, before, count);
	if (r == 0)
		r = sort_by_qos(s);
	if (r == 0)
		r = read_stale(s);
	if (r == 0)
		r = write_file(s, true);
	if (r < 0)
		return err_set(err, r, "%s/subscriptions: %s", config->state_dir, strerror(-r));
	tell_wider(s);
	*out = TAKE(s);
	return 0;
}

void subscriptions_free(struct subscriptions *s)
{
	if (!s)
		return;
	filters_deinit(&s->wanted);
	filters_deinit(&s->asked);
	filters_deinit(&s->stale);
	for (int q = 0; q < 2; q++) {
		free(s->of_qos[q]);
		free(s->open[q]);
	}
	free(s->folder);
	free(s);
}

static int unsubscribe_stale(const struct subscriptions *s, struct wire *w)
{
	const char **texts;
	int r;

	if (!s->stale.count)
		return 0;
	texts = calloc(s->stale.count, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < s->stale.count; i++)
		texts[i] = s->stale.v[i].text;
	r = wire_unsubscribe(w, texts, s->stale.count);
	free(texts);
	return r;
}

static bool has_asked_for(const struct subscriptions *s, const char *filter, int qos)
{
	for (size_t i = 0; i < s->asked.count; i++)
		if (s->asked.v[i].qos == qos && strcmp(s->asked.v[i].text, filter) == 0)
			return true;
	return false;
}

/* Subscribing comes first: where a wider filter takes over, no message is nobody's meanwhile. What
 * `old` has asked for is not asked for again (the broker would send retained messages again). */
static int ask(struct subscriptions *s, const struct subscriptions *old, struct wire *w)
{
	int r = 0;

	s->trouble[0] = 0;
	s->mids[0] = s->mids[1] = 0;
	s->has_asked = true;
	for (int q = 0; r == 0 && q < 2; q++) {
		s->open_counts[q] = 0;
		for (size_t i = 0; i < s->counts[q]; i++)
			if (!old || !has_asked_for(old, s->of_qos[q][i], q))
				s->open[q][s->open_counts[q]++] = s->of_qos[q][i];
		if (s->open_counts[q])
			r = wire_subscribe(w, &s->mids[q], s->open[q], s->open_counts[q], q);
	}
	return r == 0 ? unsubscribe_stale(s, w) : r;
}

int subscriptions_ask(struct subscriptions *s, struct wire *w)
{
	return ask(s, NULL, w);
}

int subscriptions_change(struct subscriptions *s, const struct subscriptions *old, struct wire *w)
{
	bool is_settled = old->has_asked && !old->mids[0] && !old->mids[1] && !old->trouble[0];

	return ask(s, is_settled ? old : NULL, w);
}

bool subscriptions_answer(struct subscriptions *s, int mid, size_t count, const int *granted)
{
	int q = mid == s->mids[1];
	size_t used = strlen(s->trouble);

	if (!mid || mid != s->mids[q])
		return false;
	s->mids[q] = 0;
	for (size_t i = 0; i < count && i < s->open_counts[q]; i++) {
		if (granted[i] < 128 || used >= sizeof(s->trouble))
			continue;
		used += (size_t)snprintf(s->trouble + used, sizeof(s->trouble) - used,
			"%ssubscription to \"%s\" refused: %s", used ? ", " : "", s->open[q][i],
			granted[i] == 128 ? "not allowed" : wire_reason(granted[i]));
	}
	return !s->mids[0] && !s->mids[1];
}

bool subscriptions_are_open(const struct subscriptions *s)
{
	return s->mids[0] || s->mids[1];
}

const char *subscriptions_trouble(const struct subscriptions *s)
{
	return s->trouble;
}

void subscriptions_keep(struct subscriptions *s)
{
	/* when it cannot be written they are unsubscribed once more, which does no harm */
	if (s->stale.count && s->has_asked && !s->mids[0] && !s->mids[1])
		(void)write_file(s, false);
}

bool subscriptions_is_unwanted(const struct subscriptions *s, const char *topic)
{
	return s->is_wider && !filters_take(&s->wanted, topic) && filters_take(&s->asked, topic);
}
