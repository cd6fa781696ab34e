/* What a feature takes of a window's samples. */
#pragma once

enum take {
	TAKE_LAST,
	TAKE_FIRST,
	TAKE_MEAN,
	TAKE_MIN,
	TAKE_MAX,
	TAKE_SD,
	TAKE_SUM,
	TAKE_COUNT,
	TAKE_SLOPE,
	TAKE_MEDIAN,
	TAKE_P05,
	TAKE_P95,
	TAKE_COUNT_OF,
};

const char *take_name(enum take take);
