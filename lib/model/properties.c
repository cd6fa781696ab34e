#include "lib/model/properties.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_read.h"

#define OURS "defectd."

static const struct property {
	const char *key;
	bool is_required;
	const char *absent; /* what it means that a required one is not there */
} properties[] = {
	{PROPERTY_INPUTS, true,
		"it says how raw features become inputs; files of other programs cannot be used by "
		"this version"},
	{PROPERTY_THRESHOLD, true, "a number from 0 to 1 is needed"},
	{PROPERTY_TRAINING, false, NULL},
	{PROPERTY_SELFTEST, false, NULL},
};

static bool find(const char *key, size_t *at)
{
	for (*at = 0; *at < ARRAY_LEN(properties); ++*at)
		if (strcmp(properties[*at].key, key) == 0)
			return true;
	return false;
}

int properties_check(const struct onnx_file *f, struct err *err)
{
	bool seen[ARRAY_LEN(properties)] = {0};
	char show[ONNX_TEXT];

	for (size_t i = 0; i < f->proto->n_metadata_props; i++) {
		const char *key = f->proto->metadata_props[i]->key;
		size_t at;

		if (!key || strncmp(key, OURS, strlen(OURS)) != 0)
			continue;
		if (!find(key, &at))
			return err_set(err, -EINVAL,
				"the metadata \"%s\" cannot be carried out by this version",
				onnx_show(show, key));
		if (seen[at])
			return err_set(err, -EINVAL, "the metadata \"%s\" is there twice", key);
		seen[at] = true;
	}
	for (size_t i = 0; i < ARRAY_LEN(properties); i++)
		if (properties[i].is_required && !seen[i])
			return err_set(err, -EINVAL, "the file has no metadata \"%s\": %s",
				properties[i].key, properties[i].absent);
	return 0;
}
