/* `defectctl model`: a table of subcommands in model.c, a file each. */
#pragma once

#include "tools/command.h"

extern const struct command command_model_list, command_model_show, command_model_import,
	command_model_promote, command_model_rollback;
