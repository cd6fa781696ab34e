/* The pass of what is exact: constants worked out, column-wise functions, copies. */
#include <string.h>

#include "lib/nn/fold_list.h"

size_t fold_put_joined(struct fold *f, size_t from, size_t n)
{
	struct fold_stage *stages = f->stages, *joined = f->joined;

	for (size_t c = 0; c < n; c++)
		if (fold_join(fold_nothing, stages[c], &joined[c]))
			stages[c] = joined[c];
	while (fold_is(f, from, NN_COLUMNS)) {
		size_t c = 0;

		while (c < n &&
			fold_join(fold_stage_of(fold_maker(f, from), c), stages[c], &joined[c]))
			c++;
		if (c < n)
			break;
		from = fold_maker(f, from)->from[0];
		memcpy(stages, joined, n * sizeof(*stages));
	}
	return fold_put_stages(f, from, n, stages);
}

static size_t put_columns(struct fold *f, const struct nn_step *s)
{
	for (size_t c = 0; c < s->width; c++)
		f->stages[c] = fold_stage_of(s, c);
	return fold_put_joined(f, s->from[0], s->width);
}

size_t fold_simplify(struct fold *f, struct nn_step s)
{
	if (fold_is_constant(f, &s))
		return fold_put_worked_out(f, &s);
	switch (s.kind) {
	case NN_COLUMNS:
		return put_columns(f, &s);
	case NN_PAIR:
		return fold_put_pair(f, s);
	case NN_MAP:
		return fold_put_map(f, s);
	case NN_COPY:
		return fold_put_copy(f, s);
	default:
		return fold_append(f, &s);
	}
}
