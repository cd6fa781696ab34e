/* Einsum: two operands at a time become one product of matrices.
 *
 * Glossary
 *   letter   an axis: the same letter in two operands is the same axis
 *   kept     a letter that the result or an operand to come still has; others are summed over */
#include <ctype.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_matmul.h"
#include "lib/model/onnx_operators.h"

#define TERMS_MAX 8
#define EQUATION_MAX 128

struct term {
	char letters[ONNX_RANK_MAX + 1];
	struct onnx_value value;
};

/* ---- the equation ---- */

/* A term's letters; "..." stands for `rest` axes, which get capital letters from the end of the
 * alphabet, the last axis Z. Returns what is behind the term. */
static const char *read_term(char out[ONNX_RANK_MAX + 1], const char *s, size_t rest)
{
	size_t n = 0;

	while (*s && *s != ',' && *s != '-') {
		if (*s == '.' && s[1] == '.' && s[2] == '.') {
			for (size_t i = 0; i < rest && n < ONNX_RANK_MAX; i++)
				out[n++] = (char)('Z' - (rest - 1 - i));
			s += 3;
			continue;
		}
		if (isalpha((unsigned char)*s) && n < ONNX_RANK_MAX)
			out[n++] = *s;
		else if (*s != ' ')
			return NULL;
		s++;
	}
	out[n] = '\0';
	return s;
}

static size_t count_letters(const char *s)
{
	size_t n = 0;

	for (; *s && *s != ',' && *s != '-'; s++)
		n += isalpha((unsigned char)*s) != 0;
	return n;
}

