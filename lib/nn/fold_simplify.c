/* The pass of what is exact: constants worked out, column-wise functions, copies. */
#include "lib/nn/fold_list.h"

size_t fold_put_columns(struct fold *f, struct nn_step s)
{
	struct fold_stage *stages = fold_alloc(f, s.width, sizeof(*stages));
	size_t from = s.from[0];

	for (size_t c = 0; stages && c < s.width; c++)
		if (!fold_join(fold_nothing, fold_stage_of(&s, c), &stages[c]))
			stages[c] = fold_stage_of(&s, c);
	while (stages && fold_is(f, from, NN_COLUMNS)) {
		struct fold_stage *joined = fold_alloc(f, s.width, sizeof(*joined));
		size_t c = 0;

		while (joined && c < s.width &&
			fold_join(fold_stage_of(fold_maker(f, from), c), stages[c], &joined[c]))
			c++;
		if (c < s.width)
			break;
		stages = joined;
		from = fold_maker(f, from)->from[0];
	}
	return f->failed ? 0 : fold_put_stages(f, from, s.width, stages);
}

size_t fold_simplify(struct fold *f, struct nn_step s)
{
	if (fold_is_constant(f, &s))
		return fold_put_worked_out(f, &s);
	switch (s.kind) {
	case NN_COLUMNS:
		return fold_put_columns(f, s);
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
