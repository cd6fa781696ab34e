/* A main for fuzz targets where libFuzzer is not at hand: runs the target over every file of the
 * folders given, each as it is, cut short, and with a few bytes changed. The changes are the same
 * at every run. `run_files CHANGES [NAME=]FOLDER...`; exit 77 (skipped) when there is no file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/rng.h"
#include "tests/fuzz/fuzz.h"

#define FILE_BYTES_MAX (1 << 20)

/* A copy of its own size, so that a sanitizer sees a read beyond the end. */
static void run_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_changed(struct rng *rng, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	size_t changes = 1 + rng_below(rng, 4);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	for (size_t i = 0; i < changes && len; i++)
		copy[rng_below(rng, len)] = (uint8_t)rng_below(rng, 256);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static void run_file(const char *path, size_t changes)
{
	static uint8_t bytes[FILE_BYTES_MAX];
	FILE *f = fopen(path, "rb");
	struct rng rng;
	size_t len;

	if (!f)
		return;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	run_copy(bytes, len);
	rng_init(&rng, len, 0);
	for (size_t i = 0; i < changes; i++) {
		run_copy(bytes, rng_below(&rng, len + 1));
		run_changed(&rng, bytes, len);
	}
}

/* How many files were run, those in folders below included. */
static size_t run_folder(const char *folder, size_t changes)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t files = 0;

	while (dir && (entry = readdir(dir))) {
		char path[4096];
		struct stat st;

		if (entry->d_name[0] == '.' ||
			snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >=
				(int)sizeof(path) ||
			stat(path, &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			files += run_folder(path, changes);
		} else if (S_ISREG(st.st_mode)) {
			run_file(path, changes);
			files++;
		}
	}
	if (dir)
		closedir(dir);
	return files;
}

/* "FOLDER", or "NAME=FOLDER" where an environment variable may say another. */
static const char *folder_of(char *argument)
{
	char *assign = strchr(argument, '='), *folder;

	if (!assign)
		return argument;
	*assign = '\0';
	folder = getenv(argument);
	return folder ? folder : assign + 1;
}

int main(int argc, char **argv)
{
	size_t changes = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, files = 0;

	for (int i = 2; i < argc; i++)
		files += run_folder(folder_of(argv[i]), changes);
	printf("%zu files, each as it is and %zu times cut and changed\n", files, changes);
	return files ? 0 : 77;
}
