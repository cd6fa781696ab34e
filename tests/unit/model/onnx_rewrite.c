/* Changing metadata and packing external data leaves all other bytes as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/model/onnx_rewrite.h"
#include "lib/model/onnx_write.h"
#include "tests/unit/model/onnx_open.h"

#define METADATA 14
#define PACKED(...)                                  \
	(const struct onnx_property[]){__VA_ARGS__}, \
		sizeof((const struct onnx_property[]){__VA_ARGS__}) / sizeof(struct onnx_property)

static char path[] = "/tmp/onnx_rewrite.XXXXXX";
static int folder;

static int make_folder(void **state)
{
	const float v[] = {1, 2, 3, 4};
	int fd;

	(void)state;
	assert_non_null(mkdtemp(path));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(folder, "weights", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, v, sizeof(v)), sizeof(v));
	return close(fd);
}

static int remove_folder(void **state)
{
	(void)state;
	unlinkat(folder, "weights", 0);
	close(folder);
	return rmdir(path);
}

/* A field that ONNX does not have, in each message: it must still be there afterwards. */
static void put_unknown(struct buf *b)
{
	onnx_text_field(b, 1000, "kept");
}

static struct buf tensor_in_file(const char *name)
{
	struct buf t = onnx_tensor_external(name, DIMS(2), "weights", "8", "8");

	put_unknown(&t);
	return t;
}

/* As the rewritten one should be: numbers behind everything else. */
static struct buf tensor_inside(const char *name)
{
	const float v[] = {3, 4};
	struct buf t = onnx_tensor_of(name, ONNX_TYPE_FLOAT, DIMS(2));

	put_unknown(&t);
	onnx_bytes_field(&t, 9, v, sizeof(v));
	return t;
}

/* A graph with tensors wherever they may be; made by `tensor`. */
static struct buf model_of_tensors(struct buf (*tensor)(const char *name))
{
	struct buf g = {0}, m, fn = onnx_function_of("F", "a", "b");

	put_unknown(&g);
	onnx_part(&g, GRAPH_NODE,
		onnx_with(onnx_node_of("", "Constant", "", "c"),
			onnx_attr_tensor("value", tensor(""))));
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_of("z", 1, DIMS(0)));
	onnx_part(&g, GRAPH_INITIALIZER, tensor("t"));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("t", DIMS(2)));
	m = onnx_model_of(g);
	onnx_part(&fn, FUNCTION_NODE,
		onnx_with(onnx_node_of("", "Constant", "", "b"),
			onnx_attr_tensor("value", tensor("in"))));
	onnx_part(&m, MODEL_FUNCTION, fn);
	put_unknown(&m);
	return m;
}

static struct buf rewritten(
	struct buf model, int from, const struct onnx_property *set, size_t count)
{
	struct buf out = {0};
	struct err err = {""};

	if (onnx_rewrite(&out, model.data, model.len, from, set, count, OPEN_LIMIT, &err) != 0)
		fail_msg("%s", err.text);
	buf_deinit(&model);
	return out;
}

/* Frees both. */
static void are_the_same(struct buf a, struct buf b)
{
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	buf_deinit(&a);
	buf_deinit(&b);
}

static void where_nothing_changes_the_bytes_are_the_same(void **state)
{
	struct buf entry = model_of_tensors(tensor_inside);

	(void)state;
	are_the_same(rewritten(model_of_tensors(tensor_inside), -1, NULL, 0),
		model_of_tensors(tensor_inside));
	onnx_entry(&entry, METADATA, "a", "1");
	are_the_same(rewritten(entry, -1, PACKED({"a", "1"}, {"b", NULL})), ({
		struct buf same = model_of_tensors(tensor_inside);

		onnx_entry(&same, METADATA, "a", "1");
		same;
	}));
}

/* A graph whose length takes more bytes than it must, and an entry with its value in front. */
static struct buf oddly_written(void)
{
	struct buf b = {0}, entry = {0};

	onnx_number_field(&b, 1, 8);
	onnx_head(&b, 7, 2);
	buf_put(&b, "\x83\x80\x00", 3); /* 3 */
	onnx_head(&b, GRAPH_INITIALIZER, 2);
	buf_put(&b, "\x80\x00", 2); /* 0 */
	onnx_bytes_field(&b, 1000, "", 0);
	onnx_text_field(&entry, 2, "1");
	onnx_text_field(&entry, 1, "a");
	onnx_part(&b, METADATA, entry);
	return b;
}

static void what_is_written_oddly_stays_so(void **state)
{
	(void)state;
	are_the_same(rewritten(oddly_written(), -1, PACKED({"a", "1"})), oddly_written());
}

static void numbers_in_files_are_packed_wherever_they_are(void **state)
{
	(void)state;
	are_the_same(rewritten(model_of_tensors(tensor_in_file), folder, NULL, 0),
		model_of_tensors(tensor_inside));
}

static void a_packed_file_opens_without_a_folder(void **state)
{
	CLEANUP(onnx_file_free)
	struct onnx_file *f = opened(rewritten(model_of_tensors(tensor_in_file), folder, NULL, 0));

	(void)state;
	assert_true(first_output(f)->floats[1] == 4);
}

/* In front, between and behind what is not metadata. */
static struct buf model_with_entries(const char *const entries[][2], size_t count)
{
	struct buf b = {0}, g = {0};

	onnx_number_field(&b, 1, 8);
	for (size_t i = 0; i < count; i++) {
		if (entries[i][0])
			onnx_entry(&b, METADATA, entries[i][0], entries[i][1]);
		else
			put_unknown(&b);
	}
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("t", DIMS(2)));
	onnx_part(&b, 7, g);
	return b;
}

