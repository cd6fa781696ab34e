/* What `model import` is told of a model beside its graph: by --inputs FILE or --like OTHER.onnx,
 * and by the options that go before either. */
#pragma once

#include "lib/base/macros.h"
#include "lib/model/attach.h"

struct arena;
struct err;

/* From a JSON file: the list of inputs, or an object with "inputs" and, where they are wanted,
 * "threshold", "classes" and "defect_classes". Comments are allowed. What goes into *out lives in
 * `memory`. -EINVAL with file and place, an errno of reading, -ENOMEM. */
MUST_CHECK int import_read_inputs(
	struct attachment *out, const char *path, struct arena *memory, struct err *err);
/* From another model, which must outlive *out: its inputs, threshold, classes and reference.
 * -EINVAL when it does not say what its inputs are. */
MUST_CHECK int import_take_from(
	struct attachment *out, const struct model *other, const char *path, struct err *err);

/* Where every input of the graph is one column, and their names (made names as headers of CSV files
 * are) are those of the list, the list is put into the graph's order. 1: it was bound so; 0: it
 * goes by its own order. -ENOMEM. */
MUST_CHECK int import_bind_by_name(
	struct attachment *a, const struct model_about *about, struct arena *memory);
