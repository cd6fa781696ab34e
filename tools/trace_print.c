/* A unit's trace for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/base/timestamp.h"
#include "tools/printable.h"
#include "tools/text_table.h"
#include "tools/trace.h"

static void put_value(struct buf *b, const struct value *v)
{
	char number[NUM_TEXT_MAX];

	if (v->kind == VALUE_NUMBER)
		buf_put(b, number, num_print(number, v->number, false));
	else
		buf_add(b, v->kind == VALUE_TEXT ? v->text : "-");
}

static void put_line(const char *what, const char *text)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	printable_put(&b, text, strlen(text), false);
	printf("%-10s %s\n", what, buf_text(&b) ? b.data : "");
}

static void put_time(const char *what, int64_t ms)
{
	char when[TIMESTAMP_TEXT_MAX];

	timestamp_print(when, ms);
	printf("%-10s %s (%" PRId64 ")\n", what, when, ms);
}

/* "resin R1, paint P7" */
static void put_lots(const struct trace *t)
{
	CLEANUP(buf_deinit) struct buf b;
	const cJSON *item;

	buf_init(&b);
	cJSON_ArrayForEach(item, t->lot_map)
	{
		buf_addf(&b, "%s%s %s", b.len ? ", " : "", item->string,
			cJSON_IsString(item) ? item->valuestring : "");
	}
	if (b.len && buf_text(&b))
		put_line("lots", b.data);
}

/* Texts in a row, whatever else as JSON. */
static void put_list(const char *what, const cJSON *list)
{
	CLEANUP(buf_deinit) struct buf b;
	const cJSON *item;

	buf_init(&b);
	cJSON_ArrayForEach(item, list)
	{
		char *json = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);

		buf_addf(&b, "%s%s", b.len ? ", " : "",
			cJSON_IsString(item) ? item->valuestring
			: json               ? json
					     : "");
		cJSON_free(json);
	}
	if (b.len && buf_text(&b))
		put_line(what, b.data);
}

static void print_head(const struct trace *t)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s of line %s: %s", t->unit, t->line, t->verdict.text);
	if (t->reason.text[0])
		buf_addf(&b, ", %s", t->reason.text);
	put_line("unit", buf_text(&b) ? b.data : "");
	put_time("started", t->started_ms);
	put_time("scored", t->scored_ms);
	buf_clear(&b);
	buf_addf(&b, "%s, threshold %s", t->p_defect.is_there ? t->p_defect.text : "-",
		t->threshold.text);
	put_line("p_defect", buf_text(&b) ? b.data : "");
	if (t->class_name.text[0])
		put_line("class", t->class_name.text);
	put_line("model", t->model.text[0] ? t->model.text : "-");
	put_list("reasons", t->reason_list);
	put_list("imputed", t->imputed_list);
	put_lots(t);
	if (t->gap_ms.is_there)
		printf("%-10s %s ms without input\n", "gap", t->gap_ms.text);
	for (size_t i = 0; i < t->other_count; i++) {
		char when[TIMESTAMP_TEXT_MAX];

		timestamp_print(when, t->others[i].started_ms);
		printf("%-10s started %s (%" PRId64 "): %s\n", "another", when,
			t->others[i].started_ms, t->others[i].verdict);
	}
}

/* Why it is missing, which value was refused, what stood in for it. */
static void put_remark(struct text_table *table, const struct trace_feature *f)
{
	CLEANUP(buf_deinit) struct buf b;
	const cJSON *refused = trace_detail(f, "refused");
	struct value v;

	buf_init(&b);
	buf_add(&b, trace_missing(f));
	if (refused && json_value(refused, &v)) {
		buf_addf(&b, "%srefused ", b.len ? ", " : "");
		put_value(&b, &v);
	}
	if (f->is_imputed)
		buf_addf(&b, "%simputed", b.len ? ", " : "");
	if (trace_is_held(f))
		buf_addf(&b, "%sheld from before the window", b.len ? ", " : "");
	text_table_add(table, buf_text(&b) ? b.data : "");
}

/* One time, or from when to when; of one day the date stands once. */
static void put_times(struct text_table *table, const struct trace_feature *f)
{
	char from[TIMESTAMP_TEXT_MAX], to[TIMESTAMP_TEXT_MAX];
	int64_t from_ms, to_ms;

	if (!trace_detail_int(f, "from", &from_ms) || !trace_detail_int(f, "to", &to_ms)) {
		text_table_add(table, "");
		return;
	}
	timestamp_print(from, from_ms);
	timestamp_print(to, to_ms);
	if (from_ms == to_ms)
		text_table_add(table, from);
	else
		text_table_addf(table, "%s to %s", from, strncmp(from, to, 11) == 0 ? to + 11 : to);
}

static void put_origin(struct text_table *table, const struct trace_feature *f)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	buf_addf(&b, "%s%s%s", f->from, f->rule[0] ? ", " : "", f->rule);
	if (f->lot[0] && strncmp(f->from, "lot.", 4) != 0)
		buf_addf(&b, " of %s %s", f->lot, f->lot_id[0] ? f->lot_id : "(none)");
	text_table_add(table, buf_text(&b) ? b.data : "");
	buf_clear(&b);
	buf_addf(&b, "%s%s%s", f->topic, f->pointer[0] ? " " : "", f->pointer);
	text_table_add(table, buf_text(&b) ? b.data : "");
}

static void print_features(const struct trace *t)
{
	static const char *const headings[] = {
		"feature", "value", "n", "time or window", "remark", "from", "topic and pointer"};
	CLEANUP(text_table_deinit) struct text_table table;
	CLEANUP(buf_deinit) struct buf value;

	buf_init(&value);
	text_table_init(&table, headings, ARRAY_LEN(headings));
	table.is_number[2] = true;
	for (size_t i = 0; i < t->feature_count; i++) {
		const struct trace_feature *f = &t->features[i];
		int64_t n;

		text_table_add(&table, f->name);
		buf_clear(&value);
		put_value(&value, &f->value);
		text_table_add(&table, buf_text(&value) ? value.data : "");
		if (trace_detail_int(f, "n", &n))
			text_table_addf(&table, "%" PRId64, n);
		else
			text_table_add(&table, "");
		put_times(&table, f);
		put_remark(&table, f);
		put_origin(&table, f);
	}
	if (!text_table_print(&table, stdout))
		fputs("defectctl trace: no memory for the table\n", stderr);
}

void trace_print(const struct trace *t)
{
	print_head(t);
	if (!t->detail)
		printf("%-10s not kept for this unit: it is for those that are not pass, and for "
		       "each 100th that is\n",
			"detail");
	if (!t->line_file)
		printf("%-10s %s is not in the database: where values came from is not known\n",
			"line file", t->config.text[0] ? t->config.text : "its text");
	putchar('\n');
	print_features(t);
}
