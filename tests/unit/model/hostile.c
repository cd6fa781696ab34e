/* Hostile and foreign files: each is refused with a reason, none does harm. The files are those
 * of $DEFECTD_ONNX; made-up ones are in graph.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/nn/kernels.h"

static char folder[512];

static const struct {
	const char *file;
	const char *reason;
} hostile[] = {
	{"cycle", "node 3 (Relu) reads \"output\" before it is made: the graph has a cycle or its "
		  "nodes are out of order"},
	{"dims_huge", "initializer \"W1\" has 128 numbers, its dims want 17592186044416"},
	{"dims_negative", "initializer \"W1\" has a dim of -8, at least 0 is allowed"},
	{"ext_absolute", "tensor \"0.weight\": its numbers are in \"/etc/passwd\": the path must "
			 "be relative, only the folder of the model is looked in"},
	{"ext_dotdot", "tensor \"0.weight\": its numbers are in \"../../../../etc/passwd\": \"..\" "
		       "is not allowed, only the folder of the model is looked in"},
	{"ext_missing", "tensor \"0.weight\": its numbers are in \"nope.data\", which is not in "
			"the folder of the model"},
	{"ext_offset_overflow",
		"tensor \"0.weight\": the offset of its external data is no number of bytes that a "
		"file can have"},
	{"nan_weight", "node 1 (MatMul): a constant that is not finite (nan at place 3)"},
	{"nested_20000", "not an ONNX file that can be run: it names no opset, and node 1 holds a "
			 "graph of its own (control flow)"},
	{"nested_400", "not an ONNX file that can be run: it names no opset, and node 1 holds a "
		       "graph of its own (control flow)"},
	{"not_protobuf", "not an ONNX file: byte 13: a field of a kind that ONNX does not use"},
	{"opset_999", "the file is of opset 999, allowed are 7 to 24"},
	{"truncated_1", "not an ONNX file: byte 1: a number that does not end"},
	{"unknown_domain",
		"node 3 (Relu) is of the domain \"com.evil\", which the file names no version of"},
	{"unknown_op", "node 3 (LSTM): recurrent: a row would depend on others"},
};

static void find_folder(void)
{
	const char *given = getenv("DEFECTD_ONNX"), *source = getenv("DEFECTD_SOURCE");

	if (given)
		snprintf(folder, sizeof(folder), "%s", given);
	else
		snprintf(folder, sizeof(folder), "%s/../shared/onnx", source ? source : ".");
}

static void each_hostile_file_is_refused_with_its_reason(void **state)
{
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		struct model *m = NULL;
		struct err err = {""};
		char path[1024], sentence[2048];

		snprintf(path, sizeof(path), "%s/reject/%s.onnx", folder, hostile[i].file);
		snprintf(sentence, sizeof(sentence), "%s: %s", path, hostile[i].reason);
		assert_int_equal(model_load(&m, path, MODEL_BYTES_MAX, k, &err), -EINVAL);
		assert_string_equal(err.text, sentence);
		assert_null(m);
	}
}

/* How many .onnx files in this folder were refused with a sentence (the rest loaded). */
static size_t load_all(const char *sub, size_t *count)
{
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);
	char path[1024];
	size_t refused = 0;
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, sub);
	dir = opendir(path);
	*count = 0;
	while (dir && (entry = readdir(dir))) {
		CLEANUP(model_free) struct model *m = NULL;
		const char *dot = strrchr(entry->d_name, '.');
		struct err err = {""};
		int rc;

		if (!dot || strcmp(dot, ".onnx") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", folder, sub, entry->d_name);
		rc = model_load(&m, path, MODEL_BYTES_MAX, k, &err);
		++*count;
		if (rc == 0)
			continue;
		refused++;
		assert_int_equal(rc, -EINVAL);
		/* "<path>: " and a sentence */
		assert_memory_equal(err.text, path, strlen(path));
		assert_true(strlen(err.text) > strlen(path) + 10);
	}
	if (dir)
		closedir(dir);
	return refused;
}

static void all_hostile_files_are_refused(void **state)
{
	size_t count, refused = load_all("reject", &count);

	(void)state;
	assert_int_equal(refused, count);
	assert_true(count > 0);
}

static void files_of_other_programs_load_or_are_refused(void **state)
{
	size_t count;

	(void)state;
	load_all("", &count);
	assert_true(count > 0);
	load_all("branches", &count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_hostile_file_is_refused_with_its_reason),
		cmocka_unit_test(all_hostile_files_are_refused),
		cmocka_unit_test(files_of_other_programs_load_or_are_refused),
	};
	DIR *dir;

	find_folder();
	dir = opendir(folder);
	if (!dir) {
		printf("1..0 # SKIP no ONNX files at %s (DEFECTD_ONNX)\n", folder);
		return 0;
	}
	closedir(dir);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