#define ENTRIES(...)                           \
	(const char *const[][2]){__VA_ARGS__}, \
		sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *[2])

static void a_value_is_replaced_where_it_stands(void **state)
{
	(void)state;
	are_the_same(
		rewritten(model_with_entries(ENTRIES({"a", "1"}, {NULL}, {"b", "2"}, {"c", ""})),
			-1, PACKED({"b", "other"}, {"c", "3"})),
		model_with_entries(ENTRIES({"a", "1"}, {NULL}, {"b", "other"}, {"c", "3"})));
}

static void a_key_that_is_there_twice_is_there_once(void **state)
{
	(void)state;
	are_the_same(
		rewritten(model_with_entries(ENTRIES({"a", "1"}, {NULL}, {"a", "2"}, {"b", "3"})),
			-1, PACKED({"a", "1"})),
		model_with_entries(ENTRIES({"a", "1"}, {NULL}, {"b", "3"})));
}

static void new_keys_stand_at_the_end(void **state)
{
	struct buf expected = model_with_entries(ENTRIES({"a", "1"}));

	(void)state;
	onnx_entry(&expected, METADATA, "z", "26");
	onnx_entry(&expected, METADATA, "b", "2");
	are_the_same(rewritten(model_with_entries(ENTRIES({"a", "1"})), -1,
			     PACKED({"z", "26"}, {"c", NULL}, {"b", "2"})),
		expected);
}

static void a_key_can_be_dropped(void **state)
{
	(void)state;
	are_the_same(
		rewritten(model_with_entries(ENTRIES({"a", "1"}, {"b", "2"}, {NULL}, {"a", "3"})),
			-1, PACKED({"a", NULL})),
		model_with_entries(ENTRIES({"b", "2"}, {NULL})));
}

static void both_at_once(void **state)
{
	struct buf before = model_of_tensors(tensor_in_file);
	struct buf after = model_of_tensors(tensor_inside);

	(void)state;
	onnx_entry(&before, METADATA, "a", "1");
	onnx_entry(&after, METADATA, "a", "2");
	onnx_entry(&after, METADATA, "b", "3");
	are_the_same(rewritten(before, folder, PACKED({"a", "2"}, {"b", "3"})), after);
}

/* ---- refused ---- */

static void is_not_rewritten(
	struct buf model, int from, size_t limit, int code, const char *sentence)
{
	struct buf out = {0};
	struct err err = {""};

	buf_add(&out, "before");
	assert_int_equal(
		onnx_rewrite(&out, model.data, model.len, from, NULL, 0, limit, &err), code);
	assert_string_equal(err.text, sentence);
	assert_int_equal(out.len, 6);
	buf_deinit(&out);
	buf_deinit(&model);
}

static void what_cannot_be_packed_is_refused(void **state)
{
	struct buf cut = model_of_tensors(tensor_inside), gone;

	(void)state;
	cut.len -= 1;
	is_not_rewritten(cut, -1, OPEN_LIMIT, -EINVAL,
		"not an ONNX file: byte 202: a field reaches beyond the end (the file may be cut "
		"short)");
	is_not_rewritten(model_of_tensors(tensor_in_file), -1, OPEN_LIMIT, -EINVAL,
		"tensor \"\": its numbers are in another file (\"weights\"), and there is no "
		"folder "
		"to look for it in: all must be in the model file itself here");
	gone = model_with_tensor(onnx_tensor_external("t", DIMS(2), "../weights", "", ""));
	is_not_rewritten(gone, folder, OPEN_LIMIT, -EINVAL,
		"tensor \"t\": its numbers are in \"../weights\": \"..\" is not allowed, only the "
		"folder of the model is looked in");
}

static void a_file_that_would_be_too_big_is_refused(void **state)
{
	struct buf big = model_with_tensor(onnx_tensor_external("t", DIMS(2), "weights", "8", ""));
	struct buf packed =
		rewritten(model_with_tensor(onnx_tensor_external("t", DIMS(2), "weights", "8", "")),
			folder, NULL, 0);

	(void)state;
	is_not_rewritten(big, folder, packed.len - 1, -EFBIG,
		"the file would have more than the 39 bytes that are allowed for a model");
	buf_deinit(&packed);
}

/* Wherever a byte changes, what comes out is a file or a sentence. */
static void a_changed_byte_never_does_harm(void **state)
{
	struct buf model = model_of_tensors(tensor_in_file);

	(void)state;
	for (size_t i = 0; i < model.len; i++)
		for (int change = 0; change < 8; change++) {
			uint8_t *copy = malloc(model.len);
			struct buf out = {0};
			struct err err = {""};

			memcpy(copy, model.data, model.len);
			copy[i] ^= (uint8_t)(1 << change);
			if (onnx_rewrite(&out, copy, model.len, folder, PACKED({"a", "1"}),
				    OPEN_LIMIT, &err) < 0)
				assert_true(err.text[0]);
			buf_deinit(&out);
			free(copy);
		}
	buf_deinit(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_nothing_changes_the_bytes_are_the_same),
		cmocka_unit_test(what_is_written_oddly_stays_so),
		cmocka_unit_test(numbers_in_files_are_packed_wherever_they_are),
		cmocka_unit_test(a_packed_file_opens_without_a_folder),
		cmocka_unit_test(a_value_is_replaced_where_it_stands),
		cmocka_unit_test(a_key_that_is_there_twice_is_there_once),
		cmocka_unit_test(new_keys_stand_at_the_end),
		cmocka_unit_test(a_key_can_be_dropped),
		cmocka_unit_test(both_at_once),
		cmocka_unit_test(what_cannot_be_packed_is_refused),
		cmocka_unit_test(a_file_that_would_be_too_big_is_refused),
		cmocka_unit_test(a_changed_byte_never_does_harm),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
