/* What windows gave that were worked out early. */
#include "lib/feature/frozen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int frozen_put(struct frozen_value *f, const struct assembled_value *v)
{
	*f = (struct frozen_value){
		.from_ms = v->from_ms,
		.to_ms = v->to_ms,
		.n = (uint32_t)v->n,
		.kind = (uint8_t)v->value.kind,
		.missing = (uint8_t)v->missing,
		.is_held = v->is_held,
		.is_set = true,
	};
	if (v->value.kind != VALUE_TEXT) {
		f->number = v->value.number;
		return 0;
	}
	f->text = strdup(v->value.text);
	if (f->text)
		return 0;
	*f = (struct frozen_value){0};
	return -ENOMEM;
}

bool frozen_get(const struct frozen_value *f, struct assembled_value *out)
{
	if (!f->is_set)
		return false;
	*out = (struct assembled_value){
		.value = {.kind = (enum value_kind)f->kind},
		.missing = (enum value_missing)f->missing,
		.n = f->n,
		.from_ms = f->from_ms,
		.to_ms = f->to_ms,
		.is_held = f->is_held,
	};
	if (f->kind == VALUE_TEXT)
		out->value.text = f->text;
	else
		out->value.number = f->number;
	return true;
}

void frozen_clear(struct frozen_value *f)
{
	if (f->kind == VALUE_TEXT)
		free(f->text);
	*f = (struct frozen_value){0};
}
