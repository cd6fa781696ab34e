/* What the names of topic levels and payload members mean, and what ids look like. */
#include "tools/probe_words.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/macros.h"

#define WORD_MAX 32 /* longer words mean nothing */

static const struct {
	const char *word;
	unsigned means;
} words[] = {
	{"unit", WORD_UNIT},
	{"units", WORD_UNIT},
	{"unitid", WORD_UNIT},
	{"serial", WORD_UNIT},
	{"serials", WORD_UNIT},
	{"serialno", WORD_UNIT},
	{"serialnumber", WORD_UNIT},
	{"sn", WORD_UNIT},
	{"part", WORD_UNIT | WORD_MODEL},
	{"parts", WORD_UNIT | WORD_MODEL},
	{"partid", WORD_UNIT},
	{"piece", WORD_UNIT},
	{"pieces", WORD_UNIT},
	{"workpiece", WORD_UNIT},
	{"product", WORD_UNIT | WORD_MODEL},
	{"products", WORD_UNIT | WORD_MODEL},
	{"panel", WORD_UNIT},
	{"board", WORD_UNIT},
	{"pcb", WORD_UNIT},
	{"wafer", WORD_UNIT},
	{"vehicle", WORD_UNIT},
	{"vin", WORD_UNIT},
	{"uid", WORD_UNIT},
	{"dmc", WORD_UNIT},
	{"barcode", WORD_UNIT},
	{"cycle", WORD_UNIT},
	{"shot", WORD_UNIT},

	{"lot", WORD_LOT},
	{"lots", WORD_LOT},
	{"lotid", WORD_LOT},
	{"lotno", WORD_LOT},
	{"batch", WORD_LOT},
	{"batches", WORD_LOT},
	{"batchid", WORD_LOT},
	{"batchno", WORD_LOT},
	{"charge", WORD_LOT},
	{"order", WORD_LOT},
	{"orders", WORD_LOT},
	{"orderid", WORD_LOT},
	{"orderno", WORD_LOT},
	{"material", WORD_LOT},
	{"materials", WORD_LOT},
	{"coil", WORD_LOT},
	{"bag", WORD_LOT},

	{"time", WORD_TIME},
	{"timestamp", WORD_TIME},
	{"ts", WORD_TIME},
	{"t", WORD_TIME},
	{"date", WORD_TIME},
	{"datetime", WORD_TIME},
	{"at", WORD_TIME},
	{"when", WORD_TIME},
	{"epoch", WORD_TIME},
	{"utc", WORD_TIME},

	{"enter", WORD_ENTER},
	{"entered", WORD_ENTER},
	{"entry", WORD_ENTER},
	{"start", WORD_ENTER},
	{"started", WORD_ENTER},
	{"begin", WORD_ENTER},
	{"began", WORD_ENTER},
	{"arrive", WORD_ENTER},
	{"arrived", WORD_ENTER},
	{"infeed", WORD_ENTER},
	{"in", WORD_ENTER},

	{"exit", WORD_EXIT},
	{"exited", WORD_EXIT},
	{"out", WORD_EXIT},
	{"outfeed", WORD_EXIT},
	{"end", WORD_EXIT},
	{"ended", WORD_EXIT},
	{"stop", WORD_EXIT},
	{"stopped", WORD_EXIT},
	{"done", WORD_EXIT},
	{"complete", WORD_EXIT},
	{"completed", WORD_EXIT},
	{"finish", WORD_EXIT},
	{"finished", WORD_EXIT},
	{"leave", WORD_EXIT},

	{"event", WORD_EVENT},
	{"type", WORD_EVENT},
	{"kind", WORD_EVENT},
	{"action", WORD_EVENT},
	{"state", WORD_EVENT},
	{"status", WORD_EVENT | WORD_GENERIC},
	{"phase", WORD_EVENT},
	{"method", WORD_EVENT},
	{"message", WORD_GENERIC},
	{"msg", WORD_GENERIC},

	{"name", WORD_NAME | WORD_EVENT | WORD_SUFFIX},
	{"id", WORD_NAME | WORD_SUFFIX | WORD_COUNTER},
	{"tag", WORD_NAME | WORD_GENERIC},
	{"key", WORD_NAME | WORD_SUFFIX},
	{"sensor", WORD_NAME | WORD_GENERIC},
	{"signal", WORD_NAME | WORD_GENERIC},
	{"parameter", WORD_NAME | WORD_GENERIC},
	{"param", WORD_NAME | WORD_GENERIC},
	{"variable", WORD_NAME | WORD_GENERIC},
	{"property", WORD_NAME | WORD_GENERIC},
	{"alias", WORD_NAME},
	{"channel", WORD_NAME | WORD_GENERIC},

	{"value", WORD_VALUE | WORD_GENERIC},
	{"val", WORD_VALUE | WORD_GENERIC},
	{"v", WORD_VALUE},
	{"reading", WORD_VALUE | WORD_GENERIC},

	{"result", WORD_RESULT},
	{"verdict", WORD_RESULT},
	{"judgement", WORD_RESULT},
	{"judgment", WORD_RESULT},
	{"disposition", WORD_RESULT},
	{"defect", WORD_RESULT | WORD_BAD},
	{"defective", WORD_RESULT | WORD_BAD},

	{"qc", WORD_INSPECTION},
	{"qa", WORD_INSPECTION},
	{"inspection", WORD_INSPECTION},
	{"inspect", WORD_INSPECTION},

	{"ng", WORD_BAD},
	{"nok", WORD_BAD},
	{"nio", WORD_BAD},
	{"fail", WORD_BAD},
	{"failed", WORD_BAD},
	{"bad", WORD_BAD},
	{"reject", WORD_BAD},
	{"rejected", WORD_BAD},
	{"scrap", WORD_BAD},
	{"rework", WORD_BAD},
	{"ok", WORD_GOOD},
	{"io", WORD_GOOD},
	{"pass", WORD_GOOD},
	{"passed", WORD_GOOD},
	{"good", WORD_GOOD},
	{"accept", WORD_GOOD},
	{"accepted", WORD_GOOD},

	{"no", WORD_SUFFIX | WORD_NUMBER},
	{"nr", WORD_SUFFIX | WORD_NUMBER},
	{"number", WORD_SUFFIX | WORD_NUMBER},
	{"num", WORD_SUFFIX | WORD_NUMBER},
	{"code", WORD_SUFFIX | WORD_NUMBER},
	{"identifier", WORD_SUFFIX | WORD_NAME},
	{"numeric", WORD_SUFFIX},
	{"work", WORD_GENERIC},
	{"ref", WORD_SUFFIX},
	{"ms", WORD_SUFFIX},
	{"us", WORD_SUFFIX},
	{"ns", WORD_SUFFIX},
	{"s", WORD_SUFFIX},

	{"values", WORD_GENERIC},
	{"tags", WORD_GENERIC},
	{"sensors", WORD_GENERIC},
	{"signals", WORD_GENERIC},
	{"data", WORD_GENERIC},
	{"tele", WORD_GENERIC},
	{"telemetry", WORD_GENERIC},
	{"stat", WORD_GENERIC},
	{"events", WORD_GENERIC},
	{"rpc", WORD_GENERIC},
	{"historian", WORD_GENERIC},
	{"payload", WORD_GENERIC},
	{"params", WORD_GENERIC},
	{"properties", WORD_GENERIC},
	{"messages", WORD_GENERIC},
	{"body", WORD_GENERIC},

	{"version", WORD_COUNTER},
	{"seq", WORD_COUNTER},
	{"sequence", WORD_COUNTER},
	{"index", WORD_COUNTER},
	{"counter", WORD_COUNTER},
	{"crc", WORD_COUNTER},
};

