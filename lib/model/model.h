/* A model: everything between the raw features of a unit and the probability of a defect.
 *
 * Encoder (raw features -> inputs: numbers with mean imputation, one-hot columns, flags for what
 * is missing), the network, the threshold, and where it came from. On disk it is one ONNX file
 * (DESIGN 6): scaling (Sub, Div) is in the graph, the rest in metadata_props.
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
};

struct model_input {
	enum model_input_kind kind;
	const char *name;         /* of the input, unique: "torque", "type=L", "x is missing" */
	const char *from;         /* the raw feature */
	const char *const *texts; /* one-hot: one or more */
	size_t text_count;
	double missing; /* what stands in for a missing number (the mean, or a given number) */
	bool missing_is_mean;
	double mean, sd, min, max; /* statistics, not a scaler; NAN where the file has none */
	const char *unit;          /* of measurement, may be "" */
};

/* A raw feature the model wants: the distinct `from` of its inputs, in order of appearance. */
struct model_feature {
	const char *name;
	bool is_text; /* all inputs from it are one-hot or flags, at least one is one-hot */
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

/* Loads and trusts nothing: sizes are checked before memory is taken, the graph must be of the
 * form that model_save writes (others: refused, naming node and operator), weights finite, the
 * metadata sound (a key of ours that is unknown is refused, not ignored), and the self-test rows
 * give what they should. `limit_bytes` bounds the file.
 * -EINVAL (refused, with the reason), -ENOENT and other errno of opening, -EFBIG, -ENOMEM. */
MUST_CHECK int model_load(struct model **out, const char *path, size_t limit_bytes,
	const struct nn_kernels *k, struct err *err);
MUST_CHECK int model_parse(struct model **out, const void *bytes, size_t len,
	const struct nn_kernels *k, struct err *err);
void model_free(struct model *m); /* NULL is fine */
CLEANUP_FOR(struct model, model_free)

const char *model_sha256(const struct model *m); /* of the file's bytes, 64 hex digits */
double model_threshold(const struct model *m);
const char *model_training(const struct model *m); /* JSON text, "" when absent */
const struct nn_program *model_program(const struct model *m);
size_t model_input_count(const struct model *m);
const struct model_input *model_inputs(const struct model *m);
size_t model_feature_count(const struct model *m);
const struct model_feature *model_features(const struct model *m);

/* What scoring needs besides the model: one per thread and model. */
struct model_scratch;
MUST_CHECK int model_scratch_new(struct model_scratch **out, const struct model *m);
void model_scratch_free(struct model_scratch *s);
CLEANUP_FOR(struct model_scratch, model_scratch_free)

struct model_score {
	double p_defect;        /* 0 to 1; NAN when the network overflowed (an absurd input) */
	const char *class_name; /* "" without classes */
	bool new_category;      /* a text that none of the model's one-hot columns knows */
	const char *new_category_feature; /* its name, or NULL */
};

/* values [model_feature_count], in the order of model_features. Allocates nothing. A missing
 * number becomes the input's `missing`, a missing or unknown text is 0 in all its columns; a value
 * of the other kind (a text for a number, a number for a text) counts as missing. */
void model_score(const struct model *m, const struct nn_kernels *k, struct model_scratch *s,
	const struct value *values, struct model_score *out);
/* Only the encoder: inputs [model_input_count]. */
void model_encode(const struct model *m, const struct value *values, float *inputs);
