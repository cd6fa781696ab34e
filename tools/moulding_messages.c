/* The messages of the simulated moulding line, and the line file that reads them. */
#include "tools/moulding_messages.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

#define SECOND_HALF 3 /* values from this one on come after the next part has started */

static const char line_file[] =
	"{\n"
	"  // The line that `defectctl simulate` plays.\n"
	"  \"line\": \"moulding-1\",\n"
	"  \"model\": \"moulding-1.onnx\",\n"
	"  \"sources\": {\n"
	"    \"lab\":   { \"topic\": \"%s/lot/{lot}\" },\n"
	"    \"start\": { \"topic\": \"%s/part/{unit}/start\", \"time\": \"/ts_ms\",\n"
	"               \"fields\": { \"resin_lot\": \"/lot\", \"wall_mm\": \"/wall_mm\" } },\n"
	"    \"press\": { \"topic\": \"%s/part/{unit}/value/{tag}\", \"time\": \"/ts_ms\" }\n"
	"  },\n"
	"  \"lots\": { \"resin\": { \"bind\": \"start.resin_lot\" } },\n"
	"  \"unit\": { \"deadline\": \"60s\" },\n"
	"  \"features\": [\n"
	"    { \"name\": \"grade\", \"from\": \"lab.grade\", \"lot\": \"resin\", \"type\": "
	"\"text\" },\n"
	"    { \"name\": \"viscosity\", \"from\": \"lab.viscosity\", \"lot\": \"resin\" },\n"
	"    { \"name\": \"moisture_pct\", \"from\": \"lab.moisture_pct\", \"lot\": \"resin\" },\n"
	"    { \"name\": \"wall_mm\", \"from\": \"start.wall_mm\" },\n"
	"    { \"name\": \"melt_temp_c\", \"from\": \"press.melt_temp_c\", \"min\": 0, \"max\": "
	"500 },\n"
	"    { \"name\": \"mould_temp_c\", \"from\": \"press.mould_temp_c\" },\n"
	"    { \"name\": \"pressure_bar\", \"from\": \"press.pressure_bar\" },\n"
	"    { \"name\": \"fill_time_s\", \"from\": \"press.fill_time_s\" },\n"
	"    { \"name\": \"cooling_s\", \"from\": \"press.cooling_s\" }\n"
	"  ]\n"
	"}\n";

int moulding_write_line_file(const char *path, const char *topic, struct err *err)
{
	FILE *f = fopen(path, "w");
	bool failed;

	if (!f)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	fprintf(f, line_file, topic, topic, topic);
	failed = ferror(f);
	failed |= fclose(f) != 0;
	return failed ? err_set(err, -EIO, "%s: could not be written", path) : 0;
}

static int64_t event_ms(const struct moulding_messages *m, double parts)
{
	return m->begins_ms + llround(parts * 1000 / m->rate);
}

static int send_lot(
	struct moulding_messages *m, const struct moulding_part *p, int64_t at_ms, struct err *err)
{
	char topic[256];

	snprintf(topic, sizeof(topic), "%s/lot/R%04llu", m->topic,
		(unsigned long long)p->lot.number);
	buf_clear(&m->payload);
	jsonw_begin(&m->payload);
	jsonw_text(&m->payload, "grade", p->lot.grade);
	jsonw_real(&m->payload, "viscosity", p->lot.viscosity);
	jsonw_real(&m->payload, "moisture_pct", p->lot.moisture_pct);
	jsonw_end(&m->payload);
	return m->send(m->owner, topic, &m->payload, at_ms, err);
}

static int send_start(
	struct moulding_messages *m, const struct moulding_part *p, int64_t at_ms, struct err *err)
{
	char topic[256], lot[32];

	snprintf(topic, sizeof(topic), "%s/part/%s%06llu/start", m->topic, m->prefix,
		(unsigned long long)p->number);
	snprintf(lot, sizeof(lot), "R%04llu", (unsigned long long)p->lot.number);
	buf_clear(&m->payload);
	jsonw_begin(&m->payload);
	jsonw_int(&m->payload, "ts_ms", at_ms);
	jsonw_text(&m->payload, "lot", lot);
	jsonw_real(&m->payload, "wall_mm", p->wall_mm);
	jsonw_end(&m->payload);
	return m->send(m->owner, topic, &m->payload, at_ms, err);
}

static int send_values(struct moulding_messages *m, const struct moulding_part *p, int first,
	int end, int64_t at_ms, struct err *err)
{
	int rc = 0;

	for (int i = first; i < end && rc == 0; i++) {
		char topic[256];

		snprintf(topic, sizeof(topic), "%s/part/%s%06llu/value/%s", m->topic, m->prefix,
			(unsigned long long)p->number, moulding_names[i]);
		buf_clear(&m->payload);
		jsonw_begin(&m->payload);
		jsonw_int(&m->payload, "ts_ms", at_ms);
		jsonw_real(&m->payload, "value", p->measured[i]);
		jsonw_end(&m->payload);
		rc = m->send(m->owner, topic, &m->payload, at_ms, err);
	}
	return rc;
}

/* Parts overlap: the second half of a part's values comes after the next part has started. The
 * laboratory is slow with every fourth lot: its values come when five parts have been made. */
int moulding_send(struct moulding_messages *m, const struct moulding_part *p, struct err *err)
{
	double n = (double)p->number - 1;
	bool is_slow = p->lot.number % 4 == 0;
	uint64_t in_lot = (p->number - 1) % MOULDING_LOT_PARTS;
	int rc = 0;

	if (in_lot == (is_slow ? 5 : 0))
		rc = send_lot(m, p, event_ms(m, n), err);
	if (rc == 0)
		rc = send_start(m, p, event_ms(m, n), err);
	if (rc == 0 && m->before.number > 0)
		rc = send_values(
			m, &m->before, SECOND_HALF, MOULDING_VALUES, event_ms(m, n + 0.3), err);
	if (rc == 0)
		rc = send_values(m, p, 0, SECOND_HALF, event_ms(m, n + 0.6), err);
	m->before = *p;
	return rc;
}

int moulding_send_end(struct moulding_messages *m, struct err *err)
{
	double parts = (double)m->before.number;
	int rc = 0;

	if (m->before.number > 0)
		rc = send_values(
			m, &m->before, SECOND_HALF, MOULDING_VALUES, event_ms(m, parts + 0.3), err);
	buf_deinit(&m->payload);
	return rc;
}
