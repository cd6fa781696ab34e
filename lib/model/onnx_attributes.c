#include "lib/model/onnx_attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_numbers.h"

enum { /* AttributeProto.AttributeType, those that are not in onnx_graph.h */
	TYPE_NONE = 0,
	TYPE_GRAPH = 5,
	TYPE_GRAPHS = 10,
};

static bool holds_graph(const Onnx__AttributeProto *p)
{
	return p->has_g || p->n_graphs || p->type == TYPE_GRAPH || p->type == TYPE_GRAPHS;
}

/* TYPE_NONE when there is no value that could be read. */
static int type_of(const Onnx__AttributeProto *p)
{
	if (p->type != TYPE_NONE)
		return p->type;
	return p->has_f       ? ONNX_ATTRIBUTE_FLOAT
	       : p->has_i     ? ONNX_ATTRIBUTE_INT
	       : p->has_s     ? ONNX_ATTRIBUTE_STRING
	       : p->t         ? ONNX_ATTRIBUTE_TENSOR
	       : p->n_floats  ? ONNX_ATTRIBUTE_FLOATS
	       : p->n_ints    ? ONNX_ATTRIBUTE_INTS
	       : p->n_strings ? ONNX_ATTRIBUTE_STRINGS
			      : TYPE_NONE;
}

static int read_text(const char **out, const ProtobufCBinaryData *text, struct onnx_source *s,
	const char *what, struct err *err)
{
	if (text->len && memchr(text->data, 0, text->len))
		return err_set(err, -EINVAL, "%s has a text with a NUL in it", what);
	*out = arena_stringn(s->memory, text->len ? (const char *)text->data : "", text->len);
	return *out ? 0 : err_set(err, -ENOMEM, "no memory for %s", what);
}

static int read_texts(struct onnx_attribute *a, const Onnx__AttributeProto *p,
	struct onnx_source *s, const char *what, struct err *err)
{
	const char **texts = arena_zalloc(s->memory, p->n_strings + 1, sizeof(*texts));
	int rc = texts ? 0 : err_set(err, -ENOMEM, "no memory for %s", what);

	for (size_t i = 0; rc == 0 && i < p->n_strings; i++)
		rc = read_text(&texts[i], &p->strings[i], s, what, err);
	a->texts = texts;
	a->count = p->n_strings;
	return rc;
}

static int read_tensor(struct onnx_attribute *a, const Onnx__AttributeProto *p,
	struct onnx_source *s, const char *what, struct err *err)
{
	struct onnx_tensor *t = arena_zalloc(s->memory, 1, sizeof(*t));

	if (!t)
		return err_set(err, -ENOMEM, "no memory for %s", what);
	if (!p->t)
		return err_set(err, -EINVAL, "%s has no tensor", what);
	a->tensor = t;
	return onnx_numbers_read(t, p->t, s, what, err);
}

int onnx_attribute_read(struct onnx_attribute *out, const struct Onnx__AttributeProto *p,
	struct onnx_source *s, const char *where, struct err *err)
{
	struct onnx_attribute a = {.name = p->name, .kind = (enum onnx_attribute_kind)type_of(p)};
	char show[ONNX_TEXT], what[4 * ONNX_TEXT];
	int rc = 0;

	if (holds_graph(p))
		return err_set(err, -EINVAL,
			"%s holds a graph of its own (control flow), which cannot be run", where);
	snprintf(what, sizeof(what), "%s: attribute \"%s\"", where, onnx_show(show, p->name));
	switch (a.kind) {
	case ONNX_ATTRIBUTE_FLOAT:
		a.f = p->f;
		break;
	case ONNX_ATTRIBUTE_INT:
		a.i = p->i;
		break;
	case ONNX_ATTRIBUTE_STRING:
		rc = read_text(&a.text, &p->s, s, what, err);
		break;
	case ONNX_ATTRIBUTE_TENSOR:
		rc = read_tensor(&a, p, s, what, err);
		break;
	case ONNX_ATTRIBUTE_FLOATS:
		a.floats = p->floats;
		a.count = p->n_floats;
		break;
	case ONNX_ATTRIBUTE_INTS:
		a.ints = p->ints;
		a.count = p->n_ints;
		break;
	case ONNX_ATTRIBUTE_STRINGS:
		rc = read_texts(&a, p, s, what, err);
		break;
	default:
		return err_set(err, -EINVAL,
			"%s is of type %d, allowed are numbers, texts, lists of them and a tensor",
			what, p->type);
	}
	if (rc == 0)
		*out = a;
	return rc;
}
