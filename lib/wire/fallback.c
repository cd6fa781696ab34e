#include "lib/wire/fallback.h"

#define TRY_5_AGAIN 16 /* connections with 3.1.1 before 5 is tried again */

void fallback_init(struct fallback *f, int wanted)
{
	*f = (struct fallback){.wanted = wanted, .speaks = wanted};
}

int fallback_next(struct fallback *f)
{
	f->speaks = 3;
	if (f->wanted == 5 && (!f->without_5 || f->rechecks || f->connects >= TRY_5_AGAIN)) {
		f->speaks = 5;
		f->connects = 0;
	} else {
		f->connects++;
	}
	return f->speaks;
}

bool fallback_accepted(struct fallback *f)
{
	if (f->speaks == 5) {
		f->without_5 = f->is_guess = f->rechecks = false;
		return false;
	}
	if (!f->is_guess)
		return false;
	f->rechecks = true;
	return true;
}

void fallback_refused(struct fallback *f)
{
	if (f->speaks == 5) {
		f->without_5 = true;
		f->is_guess = f->rechecks = false;
	}
}

void fallback_lost(struct fallback *f)
{
	if (f->speaks == 5 && f->rechecks) {
		/* it took 3.1.1 a moment ago: now it is certain */
		f->is_guess = f->rechecks = false;
	} else if (f->speaks == 5 && !f->without_5) {
		f->without_5 = f->is_guess = true;
	} else if (f->speaks == 3 && f->is_guess) {
		/* it takes nothing at all: nothing is known */
		f->without_5 = f->is_guess = false;
	}
}
