/* The times of a source's messages. */
#include <errno.h>

#include "lib/base/err.h"
#include "lib/config/line_source.h"
#include "lib/config/zone_file.h"

static void load_zone(const struct source_draft *s, const struct place *at)
{
	struct err err = {0};
	int r = zone_load(&s->source->zone, s->file->time_zone, &err);

	if (r == -ENOMEM)
		s->line->report->failed = true;
	else if (r < 0)
		place_error(at, "%s", err.text);
}

static void read_zone(const struct source_draft *s)
{
	struct place at = place_key(s->at, "time_zone");
	const struct source_file *f = s->file;

	if (!f->has_time)
		place_error(&at, "goes with \"time\", the pointer to it, which is missing");
	else if (f->time_format != TIME_ISO)
		place_error(&at, "goes with the \"time_format\" \"iso\"; numbers count from 1970 "
				 "in UTC, remove the key");
	else
		load_zone(s, &at);
}

void line_read_time(const struct source_draft *s)
{
	struct place time = place_key(s->at, "time"), format = place_key(s->at, "time_format");
	const struct source_file *f = s->file;

	s->source->time_format = f->time ? (enum time_format)f->time_format : TIME_OF_RECEIPT;
	s->source->shift_ms = f->shift_ms;
	if (f->time) {
		line_copy_pointer(s->line, &s->source->time, f->time);
		line_check_pointer(s, f->time, &time);
	}
	if (f->has_time_format && !f->has_time)
		place_error(&format, "goes with \"time\", the pointer to it, which is missing");
	if (f->time_zone)
		read_zone(s);
}
