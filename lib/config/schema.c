/* Reading a JSON object by a table. */
#include "lib/config/schema.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/config/names.h"

#define WHOLE_MAX 9007199254740992.0 /* 2^53 */

/* At most `max` bytes of s, and no half character at the end. */
static int cut_length(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len > max)
		for (len = max; len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80;)
			len--;
	return (int)len;
}

const char *schema_found(char out[FOUND_TEXT_MAX], const cJSON *item)
{
	char number[NUM_TEXT_MAX];
	int cut;

	if (cJSON_IsString(item)) {
		cut = cut_length(item->valuestring, FOUND_TEXT_MAX - 8);
		snprintf(out, FOUND_TEXT_MAX, "\"%.*s%s\"", cut, item->valuestring,
			item->valuestring[cut] ? "..." : "");
	} else if (cJSON_IsNumber(item)) {
		num_print(number, item->valuedouble, false);
		snprintf(out, FOUND_TEXT_MAX, "%s", number);
	} else if (cJSON_IsBool(item)) {
		snprintf(out, FOUND_TEXT_MAX, "%s", cJSON_IsTrue(item) ? "true" : "false");
	} else {
		snprintf(out, FOUND_TEXT_MAX, "%s", json_kind(item));
	}
	return out;
}

void schema_refuse(const cJSON *item, const struct place *at, const char *rule)
{
	char found[FOUND_TEXT_MAX];

	place_error(at, "is %s, allowed is %s", schema_found(found, item), rule);
}

const char *schema_text(const cJSON *item, const char *rule, const struct place *at)
{
	if (cJSON_IsString(item) && item->valuestring[0])
		return item->valuestring;
	schema_refuse(item, at, rule);
	return NULL;
}

bool schema_choice(
	const cJSON *item, const struct choice *choices, int *out, const struct place *at)
{
	CLEANUP(buf_deinit) struct buf rule;
	const char *text;

	buf_init(&rule);
	for (const struct choice *c = choices; c->name; c++) {
		bool is_this = cJSON_IsString(item) && strcmp(item->valuestring, c->name) == 0;

		if (is_this) {
			*out = c->value;
			return true;
		}
		buf_addf(&rule, "%s\"%s\"", rule.len ? " or " : "", c->name);
	}
	text = buf_text(&rule);
	schema_refuse(item, at, text ? text : "");
	return false;
}

/* A number of the key's type from how one writes it. */
static bool number_from_text(const struct key *k, const char *text, double *out)
{
	int64_t whole;

	switch (k->type) {
	case KEY_REAL:
		return num_parse(text, strlen(text), out);
	case KEY_DURATION:
	case KEY_SECONDS:
		if (duration_parse(text, &whole, NULL) != 0)
			return false;
		break;
	case KEY_SHIFT:
		if (duration_parse(text + (text[0] == '-'), &whole, NULL) != 0)
			return false;
		whole = text[0] == '-' ? -whole : whole;
		break;
	case KEY_SIZE:
		if (size_parse(text, &whole, NULL) != 0)
			return false;
		break;
	default:
		if (!num_parse_int(text, strlen(text), &whole))
			return false;
	}
	*out = (double)whole;
	return true;
}

static bool number_from_item(const struct key *k, const cJSON *item, double *out)
{
	bool is_plain = k->type != KEY_DURATION && k->type != KEY_SHIFT && k->type != KEY_SECONDS;
	bool is_written = !is_plain || k->type == KEY_SIZE;

	if (is_written && cJSON_IsString(item))
		return number_from_text(k, item->valuestring, out);
	if (!is_plain || !cJSON_IsNumber(item))
		return false;
	*out = item->valuedouble;
	return k->type == KEY_REAL || (fabs(*out) < WHOLE_MAX && *out == floor(*out));
}

static bool is_in_bounds(const struct key *k, double v)
{
	double bound;

	if (k->low && number_from_text(k, k->low, &bound) && v < bound)
		return false;
	if (k->high && number_from_text(k, k->high, &bound) && v > bound)
		return false;
	return k->type != KEY_SECONDS || fmod(v, 1000) == 0;
}

static void store_number(const struct key *k, double v, char *at)
{
	switch (k->type) {
	case KEY_REAL:
		*(double *)(void *)at = v;
		break;
	case KEY_INT:
		*(int *)(void *)at = (int)v;
		break;
	case KEY_SECONDS:
		*(int *)(void *)at = (int)(v / 1000);
		break;
	default:
		*(int64_t *)(void *)at = (int64_t)v;
	}
}

