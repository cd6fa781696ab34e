/* What a probe found, as tables. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "tools/probe_report.h"

#define COLUMNS_MAX 8
#define CELL_MAX 60      /* characters of a cell that could be of any length */
#define WIDE_CELL_MAX 90 /* of the first and last column */
#define FIELDS_SHOWN 40  /* of a template */
#define EXAMPLES 3

/* Cells are gathered first, so that columns can be as wide as they need to be. */
struct table {
	struct buf cells; /* texts with a NUL behind each */
	const char *const *heads;
	size_t columns, count;
	unsigned right; /* bits of the columns with numbers */
};

static void table_begin(struct table *t, const char *const *heads, size_t columns, unsigned right)
{
	*t = (struct table){.heads = heads, .columns = columns, .right = right};
	buf_init(&t->cells);
	for (size_t i = 0; i < columns; i++) {
		buf_put(&t->cells, heads[i], strlen(heads[i]) + 1);
		t->count++;
	}
}

static bool is_continued(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += !is_continued(*text);
	return n;
}

/* At most `most` characters, none of which could move the cursor. */
static void add_clean(struct buf *b, const char *text, size_t most)
{
	bool is_cut = characters(text) > most;
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		n += !is_continued(*text);
		if (n > (is_cut ? most - 3 : most))
			break;
		buf_put_u8(b, c < 0x20 || c == 0x7f ? '?' : c);
	}
	if (is_cut)
		buf_add(b, "...");
}

static void cell(struct table *t, const char *text)
{
	size_t column = t->count % t->columns;
	bool is_wide = column == 0 || column + 1 == t->columns;

	add_clean(&t->cells, text, is_wide ? WIDE_CELL_MAX : CELL_MAX);
	buf_put_u8(&t->cells, 0);
	t->count++;
}

PRINTF_LIKE(2, 3) static void cellf(struct table *t, const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	cell(t, text);
}

static void pad(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_add(b, " ");
}

static void table_end(struct table *t, struct buf *b, size_t indent)
{
	size_t widths[COLUMNS_MAX] = {0}, i = 0;
	const char *at;

	if (buf_failed(&t->cells))
		b->failed = true;
	at = t->cells.data;
	for (i = 0; i < t->count && !b->failed; i++, at += strlen(at) + 1) {
		size_t n = characters(at);

		widths[i % t->columns] = n > widths[i % t->columns] ? n : widths[i % t->columns];
	}
	at = t->cells.data;
	for (i = 0; i < t->count && !b->failed; i++, at += strlen(at) + 1) {
		size_t column = i % t->columns, gap = widths[column] - characters(at);
		bool is_last = column + 1 == t->columns;

		pad(b, column == 0 ? indent : 2);
		pad(b, t->right & 1u << column ? gap : 0);
		buf_add(b, at);
		pad(b, t->right & 1u << column || is_last ? 0 : gap);
		if (!is_last)
			continue;
		while (b->len > 0 && b->data[b->len - 1] == ' ')
			b->len--;
		buf_add(b, "\n");
	}
	buf_deinit(&t->cells);
}

static void interval_cell(struct table *t, const struct probe_template *of)
{
	if (of->regularity == REGULARITY_UNKNOWN)
		cell(t, "-");
	else
		cellf(t, "%.3g s, %s", of->interval_ms / 1000,
			probe_regularity_name(of->regularity));
}

static void print_templates(struct buf *b, const struct probe_report *r)
{
	static const char *const heads[] = {"topics", "how many", "messages", "per second",
		"each topic every", "QoS", "retained", "payload"};
	struct table t;

	table_begin(&t, heads, ARRAY_LEN(heads), 0x0e);
	for (size_t i = 0; i < probe_templates_count(r->templates); i++) {
		const struct probe_template *of = probe_templates_at(r->templates, i);
		uint64_t higher = of->qos[1] + of->qos[2];

		cell(&t, of->text);
		cellf(&t, "%zu", of->topic_count);
		cellf(&t, "%" PRIu64, of->messages);
		cellf(&t, "%.3g", of->per_second);
		interval_cell(&t, of);
		cell(&t, of->qos[0] && higher ? "0 and 1" : higher ? "1" : "0");
		cellf(&t, "%.0f %%", 100 * (double)of->retained / (double)of->messages);
		cell(&t, probe_payload_name(of->payload));
	}
	table_end(&t, b, 0);
}

static void add_number(struct buf *b, double v)
{
	char text[NUM_TEXT_MAX];

	num_print(text, v, false);
	buf_add(b, text);
}

static void add_examples(struct buf *b, const struct probe_field *f)
{
	size_t shown = 0, most = f->clock ? 1 : EXAMPLES; /* one time is like the other */

	for (size_t i = 0; i < f->seen_count && shown < most; i++) {
		if (!f->seen[i].text || f->seen[i].kind == KIND_BOOL)
			continue;
		buf_add(b, shown++ ? ", " : "");
		add_clean(b, f->seen[i].text, 24);
	}
	if (f->seen_count > most)
		buf_addf(b, ", .. (%zu%s different)", f->seen_count, f->has_more ? " or more" : "");
}

static void range_cell(struct table *t, const struct probe_field *f)
{
	struct buf b;

	buf_init(&b);
	if (probe_field_kind(f) == KIND_NUMBER) {
		add_number(&b, f->min);
		if (f->max > f->min) {
			buf_add(&b, " .. ");
			add_number(&b, f->max);
		}
	} else if (probe_field_kind(f) == KIND_ARRAY) {
		buf_addf(&b, "up to %zu elements", f->elements_max);
	} else if (probe_field_kind(f) == KIND_TEXT) {
		add_examples(&b, f);
	}
	cell(t, buf_text(&b) ? b.data : "");
	buf_deinit(&b);
}

