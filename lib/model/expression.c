/* Derived inputs: a text to steps on a stack, and running them. */
#include "lib/model/expression.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

#define DEPTH_MAX 64 /* of parentheses and signs */
#define NAME_BYTES_MAX 128

enum operation {
	DO_NUMBER,
	DO_FEATURE,
	DO_NEGATE,
	DO_ADD,
	DO_SUBTRACT,
	DO_MULTIPLY,
	DO_DIVIDE,
	DO_ABS,
	DO_MIN,
	DO_MAX,
	DO_SQRT,
	DO_EXP,
	DO_LN,
	DO_LOG10,
	DO_POW,
	DO_FLOOR,
	DO_ROUND,
};

struct step {
	enum operation operation;
	size_t operand; /* DO_FEATURE */
	double number;  /* DO_NUMBER */
};

struct expression {
	size_t step_count, operand_count;
	struct step steps[EXPRESSION_STEPS_MAX];
	const char *operands[EXPRESSION_STEPS_MAX];
};

/* min and max take further arguments, a step each. */
static const struct function {
	const char *name;
	enum operation operation;
	unsigned arguments;
	bool may_have_more;
} functions[] = {
	{"abs", DO_ABS, 1, false},
	{"min", DO_MIN, 2, true},
	{"max", DO_MAX, 2, true},
	{"sqrt", DO_SQRT, 1, false},
	{"exp", DO_EXP, 1, false},
	{"ln", DO_LN, 1, false},
	{"log10", DO_LOG10, 1, false},
	{"pow", DO_POW, 2, false},
	{"floor", DO_FLOOR, 1, false},
	{"round", DO_ROUND, 1, false},
};

struct compiler {
	struct expression *e;
	struct arena *memory;
	const char *text, *at;
	int depth;
	struct err *err;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_space(struct compiler *c)
{
	while (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r')
		c->at++;
}

/* What stands at `at`, for a message. */
static int refuse_here(const struct compiler *c, const char *wanted)
{
	size_t place = (size_t)(c->at - c->text) + 1;
	char found[8];

	if (!*c->at)
		return err_set(c->err, -EINVAL, "at character %zu the text ends, wanted is %s",
			place, wanted);
	if (*c->at > ' ' && *c->at < 127)
		snprintf(found, sizeof(found), "\"%c\"", *c->at);
	else
		snprintf(found, sizeof(found), "\\x%02x", (unsigned char)*c->at);
	return err_set(
		c->err, -EINVAL, "at character %zu stands %s, wanted is %s", place, found, wanted);
}

static int add_step(struct compiler *c, struct step step)
{
	if (c->e->step_count == EXPRESSION_STEPS_MAX)
		return err_set(
			c->err, -EINVAL, "it takes more than %d steps", EXPRESSION_STEPS_MAX);
	c->e->steps[c->e->step_count++] = step;
	return 0;
}

static int add_feature(struct compiler *c, const char *name, size_t len)
{
	struct expression *e = c->e;
	size_t at = 0;

	if (e->step_count == EXPRESSION_STEPS_MAX)
		return add_step(c, (struct step){.operation = DO_FEATURE});
	while (at < e->operand_count &&
		(strncmp(e->operands[at], name, len) != 0 || e->operands[at][len] != '\0'))
		at++;
	if (at == e->operand_count) {
		e->operands[at] = arena_stringn(c->memory, name, len);
		if (!e->operands[at])
			return err_set(c->err, -ENOMEM, "no memory for an expression");
		e->operand_count++;
	}
	return add_step(c, (struct step){.operation = DO_FEATURE, .operand = at});
}

static int read_number(struct compiler *c)
{
	const char *begin = c->at;
	struct step step = {.operation = DO_NUMBER};

	while (is_digit(*c->at) || *c->at == '.')
		c->at++;
	if ((*c->at == 'e' || *c->at == 'E') &&
		(is_digit(c->at[1]) ||
			((c->at[1] == '-' || c->at[1] == '+') && is_digit(c->at[2])))) {
		c->at += 2;
		while (is_digit(*c->at))
			c->at++;
	}
	if (is_letter(*c->at))
		return refuse_here(c, "an operator");
	if (!num_parse_lenient(begin, (size_t)(c->at - begin), &step.number)) {
		c->at = begin;
		return refuse_here(c, "a number");
	}
	return add_step(c, step);
}

static int read_sum(struct compiler *c);

/* Behind the opening parenthesis. */
static int read_arguments(struct compiler *c, const struct function *f)
{
	unsigned count = 0;

	for (;;) {
		int rc = read_sum(c);

		if (rc < 0)
			return rc;
		count++;
		if (count >= f->arguments && (count == f->arguments || f->may_have_more)) {
			rc = add_step(c, (struct step){.operation = f->operation});
			if (rc < 0)
				return rc;
		}
		skip_space(c);
		if (*c->at == ')' && count >= f->arguments)
			break;
		if (*c->at == ')' || (*c->at == ',' && count == f->arguments && !f->may_have_more))
			return err_set(c->err, -EINVAL,
				"at character %zu: %s wants %u argument%s%s",
				(size_t)(c->at - c->text) + 1, f->name, f->arguments,
				f->arguments == 1 ? "" : "s", f->may_have_more ? " or more" : "");
		if (*c->at != ',')
			return refuse_here(c, "\",\" or \")\"");
		c->at++;
	}
	c->at++;
	return 0;
}

static int read_name(struct compiler *c)
{
	const char *begin = c->at;
	size_t len;

	while (is_letter(*c->at) || is_digit(*c->at))
		c->at++;
	len = (size_t)(c->at - begin);
	if (len > NAME_BYTES_MAX)
		return err_set(c->err, -EINVAL,
			"at character %zu: a name has %zu letters, allowed are %d",
			(size_t)(begin - c->text) + 1, len, NAME_BYTES_MAX);
	skip_space(c);
	if (*c->at != '(')
		return add_feature(c, begin, len);
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		const struct function *f = &functions[i];

		if (strlen(f->name) != len || strncmp(f->name, begin, len) != 0)
			continue;
		c->at++;
		return read_arguments(c, f);
	}
	return err_set(c->err, -EINVAL,
		"at character %zu: there is no function \"%.*s\", allowed are abs, min, max, sqrt, "
		"exp, ln, log10, pow, floor and round",
		(size_t)(begin - c->text) + 1, (int)len, begin);
}

static int read_factor(struct compiler *c)
{
	int rc;

	skip_space(c);
	if (is_digit(*c->at) || *c->at == '.')
		return read_number(c);
	if (is_letter(*c->at))
		return read_name(c);
	if (*c->at == '-') {
		c->at++;
		if (++c->depth > DEPTH_MAX)
			return err_set(c->err, -EINVAL, "more than %d signs in a row", DEPTH_MAX);
		rc = read_factor(c);
		c->depth--;
		return rc < 0 ? rc : add_step(c, (struct step){.operation = DO_NEGATE});
	}
	if (*c->at != '(')
		return refuse_here(c, "a number, a feature, a function or \"(\"");
	c->at++;
	rc = read_sum(c);
	if (rc < 0)
		return rc;
	if (*c->at != ')')
		return refuse_here(c, "an operator or \")\"");
	c->at++;
	return 0;
}

static int read_product(struct compiler *c)
{
	int rc = read_factor(c);

	while (rc == 0) {
		enum operation operation;

		skip_space(c);
		if (*c->at != '*' && *c->at != '/')
			return 0;
		operation = *c->at++ == '*' ? DO_MULTIPLY : DO_DIVIDE;
		rc = read_factor(c);
		if (rc == 0)
			rc = add_step(c, (struct step){.operation = operation});
	}
	return rc;
}

/* Stops at what is neither: white space is behind us. */
static int read_sum(struct compiler *c)
{
	int rc;

	if (++c->depth > DEPTH_MAX)
		return err_set(
			c->err, -EINVAL, "more than %d parentheses in each other", DEPTH_MAX);
	rc = read_product(c);
	while (rc == 0 && (*c->at == '+' || *c->at == '-')) {
		enum operation operation = *c->at++ == '+' ? DO_ADD : DO_SUBTRACT;

		rc = read_product(c);
		if (rc == 0)
			rc = add_step(c, (struct step){.operation = operation});
	}
	c->depth--;
	return rc;
}

int expression_compile(
	struct expression **out, struct arena *memory, const char *text, struct err *err)
{
	struct compiler c = {.memory = memory, .text = text, .at = text, .err = err};
	int rc;