struct word {
	char text[WORD_MAX + 1]; /* small letters; "" when it is too long */
	bool is_digits;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Moves *at behind the next word; false when there is none. */
static bool next_word(const char **at, struct word *out)
{
	const char *s = *at, *begin;
	size_t n;

	while (*s && !is_letter(*s) && !is_digit(*s))
		s++;
	if (!*s)
		return false;
	begin = s;
	out->is_digits = is_digit(*s);
	for (s++; out->is_digits ? is_digit(*s) : is_letter(*s); s++)
		if (is_capital(*s) && !is_capital(s[-1]))
			break;
	n = (size_t)(s - begin);
	*at = s;
	if (n > WORD_MAX)
		n = 0;
	for (size_t i = 0; i < n; i++)
		out->text[i] = (char)tolower((unsigned char)begin[i]);
	out->text[n] = '\0';
	return true;
}

static unsigned meaning(const struct word *w)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcmp(words[i].word, w->text) == 0)
			return words[i].means;
	}
	return 0;
}

unsigned probe_words(const char *name)
{
	struct word w;
	unsigned all = 0;

	while (next_word(&name, &w))
		all |= meaning(&w);
	return all;
}

unsigned probe_head(const char *name)
{
	struct word w;
	unsigned before = 0, last = 0;

	while (next_word(&name, &w)) {
		before = last;
		last = meaning(&w);
	}
	if (!(last & WORD_SUFFIX))
		return last;
	if (last & WORD_NUMBER && before & WORD_MODEL)
		before &= ~(unsigned)WORD_UNIT; /* all parts of a type have one part number */
	return last | before;
}