/* Without "->": the letters that stand there once, in alphabetical order. */
static void usual_result(char out[ONNX_RANK_MAX + 1], const struct term *terms, size_t count)
{
	size_t n = 0;

	for (int c = 'A'; c <= 'z' && n < ONNX_RANK_MAX; c++) {
		size_t seen = 0;

		for (size_t i = 0; i < count; i++)
			for (const char *s = terms[i].letters; *s; s++)
				seen += *s == c;
		if (seen == 1 || (seen && c > 'Z' - ONNX_RANK_MAX && c <= 'Z'))
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

static int read_equation(struct onnx_work *w, struct term *terms, char result[ONNX_RANK_MAX + 1])
{
	const char *s = onnx_string(w, "equation", "");
	const size_t count = w->node->input_count;
	size_t rest = 0;

	for (size_t i = 0; i < count; i++) {
		const struct onnx_value *v;
		size_t letters = count_letters(s);
		int rc = onnx_want(w, i, &v);

		if (rc < 0)
			return rc;
		terms[i].value = *v;
		if (letters < v->rank && v->rank - letters > rest)
			rest = v->rank - letters;
		s = read_term(terms[i].letters, s, letters < v->rank ? v->rank - letters : 0);
		if (!s || strlen(terms[i].letters) != v->rank || (i + 1 < count && *s != ','))
			return onnx_refuse(w, "its equation does not fit its operands");
		s += i + 1 < count;
	}
	if (*s == '\0') {
		usual_result(result, terms, count);
		return 0;
	}
	if (s[0] != '-' || s[1] != '>' || !read_term(result, s + 2, rest))
		return onnx_refuse(w, "its equation cannot be read");
	for (s = result; *s; s++)
		if (strchr(s + 1, *s))
			return onnx_refuse(w, "its result has an axis twice");
	return 0;
}

/* ---- letters ---- */

static size_t place_of(const struct term *t, char letter)
{
	const char *at = strchr(t->letters, letter);

	return at ? (size_t)(at - t->letters) : ONNX_NONE;
}

static struct onnx_size size_of(const struct term *t, char letter)
{
	size_t i = place_of(t, letter);

	return (struct onnx_size){
		(int64_t)t->value.dims[i], t->value.what == ONNX_ROWS && t->value.axis == i};
}

/* The term with its letters in this order. */
static int arrange(struct onnx_work *w, struct term *t, const char *letters)
{
	size_t permutation[ONNX_RANK_MAX];
	int rc;

	for (size_t i = 0; letters[i]; i++)
		permutation[i] = place_of(t, letters[i]);
	rc = onnx_transpose(w, &t->value, &t->value, permutation);
	strcpy(t->letters, letters);
	return rc;
}

/* Sums over what is not kept, and refuses a letter twice. */
static int reduce_term(struct onnx_work *w, struct term *t, const char *kept)
{
	bool marked[ONNX_RANK_MAX] = {false}, any = false;
	char left[ONNX_RANK_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; t->letters[i]; i++) {
		if (strchr(t->letters + i + 1, t->letters[i]))
			return onnx_refuse(w, "it takes a diagonal");
		marked[i] = !strchr(kept, t->letters[i]);
		any = any || marked[i];
		if (!marked[i])
			left[n++] = t->letters[i];
	}
	left[n] = '\0';
	strcpy(t->letters, left);
	return any ? onnx_reduce(w, &t->value, &t->value, marked, false, NN_REDUCE_SUM) : 0;
}

/* ---- two terms ---- */

/* Letters by where they are: in both and kept, in one alone, summed over. */
struct roles {
	char both[ONNX_RANK_MAX + 1], first[ONNX_RANK_MAX + 1], second[ONNX_RANK_MAX + 1],
		summed[ONNX_RANK_MAX + 1];
};

static void append(char *list, char letter)
{
	size_t n = strlen(list);

	list[n] = letter;
	list[n + 1] = '\0';
}

static struct roles roles_of(const struct term *a, const struct term *b, const char *kept)
{
	struct roles r = {.both = ""};

	for (const char *s = a->letters; *s; s++)
		append(!strchr(b->letters, *s) ? r.first
			: strchr(kept, *s)     ? r.both
					       : r.summed,
			*s);
	for (const char *s = b->letters; *s; s++)
		if (!strchr(a->letters, *s))
			append(r.second, *s);
	return r;
}

/* Three runs of letters become three axes. */
static int flatten(struct onnx_work *w, struct term *t, const char *const runs[3])
{
	struct onnx_size sizes[3];
	char letters[3 * ONNX_RANK_MAX + 1] = "";
	int rc;

	for (size_t i = 0; i < 3; i++) {
		sizes[i] = (struct onnx_size){1, false};
		for (const char *s = runs[i]; *s; s++) {
			struct onnx_size size = size_of(t, *s);

			sizes[i].number *= size.number;
			sizes[i].is_batch = sizes[i].is_batch || size.is_batch;
		}
		strcat(letters, runs[i]);
	}
	rc = arrange(w, t, letters);
	return rc < 0 ? rc : onnx_reshape(w, &t->value, &t->value, sizes, 3, true);
}

static int combine(struct onnx_work *w, struct term *a, const struct term *second, const char *kept)
{
	const struct roles r = roles_of(a, second, kept);
	struct term b = *second;
	struct onnx_size sizes[3 * ONNX_RANK_MAX];
	char letters[3 * ONNX_RANK_MAX + 1] = "";
	int rc;

	strcat(strcat(strcat(letters, r.both), r.first), r.second);
	if (strlen(letters) > ONNX_RANK_MAX)
		return onnx_refuse(w, "it makes a tensor with %zu axes", strlen(letters));
	for (size_t i = 0; letters[i]; i++)
		sizes[i] = size_of(strchr(r.second, letters[i]) ? &b : a, letters[i]);
	rc = flatten(w, a, (const char *const[]){r.both, r.first, r.summed});
	if (rc == 0)
		rc = flatten(w, &b, (const char *const[]){r.both, r.summed, r.second});
	if (rc == 0)
		rc = onnx_matmul(w, &a->value, &a->value, &b.value, 1, NULL);
	if (rc == 0)
		rc = onnx_reshape(w, &a->value, &a->value, sizes, strlen(letters), true);
	strcpy(a->letters, letters);
	return rc;
}

static int einsum(struct onnx_work *w)
{
	struct term terms[TERMS_MAX] = {0};
	char result[ONNX_RANK_MAX + 1], kept[EQUATION_MAX];
	const size_t count = w->node->input_count;
	int rc;

	if (count == 0 || count > TERMS_MAX)
		return onnx_refuse(w, "%zu operands, allowed are 1 to %u", count, TERMS_MAX);
	rc = read_equation(w, terms, result);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		/* what the others and the result still need */
		strcpy(kept, result);
		for (size_t j = 0; j < count; j++)
			if (j > i || (j < i && j == 0))
				strcat(kept, terms[j].letters);
		rc = reduce_term(w, &terms[i], kept);
		if (rc < 0 || i == 0)
			continue;
		strcpy(kept, result);
		for (size_t j = i + 1; j < count; j++)
			strcat(kept, terms[j].letters);
		rc = combine(w, &terms[0], &terms[i], kept);
	}
	if (rc < 0)
		return rc;
	if (strlen(result) != strlen(terms[0].letters) ||
		strspn(result, terms[0].letters) != strlen(result))
		return onnx_refuse(w, "its equation does not fit its operands");
	rc = arrange(w, &terms[0], result);
	if (rc == 0)
		onnx_give(w, 0, &terms[0].value);
	return rc;
}

static const struct onnx_operator rows[] = {
	{.name = "Einsum", .domain = "", .first = 12, .translate = einsum},
};

const struct onnx_operator_list onnx_einsum_operators = {rows, ARRAY_LEN(rows)};
