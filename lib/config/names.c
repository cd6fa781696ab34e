/* What names, ids and topics in a configuration may look like; the nearest known name. */
#include "lib/config/names.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/base/macros.h"
#include "lib/feature/plan.h"

#define INSTANCE_LEN_MAX 64
#define TOPIC_LEN_MAX 60000 /* leaves room for what we append, within MQTT's 65,535 */
#define WORD_LEN_MAX 64     /* longer words have no nearest one */

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name(const char *s, bool allow_dash)
{
	size_t len = strlen(s);

	if (len < 1 || len > NAME_LEN_MAX || !is_lower(s[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_lower(s[i]) && !is_digit(s[i]) && s[i] != '_' &&
			!(allow_dash && s[i] == '-'))
			return false;
	return true;
}

bool name_is_valid(const char *s)
{
	return is_name(s, false);
}

bool name_is_valid_dashed(const char *s)
{
	return is_name(s, true);
}

bool name_is_instance(const char *s)
{
	size_t len = strlen(s);

	if (len < 1 || len > INSTANCE_LEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower(to_lower(s[i])) && !is_digit(s[i]) && !strchr("._-", s[i]))
			return false;
	return true;
}

bool name_is_host(const char *s)
{
	return s[0] && !strpbrk(s, "/ \t\r\n");
}

bool name_is_topic(const char *s)
{
	size_t len = strlen(s);

	if (len < 1 || len > TOPIC_LEN_MAX || s[0] == '$' || s[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] == '+' || s[i] == '#' || (unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return true;
}

bool name_is_pointer(const char *s)
{
	return json_pointer_is_valid(s[0] == '#' ? s + 1 : s);
}

bool name_is_id(const char *s)
{
	return name_is_pointer(s) || strpbrk(s, "{}");
}

bool names_fall_together(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

bool name_is_reserved_column(const char *s)
{
	static const char *const reserved[] = {"unit", "started_ms", "scored_ms", "verdict",
		"p_defect", "class", "threshold", "model", "reason", "imputed", "reasons", "detail",
		"lots", "config", "latency_us", "gap_ms", "rowid", "oid", "_rowid_",
		/* of the label, beside them in training_<line> and an export */
		"label_defect", "label_class", "label_at_ms", "label_source", "label_by",
		"label_why"};

	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		if (strcmp(s, reserved[i]) == 0)
			return true;
	return false;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to put in, take out, change or swap with their neighbour, whatever the case: optimal
 * string alignment (Damerau 1964), three rows of its matrix. Both at most WORD_LEN_MAX. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_LEN_MAX + 1] = {0};
	size_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	for (size_t j = 0; j <= lb; j++)
		last[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			char ca = to_lower(a[i - 1]), cb = to_lower(b[j - 1]);

			row[j] = least(last[j - 1] + (ca != cb), least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && ca == to_lower(b[j - 2]) && cb == to_lower(a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[lb];
}

void suggestion_init(struct suggestion *s, const char *word)
{
	*s = (struct suggestion){.word = word};
	buf_init(&s->known);
}

void suggestion_deinit(struct suggestion *s)
{
	buf_deinit(&s->known);
}

void suggestion_add(struct suggestion *s, const char *name)
{
	size_t len = strlen(s->word), distance;

	buf_addf(&s->known, "%s%s", s->known.len ? ", " : "allowed are ", name);
	if (len > WORD_LEN_MAX || strlen(name) > WORD_LEN_MAX)
		return;
	distance = edit_distance(s->word, name);
	if (distance <= 1 + len / 4 && distance < strlen(name) &&
		(!s->nearest || distance < s->distance)) {
		s->nearest = name;
		s->distance = distance;
	}
}

const char *suggestion_text(struct suggestion *s)
{
	const char *text;

	if (s->known.len == 0)
		return "there are none";
	if (s->nearest) {
		buf_clear(&s->known);
		buf_addf(&s->known, "did you mean \"%s\"?", s->nearest);
	}
	text = buf_text(&s->known);
	return text ? text : "";
}