static void say_number_rule(const struct key *k, const cJSON *item, const struct place *at)
{
	static const char *const kinds[] = {
		[KEY_INT] = "a whole number",
		[KEY_COUNT] = "a whole number",
		[KEY_REAL] = "a number",
		[KEY_DURATION] = "a duration such as \"90s\"",
		[KEY_SHIFT] = "a duration such as \"20s\" or \"-20s\"",
		[KEY_SECONDS] = "a duration in whole seconds such as \"90s\"",
		[KEY_SIZE] = "a size such as \"64KiB\"",
	};
	char rule[160];

	if (k->low && k->high)
		snprintf(rule, sizeof(rule), "%s, from %s to %s", kinds[k->type], k->low, k->high);
	else if (k->low)
		snprintf(rule, sizeof(rule), "%s, at least %s", kinds[k->type], k->low);
	else
		snprintf(rule, sizeof(rule), "%s", kinds[k->type]);
	schema_refuse(item, at, rule);
}

static void read_number(const struct key *k, const cJSON *item, char *out, const struct place *at)
{
	double v;

	if (number_from_item(k, item, &v) && is_in_bounds(k, v))
		store_number(k, v, out);
	else
		say_number_rule(k, item, at);
}

static void read_text(const struct key *k, const cJSON *item, char *out, const struct place *at)
{
	const char *rule = k->rule ? k->rule : "a text that is not empty";
	bool may_be_empty = k->is_valid && k->is_valid("");

	if (!cJSON_IsString(item) || (!item->valuestring[0] && !may_be_empty) ||
		(k->is_valid && !k->is_valid(item->valuestring)))
		schema_refuse(item, at, rule);
	else
		*(const char **)(void *)out = item->valuestring;
}

static void read_key(const struct key *k, const cJSON *item, char *out, const struct place *at)
{
	switch (k->type) {
	case KEY_TEXT:
		read_text(k, item, out + k->offset, at);
		break;
	case KEY_CHOICE:
		(void)schema_choice(item, k->choices, (int *)(void *)(out + k->offset), at);
		break;
	case KEY_OBJECT:
		(void)schema_read(k->keys, item, out + k->offset, at);
		break;
	case KEY_LIST:
		if (cJSON_IsArray(item))
			*(const cJSON **)(void *)(out + k->offset) = item;
		else
			schema_refuse(item, at, "an array");
		break;
	case KEY_MAP:
		if (cJSON_IsObject(item))
			*(const cJSON **)(void *)(out + k->offset) = item;
		else
			schema_refuse(item, at, "an object");
		break;
	case KEY_BOOL:
		if (cJSON_IsBool(item))
			*(bool *)(void *)(out + k->offset) = cJSON_IsTrue(item);
		else
			schema_refuse(item, at, "true or false");
		break;
	case KEY_ANY:
		*(const cJSON **)(void *)(out + k->offset) = item;
		break;
	case KEY_LATER:
		if (k->help)
			place_error(at, "%s not part of this version yet; remove the key", k->help);
		else
			place_error(at, "this key is not part of this version yet; remove it");
		break;
	default:
		read_number(k, item, out + k->offset, at);
	}
	if (k->flag)
		*(bool *)(void *)(out + k->flag) = true;
}

static void put_preset(const struct key *k, char *out, const struct place *at)
{
	double v;

	if (k->type == KEY_OBJECT) {
		(void)schema_read(k->keys, NULL, out + k->offset, at);
	} else if (!k->preset) {
		return;
	} else if (k->type == KEY_TEXT) {
		*(const char **)(void *)(out + k->offset) = k->preset;
	} else if (k->type == KEY_BOOL) {
		*(bool *)(void *)(out + k->offset) = strcmp(k->preset, "true") == 0;
	} else if (k->type == KEY_CHOICE) {
		for (const struct choice *c = k->choices; c->name; c++)
			if (strcmp(c->name, k->preset) == 0)
				*(int *)(void *)(out + k->offset) = c->value;
	} else if (number_from_text(k, k->preset, &v)) {
		store_number(k, v, out + k->offset);
	}
}

static void say_unknown(const struct key *keys, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion s;

	suggestion_init(&s, at->key);
	for (const struct key *k = keys; k->name; k++)
		if (k->type != KEY_LATER)
			suggestion_add(&s, k->name);
	place_error(at, "unknown key, %s", suggestion_text(&s));
}

bool schema_read(const struct key *keys, const cJSON *object, void *out, const struct place *at)
{
	size_t errors = at->reader->report->errors;
	const cJSON *item;

	for (const struct key *k = keys; k->name; k++)
		put_preset(k, out, at);
	if (!object)
		return true;
	if (!cJSON_IsObject(object)) {
		schema_refuse(object, at, "an object");
		return false;
	}
	cJSON_ArrayForEach(item, object)
	{
		struct place here = place_key(at, item->string);
		const struct key *k = keys;

		while (k->name && strcmp(k->name, item->string) != 0)
			k++;
		if (k->name)
			read_key(k, item, out, &here);
		else
			say_unknown(keys, &here);
	}
	for (const struct key *k = keys; k->name; k++)
		if (k->is_required && !cJSON_GetObjectItemCaseSensitive(object, k->name))
			place_error(at, "\"%s\" is missing%s%s", k->name, k->help ? ": " : "",
				k->help ? k->help : "");
	return at->reader->report->errors == errors;
}
