#include "lib/base/json_scan.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/base/json_keys.h"
#include "lib/base/json_token.h"

struct scan {
	struct token_text t;
	struct {
		char closing;
		size_t mark; /* where its keys begin */
	} open[JSON_DEPTH_MAX];
	int depth;
	struct json_keys keys;
};

/* A key and its colon. */
static bool scan_key(struct scan *s)
{
	const char *raw;
	bool has_escape;
	size_t len;

	if (!token_space(&s->t))
		return false;
	if (s->t.at == s->t.end || *s->t.at != '"')
		return token_unexpected(&s->t, "allowed is a key in quotes");
	if (!token_string(&s->t, &raw, &len, &has_escape))
		return false;
	if (!json_keys_push(&s->keys, raw, len, has_escape)) {
		s->t.code = err_set(s->t.err, -ENOMEM, "no memory for the keys of an object");
		return false;
	}
	if (!token_space(&s->t))
		return false;
	if (s->t.at == s->t.end || *s->t.at != ':')
		return token_unexpected(&s->t, "allowed is a ':' behind the key");
	s->t.at++;
	return true;
}

static bool open_list(struct scan *s)
{
	if (s->depth == JSON_DEPTH_MAX)
		return token_fail(&s->t, s->t.at, "found a value %d levels deep, allowed are %d",
			JSON_DEPTH_MAX + 1, JSON_DEPTH_MAX);
	s->open[s->depth].closing = *s->t.at == '{' ? '}' : ']';
	s->open[s->depth].mark = s->keys.count;
	s->depth++;
	s->t.at++;
	return true;
}

static bool close_list(struct scan *s)
{
	const struct json_key *repeated = json_keys_close(&s->keys, s->open[--s->depth].mark);
	const char *end;

	s->t.at++;
	if (!repeated)
		return true;
	for (end = repeated->raw; *end != '"'; end++)
		end += *end == '\\';
	return token_fail(&s->t, repeated->raw - 1, "duplicate key \"%.*s\"",
		token_shown(repeated->raw, (size_t)(end - repeated->raw)), repeated->raw);
}

/* Behind a value or an opening bracket: closes what ends here. *is_done where the document's
 * value is complete, else the next value begins at s->t.at. */
static bool scan_between(struct scan *s, bool is_first, bool *is_done)
{
	while (s->depth > 0) {
		char closing = s->open[s->depth - 1].closing;

		if (!token_space(&s->t))
			return false;
		if (s->t.at < s->t.end && *s->t.at == closing) {
			if (!close_list(s))
				return false;
			is_first = false;
			continue;
		}
		if (!is_first) {
			if (s->t.at == s->t.end || *s->t.at != ',')
				return token_unexpected(&s->t, closing == '}'
								       ? "allowed is ',' or '}'"
								       : "allowed is ',' or ']'");
			s->t.at++;
		}
		*is_done = false;
		return closing == ']' || scan_key(s);
	}
	*is_done = true;
	return true;
}

static bool scan_document(struct scan *s)
{
	bool is_done, is_list;

	do {
		if (!token_space(&s->t))
			return false;
		is_list = s->t.at < s->t.end && (*s->t.at == '{' || *s->t.at == '[');
		if (is_list ? !open_list(s) : !token_scalar(&s->t))
			return false;
		if (!scan_between(s, is_list, &is_done))
			return false;
	} while (!is_done);
	if (!token_space(&s->t))
		return false;
	return s->t.at == s->t.end ||
	       token_unexpected(&s->t, "allowed is nothing behind the document");
}

int json_scan(const char *text, size_t len, char *blank, struct err *err)
{
	struct scan s; /* its stacks are large: they are not cleared for each text */
	bool is_sound;

	s.t = (struct token_text){
		.text = text, .at = text, .end = text + len, .blank = blank, .err = err};
	s.depth = 0;
	json_keys_init(&s.keys);
	is_sound = scan_document(&s);
	json_keys_deinit(&s.keys);
	return is_sound ? 0 : s.t.code;
}
