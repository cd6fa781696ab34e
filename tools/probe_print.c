/* What a probe found, as tables. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/num.h"
#include "tools/printable.h"
#include "tools/probe_report.h"
#include "tools/text_table.h"

#define INDENT "    "
#define CELL_MAX 60      /* characters of a cell that could be of any length */
#define WIDE_CELL_MAX 90 /* of the first and last column */
#define EXAMPLE_MAX 24
#define FIELDS_SHOWN 40 /* of a template */
#define EXAMPLES 3

/* At most so many characters, none of them in halves. */
static void put_cut(struct buf *b, const char *text, size_t most)
{
	size_t len = 0, kept = 0, n = 0;

	for (; text[len]; len++) {
		if (((unsigned char)text[len] & 0xc0) == 0x80)
			continue;
		if (n == most - 3)
			kept = len;
		if (n++ == most)
			break;
	}
	buf_put(b, text, text[len] ? kept : len);
	buf_add(b, text[len] ? "..." : "");
}

static void cell(struct text_table *t, const char *text, size_t most)
{
	struct buf b;

	buf_init(&b);
	put_cut(&b, text, most);
	text_table_add(t, buf_text(&b) ? b.data : "");
	buf_deinit(&b);
}

static void interval_cell(struct text_table *t, const struct probe_template *of)
{
	if (of->regularity == REGULARITY_UNKNOWN)
		text_table_add(t, "-");
	else
		text_table_addf(t, "%.3g s, %s", of->interval_ms / 1000,
			probe_regularity_name(of->regularity));
}

static void print_templates(FILE *f, const struct probe_report *r)
{
	static const char *const heads[] = {"topics", "how many", "messages", "per second",
		"each topic every", "QoS", "retained", "payload"};
	CLEANUP(text_table_deinit) struct text_table t;

	text_table_init(&t, heads, ARRAY_LEN(heads));
	t.is_number[1] = t.is_number[2] = t.is_number[3] = true;
	for (size_t i = 0; i < probe_templates_count(r->templates); i++) {
		const struct probe_template *of = probe_templates_at(r->templates, i);
		uint64_t higher = of->qos[1] + of->qos[2];

		cell(&t, of->text, WIDE_CELL_MAX);
		text_table_addf(&t, "%zu", of->topic_count);
		text_table_addf(&t, "%" PRIu64, of->messages);
		text_table_addf(&t, "%.3g", of->per_second);
		interval_cell(&t, of);
		text_table_add(&t, of->qos[0] && higher ? "0 and 1" : higher ? "1" : "0");
		text_table_addf(&t, "%.0f %%", 100 * (double)of->retained / (double)of->messages);
		text_table_add(&t, probe_payload_name(of->payload));
	}
	(void)text_table_print(&t, f);
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
		put_cut(b, f->seen[i].text, EXAMPLE_MAX);
	}
	if (f->seen_count > most)
		buf_addf(b, ", .. (%zu%s different)", f->seen_count, f->has_more ? " or more" : "");
}

static void range_cell(struct text_table *t, const struct probe_field *f)
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
	cell(t, buf_text(&b) ? b.data : "", CELL_MAX);
	buf_deinit(&b);
}

/* "number", "number or text". */
static void kinds_cell(struct text_table *t, const struct probe_field *f)
{
	char text[80] = "";

	for (size_t k = 0; k < KIND_COUNT; k++) {
		size_t len = strlen(text);

		if (f->kinds[k] > 0)
			snprintf(text + len, sizeof(text) - len, "%s%s", len ? " or " : "",
				probe_kind_name((enum probe_kind)k));
	}
	text_table_add(t, text);
}

static void field_row(struct text_table *t, const struct probe_template *of,
	const struct probe_field *f, const char *says)
{
	char pointer[sizeof(INDENT) + PROBE_POINTER_BYTES_MAX];

	snprintf(pointer, sizeof(pointer), INDENT "%s",
		f->pointer[0] ? f->pointer : "(the payload)");
	cell(t, pointer, WIDE_CELL_MAX);
	kinds_cell(t, f);
	text_table_addf(t, "%.0f %%", 100 * probe_field_present(of->shape, f));
	range_cell(t, f);
	cell(t, says, WIDE_CELL_MAX);
}

static void print_fields(FILE *f, const struct probe_report *r, const struct probe_template *of)
{
	static const char *const heads[] = {
		INDENT "pointer", "type", "present", "range or examples", "what it is"};
	CLEANUP(text_table_deinit) struct text_table t;
	CLEANUP(buf_deinit) struct buf says;
	size_t count = probe_shape_count(of->shape), shown = 0;

	text_table_init(&t, heads, ARRAY_LEN(heads));
	t.is_number[2] = true;
	buf_init(&says);
	for (size_t i = 0; i < count && shown < FIELDS_SHOWN; i++) {
		const struct probe_field *field = probe_shape_field(of->shape, i);

		buf_clear(&says);
		probe_say_field(&says, r, of, field);
		/* objects and elements are only the way to what is in them */
		if (probe_field_kind(field) == KIND_OBJECT && says.len == 0)
			continue;
		field_row(&t, of, field, buf_text(&says) ? says.data : "");
		shown++;
	}
	if (shown > 0)
		(void)text_table_print(&t, f);
	if (shown == FIELDS_SHOWN)
		fprintf(f, INDENT "and more: --json has all %zu pointers\n", count);
	if (probe_shape_over(of->shape) > 0)
		fprintf(f, INDENT "beyond %d pointers: %" PRIu64 " values were not looked at\n",
			PROBE_POINTERS_MAX, probe_shape_over(of->shape));
}

