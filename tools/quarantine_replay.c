/* defectctl quarantine replay: payloads go to the broker again. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/json.h"
#include "lib/config/config.h"
#include "lib/store/quarantine.h"
#include "tools/broker_session.h"
#include "tools/quarantine.h"

struct replay {
	const struct context *ctx;
	struct session *session;
	struct err *err;
	uint64_t published, skipped;
	bool is_found;        /* the id in hand is there */
	struct buf sentences; /* of what was skipped: JSON or text */
};

static void skip(struct replay *r, int64_t id, const char *why)
{
	struct buf *b = &r->sentences;

	r->skipped++;
	if (!r->ctx->json) {
		buf_addf(b, "defectctl quarantine: %" PRId64 " is not published: %s\n", id, why);
		return;
	}
	buf_add(b, b->len ? "," : "");
	jsonw_begin(b);
	jsonw_int(b, "id", id);
	jsonw_text(b, "why", why);
	jsonw_end(b);
}

static int publish(void *owner, int64_t id, const struct quarantined *q)
{
	struct replay *r = owner;
	int rc;

	r->is_found = true;
	if (!q->topic[0]) {
		skip(r, id, "it is a row that the database refused, not a message");
		return 0;
	}
	if (!quarantine_is_whole(q)) {
		skip(r, id, "only the head of its payload was kept");
		return 0;
	}
	rc = session_publish(r->session, q->topic, q->payload, q->payload_len, 1, false, r->err);
	if (rc == 0)
		r->published++;
	return rc;
}

static int publish_ids(struct replay *r, struct store *s, const struct option_list *ids)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ids->count; i++) {
		const struct quarantine_filter filter = {.id = quarantine_id(ids->item[i])};

		r->is_found = false;
		rc = store_each_quarantine(s, &filter, publish, r, r->err);
		if (rc == 0 && !r->is_found)
			skip(r, filter.id, "there is none of this id");
	}
	return rc;
}

static void report(struct replay *r)
{
	const char *sentences = buf_text(&r->sentences);

	if (r->ctx->json) {
		printf("{\"published\":%" PRIu64 ",\"skipped\":[%s]}\n", r->published,
			sentences ? sentences : "");
		return;
	}
	fputs(sentences ? sentences : "", stderr);
	if (r->published + r->skipped == 0)
		fputs("defectctl quarantine: there is nothing of that kind in quarantine\n",
			stderr);
	printf("%" PRIu64 " message%s published\n", r->published, r->published == 1 ? "" : "s");
}

int quarantine_replay(const struct context *ctx, const struct config *config, struct store *s,
	const struct option_list *ids, const char *reason, const char *line)
{
	CLEANUP(session_close) struct session *session = NULL;
	const struct quarantine_filter filter = {.line = line, .reason = reason};
	const struct session_options o = {0};
	struct err err = {0};
	struct replay r = {.ctx = ctx, .err = &err};
	int rc = broker_session_open(&session, &o, &config->broker, "quarantine", &err);

	if (rc < 0)
		return command_fail("quarantine", &err);
	r.session = session;
	if (ids->count > 0)
		rc = publish_ids(&r, s, ids);
	else
		rc = store_each_quarantine(s, &filter, publish, &r, &err);
	if (rc == 0)
		rc = session_confirm(session, &err);
	if (rc == 0 || r.published > 0)
		report(&r);
	buf_deinit(&r.sentences);
	if (rc < 0)
		return command_fail("quarantine", &err);
	return r.published > 0 && (ids->count == 0 || r.skipped == 0) ? 0 : 1;
}
