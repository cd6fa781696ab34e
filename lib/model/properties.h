/* The keys of ours in metadata_props, and their values as they stand in the file. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

#define PROPERTY_INPUTS "defectd.inputs"
#define PROPERTY_THRESHOLD "defectd.threshold"
#define PROPERTY_CLASSES "defectd.classes"
#define PROPERTY_DEFECT_CLASSES "defectd.defect_classes"
#define PROPERTY_LOGITS "defectd.logits"
#define PROPERTY_REFERENCE "defectd.reference"
#define PROPERTY_TRAINING "defectd.training"
#define PROPERTY_SELFTEST "defectd.selftest"

struct err;

struct property {
	const char *text; /* not NUL-terminated; NULL: not there */
	size_t len;
};

struct properties {
	struct property inputs, threshold, classes, defect_classes, logits, reference, training,
		selftest;
};

/* Notes one entry; keys of others are let be. -EINVAL when it is there twice, or is one of ours
 * that this version does not know: what a later version means by it would be ignored. */
MUST_CHECK int properties_add(
	struct properties *p, const char *key, const char *value, size_t len, struct err *err);
