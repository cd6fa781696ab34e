/* From a table to a model file, and a table through it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/evaluate.h"
#include "lib/learn/training.h"
#include "tests/unit/learn/example_table.h"

static const struct nn_kernels *kernels(void)
{
	return nn_kernels_choose(NULL, NULL);
}

static struct training_options options(uint64_t seed)
{
	return (struct training_options){
		.data = {.label = "bad", .unit = "serial", .held_out = 0.2, .seed = seed},
		.kernels = kernels(),
	};
}

/* One training that most tests look at. */
static struct {
	struct table *table;
	struct training result;
	struct model *model;
} trained;

static int train_once(void **state)
{
	const struct training_options o = options(1);

	(void)state;
	trained.table = example_table();
	if (training_run(&trained.result, trained.table, &o, NULL) != 0)
		return -1;
	return model_parse(&trained.model, trained.result.model.data, trained.result.model.len,
		kernels(), NULL);
}

static int forget(void **state)
{
	(void)state;
	model_free(trained.model);
	training_deinit(&trained.result);
	table_free(trained.table);
	return 0;
}

static void learns_what_makes_a_defect(void **state)
{
	const struct metrics *m = &trained.result.metrics;

	(void)state;
	assert_int_equal(m->rows, 80);
	assert_int_equal(m->tp + m->fp + m->tn + m->fn, 80);
	assert_true(m->roc_auc > 0.95);
	assert_true(m->f1 > 0.8);
	assert_true(m->accuracy > m->majority_accuracy);
}

static void the_same_table_and_seed_give_the_same_bytes(void **state)
{
	CLEANUP(training_deinit) struct training again = {0};
	const struct training_options o = options(1);

	(void)state;
	assert_int_equal(training_run(&again, trained.table, &o, NULL), 0);
	assert_int_equal(again.model.len, trained.result.model.len);
	assert_memory_equal(again.model.data, trained.result.model.data, again.model.len);
}

static void another_seed_gives_another_network(void **state)
{
	const struct dataset *d = trained.result.dataset;
	struct nn_layer first, second;
	struct classic a, b;

	(void)state;
	assert_int_equal(classic_train(&a, d, 1, kernels(), NULL, NULL, NULL), 0);
	assert_int_equal(classic_train(&b, d, 2, kernels(), NULL, NULL, NULL), 0);
	nn_program_layer(a.program, 0, &first);
	nn_program_layer(b.program, 0, &second);
	assert_memory_not_equal(first.weights, second.weights, 64 * sizeof(float));
	nn_program_free(a.program);
	nn_program_free(b.program);
}

static void the_threshold_is_chosen_between_defects_and_good_units(void **state)
{
	const double threshold = trained.result.threshold;

	(void)state;
	assert_true(threshold > 0.05 && threshold < 0.95);
	assert_float_not_equal(threshold, 0.5, 0);
}

static void the_model_wants_the_columns_it_learned_from(void **state)
{
	static const char *const names[] = {"type", "torque_nm", "wear"};

	(void)state;
	assert_int_equal(model_feature_count(trained.model), ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(model_features(trained.model)[i].name, names[i]);
	assert_true(model_features(trained.model)[0].is_text);
	assert_float_equal(model_threshold(trained.model), trained.result.threshold, 0);
}

static void the_model_says_where_it_came_from(void **state)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct evaluate_origin origin;
	const char *text = model_training(trained.model);

	(void)state;
	assert_int_equal(json_parse(&tree, text, strlen(text), 0, NULL), 0);
	assert_string_equal(json_at(tree, "/recipe")->valuestring, "classic");
	assert_int_equal(json_at(tree, "/rows")->valueint, 400);
	assert_int_equal(json_at(tree, "/train_rows")->valueint, 320);
	assert_int_equal(json_at(tree, "/seed")->valueint, 1);
	assert_string_equal(json_at(tree, "/data_sha256")->valuestring, trained.table->sha256);
	assert_float_equal(json_at(tree, "/metrics/f1")->valuedouble, trained.result.metrics.f1, 0);

	assert_int_equal(arena_new(&memory, 256), 0);
	assert_int_equal(evaluate_origin_of(&origin, trained.model, memory), 0);
	assert_string_equal(origin.label, "bad");
	assert_string_equal(origin.positive, "1");
	assert_string_equal(origin.unit, "serial");
}

