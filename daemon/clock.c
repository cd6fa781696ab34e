#include "daemon/clock.h"

#include <stdlib.h>
#include <time.h>

#define DEPARTS_MS 1000
#define LOOKS_AWAY_MS 2000

static int64_t read_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_init(struct clock *c, int64_t line_ms)
{
	int64_t boot_ms = read_ms(CLOCK_BOOTTIME);

	*c = (struct clock){
		.offset_ms = read_ms(CLOCK_REALTIME) - boot_ms,
		.line_ms = line_ms,
		.moved_at_ms = boot_ms,
	};
}

void clock_read(struct clock *c, int64_t *now_ms, int64_t *line_ms)
{
	int64_t boot_ms = read_ms(CLOCK_BOOTTIME);

	int64_t gone_ms = boot_ms - c->moved_at_ms;

	/* read each second: where more has gone by nobody looked, and what came is still to be read
	 */
	if (c->runs)
		c->line_ms += gone_ms < LOOKS_AWAY_MS ? gone_ms : LOOKS_AWAY_MS;
	c->moved_at_ms = boot_ms;
	*now_ms = boot_ms + c->offset_ms;
	*line_ms = c->line_ms;
}

int64_t clock_now_ms(struct clock *c)
{
	return read_ms(CLOCK_BOOTTIME) + c->offset_ms;
}

void clock_let_run(struct clock *c, bool runs)
{
	int64_t now_ms, line_ms;

	clock_read(c, &now_ms, &line_ms); /* the time up to now counts by the old rule */
	c->runs = runs;
}

int64_t clock_follow_wall(struct clock *c)
{
	int64_t offset_ms = read_ms(CLOCK_REALTIME) - read_ms(CLOCK_BOOTTIME);
	int64_t jump_ms = offset_ms - c->offset_ms;

	if (llabs(jump_ms) <= DEPARTS_MS)
		return 0;
	c->offset_ms = offset_ms;
	return jump_ms;
}
