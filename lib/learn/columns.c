/* The columns of a table that a model wants. */
#include "lib/learn/columns.h"

#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

int columns_find(size_t *column, const struct model *m, const struct table *t, struct err *err)
{
	CLEANUP(buf_deinit) struct buf missing = {0};
	size_t count = 0;

	for (size_t i = 0; i < model_feature_count(m); i++) {
		const char *name = model_features(m)[i].name;
		int found = table_find(t, name);

		if (found >= 0)
			column[i] = (size_t)found;
		else
			buf_addf(&missing, "%s%s", count++ == 0 ? "" : ", ", name);
	}
	if (count == 0)
		return 0;
	return err_set(err, -EINVAL, "there is no column %s, which the model wants",
		buf_text(&missing) ? missing.data : "of some names");
}

/* False when a number is wanted and the text is none. */
static bool take_cell(struct value *out, const struct value *cell, bool is_text)
{
	*out = *cell;
	if (cell->kind == VALUE_MISSING)
		return true;
	if (is_text) {
		out->kind = VALUE_TEXT;
		return true;
	}
	out->kind = VALUE_NUMBER;
	return cell->kind == VALUE_NUMBER ||
	       num_parse_lenient(cell->text, strlen(cell->text), &out->number);
}

int columns_take(struct value *values, const struct model *m, const struct table *t,
	const size_t *column, size_t row, struct err *err)
{
	for (size_t i = 0; i < model_feature_count(m); i++) {
		const struct model_feature *f = &model_features(m)[i];
		const struct value *cell = &t->column[column[i]].v[row];

		if (!take_cell(&values[i], cell, f->is_text))
			return err_set(err, -EINVAL,
				"line %zu: column %s is \"%.40s\", and the model wants a number",
				t->line[row], f->name, cell->text);
	}
	return 0;
}
