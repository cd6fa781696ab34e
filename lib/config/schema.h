/* Reading a JSON object by a table: a row per key says type, bounds, preset and place.
 *
 * A key of the contract that this version does not carry out is `later`: refused by name, never
 * ignored. What is read is borrowed: texts point into the tree or the table. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/config/place.h"

enum key_type {
	KEY_TEXT,     /* const char *, not empty; `is_valid` and `rule` narrow it */
	KEY_CHOICE,   /* int: the value of one of `choices` */
	KEY_INT,      /* int */
	KEY_COUNT,    /* int64_t */
	KEY_REAL,     /* double */
	KEY_BOOL,     /* bool */
	KEY_DURATION, /* int64_t, milliseconds */
	KEY_SHIFT,    /* int64_t, milliseconds, from a duration that may have a minus before it */
	KEY_SECONDS,  /* int, from a duration of whole seconds */
	KEY_SIZE,     /* int64_t, bytes; from "64KiB" or a whole number */
	KEY_OBJECT,   /* a struct, by the table `keys` */
	KEY_LIST,     /* const cJSON *, an array; whoever reads on looks into it */
	KEY_MAP,      /* const cJSON *, an object with names of the user's */
	KEY_ANY,      /* const cJSON *, whatever it is; whoever reads on judges it */
	KEY_LATER,    /* refused; `help` is the sentence's subject ("stations are") */
};

struct choice {
	const char *name; /* NULL ends the list */
	int value;
};

struct key {
	const char *name; /* NULL ends the table */
	enum key_type type;
	size_t offset;
	bool is_required;
	const char *low, *high; /* bounds of numbers, as one writes them */
	const char *preset;     /* as one writes it; NULL: zero, or the reader decides */
	size_t flag;            /* offset of a bool that says it was there; 0: none */
	bool (*is_valid)(const char *text);
	const char *rule; /* what is_valid wants, in words */
	const struct choice *choices;
	const struct key *keys;
	const char *help; /* said where the key is missing, or refused */
};

/* Reads `object` into `out`; presets first, so that `out` is whole whatever is found. `object`
 * may be NULL (presets alone). True when nothing was wrong; findings are in the report. */
bool schema_read(const struct key *keys, const cJSON *object, void *out, const struct place *at);

/* The value as found, for messages: `"1884"`, `70000`, `an object`; shortened when long. */
#define FOUND_TEXT_MAX 80
const char *schema_found(char out[FOUND_TEXT_MAX], const cJSON *item);

/* The value as found, and what is allowed. */
void schema_refuse(const cJSON *item, const struct place *at, const char *rule);
/* A text value at `at`, or NULL and an error: `rule` says what is allowed. */
const char *schema_text(const cJSON *item, const char *rule, const struct place *at);
/* The value of a choice by name; false and an error when there is none of that name. */
bool schema_choice(
	const cJSON *item, const struct choice *choices, int *out, const struct place *at);
