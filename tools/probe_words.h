/* What the names of topic levels and payload members mean, and what ids look like.
 *
 * A name is taken apart into words at everything that is no letter or digit, between letters and
 * digits, and where a capital follows a small letter: "oven_in" is oven, in; "WorkStarted" is work,
 * started; "serialNo" is serial, no. A table says what the words mean. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define PROBE_NAME_MAX 48 /* a name of the configuration and its NUL: NAME_LEN_MAX is 47 + 1 */

/* Bits; a word may mean several things. */
enum probe_word {
	WORD_UNIT = 1 << 0,       /* a piece: serial, part, sn */
	WORD_LOT = 1 << 1,        /* a lot of material: batch, order, charge */
	WORD_TIME = 1 << 2,       /* ts, timestamp, date */
	WORD_ENTER = 1 << 3,      /* start, in, begin */
	WORD_EXIT = 1 << 4,       /* end, out, done */
	WORD_EVENT = 1 << 5,      /* says what a message is about: event, type, state */
	WORD_NAME = 1 << 6,       /* names the value beside it: name, id, tag */
	WORD_VALUE = 1 << 7,      /* value, v */
	WORD_INSPECTION = 1 << 8, /* where a result comes from: qc, inspection */
	WORD_RESULT = 1 << 9,     /* what inspection found: result, verdict */
	WORD_SUFFIX = 1 << 10,    /* says nothing of its own behind another word: id, no, number */
	WORD_GENERIC = 1 << 11,   /* of a level: names nothing (data, values, tele) */
	WORD_COUNTER = 1 << 12,   /* counts or numbers messages, versions: no process value */
	WORD_BAD = 1 << 13,       /* of a result: NG, scrap */
	WORD_GOOD = 1 << 14,      /* of a result: OK, pass */
	WORD_MODEL = 1 << 15,     /* its number is that of the type: part, product */
	WORD_NUMBER = 1 << 16,    /* a suffix: no, number, code */
};

/* The meanings of all words of a name together. */
unsigned probe_words(const char *name);
/* The meaning of what the name is about: its last word, or, where that is one like "id" or "no",
 * the word before it as well ("lot_id" is a lot, "lot_colour" is not). */
unsigned probe_head(const char *name);
/* The name without its words for enter and exit, in small letters joined by _: "oven" of "oven_in",
 * "" of "start". Cut to `cap`. */
void probe_stem(char *out, size_t cap, const char *name);
/* A name that the configuration takes ([a-z][a-z0-9_]*, at most 47): small letters, with _ for what
 * is no letter or digit, and before capitals: "melt_temp_c" of "MeltTemp C".
 * `fallback` where nothing is left. */
void probe_name(char out[PROBE_NAME_MAX], const char *text, const char *fallback);

enum probe_form {
	FORM_WORD,     /* no digit */
	FORM_NUMBERED, /* a few digits: press-3, zone12 */
	FORM_ID,       /* as ids look: many digits, a number of four or more, hexadecimal, a uuid */
};
enum probe_form probe_form(const char *text);
/* The text with what varies taken out, so that texts of one kind give one pattern: words stay,
 * press-3 becomes press-9, U00123 becomes ~a9. */
void probe_pattern(char *out, size_t cap, const char *text);
