/* A program as people read it: a line per step. */
#include <math.h>

#include "lib/base/buf.h"
#include "lib/nn/check.h"
#include "lib/nn/names.h"
#include "lib/nn/program_parts.h"

#define SHOWN 4 /* numbers, or runs of columns, before "..." */

static void show_numbers(struct buf *out, const char *what, size_t n, const float *v)
{
	bool is_same = true;

	if (!v)
		return;
	for (size_t i = 1; i < n && is_same; i++)
		is_same = v[i] == v[0];
	buf_addf(out, "%s", what);
	for (size_t i = 0; i < (is_same ? 1 : n) && i < SHOWN; i++)
		buf_addf(out, " %g", v[i] == 0 ? 0 : (double)v[i]); /* -0 is 0 */
	buf_add(out, !is_same && n > SHOWN ? " ..." : "");
}

static void show_columns(struct buf *out, const struct nn_step *s)
{
	show_numbers(out, ", -", s->width, s->columns.minus);
	show_numbers(out, ", /", s->width, s->columns.over);
	show_numbers(out, ", *", s->width, s->columns.times);
	show_numbers(out, ", +", s->width, s->columns.plus);
	show_numbers(out, ", at least", s->width, s->columns.low);
	show_numbers(out, ", at most", s->width, s->columns.high);
}

/* Columns from `first` on that follow each other in one value. */
static size_t run_length(const struct nn_step *s, size_t first)
{
	const struct nn_column *c = s->copy.columns;
	size_t n = 1;

	while (first + n < s->width && c[first + n].value == c[first].value &&
		c[first + n].column == c[first].column + n)
		n++;
	return n;
}

static void show_copy(struct buf *out, const struct nn_step *s)
{
	size_t shown = 0;

	for (size_t at = 0; at < s->width && shown <= SHOWN; shown++) {
		const size_t n = run_length(s, at);
		const struct nn_column c = s->copy.columns[at];

		buf_add(out, shown ? ", " : " ");
		if (shown == SHOWN)
			buf_add(out, "...");
		else if (n == 1)
			buf_addf(out, "%u:%u", c.value, c.column);
		else
			buf_addf(out, "%u:%u-%zu", c.value, c.column, c.column + n - 1);
		at += n;
	}
}

static void show_groups(struct buf *out, struct nn_groups g)
{
	if (g.outer > 1 || g.inner > 1)
		buf_addf(out, ", groups %zu x %zu x %zu", g.outer, g.size, g.inner);
}

static void show_map(struct buf *out, const struct nn_step *s)
{
	buf_addf(out, ", %s", nn_map_name(s->map.f));
	if (s->map.a != 0 || s->map.b != 0)
		buf_addf(out, " %g", (double)s->map.a);
	if (s->map.b != 0)
		buf_addf(out, " %g", (double)s->map.b);
}

static void show_function(struct buf *out, const struct nn_step *s)
{
	switch (s->kind) {
	case NN_CONSTANT:
		show_numbers(out, ":", s->width, s->constant.values);
		break;
	case NN_AFFINE:
		if (s->affine.activation != NN_LINEAR)
			buf_addf(out, ", %s", nn_activation_name(s->affine.activation));
		break;
	case NN_COLUMNS:
		show_columns(out, s);
		break;
	case NN_MAP:
		show_map(out, s);
		break;
	case NN_PAIR:
		buf_addf(out, ", %s", nn_pair_name(s->pair));
		break;
	case NN_REDUCE:
		buf_addf(out, ", %s", nn_reduce_name(s->reduce.f));
		show_groups(out, s->reduce.groups);
		break;
	case NN_GROUP:
		buf_addf(out, ", %s", nn_group_name(s->group.f));
		show_groups(out, s->group.groups);
		break;
	case NN_SELECT:
	case NN_COPY:
	case NN_LOW:
		break;
	}
}

static void show_step(const struct nn_program *p, size_t i, struct buf *out)
{
	const struct nn_step *s = &p->steps[i];

	buf_addf(out, "%3zu  %s %zu", i + 1, nn_kind_name(s->kind), s->width);
	if (s->kind == NN_AFFINE)
		buf_addf(out, " x %zu", nn_program_width(p, s->from[0]));
	for (size_t o = 0; o < nn_operand_count(s->kind); o++)
		buf_addf(out, "%s%zu", o ? ", " : " of ", s->from[o]);
	if (s->kind == NN_COPY) {
		buf_add(out, " of");
		show_copy(out, s);
	}
	show_function(out, s);
	buf_add(out, "\n");
}

void nn_program_show(const struct nn_program *p, struct buf *out)
{
	buf_addf(out, "  0  input %zu\n", p->inputs);
	for (size_t i = 0; i < p->count; i++)
		show_step(p, i, out);
	buf_addf(out, "result %zu\n", p->result);
}
