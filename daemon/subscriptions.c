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

static int want_all(struct subscriptions *s, const struct config *config, const char *marker)
{
	int r = want(s, marker, 1);

	if (r == 0)
		r = want_commands(s, config->publish);
	for (size_t l = 0; r == 0 && l < config->line_count; l++) {
		const struct plan *plan = &config->lines[l].plan;

		r = want_commands(s, config->lines[l].publish);
		for (size_t i = 0; r == 0 && i < plan->source_count; i++)
			r = want(s, topic_template_filter(plan->sources[i].topic),
				plan->sources[i].qos > 0);
	}
	return r;
}

static int sort_by_qos(struct subscriptions *s)
{
	for (int q = 0; q < 2; q++) {
		s->of_qos[q] = calloc(s->asked.count, sizeof(*s->of_qos[q]));
		if (!s->of_qos[q])
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

int subscriptions_new(struct subscriptions **out, const struct config *config, const char *marker,
	struct err *err)
{
	CLEANUP(subscriptions_free) struct subscriptions *s = calloc(1, sizeof(*s));
	int r = s && (s->folder = strdup(config->state_dir)) ? 0 : -ENOMEM;

	if (r == 0)
		r = want_all(s, config, marker);
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
	free(s->of_qos[0]);
	free(s->of_qos[1]);
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

/* Subscribing comes first: where a wider filter takes over, no message is nobody's meanwhile. */
int subscriptions_ask(struct subscriptions *s, struct wire *w)
{
	int r = 0;

	s->trouble[0] = 0;
	s->mids[0] = s->mids[1] = 0;
	s->has_asked = true;
	for (int q = 0; r == 0 && q < 2; q++) {
		if (s->counts[q])
			r = wire_subscribe(w, &s->mids[q], s->of_qos[q], s->counts[q], q);
	}
	return r == 0 ? unsubscribe_stale(s, w) : r;
}

bool subscriptions_answer(struct subscriptions *s, int mid, size_t count, const int *granted)
{
	int q = mid == s->mids[1];
	size_t used = strlen(s->trouble);

	if (!mid || mid != s->mids[q])
		return false;
	s->mids[q] = 0;
	for (size_t i = 0; i < count && i < s->counts[q]; i++) {
		if (granted[i] < 128 || used >= sizeof(s->trouble))
			continue;
		used += (size_t)snprintf(s->trouble + used, sizeof(s->trouble) - used,
			"%ssubscription to \"%s\" refused: %s", used ? ", " : "", s->of_qos[q][i],
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
	if (s->stale.count && s->has_asked && !s->mids[0] && !s->mids[1])
		(void)write_file(s, false);
}

bool subscriptions_is_unwanted(const struct subscriptions *s, const char *topic)
{
	return s->is_wider && !filters_take(&s->wanted, topic) && filters_take(&s->asked, topic);
}
