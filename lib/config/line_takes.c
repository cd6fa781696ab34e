/* What a feature takes of its window. */
#include "lib/config/line_feature.h"
#include "lib/config/names.h"

static void say_no_take(const cJSON *item, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	char found[FOUND_TEXT_MAX];

	suggestion_init(&hint, cJSON_IsString(item) ? item->valuestring : "");
	for (int i = 0; i < TAKE_COUNT_OF; i++)
		suggestion_add(&hint, take_name((enum take)i));
	place_error(at, "is %s, %s", schema_found(found, item), suggestion_text(&hint));
}

static bool add_take(struct take_list *out, const cJSON *item, const struct place *at)
{
	int take = cJSON_IsString(item) ? take_find(item->valuestring) : -1;

	if (take < 0) {
		say_no_take(item, at);
		return false;
	}
	for (size_t i = 0; i < out->count; i++) {
		if (out->v[i] != (enum take)take)
			continue;
		place_error(at, "\"%s\" stands here twice", item->valuestring);
		return false;
	}
	out->v[out->count++] = (enum take)take;
	return true;
}

void line_read_takes(
	struct take_list *out, const struct feature_file *f, const struct place *feature)
{
	struct place at = place_key(feature, "take");
	bool is_sound = true;
	const cJSON *item;
	size_t i = 0;

	*out = (struct take_list){.is_list = cJSON_IsArray(f->take)};
	if (!f->take)
		out->v[out->count++] = TAKE_LAST;
	else if (!out->is_list)
		is_sound = add_take(out, f->take, &at);
	else if (cJSON_GetArraySize(f->take) == 0)
		place_error(&at, "is empty; without the key the last sample is taken");
	if (out->is_list) {
		cJSON_ArrayForEach(item, f->take)
		{
			struct place here = place_element(&at, i++);

			is_sound &= add_take(out, item, &here);
		}
	}
	if (!is_sound)
		out->count = 0;
}

static bool is_held(enum take take)
{
	return take != TAKE_COUNT && take != TAKE_SUM;
}

static bool needs_several(enum take take)
{
	return take == TAKE_SD || take == TAKE_SLOPE;
}

static void check_take(
	enum take take, const struct feature_file *f, bool is_text, const struct place *at)
{
	if (is_text && take != TAKE_LAST && take != TAKE_FIRST)
		place_error(at,
			"\"%s\" is for numbers, and this feature is text: allowed are last, first",
			take_name(take));
	else if (needs_several(take) && !f->has_during && !f->has_over)
		place_error(at,
			"\"%s\" is of several samples, and without \"during\" or \"over\" the "
			"window is one",
			take_name(take));
}

void line_check_takes(const struct take_list *takes, const struct feature_file *f, bool is_text,
	const struct place *feature)
{
	struct place at = place_key(feature, "take"), hold = place_key(feature, "hold");
	bool is_any_held = takes->count == 0;

	for (size_t i = 0; i < takes->count; i++) {
		struct place element = place_element(&at, i);

		check_take(takes->v[i], f, is_text, takes->is_list ? &element : &at);
		is_any_held |= is_held(takes->v[i]);
	}
	if (f->has_hold && !is_any_held)
		place_error(&hold,
			"means nothing here: count and sum are of the samples inside the "
			"window alone; remove the key");
}
