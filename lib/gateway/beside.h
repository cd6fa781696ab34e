/* Inside the gateway: the models that are loaded beside the champion. */
#pragma once

#include "lib/gateway/gateway.h"

/* The slot of a model that is loaded beside the champion; NULL: it is not loaded. */
struct model **beside_find(struct gateway_line *l, const char *sha256);

/* The models beside the champion, as they are now, score in the shadow. One that does not fit (the
 * line has changed since) scores nothing. Before any that scored there is freed. */
void beside_set_shadows(struct gateway *g, size_t line);
