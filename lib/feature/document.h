/* A payload as a source sees it: decoded, and taken apart into elements where the source has
 * `each`; looking things up in an element. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "lib/feature/message.h"
#include "lib/feature/plan.h"
#include "lib/feature/refusal.h"

struct err;

/* What a source reads one at a time. Borrows from the document. */
struct element {
	const cJSON *item;
	const cJSON *whole; /* the payload; the item itself without `each` */
	size_t index;       /* in what was taken apart */
};

struct document {
	cJSON *tree;             /* the payload; document_deinit frees it */
	const cJSON *collection; /* what is taken apart; NULL without `each` */
};

/* REFUSAL_NONE; or BAD_PAYLOAD, or UNMATCHED where a `when` that looks at the whole payload does
 * not hold, with a sentence in err; then there is nothing to deinit. */
enum refusal document_init(struct document *d, const struct source *source,
	const struct message *msg, struct err *err);
void document_deinit(struct document *d);
static inline void document_deinit_at(struct document *d)
{
	document_deinit(d);
}

/* for (bool more = document_first(&d, &e); more; more = document_next(&d, &e)) */
bool document_first(const struct document *d, struct element *out);
bool document_next(const struct document *d, struct element *e);

/* NULL where there is nothing, or null. */
const cJSON *element_at(const struct element *e, const struct payload_pointer *p);
bool element_meets(const struct element *e, const struct condition *c);
/* Does the source want it? With a sentence in err when not. */
bool element_is_wanted(const struct element *e, const struct source *source, struct err *err);

/* What stands at a pointer, for a sentence: "abc" in quotes, a number, or the kind of item; null is
 * there, and is what it is. */
#define ELEMENT_TEXT_MAX 48
const char *element_found(
	char out[ELEMENT_TEXT_MAX], const struct element *e, const struct payload_pointer *p);
