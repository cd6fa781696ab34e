/* Preloaded: takes the acknowledge-after-commit gate out. mosquitto_threaded_set is what makes
 * libmosquitto queue its packets for our mosquitto_loop_write; without it, it writes at once. */
#include <mosquitto.h>

int mosquitto_threaded_set(struct mosquitto *mosq, bool threaded)
{
	(void)mosq;
	(void)threaded;
	return MOSQ_ERR_SUCCESS;
}
