/* A model: everything between the raw features of a unit and the probability of a defect.
 *
 * Encoder (raw features -> inputs: numbers with mean imputation, derived numbers, one-hot columns,
 * flags for what is missing), the network, the threshold, classes, and where it came from. On disk
 * it is one ONNX file (DESIGN 6): scaling is in the graph, the rest in metadata_props.
 * A file of another program may lack some or all of the latter: it loads, and its network can be
 * run on inputs as they are; model_check_usable says what it lacks to score units.
 * Models are immutable; several threads may score with one, each with a scratch of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/base/json.h"
#include "lib/base/value.h"
#include "lib/nn/program.h"

#define MODEL_BYTES_MAX (64u << 20) /* the default limit of a file */

/* One element of the vector that goes into the graph, in vector order. */
enum model_input_kind {
	MODEL_INPUT_NUMBER,     /* the raw feature, or `missing` in its place */
	MODEL_INPUT_ONE_HOT,    /* 1 when the text is among `texts`, else 0 */
	MODEL_INPUT_IS_MISSING, /* 1 when the raw feature is missing, else 0 */
	MODEL_INPUT_DERIVED,    /* a number made of raw features, or `missing` in its place */
};

struct model_input {
	enum model_input_kind kind;
	const char *name;         /* of the input, unique: "torque", "type=L", "x is missing" */
	const char *from;         /* the raw feature; "" of a derived one */
	const char *derive;       /* expression.h; NULL but for a derived one */
	const char *const *texts; /* one-hot: one or more */
	size_t text_count;
	double missing; /* what stands in for a missing number (the mean, or a given number) */
	bool missing_is_mean;
	/* Statistics; NAN where the file has none. A scaler only with `is_scaled`: the graph has
	 * none itself and gets (x - mean) / sd. */
	double mean, sd, min, max;
	bool is_scaled;
	const char *unit; /* of measurement, may be "" */
};

/* A raw feature the model wants: the distinct features that its inputs are made of, in order of
 * appearance. */
struct model_feature {
	const char *name;
	bool is_text;   /* some input takes it as a text */
	bool is_number; /* some input takes it as a number; never both, perhaps neither */
};

/* What a new model is made of; all is copied. */
struct model_parts {
	const struct nn_program *program; /* with its input scaling; ends in one sigmoid output */
	const struct model_input *inputs; /* [nn_program_inputs(program)] */
	double threshold;
	const char *training; /* JSON text for defectd.training, may be NULL */
	size_t selftest_rows; /* rows of selftest_x [rows][inputs], unscaled */
	const float *selftest_x;
};

struct model;

/* Appends the bytes of an ONNX file for these parts. The same parts give the same bytes. What
 * would not load is refused. The caller owns the buffer, which is untouched on failure.
 * -EINVAL, -ENOMEM. */
struct buf;
MUST_CHECK int model_save(struct buf *out, const struct model_parts *parts,
	const struct nn_kernels *k, struct err *err);

/* Loads and trusts nothing: sizes are checked before memory is taken, the graph must be one that
 * can be run (else refused, naming node and operator), weights finite, what the file says of its
 * inputs sound, and the self-test rows give what they should. Other metadata that does not hold (a
 * key of ours that is unknown too) leaves the model unusable for scoring. `limit_bytes` bounds the
 * file together with external data. External data is looked for in the folder of `path`
 * (model_parse: refused); the hash is then of the file with all of it packed in. -EINVAL (refused,
 * with the reason), -ENOENT and other errno of opening, -EFBIG, -ENOMEM. */
MUST_CHECK int model_load(struct model **out, const char *path, size_t limit_bytes,
	const struct nn_kernels *k, struct err *err);
MUST_CHECK int model_parse(struct model **out, const void *bytes, size_t len,
	const struct nn_kernels *k, struct err *err);
void model_free(struct model *m); /* NULL is fine */
/* One more owner: each calls model_free. In one thread at a time. */
struct model *model_share(const struct model *m);
CLEANUP_FOR(struct model, model_free)

/* Can it score units: does it say how raw features become its inputs, has it a threshold, and is
 * its output a probability? Every model that scores (champion, challenger, predict) was asked
 * this. -EINVAL with the first thing that is in the way. */
MUST_CHECK int model_check_usable(const struct model *m, struct err *err);

const char *model_sha256(const struct model *m);    /* of the file's bytes, 64 hex digits */
double model_threshold(const struct model *m);      /* NAN when the file has none */
const char *model_training(const struct model *m);  /* JSON text, "" when absent */
const char *model_reference(const struct model *m); /* likewise */
size_t model_selftest_rows(const struct model *m);
const struct nn_program *model_program(const struct model *m);
bool model_has_inputs(const struct model *m);    /* does the file say what its inputs are? */
size_t model_input_count(const struct model *m); /* columns of the graph, in any case */
const struct model_input *model_inputs(const struct model *m); /* NULL when it does not say */
size_t model_feature_count(const struct model *m);             /* then 0 */
const struct model_feature *model_features(const struct model *m);

/* Names of the outputs, in their order; 0 when the file has none. */
size_t model_class_count(const struct model *m);
const char *model_class(const struct model *m, size_t i);
bool model_class_is_defect(const struct model *m, size_t i);
/* Does the graph end before the sigmoid or softmax that makes probabilities? It is then done when
 * scoring. */
bool model_has_logits(const struct model *m);

/* What the file says of itself. */
struct model_port {
	const char *name;
	size_t width; /* columns */
};
struct model_about {
	const char *producer, *producer_version; /* "" when it does not say */
	int64_t opset;
	size_t input_count; /* of the graph; its inputs one after the other are the model's */
	const struct model_port *inputs;
	struct model_port output; /* the one that is scored */
};
const struct model_about *model_about(const struct model *m);

/* What scoring needs besides the model: one per thread and model. */
struct model_scratch;
MUST_CHECK int model_scratch_new(struct model_scratch **out, const struct model *m);
void model_scratch_free(struct model_scratch *s);
CLEANUP_FOR(struct model_scratch, model_scratch_free)

struct model_score {
	double p_defect; /* 0 to 1; NAN when the network gave no probability (an absurd input) */
	const char *good_class, *defect_class; /* the most probable on either side; "" without */
	bool new_category; /* a text that none of the model's one-hot columns knows */
	const char *new_category_feature; /* its name, or NULL */
};

/* values [model_feature_count], in the order of model_features; the model is usable. Allocates
 * nothing. A missing number becomes the input's `missing`, a missing or unknown text is 0 in all
 * its columns; a value of the other kind (a text for a number, a number for a text) counts as
 * missing. With classes p_defect is the sum over those that are defects; of two columns without
 * classes the second is the defect. */
void model_score(const struct model *m, const struct nn_kernels *k, struct model_scratch *s,
	const struct value *values, struct model_score *out);
/* The class on the side of the threshold that the unit is on; "" without classes. */
static inline const char *model_score_class(const struct model_score *s, double threshold)
{
	return s->p_defect >= threshold ? s->defect_class : s->good_class;
}
/* Only the encoder: inputs [model_input_count]; the model has inputs. */
void model_encode(const struct model *m, const struct value *values, double *inputs);
