/* The order of the passes, and what they write into. */
#include "lib/nn/fold.h"

#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/nn/check.h"
#include "lib/nn/fold_list.h"

void *fold_alloc(struct fold *f, size_t count, size_t size)
{
	void *v = arena_zalloc(f->memory, count ? count : 1, size);

	f->failed = f->failed || !v;
	return v;
}

static void make_room(struct fold *f)
{
	const size_t room = f->room ? 2 * f->room : 64;
	struct nn_step *steps = fold_alloc(f, room, sizeof(*steps));
	struct fold_value *values = fold_alloc(f, room + 1, sizeof(*values));

	if (f->failed)
		return;
	if (f->count > 0)
		memcpy(steps, f->steps, f->count * sizeof(*steps));
	if (f->values)
		memcpy(values, f->values, (f->count + 1) * sizeof(*values));
	f->steps = steps;
	f->values = values;
	f->room = room;
}

static void begin_list(struct fold *f)
{
	f->steps = NULL;
	f->values = NULL;
	f->count = f->room = 0;
	make_room(f);
	if (!f->failed)
		f->values[0].is_input = true;
}

size_t fold_width(const struct fold *f, size_t value)
{
	return value == 0 ? f->inputs : f->steps[value - 1].width;
}

static bool is_input_or_constant(const struct fold *f, size_t value)
{
	return f->values[value].is_input || fold_is(f, value, NN_CONSTANT);
}

/* Columns of the input, also with gaps filled by constants. */
static bool is_input(const struct fold *f, const struct nn_step *s)
{
	if (s->kind == NN_SELECT)
		return is_input_or_constant(f, s->from[1]) && is_input_or_constant(f, s->from[2]);
	for (size_t c = 0; s->kind == NN_COPY && c < s->width; c++)
		if (!is_input_or_constant(f, s->copy.columns[c].value))
			return false;
	return s->kind == NN_COPY;
}

static bool is_difference(const struct fold *f, const struct nn_step *s)
{
	switch (s->kind) {
	case NN_AFFINE:
		return s->affine.activation == NN_LINEAR;
	case NN_PAIR:
		return s->pair == NN_PAIR_ADD || s->pair == NN_PAIR_SUBTRACT;
	case NN_REDUCE:
		return s->reduce.f == NN_REDUCE_SUM || s->reduce.f == NN_REDUCE_MEAN;
	case NN_COLUMNS:
		return f->values[s->from[0]].is_difference;
	case NN_SELECT:
		return f->values[s->from[1]].is_difference || f->values[s->from[2]].is_difference;
	case NN_COPY:
		for (size_t c = 0; c < s->width; c++)
			if (f->values[s->copy.columns[c].value].is_difference)
				return true;
		return false;
	default:
		return false;
	}
}

size_t fold_append(struct fold *f, const struct nn_step *s)
{
	if (f->count == f->room)
		make_room(f);
	if (f->failed)
		return 0;
	f->steps[f->count++] = *s;
	f->values[f->count] = (struct fold_value){
		.is_input = is_input(f, s),
		.is_difference = is_difference(f, s),
	};
	return f->count;
}

/* True the first time since the mark was changed that a value is met. */
static bool is_new(struct fold *f, size_t value)
{
	if (value >= f->mark_room) {
		const size_t room = 2 * (value + 32);
		size_t *marks = fold_alloc(f, room, sizeof(*marks));

		if (f->failed)
			return false;
		if (f->mark_room > 0)
			memcpy(marks, f->marks, f->mark_room * sizeof(*marks));
		f->marks = marks;
		f->mark_room = room;
	}
	if (f->marks[value] == f->mark)
		return false;
	f->marks[value] = f->mark;
	return true;
}

size_t fold_distinct(struct fold *f, const struct nn_column *columns, size_t n)
{
	size_t distinct = 0;

	f->mark++;
	for (size_t i = 0; i < n; i++)
		if (!fold_is(f, columns[i].value, NN_CONSTANT) && is_new(f, columns[i].value))
			distinct++;
	return distinct;
}

/* Backwards from the result: how many steps read each value; 0: none that matters. */
static uint32_t *count_readers(struct fold *f)
{
	uint32_t *readers = fold_alloc(f, f->count + 1, sizeof(*readers));

	if (f->failed)
		return NULL;
	readers[f->result] = 1;
	for (size_t i = f->count; i-- > 0;) {
		const struct nn_step *s = &f->steps[i];

		if (readers[i + 1] == 0)
			continue;
		for (size_t o = 0; o < nn_operand_count(s->kind); o++)
			readers[s->from[o]]++;
		f->mark++;
		for (size_t c = 0; s->kind == NN_COPY && c < s->width; c++)
			if (is_new(f, s->copy.columns[c].value))
				readers[s->copy.columns[c].value]++;
	}
	return readers;
}

/* The step with operands of the new list. */
static struct nn_step moved(struct fold *f, const struct nn_step *old, const size_t *map)
{
	struct nn_step s = *old;
	struct nn_column *columns;

	for (size_t o = 0; o < nn_operand_count(s.kind); o++)
		s.from[o] = map[s.from[o]];
	if (s.kind != NN_COPY)
		return s;
	columns = fold_alloc(f, s.width, sizeof(*columns));
	for (size_t c = 0; columns && c < s.width; c++)
		columns[c] = (struct nn_column){
			(uint32_t)map[old->copy.columns[c].value], old->copy.columns[c].column};
	s.copy.columns = columns;
	return s;
}

void fold_pass(struct fold *f, fold_put *put)
{
	const uint32_t *readers = count_readers(f);
	const struct nn_step *old = f->steps;
	const size_t count = f->count;
	size_t *map = fold_alloc(f, count + 1, sizeof(*map));

	if (f->failed)
		return;
	begin_list(f);
	for (size_t i = 0; i < count && !f->failed; i++) {
		const size_t before = f->count;
		struct nn_step s;

		if (readers[i + 1] == 0)
			continue;
		s = moved(f, &old[i], map);
		if (f->failed)
			return;
		map[i + 1] = put(f, s);
		if (f->failed)
			return;
		/* A value that was there already was read by the step that it now stands for. */
		f->values[map[i + 1]].readers += readers[i + 1] - (map[i + 1] > before ? 0 : 1);
	}
	f->result = map[f->result];
}

static size_t put_as_it_is(struct fold *f, struct nn_step s)
{
	return fold_append(f, &s);
}

int nn_fold(struct nn_steps *s, struct arena *memory)
{
	struct fold f = {
		.memory = memory, .inputs = s->inputs, .count = s->count, .result = s->result};
	size_t widest = s->inputs;

	for (size_t i = 0; i < s->count; i++)
		widest = s->steps[i].width > widest ? s->steps[i].width : widest;
	f.steps = fold_alloc(&f, s->count, sizeof(*f.steps));
	f.stages = fold_alloc(&f, widest, sizeof(*f.stages));
	f.joined = fold_alloc(&f, widest, sizeof(*f.joined));
	if (f.failed)
		return -ENOMEM;
	if (s->count > 0)
		memcpy(f.steps, s->steps, s->count * sizeof(*f.steps));
	fold_pass(&f, fold_simplify);
	fold_pass(&f, fold_into_front);
	fold_carry_out(&f);
	fold_pass(&f, fold_into_behind);
	fold_pass(&f, fold_simplify);
	fold_pass(&f, put_as_it_is);
	if (f.failed)
		return -ENOMEM;
	*s = (struct nn_steps){f.inputs, f.count, f.result, f.steps};
	return 0;
}
