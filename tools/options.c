/* The options of a subcommand. */
#include "tools/options.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/macros.h"
#include "lib/base/num.h"
#include "lib/base/timestamp.h"

#define WHOLE_MAX (INT64_C(1) << 53) /* what a JSON reader keeps exactly */
#define ROWS_MAX 64

struct reader {
	const struct command *command;
	const struct option_row *rows;
	size_t count;
	bool given[ROWS_MAX];
};

void option_list_deinit(struct option_list *l)
{
	free(l->text);
	l->text = NULL;
	l->count = 0;
}

static int read_list(
	const struct reader *r, struct option_list *l, const char *name, const char *value)
{
	char *rest;

	l->text = strdup(value);
	if (!l->text)
		return command_fail(r->command->name, &(struct err){"no memory"});
	rest = l->text;
	for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
		if (l->count == OPTION_LIST_MAX)
			return command_usage(
				r->command, "%s takes at most %d names", name, OPTION_LIST_MAX);
		if (item[0] != '\0')
			l->item[l->count++] = item;
	}
	return 0;
}

static int read_each(
	const struct reader *r, struct option_list *l, const char *name, const char *value)
{
	if (l->count == OPTION_LIST_MAX)
		return command_usage(
			r->command, "%s can be given at most %d times", name, OPTION_LIST_MAX);
	l->item[l->count++] = value;
	return 0;
}

static int read_time(const struct reader *r, const struct option_row *row, const char *value)
{
	bool has_zone = false;
	int64_t ms;

	if (num_parse_int(value, strlen(value), &ms) && ms >= 0) {
		*(int64_t *)row->target = ms;
		return 0;
	}
	if (!timestamp_parse(value, strlen(value), &ms, &has_zone) || !has_zone)
		return command_usage(r->command,
			"%s is \"%s\", wanted is a time with its zone (2026-11-22T16:03:51Z, "
			"2026-11-22T17:03:51.5+01:00) or milliseconds since 1970",
			row->name, value);
	*(int64_t *)row->target = ms;
	return 0;
}

static int read_value(const struct reader *r, const struct option_row *row, const char *value)
{
	int64_t whole;

	switch (row->kind) {
	case OPTION_TEXT:
	case OPTION_POSITIONAL:
		*(const char **)row->target = value;
		return 0;
	case OPTION_WHOLE:
		if (!num_parse_int(value, strlen(value), &whole) || whole < 0 || whole > WHOLE_MAX)
			return command_usage(r->command,
				"%s is \"%s\", allowed are whole numbers from 0 to 2^53", row->name,
				value);
		*(uint64_t *)row->target = (uint64_t)whole;
		return 0;
	case OPTION_REAL:
		if (!num_parse(value, strlen(value), row->target))
			return command_usage(
				r->command, "%s is \"%s\", wanted is a number", row->name, value);
		return 0;
	case OPTION_TIME:
		return read_time(r, row, value);
	case OPTION_LIST:
		return read_list(r, row->target, row->name, value);
	case OPTION_EACH:
	case OPTION_REST:
		return read_each(r, row->target, row->name, value);
	case OPTION_FLAG:
	case OPTION_LATER:
		break;
	}
	return 0;
}

static int find_row(const struct reader *r, const char *arg, size_t len)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->rows[i].kind != OPTION_POSITIONAL && r->rows[i].kind != OPTION_REST &&
			strlen(r->rows[i].name) == len && memcmp(r->rows[i].name, arg, len) == 0)
			return (int)i;
	}
	return -1;
}

static int read_positional(struct reader *r, const char *arg)
{
	for (size_t i = 0; i < r->count; i++) {
		if ((r->rows[i].kind == OPTION_POSITIONAL && !r->given[i]) ||
			r->rows[i].kind == OPTION_REST) {
			r->given[i] = true;
			return read_value(r, &r->rows[i], arg);
		}
	}
	return command_usage(r->command, "\"%s\" is one argument too many", arg);
}

/* *at is the index of the option and is moved over its value. */
static int read_option(struct reader *r, int argc, char **argv, int *at)
{
	const char *arg = argv[*at];
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	int i = find_row(r, arg, len);
	const struct option_row *row;

	if (i < 0)
		return command_usage(r->command, "there is no option %.*s", (int)len, arg);
	row = &r->rows[i];
	if (row->kind == OPTION_LATER)
		return command_usage(r->command, "this version does not have %s yet", row->name);
	if (r->given[i] && row->kind != OPTION_EACH)
		return command_usage(r->command, "%s is given twice", row->name);
	r->given[i] = true;
	if (row->kind == OPTION_FLAG) {
		if (equals)
			return command_usage(r->command, "%s takes no value", row->name);
		*(bool *)row->target = true;
		return 0;
	}
	if (equals)
		return read_value(r, row, equals + 1);
	if (*at + 1 >= argc)
		return command_usage(r->command, "%s wants a value", row->name);
	(*at)++;
	return read_value(r, row, argv[*at]);
}

int options_read(
	const struct command *c, const struct option_row *rows, size_t count, int argc, char **argv)
{
	struct reader r = {.command = c, .rows = rows, .count = count};
	bool only_positional = false;
	int rc = 0;

	assert(count <= ROWS_MAX);
	for (int i = 1; i < argc && rc == 0; i++) {
		if (!only_positional && strcmp(argv[i], "--") == 0)
			only_positional = true;
		else if (!only_positional && argv[i][0] == '-' && argv[i][1] != '\0')
			rc = read_option(&r, argc, argv, &i);
		else
			rc = read_positional(&r, argv[i]);
	}
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (rows[i].is_required && !r.given[i])
			rc = command_usage(c, "%s is missing", rows[i].name);
	}
	return rc;
}
