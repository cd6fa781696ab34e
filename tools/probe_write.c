/* The proposed line file as text. */
#include <inttypes.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/macros.h"
#include "tools/probe_proposal.h"

#define WIDTH 96 /* of comments */
#define FIELDS_LINE_MAX 70

struct writer {
	struct buf *out;
	bool with_comments;
	int depth;
	bool has_member; /* in the object or list in hand: a comma is due */
};

static void new_line(struct writer *w)
{
	buf_add(w->out, "\n");
	for (int i = 0; i < w->depth; i++)
		buf_add(w->out, "\t");
}

/* Words up to the width; what comes from topics may hold anything, and must not end the line. */
static void comment(struct writer *w, const char *text)
{
	int column = 0;

	if (!w->with_comments)
		return;
	new_line(w);
	buf_add(w->out, "//");
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > 0 && column + (int)n > WIDTH - 8 * w->depth) {
			new_line(w);
			buf_add(w->out, "//");
			column = 0;
		}
		buf_add(w->out, " ");
		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)text[i];

			buf_put_u8(w->out, c < 0x20 || c == 0x7f ? '?' : c);
		}
		column += (int)n + 1;
		text += n;
		text += strspn(text, " ");
	}
}

static void comments(struct writer *w, const struct proposal_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		comment(w, notes->text[i]);
}

/* The comma stands before the comments of the next member. */
static void separate(struct writer *w)
{
	if (w->has_member)
		buf_add(w->out, ",");
	w->has_member = true;
}

/* A part of the file stands apart. */
static void section(struct writer *w)
{
	separate(w);
	buf_add(w->out, w->with_comments ? "\n" : "");
}

static void text(struct writer *w, const char *s)
{
	jsonw_raw_text(w->out, s, strlen(s));
}

static void key(struct writer *w, const char *name)
{
	new_line(w);
	text(w, name);
	buf_add(w->out, ": ");
}

static void begin(struct writer *w, const char *bracket)
{
	buf_add(w->out, bracket);
	w->depth++;
	w->has_member = false;
}

static void end(struct writer *w, const char *bracket)
{
	w->depth--;
	new_line(w);
	buf_add(w->out, bracket);
	w->has_member = true;
}

/* "name": "value" where there is one. */
static void member(struct writer *w, const char *name, const char *value)
{
	if (!value)
		return;
	separate(w);
	key(w, name);
	text(w, value);
}

static void duration(struct writer *w, const char *name, int64_t ms)
{
	separate(w);
	key(w, name);
	buf_addf(w->out, "\"%" PRId64 "s\"", ms / 1000);
}

static void conditions(struct writer *w, const struct proposal_source *s)
{
	if (s->when_count == 0)
		return;
	separate(w);
	key(w, "when");
	for (size_t i = 0; i < s->when_count; i++) {
		buf_add(w->out, i ? ", " : "{ ");
		text(w, s->when[i].at);
		buf_addf(w->out, ": %s", s->when[i].is);
	}
	buf_add(w->out, " }");
}

/* On one line while it fits. */
static void fields(struct writer *w, const struct proposal_source *s)
{
	struct buf line;
	struct writer on_line = {.out = &line};
	size_t n = 0;

	buf_init(&line);
	for (size_t i = 0; i < s->field_count && !s->has_tags; i++) {
		const struct proposal_field *f = &s->fields[i];

		if (!f->is_used || !f->pointer)
			continue;
		buf_add(&line, n++ ? ", " : "");
		text(&on_line, f->name);
		buf_add(&line, ": ");
		text(&on_line, f->pointer);
	}
	if (n > 0) {
		separate(w);
		key(w, "fields");
	}
	if (n > 0 && line.len < FIELDS_LINE_MAX && buf_text(&line)) {
		buf_addf(w->out, "{ %s }", line.data);
	} else if (n > 0) {
		begin(w, "{");
		for (size_t i = 0; i < s->field_count; i++)
			if (s->fields[i].is_used)
				member(w, s->fields[i].name, s->fields[i].pointer);
		end(w, "}");
	}
	buf_deinit(&line);
}

static void source(struct writer *w, const struct proposal_source *s)
{
	separate(w);
	comments(w, &s->notes);
	key(w, s->name);
	begin(w, "{");
	member(w, "topic", s->topic);
	if (strcmp(s->format, "json") != 0)
		member(w, "format", s->format);
	member(w, "each", s->each);
	conditions(w, s);
	member(w, "unit", s->carries == CARRIES_UNIT ? s->unit : NULL);
	member(w, "lot", s->carries == CARRIES_LOT ? s->lot : NULL);
	member(w, "tag", s->tag);
	member(w, "value", s->value);
	member(w, "time", s->time);
	member(w, "time_format", s->time ? s->time_format : NULL);
	member(w, "time_zone", s->time_zone);
	member(w, "shift", s->shift);
	if (s->quality) {
		separate(w);
		key(w, "quality");
		buf_add(w->out, "{ \"at\": ");
		text(w, s->quality);
		buf_addf(w->out, ", \"good\": %s }", s->good);
	}
	fields(w, s);
	end(w, "}");
}

static void sources(struct writer *w, const struct proposal *p)
{
	section(w);
	key(w, "sources");
	begin(w, "{");
	for (size_t i = 0; i < p->source_count; i++)
		if (p->sources[i].is_used)
			source(w, &p->sources[i]);
	end(w, "}");
}

