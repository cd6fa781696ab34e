/* The inputs that a model gets from the columns of a table. */
#include "lib/learn/encoding.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

#define NUMBER_MAX 1e30 /* differences and squares of such numbers still fit */

struct builder {
	struct encoding *e;
	const struct table *t;
	const size_t *rows;
	size_t row_count;
	size_t cap, note_cap;
};

void encoding_free(struct encoding *e)
{
	if (!e)
		return;
	free(e->input);
	free(e->column);
	free(e->note);
	arena_free(e->memory);
	free(e);
}

static int out_of_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the inputs of a model");
}

static int add_note(struct builder *b, enum encoding_note_kind kind, size_t column, size_t count,
	struct err *err)
{
	struct encoding *e = b->e;

	if (e->note_count == b->note_cap) {
		size_t cap = 2 * b->note_cap + 16;
		struct encoding_note *note = reallocarray(e->note, cap, sizeof(note[0]));

		if (!note)
			return out_of_memory(err);
		e->note = note;
		b->note_cap = cap;
	}
	e->note[e->note_count++] = (struct encoding_note){kind, b->t->column[column].name, count};
	return 0;
}

static int add_input(
	struct builder *b, const struct model_input *input, size_t column, struct err *err)
{
	struct encoding *e = b->e;

	if (e->count == b->cap) {
		size_t cap = 2 * b->cap + 16;
		struct model_input *inputs = reallocarray(e->input, cap, sizeof(inputs[0]));
		size_t *columns;

		if (!inputs)
			return out_of_memory(err);
		e->input = inputs;
		columns = reallocarray(e->column, cap, sizeof(columns[0]));
		if (!columns)
			return out_of_memory(err);
		e->column = columns;
		b->cap = cap;
	}
	if (!input->name || !input->unit)
		return out_of_memory(err);
	e->input[e->count] = *input;
	e->column[e->count++] = column;
	return 0;
}

/* What stands in square brackets at the end of a header, "Torque [Nm]", is the unit. */
static const char *unit_of(struct arena *a, const char *header)
{
	const char *open = strrchr(header, '[');
	size_t len = strlen(header);

	if (!open || header[len - 1] != ']')
		return "";
	return arena_stringn(a, open + 1, (size_t)(header + len - 1 - open - 1));
}

/* Statistics of the numbers as the network sees them, in single precision. Two passes: sums of
 * squares lose everything where the mean is large. Returns how many there are. */
static size_t measure(const struct builder *b, size_t column, struct model_input *input)
{
	const struct value *v = b->t->column[column].v;
	double sum = 0, squares = 0;
	size_t n = 0;

	for (size_t i = 0; i < b->row_count; i++) {
		double x = (float)v[b->rows[i]].number;

		if (v[b->rows[i]].kind != VALUE_NUMBER)
			continue;
		input->min = n == 0 || x < input->min ? x : input->min;
		input->max = n == 0 || x > input->max ? x : input->max;
		sum += x;
		n++;
	}
	if (n == 0)
		return 0;
	input->mean = sum / (double)n;
	for (size_t i = 0; i < b->row_count; i++) {
		double d = (float)v[b->rows[i]].number - input->mean;

		if (v[b->rows[i]].kind == VALUE_NUMBER)
			squares += d * d;
	}
	input->sd = sqrt(squares / (double)n);
	return n;
}

static int check_range(const struct table *t, size_t column, struct err *err)
{
	for (size_t row = 0; row < t->rows; row++) {
		const struct value *v = &t->column[column].v[row];

		if (v->kind == VALUE_NUMBER && fabs(v->number) > NUMBER_MAX)
			return err_set(err, -EINVAL,
				"line %zu: column %s is %s, allowed are numbers from -1e30 to 1e30",
				t->line[row], t->column[column].name, v->text);
	}
	return 0;
}

