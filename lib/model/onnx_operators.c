#include "lib/model/onnx_operators.h"

#include <string.h>

static const struct onnx_operator_list *const families[] = {
	&onnx_elementwise_operators,
	&onnx_linear_operators,
	&onnx_shape_operators,
	&onnx_column_operators,
	&onnx_gather_operators,
	&onnx_pad_operators,
	&onnx_fill_operators,
	&onnx_einsum_operators,
	&onnx_window_operators,
	&onnx_reduce_operators,
	&onnx_norm_operators,
	&onnx_ml_operators,
	&onnx_microsoft_operators,
};

/* Why: by how a name begins. */
static const struct {
	const char *begins, *why;
} refusals[] = {
	{"QuantizeLinear", "the network is quantised"},
	{"DequantizeLinear", "the network is quantised"},
	{"DynamicQuantize", "the network is quantised"},
	{"QLinear", "the network is quantised"},
	{"QGemm", "the network is quantised"},
	{"QAttention", "the network is quantised"},
	{"MatMulInteger", "the network is quantised"},
	{"MatMulNBits", "the network is quantised"},
	{"ConvInteger", "the network is quantised"},
	{"If", "control flow"},
	{"Loop", "control flow"},
	{"Scan", "control flow"},
	{"RNN", "recurrent: a row would depend on others"},
	{"LSTM", "recurrent: a row would depend on others"},
	{"GRU", "recurrent: a row would depend on others"},
	{"Random", "random numbers"},
	{"Multinomial", "random numbers"},
	{"Bernoulli", "random numbers"},
	{"Tree", "trees are no network"},
	{"SVM", "support vectors are no network"},
	{"String", "it works on text"},
	{"Tfidf", "it works on text"},
	{"CategoryMapper", "it works on text"},
	{"DictVectorizer", "it works on text"},
	{"InstanceNormalization", "statistics over groups of a row are not supported"},
	{"GroupNorm", "statistics over groups of a row are not supported"},
	{"Sequence", "sequences have no place in a row"},
	{"NonZero", "how many numbers it gives depends on the data"},
	{"Unique", "how many numbers it gives depends on the data"},
	{"Compress", "how many numbers it gives depends on the data"},
};

const struct onnx_operator *onnx_operator_at(size_t i)
{
	for (size_t f = 0; f < ARRAY_LEN(families); f++) {
		if (i < families[f]->count)
			return &families[f]->rows[i];
		i -= families[f]->count;
	}
	return NULL;
}

const struct onnx_operator *onnx_operator_find(const char *domain, const char *name, int64_t opset)
{
	const struct onnx_operator *op;

	for (size_t i = 0; (op = onnx_operator_at(i)); i++)
		if (strcmp(op->name, name) == 0 && strcmp(op->domain, domain) == 0 &&
			opset >= op->first && (op->last == 0 || opset <= op->last))
			return op;
	return NULL;
}

const char *onnx_operator_refusal(const char *domain, const char *name)
{
	const struct onnx_operator *op;

	if (domain[0] && strcmp(domain, ONNX_ML) != 0 && strcmp(domain, ONNX_MICROSOFT) != 0)
		return "an operator of a domain that is not known here";
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (strncmp(name, refusals[i].begins, strlen(refusals[i].begins)) == 0)
			return refusals[i].why;
	for (size_t i = 0; (op = onnx_operator_at(i)); i++)
		if (strcmp(op->name, name) == 0 && strcmp(op->domain, domain) == 0)
			return "not in the form that this opset gives it";
	return "an operator that cannot be run";
}
