/* Backpropagation against finite differences, and training as a whole. */
#include "lib/nn/train.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

#define WIDEST 80

static void for_each_set(void (*check)(const struct nn_kernels *k))
{
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++)
		if (nn_kernels_choose((*k)->name, NULL))
			check(*k);
}

/* The mean loss from its definition, in double. */
static double loss_in_double(const double *parameters, const size_t *hidden, size_t hidden_count,
	struct nn_matrix x, const float *y)
{
	double sum = 0;

	for (size_t r = 0; r < x.rows; r++) {
		const double *p = parameters;
		double from[WIDEST], to[WIDEST];
		size_t inputs = x.columns;

		for (size_t i = 0; i < inputs; i++)
			from[i] = (double)x.v[r * inputs + i];
		for (size_t l = 0; l <= hidden_count; l++) {
			const size_t outputs = l < hidden_count ? hidden[l] : 1;

			for (size_t o = 0; o < outputs; o++) {
				to[o] = p[inputs * outputs + o];
				for (size_t i = 0; i < inputs; i++)
					to[o] += p[o * inputs + i] * from[i];
				if (l < hidden_count && to[o] < 0)
					to[o] = 0;
			}
			p += (inputs + 1) * outputs;
			inputs = outputs;
			memcpy(from, to, sizeof(from));
		}
		sum += y[r] != 0 ? log1p(exp(-from[0])) : from[0] + log1p(exp(-from[0]));
	}
	return sum / (double)x.rows;
}

static void check_gradient_of(const struct nn_kernels *k, size_t inputs, const size_t *hidden,
	size_t hidden_count, size_t rows)
{
	const size_t count = nn_parameter_count(inputs, hidden, hidden_count);
	const double h = 1e-6;
	float *x = malloc(rows * inputs * sizeof(*x)), *y = malloc(rows * sizeof(*y));
	float *p = malloc(count * sizeof(*p)), *gradient = malloc(count * sizeof(*gradient));
	double *exact = calloc(count, sizeof(*exact)), loss = 0;
	struct rng rng;

	assert_true(x && y && p && gradient && exact);
	rng_init(&rng, 11, 0);
	for (size_t i = 0; i < rows * inputs; i++)
		x[i] = (float)rng_normal(&rng);
	for (size_t i = 0; i < rows; i++)
		y[i] = (float)rng_below(&rng, 2);
	for (size_t i = 0; i < count; i++)
		exact[i] = (double)(p[i] = (float)(0.4 * rng_normal(&rng)));
	const struct nn_matrix m = {rows, inputs, x};

	assert_int_equal(nn_loss_gradient(&loss, gradient, p, hidden, hidden_count, k, m, y), 0);
	assert_true(fabs(loss - loss_in_double(exact, hidden, hidden_count, m, y)) < 1e-6);
	for (size_t i = 0; i < count; i++) {
		const double at = exact[i];
		double up, down, slope;

		exact[i] = at + h;
		up = loss_in_double(exact, hidden, hidden_count, m, y);
		exact[i] = at - h;
		down = loss_in_double(exact, hidden, hidden_count, m, y);
		exact[i] = at;
		slope = (up - down) / (2 * h);
		if (fabs((double)gradient[i] - slope) > 2e-6 + 1e-4 * fabs(slope))
			fail_msg("%s: slope %zu is %g, finite differences say %g", k->name, i,
				(double)gradient[i], slope);
	}
	free(x);
	free(y);
	free(p);
	free(gradient);
	free(exact);
}

static void check_gradient(const struct nn_kernels *k)
{
	static const size_t usual[] = {16, 16}, odd[] = {9, 5, 3}, one[] = {1}, wide[] = {70};

	check_gradient_of(k, 8, usual, 2, 32);
	check_gradient_of(k, 7, odd, 3, 5);
	check_gradient_of(k, 1, one, 1, 1);
	check_gradient_of(k, 3, wide, 1, 33);
	check_gradient_of(k, 4, NULL, 0, 6);
}

static void the_gradient_agrees_with_finite_differences(void **state)
{
	(void)state;
	for_each_set(check_gradient);
}

