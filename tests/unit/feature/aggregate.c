/* What features take of the samples of their windows.
 *
 * The expected numbers were computed by Python with fractions.Fraction (and decimal's square root
 * at 60 digits), from the definitions and not by these algorithms:
 *
 *   def weights(points, to):        # points: (ms, Fraction), the held one first
 *       return [b - a for a, b in zip(times, times[1:] + [to])]
 *   mean = sum(w * x) / sum(w)      sd = (sum(w * (x - mean) ** 2) / sum(w)).sqrt()
 *   slope = sum((t - mt) * (x - mx)) / sum((t - mt) ** 2) * 1000
 *   median, p05, p95: statistics.quantiles(numbers, n=20, method="inclusive"); weighted: by adding
 *   up the weights of the sorted values that have one
 *
 * and without weights agree with statistics.mean, stdev, median and linear_regression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "lib/feature/aggregate.h"

#define T 1795340350041 /* milliseconds since 1970 */
#define NONE NAN
#define SAMPLES_MAX 7

struct window {
	const char *what;
	int64_t from_ms, to_ms;
	bool is_weighted;
	double held; /* or NONE */
	size_t count;
	struct {
		int64_t time_ms;
		double number;
	} samples[SAMPLES_MAX];
	double expected[TAKE_COUNT_OF]; /* in the order of enum take; NONE: there is none */
};

