/* The figures of a model as a table for people. */
#pragma once

#include <stdio.h>

#include "lib/nn/metrics.h"

/* Beside what always saying the more common class would give; then the confusion matrix. `title`
 * says which rows these are: "held out". */
void figures_print(FILE *f, const char *title, const struct metrics *m);