static void the_loss_stays_finite_for_any_logit(void **state)
{
	const float x[2] = {1e30f, -1e30f}, y[2] = {0, 1}, p[2] = {1, 0};
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);
	float gradient[2];
	double loss;

	(void)state;
	assert_int_equal(
		nn_loss_gradient(&loss, gradient, p, NULL, 0, k, (struct nn_matrix){2, 1, x}, y),
		0);
	assert_true(isfinite(loss) && loss > 9e29);
	assert_true(isfinite(gradient[0]) && isfinite(gradient[1]));
}

/* Two inputs, four clouds: the class is whether their signs differ. */
struct clouds {
	float x[400 * 2], y[400];
};

static struct nn_matrix clouds_make(struct clouds *c, size_t rows, uint64_t seed)
{
	struct rng rng;

	rng_init(&rng, seed, 0);
	for (size_t i = 0; i < rows; i++) {
		const int a = (int)rng_below(&rng, 2), b = (int)rng_below(&rng, 2);

		c->x[i * 2] = (float)(2 * a - 1 + 0.2 * rng_normal(&rng));
		c->x[i * 2 + 1] = (float)(2 * b - 1 + 0.2 * rng_normal(&rng));
		c->y[i] = (float)(a ^ b);
	}
	return (struct nn_matrix){rows, 2, c->x};
}

static const struct nn_matrix nothing = {0, 0, NULL};

static void check_xor(const struct nn_kernels *k)
{
	static const size_t hidden[] = {16, 16};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	static struct clouds train, test;
	const struct nn_matrix x = clouds_make(&train, 400, 1), t = clouds_make(&test, 200, 2);
	struct nn_train_options o;
	struct nn_trained trained;
	float y[200];
	size_t right = 0;

	nn_train_defaults(&o);
	o.hidden = hidden;
	o.max_epochs = 60;
	o.learning_rate = 5e-3;
	assert_int_equal(nn_train(&trained, &o, k, x, train.y, nothing, NULL, NULL), 0);
	p = trained.program;
	assert_int_equal(trained.epochs, 60);
	assert_int_equal(trained.best_epoch, 60);
	assert_true(trained.best_loss < 0.05);
	assert_null(nn_program_mean(p));
	assert_int_equal(nn_scratch_new(&s, p, 32), 0);
	nn_run_rows(p, k, s, t.rows, t.v, y);
	for (size_t i = 0; i < t.rows; i++)
		right += (y[i] >= 0.5f) == (test.y[i] != 0);
	assert_true(right >= 198);
}

static void learns_what_no_straight_line_separates(void **state)
{
	(void)state;
	for_each_set(check_xor);
}

static void assert_same_weights(const struct nn_program *a, const struct nn_program *b, bool same)
{
	bool equal = true;

	for (size_t i = 0; i < nn_program_layer_count(a); i++) {
		struct nn_layer la, lb;

		nn_program_layer(a, i, &la);
		nn_program_layer(b, i, &lb);
		equal = equal &&
			!memcmp(la.weights, lb.weights, la.inputs * la.outputs * sizeof(float)) &&
			!memcmp(la.bias, lb.bias, la.outputs * sizeof(float));
	}
	assert_int_equal(equal, same);
}

static void check_seed(const struct nn_kernels *k)
{
	static struct clouds train, other;
	const struct nn_matrix x = clouds_make(&train, 130, 1), v = clouds_make(&other, 50, 2);
	struct nn_train_options o;
	struct nn_trained t[3];

	nn_train_defaults(&o);
	o.max_epochs = 5;
	for (size_t i = 0; i < 3; i++) {
		o.seed = i == 2;
		assert_int_equal(nn_train(&t[i], &o, k, x, train.y, v, other.y, NULL), 0);
	}
	assert_same_weights(t[0].program, t[1].program, true);
	assert_same_weights(t[0].program, t[2].program, false);
	assert_true(t[0].best_loss == t[1].best_loss);
	for (size_t i = 0; i < 3; i++)
		nn_program_free(t[i].program);
}

static void a_seed_gives_the_same_bits_again(void **state)
{
	(void)state;
	for_each_set(check_seed);
}

