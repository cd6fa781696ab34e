/* CSV, field by field. */
#include "lib/learn/csv.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"

static int check_bytes(const char *text, size_t len, struct err *err)
{
	size_t line = 1, step;

	for (size_t i = 0; i < len; i += step) {
		step = 1;
		if (text[i] == '\n')
			line++;
		else if (text[i] == '\0')
			return err_set(err, -EINVAL, "line %zu: a NUL byte; wanted is text", line);
		else if ((unsigned char)text[i] >= 0x80)
			step = utf8_length(text + i, len - i);
		if (step == 0)
			return err_set(err, -EINVAL,
				"line %zu: the byte 0x%02x is no UTF-8; save the file as UTF-8",
				line, (unsigned char)text[i]);
	}
	return 0;
}

int csv_begin(struct csv *c, char *text, size_t len, struct err *err)
{
	int rc = check_bytes(text, len, err);

	if (rc != 0)
		return rc;
	*c = (struct csv){.at = text, .end = text + len, .line = 1};
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		c->at += 3;
	return 0;
}

/* Steps over what ends a field, which the caller may already have overwritten with NUL: `was` is
 * the byte that stood there. */
static void end_field(struct csv *c, char was)
{
	c->is_in_row = c->at < c->end && was == ',';
	c->is_at_row_end = !c->is_in_row;
	if (was == '\n')
		c->line++;
	if (c->at < c->end)
		c->at++;
}

/* From the opening quote on. */
static int quoted_field(struct csv *c, char **out, size_t *len, struct err *err)
{
	const size_t line = c->line;
	char *to = ++c->at, *from = to, was;

	*out = to;
	for (;; *to++ = *from++) {
		if (from == c->end)
			return err_set(err, -EINVAL, "line %zu: a quoted field has no end", line);
		if (*from == '\n')
			c->line++;
		if (*from != '"')
			continue;
		if (from + 1 == c->end || from[1] != '"')
			break;
		from++; /* a doubled quote stands for one */
	}
	*len = (size_t)(to - *out);
	c->at = from + 1;
	if (c->at + 1 < c->end && c->at[0] == '\r' && c->at[1] == '\n')
		c->at++;
	was = *c->at;
	if (c->at < c->end && was != ',' && was != '\n')
		return err_set(err, -EINVAL,
			"line %zu: a quote is out of place: behind a quoted field only a comma or "
			"the end of the line may stand",
			c->line);
	*to = '\0';
	end_field(c, was);
	return CSV_FIELD;
}

static int plain_field(struct csv *c, char **out, size_t *len, struct err *err)
{
	char was, *last;

	*out = c->at;
	while (c->at < c->end && *c->at != ',' && *c->at != '\n') {
		if (*c->at == '"')
			return err_set(err, -EINVAL,
				"line %zu: a quote is out of place: a field with quotes must "
				"begin with one and double those inside",
				c->line);
		if (*c->at == '\r' && c->at + 1 < c->end && c->at[1] != '\n')
			return err_set(err, -EINVAL,
				"line %zu: a carriage return in the middle of a line", c->line);
		c->at++;
	}
	was = *c->at;
	last = c->at;
	if (last > *out && last[-1] == '\r' && (c->at == c->end || was == '\n'))
		last--;
	*last = '\0';
	*len = (size_t)(last - *out);
	end_field(c, was);
	return CSV_FIELD;
}

int csv_next(struct csv *c, char **out, size_t *len, struct err *err)
{
	if (c->is_at_row_end) {
		c->is_at_row_end = false;
		return CSV_ROW_END;
	}
	if (c->at == c->end && !c->is_in_row)
		return 0;
	return *c->at == '"' ? quoted_field(c, out, len, err) : plain_field(c, out, len, err);
}
