/* The registrar's work in the thread pool. */
#include "daemon/registrar_job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/gateway/model_file.h"

#define ABANDONED_S 600 /* nobody writes a file for so long */

void job_drop_order(struct job *j)
{
	incoming_order_deinit(&j->order);
	free(j->bytes);
	j->bytes = NULL;
	j->len = 0;
	model_free(j->model);
	j->model = NULL;
	j->is_refused = false;
	j->result = 0;
	j->err.text[0] = '\0';
}

static bool choose(void *owner, const char *sha256)
{
	struct job *j = owner;

	for (size_t i = 0; i < j->aside_count; i++) {
		if (strcmp(j->aside[i], sha256) == 0)
			return false;
	}
	snprintf(j->order.sha256, sizeof(j->order.sha256), "%s", sha256);
	return true;
}

static int read_model(struct job *j)
{
	char *path = incoming_model_path(j->folder, j->order.sha256), found[SHA256_HEX];
	int r = path ? model_file_read(&j->bytes, &j->len, path, j->limit_bytes, &j->err)
		     : err_set(&j->err, -ENOMEM, "no memory for a path");

	if (r == 0) {
		sha256_hex(found, j->bytes, j->len);
		if (strcmp(found, j->order.sha256) != 0)
			r = err_set(&j->err, -EINVAL,
				"%s: the contents are not what the name says: %s", path, found);
	}
	if (r == 0) {
		r = model_parse(&j->model, j->bytes, j->len, j->kernels, &j->err);
		if (r < 0)
			err_prefix(&j->err, r, "%s", path);
	}
	free(path);
	return r;
}

static int read_order(struct job *j)
{
	char sha256[SHA256_HEX];
	int r;

	incoming_clean(j->folder, (int64_t)time(NULL) - ABANDONED_S);
	r = incoming_each(j->folder, choose, j, &j->err);

	if (r < 0 || !j->order.sha256[0])
		return r;
	strcpy(sha256, j->order.sha256);
	r = incoming_read(&j->order, j->folder, sha256, &j->err);
	if (r == INCOMING_GONE) {
		j->order.sha256[0] = '\0';
		return 0;
	}
	if (r == 0)
		r = read_model(j);
	/* all else would be the same the next time */
	j->is_refused = r < 0 && r != -ENOMEM && r != -EIO;
	return r;
}

static void tidy(struct job *j)
{
	for (size_t i = 0; i < j->outdated_count; i++) {
		char *path = model_file_path(j->state_dir, j->outdated[i]);

		if (path && unlink(path) < 0 && errno != ENOENT)
			j->result = err_set(&j->err, -errno, "%s: %s", path, strerror(errno));
		free(path);
	}
}

void job_run(struct job *j, enum step step)
{
	char text[sizeof(j->err.text)];

	switch (step) {
	case STEP_READ:
		j->result = read_order(j);
		break;
	case STEP_KEEP:
		j->result =
			model_file_keep(j->state_dir, j->order.sha256, j->bytes, j->len, &j->err);
		break;
	case STEP_REMOVE:
		incoming_remove(j->folder, j->order.sha256);
		break;
	case STEP_REFUSE:
		memcpy(text, j->err.text, sizeof(text));
		j->result = incoming_refuse(j->folder, &j->order, text, &j->err);
		break;
	case STEP_TIDY:
		tidy(j);
		break;
	case STEP_IDLE:
	case STEP_COMMIT:
		break;
	}
}
