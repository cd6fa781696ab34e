/* The keys of ours in metadata_props. */
#pragma once

#include "lib/base/macros.h"

#define PROPERTY_INPUTS "defectd.inputs"
#define PROPERTY_THRESHOLD "defectd.threshold"
#define PROPERTY_TRAINING "defectd.training"
#define PROPERTY_SELFTEST "defectd.selftest"

struct err;
struct onnx_file;

/* Those that must be there are, none twice, and none that this version does not know: what a
 * later version means by it would be ignored. Keys of others are let be. -EINVAL. */
MUST_CHECK int properties_check(const struct onnx_file *f, struct err *err);
