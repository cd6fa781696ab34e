#include "lib/model/onnx_rewrite.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_alloc.h"
#include "lib/model/onnx_numbers.h"
#include "lib/model/onnx_scan.h"
#include "lib/model/onnx_wire.h"
#include "lib/model/onnx_write.h"

#define BLOCK_BYTES 4096
#define CHUNK_BYTES 16384
#define LENGTH_BYTES_MAX 10

enum { /* fields of the standard */
	MODEL_GRAPH = 7,
	MODEL_METADATA = 14,
	MODEL_FUNCTIONS = 25,
	GRAPH_NODE = 1,
	GRAPH_INITIALIZER = 5,
	FUNCTION_NODE = 7,
	NODE_ATTRIBUTE = 5,
	ATTRIBUTE_TENSOR = 5,
	TENSOR_RAW_DATA = 9,
	TENSOR_EXTERNAL_DATA = 13,
	TENSOR_DATA_LOCATION = 14,
	ENTRY_KEY = 1,
	ENTRY_VALUE = 2,
};

/* The messages on the way to tensors. */
enum message { OTHER, MODEL, GRAPH, FUNCTION, NODE, ATTRIBUTE, TENSOR };

static const struct way {
	enum message from;
	unsigned field;
	enum message to;
} ways[] = {
	{MODEL, MODEL_GRAPH, GRAPH},
	{MODEL, MODEL_FUNCTIONS, FUNCTION},
	{GRAPH, GRAPH_NODE, NODE},
	{GRAPH, GRAPH_INITIALIZER, TENSOR},
	{FUNCTION, FUNCTION_NODE, NODE},
	{NODE, NODE_ATTRIBUTE, ATTRIBUTE},
	{ATTRIBUTE, ATTRIBUTE_TENSOR, TENSOR},
};

/* A place of the file that changes: bytes that go, and what comes instead. */
struct edit {
	size_t begin, end; /* of the file */
	const char *bytes; /* in the arena */
	size_t len;
	Onnx__TensorProto *tensor; /* its numbers come behind the bytes; else NULL */
	size_t number_bytes;
};

struct rewriting {
	const uint8_t *file;
	size_t len;
	const struct onnx_property *set;
	size_t set_count;
	bool *is_set; /* [set_count] it has its value */
	struct arena *memory;
	struct onnx_alloc alloc; /* of the edits' tensors */
	struct onnx_external external;
	size_t edit_count, edit_room;
	struct edit *edits; /* in the file's order */
	size_t limit;
	struct err *err;
};

static int no_memory(const struct rewriting *r)
{
	return err_set(r->err, -ENOMEM, "no memory for the model");
}

static int too_big(const struct rewriting *r)
{
	return err_set(r->err, -EFBIG,
		"the file would have more than the %zu bytes that are allowed for a model",
		r->limit);
}

static int add_edit(struct rewriting *r, const struct edit *e)
{
	if (r->edit_count == r->edit_room) {
		size_t room = r->edit_room ? 2 * r->edit_room : 64;
		struct edit *edits = realloc(r->edits, room * sizeof(*edits));

		if (!edits)
			return no_memory(r);
		r->edits = edits;
		r->edit_room = room;
	}
	r->edits[r->edit_count++] = *e;
	return 0;
}

/* The bytes of a small buffer as those of an edit. */
static int take_bytes(struct rewriting *r, struct edit *e, const struct buf *b)
{
	if (buf_failed(b))
		return no_memory(r);
	e->bytes = arena_copy(r->memory, b->data, b->len);
	e->len = b->len;
	return e->bytes ? 0 : no_memory(r);
}

/* ---- metadata ---- */

static void put_entry(struct buf *b, const struct onnx_property *p)
{
	size_t key = strlen(p->key), value = strlen(p->value);
	CLEANUP(buf_deinit) struct buf inner = {0};

	onnx_put_head(&inner, ENTRY_KEY, key);
	buf_put(&inner, p->key, key);
	onnx_put_head(&inner, ENTRY_VALUE, value);
	buf_put(&inner, p->value, value);
	onnx_put_head(b, MODEL_METADATA, inner.len);
	buf_put(b, inner.data, inner.len);
	b->failed = b->failed || inner.failed;
}

static bool is_text(const struct rewriting *r, const struct onnx_field *f, const char *text)
{
	size_t len = f->end - f->value;

	return strlen(text) == len && memcmp(r->file + f->value, text, len) == 0;
}

/* What `set` says of an entry; *has_value: and it is the entry's already. */
static size_t find_property(
	const struct rewriting *r, const struct onnx_field *entry, bool *has_value)
{
	struct onnx_field f, key = {0}, value = {0};
	size_t i = r->set_count;

	for (size_t at = entry->value; onnx_field_next(&f, r->file, at, entry->end); at = f.end) {
		if (f.number == ENTRY_KEY)
			key = f;
		else if (f.number == ENTRY_VALUE)
			value = f;
	}
	for (i = 0; i < r->set_count; i++)
		if (is_text(r, &key, r->set[i].key))
			break;
	*has_value = i < r->set_count && r->set[i].value && is_text(r, &value, r->set[i].value);
	return i;
}