static void stations(struct writer *w, const struct proposal *p)
{
	if (p->station_count == 0)
		return;
	section(w);
	key(w, "stations");
	begin(w, "{");
	for (size_t i = 0; i < p->station_count; i++) {
		const struct proposal_station *s = &p->stations[i];

		separate(w);
		comments(w, &s->notes);
		key(w, s->name);
		begin(w, "{");
		member(w, "enter", s->enter ? s->enter->name : NULL);
		member(w, "exit", s->exit ? s->exit->name : NULL);
		duration(w, s->enter ? "max_dwell" : "look_back", s->max_dwell_ms);
		end(w, "}");
	}
	end(w, "}");
}

static void signal_text(struct writer *w, const struct proposal_source *s, const char *field)
{
	struct buf name;

	buf_init(&name);
	buf_addf(&name, "%s.%s", s->name, field);
	text(w, buf_text(&name) ? name.data : "");
	buf_deinit(&name);
}

static void lots(struct writer *w, const struct proposal *p)
{
	if (p->lot_count == 0)
		return;
	section(w);
	key(w, "lots");
	begin(w, "{");
	for (size_t i = 0; i < p->lot_count; i++) {
		const struct proposal_lot *lot = &p->lots[i];

		separate(w);
		comments(w, &lot->notes);
		key(w, lot->name);
		buf_add(w->out, "{ \"bind\": ");
		signal_text(w, lot->from, lot->field->name);
		buf_add(w->out, " }");
	}
	end(w, "}");
}

static void units(struct writer *w, const struct proposal *p)
{
	section(w);
	if (p->has_units)
		comment(w,
			"a piece is scored once all its values are there, at the latest after the "
			"deadline");
	else
		comment(w, "no ids of pieces were found: the condition of the machine, every 10 s");
	key(w, "unit");
	begin(w, "{");
	if (p->has_units) {
		duration(w, "deadline", p->deadline_ms);
	} else {
		duration(w, "every", 10000);
	}
	end(w, "}");
}

/* Where the value of a stream is looked for. */
static void window(struct writer *w, const struct proposal_feature *f)
{
	if (f->station) {
		buf_add(w->out, ", \"during\": ");
		text(w, f->station->name);
	} else if (f->take == GIVE_LAST) {
		buf_add(w->out, ", \"ago\": \"0s\"");
	} else {
		buf_add(w->out, ", \"ago\": \"0s\", \"over\": \"60s\"");
	}
	buf_add(w->out, f->take == GIVE_SPREAD ? ", \"take\": [\"mean\", \"min\", \"max\"]"
					       : ", \"take\": \"last\"");
}

static void feature(struct writer *w, const struct proposal_feature *f)
{
	separate(w);
	new_line(w);
	buf_add(w->out, "{ \"name\": ");
	text(w, f->name);
	buf_add(w->out, ", \"from\": ");
	signal_text(w, f->source, f->field->name);
	if (f->is_text)
		buf_add(w->out, ", \"type\": \"text\"");
	if (f->lot) {
		buf_add(w->out, ", \"lot\": ");
		text(w, f->lot->name);
	}
	if (f->take != GIVE_AS_IT_IS)
		window(w, f);
	buf_add(w->out, ", \"missing\": \"impute\" }");
}

static const char *group(const struct proposal *p, const struct proposal_feature *f)
{
	if (f->lot)
		return "properties of the lot that the piece is made of";
	if (f->take == GIVE_AS_IT_IS)
		return "values of the piece as they come";
	if (f->station)
		return "what the machine sent while the piece was in the station";
	if (f->take == GIVE_LAST)
		return "comes seldom: the newest value";
	return p->has_units ? "what the machine sent in the minute before the piece began"
			    : "what the machine sent in the last minute";
}

static void features(struct writer *w, const struct proposal *p)
{
	section(w);
	comment(w, "A value that is missing is filled in by the model (\"impute\"); \"reject\" "
		   "instead: without it a piece is not scored.");
	key(w, "features");
	begin(w, "[");
	for (size_t i = 0; i < p->feature_count; i++) {
		const struct proposal_feature *f = &p->features[i];

		if (i == 0 || strcmp(group(p, f), group(p, f - 1)) != 0) {
			separate(w);
			comment(w, group(p, f));
			w->has_member = false;
		}
		feature(w, f);
	}
	end(w, "]");
}

static void label(struct writer *w, const struct proposal *p)
{
	const struct proposal_label *l = &p->label;

	if (!l->source)
		return;
	section(w);
	comment(w, "what inspection found, for training: never a feature");
	comments(w, &l->notes);
	key(w, "label");
	buf_add(w->out, "{ \"from\": ");
	signal_text(w, l->source, l->field->name);
	buf_addf(w->out, ", \"defect\": %s", l->defect);
	if (l->good)
		buf_addf(w->out, ", \"good\": %s", l->good);
	buf_add(w->out, " }");
	w->has_member = true;
}

void proposal_write(struct buf *b, const struct proposal *p, bool with_comments)
{
	struct writer w = {.out = b, .with_comments = with_comments};

	if (with_comments) {
		buf_add(b, "// Proposed by defectctl probe from what was heard. Read it through, "
			   "take out "
			   "what is not\n// of this line, then: defectctl check");
		comments(&w, &p->notes);
		buf_add(b, "\n");
	}
	begin(&w, "{");
	member(&w, "line", p->name);
	sources(&w, p);
	stations(&w, p);
	lots(&w, p);
	units(&w, p);
	features(&w, p);
	label(&w, p);
	end(&w, "}");
	buf_add(b, "\n");
}
