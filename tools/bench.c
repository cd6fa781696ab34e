/* defectctl bench: how fast this machine is at what the daemon does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/nn/kernels.h"
#include "tools/command.h"
#include "tools/measure.h"
#include "tools/options.h"

#define NETWORK_SECONDS 0.3 /* for each network and kernel set */
#define STORE_SECONDS 1.0   /* for each size of transaction */
#define PIPELINE_UNITS 20000
#define TRAINING_ROWS 10000
#define TRAINING_COLUMNS 8
#define TRAINING_EPOCHS 10

struct bench {
	bool json;
	struct buf out;     /* the document */
	const char *folder; /* temporary */
};

/* Opens an object in a list: one of several kernel sets or sizes. */
static void list_item(struct buf *b)
{
	if (b->data[b->len - 1] != '[')
		buf_add(b, ",");
	jsonw_begin(b);
}

#define SETS_MAX 8

/* What was measured of a kernel set. */
struct set_figures {
	const char *name;
	struct measured_rows rows[MEASURE_NETWORKS][MEASURE_BATCHES];
	double training_s;
};

/* 0 where the limit is not known. */
static double ratio(const struct measured_rows *m)
{
	return m->limit_ns > 0 ? m->row_ns / m->limit_ns : 0;
}

static int measure_set(struct set_figures *f, const struct nn_kernels *k, struct err *err)
{
	int r = 0;

	f->name = k->name;
	for (size_t i = 0; r == 0 && i < MEASURE_NETWORKS; i++)
		r = measure_rows(f->rows[i], k, &measure_networks[i], NETWORK_SECONDS, err);
	return r < 0 ? r
		     : measure_training(&f->training_s, k, TRAINING_ROWS, TRAINING_COLUMNS,
			       TRAINING_EPOCHS, err);
}

static void say_set(struct buf *out, const struct set_figures *f)
{
	list_item(out);
	jsonw_text(out, "name", f->name);
	jsonw_real(out, "training_s", f->training_s);
	jsonw_key(out, "rows");
	buf_add(out, "[");
	for (size_t i = 0; i < MEASURE_NETWORKS * MEASURE_BATCHES; i++) {
		const struct measured_rows *m = &f->rows[i / MEASURE_BATCHES][i % MEASURE_BATCHES];

		list_item(out);
		jsonw_text(out, "network", measure_networks[i / MEASURE_BATCHES].name);
		jsonw_int(out, "batch", (int64_t)m->rows);
		jsonw_real(out, "row_ns", m->row_ns);
		jsonw_real(out, "limit_ns", m->limit_ns);
		jsonw_real(out, "ratio", ratio(m));
		jsonw_end(out);
	}
	buf_add(out, "]");
	jsonw_end(out);
}

static void print_row(const struct set_figures *sets, size_t count, size_t network, size_t batch)
{
	printf("  %-14s%6zu", measure_networks[network].name, sets->rows[network][batch].rows);
	for (size_t s = 0; s < count; s++) {
		const struct measured_rows *m = &sets[s].rows[network][batch];

		if (m->limit_ns > 0)
			printf("%12.1f %6.2f x", m->row_ns, ratio(m));
		else
			printf("%12.1f %8s", m->row_ns, "-");
	}
	printf("\n");
}

static void print_sets(const struct set_figures *sets, size_t count)
{
	printf("kernels: ns a row, one thread, and that over the least this machine needs\n");
	printf("  %-14s%6s", "network", "batch");
	for (size_t s = 0; s < count; s++)
		printf("%12s %8s", sets[s].name, "");
	printf("\n");
	for (size_t i = 0; i < MEASURE_NETWORKS * MEASURE_BATCHES; i++)
		print_row(sets, count, i / MEASURE_BATCHES, i % MEASURE_BATCHES);
	printf("  training, s         ");
	for (size_t s = 0; s < count; s++)
		printf("%*.3f %8s", s ? 12 : 10, sets[s].training_s, "");
	printf(" (%d x %d, %d epochs, batches of 32)\n", TRAINING_ROWS, TRAINING_COLUMNS,
		TRAINING_EPOCHS);
}

static int bench_kernels(struct bench *b, struct err *err)
{
	struct set_figures sets[SETS_MAX];
	size_t count = 0;

	for (const struct nn_kernels *const *k = nn_kernels_all(); *k && count < SETS_MAX; k++)
		if (nn_kernels_choose((*k)->name, NULL)) {
			int r = measure_set(&sets[count++], *k, err);

			if (r < 0)
				return r;
		}
	if (!b->json) {
		print_sets(sets, count);
		return 0;
	}
	buf_add(&b->out, "[");
	for (size_t i = 0; i < count; i++)
		say_set(&b->out, &sets[i]);
	buf_add(&b->out, "]");
	return 0;
}

