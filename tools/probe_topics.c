/* What was heard, topic by topic. */
#include "tools/probe_topics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/map.h"
#include "lib/base/num.h"
#include "lib/base/utf8.h"
#include "tools/probe_words.h"
#include "tools/recording.h"

#define BLOCK_BYTES (64 << 10)
#define TEXT_MAX 256        /* longer payloads that are no JSON show only that they are text */
#define VALUE_MEMBERS_MAX 8 /* an object of more is no value with its time */

struct probe_topics {
	struct arena *arena;
	struct probe_memory memory;
	struct map *by_text;    /* struct probe_topic */
	struct map *by_pattern; /* struct probe_variants */
	struct probe_topic **topics;
	size_t count;
	struct probe_heard heard;
	bool has_listened;
};

int probe_topics_new(struct probe_topics **out)
{
	CLEANUP(probe_topics_free) struct probe_topics *p = calloc(1, sizeof(*p));

	if (!p || arena_new(&p->arena, BLOCK_BYTES) < 0 || probe_memory_init(&p->memory) < 0 ||
		map_new(&p->by_text, PROBE_TOPICS_MAX) < 0 ||
		map_new(&p->by_pattern, PROBE_TOPICS_MAX) < 0)
		return -ENOMEM;
	p->topics = calloc(PROBE_TOPICS_MAX, sizeof(p->topics[0]));
	if (!p->topics)
		return -ENOMEM;
	*out = TAKE(p);
	return 0;
}

void probe_topics_free(struct probe_topics *p)
{
	if (!p)
		return;
	for (struct map_entry *e = p->by_pattern ? map_begin(p->by_pattern) : NULL; e;
		e = map_next(e))
		probe_variants_deinit(map_value(e));
	map_free(p->by_pattern);
	map_free(p->by_text);
	free(p->topics);
	probe_memory_deinit(&p->memory);
	arena_free(p->arena);
	free(p);
}