/* last first mean min max sd sum count slope median p05 p95 */
static const struct window windows[] = {
	{"plain", 0, 10000, false, NONE, 7,
		{{1000, 20.5}, {1500, 21.25}, {2250, 19.0}, {2600, 22.75}, {4000, 23.0},
			{4100, 18.5}, {9000, 20.0}},
		{20.0, 20.5, 20.714285714285715, 18.5, 23.0, 1.7346263492258416, 145.0, 7.0,
			-0.0997946611909651, 20.5, 18.65, 22.925}},
	{"not weighted, with a held value", 0, 10000, false, 17.125, 7,
		{{1000, 20.5}, {1500, 21.25}, {2250, 19.0}, {2600, 22.75}, {4000, 23.0},
			{4100, 18.5}, {9000, 20.0}},
		{20.0, 17.125, 20.265625, 17.125, 23.0, 2.046815361726602, 145.0, 7.0,
			0.12243007910999809, 20.25, 17.60625, 22.9125}},
	{"weighted, none held before the first", 0, 10000, true, NONE, 7,
		{{1000, 20.5}, {1500, 21.25}, {2250, 19.0}, {2600, 22.75}, {4000, 23.0},
			{4100, 18.5}, {9000, 20.0}},
		{20.0, 20.5, 19.7375, 18.5, 23.0, 1.6172410921071725, 145.0, 7.0,
			-0.0997946611909651, 18.5, 18.5, 22.75}},
	{"weighted, with a held value", 0, 10000, true, 17.125, 7,
		{{1000, 20.5}, {1500, 21.25}, {2250, 19.0}, {2600, 22.75}, {4000, 23.0},
			{4100, 18.5}, {9000, 20.0}},
		{20.0, 17.125, 19.47625, 17.125, 23.0, 1.722842400656543, 145.0, 7.0,
			0.12243007910999809, 18.5, 17.125, 22.75}},
	{"a sample is there just when the held one would begin", 1000, 9000, true, 17.125, 7,
		{{1000, 20.5}, {1500, 21.25}, {2250, 19.0}, {2600, 22.75}, {4000, 23.0},
			{4100, 18.5}, {9000, 20.0}},
		{20.0, 20.5, 19.7046875, 18.5, 23.0, 1.7125163947664122, 145.0, 7.0,
			-0.0997946611909651, 18.5, 18.5, 22.75}},
	{"the held value alone", 0, 10000, true, 17.125, 0, {{0}},
		{17.125, 17.125, 17.125, 17.125, 17.125, NONE, NONE, 0.0, NONE, 17.125, 17.125,
			17.125}},
	{"the held value alone in a window without length", 500, 500, true, 17.125, 0, {{0}},
		{17.125, 17.125, 17.125, 17.125, 17.125, NONE, NONE, 0.0, NONE, 17.125, 17.125,
			17.125}},
	{"nothing", 0, 10000, true, NONE, 0, {{0}},
		{NONE, NONE, NONE, NONE, NONE, NONE, NONE, 0.0, NONE, NONE, NONE, NONE}},
	{"one sample", 0, 10000, false, NONE, 1, {{400, -3.5}},
		{-3.5, -3.5, -3.5, -3.5, -3.5, NONE, -3.5, 1.0, NONE, -3.5, -3.5, -3.5}},
	{"one sample, weighted", 0, 10000, true, NONE, 1, {{400, -3.5}},
		{-3.5, -3.5, -3.5, -3.5, -3.5, NONE, -3.5, 1.0, NONE, -3.5, -3.5, -3.5}},
	{"one sample and a held value", 0, 1000, true, 2.5, 1, {{400, -3.5}},
		{-3.5, 2.5, -1.1, -3.5, 2.5, 2.939387691339814, -3.5, 1.0, -15.0, -3.5, -3.5, 2.5}},
	{"all of one time", 0, 1000, false, NONE, 3, {{500, 1.0}, {500, 4.0}, {500, 2.0}},
		{2.0, 1.0, 2.3333333333333335, 1.0, 4.0, 1.5275252316519468, 7.0, 3.0, NONE, 2.0,
			1.1, 3.8}},
	{"all of one time, the last holds on", 0, 1000, true, NONE, 3,
		{{500, 1.0}, {500, 4.0}, {500, 2.0}},
		{2.0, 1.0, 2.0, 1.0, 4.0, 0.0, 7.0, 3.0, NONE, 2.0, 2.0, 2.0}},
	{"all weights are zero", 0, 500, true, NONE, 3, {{500, 1.0}, {500, 4.0}, {500, 2.0}},
		{2.0, 1.0, 2.3333333333333335, 1.0, 4.0, 1.5275252316519468, 7.0, 3.0, NONE, 2.0,
			1.1, 3.8}},
	{"equal times within", 0, 1000, true, 3.0, 4,
		{{200, 5.0}, {200, 9.0}, {600, 1.0}, {600, 2.0}},
		{2.0, 3.0, 5.0, 1.0, 9.0, 3.286335345030997, 17.0, 4.0, -6.25, 3.0, 2.0, 9.0}},
	{"half the weight is reached exactly", 0, 1000, true, NONE, 3,
		{{0, 1.0}, {500, 3.0}, {1000, 2.0}},
		{2.0, 1.0, 2.0, 1.0, 3.0, 1.0, 6.0, 3.0, 1.0, 2.0, 1.0, 3.0}},
	{"a twentieth is reached exactly", 0, 1000, true, 7.0, 2, {{50, 5.0}, {950, 6.0}},
		{6.0, 7.0, 5.15, 5.0, 7.0, 0.47696960070847283, 11.0, 2.0, -0.08746355685131195,
			5.0, 5.0, 6.5}},
	{"noise upon 1e9", T, T + 5000, false, NONE, 5,
		{{T, 1000000000.125}, {T + 1000, 999999999.5}, {T + 2000, 1000000000.0625},
			{T + 3500, 1000000000.25}, {T + 5000, 999999999.125}},
		{999999999.125, 1000000000.125, 999999999.8125, 999999999.125, 1000000000.25,
			0.480071609241788, 4999999999.0625, 5.0, -0.10878164556962025,
			1000000000.0625, 999999999.2, 1000000000.225}},
	{"noise upon 1e9, weighted", T, T + 5000, true, 1000000000.5, 4,
		{{T + 1, 1000000000.125}, {T + 1000, 999999999.5}, {T + 2000, 1000000000.0625},
			{T + 3500, 1000000000.25}},
		{1000000000.25, 1000000000.5, 1000000000.018825, 999999999.5, 1000000000.5,
			0.2697023718379206, 3999999999.9375, 4.0, -0.007810545587510347,
			1000000000.09375, 999999999.5, 1000000000.25}},
	{"what is large cancels out", 0, 10, false, NONE, 3,
		{{0, -6.5e-05}, {2, 49744.375}, {4, 2e-17}},
		{2e-17, -6.5e-05, 16581.458311666665, -6.5e-05, 49744.375, 28719.928315683574,
			49744.374935, 3.0, 0.016250000000005, 2e-17, -5.849999999999799e-05,
			44769.9375}},
	{"a sum that is too large", 0, 10, false, NONE, 2, {{0, 1.5e+308}, {10, 1.25e+308}},
		{1.25e+308, 1.5e+308, 1.375e+308, 1.25e+308, 1.5e+308, 1.767766952966369e+307, NONE,
			2.0, NONE, 1.375e+308, 1.2625e+308, 1.4875e+308}},
	{"squares that are too large", 0, 10, false, NONE, 3,
		{{0, -1e+300}, {4, 2.5e+299}, {10, 1e+300}},
		{1e+300, -1e+300, 8.333333333333334e+298, -1e+300, 1e+300, 1.0103629710818451e+300,
			2.5e+299, 3.0, 1.9407894736842105e+302, 2.5e+299, -8.75e+299,
			9.250000000000001e+299}},
	{"squares that are too small", 0, 10, false, NONE, 3,
		{{0, -1e-200}, {4, 2.5e-250}, {10, 3e-200}},
		{3e-200, -1e-200, 6.666666666666667e-201, -1e-200, 3e-200, 2.0816659994661327e-200,
			2e-200, 3.0, 4.078947368421053e-198, 2.5e-250, -9e-201, 2.7e-200}},
	{"a large number that held for no time", 0, 10, true, NONE, 3,
		{{0, 1.0}, {4, 2.5}, {10, 1e+305}},
		{1e+305, 1.0, 1.9, 1.0, 1e+305, 0.7348469228349535, 1e+305, 3.0,
			1.0526315789473683e+307, 2.5, 1.0, 2.5}},
	{"a window that begins before all time", INT64_MIN, 1000, true, NONE, 2,
		{{-5000, 2.0}, {-1000, 4.0}},
		{4.0, 2.0, 2.6666666666666665, 2.0, 4.0, 0.9428090415820634, 6.0, 2.0, 0.5, 2.0,
			2.0, 4.0}},
};

