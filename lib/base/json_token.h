/* The smallest parts of JSON: white space, texts, numbers and words, and the sentences about what
 * was found instead (for json_scan.c). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct err;

#define JSON_NUMBER_MAX 63 /* characters; cJSON copies numbers into a buffer of that size */

struct token_text {
	const char *text, *at, *end; /* all of it, what comes next, its end */
	char *blank; /* the copy in which comments are blanked; NULL: none allowed */
	int code;    /* what went wrong */
	struct err *err;
};

/* All return true, or false with code and err set. Those that read move `at` behind what they
 * read. */

/* "<line>:<column>: <sentence>"; lines and columns count from 1, columns count characters. */
bool token_fail(struct token_text *t, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "found 'x', <allowed>" with the character at `at`, the byte's number, or the end. */
bool token_unexpected(struct token_text *t, const char *allowed);
/* How much of a text a sentence shows: at most 64 bytes, no character in halves. */
int token_shown(const char *text, size_t len);

bool token_space(struct token_text *t); /* comments too, where they are allowed */
/* At the opening quote; *raw is what stands between the quotes. */
bool token_string(struct token_text *t, const char **raw, size_t *len, bool *has_escape);
/* A text, number, true, false or null. */
bool token_scalar(struct token_text *t);
