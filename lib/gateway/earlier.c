#include "lib/gateway/earlier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/in_force.h"

struct reading {
	struct gateway *g;
	struct config *config; /* what they come to */
	size_t count, same;
};

static struct gateway_line *find_line(struct gateway *g, const char *name)
{
	for (size_t i = 0; i < g->config->line_count; i++) {
		if (strcmp(g->lines[i].config->name, name) == 0)
			return &g->lines[i];
	}
	return NULL;
}

/* Today's file in the place of a text that cannot be used. */
static int take_todays(struct reading *r, struct gateway_line *l, const char *why)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	int rc;

	if (!l)
		return 0;
	snprintf(l->earlier_trouble, sizeof(l->earlier_trouble), "%s", why);
	rc = config_add_line(r->config, l->config->file, l->config->text, &report);
	return rc == -EINVAL ? 0 : rc; /* it was read a moment ago */
}

static int compare(void *owner, const struct in_force *f)
{
	struct reading *r = owner;
	const struct gateway_line *today = find_line(r->g, f->line);

	r->count++;
	r->same += today && strcmp(today->config->sha256, f->sha256) == 0;
	return 0;
}

static int add_line(void *owner, const struct in_force *f)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct reading *r = owner;
	struct gateway_line *today = find_line(r->g, f->line);
	char file[128];
	int rc;

	if (!f->text)
		return take_todays(r, today, "its text is not in the database");
	snprintf(file, sizeof(file), "the line file of \"%.64s\" before", f->line);
	rc = config_add_line(r->config, file, f->text, &report);
	if (rc != -EINVAL)
		return rc;
	return take_todays(r, today, config_first_error(&report));
}

int earlier_config(struct config **out, struct gateway *g, struct store *s, struct err *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct reading r = {.g = g};
	int rc = store_each_in_force(s, compare, &r, err);

	if (rc < 0)
		return rc;
	if (r.count == 0)
		return EARLIER_NONE;
	if (r.same == r.count && r.count == g->config->line_count)
		return 0;
	rc = config_without_lines(&config, g->config);
	r.config = config;
	if (rc == 0)
		rc = store_each_in_force(s, add_line, &r, err);
	if (rc == -ENOMEM)
		return err_set(err, rc, "no memory for the line files of before");
	if (rc < 0)
		return rc;
	*out = TAKE(config);
	return EARLIER_OTHER;
}
