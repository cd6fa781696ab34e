/* Lines whose file has changed: from one engine to the next. */
#include <assert.h>
#include <string.h>

#include "lib/engine/state.h"

int engine_add_outgoing(struct engine *e, size_t line, const struct line_spec *spec,
	const struct model *model, const char *why_none, struct err *err)
{
	assert(line < e->line_count);
	return line_add_outgoing(&e->lines[line], spec, &e->limits, model, why_none, err);
}

void engine_end_line(struct engine *e, size_t line)
{
	assert(line < e->line_count);
	for (struct engine_line *g = &e->lines[line]; g; g = g->older)
		assembler_end(g->assembler);
}

bool engine_generation(
	const struct engine *e, size_t line, size_t ago, struct engine_generation *out)
{
	const struct engine_line *g = &e->lines[line];

	assert(line < e->line_count);
	while (ago > 0 && (g = line_older(g)))
		ago--;
	if (!g)
		return false;
	*out = (struct engine_generation){
		.line = e->lines[line].spec.name,
		.config_sha256 = g->spec.config_sha256,
		.why_none = g->why_none,
		.model = g->champion.model,
		.open_units = assembler_open_count(g->assembler),
	};
	return true;
}

static const struct engine_line *find_line(const struct engine *e, const char *name)
{
	for (size_t i = 0; i < e->line_count; i++) {
		if (strcmp(e->lines[i].spec.name, name) == 0)
			return &e->lines[i];
	}
	return NULL;
}

void engine_go_on(struct engine *e, const struct engine *old)
{
	e->counts = old->counts;
	e->lost_ms = old->lost_ms;
	e->start_ms = old->start_ms;
	for (size_t i = 0; i < e->line_count; i++) {
		const struct engine_line *was = find_line(old, e->lines[i].spec.name);

		if (was)
			assembler_go_on(e->lines[i].assembler, was->assembler);
	}
}
