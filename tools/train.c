/* defectctl train: from a CSV file to a model. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/evaluate.h"
#include "lib/learn/training.h"
#include "tools/command.h"
#include "tools/figures.h"
#include "tools/new_file.h"
#include "tools/options.h"

#define HELD_OUT 0.2
#define BAR_WIDTH 30

struct arguments {
	const char *data, *label, *positive, *unit, *out, *recipe;
	struct option_list drop;
	uint64_t seed;
};

static void arguments_deinit_at(struct arguments *a)
{
	option_list_deinit(&a->drop);
}

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--data", OPTION_TEXT, &a->data, true},
		{"--label", OPTION_TEXT, &a->label, true},
		{"--positive", OPTION_TEXT, &a->positive, false},
		{"--unit", OPTION_TEXT, &a->unit, false},
		{"--drop", OPTION_LIST, &a->drop, false},
		{"--seed", OPTION_WHOLE, &a->seed, false},
		{"--out", OPTION_TEXT, &a->out, true},
		{"--recipe", OPTION_TEXT, &a->recipe, false},
		{"--group", OPTION_LATER, NULL, false},
		{"--time", OPTION_LATER, NULL, false},
		{"--derive", OPTION_LATER, NULL, false},
		{"--holdout", OPTION_LATER, NULL, false},
		{"--test", OPTION_LATER, NULL, false},
		{"--refit", OPTION_LATER, NULL, false},
		{"--report", OPTION_LATER, NULL, false},
		{"--line", OPTION_LATER, NULL, false},
	};
	int rc = options_read(&command_train, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	if (strcmp(a->recipe, "ramps") == 0)
		return command_usage(
			&command_train, "this version does not have the recipe ramps yet");
	if (strcmp(a->recipe, "classic") != 0)
		return command_usage(
			&command_train, "there is no recipe \"%s\", allowed is classic", a->recipe);
	return 0;
}

/* On a terminal a bar, else a line for every stage that has ended. */
struct progress {
	bool is_terminal;
	struct classic_progress last;
};

static void print_stage(const struct classic_progress *p)
{
	if (p->stage == 0)
		return;
	if (p->stage < CLASSIC_STAGES)
		fprintf(stderr, "fold %zu of %d: %zu epochs, loss %.4f, validation %.4f\n",
			p->stage, CLASSIC_STAGES - 1, p->epoch, p->loss, p->validation_loss);
	else
		fprintf(stderr, "all rows: %zu epochs, loss %.4f\n", p->epoch, p->loss);
}

static void print_bar(const struct classic_progress *p)
{
	const double done =
		((double)p->stage - 1 + (double)p->epoch / (double)p->max_epochs) / CLASSIC_STAGES;
	const int filled = (int)(done * BAR_WIDTH);

	fprintf(stderr, "\r[%.*s%*s] ", filled, "##############################",
		BAR_WIDTH - filled, "");
	if (p->stage < CLASSIC_STAGES)
		fprintf(stderr, "fold %zu of %d, ", p->stage, CLASSIC_STAGES - 1);
	else
		fprintf(stderr, "all rows, ");
	fprintf(stderr, "epoch %zu, loss %.4f\033[K", p->epoch,
		isnan(p->validation_loss) ? p->loss : p->validation_loss);
}

static void on_epoch(void *owner, const struct classic_progress *p)
{
	struct progress *bar = owner;

	if (bar->is_terminal)
		print_bar(p);
	else if (p->stage != bar->last.stage)
		print_stage(&bar->last);
	bar->last = *p;
}

static void end_progress(const struct progress *bar)
{
	if (!bar->is_terminal)
		print_stage(&bar->last);
	else if (bar->last.stage > 0)
		fprintf(stderr, "\r\033[K");
}

static void print_notes(const struct training *t)
{
	const struct dataset *d = t->dataset;

	for (size_t i = 0; i < d->encoding->note_count; i++) {
		const struct encoding_note *n = &d->encoding->note[i];

		printf("  %-18s ", n->column);
		switch (n->kind) {
		case NOTE_EMPTY:
			puts("left out: no values");
			break;
		case NOTE_CONSTANT:
			puts("left out: the same value in all rows");
			break;
		case NOTE_IMPUTED:
			printf("missing in %zu rows: the mean stands in\n", n->count);
			break;
		case NOTE_ONE_HOT:
			printf("%zu texts, an input each\n", n->count);
			break;
		}
	}
}

