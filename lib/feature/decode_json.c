/* Payloads of format "json": one JSON document. */
#include "lib/feature/decoder.h"

#include "lib/base/json.h"

static int decode_json(cJSON **out, const void *payload, size_t len, struct err *err)
{
	return json_parse(out, payload, len, 0, err);
}

const struct decoder decoder_json = {
	.name = "json",
	.help = "a JSON document (RFC 8259); fields, ids and times are pointers into it",
	.decode = decode_json,
};
