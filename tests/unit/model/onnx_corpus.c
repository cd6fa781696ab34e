/* Files of real exporters, and hostile ones, through the reader: $DEFECTD_ONNX. What only the
 * translation can refuse (a weight that is no number, an unknown operator) opens here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/model/onnx_file.h"

#define FILE_BYTES_MAX (1u << 20)
#define LIMIT (64u << 20)

static char folder[512];

struct bytes {
	uint8_t *data; /* a copy of just its size */
	size_t len;
};

static struct bytes read_bytes(const char *path)
{
	struct bytes b = {.data = malloc(FILE_BYTES_MAX)};
	FILE *f = fopen(path, "rb");

	assert_non_null(f);
	assert_non_null(b.data);
	b.len = fread(b.data, 1, FILE_BYTES_MAX, f);
	fclose(f);
	b.data = realloc(b.data, b.len ? b.len : 1);
	return b;
}

/* Calls `use` for each .onnx file of a folder below; how many there are. */
static size_t for_each(const char *sub, void (*use)(const char *path, int dir))
{
	char path[1024];
	struct dirent *entry;
	size_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, sub);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');

		if (!dot || strcmp(dot, ".onnx") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", folder, sub, entry->d_name);
		use(path, dirfd(dir));
		count++;
	}
	if (dir)
		closedir(dir);
	return count;
}

/* Every index is one, and every value is made before it is read. */
static void is_sound(const struct onnx_graph *g)
{
	bool *made = calloc(g->value_count + 1, sizeof(*made));

	for (size_t i = 0; i < g->input_count; i++)
		made[g->inputs[i].value] = true;
	for (size_t i = 0; i < g->value_count; i++)
		made[i] = made[i] || g->constants[i];
	for (size_t i = 0; i < g->node_count; i++) {
		const struct onnx_node *n = &g->nodes[i];

		assert_true(n->opset > 0);
		assert_string_not_equal(n->op, "Constant");
		for (size_t j = 0; j < n->input_count; j++)
			assert_true(n->inputs[j] == ONNX_NONE || made[n->inputs[j]]);
		for (size_t j = 0; j < n->output_count; j++) {
			assert_true(n->outputs[j] == ONNX_NONE || !made[n->outputs[j]]);
			if (n->outputs[j] != ONNX_NONE)
				made[n->outputs[j]] = true;
		}
	}
	for (size_t i = 0; i < g->output_count; i++)
		assert_true(made[g->outputs[i].value]);
	free(made);
}

/* Whether the file's JSON asks for it to load. */
static bool must_load(const char *path)
{
	char name[1024], text[65536];
	const char *verdict;
	FILE *f;
	size_t len;

	snprintf(name, sizeof(name), "%.*s.json", (int)(strlen(path) - strlen(".onnx")), path);
	f = fopen(name, "rb");
	if (!f)
		return true;
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	verdict = strstr(text, "\"verdict\":");
	return verdict && strncmp(verdict + strlen("\"verdict\":"), " \"load\"", 7) == 0;
}

static size_t refused;

static void opens(const char *path, int dir)
{
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	struct bytes b = read_bytes(path);
	struct err err = {""};
	int rc = onnx_file_open(&f, b.data, b.len, dir, LIMIT, &err);

	free(b.data);
	if (rc == 0) {
		is_sound(onnx_file_graph(f));
	} else {
		if (must_load(path))
			fail_msg("%s: %s", path, err.text);
		assert_true(err.text[0]);
		refused++;
	}
}

/* The reader looks at form alone: most of what the translation refuses opens too. */
static void real_files_open(void **state)
{
	size_t count = for_each("", opens) + for_each("branches", opens);

	(void)state;
	assert_true(count > 0);
	assert_true(refused <= count / 10);
}

/* Cut short and with bytes changed: a graph or a sentence, and no harm (sanitizers watch). */
static void opens_or_not(const uint8_t *bytes, size_t len, int dir)
{
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	struct err err = {""};
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	if (len)
		memcpy(copy, bytes, len);
	rc = onnx_file_open(&f, copy, len, dir, LIMIT, &err);
	free(copy);
	if (rc == 0)
		is_sound(onnx_file_graph(f));
	else
		assert_true(err.text[0] && !f);
}

