/* What stands beside the graph but for its inputs: threshold, classes, texts. */
#include "lib/model/metadata.h"

#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/model/properties.h"

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's metadata");
}

static int read_json(cJSON **out, const char *key, const char *text, size_t len, struct err *err)
{
	int rc;

	if (len > METADATA_BYTES_MAX)
		return err_set(err, -EINVAL, "%s has %zu bytes, allowed are %u", key, len,
			METADATA_BYTES_MAX);
	rc = json_parse(out, text, len, 0, err);
	return rc < 0 ? err_prefix(err, rc, "%s", key) : 0;
}

int metadata_read_threshold(double *out, const char *text, size_t len, struct err *err)
{
	double v;

	if (!num_parse(text, len, &v) || v < 0 || v > 1)
		return err_set(err, -EINVAL, "defectd.threshold is no number from 0 to 1");
	*out = v;
	return 0;
}

int metadata_read_object(const char **out, struct arena *memory, const char *key, const char *text,
	size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char *copy;
	int rc = read_json(&tree, key, text, len, err);

	if (rc < 0)
		return rc;
	if (!cJSON_IsObject(tree))
		return err_set(
			err, -EINVAL, "%s is %s, allowed is an object", key, json_kind(tree));
	copy = arena_stringn(memory, text, len);
	if (!copy)
		return no_memory(err);
	*out = copy;
	return 0;
}

int metadata_read_logits(bool *out, const char *text, size_t len, struct err *err)
{
	if (len != strlen("true") || memcmp(text, "true", len) != 0)
		return err_set(err, -EINVAL, "defectd.logits is not true, nothing else is allowed");
	*out = true;
	return 0;
}

/* A list of texts that are not empty, each once. */
static int read_texts(const char *const **out, size_t *count, struct arena *memory, const char *key,
	const char *text, size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char **list;
	int rc = read_json(&tree, key, text, len, err);

	if (rc < 0)
		return rc;
	if (!cJSON_IsArray(tree))
		return err_set(
			err, -EINVAL, "%s is %s, allowed is a list of texts", key, json_kind(tree));
	list = arena_zalloc(memory, (size_t)cJSON_GetArraySize(tree) + 1, sizeof(*list));
	if (!list)
		return no_memory(err);
	*count = 0;
	for (const cJSON *item = tree->child; item; item = item->next) {
		if (!cJSON_IsString(item) || !item->valuestring[0])
			return err_set(err, -EINVAL,
				"%s/%zu is %s, allowed is a text that is not empty", key, *count,
				cJSON_IsString(item) ? "empty" : json_kind(item));
		list[*count] = arena_string(memory, item->valuestring);
		if (!list[*count])
			return no_memory(err);
		++*count;
	}
	*out = list;
	return 0;
}

static bool find_text(const char *const *list, size_t count, const char *text, size_t *at)
{
	for (*at = 0; *at < count; ++*at)
		if (strcmp(list[*at], text) == 0)
			return true;
	return false;
}

static int mark_defects(bool *is_defect, const struct metadata_classes *c,
	const char *const *defects, size_t count, struct err *err)
{
	size_t at;

	for (size_t i = 0; i < count; i++) {
		if (!find_text(c->names, c->count, defects[i], &at))
			return err_set(err, -EINVAL,
				"defectd.defect_classes has \"%s\", which is none of "
				"defectd.classes",
				defects[i]);
		if (is_defect[at])
			return err_set(err, -EINVAL, "defectd.defect_classes has \"%s\" twice",
				defects[i]);
		is_defect[at] = true;
	}
	if (count == 0 || count == c->count)
		return err_set(err, -EINVAL,
			"defectd.defect_classes has %s of the %zu classes, allowed is at least one "
			"and not all",
			count ? "all" : "none", c->count);
	return 0;
}

int metadata_read_classes(struct metadata_classes *out, size_t outputs, struct arena *memory,
	const char *classes, size_t classes_len, const char *defects, size_t defects_len,
	struct err *err)
{
	struct metadata_classes c = {0};
	const char *const *list = NULL;
	size_t count = 0, at;
	bool *is_defect;
	int rc;

	*out = c;
	if (!classes && !defects)
		return 0;
	if (!classes || !defects)
		return err_set(err, -EINVAL,
			"the file has metadata \"%s\" without \"%s\", they go together",
			classes ? PROPERTY_CLASSES : PROPERTY_DEFECT_CLASSES,
			classes ? PROPERTY_DEFECT_CLASSES : PROPERTY_CLASSES);
	rc = read_texts(&c.names, &c.count, memory, PROPERTY_CLASSES, classes, classes_len, err);
	if (rc == 0)
		rc = read_texts(
			&list, &count, memory, PROPERTY_DEFECT_CLASSES, defects, defects_len, err);
	if (rc < 0)
		return rc;
	if (c.count != outputs)
		return err_set(err, -EINVAL,
			"defectd.classes has %zu classes, the graph's output "
			"has %zu column%s",
			c.count, outputs, outputs == 1 ? "" : "s");
	for (size_t i = 0; i < c.count; i++)
		if (find_text(c.names, i, c.names[i], &at))
			return err_set(
				err, -EINVAL, "defectd.classes has \"%s\" twice", c.names[i]);
	is_defect = arena_zalloc(memory, c.count + 1, sizeof(*is_defect));
	if (!is_defect)
		return no_memory(err);
	c.is_defect = is_defect;
	rc = mark_defects(is_defect, &c, list, count, err);
	if (rc == 0)
		*out = c;
	return rc;
}