static bool is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)bytes[i];
		size_t n = 1;

		if ((c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f)
			return false;
		if (c >= 0x80)
			n = utf8_length(bytes + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What the payload is; *out its value, where there is one to look at. */
static enum probe_payload read_payload(const struct recorded *m, cJSON **out)
{
	const char *text = m->payload;
	size_t len = m->payload_len;
	char copy[TEXT_MAX + 1];
	cJSON *tree = NULL;
	double number;

	if (len > PROBE_PAYLOAD_MAX)
		return PAYLOAD_TOO_BIG;
	while (len > 0 && is_blank(text[0]))
		text++, len--;
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	if (len == 0)
		return PAYLOAD_EMPTY;
	if (num_parse(text, len, &number)) {
		*out = cJSON_CreateNumber(number);
		return PAYLOAD_NUMBER;
	}
	if (json_parse(&tree, text, len, 0, NULL) == 0) {
		*out = tree;
		if (cJSON_IsObject(tree))
			return PAYLOAD_OBJECT;
		return cJSON_IsArray(tree) ? PAYLOAD_ARRAY : PAYLOAD_SCALAR;
	}
	if (!is_text(text, len))
		return PAYLOAD_BINARY;
	if (len <= TEXT_MAX) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		*out = cJSON_CreateString(copy);
	}
	return PAYLOAD_TEXT;
}

static void count_members(struct probe_topic *t, const cJSON *object)
{
	const cJSON *member;
	size_t count = (size_t)cJSON_GetArraySize(object);

	cJSON_ArrayForEach(member, object)
	{
		t->members |= UINT64_C(1)
			      << (hash64(0, member->string, strlen(member->string)) & 63);
		if (count > VALUE_MEMBERS_MAX || !(probe_head(member->string) & WORD_VALUE))
			continue;
		t->value_numbers += cJSON_IsNumber(member) || cJSON_IsBool(member);
		t->value_texts += cJSON_IsString(member) != 0;
	}
}

static void count_message(struct probe_topic *t, const struct recorded *m)
{
	double interval, before;

	t->messages++;
	t->qos[m->qos]++;
	if (m->retained) {
		t->retained++;
		return;
	}
	if (t->live.count++ == 0) {
		t->live.first_ms = t->live.last_ms = m->t_ms;
		return;
	}
	interval = (double)(m->t_ms - t->live.last_ms);
	before = interval - t->interval_mean_ms;
	t->interval_mean_ms += before / (double)(t->live.count - 1);
	t->interval_m2 += before * (interval - t->interval_mean_ms);
	t->live.last_ms = m->t_ms;
}

static bool is_kept(const char *text)
{
	size_t levels = 1;

	for (const char *c = text; *c; c++)
		levels += *c == '/';
	return levels <= PROBE_LEVELS_MAX && strlen(text) <= PROBE_TOPIC_BYTES_MAX;
}

static void split(struct probe_topic *t, char *copy)
{
	for (char *level = copy; level;) {
		char *slash = strchr(level, '/');

		if (slash)
			*slash = '\0';
		t->levels[t->level_count++] = level;
		level = slash ? slash + 1 : NULL;
	}
}

/* The shapes of all topics with this pattern. */
static int shapes_of(
	struct probe_topics *p, const struct probe_topic *t, struct probe_variants **out)
{
	char pattern[2 * PROBE_TOPIC_BYTES_MAX];
	struct probe_variants *v;
	size_t len = 0;
	int rc;

	for (size_t i = 0; i < t->level_count; i++) {
		probe_pattern(pattern + len, sizeof(pattern) - len - 1, t->levels[i]);
		len += strlen(pattern + len);
		pattern[len++] = '/';
	}
	pattern[len] = '\0';
	*out = map_get(p->by_pattern, pattern);
	if (*out)
		return 0;
	v = arena_alloc(p->arena, sizeof(*v));
	rc = v ? probe_variants_init(v, &p->memory) : -ENOMEM;
	if (rc < 0)
		return rc;
	rc = map_put(p->by_pattern, pattern, v);
	if (rc < 0)
		probe_variants_deinit(v);
	else
		*out = v;
	return rc;
}

/* *out NULL: it is not kept. */
static int topic_of(struct probe_topics *p, const char *text, struct probe_topic **out)
{
	struct probe_topic *t = map_get(p->by_text, text);
	char *copy;
	int rc;

	*out = t;
	if (t || map_full(p->by_text) || !is_kept(text))
		return 0;
	t = arena_zalloc(p->arena, 1, sizeof(*t));
	copy = arena_string(p->arena, text);
	if (!t || !copy)
		return -ENOMEM;
	t->text = arena_string(p->arena, text);
	if (!t->text)
		return -ENOMEM;
	split(t, copy);
	rc = shapes_of(p, t, &t->shapes);
	if (rc == 0)
		rc = map_put(p->by_text, text, t);
	if (rc < 0)
		return rc;
	p->topics[p->count++] = t;
	*out = t;
	return 0;
}

int probe_topics_add(struct probe_topics *p, const struct recorded *m)
{
	CLEANUP(json_free) cJSON *value = NULL;
	enum probe_payload kind;
	struct probe_topic *t;
	int rc = topic_of(p, m->topic, &t);

	if (rc < 0)
		return rc;
	if (p->heard.messages++ == 0 && !p->has_listened)
		p->heard.begin_ms = m->t_ms;
	if (!p->has_listened)
		p->heard.end_ms = m->t_ms;
	if (!t) {
		p->heard.messages_over++;
		return 0;
	}
	count_message(t, m);
	kind = read_payload(m, &value);
	t->payloads[kind]++;
	if (kind == PAYLOAD_OBJECT)
		count_members(t, value);
	t->value_numbers +=
		kind == PAYLOAD_NUMBER || (kind == PAYLOAD_SCALAR && cJSON_IsBool(value));
	t->value_texts += kind == PAYLOAD_TEXT || (kind == PAYLOAD_SCALAR && cJSON_IsString(value));
	return value ? probe_variants_add(t->shapes, &p->memory, value, m->t_ms, m->retained) : 0;
}

void probe_topics_heard(const struct probe_topics *p, struct probe_heard *out)
{
	*out = p->heard;
	out->pointers_over = p->memory.over;
}

void probe_topics_listened(struct probe_topics *p, int64_t begin_ms, int64_t end_ms)
{
	p->has_listened = true;
	p->heard.begin_ms = begin_ms;
	p->heard.end_ms = end_ms;
}

size_t probe_topics_count(const struct probe_topics *p)
{
	return p->count;
}

const struct probe_topic *probe_topics_at(const struct probe_topics *p, size_t i)
{
	return p->topics[i];
}

enum probe_payload probe_payload_of(const uint64_t payloads[PAYLOAD_KINDS])
{
	enum probe_payload best = PAYLOAD_EMPTY;

	for (size_t k = PAYLOAD_EMPTY + 1; k < PAYLOAD_KINDS; k++)
		if (payloads[k] > (best == PAYLOAD_EMPTY ? 0 : payloads[best]))
			best = (enum probe_payload)k;
	return best;
}

const char *probe_payload_name(enum probe_payload k)
{
	static const char *const names[PAYLOAD_KINDS] = {
		[PAYLOAD_EMPTY] = "empty",
		[PAYLOAD_NUMBER] = "number",
		[PAYLOAD_SCALAR] = "json value",
		[PAYLOAD_TEXT] = "text",
		[PAYLOAD_BINARY] = "binary",
		[PAYLOAD_OBJECT] = "json object",
		[PAYLOAD_ARRAY] = "json array",
		[PAYLOAD_TOO_BIG] = "too large",
	};

	return names[k];
}
