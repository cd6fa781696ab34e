#include "lib/store/roles.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/store/registry.h"

static const char *const names[] = {
	[ROLE_CHAMPION] = "champion",
	[ROLE_PREVIOUS] = "previous",
	[ROLE_CHALLENGER] = "challenger",
	[ROLE_RETIRED] = "retired",
};

const char *model_role_name(enum model_role role)
{
	return names[role];
}

/* What this program does not know has no role of its own. */
static enum model_role role_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(names[i], name) == 0)
			return (enum model_role)i;
	}
	return ROLE_RETIRED;
}

static int put(struct roles *r, const struct role *role)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->v[i].sha256, role->sha256) == 0) {
			r->v[i] = *role;
			return 0;
		}
	}
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 8;
		struct role *v = reallocarray(r->v, cap, sizeof(*v));

		if (!v)
			return -ENOMEM;
		r->v = v;
		r->cap = cap;
	}
	r->v[r->count++] = *role;
	return 0;
}

static int load_row(void *owner, const struct model_row *m)
{
	struct role role = {.role = role_of(m->role), .at_ms = m->at_ms};

	if (strlen(m->sha256) >= SHA256_HEX)
		return 0; /* nothing of ours */
	strcpy(role.sha256, m->sha256);
	return put(owner, &role);
}

int roles_load(struct roles *out, struct store *s, const char *line, struct err *err)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	int rc = store_each_model(s, line, load_row, &r, err);

	if (rc == -ENOMEM)
		return err_set(err, rc, "no memory for the models of line \"%s\"", line);
	if (rc < 0)
		return rc;
	roles_deinit(out);
	*out = r;
	r = (struct roles){0};
	return 0;
}

void roles_deinit(struct roles *r)
{
	free(r->v);
	*r = (struct roles){0};
}

const struct role *roles_with(const struct roles *r, enum model_role role)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->v[i].role == role)
			return &r->v[i];
	}
	return NULL;
}

const struct role *roles_find(const struct roles *r, const char *sha256)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->v[i].sha256, sha256) == 0)
			return &r->v[i];
	}
	return NULL;
}

enum roles_lookup roles_look_up(const struct roles *r, const char *name, const struct role **out)
{
	const struct role *found = NULL;
	size_t len = strlen(name);

	for (enum model_role role = ROLE_CHAMPION; role < ROLE_RETIRED; role++) {
		if (strcmp(name, names[role]) != 0)
			continue;
		*out = roles_with(r, role);
		return *out ? ROLES_FOUND : ROLES_UNKNOWN;
	}
	if (len < ROLES_DIGITS_MIN)
		return ROLES_UNKNOWN;
	for (size_t i = 0; i < r->count; i++) {
		if (strncasecmp(r->v[i].sha256, name, len) != 0)
			continue;
		if (found)
			return ROLES_AMBIGUOUS;
		found = &r->v[i];
	}
	*out = found;
	return found ? ROLES_FOUND : ROLES_UNKNOWN;
}

static void add(struct role_changes *c, const char *sha256, enum model_role role, int64_t at_ms)
{
	struct role *to = &c->v[c->count++];

	assert(c->count <= ROLE_CHANGES_MAX);
	*to = (struct role){.role = role, .at_ms = at_ms};
	strcpy(to->sha256, sha256);
}

/* Whoever has `from`, but not the model itself, gets `to`. */
static void hand_on(struct role_changes *c, const struct roles *r, const char *sha256,
	enum model_role from, enum model_role to, int64_t at_ms)
{
	const struct role *holder = roles_with(r, from);

	if (holder && strcmp(holder->sha256, sha256) != 0)
		add(c, holder->sha256, to, at_ms);
}

struct role_changes roles_change(
	const struct roles *r, const char *sha256, enum model_role role, int64_t at_ms)
{
	struct role_changes c = {.count = 0};
	const struct role *champion = roles_with(r, ROLE_CHAMPION);

	assert(strlen(sha256) < SHA256_HEX);
	if (role == ROLE_CHALLENGER) {
		hand_on(&c, r, sha256, ROLE_CHALLENGER, ROLE_RETIRED, at_ms);
	} else if (!champion || strcmp(champion->sha256, sha256) != 0) {
		/* without a champion nobody takes the place of the previous one */
		if (champion)
			hand_on(&c, r, sha256, ROLE_PREVIOUS, ROLE_RETIRED, at_ms);
		hand_on(&c, r, sha256, ROLE_CHAMPION, ROLE_PREVIOUS, at_ms);
	}
	add(&c, sha256, role, at_ms);
	return c;
}

int roles_apply(struct roles *r, const struct role_changes *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (put(r, &c->v[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Is a retired one newer than another? Equally old ones by their hash. */
static bool is_newer(const struct role *a, const struct role *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms > b->at_ms;
	return strcmp(a->sha256, b->sha256) > 0;
}

static bool is_outdated(const struct roles *r, const struct role *role, size_t keep)
{
	size_t newer = 0;

	if (role->role != ROLE_RETIRED)
		return false;
	for (size_t i = 0; i < r->count && newer < keep; i++)
		newer += r->v[i].role == ROLE_RETIRED && is_newer(&r->v[i], role);
	return newer >= keep;
}

bool roles_is_outdated(const struct roles *r, const char *sha256, size_t keep)
{
	const struct role *role = roles_find(r, sha256);

	return role && is_outdated(r, role, keep);
}

void roles_each_outdated(const struct roles *r, size_t keep,
	void (*each)(void *owner, const char *sha256), void *owner)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->v[i].file_is_gone && is_outdated(r, &r->v[i], keep))
			each(owner, r->v[i].sha256);
	}
}

void roles_forget_file(struct roles *r, const char *sha256)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->v[i].sha256, sha256) == 0)
			r->v[i].file_is_gone = true;
	}
}

static int promote(struct store *s, const struct model_row *m, struct err *err)
{
	CLEANUP(roles_deinit) struct roles roles = {0};
	struct role_changes c;
	int r = roles_load(&roles, s, m->line, err);
	const struct role *champion = roles_with(&roles, ROLE_CHAMPION);

	if (r < 0 || (champion && strcmp(champion->sha256, m->sha256) == 0))
		return r;
	c = roles_change(&roles, m->sha256, ROLE_CHAMPION, m->at_ms);
	for (size_t i = 0; r == 0 && i < c.count; i++) {
		bool is_it = strcmp(c.v[i].sha256, m->sha256) == 0;
		struct model_row row = *m;

		row.sha256 = c.v[i].sha256;
		row.role = model_role_name(c.v[i].role);
		row.file = is_it ? m->file : "";
		row.metrics = is_it ? m->metrics : "";
		r = store_put_model(s, &row, err);
	}
	return r;
}

int store_promote(struct store *s, const char *line, const char *sha256, const char *file,
	const char *metrics, const char *by, const char *why, int64_t at_ms, struct err *err)
{
	const struct model_row m = {.line = line,
		.sha256 = sha256,
		.file = file,
		.metrics = metrics,
		.by = by,
		.why = why,
		.at_ms = at_ms};
	int r = store_begin(s, err);

	if (r == 0)
		r = promote(s, &m, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}
