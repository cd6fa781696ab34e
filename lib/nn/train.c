/* The training loop: shuffled mini-batches, Adam, early stopping. */
#include "lib/nn/train.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/nn/backprop.h"

#define WIDTH_MAX 65536u
#define PARAMETERS_MAX (1u << 26)
#define BATCH_MAX 65536u
#define VALIDATION_ROWS 64 /* at a time, at least */

enum { STREAM_WEIGHTS, STREAM_ORDER }; /* of the seed */

struct trainer {
	const struct nn_train_options *o;
	const struct nn_kernels *k;
	struct nn_matrix x, vx;
	const float *y, *vy;
	struct backprop *b;
	size_t count; /* of parameters */
	float *parameters, *gradient, *m, *v, *best;
	float *batch_x, *batch_y;
	uint32_t *order;
	struct rng rng;
	double beta1_t, beta2_t; /* beta^t */
};

void nn_train_defaults(struct nn_train_options *o)
{
	static const size_t hidden[] = {64, 64};

	*o = (struct nn_train_options){
		.hidden = hidden,
		.hidden_count = ARRAY_LEN(hidden),
		.batch = 32,
		.max_epochs = 200,
		.patience = 15,
		.learning_rate = 1e-3,
		.beta1 = 0.9,
		.beta2 = 0.999,
		.epsilon = 1e-8,
	};
}

size_t nn_parameter_count(size_t inputs, const size_t *hidden, size_t hidden_count)
{
	size_t count = 0, width = inputs;

	for (size_t i = 0; i <= hidden_count; i++) {
		const size_t outputs = i < hidden_count ? hidden[i] : 1;

		count += (width + 1) * outputs;
		width = outputs;
	}
	return count;
}

static int check_shape(size_t inputs, const size_t *hidden, size_t hidden_count, struct err *err)
{
	if (inputs == 0 || inputs > WIDTH_MAX)
		return err_set(err, -EINVAL, "training with %zu inputs, allowed are 1 to %u",
			inputs, WIDTH_MAX);
	for (size_t i = 0; i < hidden_count; i++)
		if (hidden[i] == 0 || hidden[i] > WIDTH_MAX)
			return err_set(err, -EINVAL,
				"hidden layer %zu is %zu wide, allowed are 1 to %u", i, hidden[i],
				WIDTH_MAX);
	if (nn_parameter_count(inputs, hidden, hidden_count) > PARAMETERS_MAX)
		return err_set(err, -EINVAL, "the network has %zu parameters, allowed are %u",
			nn_parameter_count(inputs, hidden, hidden_count), PARAMETERS_MAX);
	return 0;
}

static int check_options(const struct nn_train_options *o, struct err *err)
{
	const struct {
		const char *name, *allowed;
		double value;
		bool ok;
	} rules[] = {
		{"batch", "1 to 65536", (double)o->batch, o->batch >= 1 && o->batch <= BATCH_MAX},
		{"max_epochs", "1 and more", (double)o->max_epochs, o->max_epochs >= 1},
		{"learning_rate", "above 0", o->learning_rate,
			o->learning_rate > 0 && isfinite(o->learning_rate)},
		{"beta1", "0 to below 1", o->beta1, o->beta1 >= 0 && o->beta1 < 1},
		{"beta2", "0 to below 1", o->beta2, o->beta2 >= 0 && o->beta2 < 1},
		{"epsilon", "above 0", o->epsilon, o->epsilon > 0 && isfinite(o->epsilon)},
		{"weight_decay", "0 and more", o->weight_decay,
			o->weight_decay >= 0 && isfinite(o->weight_decay)},
	};

	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (!rules[i].ok)
			return err_set(err, -EINVAL, "training with %s %g, allowed is %s",
				rules[i].name, rules[i].value, rules[i].allowed);
	return 0;
}

static int check_rows(const char *what, struct nn_matrix x, const float *y, struct err *err)
{
	for (size_t r = 0; r < x.rows; r++) {
		for (size_t c = 0; c < x.columns; c++)
			if (!isfinite(x.v[r * x.columns + c]))
				return err_set(err, -EINVAL,
					"%s row %zu, column %zu is not a finite number", what, r,
					c);
		if (y[r] != 0 && y[r] != 1)
			return err_set(err, -EINVAL, "%s row %zu has label %g, allowed are 0 and 1",
				what, r, (double)y[r]);
	}
	return 0;
}

