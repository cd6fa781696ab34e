#include "lib/model/onnx_scan.h"

#include <errno.h>
#include <stdbool.h>

#include "lib/base/err.h"

enum wire_type {
	WIRE_VARINT = 0,
	WIRE_64 = 1,
	WIRE_BYTES = 2,
	WIRE_32 = 5,
};

struct scan {
	const uint8_t *start, *at;
	struct err *err;
};

static int fail(const struct scan *s, const char *what)
{
	return err_set(s->err, -EINVAL, "not an ONNX file: byte %zu: %s",
		(size_t)(s->at - s->start), what);
}

static bool read_varint(struct scan *s, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && s->at < end; shift += 7) {
		uint8_t byte = *s->at++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

/* Leaves s->at at the beginning of the value; *len is how long it is. */
static int read_value_len(struct scan *s, const uint8_t *end, unsigned wire, uint64_t *len)
{
	const uint8_t *begin = s->at;

	switch (wire) {
	case WIRE_VARINT:
		if (!read_varint(s, end, len))
			return fail(s, "a number that does not end");
		*len = (uint64_t)(s->at - begin);
		s->at = begin;
		return 0;
	case WIRE_64:
		*len = 8;
		break;
	case WIRE_32:
		*len = 4;
		break;
	case WIRE_BYTES:
		if (!read_varint(s, end, len))
			return fail(s, "a length that does not end");
		break;
	default:
		return fail(s, "a field of a kind that ONNX does not use");
	}
	if (*len > (uint64_t)(end - s->at))
		return fail(s, "a field reaches beyond the end (the file may be cut short)");
	return 0;
}

/* Recursion is as deep as the schema. */
static int scan_message(struct scan *s, const ProtobufCMessageDescriptor *type, const uint8_t *end)
{
	uint64_t seen = 0; /* one bit per field of the schema, which has fewer than 64 */

	while (s->at < end) {
		const ProtobufCFieldDescriptor *field;
		uint64_t tag, len;
		int rc;

		if (!read_varint(s, end, &tag))
			return fail(s, "a field number that does not end");
		if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
			return fail(s, "a field number out of range");
		rc = read_value_len(s, end, tag & 7, &len);
		if (rc < 0)
			return rc;
		field = protobuf_c_message_descriptor_get_field(type, (unsigned)(tag >> 3));
		if (field && field->label != PROTOBUF_C_LABEL_REPEATED) {
			uint64_t bit = UINT64_C(1) << (field - type->fields);

			if (seen & bit)
				return err_set(s->err, -EINVAL,
					"not an ONNX file: byte %zu: a second \"%s\", one is "
					"allowed",
					(size_t)(s->at - s->start), field->name);
			seen |= bit;
		}
		if (field && field->type == PROTOBUF_C_TYPE_MESSAGE && (tag & 7) == WIRE_BYTES) {
			rc = scan_message(s, field->descriptor, s->at + len);
			if (rc < 0)
				return rc;
		} else {
			s->at += len;
		}
	}
	return 0;
}

int onnx_scan(
	const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t len, struct err *err)
{
	struct scan s = {.start = bytes, .at = bytes, .err = err};

	return scan_message(&s, type, bytes + len);
}
