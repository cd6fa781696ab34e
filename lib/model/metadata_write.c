/* The texts beside the graph, written. */
#include <math.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/model/metadata.h"

void metadata_write_texts(struct buf *out, const char *const *texts, size_t count)
{
	buf_add(out, "[");
	for (size_t i = 0; i < count; i++) {
		buf_add(out, i ? "," : "");
		jsonw_raw_text(out, texts[i], strlen(texts[i]));
	}
	buf_add(out, "]");
}

static void write_statistic(struct buf *out, const char *key, double v)
{
	if (!isnan(v))
		jsonw_real(out, key, v);
}

static void write_one_hot(struct buf *out, const struct model_input *in)
{
	jsonw_key(out, "one_hot");
	if (in->text_count == 1)
		jsonw_raw_text(out, in->texts[0], strlen(in->texts[0]));
	else
		metadata_write_texts(out, in->texts, in->text_count);
}

static void write_true(struct buf *out, const char *key)
{
	jsonw_key(out, key);
	buf_add(out, "true");
}

/* Of a number, derived or not. */
static void write_statistics(struct buf *out, const struct model_input *in)
{
	write_statistic(out, "mean", in->mean);
	write_statistic(out, "sd", in->sd);
	write_statistic(out, "min", in->min);
	write_statistic(out, "max", in->max);
	if (in->unit && in->unit[0])
		jsonw_text(out, "unit", in->unit);
	if (in->missing_is_mean)
		jsonw_text(out, "missing", "mean");
	else
		jsonw_real(out, "missing", in->missing);
}

static void write_input(struct buf *out, const struct model_input *in)
{
	bool is_number = in->kind == MODEL_INPUT_NUMBER || in->kind == MODEL_INPUT_DERIVED;

	jsonw_begin(out);
	jsonw_text(out, "name", in->name);
	if (in->kind == MODEL_INPUT_DERIVED)
		jsonw_text(out, "derive", in->derive);
	else
		jsonw_text(out, "from", in->from);
	if (in->kind == MODEL_INPUT_ONE_HOT)
		write_one_hot(out, in);
	if (in->kind == MODEL_INPUT_IS_MISSING)
		write_true(out, "is_missing");
	if (is_number)
		write_statistics(out, in);
	if (in->is_scaled) {
		if (!is_number) {
			write_statistic(out, "mean", in->mean);
			write_statistic(out, "sd", in->sd);
		}
		write_true(out, "scale");
	}
	jsonw_end(out);
}

void metadata_write_inputs(struct buf *out, const struct model_input *inputs, size_t count)
{
	buf_add(out, "[");
	for (size_t i = 0; i < count; i++) {
		buf_add(out, i ? ",\n" : "");
		write_input(out, &inputs[i]);
	}
	buf_add(out, "]");
}

void metadata_write_threshold(struct buf *out, double threshold)
{
	char text[NUM_TEXT_MAX];

	num_print(text, threshold, true);
	buf_add(out, text);
}