static int edit_metadata(struct rewriting *r, const struct onnx_field *entry)
{
	struct edit e = {.begin = entry->begin, .end = entry->end};
	CLEANUP(buf_deinit) struct buf b = {0};
	bool has_value, is_first;
	size_t i = find_property(r, entry, &has_value);
	int rc;

	if (i == r->set_count)
		return 0;
	is_first = !r->is_set[i];
	r->is_set[i] = true;
	if (is_first && has_value)
		return 0;
	if (is_first && r->set[i].value)
		put_entry(&b, &r->set[i]);
	rc = take_bytes(r, &e, &b);
	return rc < 0 ? rc : add_edit(r, &e);
}

static int append_metadata(struct rewriting *r)
{
	struct edit e = {.begin = r->len, .end = r->len};
	CLEANUP(buf_deinit) struct buf b = {0};
	int rc;

	for (size_t i = 0; i < r->set_count; i++)
		if (!r->is_set[i] && r->set[i].value) {
			r->is_set[i] = true;
			put_entry(&b, &r->set[i]);
		}
	rc = take_bytes(r, &e, &b);
	return rc < 0 || b.len == 0 ? rc : add_edit(r, &e);
}

/* ---- external data ---- */

static void tensor_text(char out[2 * ONNX_TEXT], const Onnx__TensorProto *p)
{
	char show[ONNX_TEXT];

	snprintf(out, 2 * ONNX_TEXT, "tensor \"%s\"", onnx_show(show, p->name));
}

/* All but its numbers and where they are, and the head of raw_data. */
static void put_tensor(
	struct buf *b, const struct rewriting *r, size_t begin, size_t end, size_t number_bytes)
{
	struct onnx_field f;

	for (size_t at = begin; onnx_field_next(&f, r->file, at, end); at = f.end)
		if (f.number != TENSOR_EXTERNAL_DATA && f.number != TENSOR_DATA_LOCATION)
			buf_put(b, r->file + f.begin, f.end - f.begin);
	onnx_put_head(b, TENSOR_RAW_DATA, number_bytes);
}

static bool names_a_file(const struct rewriting *r, size_t begin, size_t end)
{
	struct onnx_field f;

	for (size_t at = begin; onnx_field_next(&f, r->file, at, end); at = f.end)
		if (f.number == TENSOR_DATA_LOCATION && f.wire == ONNX_WIRE_VARINT)
			return onnx_field_number(&f, r->file) == 1;
	return false;
}

static int edit_tensor(struct rewriting *r, size_t begin, size_t end)
{
	struct edit e = {.begin = begin, .end = end};
	CLEANUP(buf_deinit) struct buf b = {0};
	char what[2 * ONNX_TEXT];
	uint64_t offset;
	int rc;

	if (!names_a_file(r, begin, end))
		return 0;
	e.tensor = onnx__tensor_proto__unpack(&r->alloc.vtable, end - begin, r->file + begin);
	if (!e.tensor)
		return r->alloc.refused ? too_big(r) : no_memory(r);
	rc = add_edit(r, &e); /* which owns the tensor now */
	if (rc < 0) {
		onnx__tensor_proto__free_unpacked(e.tensor, &r->alloc.vtable);
		return rc;
	}
	tensor_text(what, e.tensor);
	if (e.tensor->has_raw_data)
		return err_set(r->err, -EINVAL,
			"%s has numbers in several places of the file, one is allowed", what);
	rc = onnx_numbers_bytes(e.tensor, &e.number_bytes, what, r->err);
	if (rc == 0)
		rc = onnx_external_find(
			&r->external, e.tensor, e.number_bytes, &offset, what, r->err);
	if (rc < 0)
		return rc;
	put_tensor(&b, r, begin, end, e.number_bytes);
	rc = take_bytes(r, &e, &b);
	r->edits[r->edit_count - 1] = e;
	return rc;
}

/* ---- the whole ---- */

/* What the edits from `first` on change in length; more than a file can have is SIZE_MAX. */
static int new_length(const struct rewriting *r, size_t first, size_t old, size_t *out)
{
	for (size_t i = first; i < r->edit_count; i++) {
		const struct edit *e = &r->edits[i];

		old -= e->end - e->begin;
		if (__builtin_add_overflow(old, e->len, &old) ||
			__builtin_add_overflow(old, e->number_bytes, &old) || old > SIZE_MAX / 2)
			return too_big(r);
	}
	*out = old;
	return 0;
}