static void level_row(struct text_table *t, const struct probe_level *l)
{
	const char *coming = probe_coming_sentence(l->coming);
	CLEANUP(buf_deinit) struct buf examples;

	buf_init(&examples);
	for (size_t v = 0; v < l->value_count && v < EXAMPLES; v++) {
		buf_add(&examples, v ? ", " : "");
		put_cut(&examples, l->values[v].text, EXAMPLE_MAX);
	}
	buf_add(&examples, l->value_count > EXAMPLES ? ", .." : "");
	text_table_addf(t, INDENT "{%s}", l->name);
	text_table_addf(t, "%zu", l->value_count);
	text_table_add(t, buf_text(&examples) ? examples.data : "");
	text_table_addf(t, "%s%s%s", l->why, coming[0] ? "; " : "", coming);
}

static void print_levels(FILE *f, const struct probe_template *of)
{
	static const char *const heads[] = {INDENT "level", "different", "such as", "why"};
	CLEANUP(text_table_deinit) struct text_table t;

	text_table_init(&t, heads, ARRAY_LEN(heads));
	t.is_number[1] = true;
	for (size_t i = 0; i < of->level_count; i++)
		if (of->levels[i].capture)
			level_row(&t, &of->levels[i]);
	if (t.count > ARRAY_LEN(heads))
		(void)text_table_print(&t, f);
}

static void print_kinds(FILE *f, const struct probe_template *of)
{
	CLEANUP(buf_deinit) struct buf b;
	size_t n = 0;

	buf_init(&b);
	if (of->kind_count == 0)
		return;
	printable_put(&b, of->told_by, strlen(of->told_by), false);
	buf_add(&b, " tells kinds of messages apart: ");
	for (size_t i = 0; i < of->kind_count; i++)
		for (size_t k = 0; k < of->kinds[i].count; k++) {
			const char *value = of->kinds[i].values[k];

			buf_add(&b, n++ ? ", " : "");
			printable_put(&b, value, strlen(value), false);
		}
	fprintf(f, INDENT "%s\n", buf_text(&b) ? b.data : "");
}

static const struct probe_wild *known_as(
	const struct probe_report *r, const struct probe_template *t)
{
	for (size_t i = 0; i < r->proposal->reading_count; i++)
		if (r->proposal->readings[i].from->whole == t)
			return r->proposal->readings[i].known;
	return NULL;
}

static void print_template(FILE *f, const struct probe_report *r, const struct probe_template *of)
{
	const struct probe_wild *known = known_as(r, of);
	CLEANUP(buf_deinit) struct buf text;

	buf_init(&text);
	printable_put(&text, of->text, strlen(of->text), false);
	fprintf(f, "\n%s\n", buf_text(&text) ? text.data : "");
	if (known)
		fprintf(f, INDENT "%s: %s\n", known->name, known->what);
	print_kinds(f, of);
	print_levels(f, of);
	print_fields(f, r, of);
}

static void print_heard(FILE *f, const struct probe_report *r)
{
	double seconds = (double)(r->heard.end_ms - r->heard.begin_ms) / 1000;
	size_t topics = probe_topics_count(r->topics);

	fprintf(f, "%" PRIu64 " message%s on %zu topic%s in %.0f s\n", r->heard.messages,
		r->heard.messages == 1 ? "" : "s", topics, topics == 1 ? "" : "s", seconds);
	if (r->own > 0)
		fprintf(f, "%" PRIu64 " message%s of defectd itself passed over\n", r->own,
			r->own == 1 ? "" : "s");
	if (r->heard.messages_over > 0)
		fprintf(f,
			"%" PRIu64 " messages were on topics beyond the first %d, or with names "
			"longer than %d bytes: counted, not looked at\n",
			r->heard.messages_over, PROBE_TOPICS_MAX, PROBE_TOPIC_BYTES_MAX);
	if (r->heard.pointers_over > 0)
		fprintf(f,
			"%" PRIu64 " values in payloads were beyond what is kept (%d pointers of "
			"a payload, %d in all)\n",
			r->heard.pointers_over, PROBE_POINTERS_MAX, PROBE_POINTERS_ALL_MAX);
	fputc('\n', f);
}

void probe_report_print(FILE *f, const struct probe_report *r)
{
	print_heard(f, r);
	print_templates(f, r);
	for (size_t i = 0; i < probe_templates_count(r->templates); i++)
		print_template(f, r, probe_templates_at(r->templates, i));
}