static struct aggregate *new_aggregate(void)
{
	struct aggregate *a = NULL;

	assert_int_equal(aggregate_new(&a), 0);
	return a;
}

static void begin(struct aggregate *a, const struct window *w)
{
	aggregate_begin(a, w->from_ms, w->to_ms, w->is_weighted, isnan(w->held) ? NULL : &w->held);
	for (size_t i = 0; i < w->count; i++)
		assert_int_equal(aggregate_push(a, w->samples[i].time_ms, w->samples[i].number), 0);
}

static void check(struct aggregate *a, enum take take, double expected, const char *what)
{
	double got = 12345;
	bool is_there = aggregate_take(a, take, &got);

	if (is_there != !isnan(expected) ||
		(is_there && !(fabs(got - expected) <= 1e-14 * fabs(expected))))
		fail_msg(
			"%s: %s is %.17g, expected is %.17g", what, take_name(take), got, expected);
	if (!is_there)
		assert_float_equal(got, 12345, 0); /* left alone */
}

static void takes_what_an_exact_computation_gives(void **state)
{
	CLEANUP(aggregate_free) struct aggregate *a = new_aggregate();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		begin(a, &windows[i]);
		assert_int_equal(aggregate_count(a), windows[i].count);
		for (unsigned take = 0; take < TAKE_COUNT_OF; take++)
			check(a, (enum take)take, windows[i].expected[take], windows[i].what);
	}
}

