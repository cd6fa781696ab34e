/* defectd.json: the gateway. */
#include "lib/config/gateway_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/config/files.h"
#include "lib/config/names.h"

#define TLS_PORT_DEFAULT 8883
#define STATE_DIR_DEFAULT "/var/lib/defectd"
#define CREDENTIAL_NAME "mqtt-password"

/* The document as it is read: texts are borrowed from it. */
struct broker_file {
	const char *host, *username, *password_file;
	const char *ca_file, *cert_file, *key_file;
	bool has_port, has_tls;
	int port, protocol, keepalive_s, receive_maximum;
};

struct gateway_file {
	const char *instance, *publish, *state_dir;
	struct broker_file broker;
	struct store_config store;
	struct limits_config limits;
	int64_t future_limit_ms;
	const cJSON *lines;
};

static const struct choice protocols[] = {{"5", 5}, {"3.1.1", 3}, {0}};

#define AT(member) .offset = offsetof(struct broker_file, member)
static const struct key tls_keys[] = {
	{"ca_file", KEY_TEXT, AT(ca_file)},
	{"cert_file", KEY_TEXT, AT(cert_file)},
	{"key_file", KEY_TEXT, AT(key_file)},
	{0},
};

static const struct key broker_keys[] = {
	{"host", KEY_TEXT, AT(host), .preset = "127.0.0.1", .is_valid = name_is_host,
		.rule = HOST_RULE},
	{"port", KEY_INT, AT(port), .low = "1", .high = "65535", .preset = "1883",
		.flag = offsetof(struct broker_file, has_port)},
	{"username", KEY_TEXT, AT(username)},
	{"password_file", KEY_TEXT, AT(password_file)},
	{"tls", KEY_OBJECT, .keys = tls_keys, /* into the same struct */
		.flag = offsetof(struct broker_file, has_tls)},
	{"protocol", KEY_CHOICE, AT(protocol), .choices = protocols, .preset = "5"},
	{"keepalive", KEY_SECONDS, AT(keepalive_s), .low = "5s", .high = "65535s", .preset = "30s"},
	{"receive_maximum", KEY_INT, AT(receive_maximum), .low = "1", .high = "65535",
		.preset = "5000"},
	{0},
};
#undef AT

#define AT(member) .offset = offsetof(struct store_config, member)
static const struct key keep_keys[] = {
	{"pass", KEY_DURATION, AT(keep_pass_ms), .low = "1s", .high = "100y", .preset = "90d"},
	{"defect", KEY_DURATION, AT(keep_defect_ms), .low = "1s", .high = "100y", .preset = "10y"},
	{"label", KEY_DURATION, AT(keep_label_ms), .low = "1s", .high = "100y", .preset = "10y"},
	{"quarantine", KEY_DURATION, AT(keep_quarantine_ms), .low = "1s", .high = "100y",
		.preset = "7d"},
	{0},
};

static const struct key store_keys[] = {
	{"keep", KEY_OBJECT, .keys = keep_keys}, /* into the same struct */
	{"max_size", KEY_SIZE, AT(max_bytes), .low = "1MiB", .high = "65536GiB", .preset = "2GiB"},
	{"commit_every", KEY_DURATION, AT(commit_every_ms), .low = "0ms", .high = "10s",
		.preset = "0ms"},
	{0},
};
#undef AT

#define AT(member) .offset = offsetof(struct limits_config, member)
static const struct key limits_keys[] = {
	{"payload", KEY_SIZE, AT(payload), .low = "64B", .high = "16MiB", .preset = "64KiB"},
	{"open_units", KEY_COUNT, AT(open_units), .low = "1", .high = "1000000", .preset = "10000"},
	{"remembered_units", KEY_COUNT, AT(remembered_units), .low = "1", .high = "10000000",
		.preset = "100000"},
	{"samples", KEY_COUNT, AT(samples), .low = "1", .high = "10000000", .preset = "100000"},
	{"lots", KEY_COUNT, AT(lots), .low = "1", .high = "1000000", .preset = "10000"},
	{"unacknowledged_bytes", KEY_SIZE, AT(unacknowledged_bytes), .low = "4KiB", .high = "1GiB",
		.preset = "4MiB"},
	{"outbox", KEY_COUNT, AT(outbox), .low = "1", .high = "10000000", .preset = "100000"},
	{"quarantine", KEY_COUNT, AT(quarantine), .low = "1", .high = "10000000",
		.preset = "10000"},
	{"array_elements", KEY_COUNT, AT(array_elements), .low = "1", .high = "1000000",
		.preset = "1000"},
	{"features", KEY_COUNT, AT(features), .low = "1", .high = "1900", .preset = "500"},
	{"model", KEY_SIZE, AT(model), .low = "1KiB", .high = "1GiB", .preset = "64MiB"},
	{0},
};
#undef AT

