/* defectctl model: the registry of models, and model files. A table of subcommands. */
#include "tools/model.h"

#include <string.h>

/* In the order of --help. */
static const struct command *const commands[] = {
	&command_model_list,
	&command_model_show,
	&command_model_import,
	&command_model_promote,
	&command_model_rollback,
	NULL,
};

static int run(const struct context *ctx, int argc, char **argv)
{
	if (argc < 2)
		return command_usage(&command_model, "what is to be done is missing");
	for (size_t i = 0; commands[i]; i++) {
		/* the command's name is "model list" */
		if (strcmp(commands[i]->name + strlen("model "), argv[1]) == 0)
			return commands[i]->run(ctx, argc - 1, argv + 1);
	}
	return command_usage(&command_model, "there is no \"model %s\"", argv[1]);
}

const struct command command_model = {
	.name = "model",
	.arguments = "list [--line L]\n"
		     "       defectctl model show FILE|MODEL [--line L]\n"
		     "       defectctl model import FILE [--line L | --out M.onnx]\n"
		     "         [--inputs inputs.json | --like OTHER.onnx] [--threshold T]\n"
		     "         [--classes A,B,.. --defect-classes B,..] [--logits]\n"
		     "         [--by NAME] [--why TEXT]\n"
		     "       defectctl model promote MODEL [--line L] [--by NAME] [--why TEXT]\n"
		     "       defectctl model rollback [--line L] [--by NAME] [--why TEXT]",
	.summary = "which models there are, which is in use, and those of other programs",
	.run = run,
};
