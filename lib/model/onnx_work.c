#include "lib/model/onnx_work.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

const int64_t onnx_batches[2] = {1000003, 999983};

int(onnx_refuse)(const struct onnx_work *w, const char *fmt, ...)
{
	char text[512], node[2 * ONNX_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set(
		w->err, -EINVAL, "%s: %s", onnx_node_text(node, w->graph, w->node_index), text);
}

const struct onnx_value *onnx_in(const struct onnx_work *w, size_t i)
{
	const struct onnx_value *v;

	if (i >= w->node->input_count || w->node->inputs[i] == ONNX_NONE)
		return NULL;
	v = &w->values[w->node->inputs[i]];
	return v->scale && !w->reads_doubles ? &w->rounded[w->node->inputs[i]] : v;
}

int onnx_want(const struct onnx_work *w, size_t i, const struct onnx_value **out)
{
	*out = onnx_in(w, i);
	return *out ? 0 : onnx_refuse(w, "operand %zu is left out", i + 1);
}

void onnx_give(struct onnx_work *w, size_t i, const struct onnx_value *v)
{
	if (i < w->node->output_count && w->node->outputs[i] != ONNX_NONE)
		w->values[w->node->outputs[i]] = *v;
}

int64_t onnx_int(const struct onnx_work *w, const char *name, int64_t preset)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, name);

	return a && a->kind == ONNX_ATTRIBUTE_INT ? a->i : preset;
}

double onnx_float(const struct onnx_work *w, const char *name, double preset)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, name);

	return a && a->kind == ONNX_ATTRIBUTE_FLOAT ? (double)a->f : preset;
}

const char *onnx_string(const struct onnx_work *w, const char *name, const char *preset)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, name);

	return a && a->kind == ONNX_ATTRIBUTE_STRING ? a->text : preset;
}

int onnx_alloc(struct onnx_work *w, void *out, size_t count, size_t size)
{
	void *memory;

	if (count > ONNX_FOLD_BYTES / size ||
		arena_used(w->memory) > ONNX_FOLD_BYTES - count * size)
		return onnx_refuse(
			w, "the tensors of the graph take more than %u MiB", ONNX_FOLD_BYTES >> 20);
	memory = arena_zalloc(w->memory, count ? count : 1, size);
	if (!memory)
		return onnx_no_memory(w);
	memcpy(out, &memory, sizeof(memory));
	return 0;
}

int onnx_step(struct onnx_work *w, const struct nn_step *s, size_t *value)
{
	if (s->width == 0 || s->width > ONNX_WIDTH_MAX)
		return onnx_refuse(w, "it makes %zu columns of a row, allowed are 1 to %u",
			s->width, ONNX_WIDTH_MAX);
	w->columns += s->width;
	if (w->columns > ONNX_COLUMNS_MAX)
		return onnx_refuse(w, "the graph makes more than %u columns of a row in all",
			ONNX_COLUMNS_MAX);
	if (w->step_count == w->step_room) {
		size_t room = w->step_room ? 2 * w->step_room : 64;
		struct nn_step *steps = realloc(w->steps, room * sizeof(*steps));

		if (!steps)
			return onnx_no_memory(w);
		w->steps = steps;
		w->step_room = room;
	}
	w->steps[w->step_count++] = *s;
	*value = w->step_count;
	return 0;
}

size_t onnx_width(const struct onnx_work *w, size_t value)
{
	return value == 0 ? w->inputs : w->steps[value - 1].width;
}

bool onnx_is_batch(const struct onnx_work *w, const struct onnx_value *x, size_t axis)
{
	return x->what == ONNX_ROWS && x->axis == axis && w->batch != 1;
}

int onnx_axis(const struct onnx_work *w, int64_t axis, size_t rank, size_t *out)
{
	if (axis < -(int64_t)rank || axis >= (int64_t)rank)
		return onnx_refuse(w, "axis %lld of a tensor with %zu", (long long)axis, rank);
	*out = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
	return 0;
}

size_t onnx_product(const size_t *dims, size_t from, size_t to)
{
	size_t product = 1;

	for (size_t i = from; i < to; i++)
		product *= dims[i];
	return product;
}

void onnx_shape(struct onnx_value *v, size_t rank, const size_t *dims)
{
	size_t copy[ONNX_RANK_MAX] = {0};

	if (rank)
		memcpy(copy, dims, rank * sizeof(*dims));
	*v = (struct onnx_value){.rank = rank, .axis = ONNX_NONE, .outer = 1};
	memcpy(v->dims, copy, sizeof(copy));
	v->count = onnx_product(copy, 0, rank);
}
