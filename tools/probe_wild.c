/* Payload shapes that are known. */
#include "tools/probe_wild.h"

#include <string.h>

#define NEEDS_MAX 6
#define TIMES (1u << KIND_NUMBER | 1u << KIND_TEXT)
#define NUMBER (1u << KIND_NUMBER)
#define TEXT (1u << KIND_TEXT)
#define OBJECT (1u << KIND_OBJECT)
#define ARRAY (1u << KIND_ARRAY)
#define ANY 0xffu

/* A pointer that must be there, and what it must be. */
struct need {
	const char *pointer;
	unsigned kinds;
	const char *begins; /* every text there begins with it; NULL: any */
};

static const struct row {
	struct need needs[NEEDS_MAX];
	struct probe_wild wild;
	bool is_small; /* nothing but what is needed, its like, and scalars */
} rows[] = {
	{
		{{"/MessageName", TEXT, "CFX."}, {"/TimeStamp", TEXT, NULL},
			{"/MessageBody/Units/*/UnitIdentifier", TIMES, NULL}},
		{.id = "ipc-cfx",
			.name = "IPC-CFX",
			.what = "events of electronics assembly, with the panels and boards that "
				"they "
				"concern",
			.each = "/MessageBody/Units",
			.unit = "/UnitIdentifier",
			.time = "#/TimeStamp"},
		false,
	},
	{
		{{"/MessageName", TEXT, "CFX."}, {"/TimeStamp", TEXT, NULL},
			{"/MessageBody", OBJECT, NULL}},
		{.id = "ipc-cfx",
			.name = "IPC-CFX",
			.what = "events of electronics assembly",
			.time = "/TimeStamp"},
		false,
	},
	{
		{{"/MessageType", TEXT, "ua-"}, {"/Messages/*/Payload", OBJECT, NULL}},
		{.id = "opcua-pubsub",
			.name = "OPC UA PubSub",
			.what = "a list of data sets, each with its values by name",
			.each = "/Messages",
			.time = "/Timestamp",
			.only = {"ua-data"}},
		false,
	},
	{
		{{"/propertyAlias", TEXT, NULL},
			{"/propertyValues/*/timestamp/timeInSeconds", NUMBER, NULL},
			{"/propertyValues/*/value", OBJECT, NULL}},
		{.id = "sitewise",
			.name = "AWS IoT SiteWise",
			.what = "values of one property; its times are read to the second, "
				"offsetInNanos is left aside",
			.each = "/propertyValues",
			.tag = "#/propertyAlias",
			.value = "/value",
			.time = "/timestamp/timeInSeconds",
			.quality = "/quality",
			.good = "[\"GOOD\"]"},
		false,
	},
	{
		{{"/timestamp", NUMBER, NULL}, {"/values/*/id", TEXT, NULL},
			{"/values/*/v", ANY, NULL}, {"/values/*/t", NUMBER, NULL}},
		{.id = "kepware",
			.name = "Kepware",
			.what = "a list of tags, each with its value, quality and time",
			.each = "/values",
			.tag = "/id",
			.value = "/v",
			.time = "/t",
			.quality = "/q",
			.good = "[true]"},
		false,
	},
	{
		{{"/timestamp", NUMBER, NULL}, {"/node", TEXT, NULL}, {"/group", TEXT, NULL},
			{"/tags/*/name", TEXT, NULL}},
		{.id = "neuron-tags",
			.name = "Neuron (list of tags)",
			.what = "a list of tags, each with its value or an error",
			.each = "/tags",
			.tag = "/name",
			.value = "/value",
			.time = "#/timestamp"},
		false,
	},
	{
		{{"/timestamp", NUMBER, NULL}, {"/node", TEXT, NULL}, {"/group", TEXT, NULL},
			{"/values", OBJECT, NULL}},
		{.id = "neuron",
			.name = "Neuron",
			.what = "the values of a group of tags by name; tags in error are under "
				"/errors and have no value",
			.each = "/values",
			.tag = "{key}",
			.time = "#/timestamp"},
		false,
	},
	{
		{{"/src", TEXT, NULL}, {"/method", TEXT, "Notify"}, {"/params/ts", NUMBER, NULL}},
		{.id = "shelly",
			.name = "Shelly (2nd generation)",
			.what = "what changed at a device; a part that did not change is not in "
				"the "
				"message",
			.time = "/params/ts",
			.only = {"NotifyStatus", "NotifyFullStatus"}},
		false,
	},
	{
		{{"/timestamp_ms", NUMBER, NULL}, {"/value", ANY, NULL}},
		{.id = "umh",
			.name = "United Manufacturing Hub",
			.what = "one value with its time; the topic says of what",
			.time = "/timestamp_ms",
			.value = "/value"},
		true,
	},
};

static const struct probe_wild tasmota = {.id = "tasmota",
	.name = "Tasmota",
	.what = "the sensors of a device, each an object; the time is local time without a zone",
	.time = "/Time"};

static bool is_met(const struct probe_shape *s, const struct need *n)
{
	const struct probe_field *f = probe_shape_find(s, n->pointer);
	size_t len = n->begins ? strlen(n->begins) : 0;

	if (!f || !(n->kinds & 1u << probe_field_kind(f)))
		return false;
	for (size_t i = 0; i < f->seen_count && n->begins; i++)
		if (!f->seen[i].text || strncmp(f->seen[i].text, n->begins, len) != 0)
			return false;
	return true;
}

/* Two members of the top level, and perhaps a third. */
static bool is_small(const struct probe_shape *s)
{
	return probe_shape_count(s) <= 4;
}

/* An ISO time without a zone, and objects by the name of their sensor. */
static bool is_tasmota(const struct probe_shape *s)
{
	const struct probe_field *time = probe_shape_find(s, "/Time");
	struct probe_time t;

	if (!time || !probe_field_time(time, &t) || t.format != PROBE_TIME_ISO_NO_ZONE)
		return false;
	for (size_t i = 0; i < probe_shape_count(s); i++) {
		const struct probe_field *f = probe_shape_field(s, i);

		if (f->pointer[0] && !strchr(f->pointer + 1, '/') &&
			probe_field_kind(f) == KIND_OBJECT)
			return true;
	}
	return false;
}

const struct probe_wild *probe_wild_match(const struct probe_shape *shape)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		bool is_all = !row->is_small || is_small(shape);

		for (size_t n = 0; n < NEEDS_MAX && row->needs[n].pointer && is_all; n++)
			is_all = is_met(shape, &row->needs[n]);
		if (is_all)
			return &row->wild;
	}
	return is_tasmota(shape) ? &tasmota : NULL;
}
