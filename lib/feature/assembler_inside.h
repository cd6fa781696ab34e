/* What the files of the assembler share. Of the rest only tests include this. */
#pragma once

#include "lib/base/timestamp.h"
#include "lib/feature/aggregate.h"
#include "lib/feature/assembler.h"
#include "lib/feature/lot_table.h"
#include "lib/feature/reading.h"
#include "lib/feature/remembered.h"
#include "lib/feature/routes.h"
#include "lib/feature/signal.h"
#include "lib/feature/unit_table.h"

struct err;

#define ASSEMBLER_MAGIC "line 2\n" /* begins a saved state; another form, another number */
#define GAPS_MAX 64                /* beyond: the oldest two become one */

struct gap {
	int64_t from_ms, to_ms; /* on the gateway's clock */
};

/* Units by the clock. */
struct every {
	int64_t next_ms; /* the gateway's clock: when the next one is; NO_TIME: not known yet */
	int64_t due_ms;  /* the line's clock: when that is due; it stands still where inputs wait */
};

/* The labels of the message in hand. */
struct label_list {
	struct assembled_label *v;
	size_t count, cap;
	struct arena *texts;
};

struct assembler {
	const struct plan *plan;
	struct assembler_limits limits;
	struct assembler_counts counts;
	struct routes routes;
	struct unit_table *units;
	struct lot_table *lots;
	struct remembered *remembered;
	struct signal **signals; /* [routes.signal_count] */
	struct signal **tracks;  /* [station_count] enters of a station that has no exits, exits of
				    one that has no enters: unit ids by event time; else NULL */
	size_t *required;        /* [required_count] features that must be final */
	size_t required_count;
	bool *near_us; /* [source_count]: has had an event time close to our clock */
	size_t near_count;
	int64_t now_ms, clock_ms; /* at the input in hand */
	struct every every;
	struct gap gaps[GAPS_MAX]; /* none overlaps another; in the order in which they ended */
	size_t gap_count;
	struct label_list labels;
	bool spares_journal, knows_topic; /* of the message in hand */
	struct assembler *newest;         /* of the line; NULL: it is this one */
	struct assembler *older;          /* the next one that still has units open; NULL: none */
	bool ends;                        /* what is open is due at once */
	/* scratch: the samples of one window, of the group and unit in hand */
	struct aggregate *aggregate;
	size_t aggregate_group; /* NO_INDEX: none */
};

/* assembler_feed.c, assembler_stream.c: what an element that was read does. The reason why it was
 * not used, with a sentence in err; REFUSAL_NONE; or -ENOMEM. */
int assembler_feed_unit(
	struct assembler *a, size_t source, const struct reading *r, struct err *err);
int assembler_feed_lot(struct assembler *a, size_t source, const struct reading *r, bool retained,
	struct err *err);
int assembler_feed_stream(struct assembler *a, size_t source, const struct reading *r,
	bool retained, struct err *err);

/* assembler_generations.c: an element of a unit that another assembler of the line has open, or
 * that this one may not open. REFUSAL_NONE: it is for this one; REFUSAL_UNMATCHED with a sentence;
 * or -ENOMEM. */
int assembler_leave_to_others(
	struct assembler *a, size_t source, const struct reading *r, struct err *err);
/* Of the line. */
struct remembered *assembler_memory(const struct assembler *a);
size_t assembler_open_in_all(const struct assembler *a);
MUST_CHECK bool assembler_remember(struct assembler *a, const struct open_unit *u);
/* assembler_save.c: without units, for an assembler that opens them from then on. */
void assembler_save_for_next(const struct assembler *a, struct buf *out);

/* assembler_label.c: the labels in an element, into a->labels. ASSEMBLER_LABELLED, or as above. */
#define ASSEMBLER_LABELLED (REFUSAL_COUNT + 1)
int assembler_read_labels(
	struct assembler *a, size_t source, const struct reading *r, struct err *err);
void assembler_clear_labels(struct assembler *a);

/* assembler_station.c: the events that an element of `source` is for the unit. *taken and
 * *repeated say what became of them. */
MUST_CHECK int assembler_take_events(struct assembler *a, struct open_unit *u, size_t source,
	int64_t time_ms, bool *taken, bool *repeated);
/* The same of a unit that is open in another assembler of the line: what ends the visits of this
 * one's units, or begins them. -ENOMEM. */
MUST_CHECK int assembler_note_other(struct assembler *a, size_t source,
	const struct assembler *owner, const struct open_unit *u, int64_t time_ms);
/* Where the unit was at a station, as things are known now. */
struct stay assembler_stay(const struct assembler *a, const struct open_unit *u, size_t station);
/* Another start, enter: the loaded lots follow. -ENOMEM. */
MUST_CHECK int assembler_bind_loaded(struct assembler *a, struct open_unit *u);
/* A lot is known to have been loaded at `since_ms`: open units of that time and later are looked
 * at. -ENOMEM. */
MUST_CHECK int assembler_rebind_all(struct assembler *a, size_t lot, int64_t since_ms);

/* assembler_window.c: the value of a FEATURE_STREAM; its texts are borrowed from the samples or
 * the unit. -ENOMEM. */
MUST_CHECK int assembler_take_window(struct assembler *a, const struct open_unit *u, size_t feature,
	struct assembled_value *out);
/* When, on the line's clock, its window is final; INT64_MAX: not as things stand. */
int64_t assembler_window_final_ms(
	const struct assembler *a, const struct open_unit *u, size_t feature);
/* The oldest sample that the unit's window wants; INT64_MAX: none, as far as is known. */
int64_t assembler_wanted_ms(const struct assembler *a, const struct open_unit *u, size_t feature);

/* assembler_room.c: room for one more sample of a signal that is full. Drops what no window to come
 * can want; windows that reach further back, or whose samples the limit is about to take, are
 * worked out before. -ENOMEM. */
MUST_CHECK int assembler_make_room(struct assembler *a, size_t signal);

/* assembler_settle.c: puts a unit among the complete ones, or takes it out, as its values now
 * stand, and says when it is to be looked at again. -ENOMEM. */
MUST_CHECK int assembler_settle(struct assembler *a, struct open_unit *u);
/* The same for all units bound to a lot. */
MUST_CHECK int assembler_settle_lot(struct assembler *a, struct lot_entry *lot);
/* Properties of the lot have come: it is the one used last, and another may have to go. */
MUST_CHECK int assembler_keep_lot(struct assembler *a, struct lot_entry *lot);

/* assembler_clock.c: opens the next unit by the clock that is due. NULL: none. */
struct open_unit *assembler_open_every(struct assembler *a);
int64_t assembler_gap_ms(const struct assembler *a, int64_t from_ms, int64_t to_ms);
