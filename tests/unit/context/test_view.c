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
    tb_view_render_profile(&profile, TB_AUDIENCE_CLERK, &customer);
    tb_view_render_journey(&journey, TB_AUDIENCE_CLERK, &events);
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
    tb_view_render_profile(&to, TB_AUDIENCE_CLERK, &customer);
    assert_int_equal(to.err, TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(parts_join_into_one_object, setup),
        cmocka_unit_test_setup(unknown_parts_are_absent, setup),
        cmocka_unit_test_setup(largest_profile_fits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