static void a_seed_says_where_the_weights_begin(void **state)
{
	const float x[2] = {1, 2}, y[1] = {1};
	struct nn_train_options o;
	struct nn_trained t[2];

	(void)state;
	nn_train_defaults(&o);
	o.max_epochs = 1;
	/* One row has one order. */
	for (size_t i = 0; i < 2; i++) {
		o.seed = i;
		assert_int_equal(nn_train(&t[i], &o, nn_kernels_choose(NULL, NULL),
					 (struct nn_matrix){1, 2, x}, y, nothing, NULL, NULL),
			0);
	}
	assert_same_weights(t[0].program, t[1].program, false);
	for (size_t i = 0; i < 2; i++)
		nn_program_free(t[i].program);
}

struct watch {
	double validation[100];
	size_t epochs, stop_at;
};

static bool watch_epoch(void *owner, size_t epoch, double train_loss, double validation_loss)
{
	struct watch *w = owner;

	assert_int_equal(epoch, w->epochs + 1);
	assert_true(isfinite(train_loss));
	w->validation[w->epochs++] = validation_loss;
	return epoch == w->stop_at;
}

/* The mean loss of a program, from its probabilities. */
static double loss_of(
	const struct nn_program *p, const struct nn_kernels *k, struct nn_matrix x, const float *y)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	double sum = 0;

	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	for (size_t i = 0; i < x.rows; i++) {
		float q;

		nn_run_row(p, k, s, x.v + i * x.columns, &q);
		sum -= log(y[i] != 0 ? (double)q : 1 - (double)q);
	}
	return sum / (double)x.rows;
}

static void early_stopping_brings_the_best_weights_back(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	const struct nn_kernels *k = nn_kernels_choose(NULL, NULL);
	static struct clouds train, other;
	const struct nn_matrix x = clouds_make(&train, 40, 1), v = clouds_make(&other, 100, 2);
	struct watch w = {.stop_at = 0};
	struct nn_train_options o;
	struct nn_trained t;
	size_t best = 0;

	(void)state;
	/* Labels by chance: what is learnt of them makes the validation loss worse. */
	for (size_t i = 0; i < 40; i++)
		train.y[i] = (float)(i * 7 % 3 == 0);
	nn_train_defaults(&o);
	o.learning_rate = 1e-2;
	o.max_epochs = 100;
	o.patience = 5;
	o.epoch = watch_epoch;
	o.owner = &w;
	assert_int_equal(nn_train(&t, &o, k, x, train.y, v, other.y, NULL), 0);
	p = t.program;
	for (size_t i = 0; i < w.epochs; i++)
		if (w.validation[i] < w.validation[best])
			best = i;
	assert_true(t.epochs < 100);
	assert_int_equal(t.epochs, w.epochs);
	assert_int_equal(t.best_epoch, best + 1);
	assert_int_equal(t.epochs, t.best_epoch + 5);
	assert_true(t.best_loss == w.validation[best]);
	assert_true(fabs(loss_of(p, k, v, other.y) - t.best_loss) < 1e-5);
	assert_true(w.validation[w.epochs - 1] > t.best_loss + 1e-3);
}

static void the_caller_may_stop_it(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	static struct clouds train;
	const struct nn_matrix x = clouds_make(&train, 40, 1);
	struct watch w = {.stop_at = 3};
	struct nn_train_options o;
	struct nn_trained t;

	(void)state;
	nn_train_defaults(&o);
	o.epoch = watch_epoch;
	o.owner = &w;
	assert_int_equal(
		nn_train(&t, &o, nn_kernels_choose(NULL, NULL), x, train.y, nothing, NULL, NULL),
		0);
	p = t.program;
	assert_int_equal(t.epochs, 3);
	assert_true(isnan(w.validation[0]));
}

static void weight_decay_makes_weights_smaller(void **state)
{
	static struct clouds train;
	const struct nn_matrix x = clouds_make(&train, 200, 1);
	struct nn_train_options o;
	double size[2] = {0};

	(void)state;
	nn_train_defaults(&o);
	o.max_epochs = 20;
	for (size_t i = 0; i < 2; i++) {
		struct nn_trained t;
		struct nn_layer l;

		o.weight_decay = i ? 1.0 : 0;
		assert_int_equal(nn_train(&t, &o, nn_kernels_choose(NULL, NULL), x, train.y,
					 nothing, NULL, NULL),
			0);
		nn_program_layer(t.program, 1, &l);
		for (size_t j = 0; j < l.inputs * l.outputs; j++)
			size[i] += (double)(l.weights[j] * l.weights[j]);
		nn_program_free(t.program);
	}
	assert_true(size[1] < 0.9 * size[0]);
}

