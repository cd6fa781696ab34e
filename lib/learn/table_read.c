/* Tables from CSV files: reading and checking. */
#include "lib/learn/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/learn/csv.h"

#define FILE_BYTES_MAX (INT64_C(1) << 30)
#define COLUMNS_MAX 4096

struct table_memory {
	char *text; /* the file, cut into fields */
	size_t len;
	struct arena *names;
	size_t room;     /* rows that fit the columns */
	bool is_unnamed; /* columns have no names */
};

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->columns; i++)
		free(t->column[i].v);
	free(t->column);
	free(t->line);
	if (t->memory) {
		free(t->memory->text);
		arena_free(t->memory->names);
		free(t->memory);
	}
	free(t);
}

static int read_all(int fd, char *out, size_t len, struct err *err)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, out + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, -errno, "%s", strerror(errno));
		if (n == 0)
			return err_set(err, -EINVAL, "the file became shorter while it was read");
		got += (size_t)n;
	}
	return 0;
}

static int read_open_file(struct table *t, int fd, struct err *err)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) != 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "is no regular file");
	if (st.st_size > FILE_BYTES_MAX)
		return err_set(err, -EFBIG, "has %lld bytes, allowed are %lld",
			(long long)st.st_size, (long long)FILE_BYTES_MAX);
	t->memory->len = (size_t)st.st_size;
	t->memory->text = malloc(t->memory->len + 1);
	if (!t->memory->text)
		return err_set(err, -ENOMEM, "no memory for %zu bytes", t->memory->len);
	rc = read_all(fd, t->memory->text, t->memory->len, err);
	if (rc != 0)
		return rc;
	t->memory->text[t->memory->len] = '\0';
	sha256_hex(t->sha256, t->memory->text, t->memory->len);
	return 0;
}

static int read_file(struct table *t, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	rc = read_open_file(t, fd, err);
	close(fd);
	return rc;
}

static int add_column(struct table *t, const char *header, struct err *err)
{
	struct table_column *c = &t->column[t->columns];
	char name[256];

	if (t->columns == COLUMNS_MAX)
		return err_set(err, -EFBIG, "more than %d columns", COLUMNS_MAX);
	if (t->memory->is_unnamed) {
		*c = (struct table_column){.name = header, .header = header};
		t->columns++;
		return 0;
	}
	table_normalise(name, sizeof(name), header);
	if (name[0] == '\0')
		return err_set(err, -EINVAL,
			"line 1: column %zu has the header \"%s\"; wanted is a name with letters "
			"or digits",
			t->columns + 1, header);
	for (size_t i = 0; i < t->columns; i++) {
		if (strcmp(t->column[i].name, name) == 0)
			return err_set(err, -EINVAL,
				"line 1: columns %zu \"%s\" and %zu \"%s\" have the same name %s",
				i + 1, t->column[i].header, t->columns + 1, header, name);
	}
	*c = (struct table_column){
		.name = arena_string(t->memory->names, name),
		.header = header,
	};
	if (!c->name)
		return err_set(err, -ENOMEM, "no memory for a column");
	t->columns++;
	return 0;
}

