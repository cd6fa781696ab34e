/* Copies: one behind another, of all columns, and of pieces that were scaled one by one. */
#include "lib/nn/fold_list.h"

#define TRACE_MAX 16 /* steps that are looked through */

static struct nn_column behind_copies(const struct fold *f, struct nn_column c)
{
	while (fold_is(f, c.value, NN_COPY))
		c = fold_maker(f, c.value)->copy.columns[c.column];
	return c;
}

/* Back over column-wise steps, as long as all that they did fits one stage. */
static void trace(const struct fold *f, struct nn_column *column, struct fold_stage *stage)
{
	struct fold_stage joined;

	*stage = fold_nothing;
	for (size_t i = 0; i < TRACE_MAX && fold_is(f, column->value, NN_COLUMNS); i++) {
		const struct nn_step *s = fold_maker(f, column->value);

		if (!fold_join(fold_stage_of(s, column->column), *stage, &joined))
			break;
		*stage = joined;
		*column =
			behind_copies(f, (struct nn_column){(uint32_t)s->from[0], column->column});
	}
}

static bool is_identity(const struct fold *f, size_t n, const struct nn_column *columns)
{
	for (size_t c = 0; c < n; c++)
		if (columns[c].value != columns[0].value || columns[c].column != c)
			return false;
	return fold_width(f, columns[0].value) == n;
}

static size_t put_plain(struct fold *f, size_t n, const struct nn_column *columns)
{
	const struct nn_step s = {.kind = NN_COPY, .width = n, .copy = {columns}};

	return is_identity(f, n, columns) ? columns[0].value : fold_append(f, &s);
}

size_t fold_put_copy(struct fold *f, struct nn_step s)
{
	struct nn_column *columns = fold_alloc(f, s.width, sizeof(*columns));
	struct nn_column *origins = fold_alloc(f, s.width, sizeof(*origins));
	size_t source_count, origin_count;

	if (f->failed)
		return 0;
	for (size_t c = 0; c < s.width; c++) {
		columns[c] = behind_copies(f, s.copy.columns[c]);
		origins[c] = columns[c];
		trace(f, &origins[c], &f->stages[c]);
	}
	source_count = fold_distinct(f, columns, s.width);
	origin_count = fold_distinct(f, origins, s.width);
	if (f->failed)
		return 0;
	/* Passing over one of many would only scale the others in vain. */
	if (origin_count < source_count && (origin_count == 1 || source_count - origin_count > 1))
		return fold_put_joined(f, put_plain(f, s.width, origins), s.width);
	return put_plain(f, s.width, columns);
}