/* Nothing that one take leaves behind changes another, nor a sample pushed after it. */
static void takes_in_any_order_and_after_each_sample(void **state)
{
	CLEANUP(aggregate_free) struct aggregate *a = new_aggregate();
	CLEANUP(aggregate_free) struct aggregate *fresh = new_aggregate();
	struct window w = windows[3]; /* weighted, with a held value */

	(void)state;
	aggregate_begin(a, w.from_ms, w.to_ms, w.is_weighted, &w.held);
	for (w.count = 1; w.count <= SAMPLES_MAX; w.count++) {
		assert_int_equal(aggregate_push(a, w.samples[w.count - 1].time_ms,
					 w.samples[w.count - 1].number),
			0);
		begin(fresh, &w);
		for (unsigned take = TAKE_COUNT_OF; take-- > 0;) {
			double expected = NONE;

			aggregate_take(fresh, (enum take)take, &expected);
			check(a, (enum take)take, expected, w.what);
		}
	}
}

/* The upper 31 bits of a linear congruential generator (Knuth, TAOCP 2, 3.3.4). */
static uint32_t next_random(uint64_t *x)
{
	*x = *x * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(*x >> 33);
}

/* 100,000 samples of noise upon 1e9, up to 19 ms apart. */
static void begin_many(struct aggregate *a, bool is_weighted)
{
	int64_t time_ms = T;
	double held = 1e9;
	uint64_t x = 1;

	aggregate_begin(a, T, T + 2000000, is_weighted, is_weighted ? &held : NULL);
	for (int i = 0; i < 100000; i++) {
		time_ms += next_random(&x) % 20;
		assert_int_equal(aggregate_push(a, time_ms, 1e9 + next_random(&x) / 0x1p31), 0);
	}
}

static void is_as_exact_with_many_samples_upon_a_large_constant(void **state)
{
	static const double plain[TAKE_COUNT_OF] = {1000000000.1260486, 1000000000.5094074,
		1000000000.4987212, 1000000000.0000036, 1000000000.9999917, 0.2885472672566939,
		100000000049872.12, 100000.0, 1.9069578966507635e-07, 1000000000.498316,
		1000000000.0493186, 1000000000.9490504},
			    weighted[TAKE_COUNT_OF] = {1000000000.1260486, 1000000000.0,
				    1000000000.3030275, 1000000000.0, 1000000000.9999917,
				    0.2724059346526095, 100000000049872.12, 100000.0,
				    2.2221476589355666e-07, 1000000000.1260486, 1000000000.1045783,
				    1000000000.8941518};
	CLEANUP(aggregate_free) struct aggregate *a = new_aggregate();

	(void)state;
	begin_many(a, false);
	for (unsigned take = 0; take < TAKE_COUNT_OF; take++)
		check(a, (enum take)take, plain[take], "many");
	begin_many(a, true);
	for (unsigned take = 0; take < TAKE_COUNT_OF; take++)
		check(a, (enum take)take, weighted[take], "many, weighted");
}

static void takes_have_names(void **state)
{
	static const char *const names[TAKE_COUNT_OF] = {"last", "first", "mean", "min", "max",
		"sd", "sum", "count", "slope", "median", "p05", "p95"};

	(void)state;
	for (int i = 0; i < TAKE_COUNT_OF; i++) {
		assert_string_equal(take_name((enum take)i), names[i]);
		assert_int_equal(take_find(names[i]), i);
	}
	assert_int_equal(take_find("average"), -1);
	assert_int_equal(take_find(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_an_exact_computation_gives),
		cmocka_unit_test(takes_in_any_order_and_after_each_sample),
		cmocka_unit_test(is_as_exact_with_many_samples_upon_a_large_constant),
		cmocka_unit_test(takes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
