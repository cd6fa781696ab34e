/* A moulding line with physics, for demonstrations, tests and benchmarks.
 *
 * Resin comes in lots whose moisture and viscosity spread. The melt and mould temperatures wander
 * (Ornstein-Uhlenbeck), pressure and fill time follow from the resin's viscosity at the melt's
 * temperature, and a part is bad for one of three causes: wet resin on a hot melt (splay), too
 * little pressure for the viscosity (short shot), a hot mould with a short cooling time (warp).
 * What the line measures carries noise; what decides is the true value. Same seed, same parts. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/rng.h"

#define MOULDING_LOT_PARTS 40 /* parts made of one lot */

enum moulding_value {
	MELT_TEMP_C,
	MOULD_TEMP_C,
	PRESSURE_BAR,
	FILL_TIME_S,
	COOLING_S,
	MOULDING_VALUES,
};

extern const char *const moulding_names[MOULDING_VALUES];

struct moulding_lot {
	uint64_t number;     /* from 1 */
	const char *grade;   /* "A" "B" "C" */
	double viscosity;    /* Pa s at 230 C, as the laboratory measured it */
	double moisture_pct; /* % by weight, as the laboratory measured it */
};

struct moulding_part {
	uint64_t number; /* from 1 */
	struct moulding_lot lot;
	bool is_first_of_lot;
	double wall_mm; /* ordered wall thickness */
	double measured[MOULDING_VALUES];
	double p_defect; /* by the physics, before chance */
	bool is_defect;  /* the truth that inspection would find */
};

struct moulding {
	struct rng rng;
	uint64_t parts, lots;
	struct moulding_lot lot;
	double true_viscosity, true_moisture;
	double melt_c, mould_c, wall_mm; /* true values, wandering */
};

void moulding_init(struct moulding *m, uint64_t seed);
void moulding_next(struct moulding *m, struct moulding_part *out);