static void open_changed(const char *path, int dir)
{
	struct bytes b = read_bytes(path);
	struct rng rng;

	rng_init(&rng, b.len, 7);
	for (int round = 0; round < 20; round++) {
		size_t changes = 1 + rng_below(&rng, 3);
		uint8_t before[3];
		size_t at[3];

		for (size_t i = 0; i < changes && b.len; i++) {
			at[i] = rng_below(&rng, b.len);
			before[i] = b.data[at[i]];
			b.data[at[i]] = (uint8_t)rng_below(&rng, 256);
		}
		opens_or_not(b.data, b.len, dir);
		for (size_t i = changes; i-- > 0 && b.len;)
			b.data[at[i]] = before[i];
		opens_or_not(b.data, rng_below(&rng, b.len + 1), dir);
	}
	free(b.data);
}

static void changed_files_never_do_harm(void **state)
{
	(void)state;
	for_each("", open_changed);
	for_each("branches", open_changed);
	for_each("reject", open_changed);
}

static const struct {
	const char *file, *sentence; /* NULL: opens, the translation refuses it */
} hostile[] = {
	{"cycle", "node 3 (Relu) reads \"output\" before it is made: the graph has a cycle or its "
		  "nodes are out of order"},
	{"dims_huge", "initializer \"W1\" has 128 numbers, its dims want 17592186044416"},
	{"dims_negative", "initializer \"W1\" has a dim of -8, at least 0 is allowed"},
	{"ext_absolute",
		"initializer \"0.weight\": its numbers are in \"/etc/passwd\": the path must be "
		"relative, only the folder of the model is looked in"},
	{"ext_dotdot", "initializer \"0.weight\": its numbers are in \"../../../../etc/passwd\": "
		       "\"..\" is not allowed, only the folder of the model is looked in"},
	{"ext_missing", "initializer \"0.weight\": its numbers are in \"nope.data\", which is not "
			"in the folder of the model"},
	{"ext_offset_overflow", "initializer \"0.weight\": the offset of its external data is no "
				"number of bytes that a file can have"},
	{"nan_weight", NULL},
	{"nested_20000", "not an ONNX file that can be run: it names no opset, and node 1 holds a "
			 "graph of its own (control flow)"},
	{"nested_400", "not an ONNX file that can be run: it names no opset, and node 1 holds a "
		       "graph of its own (control flow)"},
	{"not_protobuf", "not an ONNX file: byte 13: a field of a kind that ONNX does not use"},
	{"opset_999", "the file is of opset 999, allowed are 7 to 24"},
	{"truncated_1", "not an ONNX file: byte 1: a number that does not end"},
	{"unknown_domain", "node 3 (Relu) is of the domain \"com.evil\", which the file names no "
			   "version of"},
	{"unknown_op", NULL},
};

static void hostile_files_are_refused_with_their_reason(void **state)
{
	char path[1024];
	int dir;

	(void)state;
	snprintf(path, sizeof(path), "%s/reject", folder);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
		struct err err = {""};
		struct bytes b;
		int rc;

		snprintf(path, sizeof(path), "%s/reject/%s.onnx", folder, hostile[i].file);
		if (access(path, R_OK) < 0)
			continue; /* another collection */
		b = read_bytes(path);
		rc = onnx_file_open(&f, b.data, b.len, dir, LIMIT, &err);
		free(b.data);
		assert_int_equal(rc, hostile[i].sentence ? -EINVAL : 0);
		if (hostile[i].sentence)
			assert_string_equal(err.text, hostile[i].sentence);
	}
	close(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_files_open),
		cmocka_unit_test(changed_files_never_do_harm),
		cmocka_unit_test(hostile_files_are_refused_with_their_reason),
	};
	const char *given = getenv("DEFECTD_ONNX"), *source = getenv("DEFECTD_SOURCE");
	DIR *dir;

	if (given)
		snprintf(folder, sizeof(folder), "%s", given);
	else
		snprintf(folder, sizeof(folder), "%s/../shared/onnx", source ? source : ".");
	dir = opendir(folder);
	if (!dir) {
		printf("1..0 # SKIP no ONNX files at %s (DEFECTD_ONNX)\n", folder);
		return 0;
	}
	closedir(dir);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
