/* A gateway with one line in a folder of its own, for the tests of lib/gateway: a press whose
 * units are complete with a message that has torque and speed. */
#pragma once

#include "tests/unit/engine/press.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/gateway/gateway.h"
#include "lib/store/journal.h"

#define LINE_FILE                                                                              \
	"{\"line\": \"press-3\", \"model\": \"press-3.onnx\",\n"                               \
	" \"sources\": {\"proc\": {\"topic\": \"p3/unit/{unit}/proc\", \"time\": \"/ts\"}},\n" \
	" \"unit\": {\"deadline\": \"5s\", \"again\": \"20s\"},\n"                             \
	" \"features\": [{\"name\": \"torque\", \"from\": \"proc.torque\"},\n"                 \
	"                {\"name\": \"speed\", \"from\": \"proc.speed\"}]}\n"

struct rig {
	char dir[64], path[256];
	struct config *config;
	struct store *store;
	struct gateway *g;
	struct arena *arena;
	struct err err;
};

static inline const char *in_dir(struct rig *r, const char *name)
{
	snprintf(r->path, sizeof(r->path), "%s/%s", r->dir, name);
	return r->path;
}

static inline void write_file(struct rig *r, const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(in_dir(r, name), "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static inline void read_config(struct rig *r)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};

	gateway_free(TAKE(r->g));
	config_free(TAKE(r->config));
	if (config_load(&r->config, in_dir(r, "defectd.json"), &report) < 0)
		fail_msg("%s", report.count ? report.problems[0].text : "no memory");
}

static inline int set_up(void **state)
{
	static const char gateway[] =
		"{\"instance\": \"gw\", \"state_dir\": \"state\", \"lines\": [\"press-*.json\"]}";
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	strcpy(r->dir, "/tmp/defectd-gateway-XXXXXX");
	assert_non_null(mkdtemp(r->dir));
	assert_int_equal(mkdir(in_dir(r, "state"), 0750), 0);
	assert_int_equal(mkdir(in_dir(r, "state/models"), 0750), 0);
	write_file(r, "defectd.json", gateway, strlen(gateway));
	write_file(r, "press-3.json", LINE_FILE, strlen(LINE_FILE));
	read_config(r);
	assert_int_equal(arena_new(&r->arena, 4096), 0);
	*state = r;
	return 0;
}

static inline int tear_down(void **state)
{
	struct rig *r = *state;
	char command[128];

	gateway_free(r->g);
	store_close(r->store);
	config_free(r->config);
	arena_free(r->arena);
	snprintf(command, sizeof(command), "rm -r '%s'", r->dir);
	assert_int_equal(system(command), 0);
	free(r);
	return 0;
}

/* The line's model file: a model of `feature` and torque. */
static inline void write_model(struct rig *r, const char *name, const char *feature, uint64_t seed)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "torque",
			.from = "torque",
			.missing = 1,
			.sd = 1,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "b",
			.from = feature,
			.missing = 1,
			.sd = 1,
			.unit = ""},
	};
	CLEANUP(buf_deinit) struct buf bytes;

	buf_init(&bytes);
	put_model(&bytes, inputs, 2, seed);
	write_file(r, name, bytes.data, bytes.len);
}

#define MODEL "state/models/press-3.onnx"

/* A start of the daemon, as gateway.h says; the one before it is gone, as after SIGKILL. */
static inline void start(struct rig *r)
{
	bool is_fine;

	gateway_free(TAKE(r->g));
	store_close(TAKE(r->store));
	r->err.text[0] = 0;
	is_fine = store_open(&r->store, in_dir(r, "state/defectd.db"), STORE_WRITE, &r->err) == 0 &&
		  gateway_start(&r->g, r->config, r->store, T0, &r->err) == 0;
	if (!is_fine)
		fail_msg("%s", r->err.text);
}
