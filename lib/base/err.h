/* Errors as values.
 *
 * A function that can fail returns 0 or a negative errno, which callers forward untouched. Who
 * knows the detail fills a struct err with one sentence: where, what it saw, what it wanted.
 * The struct is always the last argument and may be NULL. Positive results are named outcomes
 * of the function that returns them. */
#pragma once

#include "lib/base/macros.h"

struct err {
	char text[1024]; /* one sentence without a final full stop; cut with "..." when longer */
};

/* Writes the sentence and returns `code` (a negative errno), so that one can write
 * return err_set(err, -EINVAL, "..."). */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "<prefix>: " before the sentence that is there; returns `code`. */
int err_prefix(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same calls, written so that the compiler sees that the result is the code: then it knows,
 * too, what is set when a function has not failed. */
#define err_set(err, code, ...)                             \
	({                                                  \
		int code_ = (code);                         \
		(void)(err_set)((err), code_, __VA_ARGS__); \
		code_;                                      \
	})
#define err_prefix(err, code, ...)                             \
	({                                                     \
		int code_ = (code);                            \
		(void)(err_prefix)((err), code_, __VA_ARGS__); \
		code_;                                         \
	})