#define AT(member) .offset = offsetof(struct gateway_file, member)
static const struct key gateway_keys[] = {
	{"instance", KEY_TEXT, AT(instance), .is_valid = name_is_instance, .rule = INSTANCE_RULE},
	{"broker", KEY_OBJECT, AT(broker), .keys = broker_keys},
	{"publish", KEY_TEXT, AT(publish), .is_valid = name_is_topic, .rule = TOPIC_RULE},
	{"state_dir", KEY_TEXT, AT(state_dir)},
	{"store", KEY_OBJECT, AT(store), .keys = store_keys},
	{"future_limit", KEY_DURATION, AT(future_limit_ms), .low = "0ms", .high = "10y",
		.preset = "60s"},
	{"lines", KEY_LIST, AT(lines)},
	{"limits", KEY_OBJECT, AT(limits), .keys = limits_keys},
	{0},
};
#undef AT

/* The host name, in a buffer of its own; "" where it cannot stand in for the instance. */
static void host_instance(char out[256])
{
	if (gethostname(out, 255) != 0)
		out[0] = '\0';
	out[255] = '\0';
	if (!name_is_instance(out))
		out[0] = '\0';
}

static void fill_instance(struct config *c, const struct gateway_file *f, const cJSON *document,
	const struct place *top)
{
	char host[256];

	host_instance(host);
	if (!f->instance && !host[0] && !json_at(document, "/instance"))
		place_error(top,
			"\"instance\" is missing, and the host name cannot stand in for it: "
			"allowed is " INSTANCE_RULE);
	c->instance = files_copy(top->reader->report, f->instance ? f->instance : host);
}

static void fill_publish(struct config *c, const struct gateway_file *f, struct config_report *r)
{
	c->publish = f->publish ? files_copy(r, f->publish)
				: files_join(r, "defectd", c->instance ? c->instance : "");
}

/* $STATE_DIRECTORY may name several folders, separated by colons; ours is the first. */
static void fill_state_dir(struct config *c, const struct gateway_file *f, struct config_report *r)
{
	const char *given = getenv("STATE_DIRECTORY");
	size_t len = given ? strcspn(given, ":") : 0;

	if (f->state_dir) {
		c->state_dir = files_resolve(r, c->file, f->state_dir);
	} else if (len > 0) {
		c->state_dir = strndup(given, len);
		r->failed |= !c->state_dir;
	} else {
		c->state_dir = files_copy(r, STATE_DIR_DEFAULT);
	}
}

/* The file named, else the credential that systemd handed over, if there is one. */
static void fill_password(
	struct config *c, const struct broker_file *f, struct config_report *report)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;

	if (f->password_file) {
		c->broker.password_file = files_resolve(report, c->file, f->password_file);
	} else if (f->username && folder && folder[0]) {
		path = files_join(report, folder, CREDENTIAL_NAME);
		if (path && access(path, F_OK) == 0)
			c->broker.password_file = path;
		else
			free(path);
	}
}

static char *resolve(struct config *c, const char *path, struct config_report *report)
{
	return path ? files_resolve(report, c->file, path) : NULL;
}

static void fill_tls(struct config *c, const struct broker_file *f, const struct place *broker)
{
	struct place tls = place_key(broker, "tls");
	struct place cert = place_key(&tls, "cert_file"), key = place_key(&tls, "key_file");
	struct config_report *report = broker->reader->report;

	if (f->cert_file && !f->key_file)
		place_error(&cert, "a certificate needs its \"key_file\" beside it");
	if (f->key_file && !f->cert_file)
		place_error(&key, "a key needs its \"cert_file\" beside it");
	c->broker.tls = (struct tls_config){
		.is_on = f->has_tls,
		.ca_file = resolve(c, f->ca_file, report),
		.cert_file = resolve(c, f->cert_file, report),
		.key_file = resolve(c, f->key_file, report),
	};
}

static void fill_broker(struct config *c, const struct broker_file *f, const struct place *top)
{
	struct place broker = place_key(top, "broker");
	struct place password = place_key(&broker, "password_file");
	struct config_report *report = top->reader->report;

	c->broker.host = files_copy(report, f->host);
	c->broker.port = f->has_tls && !f->has_port ? TLS_PORT_DEFAULT : f->port;
	c->broker.protocol = f->protocol;
	c->broker.keepalive_s = f->keepalive_s;
	c->broker.receive_maximum = f->receive_maximum;
	if (f->username)
		c->broker.username = files_copy(report, f->username);
	if (f->password_file && !f->username)
		place_error(&password, "a password needs a \"username\" beside it");
	fill_password(c, f, report);
	fill_tls(c, f, &broker);
}

void gateway_file_read(
	struct config *out, const cJSON **lines, const cJSON *document, const struct reader *reader)
{
	struct gateway_file f = {0};
	struct place top = place_top(reader);

	(void)schema_read(gateway_keys, document, &f, &top);
	fill_instance(out, &f, document, &top);
	fill_publish(out, &f, reader->report);
	fill_state_dir(out, &f, reader->report);
	fill_broker(out, &f.broker, &top);
	out->store = f.store;
	out->limits = f.limits;
	out->future_limit_ms = f.future_limit_ms;
	*lines = f.lines;
}
