/* A unit's trace as JSON, and reading its detail. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/json.h"
#include "tools/trace.h"

const cJSON *trace_detail(const struct trace_feature *f, const char *key)
{
	return f->detail ? cJSON_GetObjectItemCaseSensitive(f->detail, key) : NULL;
}

const char *trace_missing(const struct trace_feature *f)
{
	const cJSON *item = trace_detail(f, "missing");

	return cJSON_IsString(item) ? item->valuestring : "";
}

bool trace_detail_int(const struct trace_feature *f, const char *key, int64_t *out)
{
	const cJSON *item = trace_detail(f, key);

	if (!cJSON_IsNumber(item))
		return false;
	*out = (int64_t)item->valuedouble;
	return true;
}

bool trace_is_held(const struct trace_feature *f)
{
	int64_t held;

	return trace_detail_int(f, "held", &held) && held != 0;
}

static void add_number(struct buf *b, const char *key, const struct trace_text *v)
{
	jsonw_key(b, key);
	buf_add(b, v->is_there ? v->text : "null");
}

/* What the database holds as JSON, as it stands. */
static void add_json(struct buf *b, const char *key, const struct trace_text *v, const cJSON *tree)
{
	jsonw_key(b, key);
	buf_add(b, tree ? v->text : "null");
}

static void add_int(struct buf *b, const char *key, const struct trace_feature *f, const char *from)
{
	int64_t v;

	jsonw_key(b, key);
	if (trace_detail_int(f, from, &v))
		buf_addf(b, "%" PRId64, v);
	else
		buf_add(b, "null");
}

static void add_feature(struct buf *b, const struct trace_feature *f)
{
	struct value refused = {.kind = VALUE_MISSING};
	const cJSON *item = trace_detail(f, "refused");

	jsonw_begin(b);
	jsonw_text(b, "name", f->name);
	jsonw_key(b, "value");
	jsonw_raw_value(b, &f->value);
	add_int(b, "n", f, "n");
	add_int(b, "from_ms", f, "from");
	add_int(b, "to_ms", f, "to");
	jsonw_text(b, "missing", trace_missing(f));
	jsonw_key(b, "refused");
	if (item)
		(void)json_value(item, &refused);
	jsonw_raw_value(b, &refused);
	jsonw_int(b, "held", trace_is_held(f));
	jsonw_int(b, "imputed", f->is_imputed);
	jsonw_text(b, "from", f->from);
	jsonw_text(b, "rule", f->rule);
	jsonw_text(b, "topic", f->topic);
	jsonw_text(b, "pointer", f->pointer);
	jsonw_text(b, "lot", f->lot);
	jsonw_text(b, "lot_id", f->lot_id);
	jsonw_end(b);
}

static void add_head(struct buf *b, const struct trace *t)
{
	jsonw_text(b, "line", t->line);
	jsonw_text(b, "unit", t->unit);
	jsonw_int(b, "started_ms", t->started_ms);
	jsonw_int(b, "scored_ms", t->scored_ms);
	jsonw_text(b, "verdict", t->verdict.text);
	jsonw_text(b, "reason", t->reason.text);
	add_number(b, "p_defect", &t->p_defect);
	add_number(b, "threshold", &t->threshold);
	jsonw_text(b, "class", t->class_name.text);
	jsonw_text(b, "model", t->model.text);
	jsonw_text(b, "config", t->config.text);
	add_json(b, "imputed", &t->imputed, t->imputed_list);
	add_json(b, "reasons", &t->reasons, t->reason_list);
	add_json(b, "lots", &t->lots, t->lot_map);
	add_number(b, "latency_us", &t->latency_us);
	add_number(b, "gap_ms", &t->gap_ms);
	jsonw_int(b, "detail_kept", t->detail != NULL);
	jsonw_int(b, "line_file_kept", t->line_file != NULL);
}

void trace_print_json(const struct trace *t)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	jsonw_begin(&b);
	add_head(&b, t);
	jsonw_key(&b, "others");
	buf_add(&b, "[");
	for (size_t i = 0; i < t->other_count; i++) {
		buf_add(&b, i ? "," : "");
		jsonw_begin(&b);
		jsonw_int(&b, "started_ms", t->others[i].started_ms);
		jsonw_text(&b, "verdict", t->others[i].verdict);
		jsonw_end(&b);
	}
	buf_add(&b, "]");
	jsonw_key(&b, "features");
	buf_add(&b, "[");
	for (size_t i = 0; i < t->feature_count; i++) {
		buf_add(&b, i ? "," : "");
		add_feature(&b, &t->features[i]);
	}
	buf_add(&b, "]");
	jsonw_end(&b);
	puts(buf_text(&b) ? b.data : "");
}
