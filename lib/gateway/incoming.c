#include "lib/gateway/incoming.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/gateway/model_file.h"

#define DIGITS (SHA256_HEX - 1)
#define ORDER_BYTES_MAX (64u << 10)
#define ORDER ".json"
#define REFUSED ".failed.json"
#define REFUSALS_MAX 100
#define MODEL ".onnx"

void incoming_order_deinit(struct incoming_order *o)
{
	free(o->line);
	free(o->by);
	free(o->why);
	*o = (struct incoming_order){.line = NULL};
}

char *incoming_folder(const char *state_dir)
{
	char *path;

	return asprintf(&path, "%s/models/incoming", state_dir) < 0 ? NULL : path;
}

static char *path_of(const char *folder, const char *sha256, const char *ending)
{
	char *path;

	return asprintf(&path, "%s/%s%s", folder, sha256, ending) < 0 ? NULL : path;
}

char *incoming_model_path(const char *folder, const char *sha256)
{
	return path_of(folder, sha256, MODEL);
}

/* What is not there need not be removed. */
static void remove_file(const char *folder, const char *sha256, const char *ending)
{
	char *path = path_of(folder, sha256, ending);

	if (path)
		(void)unlink(path);
	free(path);
}

static int write_file(const char *folder, const char *sha256, const char *ending, const void *bytes,
	size_t len, struct err *err)
{
	char name[SHA256_HEX + 16];

	snprintf(name, sizeof(name), "%s%s", sha256, ending);
	return model_file_write(folder, name, bytes, len, err);
}

static int write_json(const char *folder, const char *sha256, const char *ending,
	const struct buf *text, struct err *err)
{
	if (buf_failed(text))
		return err_set(err, -ENOMEM, "no memory for %s/%s%s", folder, sha256, ending);
	return write_file(folder, sha256, ending, text->data, text->len, err);
}

int incoming_put(const char *folder, const struct incoming_order *o, const void *bytes, size_t len,
	struct err *err)
{
	CLEANUP(buf_deinit) struct buf b;
	int r;

	buf_init(&b);
	jsonw_begin(&b);
	jsonw_int(&b, "v", 1);
	jsonw_text(&b, "line", o->line);
	jsonw_text(&b, "by", o->by);
	jsonw_text(&b, "why", o->why);
	jsonw_end(&b);
	remove_file(folder, o->sha256, REFUSED);
	r = write_file(folder, o->sha256, MODEL, bytes, len, err);
	if (r < 0)
		return r;
	r = write_json(folder, o->sha256, ORDER, &b, err);
	if (r < 0)
		remove_file(folder, o->sha256, MODEL);
	return r;
}

/* "<64 digits>.json" */
static int is_order(const struct dirent *entry)
{
	return strlen(entry->d_name) == DIGITS + strlen(ORDER) &&
	       strspn(entry->d_name, "0123456789abcdef") == DIGITS &&
	       strcmp(entry->d_name + DIGITS, ORDER) == 0;
}

int incoming_each(const char *folder, bool (*each)(void *owner, const char *sha256), void *owner,
	struct err *err)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, is_order, alphasort);
	bool ends = false;

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return err_set(err, -errno, "%s: %s", folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		list[i]->d_name[DIGITS] = '\0';
		if (!ends)
			ends = each(owner, list[i]->d_name);
		free(list[i]);
	}
	free(list);
	return 0;
}

/* ".<name>.new" */
static int is_aside(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] == '.' && len > 4 && strcmp(entry->d_name + len - 4, ".new") == 0;
}

void incoming_clean(const char *folder, int64_t before_s)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, is_aside, NULL);

	for (int i = 0; i < count; i++) {
		struct stat st;
		char *path;

		if (asprintf(&path, "%s/%s", folder, list[i]->d_name) >= 0) {
			if (lstat(path, &st) == 0 && st.st_mtime < before_s)
				(void)unlink(path);
			free(path);
		}
		free(list[i]);
	}
	free(list);
}

static char *copy_text(const cJSON *order, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(order, key);

	return strdup(cJSON_IsString(item) ? item->valuestring : "");
}