static void print_for_people(const struct training *t, const struct arguments *a, double seconds)
{
	const struct dataset *d = t->dataset;

	printf("%zu rows, %zu with %s = %s; learned from %zu, held out %zu\n", d->rows,
		d->positives, d->label, d->positive, d->learn_rows, d->rows - d->learn_rows);
	if (d->empty_labels > 0)
		printf("%zu rows left out: no label\n", d->empty_labels);
	printf("\n%zu inputs\n", d->encoding->count);
	print_notes(t);
	if (d->unit[0] != '\0')
		printf("  %-18s names the unit\n", d->unit);
	for (size_t i = 0; i < a->drop.count; i++)
		printf("%s%s", i == 0 ? "  left out by --drop: " : ", ", a->drop.item[i]);
	puts(a->drop.count > 0 ? "\n" : "");
	figures_print(stdout, "held out", &t->metrics);
	printf("\n%s: %zu bytes, %zu epochs, seed %llu, %.1f s\n", a->out, t->model.len, t->epochs,
		(unsigned long long)a->seed, seconds);
}

static void print_json(const struct training *t, const struct arguments *a, double seconds)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	const struct dataset *d = t->dataset;

	jsonw_begin(&b);
	jsonw_int(&b, "rows", (int64_t)d->rows);
	jsonw_int(&b, "train_rows", (int64_t)d->learn_rows);
	jsonw_int(&b, "test_rows", (int64_t)(d->rows - d->learn_rows));
	jsonw_int(&b, "positives", (int64_t)d->positives);
	evaluate_write_json(&b, &t->metrics);
	jsonw_int(&b, "epochs", (int64_t)t->epochs);
	jsonw_real(&b, "seconds", seconds);
	jsonw_int(&b, "seed", (int64_t)a->seed);
	jsonw_text(&b, "out", a->out);
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int train(struct training *out, const struct table *table, const struct arguments *a,
	bool is_terminal, struct err *err)
{
	struct progress bar = {.is_terminal = is_terminal};
	const struct training_options options = {
		.data =
			{
				.label = a->label,
				.positive = a->positive,
				.unit = a->unit,
				.drop = a->drop.item,
				.drop_count = a->drop.count,
				.held_out = HELD_OUT,
				.seed = a->seed,
			},
		.kernels = nn_kernels_choose(NULL, err),
		.progress = on_epoch,
		.owner = &bar,
	};
	int rc = options.kernels ? training_run(out, table, &options, err) : -1;

	end_progress(&bar);
	return rc;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(arguments_deinit) struct arguments a = {.recipe = "classic", .seed = 1};
	CLEANUP(table_free) struct table *table = NULL;
	CLEANUP(training_deinit) struct training t = {0};
	const double begin_s = now_s();
	double seconds;
	struct err err = {0};
	int rc = read_arguments(&a, argc, argv);

	if (rc != 0)
		return rc;
	if (new_file_check(a.out, &err) != 0 || table_read(&table, a.data, &err) != 0)
		return command_fail("train", &err);
	if (train(&t, table, &a, ctx->is_terminal, &err) != 0) {
		err_prefix(&err, 0, "%s", a.data);
		return command_fail("train", &err);
	}
	if (new_file_write(a.out, t.model.data, t.model.len, &err) != 0)
		return command_fail("train", &err);
	seconds = now_s() - begin_s;
	if (ctx->json)
		print_json(&t, &a, seconds);
	else
		print_for_people(&t, &a, seconds);
	return 0;
}

const struct command command_train = {
	.name = "train",
	.arguments = "--data FILE.csv --label COL [--positive VALUE] [--unit COL]\n"
		     "         [--drop COL,...] [--recipe classic] [--seed N] --out M.onnx",
	.summary = "makes a model from a CSV file with labels and says how good it is",
	.run = run,
};
