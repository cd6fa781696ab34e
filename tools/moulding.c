/* A moulding line with physics, for demonstrations, tests and benchmarks. */
#include "tools/moulding.h"

#include <math.h>

const char *const moulding_names[MOULDING_VALUES] = {
	[MELT_TEMP_C] = "melt_temp_c",
	[MOULD_TEMP_C] = "mould_temp_c",
	[PRESSURE_BAR] = "pressure_bar",
	[FILL_TIME_S] = "fill_time_s",
	[COOLING_S] = "cooling_s",
};

static const struct {
	const char *name;
	double viscosity, moisture_pct; /* means of the grade's lots */
} grades[] = {
	{"A", 100, 0.10},
	{"B", 115, 0.13},
	{"C", 130, 0.17},
};

static double spread(struct moulding *m, double mean, double sd)
{
	return mean + sd * rng_normal(&m->rng);
}

/* One step of a wandering value: drawn back to `home`, kicked by chance. */
static double wander(struct moulding *m, double now, double home, double pull, double kick)
{
	return now + pull * (home - now) + kick * rng_normal(&m->rng);
}

/* What an instrument with `digits` decimals shows. */
static double show(double v, double digits)
{
	double scale = pow(10, digits);

	return round(v * scale) / scale;
}

void moulding_init(struct moulding *m, uint64_t seed)
{
	*m = (struct moulding){.melt_c = 230, .mould_c = 60};
	rng_init(&m->rng, seed, 0x6d6f756c64);
}

static void load_lot(struct moulding *m)
{
	size_t grade = rng_below(&m->rng, 3);

	m->true_viscosity = spread(m, grades[grade].viscosity, 6);
	m->true_moisture = fmax(0.02, spread(m, grades[grade].moisture_pct, 0.03));
	m->lot = (struct moulding_lot){
		.number = ++m->lots,
		.grade = grades[grade].name,
		.viscosity = show(spread(m, m->true_viscosity, 0.8), 1),
		.moisture_pct = show(spread(m, m->true_moisture, 0.003), 3),
	};
	m->wall_mm = show(1.6 + 0.4 * (double)rng_below(&m->rng, 4), 1);
}

/* How likely the three causes make a bad part; each is a soft limit on a physical quantity. */
static double defect_probability(const struct moulding *m, double pressure, double needed_bar,
	double cooling_s, double needed_s)
{
	double splay = (m->true_moisture - 0.15) / 0.008 + (m->melt_c - 232.2) / 0.5;
	double short_shot = (needed_bar - pressure) / 4;
	double warp = (needed_s - cooling_s) / 0.1;

	/* splay needs both: wet resin and a hot melt */
	splay = fmin((m->true_moisture - 0.14) / 0.003, splay) - 3;
	return 1 - (1 - 1 / (1 + exp(-splay))) * (1 - 1 / (1 + exp(3.5 - short_shot))) *
			   (1 - 1 / (1 + exp(3.5 - warp)));
}

void moulding_next(struct moulding *m, struct moulding_part *out)
{
	double viscosity, needed_bar, pressure, fill_s, needed_s, cooling_s;
	bool is_first = m->parts % MOULDING_LOT_PARTS == 0;

	if (is_first)
		load_lot(m);
	m->melt_c = wander(m, m->melt_c, 230, 0.03, 0.45);
	m->mould_c = wander(m, m->mould_c, 60, 0.02, 0.5);

	/* Arrhenius-like: thinner when hot; thin walls need more pressure */
	viscosity = m->true_viscosity * exp(-0.022 * (m->melt_c - 230));
	needed_bar = 420 + 2.6 * viscosity + 110 * (2.2 - m->wall_mm);
	pressure = spread(m, 466 + 2.6 * m->lot.viscosity + 110 * (2.2 - m->wall_mm), 14);
	fill_s = 0.9 + 0.5 * needed_bar / pressure;
	needed_s = 6 + 1.9 * m->wall_mm * m->wall_mm / 2.2 + 0.12 * (m->mould_c - 60);
	cooling_s = spread(m, 7.1 + 1.9 * m->wall_mm * m->wall_mm / 2.2, 0.35);

	*out = (struct moulding_part){
		.number = ++m->parts,
		.lot = m->lot,
		.is_first_of_lot = is_first,
		.wall_mm = m->wall_mm,
		.p_defect = defect_probability(m, pressure, needed_bar, cooling_s, needed_s),
	};
	out->measured[MELT_TEMP_C] = show(spread(m, m->melt_c, 0.1), 1);
	out->measured[MOULD_TEMP_C] = show(spread(m, m->mould_c, 0.1), 1);
	out->measured[PRESSURE_BAR] = show(spread(m, pressure, 1), 0);
	out->measured[FILL_TIME_S] = show(spread(m, fill_s, 0.003), 3);
	out->measured[COOLING_S] = show(cooling_s, 2);
	out->is_defect = rng_uniform(&m->rng) < out->p_defect;
}
