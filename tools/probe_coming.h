/* How the values of an id or name come over time: this tells units from tags. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum probe_coming {
	COMES_UNKNOWN, /* too few, or all began at the same moment */
	COMES_ONCE,    /* each value once */
	COMES_BURSTS,  /* each for a short while, one after the other: units */
	COMES_ALWAYS,  /* each all the time: tags, machines */
	COMES_MIXED,
};

struct probe_span {
	int64_t first_ms, last_ms;
	uint64_t count; /* 0: does not count */
};

/* Sorts `spans` anew. begin, end: when listening began and ended. */
enum probe_coming probe_coming_judge(
	struct probe_span *spans, size_t count, int64_t begin_ms, int64_t end_ms);
const char *probe_coming_name(enum probe_coming c);     /* "bursts": for JSON */
const char *probe_coming_sentence(enum probe_coming c); /* "each comes once"; "" for unknown */