static enum message way_to(enum message from, const struct onnx_field *f)
{
	for (size_t i = 0; f->wire == ONNX_WIRE_BYTES && i < ARRAY_LEN(ways); i++)
		if (ways[i].from == from && ways[i].field == f->number)
			return ways[i].to;
	return OTHER;
}

static int walk(struct rewriting *r, enum message type, size_t begin, size_t end);

/* A message in a message: where something in it changes, its length does. */
static int walk_inner(struct rewriting *r, enum message type, const struct onnx_field *f)
{
	size_t head = r->edit_count, len;
	struct edit e = {.end = f->value};
	CLEANUP(buf_deinit) struct buf b = {0};
	int rc = add_edit(r, &e);

	if (rc == 0)
		rc = type == TENSOR ? edit_tensor(r, f->value, f->end)
				    : walk(r, type, f->value, f->end);
	if (rc < 0)
		return rc;
	if (r->edit_count == head + 1) { /* nothing */
		r->edit_count = head;
		return 0;
	}
	rc = new_length(r, head + 1, f->end - f->value, &len);
	if (rc < 0)
		return rc;
	/* the tag stays as it is; only the length behind it is written anew */
	for (e.begin = f->begin; r->file[e.begin] & 0x80;)
		e.begin++;
	e.begin++;
	buf_put_varint(&b, len);
	rc = take_bytes(r, &e, &b);
	r->edits[head] = e;
	return rc;
}

/* Recursion is as deep as the table of ways. */
static int walk(struct rewriting *r, enum message type, size_t begin, size_t end)
{
	struct onnx_field f;
	int rc = 0;

	for (size_t at = begin; rc == 0 && onnx_field_next(&f, r->file, at, end); at = f.end) {
		enum message inner = way_to(type, &f);

		if (inner != OTHER)
			rc = walk_inner(r, inner, &f);
		else if (type == MODEL && f.number == MODEL_METADATA && f.wire == ONNX_WIRE_BYTES)
			rc = edit_metadata(r, &f);
	}
	return rc;
}

static int put_numbers(struct rewriting *r, struct buf *out, const struct edit *e)
{
	char chunk[CHUNK_BYTES], what[2 * ONNX_TEXT];
	uint64_t offset;
	int rc;

	tensor_text(what, e->tensor);
	rc = onnx_external_find(&r->external, e->tensor, e->number_bytes, &offset, what, r->err);
	for (size_t done = 0; rc == 0 && done < e->number_bytes;) {
		size_t n = e->number_bytes - done;

		n = n > sizeof(chunk) ? sizeof(chunk) : n;
		rc = onnx_external_read(&r->external, chunk, n, offset + done, what, r->err);
		buf_put(out, chunk, n);
		done += n;
	}
	return rc;
}

static int write_edited(struct rewriting *r, struct buf *out)
{
	size_t at = 0, len;
	int rc = new_length(r, 0, r->len, &len);

	if (rc == 0 && len > r->limit)
		rc = too_big(r);
	for (size_t i = 0; rc == 0 && i < r->edit_count; i++) {
		const struct edit *e = &r->edits[i];

		buf_put(out, r->file + at, e->begin - at);
		buf_put(out, e->bytes, e->len);
		if (e->tensor)
			rc = put_numbers(r, out, e);
		at = e->end;
	}
	if (rc < 0)
		return rc;
	buf_put(out, r->file + at, r->len - at);
	return buf_failed(out) ? no_memory(r) : 0;
}

static int rewrite(struct rewriting *r, struct buf *out)
{
	int rc = onnx_scan(&onnx__model_proto__descriptor, r->file, r->len, r->err);

	if (rc < 0)
		return rc;
	if (arena_new(&r->memory, BLOCK_BYTES) < 0)
		return no_memory(r);
	r->is_set = arena_zalloc(r->memory, r->set_count + 1, sizeof(*r->is_set));
	if (!r->is_set)
		return no_memory(r);
	rc = walk(r, MODEL, 0, r->len);
	if (rc == 0)
		rc = append_metadata(r);
	return rc < 0 ? rc : write_edited(r, out);
}

int onnx_rewrite(struct buf *out, const void *bytes, size_t len, int folder,
	const struct onnx_property *set, size_t count, size_t limit_bytes, struct err *err)
{
	struct rewriting r = {
		.file = bytes,
		.len = len,
		.set = set,
		.set_count = count,
		.limit = limit_bytes,
		.err = err,
	};
	size_t before = out->len;
	int rc;

	onnx_alloc_init(&r.alloc, len + (8u << 20));
	onnx_external_init(&r.external, folder, limit_bytes);
	rc = rewrite(&r, out);
	if (rc < 0)
		out->len = before;
	for (size_t i = 0; i < r.edit_count; i++)
		if (r.edits[i].tensor)
			onnx__tensor_proto__free_unpacked(r.edits[i].tensor, &r.alloc.vtable);
	free(r.edits);
	onnx_external_deinit(&r.external);
	arena_free(r.memory);
	return rc;
}
