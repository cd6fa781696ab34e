/* Inside lib/model: what a model holds. */
#pragma once

#include "lib/model/encoder.h"
#include "lib/model/metadata.h"
#include "lib/model/model.h"

struct model {
	size_t owners;        /* but one */
	struct arena *memory; /* of everything below but the program */
	struct nn_program *program;
	bool has_inputs; /* else the encoder is empty */
	struct encoder encoder;
	double threshold; /* NAN: the file has none */
	struct metadata_classes classes;
	bool has_logits;
	const char *training, *reference; /* "" without */
	size_t selftest_rows;
	const char *unusable; /* why it cannot score units; NULL: it can */
	const char *bad_key;  /* the metadata that this is about; NULL: another reason */
	struct model_about about;
	char sha256[SHA256_HEX];
};

struct model_scratch {
	struct nn_scratch *network;
	double *x;            /* [inputs] */
	float *y;             /* [outputs] */
	double *p;            /* [outputs] */
	unsigned char *known; /* [features] */
};

/* Finds out what keeps the model from scoring units: model->unusable. -ENOMEM. */
MUST_CHECK int model_judge(struct model *m, const struct nn_kernels *k, struct err *err);
