/* One batch, or a chain of them, into the store in one transaction. */
#pragma once

#include "daemon/batch.h"
#include "lib/store/store.h"

/* 0, or a negative errno of store.h: then nothing is in the store and the batch is unchanged. A
 * row that the database refuses is left out, counted (rows_refused) and sampled into quarantine;
 * that is no error. */
MUST_CHECK int commit_batches(struct store *s, struct batch *first, struct err *err);
