/* defectctl model import: a model of another program made ready to score units, and registered. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/config/config.h"
#include "lib/engine/engine.h"
#include "lib/gateway/model_file.h"
#include "tools/import_metadata.h"
#include "tools/login_name.h"
#include "tools/model.h"
#include "tools/model_register.h"
#include "tools/new_file.h"
#include "tools/options.h"
#include "tools/printable.h"

struct arguments {
	const char *file, *line, *out, *inputs, *like, *by, *why;
	double threshold; /* NAN: not given */
	struct option_list classes, defects;
	bool has_logits;
};

/* An import on its way. */
struct import {
	const struct arguments *a;
	const struct nn_kernels *k;
	struct config *config; /* NULL with --out */
	const struct line_config *line;
	size_t limit_bytes;
	struct arena *memory;
	struct attachment attachment;
	struct model *like;
	struct buf bytes, notes; /* of the finished file; what is to be told */
	struct model *model;     /* in it */
	struct model_registration registration;
};

static void arguments_deinit_at(struct arguments *a)
{
	option_list_deinit(&a->classes);
	option_list_deinit(&a->defects);
}

static void import_deinit_at(struct import *i)
{
	config_free(i->config);
	arena_free(i->memory);
	model_free(i->like);
	model_free(i->model);
	buf_deinit(&i->bytes);
	buf_deinit(&i->notes);
}

static int check_arguments(const struct arguments *a)
{
	const struct command *c = &command_model_import;

	if (a->line && a->out)
		return command_usage(c, "--line and --out do not go together");
	if (a->inputs && a->like)
		return command_usage(c, "--inputs and --like do not go together");
	if (!a->classes.count != !a->defects.count)
		return command_usage(c, "--classes and --defect-classes go together");
	if (a->threshold < 0 || a->threshold > 1)
		return command_usage(c, "--threshold is %g, allowed is 0 to 1", a->threshold);
	if (a->out && (a->by || a->why))
		return command_usage(c, "--by and --why are for the registry, not for --out");
	return 0;
}

static int read_arguments(struct arguments *a, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"FILE", OPTION_POSITIONAL, &a->file, true},
		{"--line", OPTION_TEXT, &a->line, false},
		{"--out", OPTION_TEXT, &a->out, false},
		{"--inputs", OPTION_TEXT, &a->inputs, false},
		{"--like", OPTION_TEXT, &a->like, false},
		{"--threshold", OPTION_REAL, &a->threshold, false},
		{"--classes", OPTION_LIST, &a->classes, false},
		{"--defect-classes", OPTION_LIST, &a->defects, false},
		{"--logits", OPTION_FLAG, &a->has_logits, false},
		{"--by", OPTION_TEXT, &a->by, false},
		{"--why", OPTION_TEXT, &a->why, false},
	};
	int rc = options_read(&command_model_import, rows, ARRAY_LEN(rows), argc, argv);

	return rc == 0 ? check_arguments(a) : rc;
}

/* Where the file goes. 0, or the exit status. */
static int find_place(struct import *i, const struct context *ctx, struct err *err)
{
	i->limit_bytes = MODEL_BYTES_MAX;
	if (i->a->out)
		return new_file_check(i->a->out, err) < 0 ? command_fail("model import", err) : 0;
	i->config = command_load_config(ctx);
	if (!i->config)
		return EX_CONFIG;
	i->limit_bytes = (size_t)i->config->limits.model;
	return command_choose_line(&i->line, &command_model_import, i->config, i->a->line);
}

/* The classes of the other model. */
static int take_classes(struct import *i, struct err *err)
{
	struct attachment *a = &i->attachment;
	size_t count = model_class_count(i->like);
	const char **names = arena_zalloc(i->memory, 2 * count + 1, sizeof(*names));

	if (!names)
		return err_set(err, -ENOMEM, "no memory for the classes");
	for (size_t c = 0; c < count; c++) {
		names[c] = model_class(i->like, c);
		if (model_class_is_defect(i->like, c))
			names[count + a->defect_count++] = names[c];
	}
	a->classes = names;
	a->defects = names + count;
	a->class_count = count;
	return 0;
}

static int read_metadata(struct import *i, struct err *err)
{
	struct attachment *a = &i->attachment;
	int rc = 0;

	*a = (struct attachment){.threshold = NAN, .from = ""};
	if (i->a->inputs)
		rc = import_read_inputs(a, i->a->inputs, i->memory, err);
	if (i->a->like) {
		rc = model_load(&i->like, i->a->like, i->limit_bytes, i->k, err);
		if (rc == 0)
			rc = import_take_from(a, i->like, i->a->like, err);
		if (rc == 0 && model_class_count(i->like) > 0)
			rc = take_classes(i, err);
	}
	if (rc < 0)
		return rc;
	if (!isnan(i->a->threshold))
		a->threshold = i->a->threshold;
	if (i->a->classes.count > 0) {
		a->classes = i->a->classes.item;
		a->class_count = i->a->classes.count;
		a->defects = i->a->defects.item;
		a->defect_count = i->a->defects.count;
	}
	a->has_logits = i->a->has_logits;
	return 0;
}

/* Classes of the other model go with a graph of as many columns only. */
static void fit_classes(struct import *i, const struct model *m)
{
	struct attachment *a = &i->attachment;

	if (!i->like || i->a->classes.count > 0 || a->class_count == 0 ||
		a->class_count == model_about(m)->output.width)
		return;
	a->classes = a->defects = NULL;
	buf_addf(&i->notes,
		"the classes of %s are not taken: they are %zu, the output has %zu "
		"column%s\n",
		i->a->like, a->class_count, model_about(m)->output.width,
		model_about(m)->output.width == 1 ? "" : "s");
}

