#include "lib/model/properties.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/onnx_graph.h"

#define OURS "defectd."

static const struct {
	const char *key;
	size_t offset;
} table[] = {
	{PROPERTY_INPUTS, offsetof(struct properties, inputs)},
	{PROPERTY_THRESHOLD, offsetof(struct properties, threshold)},
	{PROPERTY_CLASSES, offsetof(struct properties, classes)},
	{PROPERTY_DEFECT_CLASSES, offsetof(struct properties, defect_classes)},
	{PROPERTY_LOGITS, offsetof(struct properties, logits)},
	{PROPERTY_REFERENCE, offsetof(struct properties, reference)},
	{PROPERTY_TRAINING, offsetof(struct properties, training)},
	{PROPERTY_SELFTEST, offsetof(struct properties, selftest)},
};

int properties_add(
	struct properties *p, const char *key, const char *value, size_t len, struct err *err)
{
	char show[ONNX_TEXT];

	if (strncmp(key, OURS, strlen(OURS)) != 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct property *at = (struct property *)((char *)p + table[i].offset);

		if (strcmp(table[i].key, key) != 0)
			continue;
		if (at->text)
			return err_set(err, -EINVAL, "the metadata \"%s\" is there twice", key);
		*at = (struct property){value, len};
		return 0;
	}
	return err_set(err, -EINVAL, "the metadata \"%s\" cannot be carried out by this version",
		onnx_show(show, key));
}