static int read_header(struct table *t, struct csv *csv, struct err *err)
{
	char *field = NULL;
	size_t len;
	int rc;

	t->column = calloc(COLUMNS_MAX, sizeof(t->column[0]));
	if (!t->column)
		return err_set(err, -ENOMEM, "no memory for columns");
	while ((rc = csv_next(csv, &field, &len, err)) == CSV_FIELD) {
		rc = add_column(t, field, err);
		if (rc != 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	if (t->columns == 0)
		return err_set(err, -EINVAL, "is empty; wanted is a header line and rows");
	if (t->columns == 1 && strpbrk(t->column[0].header, ";\t"))
		return err_set(err, -EINVAL,
			"line 1: the fields are separated by %s; wanted are commas, with a point "
			"in decimal numbers",
			strchr(t->column[0].header, ';') ? "semicolons" : "tabs");
	return 0;
}

static int make_room(struct table *t, struct err *err)
{
	size_t room = t->memory->room == 0 ? 256 : 2 * t->memory->room;
	size_t *line;

	if (t->rows < t->memory->room)
		return 0;
	line = reallocarray(t->line, room, sizeof(line[0]));
	if (!line)
		return err_set(err, -ENOMEM, "no memory for %zu rows", room);
	t->line = line;
	for (size_t i = 0; i < t->columns; i++) {
		struct value *v = reallocarray(t->column[i].v, room, sizeof(v[0]));

		if (!v)
			return err_set(err, -ENOMEM, "no memory for %zu rows", room);
		t->column[i].v = v;
	}
	t->memory->room = room;
	return 0;
}

static void set_cell(struct table_column *c, size_t row, const char *text, size_t len)
{
	struct value *v = &c->v[row];

	*v = (struct value){.text = text};
	if (len == 0) {
		v->kind = VALUE_MISSING;
	} else if (num_parse_lenient(text, len, &v->number)) {
		v->kind = VALUE_NUMBER;
	} else {
		v->kind = VALUE_TEXT;
		if (!c->is_text)
			c->text_row = row;
		c->is_text = true;
	}
}

/* One row into the table. 0 at the end of the file, CSV_ROW_END after a row. */
static int read_row(struct table *t, struct csv *csv, struct err *err)
{
	const size_t line = csv->line;
	char *field = NULL;
	size_t len = 0, fields = 0;
	int rc = make_room(t, err);

	if (rc != 0)
		return rc;
	while ((rc = csv_next(csv, &field, &len, err)) == CSV_FIELD) {
		if (fields < t->columns)
			set_cell(&t->column[fields], t->rows, field, len);
		fields++;
	}
	if (rc <= 0)
		return rc;
	if (fields == 1 && len == 0 && t->columns > 1 &&
		strspn(csv->at, "\r\n") == (size_t)(csv->end - csv->at))
		return 0; /* empty lines at the end of the file */
	if (fields != t->columns)
		return err_set(err, -EINVAL, "line %zu: %zu field%s, the header has %zu%s", line,
			fields, fields == 1 ? "" : "s", t->columns,
			fields > t->columns ? "; are there decimal commas? Wanted is a point" : "");
	t->line[t->rows++] = line;
	return rc;
}

/* "3,14", "-1,5": only met in quoted fields. */
static bool has_decimal_comma(const char *text)
{
	const char *comma = strchr(text, ',');
	size_t digits;

	if (!comma)
		return false;
	text += *text == '-' || *text == '+';
	digits = strspn(text, "0123456789");
	if (digits == 0 || text + digits != comma)
		return false;
	digits = strspn(comma + 1, "0123456789");
	return digits > 0 && comma[1 + digits] == '\0';
}

/* A column of numbers with decimal commas would become one of texts and be learned as
 * categories. */
static int check_decimal_commas(
	const struct table *t, const struct table_column *c, struct err *err)
{
	for (size_t row = 0; row < t->rows; row++) {
		if (c->v[row].kind == VALUE_TEXT && !has_decimal_comma(c->v[row].text))
			return 0;
	}
	return err_set(err, -EINVAL,
		"line %zu: \"%s\" in column %s has a decimal comma; wanted is a point",
		t->line[c->text_row], c->v[c->text_row].text, c->name);
}

static int finish_columns(struct table *t, struct err *err)
{
	for (size_t i = 0; i < t->columns; i++) {
		struct table_column *c = &t->column[i];
		int rc = c->is_text ? check_decimal_commas(t, c, err) : 0;

		if (rc != 0)
			return rc;
		for (size_t row = 0; row < t->rows && c->is_text; row++) {
			if (c->v[row].kind == VALUE_NUMBER)
				c->v[row].kind = VALUE_TEXT;
		}
	}
	return 0;
}

static int read_table(struct table *t, const char *path, bool is_unnamed, struct err *err)
{
	struct csv csv;
	int rc;

	t->memory = calloc(1, sizeof(*t->memory));
	if (!t->memory || arena_new(&t->memory->names, 4096) != 0)
		return err_set(err, -ENOMEM, "no memory");
	t->memory->is_unnamed = is_unnamed;
	rc = read_file(t, path, err);
	if (rc != 0)
		return rc;
	rc = csv_begin(&csv, t->memory->text, t->memory->len, err);
	if (rc != 0)
		return rc;
	rc = read_header(t, &csv, err);
	if (rc != 0)
		return rc;
	do
		rc = read_row(t, &csv, err);
	while (rc > 0);
	return rc == 0 ? finish_columns(t, err) : rc;
}

static int read_path(struct table **out, const char *path, bool is_unnamed, struct err *err)
{
	CLEANUP(table_free) struct table *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return err_set(err, -ENOMEM, "%s: no memory", path);
	rc = read_table(t, path, is_unnamed, err);
	if (rc != 0)
		return err_prefix(err, rc, "%s", path);
	*out = TAKE(t);
	return 0;
}

int table_read(struct table **out, const char *path, struct err *err)
{
	return read_path(out, path, false, err);
}

int table_read_unnamed(struct table **out, const char *path, struct err *err)
{
	return read_path(out, path, true, err);
}
