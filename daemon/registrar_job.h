/* Inside the registrar: what it has done in the thread pool. */
#pragma once

#include "lib/base/err.h"
#include "lib/gateway/incoming.h"
#include "lib/model/model.h"

/* What is done with the order in hand, in this order but for a refusal. */
enum step {
	STEP_IDLE,
	STEP_READ,   /* in the pool: the first order that is not set aside, and its model */
	STEP_KEEP,   /* in the pool: the registry's copy */
	STEP_COMMIT, /* the store thread has it */
	STEP_REMOVE, /* in the pool */
	STEP_REFUSE, /* in the pool */
	STEP_TIDY,   /* in the pool: files of retired models go */
};

/* What the pool works on; nothing else touches it meanwhile. */
struct job {
	char *folder, *state_dir;
	size_t limit_bytes;
	const struct nn_kernels *kernels;
	struct incoming_order order; /* sha256 "": none waits */
	void *bytes;
	size_t len;
	struct model *model;
	int result;      /* negative: what failed, err says it */
	bool is_refused; /* it is the model that is wrong, or the order */
	struct err err;
	/* orders that wait for the next minute */
	char (*aside)[SHA256_HEX];
	size_t aside_count;
	/* files that go */
	char (*outdated)[SHA256_HEX];
	size_t outdated_count;
};

/* Forgets the order in hand, with its model. */
void job_drop_order(struct job *j);
/* One of the steps that are done in the pool; the result is in the job. */
void job_run(struct job *j, enum step step);