static int check_data(
	struct nn_matrix x, const float *y, struct nn_matrix vx, const float *vy, struct err *err)
{
	int r;

	if (x.rows == 0 || x.rows > UINT32_MAX)
		return err_set(err, -EINVAL, "training with %zu rows, allowed are 1 to %u", x.rows,
			UINT32_MAX);
	if (vx.rows && vx.columns != x.columns)
		return err_set(err, -EINVAL,
			"validation rows have %zu columns, training rows have %zu", vx.columns,
			x.columns);
	r = check_rows("training", x, y, err);
	return r < 0 ? r : check_rows("validation", vx, vy, err);
}

static void trainer_deinit_at(struct trainer *t)
{
	backprop_free(t->b);
	free(t->parameters);
	free(t->gradient);
	free(t->m);
	free(t->v);
	free(t->best);
	free(t->batch_x);
	free(t->batch_y);
	free(t->order);
}

static void begin_weights(struct trainer *t)
{
	struct rng rng;

	rng_init(&rng, t->o->seed, STREAM_WEIGHTS);
	for (size_t i = 0; i < backprop_layer_count(t->b); i++) {
		const struct backprop_layer *l = backprop_layer(t->b, i);
		const double limit = sqrt(6.0 / (double)(l->inputs + l->outputs));

		for (size_t j = l->weights; j < l->bias; j++)
			t->parameters[j] = (float)(limit * (2 * rng_uniform(&rng) - 1));
	}
}

static int trainer_init(struct trainer *t)
{
	const struct nn_train_options *o = t->o;
	const size_t batch = o->batch < t->x.rows ? o->batch : t->x.rows;
	const size_t rows = batch < VALIDATION_ROWS ? VALIDATION_ROWS : batch;

	if (backprop_new(&t->b, t->x.columns, o->hidden, o->hidden_count, rows) < 0)
		return -ENOMEM;
	t->count = backprop_parameter_count(t->b);
	t->parameters = calloc(t->count, sizeof(float));
	t->gradient = calloc(t->count, sizeof(float));
	t->m = calloc(t->count, sizeof(float));
	t->v = calloc(t->count, sizeof(float));
	t->best = calloc(t->count, sizeof(float));
	t->batch_x = calloc(batch * t->x.columns, sizeof(float));
	t->batch_y = calloc(batch, sizeof(float));
	t->order = calloc(t->x.rows, sizeof(*t->order));
	if (!t->parameters || !t->gradient || !t->m || !t->v || !t->best || !t->batch_x ||
		!t->batch_y || !t->order)
		return -ENOMEM;
	for (size_t i = 0; i < t->x.rows; i++)
		t->order[i] = (uint32_t)i;
	rng_init(&t->rng, o->seed, STREAM_ORDER);
	t->beta1_t = t->beta2_t = 1;
	begin_weights(t);
	return 0;
}

static void take_step(struct trainer *t)
{
	const struct nn_train_options *o = t->o;
	struct nn_adam s = {(float)o->beta1, (float)o->beta2, (float)o->epsilon, 0, 0, 1};

	t->beta1_t *= o->beta1;
	t->beta2_t *= o->beta2;
	s.step = (float)(o->learning_rate / (1 - t->beta1_t));
	s.v_scale = (float)(1 / sqrt(1 - t->beta2_t));
	for (size_t i = 0; i < backprop_layer_count(t->b); i++) {
		const struct backprop_layer *l = backprop_layer(t->b, i);
		const size_t from[] = {l->weights, l->bias};
		const size_t n[] = {l->inputs * l->outputs, l->outputs};

		for (size_t j = 0; j < 2; j++) {
			s.keep = j ? 1 : (float)(1 - o->learning_rate * o->weight_decay);
			t->k->adam(&s, n[j], t->gradient + from[j], t->parameters + from[j],
				t->m + from[j], t->v + from[j]);
		}
	}
}

/* The mean loss over the epoch, each batch before its step. */
static double train_epoch(struct trainer *t)
{
	const size_t columns = t->x.columns;
	double sum = 0;

	rng_shuffle(&t->rng, t->order, t->x.rows);
	for (size_t done = 0; done < t->x.rows;) {
		const size_t left = t->x.rows - done, n = left < t->o->batch ? left : t->o->batch;

		for (size_t i = 0; i < n; i++) {
			const size_t row = t->order[done + i];

			memcpy(t->batch_x + i * columns, t->x.v + row * columns,
				columns * sizeof(float));
			t->batch_y[i] = t->y[row];
		}
		sum += backprop_gradient(
			t->b, t->k, t->parameters, n, t->batch_x, t->batch_y, t->gradient);
		take_step(t);
		done += n;
	}
	return sum / (double)t->x.rows;
}

