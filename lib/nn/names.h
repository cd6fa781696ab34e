/* What steps and functions are called in listings and messages. */
#pragma once

#include "lib/nn/steps.h"

const char *nn_kind_name(enum nn_step_kind kind); /* "affine"; "?" for what is none */
const char *nn_map_name(enum nn_map f);
const char *nn_pair_name(enum nn_pair f);
const char *nn_reduce_name(enum nn_reduce f);
const char *nn_group_name(enum nn_group f);
const char *nn_activation_name(enum nn_activation f);
