/* What `model show` prints: everything that a model file says, and what is made of it. */
#pragma once

#include "lib/base/buf.h"
#include "lib/model/model.h"

/* False without memory. The text is for people, the other one JSON document. */
bool model_show_text(struct buf *out, const struct model *m, const char *file);

bool model_show_json(struct buf *out, const struct model *m, const char *file);