/* The mean loss over the validation rows, NAN without any. */
static double validate(struct trainer *t)
{
	const size_t most = backprop_rows(t->b);
	double sum = 0;

	for (size_t done = 0; done < t->vx.rows;) {
		const size_t left = t->vx.rows - done, n = left < most ? left : most;

		sum += backprop_loss(
			t->b, t->k, t->parameters, n, t->vx.v + done * t->vx.columns, t->vy + done);
		done += n;
	}
	return t->vx.rows ? sum / (double)t->vx.rows : NAN;
}

/* Trains until an end is reached; t->best then holds the weights that stay. */
static int train_epochs(struct trainer *t, struct nn_trained *trained, struct err *err)
{
	const struct nn_train_options *o = t->o;
	const bool early = o->patience > 0 && t->vx.rows > 0;

	for (size_t epoch = 1; epoch <= o->max_epochs; epoch++) {
		const double loss = train_epoch(t), validation = validate(t);

		if (!isfinite(loss) || (t->vx.rows && !isfinite(validation)))
			return err_set(err, -EINVAL,
				"training diverged in epoch %zu, its loss is not a finite number; "
				"the learning rate is %g, try a smaller one",
				epoch, o->learning_rate);
		trained->epochs = epoch;
		if (!early || epoch == 1 || validation < trained->best_loss) {
			trained->best_epoch = epoch;
			trained->best_loss = t->vx.rows ? validation : loss;
			memcpy(t->best, t->parameters, t->count * sizeof(*t->best));
		}
		if (o->epoch && o->epoch(o->owner, epoch, loss, validation))
			break;
		if (early && epoch - trained->best_epoch >= o->patience)
			break;
	}
	return 0;
}

static int best_program(struct nn_program **out, const struct trainer *t, struct err *err)
{
	const size_t count = backprop_layer_count(t->b);
	struct nn_layer *layers = calloc(count, sizeof(*layers));
	int r;

	if (!layers)
		return err_set(err, -ENOMEM, "no memory for %zu layers", count);
	for (size_t i = 0; i < count; i++) {
		const struct backprop_layer *l = backprop_layer(t->b, i);

		layers[i] = (struct nn_layer){
			.inputs = l->inputs,
			.outputs = l->outputs,
			.weights = t->best + l->weights,
			.bias = t->best + l->bias,
			.activation = i + 1 < count ? NN_RELU : NN_SIGMOID,
		};
	}
	r = nn_program_new(out, layers, count, NULL, NULL, err);
	free(layers);
	return r;
}

int nn_train(struct nn_trained *out, const struct nn_train_options *o, const struct nn_kernels *k,
	struct nn_matrix x, const float *y, struct nn_matrix vx, const float *vy, struct err *err)
{
	CLEANUP(trainer_deinit)
	struct trainer t = {.o = o, .k = k, .x = x, .y = y, .vx = vx, .vy = vy};
	struct nn_trained trained = {0};
	int r = check_options(o, err);

	if (r == 0)
		r = check_shape(x.columns, o->hidden, o->hidden_count, err);
	if (r == 0)
		r = check_data(x, y, vx, vy, err);
	if (r < 0)
		return r;
	if (trainer_init(&t) < 0)
		return err_set(err, -ENOMEM, "no memory to train %zu parameters on %zu rows",
			nn_parameter_count(x.columns, o->hidden, o->hidden_count), x.rows);
	r = train_epochs(&t, &trained, err);
	if (r == 0)
		r = best_program(&trained.program, &t, err);
	if (r == 0)
		*out = trained;
	return r;
}

int nn_loss_gradient(double *loss, float *gradient, const float *parameters, const size_t *hidden,
	size_t hidden_count, const struct nn_kernels *k, struct nn_matrix x, const float *y)
{
	CLEANUP(backprop_free) struct backprop *b = NULL;
	int r;

	if (x.rows == 0 || check_shape(x.columns, hidden, hidden_count, NULL) < 0)
		return -EINVAL;
	r = backprop_new(&b, x.columns, hidden, hidden_count, x.rows);
	if (r < 0)
		return r;
	*loss = backprop_gradient(b, k, parameters, x.rows, x.v, y, gradient) / (double)x.rows;
	return 0;
}
