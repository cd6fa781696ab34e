/* The grammar of JSON, checked in one pass before a tree is built (json.c alone uses this). */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct err;

#define JSON_DEPTH_MAX 64

/* `blank` is NULL where comments are not allowed, else a copy of the text in which comments are
 * overwritten by spaces. */
MUST_CHECK int json_scan(const char *text, size_t len, char *blank, struct err *err);