static int add_number(struct builder *b, size_t column, struct err *err)
{
	const struct table_column *c = &b->t->column[column];
	struct model_input input = {
		.kind = MODEL_INPUT_NUMBER,
		.name = c->name,
		.from = c->name,
		.missing_is_mean = true,
		.unit = unit_of(b->e->memory, c->header),
	};
	int rc = check_range(b->t, column, err);
	size_t present;

	if (rc != 0)
		return rc;
	present = measure(b, column, &input);
	if (present == 0)
		return add_note(b, NOTE_EMPTY, column, 0, err);
	if (input.min == input.max || (float)input.sd == 0)
		return add_note(b, NOTE_CONSTANT, column, 0, err);
	input.missing = input.mean;
	if (present < b->row_count) {
		rc = add_note(b, NOTE_IMPUTED, column, b->row_count - present, err);
		if (rc != 0)
			return rc;
	}
	return add_input(b, &input, column, err);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts and leaves each text once; *repeats [texts] says how often it was there. */
static size_t unique(const char **texts, size_t *repeats, size_t n)
{
	size_t count = 0;

	qsort(texts, n, sizeof(texts[0]), compare_texts);
	for (size_t i = 0; i < n; i++) {
		if (count > 0 && strcmp(texts[count - 1], texts[i]) == 0) {
			repeats[count - 1]++;
			continue;
		}
		texts[count] = texts[i];
		repeats[count++] = 1;
	}
	return count;
}

static int refuse_texts(const struct builder *b, size_t column, size_t count, struct err *err)
{
	const struct table_column *c = &b->t->column[column];
	const char *odd = c->v[c->text_row].text;
	size_t numbers = 0;
	double ignored;

	for (size_t i = 0; i < b->row_count; i++) {
		const struct value *v = &c->v[b->rows[i]];

		if (v->kind == VALUE_TEXT)
			numbers += num_parse_lenient(v->text, strlen(v->text), &ignored);
	}
	if (2 * numbers > b->row_count)
		return err_set(err, -EINVAL,
			"line %zu: column %s holds \"%.40s\" among numbers; leave missing values "
			"empty, or leave the column out with --drop %s",
			b->t->line[c->text_row], c->name, odd, c->name);
	return err_set(err, -EINVAL,
		"column %s has %zu different texts, allowed are %d: it looks like an id; leave it "
		"out with --drop %s, or name it with --unit",
		c->name, count, ENCODING_TEXTS_MAX, c->name);
}

static int add_texts(
	struct builder *b, size_t column, const char **texts, size_t *repeats, struct err *err)
{
	const struct table_column *c = &b->t->column[column];
	struct arena *memory = b->e->memory;
	size_t present = 0, count;
	int rc = 0;

	for (size_t i = 0; i < b->row_count; i++) {
		if (c->v[b->rows[i]].kind == VALUE_TEXT)
			texts[present++] = c->v[b->rows[i]].text;
	}
	if (present == 0)
		return add_note(b, NOTE_EMPTY, column, 0, err);
	count = unique(texts, repeats, present);
	if (count > ENCODING_TEXTS_MAX)
		return refuse_texts(b, column, count, err);
	if (count == 1 && present == b->row_count)
		return add_note(b, NOTE_CONSTANT, column, 0, err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		double mean = (double)repeats[i] / (double)b->row_count;
		const char **text = arena_alloc(memory, sizeof(*text));
		struct model_input input = {
			.kind = MODEL_INPUT_ONE_HOT,
			.name = arena_printf(memory, "%s=%s", c->name, texts[i]),
			.from = c->name,
			.texts = text,
			.text_count = 1,
			.mean = mean,
			.sd = sqrt(mean * (1 - mean)),
			.max = 1,
			.unit = "",
		};

		if (!text)
			return out_of_memory(err);
		*text = texts[i];
		rc = add_input(b, &input, column, err);
	}
	return rc == 0 ? add_note(b, NOTE_ONE_HOT, column, count, err) : rc;
}

static int add_text_column(struct builder *b, size_t column, struct err *err)
{
	const char **texts = calloc(b->row_count + 1, sizeof(texts[0]));
	size_t *repeats = calloc(b->row_count + 1, sizeof(repeats[0]));
	int rc;

	if (texts && repeats)
		rc = add_texts(b, column, texts, repeats, err);
	else
		rc = out_of_memory(err);
	free(texts);
	free(repeats);
	return rc;
}

int encoding_new(struct encoding **out, const struct table *t, const size_t *columns,
	size_t column_count, const size_t *rows, size_t row_count, struct err *err)
{
	CLEANUP(encoding_free) struct encoding *e = calloc(1, sizeof(*e));
	struct builder b = {.e = e, .t = t, .rows = rows, .row_count = row_count};
	int rc = 0;

	if (!e || arena_new(&e->memory, 4096) != 0)
		return out_of_memory(err);
	for (size_t i = 0; i < column_count && rc == 0; i++) {
		if (t->column[columns[i]].is_text)
			rc = add_text_column(&b, columns[i], err);
		else
			rc = add_number(&b, columns[i], err);
	}
	if (rc != 0)
		return rc;
	if (e->count == 0)
		return err_set(err, -EINVAL,
			"no column is left to learn from: all were dropped, empty or constant");
	*out = TAKE(e);
	return 0;
}

void encoding_fill(const struct encoding *e, const struct table *t, size_t row, float *x)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct model_input *input = &e->input[i];
		const struct value *v = &t->column[e->column[i]].v[row];

		if (input->kind == MODEL_INPUT_ONE_HOT)
			x[i] = v->kind == VALUE_TEXT && strcmp(v->text, input->texts[0]) == 0;
		else
			x[i] = (float)(v->kind == VALUE_NUMBER ? v->number : input->missing);
	}
}
