/* Measuring the store: unit rows, committed with synchronous=FULL. */
#include "tools/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/hash.h"
#include "lib/store/units.h"

#define FEATURES 30
#define BLOCK_BYTES 4096

struct bench {
	struct store *store;
	char names[FEATURES][16];
	const char *name[FEATURES];
	struct value values[FEATURES];
	struct store_column columns[FEATURES];
	char unit[32], model[SHA256_HEX];
	int64_t number; /* of units written */
};

static int measure_syncs(double *out, const char *folder, double seconds, struct err *err)
{
	static const char block[BLOCK_BYTES];
	char path[MEASURE_PATH_MAX + 16];
	const double begin = measure_now_ns();
	size_t syncs = 0;
	int fd, r = 0;

	snprintf(path, sizeof(path), "%s/yardstick", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	for (; r == 0 && measure_now_ns() - begin < seconds * 1e9; syncs++)
		if (write(fd, block, sizeof(block)) != sizeof(block) || fdatasync(fd) < 0)
			r = err_set(err, errno ? -errno : -EIO, "%s: %s", path,
				strerror(errno ? errno : EIO));
	*out = (double)syncs * 1e9 / (measure_now_ns() - begin);
	close(fd);
	return r;
}

static void bench_init(struct bench *b)
{
	for (size_t i = 0; i < FEATURES; i++) {
		snprintf(b->names[i], sizeof(b->names[i]), "feature_%zu", i);
		b->name[i] = b->names[i];
		b->columns[i] = (struct store_column){b->names[i], false};
	}
	memset(b->model, 'a', sizeof(b->model) - 1);
}

static int put_unit(struct bench *b, struct err *err)
{
	const int64_t n = ++b->number;
	const struct unit_row row = {
		.line = "bench",
		.unit = b->unit,
		.started_ms = 1767600000000 + n,
		.scored_ms = 1767600001000 + n,
		.seq = (uint64_t)n,
		.verdict = "pass",
		.p_defect = 0.125,
		.class_name = "",
		.threshold = 0.5,
		.model = b->model,
		.reason = "",
		.imputed = "[]",
		.reasons = "[]",
		.lots = "{\"resin\":\"R0001\"}",
		.config = b->model,
		.gap_ms = -1,
		.value_count = FEATURES,
		.names = b->name,
		.values = b->values,
	};

	snprintf(b->unit, sizeof(b->unit), "unit-%lld", (long long)n);
	for (size_t i = 0; i < FEATURES; i++)
		b->values[i] = (struct value){
			.kind = VALUE_NUMBER, .number = (double)(n % 997) * 0.37 + (double)i};
	return store_put_unit(b->store, &row, err);
}

static int measure_group(
	struct bench *b, size_t rows, double seconds, double *commits_per_s, struct err *err)
{
	const double begin = measure_now_ns();
	size_t commits = 0;

	do {
		int r = store_begin(b->store, err);

		for (size_t i = 0; r == 0 && i < rows; i++)
			r = put_unit(b, err);
		if (r == 0)
			r = store_commit(b->store, err);
		if (r != 0)
			return r < 0 ? r : -EINVAL;
		commits++;
	} while (measure_now_ns() - begin < seconds * 1e9);
	*commits_per_s = (double)commits * 1e9 / (measure_now_ns() - begin);
	return 0;
}

int measure_store(struct measured_store *out, const char *folder, double seconds, struct err *err)
{
	static const size_t rows[MEASURE_GROUPS] = {1, 100, 1000};
	CLEANUP(store_close) struct store *store = NULL;
	char path[MEASURE_PATH_MAX + 16];
	struct measured_store m = {0};
	struct bench b = {0};
	int r = measure_syncs(&m.syncs_per_s, folder, seconds, err);

	bench_init(&b);
	snprintf(path, sizeof(path), "%s/bench.db", folder);
	if (r == 0)
		r = store_open(&store, path, STORE_WRITE, err);
	b.store = store;
	if (r == 0)
		r = store_add_line(store, "bench", b.columns, FEATURES, LABEL_LATEST, err);
	for (size_t i = 0; r == 0 && i < MEASURE_GROUPS; i++) {
		m.groups[i].rows = rows[i];
		r = measure_group(&b, rows[i], seconds, &m.groups[i].commits_per_s, err);
		m.groups[i].rows_per_s = m.groups[i].commits_per_s * (double)rows[i];
	}
	if (r == 0)
		*out = m;
	return r;
}
