/* One value of a signal or raw feature. */
#pragma once

enum value_kind {
	VALUE_MISSING,
	VALUE_NUMBER, /* always finite */
	VALUE_TEXT,
};

struct value {
	enum value_kind kind;
	double number;
	const char *text; /* owned by whoever made the value; NUL-terminated */
};
