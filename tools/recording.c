/* Reading and writing recordings. */
#include "tools/recording.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/utf8.h"
#include "tools/base64.h"

#define TIME_MAX 253402300799999.0 /* the end of the year 9999 */

struct recording {
	FILE *file;
	char *path;
	char *line; /* of getline */
	size_t line_cap;
	unsigned long number; /* of the line in hand */
	cJSON *tree;
	struct buf bytes; /* a payload that was Base64 */
};

int recording_open(struct recording **out, const char *path, struct err *err)
{
	CLEANUP(recording_close) struct recording *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, -ENOMEM, "no memory to read %s", path);
	buf_init(&r->bytes);
	r->path = strdup(path);
	if (!r->path)
		return err_set(err, -ENOMEM, "no memory to read %s", path);
	r->file = fopen(path, "re");
	if (!r->file)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	*out = TAKE(r);
	return 0;
}

void recording_close(struct recording *r)
{
	if (!r)
		return;
	if (r->file)
		fclose(r->file);
	json_free(r->tree);
	buf_deinit(&r->bytes);
	free(r->line);
	free(r->path);
	free(r);
}

/* "<file>:<line>: " and the sentence. */
#define REFUSE(r, err, ...)                  \
	(err_set(err, -EINVAL, __VA_ARGS__), \
		err_prefix(err, -EINVAL, "%s:%lu", (r)->path, (r)->number))

static const cJSON *member(const struct recording *r, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(r->tree, key);
}

/* A whole number of min .. max; `preset` when it is absent and preset >= min. */
static int read_whole(const struct recording *r, const char *key, double min, double max,
	double preset, double *out, struct err *err)
{
	const cJSON *item = member(r, key);

	if (!item && preset >= min) {
		*out = preset;
		return 0;
	}
	if (!item)
		return REFUSE(r, err, "\"%s\" is missing", key);
	if (!cJSON_IsNumber(item))
		return REFUSE(
			r, err, "\"%s\" is %s, a whole number is wanted", key, json_kind(item));
	if (item->valuedouble < min || item->valuedouble > max ||
		item->valuedouble != floor(item->valuedouble))
		return REFUSE(r, err,
			"\"%s\" is out of bounds, allowed are whole numbers from %.0f to %.0f", key,
			min, max);
	*out = item->valuedouble;
	return 0;
}

/* 0 or 1; other programs write true and false. Absent is false. */
static int read_flag(const struct recording *r, const char *key, bool *out, struct err *err)
{
	double v;
	int rc;

	if (cJSON_IsBool(member(r, key))) {
		*out = cJSON_IsTrue(member(r, key));
		return 0;
	}
	rc = read_whole(r, key, 0, 1, 0, &v, err);
	if (rc == 0)
		*out = v == 1;
	return rc;
}

static int read_text(const struct recording *r, const char *key, const char **out, struct err *err)
{
	const cJSON *item = member(r, key);

	if (!item)
		return REFUSE(r, err, "\"%s\" is missing", key);
	if (!cJSON_IsString(item))
		return REFUSE(r, err, "\"%s\" is %s, a text is wanted", key, json_kind(item));
	*out = item->valuestring;
	return 0;
}

static int read_payload(struct recording *r, struct recorded *m, struct err *err)
{
	const char *text;
	int rc;

	if (member(r, "payload_b64")) {
		if (member(r, "payload"))
			return REFUSE(r, err,
				"\"payload\" and \"payload_b64\" stand side by side, allowed is "
				"one");
		rc = read_text(r, "payload_b64", &text, err);
		if (rc < 0)
			return rc;
		buf_clear(&r->bytes);
		if (!base64_get(&r->bytes, text))
			return REFUSE(r, err, "\"payload_b64\" is no Base64");
		if (buf_failed(&r->bytes))
			return err_set(err, -ENOMEM, "no memory for a payload");
		m->payload = r->bytes.len ? r->bytes.data : "";
		m->payload_len = r->bytes.len;
		return 0;
	}
	rc = read_text(r, "payload", &text, err);
	if (rc < 0)
		return rc;
	m->payload = text;
	m->payload_len = strlen(text);
	return 0;
}

static int read_message(struct recording *r, struct recorded *m, struct err *err)
{
	double t_ms, qos;
	int rc;

	if (!cJSON_IsObject(r->tree))
		return REFUSE(r, err, "found %s, an object is wanted", json_kind(r->tree));
	rc = read_whole(r, "t_ms", 0, TIME_MAX, -1, &t_ms, err);
	if (rc == 0)
		rc = read_whole(r, "qos", 0, 2, 0, &qos, err);
	if (rc == 0)
		rc = read_flag(r, "retain", &m->retained, err);
	if (rc == 0)
		rc = read_text(r, "topic", &m->topic, err);
	if (rc == 0 && !m->topic[0])
		rc = REFUSE(r, err, "\"topic\" is empty");
	if (rc == 0)
		rc = read_payload(r, m, err);
	if (rc < 0)
		return rc;
	m->t_ms = (int64_t)t_ms;
	m->qos = (int)qos;
	return RECORDING_MESSAGE;
}

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

int recording_next(struct recording *r, struct recorded *out, struct err *err)
{
	struct recorded m = {0};
	struct err why = {0};
	ssize_t len;
	int rc;

	do {
		errno = 0;
		len = getline(&r->line, &r->line_cap, r->file);
		r->number++;
	} while (len > 0 && is_blank(r->line) && strlen(r->line) == (size_t)len);
	if (len < 0 && (ferror(r->file) || errno == ENOMEM))
		return err_set(err, -errno, "%s: %s", r->path, strerror(errno));
	if (len < 0)
		return 0;
	json_free(r->tree);
	r->tree = NULL;
	rc = json_parse(&r->tree, r->line, (size_t)len, 0, &why);
	if (rc < 0) /* it says "1:<column>": the line is the first of its text */
		return err_set(err, rc, "%s:%lu:%s", r->path, r->number,
			strncmp(why.text, "1:", 2) == 0 ? why.text + 2 : why.text);
	rc = read_message(r, &m, err);
	if (rc == RECORDING_MESSAGE)
		*out = m;
	return rc;
}

int recording_write(FILE *f, const struct recorded *m, bool with_retain)
{
	CLEANUP(buf_deinit) struct buf line;

	buf_init(&line);
	jsonw_begin(&line);
	jsonw_int(&line, "t_ms", m->t_ms);
	jsonw_text(&line, "topic", m->topic);
	jsonw_int(&line, "qos", m->qos);
	if (with_retain)
		jsonw_int(&line, "retain", m->retained);
	if (utf8_is_text(m->payload, m->payload_len)) {
		jsonw_key(&line, "payload");
		jsonw_raw_text(&line, m->payload, m->payload_len);
	} else {
		jsonw_key(&line, "payload_b64");
		buf_add(&line, "\"");
		base64_put(&line, m->payload, m->payload_len);
		buf_add(&line, "\"");
	}
	jsonw_end(&line);
	buf_add(&line, "\n");
	if (buf_failed(&line))
		return -ENOMEM;
	return fwrite(line.data, 1, line.len, f) == line.len ? 0 : -EIO;
}
