/* The tables that every store has, and their versions. */
#pragma once

#include "lib/store/store.h"

/* Brings the file to the version that this program knows. -EINVAL when it is newer. */
MUST_CHECK int schema_migrate(struct store *s, struct err *err);
/* For reading: -EINVAL when the file is not of exactly this version. */
MUST_CHECK int schema_check(struct store *s, struct err *err);