/* "number", "number or text". */
static void kinds_cell(struct table *t, const struct probe_field *f)
{
	char text[80] = "";

	for (size_t k = 0; k < KIND_COUNT; k++) {
		size_t len = strlen(text);

		if (f->kinds[k] > 0)
			snprintf(text + len, sizeof(text) - len, "%s%s", len ? " or " : "",
				probe_kind_name((enum probe_kind)k));
	}
	cell(t, text);
}

static void print_fields(
	struct buf *b, const struct probe_report *r, const struct probe_template *of)
{
	static const char *const heads[] = {
		"pointer", "type", "present", "range or examples", "what it is"};
	size_t count = probe_shape_count(of->shape), shown = 0;
	struct buf says;
	struct table t;

	table_begin(&t, heads, ARRAY_LEN(heads), 0x04);
	buf_init(&says);
	for (size_t i = 0; i < count && shown < FIELDS_SHOWN; i++) {
		const struct probe_field *f = probe_shape_field(of->shape, i);

		buf_clear(&says);
		probe_say_field(&says, r, of, f);
		/* objects and elements are only the way to what is in them */
		if (probe_field_kind(f) == KIND_OBJECT && says.len == 0)
			continue;
		cell(&t, f->pointer[0] ? f->pointer : "(the payload)");
		kinds_cell(&t, f);
		cellf(&t, "%.0f %%", 100 * probe_field_present(of->shape, f));
		range_cell(&t, f);
		cell(&t, buf_text(&says) ? says.data : "");
		shown++;
	}
	buf_deinit(&says);
	if (shown > 0)
		table_end(&t, b, 4);
	else
		buf_deinit(&t.cells);
	if (shown == FIELDS_SHOWN)
		buf_addf(b, "    and more: --json has all %zu pointers\n", count);
	if (probe_shape_over(of->shape) > 0)
		buf_addf(b, "    beyond %d pointers: %" PRIu64 " values were not looked at\n",
			PROBE_POINTERS_MAX, probe_shape_over(of->shape));
}

static void print_levels(struct buf *b, const struct probe_template *of)
{
	static const char *const heads[] = {"level", "different", "such as", "why"};
	struct table t;
	char why[200];
	bool has_any = false;

	table_begin(&t, heads, ARRAY_LEN(heads), 0x02);
	for (size_t i = 0; i < of->level_count; i++) {
		const struct probe_level *l = &of->levels[i];
		const char *coming = probe_coming_sentence(l->coming);
		struct buf examples;

		if (!l->capture)
			continue;
		has_any = true;
		cellf(&t, "{%s}", l->name);
		cellf(&t, "%zu", l->value_count);
		buf_init(&examples);
		for (size_t v = 0; v < l->value_count && v < EXAMPLES; v++) {
			buf_add(&examples, v ? ", " : "");
			add_clean(&examples, l->values[v].text, 24);
		}
		buf_add(&examples, l->value_count > EXAMPLES ? ", .." : "");
		cell(&t, buf_text(&examples) ? examples.data : "");
		buf_deinit(&examples);
		snprintf(why, sizeof(why), "%s%s%s", l->why, coming[0] ? "; " : "", coming);
		add_clean(&t.cells, why, sizeof(why));
		buf_put_u8(&t.cells, 0);
		t.count++;
	}
	if (has_any)
		table_end(&t, b, 4);
	else
		buf_deinit(&t.cells);
}

static const struct probe_wild *known_as(
	const struct probe_report *r, const struct probe_template *t)
{
	for (size_t i = 0; i < r->proposal->reading_count; i++)
		if (r->proposal->readings[i].from->whole == t)
			return r->proposal->readings[i].known;
	return NULL;
}

static void print_template(
	struct buf *b, const struct probe_report *r, const struct probe_template *of)
{
	const struct probe_wild *known = known_as(r, of);

	buf_add(b, "\n");
	add_clean(b, of->text, 500);
	buf_add(b, "\n");
	if (known)
		buf_addf(b, "    %s: %s\n", known->name, known->what);
	print_levels(b, of);
	print_fields(b, r, of);
}

static void print_heard(struct buf *b, const struct probe_report *r)
{
	double seconds = (double)(r->heard.end_ms - r->heard.begin_ms) / 1000;

	buf_addf(b, "%" PRIu64 " message%s on %zu topic%s in %.0f s\n", r->heard.messages,
		r->heard.messages == 1 ? "" : "s", probe_topics_count(r->topics),
		probe_topics_count(r->topics) == 1 ? "" : "s", seconds);
	if (r->own > 0)
		buf_addf(b, "%" PRIu64 " messages of defectd itself were passed over\n", r->own);
	if (r->heard.messages_over > 0)
		buf_addf(b,
			"%" PRIu64 " messages were on topics beyond the first %d, or with names "
			"longer than %d bytes: counted, not looked at\n",
			r->heard.messages_over, PROBE_TOPICS_MAX, PROBE_TOPIC_BYTES_MAX);
	if (r->heard.pointers_over > 0)
		buf_addf(b,
			"%" PRIu64 " values in payloads were beyond what is kept (%d pointers of "
			"a payload, %d in all)\n",
			r->heard.pointers_over, PROBE_POINTERS_MAX, PROBE_POINTERS_ALL_MAX);
	buf_add(b, "\n");
}

void probe_report_text(struct buf *b, const struct probe_report *r)
{
	print_heard(b, r);
	print_templates(b, r);
	for (size_t i = 0; i < probe_templates_count(r->templates); i++)
		print_template(b, r, probe_templates_at(r->templates, i));
}
