#include "core/context/view.h"

#include "tests/support/unit.h"

static char text[2 * TB_VIEW_PART_SIZE_MAX];
static struct tb_customer customer;

static const char *view_of(const struct tb_view_parts *parts)
{
    struct tb_buf to = tb_buf_of(text, sizeof text - 1);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_view_put(&w, NULL, parts);
    assert_int_equal(to.err, TB_OK);
    text[to.size] = '\0';
    return text;
}

static int setup(void **state)
{
    (void)state;
    customer = (struct tb_customer){.name = "Ms Rivera", .since = "2023", .tier = "gold", .language = "en"};
    customer.points = 2480;
    customer.benefits.count = 1;
    memcpy(customer.benefits.text[0], "Free gift wrap", 15);
    return 0;
}

static void parts_join_into_one_object(void **state)
{
    (void)state;
    static uint8_t profile_memory[TB_VIEW_PART_SIZE_MAX];
    static uint8_t journey_memory[TB_VIEW_PART_SIZE_MAX];
    struct tb_buf profile = tb_buf_of(profile_memory, sizeof profile_memory);
    struct tb_buf journey = tb_buf_of(journey_memory, sizeof journey_memory);
    struct tb_journey events = {.event_count = 1,
                                .events = {{.at_ms = 5, .channel = TB_CHANNEL_WEB, .what = "cart started"}}};
    tb_view_render_profile(&profile, &customer);
    tb_view_render_journey(&journey, &events);
    struct tb_view_parts parts = {.profile = tb_buf_span(&profile),
                                  .journey = tb_buf_span(&journey),
                                  .profile_as_of_ms = 11,
                                  .journey_as_of_ms = 12};
    assert_string_equal(
        view_of(&parts),
        "{\"customer\":{\"name\":\"Ms Rivera\",\"since\":\"2023\",\"language\":\"en\"},\"tier\":\"gold\","
        "\"points\":2480,\"benefits\":[{\"text\":\"Free gift wrap\"}],\"open\":[],\"do_not_ask\":[],"
        "\"journey\":[{\"at_ms\":5,\"channel\":\"web\",\"what\":\"cart started\"}],"
        "\"as_of\":{\"profile_ms\":11,\"journey_ms\":12}}");
}

static void unknown_parts_are_absent(void **state)
{
    (void)state;
    struct tb_view_parts parts = {.profile = tb_span_str("\"points\":1"), .profile_as_of_ms = 3};
    assert_string_equal(view_of(&parts), "{\"points\":1,\"as_of\":{\"profile_ms\":3}}");
}

static const char *opened(const struct tb_view_open *open)
{
    static uint8_t profile_memory[TB_VIEW_PART_SIZE_MAX];
    static uint8_t block[TB_VIEW_ARENA_SIZE];
    struct tb_buf profile = tb_buf_of(profile_memory, sizeof profile_memory);
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    tb_view_render_profile(&profile, &customer);
    const struct tb_view_parts parts = {.profile = tb_buf_span(&profile),
                                        .journey = tb_span_str("[{\"what\":\"elsewhere\"}]"),
                                        .profile_as_of_ms = 11,
                                        .journey_as_of_ms = 12};
    struct tb_buf to = tb_buf_of(text, sizeof text - 1);
    struct tb_json_writer w = tb_json_writer_of(&to);
    assert_int_equal(tb_view_put_open(&w, NULL, &parts, open, &arena), TB_OK);
    assert_int_equal(to.err, TB_OK);
    text[to.size] = '\0';
    return text;
}

/* Whoever stands behind her sees no more than who is meant. */
static void the_shopper_sees_nothing_of_staff_and_no_past(void **state)
{
    (void)state;
    customer.do_not_ask.count = 1;
    memcpy(customer.do_not_ask.text[0], "e-mail is verified", 19);
    struct tb_view_open open = {.audience = TB_AUDIENCE_SHOPPER, .tier = true, .name = true};
    assert_string_equal(opened(&open),
                        "{\"audience\":\"shopper\",\"customer\":{\"name\":\"Ms Rivera\",\"language\":\"en\"},"
                        "\"tier\":\"gold\",\"points\":2480,\"as_of\":{\"profile_ms\":11}}");
    open.name = false;
    open.tier = false;
    assert_string_equal(opened(&open),
                        "{\"audience\":\"shopper\",\"customer\":{\"name\":\"\",\"language\":\"en\"},"
                        "\"as_of\":{\"profile_ms\":11}}");
}

