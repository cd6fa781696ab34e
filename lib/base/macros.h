/* Attributes and the two macros of ownership. */
#pragma once

#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* CLEANUP(x_free) on a local runs x_free_at on it at the end of its scope. A module that has
 * x_free declares x_free_at with CLEANUP_FOR(struct x, x_free) in its header. */
#define CLEANUP(fn) __attribute__((cleanup(fn##_at)))
#define CLEANUP_FOR(type, fn)                \
	static inline void fn##_at(type **p) \
	{                                    \
		fn(*p);                      \
	}

/* Hands a pointer on: the local is NULL afterwards, so its CLEANUP does nothing. */
#define TAKE(ptr)                               \
	({                                      \
		__typeof__(ptr) taken_ = (ptr); \
		(ptr) = NULL;                   \
		taken_;                         \
	})
