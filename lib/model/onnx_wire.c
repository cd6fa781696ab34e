#include "lib/model/onnx_wire.h"

#include "lib/base/buf.h"

enum { WIRE_64 = 1, WIRE_32 = 5 };

static bool read_varint(const uint8_t *file, size_t *at, size_t end, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		uint8_t byte = file[(*at)++];

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

bool onnx_field_next(struct onnx_field *out, const uint8_t *file, size_t at, size_t end)
{
	struct onnx_field f = {.begin = at};
	uint64_t tag, len;

	if (!read_varint(file, &at, end, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return false;
	f.number = (unsigned)(tag >> 3);
	f.wire = tag & 7;
	f.value = at;
	switch (f.wire) {
	case ONNX_WIRE_VARINT:
		if (!read_varint(file, &at, end, &len))
			return false;
		len = at - f.value;
		break;
	case ONNX_WIRE_BYTES:
		if (!read_varint(file, &at, end, &len))
			return false;
		f.value = at;
		break;
	case WIRE_64:
		len = 8;
		break;
	case WIRE_32:
		len = 4;
		break;
	default:
		return false;
	}
	if (len > end - f.value)
		return false;
	f.end = f.value + (size_t)len;
	*out = f;
	return true;
}

uint64_t onnx_field_number(const struct onnx_field *f, const uint8_t *file)
{
	size_t at = f->value;
	uint64_t v = 0;

	(void)read_varint(file, &at, f->end, &v);
	return v;
}

void onnx_put_head(struct buf *b, unsigned number, size_t len)
{
	buf_put_varint(b, (uint64_t)number << 3 | ONNX_WIRE_BYTES);
	buf_put_varint(b, len);
}
