/* Labels: what inspection says of units, whether they are open or not. */
#include "tests/unit/feature/flow.h"

static void add_texts(struct scalar_list *list, size_t count, const char *const *texts)
{
	list->v = calloc(count, sizeof(*list->v));
	list->count = count;
	for (size_t i = 0; i < count; i++)
		list->v[i] = (struct scalar){.kind = SCALAR_TEXT, .text = strdup(texts[i])};
}

/* OK is good, all else but NG is neither. */
static void want_good(struct flow *f)
{
	static const char *const good[] = {"OK"};

	add_texts(&f->plan.labels[0].good, 1, good);
}

static enum refusal label(struct flow *f, const char *unit, int64_t ms, const char *members)
{
	return flow_unit(f, "qc", unit, ms, members);
}

/* The only label of the last message. */
static const struct assembled_label *the_label(const struct flow *f)
{
	size_t count;
	const struct assembled_label *l = assembler_labels(f->a, &count);

	assert_int_equal(count, 1);
	return l;
}

static void expect_no_label(const struct flow *f)
{
	size_t count;

	(void)assembler_labels(f->a, &count);
	assert_int_equal(count, 0);
}

static void a_label_needs_no_unit(void **state)
{
	struct flow *f = *state;
	const struct assembled_label *l;

	flow_begin(f);
	assert_int_equal(label(f, "U1", 17, "\"result\":\"NG\""), REFUSAL_NONE);
	l = the_label(f);
	assert_string_equal(l->unit, "U1");
	assert_int_equal(l->at_ms, NOW + 17);
	assert_true(l->is_defect);
	assert_string_equal(l->source, "qc");
	assert_string_equal(l->class_name, "");
	assert_string_equal(l->by, "");
	assert_string_equal(l->why, "");
	assert_int_equal(assembler_open_count(f->a), 0);
	assert_int_equal(flow_counts(f).used, 1);
}

static void a_label_is_of_one_message(void **state)
{
	struct flow *f = *state;

	flow_begin(f);
	expect_no_label(f);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"NG\""), REFUSAL_NONE);
	assert_int_equal(label(f, "U2", 0, "\"result\":\"OK\""), REFUSAL_NONE);
	assert_string_equal(the_label(f)->unit, "U2");
	assert_int_equal(flow_unit(f, "in", "U1", 0, ""), REFUSAL_NONE);
	expect_no_label(f);
	assert_int_equal(label(f, "U2", 0, ""), REFUSAL_NO_VALUE);
	expect_no_label(f);
}

static void without_good_values_all_others_are_good(void **state)
{
	static const char *const good[] = {
		"\"result\":\"ng\"", "\"result\":1", "\"result\":true", "\"result\":\"\""};
	struct flow *f = *state;

	flow_begin(f);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		assert_int_equal(label(f, "U1", 0, good[i]), REFUSAL_NONE);
		assert_false(the_label(f)->is_defect);
	}
}

static void with_good_values_others_are_no_label(void **state)
{
	struct flow *f = *state;

	want_good(f);
	flow_begin(f);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"OK\""), REFUSAL_NONE);
	assert_false(the_label(f)->is_defect);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"NG\""), REFUSAL_NONE);
	assert_true(the_label(f)->is_defect);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"ok\""), REFUSAL_LABEL_VALUE);
	assert_string_equal(f->err.text,
		"source \"qc\": the label of unit \"U1\" is neither a defect nor good");
	expect_no_label(f);
	assert_int_equal(flow_counts(f).refused[REFUSAL_LABEL_VALUE], 1);
}

static void a_message_without_the_field_has_no_label(void **state)
{
	struct flow *f = *state;

	flow_begin(f);
	assert_int_equal(label(f, "U1", 0, "\"other\":\"NG\""), REFUSAL_NO_VALUE);
	assert_string_equal(f->err.text, "source \"qc\": no label in it for unit \"U1\"");
	assert_int_equal(label(f, "U1", 0, "\"result\":null"), REFUSAL_NO_VALUE);
}

static void class_and_inspector_and_reason_are_texts(void **state)
{
	struct label_rule *rule;
	struct flow *f = *state;
	const struct assembled_label *l;

	rule = f->plan.labels;
	rule->class_field = strdup("class");
	rule->by_field = strdup("by");
	rule->why_field = strdup("why");
	flow_begin(f);
	assert_int_equal(
		label(f, "U1", 0,
			"\"result\":\"NG\",\"class\":\"crack\",\"by\":4711,\"why\":\"alert\""),
		REFUSAL_NONE);
	l = the_label(f);
	assert_string_equal(l->class_name, "crack");
	assert_string_equal(l->by, "4711");
	assert_string_equal(l->why, "alert");
	assert_int_equal(
		label(f, "U1", 0, "\"result\":\"NG\",\"class\":[1],\"by\":null,\"why\":true"),
		REFUSAL_NONE);
	l = the_label(f);
	assert_string_equal(l->class_name, "");
	assert_string_equal(l->by, "");
	assert_string_equal(l->why, "1");
}

/* A second rule of the same source: member final, of which X is a defect. */
static void add_rule(struct flow *f)
{
	static const char *const defect[] = {"X"};
	struct label_rule *rules = reallocarray(f->plan.labels, 2, sizeof(*rules));

	rules[1] = (struct label_rule){.source = F_QC, .field = strdup("final")};
	add_texts(&rules[1].defect, 1, defect);
	f->plan.labels = rules;
	f->plan.label_count = 2;
}