static void the_figures_are_those_of_the_finished_model(void **state)
{
	const struct dataset *d = trained.result.dataset;
	struct model_score score[400];
	struct metrics m;
	double p[80];

	(void)state;
	assert_int_equal(evaluate_scores(score, trained.model, kernels(), trained.table, NULL), 0);
	for (size_t i = 0; i < 80; i++)
		p[i] = score[d->table_row[320 + i]].p_defect;
	assert_int_equal(metrics_compute(&m, 80, p, d->y + 320, model_threshold(trained.model)), 0);
	assert_int_equal(m.tp, trained.result.metrics.tp);
	assert_int_equal(m.fp, trained.result.metrics.fp);
	assert_float_equal(m.roc_auc, trained.result.metrics.roc_auc, 1e-9);
	assert_float_equal(m.brier, trained.result.metrics.brier, 1e-6);
}

struct seen {
	size_t calls, stage;
	bool in_order;
};

static void on_epoch(void *owner, const struct classic_progress *p)
{
	struct seen *seen = owner;

	seen->in_order &= p->stage == seen->stage ? p->epoch > 1 : p->epoch == 1;
	seen->in_order &= p->stage >= seen->stage && p->epoch <= p->max_epochs;
	seen->in_order &= isnan(p->validation_loss) == (p->stage == CLASSIC_STAGES);
	seen->stage = p->stage;
	seen->calls++;
}

static void tells_of_every_epoch(void **state)
{
	CLEANUP(training_deinit) struct training t = {0};
	struct training_options o = options(3);
	struct seen seen = {.in_order = true};

	(void)state;
	o.progress = on_epoch;
	o.owner = &seen;
	assert_int_equal(training_run(&t, trained.table, &o, NULL), 0);
	assert_true(seen.in_order);
	assert_int_equal(seen.stage, CLASSIC_STAGES);
	assert_true(seen.calls > 5 * 15);
}

static void trains_on_the_fewest_rows_allowed(void **state)
{
	CLEANUP(training_deinit) struct training t = {0};
	struct training_options o = options(1);

	(void)state;
	TABLE_OF(few, "x,bad\n1,1\n2,1\n3,0\n4,0\n5,0\n6,0\n7,0\n8,0\n9,0\n10,0\n11,0\n12,0\n13,0\n"
		      "14,0\n15,0\n16,0\n17,0\n18,0\n19,0\n20,0\n");
	o.data.unit = NULL;
	assert_int_equal(training_run(&t, few, &o, NULL), 0);
	assert_int_equal(t.metrics.positives, 1);
	assert_true(t.threshold > 0 && t.threshold < 1);
}

static void names_all_columns_that_are_missing(void **state)
{
	struct model_score score[1];
	struct err err;

	(void)state;
	TABLE_OF(t, "Torque [Nm],x\n1,2\n");
	assert_int_equal(evaluate_scores(score, trained.model, kernels(), t, &err), -EINVAL);
	assert_string_equal(err.text, "there is no column type, wear, which the model wants");
}

static void refuses_a_text_where_the_model_wants_a_number(void **state)
{
	struct model_score score[2];
	struct err err;

	(void)state;
	TABLE_OF(t, "type,torque_nm,wear\nL,41.5,3\nK,high,3\n");
	assert_int_equal(evaluate_scores(score, trained.model, kernels(), t, &err), -EINVAL);
	assert_string_equal(
		err.text, "line 3: column torque_nm is \"high\", and the model wants a number");
}

static void reads_numbers_as_texts_where_the_model_wants_texts(void **state)
{
	struct model_score score[2];

	(void)state;
	TABLE_OF(t, "type,torque_nm,wear\n7,60,3\n8,60,3\n");
	TABLE_OF(known, "type,torque_nm,wear\nL,60,3\nK,60,3\n");
	assert_int_equal(evaluate_scores(score, trained.model, kernels(), t, NULL), 0);
	assert_true(score[0].new_category);
	assert_int_equal(evaluate_scores(score, trained.model, kernels(), known, NULL), 0);
	assert_false(score[0].new_category);
	assert_true(score[0].p_defect > 0.9);
	assert_true(score[1].p_defect < 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_what_makes_a_defect),
		cmocka_unit_test(the_same_table_and_seed_give_the_same_bytes),
		cmocka_unit_test(another_seed_gives_another_network),
		cmocka_unit_test(the_threshold_is_chosen_between_defects_and_good_units),
		cmocka_unit_test(the_model_wants_the_columns_it_learned_from),
		cmocka_unit_test(the_model_says_where_it_came_from),
		cmocka_unit_test(the_figures_are_those_of_the_finished_model),
		cmocka_unit_test(tells_of_every_epoch),
		cmocka_unit_test(trains_on_the_fewest_rows_allowed),
		cmocka_unit_test(names_all_columns_that_are_missing),
		cmocka_unit_test(refuses_a_text_where_the_model_wants_a_number),
		cmocka_unit_test(reads_numbers_as_texts_where_the_model_wants_texts),
	};

	return cmocka_run_group_tests(tests, train_once, forget);
}