static int read_members(
	struct incoming_order *o, const char *path, const void *bytes, size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *order = NULL;
	const cJSON *v;
	int r = json_parse(&order, bytes, len, 0, err);

	if (r < 0)
		return err_prefix(err, r, "%s", path);
	o->line = copy_text(order, "line");
	o->by = copy_text(order, "by");
	o->why = copy_text(order, "why");
	if (!o->line || !o->by || !o->why)
		return err_set(err, -ENOMEM, "%s: no memory to read it", path);
	if (!o->line[0])
		return err_set(
			err, -EINVAL, "%s: \"line\" is missing, wanted is a line's name", path);
	v = cJSON_GetObjectItemCaseSensitive(order, "v");
	if (v && (!cJSON_IsNumber(v) || v->valuedouble != 1))
		return err_set(err, -EINVAL, "%s: \"v\" is not 1: it is for another version", path);
	return 0;
}

int incoming_read(struct incoming_order *o, const char *folder, const char *sha256, struct err *err)
{
	char *path = path_of(folder, sha256, ORDER);
	void *bytes = NULL;
	size_t len = 0;
	int r;

	snprintf(o->sha256, sizeof(o->sha256), "%s", sha256);
	if (!path)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = model_file_read(&bytes, &len, path, ORDER_BYTES_MAX, err);
	if (r == 0)
		r = read_members(o, path, bytes, len, err);
	free(bytes);
	free(path);
	return r == -ENOENT ? INCOMING_GONE : r;
}

/* The order first: without it nobody looks at the model. */
void incoming_remove(const char *folder, const char *sha256)
{
	remove_file(folder, sha256, ORDER);
	remove_file(folder, sha256, MODEL);
}

static int is_refusal(const struct dirent *entry)
{
	return strlen(entry->d_name) == DIGITS + strlen(REFUSED) &&
	       strcmp(entry->d_name + DIGITS, REFUSED) == 0;
}

/* Beyond REFUSALS_MAX the oldest one goes. */
static void drop_oldest_refusal(const char *folder)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, is_refusal, NULL), oldest = -1;
	int fd = count > REFUSALS_MAX ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct timespec oldest_time = {0};
	struct stat st;

	for (int i = 0; fd >= 0 && i < count; i++) {
		if (fstatat(fd, list[i]->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (oldest >= 0 && (st.st_mtim.tv_sec > oldest_time.tv_sec ||
					   (st.st_mtim.tv_sec == oldest_time.tv_sec &&
						   st.st_mtim.tv_nsec >= oldest_time.tv_nsec)))
			continue;
		oldest = i;
		oldest_time = st.st_mtim;
	}
	if (oldest >= 0)
		(void)unlinkat(fd, list[oldest]->d_name, 0);
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

int incoming_refuse(
	const char *folder, const struct incoming_order *o, const char *text, struct err *err)
{
	CLEANUP(buf_deinit) struct buf b;
	int r;

	buf_init(&b);
	jsonw_begin(&b);
	jsonw_int(&b, "v", 1);
	jsonw_text(&b, "line", o->line ? o->line : "");
	jsonw_text(&b, "text", text);
	jsonw_end(&b);
	r = write_json(folder, o->sha256, REFUSED, &b, err);
	if (r < 0)
		return r;
	incoming_remove(folder, o->sha256);
	drop_oldest_refusal(folder);
	return 0;
}

bool incoming_is_refused(const char *folder, const char *sha256, char *text, size_t cap)
{
	CLEANUP(json_free) cJSON *refusal = NULL;
	char *path = path_of(folder, sha256, REFUSED), *said = NULL;
	void *bytes = NULL;
	size_t len = 0;
	bool is_there = path && model_file_read(&bytes, &len, path, ORDER_BYTES_MAX, NULL) == 0 &&
			json_parse(&refusal, bytes, len, 0, NULL) == 0;

	if (is_there)
		said = copy_text(refusal, "text");
	snprintf(text, cap, "%s", said ? said : "");
	free(said);
	free(bytes);
	free(path);
	return is_there;
}
