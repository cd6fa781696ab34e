/* Where values lie in a row's buffer. */
#include <errno.h>
#include <stdlib.h>

#include "lib/nn/check.h"
#include "lib/nn/program_parts.h"

#define NOWHERE SIZE_MAX

struct layout {
	struct nn_program *p;
	size_t *last_reader; /* [values] the step, count for the result; 0 for what none reads */
	/* Places that are free again: per width a list of values that lay there before. */
	size_t *free_first; /* [widths in vectors] */
	size_t *free_next;  /* [values] */
};

static void layout_deinit_at(struct layout *l)
{
	free(l->last_reader);
	free(l->free_first);
	free(l->free_next);
}

static size_t vectors(size_t width)
{
	return nn_padded(width) / NN_LANES;
}

static void read_by(struct layout *l, size_t value, size_t step)
{
	if (l->last_reader[value] < step)
		l->last_reader[value] = step;
}

static void find_last_readers(struct layout *l)
{
	struct nn_program *p = l->p;

	for (size_t i = 0; i < p->count; i++) {
		const struct nn_step *s = &p->steps[i];

		for (size_t o = 0; o < nn_operand_count(s->kind); o++)
			read_by(l, s->from[o], i);
		for (size_t c = 0; s->kind == NN_COPY && c < s->width; c++) {
			read_by(l, s->copy.columns[c].value, i);
			p->keeps_input = p->keeps_input || s->copy.columns[c].value == 0;
		}
	}
	read_by(l, p->result, p->count);
}

static void place(struct layout *l, size_t value)
{
	const size_t width = nn_program_width(l->p, value);
	size_t *first = &l->free_first[vectors(width)];

	if (*first == NOWHERE) {
		l->p->offsets[value] = l->p->stride;
		l->p->stride += nn_padded(width);
	} else {
		l->p->offsets[value] = l->p->offsets[*first];
		*first = l->free_next[*first];
	}
}

static bool is_constant(const struct nn_program *p, size_t value)
{
	return value > 0 && p->steps[value - 1].kind == NN_CONSTANT;
}

/* After step i: what it was the last to read, or what nobody reads at all. */
static void give_back(struct layout *l, size_t value, size_t i)
{
	size_t *first = &l->free_first[vectors(nn_program_width(l->p, value))];

	if (l->last_reader[value] > i || is_constant(l->p, value) ||
		(value == 0 && !l->p->keeps_input))
		return;
	l->last_reader[value] = NOWHERE; /* given back once */
	l->free_next[value] = *first;
	*first = value;
}

static void place_step(struct layout *l, size_t i)
{
	const struct nn_step *s = &l->p->steps[i];

	if (s->kind != NN_CONSTANT)
		place(l, i + 1);
	for (size_t o = 0; o < nn_operand_count(s->kind); o++)
		give_back(l, s->from[o], i);
	for (size_t c = 0; s->kind == NN_COPY && c < s->width; c++)
		give_back(l, s->copy.columns[c].value, i);
	if (l->last_reader[i + 1] <= i)
		give_back(l, i + 1, i);
}

int nn_program_lay_out(struct nn_program *p)
{
	const size_t widths = vectors(NN_WIDTH_MAX) + 1;
	CLEANUP(layout_deinit)
	struct layout l = {
		.p = p,
		.last_reader = calloc(p->count + 1, sizeof(*l.last_reader)),
		.free_first = calloc(widths, sizeof(*l.free_first)),
		.free_next = calloc(p->count + 1, sizeof(*l.free_next)),
	};

	if (!l.last_reader || !l.free_first || !l.free_next)
		return -ENOMEM;
	for (size_t i = 0; i < widths; i++)
		l.free_first[i] = NOWHERE;
	find_last_readers(&l);
	for (size_t value = 1; value <= p->count; value++)
		if (is_constant(p, value))
			place(&l, value);
	if (p->keeps_input)
		place(&l, 0);
	for (size_t i = 0; i < p->count; i++)
		place_step(&l, i);
	return 0;
}
