/* The labels of a line: what inspection found. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_file.h"

/* The document as it is read: texts are borrowed from it. */
struct label_file {
	const char *from, *class, *by, *why;
	const cJSON *defect, *good;
	int combine;
	bool has_combine;
};

static const struct choice combine_choices[] = {{"latest", false}, {"worst", true}, {0}};

#define AT(member) .offset = offsetof(struct label_file, member)
static const struct key label_keys[] = {
	{"from", KEY_TEXT, AT(from), .is_required = true,
		.help = "the field that holds what inspection found, such as \"qc.result\""},
	{"defect", KEY_LIST, AT(defect), .is_required = true,
		.help = "the values that mean a defect"},
	{"good", KEY_LIST, AT(good)},
	{"class", KEY_TEXT, AT(class)},
	{"by", KEY_TEXT, AT(by)},
	{"why", KEY_TEXT, AT(why)},
	{"combine", KEY_CHOICE, AT(combine), .choices = combine_choices, .preset = "latest",
		.flag = offsetof(struct label_file, has_combine)},
	{0},
};
#undef AT

/* What else of the message is kept: a field of the same source. */
static void read_beside(struct draft *d, const struct label_rule *label, const char *key,
	const char *text, char **out, const struct place *label_at)
{
	const struct source *of = &d->line->plan.sources[label->source];
	struct place at = place_key(label_at, key);
	const char *field;
	size_t source;

	if (!text || line_find_signal(d, text, LINE_USE_READS, &source, &field, &at) != LINE_REF_OK)
		return;
	if (source != label->source)
		place_error(&at, "is \"%s\", allowed is a field of \"%s\", the label's source",
			text, of->name);
	else if (of->tag.count > 0)
		place_error(&at,
			"is \"%s\", but \"%s\" has a \"tag\": its messages hold one value each",
			text, of->name);
	else
		*out = files_copy(d->report, field);
}

static void read_source(struct draft *d, struct label_rule *label, const struct label_file *f,
	const struct place *at)
{
	struct place from = place_key(at, "from");
	const char *field = NULL;
	enum source_kind kind;

	if (line_find_signal(d, f->from, LINE_USE_READS, &label->source, &field, &from) !=
		LINE_REF_OK)
		return;
	label->field = files_copy(d->report, field);
	kind = d->line->plan.sources[label->source].kind;
	if (kind != SOURCE_UNIT)
		place_error(&from, "\"%s\" is %s; a label comes from a source that carries units",
			d->line->plan.sources[label->source].name, line_kind_text(kind));
	read_beside(d, label, "class", f->class, &label->class_field, at);
	read_beside(d, label, "by", f->by, &label->by_field, at);
	read_beside(d, label, "why", f->why, &label->why_field, at);
}

static void check_repeat(struct draft *d, const struct label_rule *label, const struct place *at)
{
	struct place from = place_key(at, "from");
	const struct plan *plan = &d->line->plan;

	for (const struct label_rule *l = plan->labels; label->field && l < label; l++)
		if (l->field && l->source == label->source && strcmp(l->field, label->field) == 0)
			place_error(&from, "\"%s.%s\" gives a label already",
				plan->sources[label->source].name, label->field);
}

static void read_values(struct draft *d, struct label_rule *label, const struct label_file *f,
	const struct place *label_at)
{
	struct place defect = place_key(label_at, "defect"), good = place_key(label_at, "good");
	const cJSON *item;
	size_t i = 0;

	if (f->defect)
		(void)line_read_scalars(d, &label->defect, f->defect, &defect);
	if (f->good)
		(void)line_read_scalars(d, &label->good, f->good, &good);
	cJSON_ArrayForEach(item, f->good)
	{
		struct place here = place_element(&good, i++);

		if (scalar_list_has(&label->defect, item))
			place_error(&here, "stands in \"defect\" too");
	}
}

/* Several labels of a unit are combined in one way: what is said once holds for all. */
static void read_combine(
	struct draft *d, const struct label_file *f, bool *is_said, const struct place *label_at)
{
	struct place at = place_key(label_at, "combine");

	if (!f->has_combine)
		return;
	if (*is_said && d->line->plan.label_worst != f->combine)
		place_error(&at,
			"is \"%s\", and another label of the list says \"%s\": they are "
			"combined in one way",
			combine_choices[f->combine].name, combine_choices[!f->combine].name);
	*is_said = true;
	d->line->plan.label_worst = f->combine;
}

static void read_label(
	struct draft *d, const cJSON *item, bool *is_combined, const struct place *at)
{
	struct label_rule *label = &d->line->plan.labels[d->line->plan.label_count++];
	struct label_file f = {0};

	(void)schema_read(label_keys, item, &f, at);
	if (f.from && d->notes)
		read_source(d, label, &f, at);
	check_repeat(d, label, at);
	read_values(d, label, &f, at);
	read_combine(d, &f, is_combined, at);
}

void line_read_labels(struct draft *d, const cJSON *label, const struct place *top)
{
	struct place at = place_key(top, "label");
	int count = cJSON_IsArray(label) ? cJSON_GetArraySize(label) : 1;
	bool is_combined = false;
	const cJSON *item;
	size_t i = 0;

	if (!label)
		return;
	if (count == 0) {
		place_error(&at, "is empty; remove the key where there are no labels");
		return;
	}
	d->line->plan.labels = calloc((size_t)count, sizeof(d->line->plan.labels[0]));
	if (!d->line->plan.labels) {
		d->report->failed = true;
		return;
	}
	if (cJSON_IsObject(label)) {
		read_label(d, label, &is_combined, &at);
	} else if (!cJSON_IsArray(label)) {
		schema_refuse(label, &at, "an object or a list of objects");
	} else {
		cJSON_ArrayForEach(item, label)
		{
			struct place here = place_element(&at, i++);

			read_label(d, item, &is_combined, &here);
		}
	}
}
