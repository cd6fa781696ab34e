/* The label column of a table. */
#include "lib/learn/labels.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

#define VALUES_LISTED 10

void labels_deinit(struct labels *l)
{
	free(l->y);
	l->y = NULL;
}

static bool same_value(const struct value *v, const char *text, size_t len)
{
	double number;

	if (v->kind == VALUE_NUMBER)
		return num_parse_lenient(text, len, &number) && number == v->number;
	return strcmp(v->text, text) == 0;
}

/* The value of the column that means defect where nobody said which: 1 before true. */
static const char *usual_positive(const struct table *t, size_t column)
{
	const char *found = NULL;

	for (size_t row = 0; row < t->rows; row++) {
		const struct value *v = &t->column[column].v[row];

		if (v->kind == VALUE_MISSING)
			continue;
		if (same_value(v, "1", 1))
			return "1";
		if (!found && strcasecmp(v->text, "true") == 0)
			found = v->text;
	}
	return found;
}

static bool is_listed(const char *const *values, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(values[i], text) == 0)
			return true;
	}
	return false;
}

/* "0, 1, 2 and others", in order of appearance. */
static void list_values(struct buf *out, const struct table *t, size_t column)
{
	const char *values[VALUES_LISTED];
	size_t count = 0;

	for (size_t row = 0; row < t->rows; row++) {
		const char *text = table_text(t, column, row);

		if (text[0] == '\0' || is_listed(values, count, text))
			continue;
		if (count == VALUES_LISTED) {
			buf_add(out, " and others");
			return;
		}
		buf_addf(out, "%s\"%.40s\"", count == 0 ? "" : ", ", text);
		values[count++] = text;
	}
	if (count == 0)
		buf_add(out, "none but empty ones");
}

static int refuse(const struct table *t, size_t column, const char *positive, struct err *err)
{
	CLEANUP(buf_deinit) struct buf values = {0};
	const char *found;

	list_values(&values, t, column);
	found = buf_text(&values) ? values.data : "others";
	if (positive)
		return err_set(err, -EINVAL,
			"column %s never has the value \"%s\" that --positive names; its values "
			"are %s",
			t->column[column].name, positive, found);
	return err_set(err, -EINVAL,
		"column %s has neither 1 nor true for a defect; say with --positive which of its "
		"values means one: %s",
		t->column[column].name, found);
}

int labels_read(struct labels *out, const struct table *t, size_t column, const char *positive,
	bool may_be_absent, struct err *err)
{
	struct labels l = {.positive = positive};
	size_t len;

	if (!positive)
		l.positive = usual_positive(t, column);
	if (!l.positive)
		return refuse(t, column, NULL, err);
	l.y = malloc(t->rows + 1);
	if (!l.y)
		return err_set(err, -ENOMEM, "no memory for %zu labels", t->rows);
	len = strlen(l.positive);
	for (size_t row = 0; row < t->rows; row++) {
		const struct value *v = &t->column[column].v[row];

		if (v->kind == VALUE_MISSING) {
			l.y[row] = LABEL_EMPTY;
			l.empty++;
		} else if (same_value(v, l.positive, len)) {
			l.y[row] = 1;
			l.positives++;
		} else {
			l.y[row] = 0;
			l.negatives++;
		}
	}
	if (l.positives == 0 && !may_be_absent) {
		labels_deinit(&l);
		return refuse(t, column, positive, err);
	}
	*out = l;
	return 0;
}
