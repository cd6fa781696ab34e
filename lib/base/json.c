#include "lib/base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json_scan.h"

static void text_free_at(char **p)
{
	free(*p);
}

int json_parse(cJSON **out, const char *text, size_t len, int flags, struct err *err)
{
	CLEANUP(text_free) char *blank = NULL;
	cJSON *tree;
	int r;

	if (flags & JSON_COMMENTS) {
		blank = malloc(len + 1);
		if (!blank)
			return err_set(err, -ENOMEM, "no memory for a text of %zu bytes", len);
		if (len > 0)
			memcpy(blank, text, len);
	}
	r = json_scan(text, len, blank, err);
	if (r < 0)
		return r;
	tree = cJSON_ParseWithLength(blank ? blank : text, len);
	if (!tree)
		return err_set(err, -ENOMEM, "no memory for the values of %zu bytes of JSON", len);
	*out = tree;
	return 0;
}

void json_free(cJSON *tree)
{
	cJSON_Delete(tree);
}

bool json_pointer_is_valid(const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return false;
	for (const char *p = strchr(pointer, '~'); p; p = strchr(p + 1, '~')) {
		if (p[1] != '0' && p[1] != '1')
			return false;
	}
	return true;
}

/* Is `key` what the token up to `end` says, its ~0 and ~1 read as ~ and /? */
static bool is_token(const char *token, const char *end, const char *key)
{
	for (; token < end; token++, key++) {
		char c = *token;

		if (c == '~')
			c = *++token == '1' ? '/' : '~';
		if (c != *key)
			return false;
	}
	return *key == '\0';
}

static const cJSON *element(const cJSON *array, const char *token, const char *end)
{
	const cJSON *item = array->child;
	size_t i = 0;

	if (token == end || end - token > 9 || (*token == '0' && end - token > 1))
		return NULL;
	for (; token < end; token++) {
		if (*token < '0' || *token > '9')
			return NULL;
		i = i * 10 + (size_t)(*token - '0');
	}
	for (; item && i > 0; i--)
		item = item->next;
	return item;
}

static const cJSON *member(const cJSON *object, const char *token, const char *end)
{
	const cJSON *item = object->child;

	while (item && !is_token(token, end, item->string))
		item = item->next;
	return item;
}

const cJSON *json_at(const cJSON *tree, const char *pointer)
{
	while (tree && *pointer == '/') {
		const char *token = pointer + 1;
		const char *end = token + strcspn(token, "/");

		if (cJSON_IsObject(tree))
			tree = member(tree, token, end);
		else
			tree = cJSON_IsArray(tree) ? element(tree, token, end) : NULL;
		pointer = end;
	}
	return *pointer == '\0' ? tree : NULL;
}

bool json_value(const cJSON *item, struct value *out)
{
	struct value v = {.kind = VALUE_MISSING};

	if (cJSON_IsNumber(item) || cJSON_IsBool(item)) {
		v.kind = VALUE_NUMBER;
		v.number = cJSON_IsNumber(item) ? item->valuedouble : cJSON_IsTrue(item);
	} else if (cJSON_IsString(item)) {
		v.kind = VALUE_TEXT;
		v.text = item->valuestring;
	} else if (item && !cJSON_IsNull(item)) {
		return false;
	}
	*out = v;
	return true;
}

const char *json_kind(const cJSON *item)
{
	static const struct {
		int type;
		const char *name;
	} kinds[] = {
		{cJSON_Number, "a number"},
		{cJSON_String, "a text"},
		{cJSON_Object, "an object"},
		{cJSON_Array, "an array"},
		{cJSON_True, "true"},
		{cJSON_False, "false"},
		{cJSON_NULL, "null"},
	};

	for (size_t i = 0; item && i < ARRAY_LEN(kinds); i++) {
		if ((item->type & 0xFF) == kinds[i].type)
			return kinds[i].name;
	}
	return "nothing";
}