/* Whatever else runs on the till serves a sale; what is the clerk's is told to the clerk's page alone. */
static void a_pos_is_told_what_a_sale_is_made_with(void **state)
{
    (void)state;
    memcpy(customer.salutation, "Ms", 3);
    customer.open.count = customer.do_not_ask.count = 1;
    memcpy(customer.open.text[0], "watch battery is here", 22);
    memcpy(customer.do_not_ask.text[0], "e-mail is verified", 19);
    customer.note_count = 1;
    customer.notes[0] = (struct tb_staff_note){.id = {{1}}, .at_ms = 7, .by = "Kim Berg", .text = "Blue ink"};
    customer.viewed_count = 1;
    customer.viewed[0] = (struct tb_viewed){.gtin = "04006381333931", .at_ms = 9};
    struct tb_view_open open = {.audience = TB_AUDIENCE_POS, .tier = true, .name = true};
    assert_string_equal(opened(&open),
                        "{\"customer\":{\"name\":\"Ms Rivera\",\"salutation\":\"Ms\",\"language\":\"en\"},"
                        "\"tier\":\"gold\",\"points\":2480,\"benefits\":[{\"text\":\"Free gift wrap\"}],"
                        "\"as_of\":{\"profile_ms\":11}}");
    open.tier = false;
    assert_string_equal(opened(&open),
                        "{\"customer\":{\"name\":\"Ms Rivera\",\"salutation\":\"Ms\",\"language\":\"en\"},"
                        "\"as_of\":{\"profile_ms\":11}}");
    open.name = false;
    open.tier = true;
    assert_string_equal(opened(&open), "{\"customer\":{\"name\":\"\",\"language\":\"en\"},\"tier\":\"gold\","
                                       "\"points\":2480,\"benefits\":[{\"text\":\"Free gift wrap\"}],"
                                       "\"as_of\":{\"profile_ms\":11}}");
}

/* The largest customer fits what the header promises. */
static void largest_profile_fits(void **state)
{
    (void)state;
    static uint8_t memory[TB_VIEW_PART_SIZE_MAX];
    struct tb_buf to = tb_buf_of(memory, sizeof memory);
    struct tb_texts *lists[] = {&customer.benefits, &customer.open, &customer.do_not_ask};
    for (size_t i = 0; i < 3; i++) {
        lists[i]->count = TB_TEXT_COUNT_MAX;
        for (size_t k = 0; k < TB_TEXT_COUNT_MAX; k++)
            memset(lists[i]->text[k], '"', TB_TEXT_SIZE_MAX); /* doubled when escaped */
    }
    customer.note_count = TB_STAFF_NOTE_COUNT_MAX;
    for (size_t i = 0; i < TB_STAFF_NOTE_COUNT_MAX; i++) {
        memset(customer.notes[i].text, '"', TB_TEXT_SIZE_MAX);
        memset(customer.notes[i].by, '"', TB_NAME_SIZE_MAX);
    }
    customer.viewed_count = TB_VIEWED_COUNT_MAX;
    customer.consent_count = TB_CONSENT_COUNT_MAX;
    for (size_t i = 0; i < TB_CONSENT_COUNT_MAX; i++) {
        memset(customer.consents[i].id, 'c', TB_SHORT_SIZE_MAX);
        customer.consents[i].granted = true;
    }
    tb_view_render_profile(&to, &customer);
    assert_int_equal(to.err, TB_OK);
}

static struct tb_span rendered(void)
{
    static uint8_t memory[TB_VIEW_PART_SIZE_MAX];
    struct tb_buf to = tb_buf_of(memory, sizeof memory);
    tb_view_render_profile(&to, &customer);
    assert_int_equal(to.err, TB_OK);
    return tb_buf_span(&to);
}