static int bench_store(struct bench *b, struct err *err)
{
	struct measured_store m;
	int r = measure_store(&m, b->folder, STORE_SECONDS, err);

	if (r < 0)
		return r;
	if (b->json) {
		jsonw_begin(&b->out);
		jsonw_real(&b->out, "syncs_per_s", m.syncs_per_s);
		jsonw_key(&b->out, "transactions");
		buf_add(&b->out, "[");
		for (size_t i = 0; i < MEASURE_GROUPS; i++) {
			list_item(&b->out);
			jsonw_int(&b->out, "rows", (int64_t)m.groups[i].rows);
			jsonw_real(&b->out, "commits_per_s", m.groups[i].commits_per_s);
			jsonw_real(&b->out, "rows_per_s", m.groups[i].rows_per_s);
			jsonw_end(&b->out);
		}
		buf_add(&b->out, "]");
		jsonw_end(&b->out);
		return 0;
	}
	printf("store: units of 30 features, synchronous=FULL, in %s\n", b->folder);
	printf("  %-22s %10.0f a second (4 KiB appended, fdatasync)\n", "the disk alone",
		m.syncs_per_s);
	for (size_t i = 0; i < MEASURE_GROUPS; i++)
		printf("  %4zu rows a commit %14.0f commits, %10.0f rows a second\n",
			m.groups[i].rows, m.groups[i].commits_per_s, m.groups[i].rows_per_s);
	return 0;
}

static int bench_pipeline(struct bench *b, struct err *err)
{
	struct measured_pipeline m;
	int r = measure_pipeline(&m, nn_kernels_choose(NULL, NULL), PIPELINE_UNITS, b->folder, err);

	if (r < 0)
		return r;
	if (b->json) {
		jsonw_begin(&b->out);
		jsonw_int(&b->out, "messages", (int64_t)m.messages);
		jsonw_int(&b->out, "units", (int64_t)m.units);
		jsonw_real(&b->out, "messages_per_s", m.messages_per_s);
		jsonw_real(&b->out, "units_per_s", m.units_per_s);
		jsonw_end(&b->out);
		return 0;
	}
	printf("pipeline: decode, assemble, score in memory; 12 features in 8 messages a unit\n");
	printf("  %10.0f messages, %8.0f units a second\n", m.messages_per_s, m.units_per_s);
	return 0;
}

static const struct part {
	const char *name;
	int (*run)(struct bench *b, struct err *err);
} parts[] = {
	{"kernels", bench_kernels},
	{"store", bench_store},
	{"pipeline", bench_pipeline},
};

static int run_parts(struct bench *b, const char *only, struct err *err)
{
	int r = 0;

	if (b->json)
		jsonw_begin(&b->out);
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(parts); i++) {
		if (only && strcmp(only, parts[i].name) != 0)
			continue;
		if (b->json)
			jsonw_key(&b->out, parts[i].name);
		r = parts[i].run(b, err);
	}
	if (r == 0 && b->json) {
		jsonw_end(&b->out);
		printf("%s\n", buf_text(&b->out) ? b->out.data : "{}");
	}
	return r;
}

static int bench(const struct context *ctx, int argc, char **argv)
{
	const char *only = NULL, *parent = getenv("TMPDIR");
	char folder[MEASURE_PATH_MAX];
	const struct option_row rows[] = {
		{"--dir", OPTION_TEXT, &parent, false},
		{"PART", OPTION_POSITIONAL, &only, false},
	};
	struct bench b = {.json = ctx->json, .folder = folder};
	struct err err;
	bool is_known = false;
	int r = options_read(&command_bench, rows, ARRAY_LEN(rows), argc, argv);

	if (r != 0)
		return r;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		is_known = is_known || !only || strcmp(only, parts[i].name) == 0;
	if (!is_known)
		return command_usage(&command_bench,
			"\"%s\" is no part, allowed are kernels, store and pipeline", only);
	if (measure_folder_new(folder, parent && *parent ? parent : "/var/tmp", &err) < 0)
		return command_fail("bench", &err);
	buf_init(&b.out);
	r = run_parts(&b, only, &err);
	buf_deinit(&b.out);
	measure_folder_remove(folder);
	return r < 0 ? command_fail("bench", &err) : 0;
}

const struct command command_bench = {
	.name = "bench",
	.arguments = "[--dir FOLDER] [kernels|store|pipeline]",
	.summary = "measures this machine: kernels, store (in FOLDER), pipeline",
	.run = bench,
};
