/* Choosing a kernel set, and packing weights for all of them. */
#include "lib/nn/kernels.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/nn/kernels_sets.h"

size_t nn_packed_floats(size_t inputs, size_t outputs)
{
	return outputs == 1 ? nn_padded(inputs) : nn_padded(outputs) * inputs;
}

void nn_pack(float *packed, size_t inputs, size_t outputs, const float *weights)
{
	memset(packed, 0, nn_packed_floats(inputs, outputs) * sizeof(*packed));
	if (outputs == 1) {
		memcpy(packed, weights, inputs * sizeof(*packed));
		return;
	}
	for (size_t first = 0; first < outputs; first += NN_PANEL) {
		const size_t width = nn_panel_width(outputs, first);
		float *panel = packed + first * inputs;

		for (size_t o = first; o < outputs && o < first + width; o++)
			for (size_t i = 0; i < inputs; i++)
				panel[i * width + o - first] = weights[o * inputs + i];
	}
}

const struct nn_kernels *nn_kernels_choose(const char *name, struct err *err)
{
	char names[128] = "";

	for (size_t i = 0; i < nn_kernel_set_count; i++) {
		const struct nn_kernel_set *set = &nn_kernel_sets[i];
		size_t len = strlen(names);

		if (!name && set->is_supported())
			return set->kernels;
		if (name && !strcmp(name, set->kernels->name)) {
			if (set->is_supported())
				return set->kernels;
			err_set(err, -ENOTSUP, "kernels \"%s\" need %s, which this processor lacks",
				name, set->needs);
			return NULL;
		}
		strncat(names, len ? ", " : "", sizeof(names) - len - 1);
		strncat(names, set->kernels->name, sizeof(names) - strlen(names) - 1);
	}
	err_set(err, -EINVAL, "there are no kernels \"%s\", allowed are: %s", name ? name : "",
		names);
	return NULL;
}

const struct nn_kernels *const *nn_kernels_all(void)
{
	return nn_kernel_list;
}