static void notes_of_staff_are_shown(void **state)
{
    (void)state;
    customer.note_count = 2;
    customer.notes[0] = (struct tb_staff_note){.id = {{1}}, .at_ms = 7, .by = "Kim Berg", .text = "Blue ink"};
    customer.notes[1] = (struct tb_staff_note){.id = {{2}}, .at_ms = 6, .text = "Waits for a call"};
    const struct tb_view_parts parts = {.profile = rendered()};
    assert_non_null(strstr(view_of(&parts),
                           ",\"notes\":[{\"id\":\"01000000000000000000000000000000\",\"at_ms\":7,"
                           "\"by\":\"Kim Berg\",\"text\":\"Blue ink\"},"
                           "{\"id\":\"02000000000000000000000000000000\",\"at_ms\":6,"
                           "\"text\":\"Waits for a call\"}]"));
    const struct tb_view_open no_name = {.tier = true};
    assert_null(strstr(opened(&no_name), "notes"));
}

static void what_she_looked_at_is_behind_what_is_shown(void **state)
{
    (void)state;
    static uint8_t block[TB_VIEW_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_viewed viewed[TB_VIEWED_COUNT_MAX];
    char name[TB_NAME_SIZE_MAX + 1];
    uint8_t count = 9;
    assert_int_equal(tb_view_viewed(rendered(), &arena, viewed, &count), TB_OK);
    assert_int_equal(count, 0);
    customer.viewed_count = 2;
    customer.viewed[0] = (struct tb_viewed){.gtin = "04006381333931", .at_ms = 9};
    customer.viewed[1] = (struct tb_viewed){.gtin = "00000096385074", .at_ms = 8};
    assert_int_equal(tb_view_viewed(rendered(), &arena, viewed, &count), TB_OK);
    assert_int_equal(count, 2);
    assert_string_equal(viewed[1].gtin, "00000096385074");
    assert_int_equal(viewed[1].at_ms, 8);
    assert_null(memmem(tb_view_shown(rendered()).at, tb_view_shown(rendered()).size, "4006381333931", 13));
    tb_arena_release(&arena, 0);
    assert_int_equal(tb_view_name(rendered(), &arena, name), TB_OK);
    assert_string_equal(name, "Ms Rivera");
}

static void whoever_refuses_profiling_leaves_no_trace_of_it(void **state)
{
    (void)state;
    customer.viewed_count = 1;
    customer.viewed[0] = (struct tb_viewed){.gtin = "04006381333931", .at_ms = 9};
    customer.consent_count = 1;
    customer.consents[0] = (struct tb_consent){.id = "profiling", .granted = false};
    const struct tb_span profile = rendered();
    static uint8_t block[TB_VIEW_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_viewed viewed[TB_VIEWED_COUNT_MAX];
    uint8_t count = 9;
    assert_int_equal(tb_view_viewed(profile, &arena, viewed, &count), TB_OK);
    assert_int_equal(count, 0);
    assert_null(memmem(profile.at, profile.size, "4006381333931", 13));
}

/* Another text here is another number: else tills go on with what they stored before. */
static void a_rendering_has_its_number(void **state)
{
    (void)state;
    static const char text_of_1[] =
        "\"customer\":{\"name\":\"Ms Rivera\",\"salutation\":\"Dr\",\"since\":\"2023\",\"language\":\"en\"},"
        "\"tier\":\"gold\",\"points\":2480,\"benefits\":[{\"text\":\"Free gift "
        "wrap\"}],\"open\":[],\"do_not_ask\":[],"
        "\"notes\":[{\"id\":\"07000000000000000000000000000000\",\"at_ms\":8,\"by\":\"Kim\",\"text\":\"Left-"
        "handed\"}]\0"
        "[{\"gtin\":\"04006381333931\",\"at_ms\":9}]\0"
        "[{\"id\":\"profiling\",\"granted\":true}]";
    memcpy(customer.salutation, "Dr", 3);
    customer.note_count = 1;
    customer.notes[0] = (struct tb_staff_note){.id = {{7}}, .at_ms = 8, .by = "Kim", .text = "Left-handed"};
    customer.viewed_count = 1;
    customer.viewed[0] = (struct tb_viewed){.gtin = "04006381333931", .at_ms = 9};
    customer.consent_count = 1;
    customer.consents[0] = (struct tb_consent){.id = "profiling", .granted = true};
    assert_int_equal(TB_VIEW_RENDERING, 1);
    assert_int_equal(rendered().size, sizeof text_of_1 - 1);
    assert_memory_equal(rendered().at, text_of_1, sizeof text_of_1 - 1);
}

static void consents_are_behind_what_is_shown(void **state)
{
    (void)state;
    static uint8_t block[TB_VIEW_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_viewed viewed[TB_VIEWED_COUNT_MAX];
    struct tb_json list;
    uint8_t count = 0;
    assert_int_equal(tb_view_shown(rendered()).size, rendered().size);
    assert_int_equal(tb_view_consents(rendered(), &arena, &list), TB_ERR_MISSING);
    assert_int_equal(tb_view_consents((struct tb_span){0}, &arena, &list), TB_ERR_MISSING);
    customer.consent_count = 2;
    customer.consents[0] = (struct tb_consent){.id = "profiling", .granted = true};
    customer.consents[1] = (struct tb_consent){.id = "newsletter", .granted = false};
    for (uint8_t looks = 0; looks < 2; looks++) { /* whether or not she looked at something */
        customer.viewed_count = looks;
        customer.viewed[0] = (struct tb_viewed){.gtin = "04006381333931", .at_ms = 9};
        const struct tb_span profile = rendered();
        assert_int_equal(tb_view_consents(profile, &arena, &list), TB_OK);
        const struct tb_json_each first = tb_json_first(list);
        struct tb_json_each second = first;
        tb_json_next(&second);
        assert_int_equal(tb_json_count(list), 2);
        assert_true(tb_span_equal(tb_json_raw(first.value, "id"), tb_span_str("\"profiling\"")));
        assert_true(tb_span_equal(tb_json_raw(first.value, "granted"), tb_span_str("true")));
        assert_true(tb_span_equal(tb_json_raw(second.value, "id"), tb_span_str("\"newsletter\"")));
        assert_true(tb_span_equal(tb_json_raw(second.value, "granted"), tb_span_str("false")));
        tb_arena_release(&arena, 0);
        assert_int_equal(tb_view_viewed(profile, &arena, viewed, &count), TB_OK);
        assert_int_equal(count, looks);
        assert_null(memmem(tb_view_shown(profile).at, tb_view_shown(profile).size, "granted", 7));
        tb_arena_release(&arena, 0);
    }
}

static void suggestions_stand_beside_the_journey(void **state)
{
    (void)state;
    static uint8_t memory[1024];
    struct tb_buf to = tb_buf_of(memory, sizeof memory);
    struct tb_json_writer w = tb_json_writer_of(&to);
    const struct tb_product product = {.gtin = "04006381333931",
                                       .name = "Pen",
                                       .currency = "EUR",
                                       .unit_price = 249,
                                       .price_as_of_ms = 5,
                                       .stock = TB_STOCK_LOW};
    tb_json_open_array(&w, NULL);
    tb_view_put_suggestion(&w, &product, 9);
    tb_json_close_array(&w);
    const struct tb_view_parts parts = {.profile = tb_span_str("\"points\":1"),
                                        .suggestions = tb_buf_span(&to)};
    assert_non_null(strstr(view_of(&parts), "\"suggestions\":[{\"gtin\":\"04006381333931\",\"name\":\"Pen\","
                                            "\"unit_price\":249,\"currency\":\"EUR\",\"stock\":\"low\","
                                            "\"price_as_of\":5,\"seen_ms\":9}]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(parts_join_into_one_object, setup),
        cmocka_unit_test_setup(unknown_parts_are_absent, setup),
        cmocka_unit_test_setup(the_shopper_sees_nothing_of_staff_and_no_past, setup),
        cmocka_unit_test_setup(a_pos_is_told_what_a_sale_is_made_with, setup),
        cmocka_unit_test_setup(largest_profile_fits, setup),
        cmocka_unit_test_setup(notes_of_staff_are_shown, setup),
        cmocka_unit_test_setup(what_she_looked_at_is_behind_what_is_shown, setup),
        cmocka_unit_test_setup(whoever_refuses_profiling_leaves_no_trace_of_it, setup),
        cmocka_unit_test_setup(a_rendering_has_its_number, setup),
        cmocka_unit_test_setup(consents_are_behind_what_is_shown, setup),
        cmocka_unit_test_setup(suggestions_stand_beside_the_journey, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
