#include "lib/config/zone_file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/config/names.h"

#define FOLDER "/usr/share/zoneinfo"
#define NAME_BYTES_MAX 64
#define FILE_BYTES_MAX (64 * 1024) /* the largest have 4 KiB */

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One part of a name, which is a file or folder: no dots, so none leads elsewhere. */
static bool is_part(const char *s, size_t len)
{
	if (!is_letter(s[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_letter(s[i]) && !(s[i] >= '0' && s[i] <= '9') && !strchr("_+-", s[i]))
			return false;
	return true;
}

static bool is_name(const char *s)
{
	size_t len;

	if (strlen(s) > NAME_BYTES_MAX)
		return false;
	for (;; s += len + 1) {
		len = strcspn(s, "/");
		if (!is_part(s, len))
			return false;
		if (!s[len])
			return true;
	}
}

/* -ENOENT without a sentence: there is no such file. */
static int load_file(struct time_zone **out, const char *folder, const char *name, struct err *err)
{
	char path[PATH_MAX], bytes[FILE_BYTES_MAX];
	size_t len = 0;
	FILE *f;
	int r;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENOENT;
	f = fopen(path, "re");
	if (f)
		len = fread(bytes, 1, sizeof(bytes), f);
	r = !f || ferror(f) ? -errno : 0;
	if (f)
		fclose(f);
	if (r == -ENOENT || r == -ENOTDIR || r == -EISDIR) /* a region such as "Europe" */
		return -ENOENT;
	if (r < 0)
		return err_set(err, r, "%s cannot be read: %s", path, strerror(-r));
	r = time_zone_from_tzif(out, bytes, len, err);
	return r < 0 ? err_prefix(err, r, "%s", path) : 0;
}

/* The names of a folder, sorted. */
struct listing {
	struct dirent **entries;
	int count;
};

static void listing_deinit(struct listing *l)
{
	for (int i = 0; i < l->count; i++)
		free(l->entries[i]);
	free(l->entries);
}

static void listing_deinit_at(struct listing *l)
{
	listing_deinit(l);
}

static int could_be_part(const struct dirent *e)
{
	return is_part(e->d_name, strlen(e->d_name));
}

/* alphasort would follow the locale */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The name in the folder that differs least from `name`, part by part; false when there is none. */
static bool find_near(struct buf *near, const char *folder, const char *name)
{
	char parts[NAME_BYTES_MAX + 1], *rest;

	for (char *part = strtok_r(strcpy(parts, name), "/", &rest); part;
		part = strtok_r(NULL, "/", &rest)) {
		CLEANUP(suggestion_deinit) struct suggestion hint;
		CLEANUP(listing_deinit) struct listing names = {0};
		CLEANUP(buf_deinit) struct buf here;

		suggestion_init(&hint, part);
		buf_init(&here);
		buf_addf(&here, "%s/%.*s", folder, (int)near->len, near->len ? near->data : "");
		if (buf_text(&here))
			names.count = scandir(here.data, &names.entries, could_be_part, by_bytes);
		for (int i = 0; i < names.count; i++)
			suggestion_add(&hint, names.entries[i]->d_name);
		if (!hint.nearest)
			return false;
		buf_addf(near, "%s%s", near->len ? "/" : "", hint.nearest);
	}
	return buf_text(near) != NULL;
}

static bool has_zones(const char *folder)
{
	CLEANUP(listing_deinit) struct listing names = {0};

	names.count = scandir(folder, &names.entries, could_be_part, by_bytes);
	return names.count > 0;
}

static int no_such_zone(const char *folder, const char *name, struct err *err)
{
	CLEANUP(time_zone_free) struct time_zone *zone = NULL;
	CLEANUP(buf_deinit) struct buf near;

	buf_init(&near);
	if (!has_zones(folder))
		return err_set(err, -ENOENT,
			"no time zones are installed in %s (Debian package tzdata), so \"%s\" is "
			"not known; UTC and offsets such as \"+01:00\" always are",
			folder, name);
	if (find_near(&near, folder, name) && load_file(&zone, folder, near.data, NULL) == 0)
		return err_set(err, -ENOENT, "there is no time zone \"%s\", did you mean \"%s\"?",
			name, near.data);
	return err_set(err, -ENOENT, "there is no time zone \"%s\", allowed is " ZONE_RULE, name);
}

int zone_load_from(struct time_zone **out, const char *folder, const char *name, struct err *err)
{
	int r = time_zone_fixed(out, name, err);

	if (r != -EINVAL || name[0] == '+' || name[0] == '-')
		return r;
	if (!is_name(name))
		return err_set(err, -EINVAL, "\"%s\" is no time zone, allowed is " ZONE_RULE, name);
	r = load_file(out, folder, name, err);
	return r == -ENOENT ? no_such_zone(folder, name, err) : r;
}

int zone_load(struct time_zone **out, const char *name, struct err *err)
{
	return zone_load_from(out, FOLDER, name, err);
}
