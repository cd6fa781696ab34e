/* The yardsticks: a libmosquitto subscriber over MQTT 5 that does nothing (noop) or sends every
 * message back (echo): subscriber noop|echo PORT FILTER COUNT.
 * Prints "ready" when subscribed and "done" after COUNT messages (0: never). The echo answers on
 * echo/<topic> at QoS 1 with at most 100 unconfirmed, since libmosquitto gets slow beyond. */
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yardstick {
	bool echoes;
	long wanted, got, unconfirmed;
	const char *filter;
};

static void on_connect(struct mosquitto *m, void *owner, int rc)
{
	struct yardstick *y = owner;

	if (rc != 0 || mosquitto_subscribe(m, NULL, y->filter, 1) != 0)
		exit(1);
}

static void on_subscribe(struct mosquitto *m, void *owner, int mid, int n, const int *granted)
{
	(void)m, (void)owner, (void)mid, (void)n, (void)granted;
	puts("ready");
	fflush(stdout);
}

static void on_publish(struct mosquitto *m, void *owner, int mid)
{
	struct yardstick *y = owner;

	(void)m, (void)mid;
	y->unconfirmed--;
}

static void on_message(struct mosquitto *m, void *owner, const struct mosquitto_message *in)
{
	struct yardstick *y = owner;
	char topic[512];

	y->got++;
	if (!y->echoes)
		return;
	snprintf(topic, sizeof(topic), "echo/%s", in->topic);
	if (mosquitto_publish(m, NULL, topic, in->payloadlen, in->payload, 1, false) == 0)
		y->unconfirmed++;
}

int main(int argc, char **argv)
{
	struct yardstick y = {0};
	struct mosquitto *m;

	if (argc != 5) {
		fputs("usage: subscriber noop|echo PORT FILTER COUNT\n", stderr);
		return 64;
	}
	y.echoes = strcmp(argv[1], "echo") == 0;
	y.filter = argv[3];
	y.wanted = atol(argv[4]);
	mosquitto_lib_init();
	m = mosquitto_new(y.echoes ? "yardstick-echo" : "yardstick-noop", true, &y);
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, 5000);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	mosquitto_message_callback_set(m, on_message);
	mosquitto_publish_callback_set(m, on_publish);
	if (mosquitto_connect(m, "127.0.0.1", atoi(argv[2]), 60) != 0)
		return 1;
	while (y.wanted == 0 || y.got < y.wanted || y.unconfirmed > 0) {
		if (mosquitto_loop(m, 1000, 1) != 0)
			return 1;
	}
	puts("done");
	fflush(stdout);
	mosquitto_disconnect(m);
	mosquitto_destroy(m);
	mosquitto_lib_cleanup();
	return 0;
}
