/* A plan's parts by name, and what its sources feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feature/routes.h"
#include "tests/unit/feature/line.h"

static void finds_its_parts_by_name(void **state)
{
	struct plan p;

	(void)state;
	test_plan(&p);
	assert_int_equal(plan_find_source(&p, "lab"), LAB);
	assert_int_equal(plan_find_source(&p, "la"), -1);
	assert_int_equal(plan_find_lot(&p, "glue"), GLUE);
	assert_int_equal(plan_find_lot(&p, "lab"), -1);
	assert_int_equal(plan_find_feature(&p, "speed"), SPEED);
	assert_int_equal(plan_find_feature(&p, ""), -1);
	plan_deinit(&p);
	assert_int_equal(p.feature_count, 0);
	assert_int_equal(plan_find_source(&p, "lab"), -1);
}

static void routes_lead_from_fields_to_those_who_want_them(void **state)
{
	struct routes r;
	struct plan p;

	(void)state;
	test_plan(&p);
	assert_int_equal(routes_init(&r, &p), 0);
	assert_int_equal(r.unit_slots, 5);
	assert_int_equal(r.lot_slots, 3);
	assert_int_equal(r.slots[RESIN_ID], NO_SLOT);
	assert_int_equal(r.unit_features[r.slots[SPEED]], SPEED);
	assert_int_equal(r.lot_features[r.slots[GRIT]], GRIT);
	assert_int_equal(r.sources[START].count, 4); /* both lots, type, thickness */
	assert_string_equal(r.sources[START].v[0].at.name, "lot");
	assert_int_equal(r.sources[START].v[0].lots.count, 1);
	assert_int_equal(r.sources[START].v[0].lots.v[0], RESIN);
	assert_int_equal(r.sources[END].count, 1);
	assert_int_equal(r.sources[END].v[0].features.v[0], ENERGY);
	routes_deinit(&r);
	plan_deinit(&p);
}

static void one_field_that_two_features_want_is_looked_up_once(void **state)
{
	struct routes r;
	struct plan p;

	(void)state;
	test_plan(&p);
	free(p.features[SPEED].field);
	p.features[SPEED].field = strdup("temp");
	assert_int_equal(routes_init(&r, &p), 0);
	assert_int_equal(r.sources[PROC].count, 1);
	assert_int_equal(r.sources[PROC].v[0].features.count, 2);
	routes_deinit(&r);
	plan_deinit(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_its_parts_by_name),
		cmocka_unit_test(routes_lead_from_fields_to_those_who_want_them),
		cmocka_unit_test(one_field_that_two_features_want_is_looked_up_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