/* Appends "_" and the word, as far as they fit whole. */
static size_t append(char *out, size_t len, size_t cap, const char *word)
{
	size_t gap = len > 0, n = strlen(word);

	if (n == 0 || len + gap + n >= cap)
		return len;
	if (gap)
		out[len++] = '_';
	memcpy(out + len, word, n + 1);
	return len + n;
}

void probe_stem(char *out, size_t cap, const char *name)
{
	struct word w;
	size_t len = 0;

	out[0] = '\0';
	while (next_word(&name, &w))
		if (!(meaning(&w) & (WORD_ENTER | WORD_EXIT)))
			len = append(out, len, cap, w.text);
}

void probe_name(char out[PROBE_NAME_MAX], const char *text, const char *fallback)
{
	bool is_gap = false;
	size_t len = 0;

	for (; *text && len + 2 < PROBE_NAME_MAX; text++) {
		char c = (char)tolower((unsigned char)*text);

		if (!is_letter(c) && !is_digit(c)) {
			is_gap = len > 0;
			continue;
		}
		if (len == 0 && is_digit(c))
			out[len++] = 'n';
		else if (is_gap || (len > 0 && is_capital(*text) && is_letter(text[-1]) &&
					   !is_capital(text[-1])))
			out[len++] = '_';
		is_gap = false;
		out[len++] = c;
	}
	out[len] = '\0';
	if (len == 0)
		strcpy(out, fallback);
}

struct letters {
	size_t digits, letters, hex, others, len;
};

static struct letters count(const char *text)
{
	struct letters n = {0};

	for (; *text; text++, n.len++) {
		if (is_digit(*text))
			n.digits++;
		else if (is_letter(*text))
			n.letters++;
		else
			n.others++;
		n.hex += isxdigit((unsigned char)*text) != 0;
	}
	return n;
}

enum probe_form probe_form(const char *text)
{
	const struct letters n = count(text);

	if (n.digits == 0)
		return FORM_WORD;
	if (n.digits >= 5 || (n.digits >= 4 && n.letters == 0))
		return FORM_ID;
	if (n.len >= 8 && n.digits >= 2 && n.hex == n.len)
		return FORM_ID;
	return FORM_NUMBERED;
}

void probe_pattern(char *out, size_t cap, const char *text)
{
	const enum probe_form form = probe_form(text);
	const struct letters n = count(text);
	char last = '\0';
	size_t len = 0;

	if (form == FORM_ID && n.len >= 8 && n.hex + n.others == n.len && n.letters > 1)
		text = "x"; /* hexadecimal, a uuid: letters and digits mix at random */
	if (form == FORM_ID)
		out[len++] = '~';
	for (; *text && len + 1 < cap; text++) {
		char c = is_digit(*text) && form != FORM_WORD ? '9' : *text;

		if (form == FORM_ID && is_letter(*text))
			c = 'a';
		if (c != last || c != '9')
			if (c != last || c != 'a' || form != FORM_ID)
				out[len++] = c;
		last = c;
	}
	out[len] = '\0';
}
