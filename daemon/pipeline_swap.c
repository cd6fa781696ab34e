/* Another model in force, and who is challenger: between two engine inputs. */
#include "daemon/pipeline_inside.h"

#include "daemon/log.h"
#include "lib/gateway/gateway.h"
#include "lib/gateway/swap.h"

static int add_row(void *owner, const struct model_row *row)
{
	struct pipeline *p = owner;

	p->models_open++;
	return batch_add_model(p->filling, row);
}

static void add_rows(
	struct pipeline *p, size_t line, const struct swap *swap, const char *by, const char *why)
{
	check_memory(swap_rows(swap, p->o.gateway, line, by, why, add_row, p));
}

/* The state behind the input that asked for it, so that a start does not take that input again, nor
 * those before it, under another model. */
static void put_state(struct pipeline *p)
{
	pipeline_put_snapshot(p, p->filling);
	batch_drop_inputs(p->filling);
	p->o.models_changed(p->o.owner);
}

void pipeline_swap(
	struct pipeline *p, size_t line, const struct swap_request *request, int64_t now_ms)
{
	const char *name = p->o.gateway->lines[line].config->name;
	struct command_reply reply;
	struct swap swap;

	check_memory(swap_carry_out(&swap, p->o.gateway, line, request, now_ms));
	add_rows(p, line, &swap, request->by, request->why);
	if (swap.is_champion)
		put_state(p);
	reply = (struct command_reply){.req = request->req,
		.ok = swap.is_ok,
		.code = swap.code,
		.text = arena_string(p->filling->arena, swap.text)};
	check_memory(reply.text ? batch_add_reply(p->filling, p->lines[line].reply, &reply) : -1);
	if (!swap.is_ok)
		log_warning("line \"%s\": %s%s%s refused: %s", name,
			request->is_rollback ? "the rollback" : "the promotion",
			request->by[0] ? " by " : "", request->by, swap.text);
	else if (swap.changes.count > 0)
		log_info("line \"%s\": %s (%s%s%s)", name, swap.text,
			request->is_rollback ? "rolled back" : "promoted",
			request->by[0] ? " by " : "", request->by);
}

void pipeline_register(struct pipeline *p, size_t line, struct model *m, const char *by,
	const char *why, struct swap *out)
{
	check_memory(swap_register(out, p->o.gateway, line, m, clock_now_ms(p->o.clock)));
	add_rows(p, line, out, by, why);
	if (out->is_champion)
		put_state(p);
}

void pipeline_adopt(struct pipeline *p, size_t line, struct model *m)
{
	const char *name = p->o.gateway->lines[line].config->name;
	struct swap swap;

	check_memory(swap_adopt(&swap, p->o.gateway, line, m, clock_now_ms(p->o.clock)));
	add_rows(p, line, &swap, "line file", "the line's model file has new contents");
	if (swap.is_ok && swap.changes.count > 0)
		log_info("line \"%s\": %s (by its line file)", name, swap.text);
	else if (!swap.is_ok)
		log_error(
			"line \"%s\": the model of its line file is refused: %s", name, swap.text);
}

bool pipeline_registry_is_committed(const struct pipeline *p)
{
	return p->models_open == 0;
}

void pipeline_put_registry(struct pipeline *p)
{
	const struct gateway *g = p->o.gateway;

	for (size_t i = 0; i < p->line_count; i++) {
		struct swap all = {.changes.count = 0};

		for (enum model_role r = ROLE_CHAMPION; r < ROLE_RETIRED; r++) {
			const struct role *role = roles_with(&g->lines[i].roles, r);

			if (role)
				all.changes.v[all.changes.count++] = *role;
		}
		add_rows(p, i, &all, "defectd", "the database was begun anew");
	}
}