static void refused(const struct nn_train_options *o, struct nn_matrix x, const float *y,
	struct nn_matrix vx, const float *vy, const char *text)
{
	struct nn_trained t = {.epochs = 77};
	struct err err = {""};

	assert_int_equal(
		nn_train(&t, o, nn_kernels_choose(NULL, NULL), x, y, vx, vy, &err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_int_equal(t.epochs, 77);
}

static void options_that_do_not_serve_are_refused(void **state)
{
	static const size_t hidden[] = {64, 0};
	const float v[4] = {1, 2, 3, 4}, y[2] = {0, 1};
	const struct nn_matrix x = {2, 2, v};
	struct nn_train_options o;

	(void)state;
	nn_train_defaults(&o);
	o.batch = 0;
	refused(&o, x, y, nothing, NULL, "training with batch 0, allowed is 1 to 65536");
	nn_train_defaults(&o);
	o.max_epochs = 0;
	refused(&o, x, y, nothing, NULL, "training with max_epochs 0, allowed is 1 and more");
	nn_train_defaults(&o);
	o.learning_rate = -1;
	refused(&o, x, y, nothing, NULL, "training with learning_rate -1, allowed is above 0");
	nn_train_defaults(&o);
	o.beta2 = 1;
	refused(&o, x, y, nothing, NULL, "training with beta2 1, allowed is 0 to below 1");
	nn_train_defaults(&o);
	o.hidden = hidden;
	refused(&o, x, y, nothing, NULL, "hidden layer 1 is 0 wide, allowed are 1 to 65536");
}

static void data_that_does_not_serve_is_refused(void **state)
{
	const float v[6] = {1, 2, 3, 4, 5, 6}, bad[4] = {1, 2, 3, NAN}, y[2] = {0, 1};
	const float half[2] = {1, 0.5f};
	const struct nn_matrix x = {2, 2, v};
	struct nn_train_options o;

	(void)state;
	nn_train_defaults(&o);
	refused(&o, nothing, NULL, nothing, NULL, "training with 0 inputs, allowed are 1 to 65536");
	refused(&o, (struct nn_matrix){0, 2, v}, y, nothing, NULL,
		"training with 0 rows, allowed are 1 to 4294967295");
	refused(&o, (struct nn_matrix){2, 2, bad}, y, nothing, NULL,
		"training row 1, column 1 is not a finite number");
	refused(&o, x, half, nothing, NULL, "training row 1 has label 0.5, allowed are 0 and 1");
	refused(&o, x, y, x, half, "validation row 1 has label 0.5, allowed are 0 and 1");
	refused(&o, x, y, (struct nn_matrix){2, 3, v}, y,
		"validation rows have 3 columns, training rows have 2");
}

static void a_loss_beyond_all_numbers_is_said(void **state)
{
	static struct clouds train;
	const struct nn_matrix x = clouds_make(&train, 200, 1);
	struct nn_train_options o;

	(void)state;
	nn_train_defaults(&o);
	o.learning_rate = 1e30;
	refused(&o, x, train.y, nothing, NULL,
		"training diverged in epoch 1, its loss is not a finite number; the learning rate "
		"is 1e+30, try a smaller one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_gradient_agrees_with_finite_differences),
		cmocka_unit_test(the_loss_stays_finite_for_any_logit),
		cmocka_unit_test(learns_what_no_straight_line_separates),
		cmocka_unit_test(a_seed_gives_the_same_bits_again),
		cmocka_unit_test(a_seed_says_where_the_weights_begin),
		cmocka_unit_test(early_stopping_brings_the_best_weights_back),
		cmocka_unit_test(the_caller_may_stop_it),
		cmocka_unit_test(weight_decay_makes_weights_smaller),
		cmocka_unit_test(options_that_do_not_serve_are_refused),
		cmocka_unit_test(data_that_does_not_serve_is_refused),
		cmocka_unit_test(a_loss_beyond_all_numbers_is_said),
	};

	return cmocka_run_group_tests_name("nn_train", tests, NULL, NULL);
}
