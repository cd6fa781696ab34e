/* The list of steps that folding writes, pass by pass. Included by the files of folding alone.
 *
 * A pass reads the list that the last one wrote and appends to a new one; what it makes of a step
 * is a value of the new list: a step of its own, several, or a value that is there already. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nn/fold.h"

struct carried; /* what a matrix was given to carry (fold_front.c) */

struct fold_value {         /* of the new list */
	uint32_t readers;   /* steps that read it, the result among them */
	bool is_input;      /* the program's input, columns of it, gaps filled */
	bool is_difference; /* of columns: see fold.h */
	struct carried *carried;
	size_t subtracted; /* the value that is this one's subtraction alone; 0: not made */
	size_t moved;      /* the same, moved before the copy it reads; 0: not made */
};

/* The numbers of one column of NN_COLUMNS. */
struct fold_stage {
	float minus, over, times, plus, low, high;
};

struct fold {
	struct arena *memory;
	size_t inputs, count, room, result;
	struct nn_step *steps;
	struct fold_value *values; /* [count + 1] */
	size_t *marks;             /* scratch for fold_distinct, by value */
	size_t mark, mark_room;
	/* Scratch for the widest value: what a step does, and that joined with another's. */
	struct fold_stage *stages, *joined;
	bool failed; /* no memory: the pass ends */
};

/* All give 0 or NULL and set `failed` when memory runs out. */
void *fold_alloc(struct fold *f, size_t count, size_t size);
size_t fold_append(struct fold *f, const struct nn_step *s); /* the value it makes */

/* One pass: `put` gets a step whose operands are values of the new list, and gives the value that
 * stands for it. Steps that nothing reads are left out at the end. */
typedef size_t fold_put(struct fold *f, struct nn_step s);
void fold_pass(struct fold *f, fold_put *put);

size_t fold_width(const struct fold *f, size_t value);
/* The step that makes a value; NULL for the input. */
static inline struct nn_step *fold_maker(const struct fold *f, size_t value)
{
	return value > 0 ? &f->steps[value - 1] : NULL;
}
static inline bool fold_is(const struct fold *f, size_t value, enum nn_step_kind kind)
{
	return value > 0 && f->steps[value - 1].kind == kind;
}
/* How many values the columns come from, constants left aside. */
size_t fold_distinct(struct fold *f, const struct nn_column *columns, size_t n);

extern const struct fold_stage fold_nothing; /* leaves a column as it is */

struct fold_stage fold_stage_of(const struct nn_step *s, size_t column);
/* One stage that does exactly what `first` and then `second` do; false when there is none. */
bool fold_join(struct fold_stage first, struct fold_stage second, struct fold_stage *out);
bool fold_has_limits(struct fold_stage s);
/* NN_COLUMNS of these stages, or what is simpler and the same. */
size_t fold_put_stages(struct fold *f, size_t from, size_t n, const struct fold_stage *stages);

/* NN_CONSTANT of what a step makes of constants. */
bool fold_is_constant(const struct fold *f, const struct nn_step *s);
size_t fold_put_worked_out(struct fold *f, const struct nn_step *s);

/* The passes. */
size_t fold_simplify(struct fold *f, struct nn_step s);    /* what is exact */
size_t fold_into_front(struct fold *f, struct nn_step s);  /* into the matrix before */
void fold_carry_out(struct fold *f);                       /* ends fold_into_front */
size_t fold_into_behind(struct fold *f, struct nn_step s); /* into the matrix behind */

/* fold_simplify, functions and copies: */
size_t fold_put_pair(struct fold *f, struct nn_step s);
size_t fold_put_map(struct fold *f, struct nn_step s);
size_t fold_put_copy(struct fold *f, struct nn_step s);
/* NN_COLUMNS of f->stages, joined with the one before where that is exact. */
size_t fold_put_joined(struct fold *f, size_t from, size_t n);
