/* defectctl predict --raw: what a model's graph gives for each row of a file. */
#include "tools/predict_raw.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/learn/raw.h"

/* Where raw rows go. */
struct raw {
	bool is_json;
	size_t outputs;
	struct buf text;
};

static void raw_deinit_at(struct raw *raw)
{
	buf_deinit(&raw->text);
}

static void add_output(struct raw *raw, float y)
{
	const char *special = isnan(y) ? "nan" : y > 0 ? "inf" : "-inf";
	char number[NUM_TEXT_MAX];

	if (isfinite(y)) {
		num_print_float(number, y, true);
		buf_add(&raw->text, number);
	} else if (raw->is_json) {
		jsonw_raw_text(&raw->text, special, strlen(special));
	} else {
		buf_add(&raw->text, special);
	}
}

static void add_raw_row(struct raw *raw, size_t row, const float *y)
{
	buf_addf(&raw->text, raw->is_json ? "%s{\"row\":%zu,\"y\":[" : "%s%zu",
		!raw->is_json ? ""
		: row == 1    ? "\n"
			      : ",\n",
		row);
	for (size_t i = 0; i < raw->outputs; i++) {
		if (i > 0 || !raw->is_json)
			buf_add(&raw->text, ",");
		add_output(raw, y[i]);
	}
	buf_add(&raw->text, raw->is_json ? "]}" : "\n");
}

static int print_raw_rows(void *owner, size_t first, size_t rows, const float *y)
{
	struct raw *raw = owner;

	buf_clear(&raw->text);
	for (size_t i = 0; i < rows; i++)
		add_raw_row(raw, first + i + 1, y + i * raw->outputs);
	if (buf_failed(&raw->text))
		return -ENOMEM;
	(void)fwrite(raw->text.data, 1, raw->text.len, stdout); /* a failure shows at the end */
	return 0;
}

static void print_raw_header(const struct raw *raw)
{
	if (raw->is_json) {
		fputs("{\"rows\":[", stdout);
		return;
	}
	fputs("row", stdout);
	for (size_t i = 0; i < raw->outputs; i++)
		printf(",y_%zu", i);
	putchar('\n');
}

int predict_raw(bool is_json, const char *data, const struct model *m, const struct nn_kernels *k,
	struct err *err)
{
	__attribute__((cleanup(raw_deinit_at))) struct raw raw = {
		.is_json = is_json, .outputs = nn_program_outputs(model_program(m))};
	CLEANUP(table_free) struct table *t = NULL;
	int rc =
		model_has_inputs(m) ? table_read(&t, data, err) : table_read_unnamed(&t, data, err);

	if (rc != 0)
		return rc;
	rc = raw_check(m, t, err);
	if (rc == 0) {
		print_raw_header(&raw);
		rc = raw_run(m, k, t, print_raw_rows, &raw, err);
	}
	if (rc != 0)
		return err_prefix(err, rc, "%s", data);
	if (is_json)
		puts("\n]}");
	return 0;
}
