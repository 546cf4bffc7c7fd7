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
    tb_view_render_profile(&to, &customer);
    assert_int_equal(to.err, TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(parts_join_into_one_object, setup),
        cmocka_unit_test_setup(unknown_parts_are_absent, setup),
        cmocka_unit_test_setup(the_shopper_sees_nothing_of_staff_and_no_past, setup),
        cmocka_unit_test_setup(largest_profile_fits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
