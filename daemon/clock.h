/* The two clocks (DESIGN 3.3).
 *
 * The gateway's clock is CLOCK_BOOTTIME plus an offset that makes it agree with the wall clock.
 * When the wall clock departs by more than a second the offset follows in one step; deadlines do
 * not move then, since they run on the other clock.
 * The lines' clock counts only the time in which messages could reach us: it stands still while
 * the intake is not connected, is draining or does not read on (a full disk), and while the
 * process or the machine was stopped; it goes on where it stood, and never goes back. It must be
 * read each second. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct clock {
	int64_t offset_ms;   /* wall clock minus boot time */
	int64_t line_ms;     /* the lines' clock when it was moved last */
	int64_t moved_at_ms; /* boot time then */
	bool runs;
};

void clock_init(struct clock *c, int64_t line_ms); /* stands still at first */
/* Both clocks at one moment. */
void clock_read(struct clock *c, int64_t *now_ms, int64_t *line_ms);
int64_t clock_now_ms(struct clock *c);
void clock_let_run(struct clock *c, bool runs);
/* Follows the wall clock; by how many ms the gateway's clock has jumped, 0 when it has not. */
int64_t clock_follow_wall(struct clock *c);
