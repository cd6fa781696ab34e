/* A training set from a table. */
#include "lib/learn/dataset.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/learn/labels.h"
#include "lib/learn/split.h"

#define ROWS_MIN 20
#define CLASS_MIN 2

void dataset_free(struct dataset *d)
{
	if (!d)
		return;
	free(d->table_row);
	free(d->y);
	free(d->x);
	encoding_free(d->encoding);
	free(d);
}

static int out_of_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for a training set");
}

/* is_used [columns] becomes false for the label, the unit and what is dropped. */
static int leave_out(bool *is_used, struct dataset *d, size_t *label, const struct table *t,
	const struct dataset_options *o, struct err *err)
{
	size_t column;
	int rc = table_require(label, t, o->label, "--label", err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < t->columns; i++)
		is_used[i] = i != *label;
	d->label = t->column[*label].name;
	d->unit = "";
	if (o->unit) {
		rc = table_require(&column, t, o->unit, "--unit", err);
		if (rc != 0)
			return rc;
		if (column == *label)
			return err_set(err, -EINVAL, "--unit: column %s is the label", d->label);
		is_used[column] = false;
		d->unit = t->column[column].name;
	}
	for (size_t i = 0; i < o->drop_count; i++) {
		rc = table_require(&column, t, o->drop[i], "--drop", err);
		if (rc != 0)
			return rc;
		if (column == *label)
			return err_set(err, -EINVAL, "--drop: column %s is the label", d->label);
		is_used[column] = false;
	}
	return 0;
}

static int check_classes(const struct dataset *d, struct err *err)
{
	size_t good = d->rows - d->positives;

	if (d->rows < ROWS_MIN)
		return err_set(err, -EINVAL, "%zu row%s with a label, needed are at least %d",
			d->rows, d->rows == 1 ? "" : "s", ROWS_MIN);
	if (good == 0)
		return err_set(err, -EINVAL,
			"every label in column %s is \"%s\"; needed are defects and good units",
			d->label, d->positive);
	if (good < CLASS_MIN || d->positives < CLASS_MIN)
		return err_set(err, -EINVAL,
			"%zu defect%s and %zu good unit%s, needed are at least %d of each",
			d->positives, d->positives == 1 ? "" : "s", good, good == 1 ? "" : "s",
			CLASS_MIN);
	return 0;
}

/* Rows with a label into d, those to learn from first. */
static int divide_rows(struct dataset *d, const struct labels *labels, size_t table_rows,
	const struct dataset_options *o, struct err *err)
{
	size_t *row = calloc(d->rows, sizeof(row[0]));
	uint8_t *y = malloc(d->rows);
	uint8_t *is_out = malloc(d->rows);
	size_t n = 0, at = 0;
	int rc = -ENOMEM;

	if (!row || !y || !is_out)
		goto end;
	for (size_t i = 0; i < table_rows; i++) {
		if (labels->y[i] == LABEL_EMPTY)
			continue;
		y[n] = labels->y[i];
		row[n++] = i;
	}
	rc = split_hold_out(is_out, n, y, o->held_out, o->seed);
	for (uint8_t part = 0; part < 2 && rc == 0; part++) {
		for (size_t i = 0; i < n; i++) {
			if (is_out[i] != part)
				continue;
			d->table_row[at] = row[i];
			d->y[at++] = y[i];
		}
		if (part == 0)
			d->learn_rows = at;
	}
end:
	free(row);
	free(y);
	free(is_out);
	return rc == 0 ? 0 : out_of_memory(err);
}

static int read_rows(struct dataset *d, const struct table *t, size_t label,
	const struct dataset_options *o, struct err *err)
{
	CLEANUP(labels_deinit) struct labels labels = {0};
	int rc = labels_read(&labels, t, label, o->positive, false, err);

	if (rc != 0)
		return rc;
	d->rows = labels.positives + labels.negatives;
	d->positives = labels.positives;
	d->empty_labels = labels.empty;
	d->positive = labels.positive;
	rc = check_classes(d, err);
	if (rc != 0)
		return rc;
	d->table_row = calloc(d->rows, sizeof(d->table_row[0]));
	d->y = calloc(d->rows, sizeof(d->y[0]));
	if (!d->table_row || !d->y)
		return out_of_memory(err);
	return divide_rows(d, &labels, t->rows, o, err);
}

static int encode(struct dataset *d, const struct table *t, const bool *is_used, struct err *err)
{
	size_t *columns = calloc(t->columns, sizeof(columns[0]));
	size_t count = 0;
	int rc;

	if (!columns)
		return out_of_memory(err);
	for (size_t i = 0; i < t->columns; i++) {
		if (is_used[i])
			columns[count++] = i;
	}
	rc = encoding_new(&d->encoding, t, columns, count, d->table_row, d->learn_rows, err);
	free(columns);
	if (rc != 0)
		return rc;
	d->x = calloc(d->rows * d->encoding->count, sizeof(d->x[0]));
	if (!d->x)
		return out_of_memory(err);
	for (size_t i = 0; i < d->rows; i++)
		encoding_fill(d->encoding, t, d->table_row[i], d->x + i * d->encoding->count);
	return 0;
}

int dataset_new(struct dataset **out, const struct table *t, const struct dataset_options *o,
	struct err *err)
{
	CLEANUP(dataset_free) struct dataset *d = calloc(1, sizeof(*d));
	bool *is_used = calloc(t->columns, sizeof(is_used[0]));
	size_t label = 0;
	int rc;

	if (!d || !is_used)
		rc = out_of_memory(err);
	else
		rc = leave_out(is_used, d, &label, t, o, err);
	if (rc == 0)
		rc = read_rows(d, t, label, o, err);
	if (rc == 0)
		rc = encode(d, t, is_used, err);
	free(is_used);
	if (rc == 0)
		*out = TAKE(d);
	return rc;
}
