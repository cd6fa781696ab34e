/* Numbers in files beside the model: found in its folder alone, whatever the file says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/model/onnx_open.h"

static char root[64]; /* a folder of this test's own; the model's is root/model */
static int folder;

static void write_file(const char *name, const void *bytes, size_t len)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static int make_folder(void **state)
{
	const float inside[] = {1, 2, 3, 4}, outside[] = {-1, -2, -3, -4};
	char path[256];

	(void)state;
	strcpy(root, "/tmp/onnx_external.XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/model", root);
	assert_int_equal(mkdir(path, 0700), 0);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(folder >= 0);
	assert_int_equal(mkdirat(folder, "sub", 0700), 0);
	assert_int_equal(mkdirat(folder, "..data", 0700), 0);
	assert_int_equal(mkfifoat(folder, "fifo", 0600), 0);
	assert_int_equal(symlinkat("../outside", folder, "link"), 0);
	assert_int_equal(symlinkat("weights", folder, "link_inside"), 0);
	assert_int_equal(symlinkat("..", folder, "up"), 0);
	assert_int_equal(symlinkat("sub", folder, "sub_link"), 0);
	write_file("outside", outside, sizeof(outside));
	write_file("model/weights", inside, sizeof(inside));
	write_file("model/sub/more", inside, sizeof(inside));
	write_file("model/..data/w", inside, sizeof(inside));
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	close(folder);
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command);
}

/* Two numbers at `location`. */
static struct buf model_at(const char *location, const char *offset, const char *length)
{
	return model_with_tensor(onnx_tensor_external("t", DIMS(2), location, offset, length));
}

static void has(struct buf model, float first, float second)
{
	CLEANUP(onnx_file_free) struct onnx_file *f = opened_in(model, folder);

	assert_true(first_output(f)->floats[0] == first);
	assert_true(first_output(f)->floats[1] == second);
	assert_int_equal(onnx_file_about(f).external_bytes, 8);
}

static void numbers_are_read_where_the_file_says(void **state)
{
	(void)state;
	has(model_at("weights", "", ""), 1, 2);
	has(model_at("weights", "8", "8"), 3, 4);
	has(model_at("weights", "4", ""), 2, 3);
	has(model_at("sub/more", "0", "8"), 1, 2);
	has(model_at("./sub//./more", "", ""), 1, 2);
	has(model_at("..data/w", "", ""), 1, 2);
}

static void tensors_share_files(void **state)
{
	static const char *const places[] = {"weights", "weights", "sub/more", "weights"};
	struct buf g = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *graph;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char name[8], offset[8];

		snprintf(name, sizeof(name), "t%zu", i);
		snprintf(offset, sizeof(offset), "%zu", 4 * i);
		onnx_part(&g, GRAPH_INITIALIZER,
			onnx_tensor_external(name, DIMS(1), places[i], offset, ""));
		onnx_part(&g, GRAPH_OUTPUT, onnx_port_of(name, DIMS(1)));
	}
	f = opened_in(onnx_model_of(g), folder);
	graph = onnx_file_graph(f);
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		assert_true(graph->constants[graph->outputs[i].value]->floats[0] == (float)i + 1);
}

static void numbers_that_are_not_floats_are_read_too(void **state)
{
	struct buf b = onnx_tensor_of("t", ONNX_TYPE_UINT8, DIMS(4));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_entry(&b, 13, "location", "weights"); /* 1 and 2 as floats */
	onnx_number_field(&b, 14, 1);
	f = opened_in(model_with_tensor(b), folder);
	assert_int_equal(first_output(f)->ints[2], 0x80);
	assert_int_equal(first_output(f)->ints[3], 0x3f);
}