static void a_message_may_have_several_labels(void **state)
{
	const struct assembled_label *l;
	struct flow *f = *state;
	size_t count;

	want_good(f);
	add_rule(f);
	flow_begin(f);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"OK\",\"final\":\"X\""), REFUSAL_NONE);
	l = assembler_labels(f->a, &count);
	assert_int_equal(count, 2);
	assert_false(l[0].is_defect);
	assert_true(l[1].is_defect);
	/* one of them is enough */
	assert_int_equal(label(f, "U1", 0, "\"result\":\"?\",\"final\":\"Y\""), REFUSAL_NONE);
	assert_false(the_label(f)->is_defect);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"?\""), REFUSAL_LABEL_VALUE);
}

static void each_element_may_be_a_label(void **state)
{
	const struct assembled_label *l;
	struct flow *f = *state;
	struct source *qc = &f->plan.sources[F_QC];
	size_t count;

	qc->each = strdup("/units");
	qc->id.parts[0].kind = ID_KEY;
	flow_begin(f);
	assert_int_equal(flow_message(f, "f/qc/all",
				 "{\"units\":{\"U1\":{\"ts\":1,\"result\":\"NG\"},"
				 "\"U2\":{\"ts\":2},\"U3\":{\"ts\":3,\"result\":\"OK\"},"
				 "\"U4\":{\"ts\":4,\"result\":\"OK\"},"
				 "\"U5\":{\"ts\":5,\"result\":\"OK\"},"
				 "\"U6\":{\"ts\":6,\"result\":\"NG\"}}}",
				 false),
		REFUSAL_NONE);
	l = assembler_labels(f->a, &count);
	assert_int_equal(count, 5);
	assert_string_equal(l[0].unit, "U1");
	assert_string_equal(l[1].unit, "U3");
	assert_string_equal(l[4].unit, "U6");
	assert_true(l[4].is_defect);
	assert_int_equal(l[4].at_ms, 6);
}

static void a_retained_label_is_old(void **state)
{
	struct flow *f = *state;

	flow_begin(f);
	assert_int_equal(
		flow_message(f, "f/qc/U1", "{\"ts\":1,\"result\":\"NG\"}", true), REFUSAL_RETAINED);
	expect_no_label(f);
}

/* qc is a label and brings x as well. */
static void begin_with_value(struct flow *f)
{
	want_good(f);
	flow_add(f, test_feature("x", FEATURE_UNIT, F_QC, "x", 0));
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
}

static void a_message_may_be_label_and_value(void **state)
{
	struct flow *f = *state;

	begin_with_value(f);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"OK\",\"x\":7"), REFUSAL_NONE);
	assert_false(the_label(f)->is_defect);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "x", 7);
	/* of a unit that was scored it is a label still */
	assert_int_equal(label(f, "U1", 1, "\"result\":\"NG\",\"x\":8"), REFUSAL_NONE);
	assert_true(the_label(f)->is_defect);
	assert_int_equal(flow_counts(f).refused[REFUSAL_LATE], 0);
}

static void a_value_is_used_where_the_label_is_none(void **state)
{
	struct flow *f = *state;

	begin_with_value(f);
	assert_int_equal(label(f, "U1", 0, "\"result\":\"?\",\"x\":7"), REFUSAL_NONE);
	expect_no_label(f);
	flow_expect_unit(f, "U1", "complete");
}

static void what_is_neither_has_the_reason_that_its_sentence_says(void **state)
{
	struct flow *f = *state;

	begin_with_value(f);
	assert_int_equal(label(f, "U2", 0, "\"x\":7"), REFUSAL_UNKNOWN_UNIT);
	assert_string_equal(
		f->err.text, "unit \"U2\" is not open and source \"qc\" does not open one");
	assert_int_equal(label(f, "U2", 0, "\"result\":\"?\",\"x\":7"), REFUSAL_LABEL_VALUE);
	assert_string_equal(f->err.text,
		"source \"qc\": the label of unit \"U2\" is neither a defect nor good");
	assert_int_equal(label(f, "U1", 0, ""), REFUSAL_NO_VALUE);
	assert_string_equal(
		f->err.text, "source \"qc\": nothing for unit \"U1\" that a feature or lot wants");
}

static void many_labels_do_not_mix_up_their_texts(void **state)
{
	struct flow *f = *state;
	char unit[20];

	f->plan.labels[0].class_field = strdup("class");
	flow_begin(f);
	for (int i = 0; i < 200; i++) {
		char members[100];

		snprintf(unit, sizeof(unit), "U%d", i);
		snprintf(members, sizeof(members), "\"result\":\"NG\",\"class\":\"C%d\"", i);
		assert_int_equal(label(f, unit, i, members), REFUSAL_NONE);
		assert_string_equal(the_label(f)->unit, unit);
		assert_int_equal(atoi(the_label(f)->class_name + 1), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_label_needs_no_unit),
		FLOW_TEST(a_label_is_of_one_message),
		FLOW_TEST(without_good_values_all_others_are_good),
		FLOW_TEST(with_good_values_others_are_no_label),
		FLOW_TEST(a_message_without_the_field_has_no_label),
		FLOW_TEST(class_and_inspector_and_reason_are_texts),
		FLOW_TEST(a_message_may_have_several_labels),
		FLOW_TEST(each_element_may_be_a_label),
		FLOW_TEST(a_retained_label_is_old),
		FLOW_TEST(a_message_may_be_label_and_value),
		FLOW_TEST(a_value_is_used_where_the_label_is_none),
		FLOW_TEST(what_is_neither_has_the_reason_that_its_sentence_says),
		FLOW_TEST(many_labels_do_not_mix_up_their_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
