#include "lib/wire/result.h"

#include <errno.h>
#include <mosquitto.h>
#include <string.h>

int result_errno(int rc)
{
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
		return 0;
	case MOSQ_ERR_NOMEM:
		return -ENOMEM;
	case MOSQ_ERR_INVAL:
	case MOSQ_ERR_MALFORMED_UTF8:
	case MOSQ_ERR_QOS_NOT_SUPPORTED:
		return -EINVAL;
	case MOSQ_ERR_PAYLOAD_SIZE:
	case MOSQ_ERR_OVERSIZE_PACKET:
		return -EMSGSIZE;
	case MOSQ_ERR_NO_CONN:
		return -ENOTCONN;
	case MOSQ_ERR_EAI:
		return -EHOSTUNREACH;
	case MOSQ_ERR_ERRNO:
		return errno ? -errno : -EIO;
	default:
		return -ECONNRESET;
	}
}

const char *result_why(int rc)
{
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
		return "disconnected";
	case MOSQ_ERR_ERRNO:
		return strerror(errno);
	case MOSQ_ERR_CONN_LOST:
		return "the broker closed the connection";
	case MOSQ_ERR_KEEPALIVE:
		return "nothing was heard of the broker for the keepalive time";
	default:
		return rc >= 128 ? mosquitto_reason_string(rc) : mosquitto_strerror(rc);
	}
}
