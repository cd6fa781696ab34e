/* What the results of libmosquitto mean. Inside lib/wire. */
#pragma once

int result_errno(int rc); /* 0 or a negative errno; MOSQ_ERR_ERRNO reads errno */
/* Why a connection ended: library results are small, MQTT 5 reason codes are 128 and more. */
const char *result_why(int rc);