/* The list in the order of the graph's inputs, where they have names of their own. */
static int bind_inputs(struct import *i, const struct model *m, struct err *err)
{
	const struct model_about *about = model_about(m);
	int rc = import_bind_by_name(&i->attachment, about, i->memory);

	if (rc < 0)
		return err_set(err, rc, "no memory for the inputs");
	if (rc == 0 && about->input_count == model_input_count(m) && about->input_count > 1)
		buf_add(&i->notes, "the graph's inputs have other names than the list: they go by "
				   "their order\n");
	return 0;
}

/* What depends on the graph. */
static int fit(struct import *i, const void *bytes, size_t len, struct err *err)
{
	CLEANUP(model_free) struct model *m = NULL;
	int rc;

	if (!i->attachment.inputs)
		return 0;
	/* what its own metadata says of inputs need not hold: it is replaced */
	rc = model_parse(&m, bytes, len, i->k, NULL);
	if (rc < 0)
		return rc == -ENOMEM ? err_set(err, rc, "no memory for the model") : 0;
	fit_classes(i, m);
	return bind_inputs(i, m, err);
}

static int attach_to_file(struct import *i, struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	int rc = model_file_read(&bytes, &len, i->a->file, i->limit_bytes, err);

	if (rc < 0)
		return rc;
	rc = fit(i, bytes, len, err);
	if (rc == 0)
		rc = attach(&i->bytes, &i->model, bytes, len, &i->attachment, i->limit_bytes, i->k,
			&i->notes, err);
	free(bytes);
	return rc < 0 ? err_prefix(err, rc, "%s", i->a->file) : 0;
}

static int keep(struct import *i, struct err *err)
{
	const struct arguments *a = i->a;
	char name[LOGIN_NAME_MAX];
	char *why = NULL;
	int rc;

	if (a->out)
		return new_file_write(a->out, i->bytes.data, i->bytes.len, err);
	rc = engine_model_fits(&i->line->plan, i->model, err);
	if (rc < 0)
		return err_prefix(err, rc, "%s", a->file);
	if (!a->why && asprintf(&why, "imported from %s", a->file) < 0)
		return err_set(err, -ENOMEM, "no memory for a text");
	i->registration = (struct model_registration){
		.bytes = i->bytes.data,
		.len = i->bytes.len,
		.by = a->by ? a->by : login_name(name),
		.why = a->why ? a->why : why,
	};
	rc = model_register(&i->registration, i->config, i->line, err);
	free(why);
	return rc;
}

static void print_for_people(const struct import *i)
{
	char threshold[NUM_TEXT_MAX];

	num_print(threshold, model_threshold(i->model), true);
	if (i->a->out)
		printf("%s: %zu bytes, sha256 %s\n", i->a->out, i->bytes.len,
			model_sha256(i->model));
	else
		printf("%s\n", i->registration.text);
	printf("%zu inputs, threshold %s, self-test of %zu rows\n", model_input_count(i->model),
		threshold, model_selftest_rows(i->model));
}

static void print_json(const struct import *i)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	char *rest = i->notes.len ? i->notes.data : NULL;
	char *note;

	jsonw_begin(&b);
	jsonw_text(&b, "sha256", model_sha256(i->model));
	jsonw_text(&b, "out", i->a->out ? i->a->out : "");
	jsonw_text(&b, "line", i->line ? i->line->name : "");
	jsonw_text(&b, "text", i->registration.text);
	jsonw_int(&b, "bytes", (int64_t)i->bytes.len);
	jsonw_int(&b, "inputs", (int64_t)model_input_count(i->model));
	jsonw_real(&b, "threshold", model_threshold(i->model));
	jsonw_int(&b, "selftest_rows", (int64_t)model_selftest_rows(i->model));
	jsonw_key(&b, "notes");
	buf_add(&b, "[");
	for (size_t n = 0; (note = strsep(&rest, "\n")) && rest; n++) {
		buf_add(&b, n ? "," : "");
		jsonw_raw_text(&b, note, strlen(note));
	}
	buf_add(&b, "]");
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}

static int import(struct import *i, const struct context *ctx, struct err *err)
{
	int rc = arena_new(&i->memory, 4096);

	if (rc < 0)
		return err_set(err, rc, "no memory");
	rc = read_metadata(i, err);
	if (rc == 0)
		rc = attach_to_file(i, err);
	if (rc == 0 && !buf_text(&i->notes))
		rc = err_set(err, -ENOMEM, "no memory");
	if (rc == 0)
		rc = keep(i, err);
	if (rc < 0)
		return rc;
	fputs(i->notes.data, stderr);
	if (ctx->json)
		print_json(i);
	else
		print_for_people(i);
	return 0;
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(arguments_deinit) struct arguments a = {.threshold = NAN};
	__attribute__((cleanup(import_deinit_at))) struct import i = {.a = &a};
	struct err err = {"no memory"};
	int rc = read_arguments(&a, argc, argv);

	if (rc == 0)
		rc = find_place(&i, ctx, &err);
	if (rc != 0)
		return rc;
	i.k = nn_kernels_choose(NULL, &err);
	return i.k && import(&i, ctx, &err) == 0 ? 0 : command_fail("model import", &err);
}

const struct command command_model_import = {
	.name = "model import",
	.arguments =
		"FILE [--line L | --out M.onnx] [--inputs inputs.json | --like OTHER.onnx]\n"
		"         [--threshold T] [--classes A,B,.. --defect-classes B,..] [--logits]\n"
		"         [--by NAME] [--why TEXT]",
	.summary = "makes a model of another program ready to score units, and registers it",
	.run = run,
};