static void tensors_of_attributes_may_be_external(void **state)
{
	struct buf g = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_part(&g, GRAPH_NODE,
		onnx_with(onnx_node_of("", "Constant", "", "t"),
			onnx_attr_tensor(
				"value", onnx_tensor_external("", DIMS(2), "weights", "8", ""))));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("t", DIMS(2)));
	f = opened_in(onnx_model_of(g), folder);
	assert_true(first_output(f)->floats[1] == 4);
}

/* ---- refused ---- */

#define WHERE "initializer \"t\": its numbers are in "

static void no_path_leads_out_of_the_folder(void **state)
{
	static const struct {
		const char *location, *sentence;
	} hostile[] = {
		{"/etc/passwd", WHERE "\"/etc/passwd\": the path must be relative, only the folder "
				      "of the model is looked in"},
		{"../outside", WHERE "\"../outside\": \"..\" is not allowed, only the folder of "
				     "the model is looked in"},
		{"sub/../../outside", WHERE "\"sub/../../outside\": \"..\" is not allowed, only "
					    "the folder of the model is looked in"},
		{"sub/..", WHERE "\"sub/..\": \"..\" is not allowed, only the folder of the model "
				 "is looked in"},
		{"link", WHERE "\"link\", part of which is a link or no folder; links are not "
			       "followed"},
		{"link_inside", WHERE "\"link_inside\", part of which is a link or no folder; "
				      "links are not followed"},
		{"up/outside", WHERE "\"up/outside\", part of which is a link or no folder; links "
				     "are not followed"},
		{"sub_link/more", WHERE "\"sub_link/more\", part of which is a link or no folder; "
					"links are not followed"},
		{"weights/more", WHERE "\"weights/more\", part of which is a link or no folder; "
				       "links are not followed"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++)
		is_refused_in(model_at(hostile[i].location, "", ""), folder, hostile[i].sentence);
}

static void what_is_no_file_is_refused(void **state)
{
	char name[301];

	(void)state;
	is_refused_in(model_at("nope", "", ""), folder,
		WHERE "\"nope\", which is not in the folder of the model");
	is_refused_in(model_at("sub/", "", ""), folder,
		WHERE "\"sub/\", which is not in the folder of the model");
	is_refused_in(
		model_at("sub", "", ""), folder, WHERE "\"sub\", which is not a regular file");
	is_refused_in(model_at(".", "", ""), folder, WHERE "\".\", which is not a regular file");
	/* and nobody waits for a writer */
	is_refused_in(
		model_at("fifo", "", ""), folder, WHERE "\"fifo\", which is not a regular file");
	is_refused_in(model_at("fifo/more", "", ""), folder,
		WHERE
		"\"fifo/more\", part of which is a link or no folder; links are not followed");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	is_refused_in(model_at(name, "", ""), folder,
		WHERE
		"\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		"nnnnnnnnnnnnn...\", which is not in the folder of the model");
}

static void places_outside_of_the_file_are_refused(void **state)
{
	(void)state;
	is_refused_in(model_at("weights", "12", ""), folder,
		"initializer \"t\": its numbers are 8 bytes of \"weights\" from byte 12 on, but "
		"that has 16");
	is_refused_in(model_at("weights", "17", ""), folder,
		"initializer \"t\": its numbers are 8 bytes of \"weights\" from byte 17 on, but "
		"that has 16");
	is_refused_in(model_at("weights", "9223372036854775799", ""), folder,
		"initializer \"t\": its numbers are 8 bytes of \"weights\" from byte "
		"9223372036854775799 on, but that has 16");
	is_refused_in(model_at("weights", "18446744073709551615", "8"), folder,
		"initializer \"t\": the offset of its external data is no number of bytes that a "
		"file can have");
	is_refused_in(model_at("weights", "18446744073709551616", "8"), folder,
		"initializer \"t\": the offset of its external data is no number of bytes that a "
		"file can have");
	is_refused_in(model_at("weights", "-1", ""), folder,
		"initializer \"t\": the offset of its external data is no number of bytes that a "
		"file can have");
	is_refused_in(model_at("weights", "0", "16"), folder,
		"initializer \"t\" has 16 bytes of numbers in \"weights\", its dims want 8");
	is_refused_in(model_at("weights", "0", "0x8"), folder,
		"initializer \"t\": the length of its external data is no number of bytes that a "
		"file can have");
}

static void what_it_says_must_be_clear(void **state)
{
	struct buf twice = onnx_tensor_external("t", DIMS(2), "weights", "", "");
	struct buf nul = onnx_tensor_external("t", DIMS(2), "", "", ""), entry = {0};
	struct buf both = onnx_tensor_external("t", DIMS(2), "weights", "", "");
	struct buf text = onnx_tensor_of("t", ONNX_TYPE_STRING, DIMS(2));

	(void)state;
	is_refused_in(model_at("", "", ""), folder,
		"initializer \"t\": its numbers are in another file, but it does not say which");
	onnx_entry(&twice, 13, "location", "link");
	is_refused_in(model_with_tensor(twice), folder,
		"initializer \"t\": its external data has \"location\" twice, once is allowed");
	onnx_text_field(&entry, 1, "location");
	onnx_bytes_field(&entry, 2, "weights\0x", 9);
	onnx_part(&nul, 13, entry);
	is_refused_in(model_with_tensor(nul), folder,
		"initializer \"t\": the location of its external data has a NUL in it");
	onnx_bytes_field(&both, 9, "12345678", 8);
	is_refused_in(model_with_tensor(both), folder,
		"initializer \"t\" has numbers in several places of the file, one is allowed");
	onnx_entry(&text, 13, "location", "weights");
	onnx_number_field(&text, 14, 1);
	is_refused_in(model_with_tensor(text), folder,
		"initializer \"t\" has texts, which cannot be raw");
}

static void without_a_folder_nothing_is_looked_for(void **state)
{
	(void)state;
	is_refused(model_at("weights", "", ""),
		"initializer \"t\": its numbers are in another file (\"weights\"), and there is no "
		"folder to look for it in: all must be in the model file itself here");
}

static void more_than_allowed_is_not_read(void **state)
{
	struct onnx_file *f = NULL;
	struct err err = {""};
	struct buf m = model_at("weights", "", "");
	size_t limit = m.len + 7;

	(void)state;
	assert_int_equal(open_in(&f, m, folder, limit, &err), -EFBIG);
	assert_string_equal(err.text,
		"initializer \"t\": with its numbers in \"weights\" the model "
		"is bigger than allowed");
	m = model_at("weights", "", "");
	assert_int_equal(open_in(&f, m, folder, limit + 1, &err), 0);
	onnx_file_free(f);
}

/* 1 TB that does not take any room: dims alone do not make us allocate, the file's size does not.
 */
static void a_huge_file_with_holes_is_not_read(void **state)
{
	struct onnx_file *f = NULL;
	struct err err = {""};
	struct buf tensor = onnx_tensor_external("t", DIMS(INT64_C(1) << 38), "holes", "", "");
	int fd = openat(folder, "holes", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, INT64_C(1) << 40), 0);
	close(fd);
	assert_int_equal(open_in(&f, model_with_tensor(tensor), folder, OPEN_LIMIT, &err), -EFBIG);
	assert_null(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_read_where_the_file_says),
		cmocka_unit_test(tensors_share_files),
		cmocka_unit_test(numbers_that_are_not_floats_are_read_too),
		cmocka_unit_test(tensors_of_attributes_may_be_external),
		cmocka_unit_test(no_path_leads_out_of_the_folder),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(places_outside_of_the_file_are_refused),
		cmocka_unit_test(what_it_says_must_be_clear),
		cmocka_unit_test(without_a_folder_nothing_is_looked_for),
		cmocka_unit_test(more_than_allowed_is_not_read),
		cmocka_unit_test(a_huge_file_with_holes_is_not_read),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