	c.e = arena_zalloc(memory, 1, sizeof(*c.e));
	if (!c.e)
		return err_set(err, -ENOMEM, "no memory for an expression");
	rc = read_sum(&c);
	if (rc < 0)
		return rc;
	if (*c.at)
		return refuse_here(&c, "an operator");
	*out = c.e;
	return 0;
}

size_t expression_operand_count(const struct expression *e)
{
	return e->operand_count;
}

const char *expression_operand(const struct expression *e, size_t i)
{
	return e->operands[i];
}

static double of_one(enum operation operation, double a)
{
	switch (operation) {
	case DO_NEGATE:
		return -a;
	case DO_ABS:
		return fabs(a);
	case DO_SQRT:
		return sqrt(a);
	case DO_EXP:
		return exp(a);
	case DO_LN:
		return log(a);
	case DO_LOG10:
		return log10(a);
	case DO_FLOOR:
		return floor(a);
	default:
		return round(a);
	}
}

static double of_two(enum operation operation, double a, double b)
{
	if (isnan(a) || isnan(b)) /* pow(NAN, 0) and fmin(NAN, 1) would be numbers */
		return NAN;
	switch (operation) {
	case DO_ADD:
		return a + b;
	case DO_SUBTRACT:
		return a - b;
	case DO_MULTIPLY:
		return a * b;
	case DO_DIVIDE:
		return a / b;
	case DO_MIN:
		return b < a ? b : a;
	case DO_MAX:
		return b > a ? b : a;
	default:
		return pow(a, b);
	}
}

double expression_run(const struct expression *e, const double *operands)
{
	double stack[EXPRESSION_STEPS_MAX] = {0}, *top = stack; /* `top`: the next free place */

	for (size_t i = 0; i < e->operand_count; i++)
		if (isnan(operands[i]))
			return NAN;
	for (size_t i = 0; i < e->step_count; i++) {
		const struct step *s = &e->steps[i];

		switch (s->operation) {
		case DO_NUMBER:
			*top++ = s->number;
			break;
		case DO_FEATURE:
			*top++ = operands[s->operand];
			break;
		case DO_NEGATE:
		case DO_ABS:
		case DO_SQRT:
		case DO_EXP:
		case DO_LN:
		case DO_LOG10:
		case DO_FLOOR:
		case DO_ROUND:
			top[-1] = of_one(s->operation, top[-1]);
			break;
		case DO_ADD:
		case DO_SUBTRACT:
		case DO_MULTIPLY:
		case DO_DIVIDE:
		case DO_MIN:
		case DO_MAX:
		case DO_POW:
			top--;
			top[-1] = of_two(s->operation, top[-1], *top);
			break;
		}
	}
	return isfinite(stack[0]) ? stack[0] : NAN;
}
