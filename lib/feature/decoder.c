/* The table of payload decoders. */
#include "lib/feature/decoder.h"

#include <string.h>

static const struct decoder *const decoders[] = {
	&decoder_json,
	&decoder_number,
	&decoder_text,
	NULL,
};

const struct decoder *decoder_find(const char *name)
{
	for (size_t i = 0; decoders[i]; i++)
		if (strcmp(decoders[i]->name, name) == 0)
			return decoders[i];
	return NULL;
}

const struct decoder *const *decoder_all(void)
{
	return decoders;
}
