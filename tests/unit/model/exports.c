/* Files that other programs exported, each against what its framework gave: the files of
 * $DEFECTD_ONNX, NAME.onnx beside NAME.json (see the README there). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/model/onnx_file.h"
#include "lib/model/onnx_translate.h"
#include "lib/nn/program.h"

#define FILE_BYTES_MAX (64u << 20)
#define USUAL_TOLERANCE 1e-5

static char folder[512];

static void find_folder(void)
{
	const char *given = getenv("DEFECTD_ONNX"), *source = getenv("DEFECTD_SOURCE");

	if (given)
		snprintf(folder, sizeof(folder), "%s", given);
	else
		snprintf(folder, sizeof(folder), "%s/../shared/onnx", source ? source : ".");
}

static void read_all(struct buf *out, const char *path)
{
	char block[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	buf_init(out);
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_put(out, block, n);
	fclose(f);
}

/* A file's program. */
static int load(struct nn_program **out, const char *sub, const char *path, struct err *err)
{
	CLEANUP(onnx_file_free) struct onnx_file *file = NULL;
	CLEANUP(arena_free) struct arena *memory = NULL;
	CLEANUP(buf_deinit) struct buf bytes;
	struct onnx_program p;
	char at[1024];
	int rc, here;

	snprintf(at, sizeof(at), "%s/%s", folder, sub);
	here = open(at, O_DIRECTORY | O_RDONLY);
	assert_true(here >= 0);
	read_all(&bytes, path);
	assert_int_equal(arena_new(&memory, 4096), 0);
	rc = onnx_file_open(&file, bytes.data, bytes.len, here, FILE_BYTES_MAX, err);
	if (rc == 0)
		rc = onnx_translate(&p, onnx_file_graph(file), memory, err);
	close(here);
	if (rc == 0)
		*out = p.program;
	return rc;
}

/* Numbers of nested lists, one after the other; null is NaN. */
static size_t numbers(const cJSON *list, double *out, size_t room)
{
	size_t n = 0;

	for (const cJSON *i = list->child; i; i = i->next) {
		if (cJSON_IsArray(i)) {
			n += numbers(i, out + n, room - n);
			continue;
		}
		assert_true(n < room);
		out[n++] = cJSON_IsNull(i) ? NAN : i->valuedouble;
	}
	return n;
}

static const char *text_at(const cJSON *tree, const char *key)
{
	const cJSON *item = cJSON_GetObjectItem(tree, key);

	return cJSON_IsString(item) ? item->valuestring : "";
}

/* The greatest distance to what the framework gave; `room` for all numbers. */
static double distance(const struct nn_program *p, const cJSON *expected, const char *name)
{
	enum { ROOM = 4096 };
	static double x[ROOM], wanted[ROOM];
	static float y[ROOM];
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	const cJSON *inputs = cJSON_GetObjectItem(expected, "inputs");
	size_t rows = (size_t)cJSON_GetArraySize(inputs);
	size_t in = numbers(inputs, x, ROOM);
	size_t out = numbers(cJSON_GetObjectItem(expected, "outputs"), wanted, ROOM);
	double most = 0;

	if (in != rows * nn_program_inputs(p) || out != rows * nn_program_outputs(p))
		fail_msg("%s: %zu columns in, %zu out; wanted are %zu and %zu", name,
			nn_program_inputs(p), nn_program_outputs(p), in / rows, out / rows);
	assert_int_equal(nn_scratch_new(&s, p, 4), 0);
	nn_run_rows_double(p, nn_kernels_choose(NULL, NULL), s, rows, x, y);
	for (size_t i = 0; i < out; i++) {
		double d = fabs((double)y[i] - wanted[i]);

		/* results beyond 1 are no probabilities: digits count */
		d /= fmax(1, fabs(wanted[i]));
		if (isnan(wanted[i]) != isnan(y[i]))
			d = INFINITY;
		most = d > most ? d : most;
	}
	return most;
}

struct tally {
	size_t files, loaded, refused, either, either_loaded;
};

static void check_file(struct tally *t, const char *sub, const char *name)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(json_free) cJSON *expected = NULL;
	CLEANUP(buf_deinit) struct buf text;
	char path[1024];
	struct err err = {""};
	const char *verdict;
	int rc;

	snprintf(path, sizeof(path), "%s/%s/%s.json", folder, sub, name);
	read_all(&text, path);
	assert_int_equal(json_parse(&expected, text.data, text.len, 0, NULL), 0);
	verdict = text_at(expected, "verdict");
	snprintf(path, sizeof(path), "%s/%s/%s.onnx", folder, sub, name);
	rc = load(&p, sub, path, &err);
	t->files++;
	t->either += strcmp(verdict, "either") == 0;
	if (rc == 0) {
		const cJSON *tolerance = cJSON_GetObjectItem(expected, "tolerance");
		double most = distance(p, expected, name);

		t->loaded++;
		t->either_loaded += strcmp(verdict, "either") == 0;
		if (strcmp(verdict, "refuse") == 0)
			fail_msg("%s loads, it must be refused: %s", name,
				text_at(expected, "reject"));
		if (!(most <= (tolerance ? tolerance->valuedouble : USUAL_TOLERANCE)))
			fail_msg("%s: off by %g", name, most);
		return;
	}
	t->refused++;
	print_message("%s: %s\n", name, err.text);
	assert_int_equal(rc, -EINVAL);
	assert_true(strlen(err.text) > 10);
	if (strcmp(verdict, "load") == 0)
		fail_msg("%s is refused: %s", name, err.text);
}

static void check_folder(struct tally *t, const char *sub)
{
	char path[1024], name[256];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", folder, sub);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char *dot;

		snprintf(name, sizeof(name), "%s", entry->d_name);
		dot = strrchr(name, '.');
		if (!dot || strcmp(dot, ".onnx") != 0)
			continue;
		*dot = '\0';
		check_file(t, sub, name);
	}
	closedir(dir);
}

static void files_of_other_programs_do_as_their_verdict_says(void **state)
{
	struct tally t = {0};

	(void)state;
	check_folder(&t, "");
	check_folder(&t, "branches");
	print_message("%zu files: %zu load, %zu are refused; of %zu that may do either %zu load\n",
		t.files, t.loaded, t.refused, t.either, t.either_loaded);
	assert_true(t.files > 0);
	assert_true(10 * t.either_loaded >= 9 * t.either);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_of_other_programs_do_as_their_verdict_says),
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
