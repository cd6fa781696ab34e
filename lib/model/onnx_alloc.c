#include "lib/model/onnx_alloc.h"

#include <stdint.h>
#include <stdlib.h>

/* Each block begins with its size, in a field as wide as the strictest alignment. */
union head {
	size_t bytes;
	max_align_t align;
};

static void *take(void *owner, size_t bytes)
{
	struct onnx_alloc *a = owner;
	size_t whole = bytes + sizeof(union head);
	union head *head;

	if (whole < bytes || whole > a->left) {
		a->refused = true;
		return NULL;
	}
	head = malloc(whole);
	if (!head)
		return NULL;
	head->bytes = whole;
	a->left -= whole;
	return head + 1;
}

static void give_back(void *owner, void *block)
{
	struct onnx_alloc *a = owner;
	union head *head;

	if (!block)
		return;
	head = (union head *)block - 1;
	a->left += head->bytes;
	free(head);
}

void onnx_alloc_init(struct onnx_alloc *a, size_t limit_bytes)
{
	*a = (struct onnx_alloc){
		.vtable = {.alloc = take, .free = give_back},
		.left = limit_bytes,
	};
	a->vtable.allocator_data = a;
}
