#include "agent/qrcam/sightings.h"

#include "tests/support/unit.h"

#include <stdio.h>

static struct sightings s;

static int none(void **state)
{
    (void)state;
    memset(&s, 0, sizeof s);
    return 0;
}

static bool add(const char *code, int64_t now_ms)
{
    return sightings_add(&s, tb_span_str(code), now_ms);
}

static void code_in_sight_is_no_news(void **state)
{
    (void)state;
    assert_true(add("a", 0));
    for (int64_t now_ms = 100; now_ms < 10000; now_ms += SIGHTING_AWAY_MS - 1)
        assert_false(add("a", now_ms));
    assert_true(add("b", 10000));
}

static void code_that_was_away_is_news(void **state)
{
    (void)state;
    assert_true(add("a", 0));
    assert_false(add("a", SIGHTING_AWAY_MS - 1));
    assert_true(add("a", 2 * SIGHTING_AWAY_MS - 1));
}

static void code_that_is_away_is_wiped(void **state)
{
    (void)state;
    static const struct sightings empty;
    assert_true(add("secret", 0));
    sightings_expire(&s, SIGHTING_AWAY_MS - 1);
    assert_memory_not_equal(&s, &empty, sizeof s);
    sightings_expire(&s, SIGHTING_AWAY_MS);
    assert_memory_equal(&s, &empty, sizeof s);
}

static void oldest_gives_way_to_one_more(void **state)
{
    (void)state;
    char code[8];
    for (unsigned i = 0; i <= SIGHTING_COUNT; i++) {
        (void)snprintf(code, sizeof code, "c%u", i);
        assert_true(add(code, i));
    }
    assert_false(add("c1", 20));
    assert_true(add("c0", 20));
}

static void long_codes_are_told_by_their_beginning(void **state)
{
    (void)state;
    static uint8_t code[SIGHTING_SIZE_MAX + 1];
    memset(code, 'x', sizeof code);
    assert_true(sightings_add(&s, tb_span_of(code, sizeof code), 0));
    assert_false(sightings_add(&s, tb_span_of(code, sizeof code - 1), 0));
    assert_true(sightings_add(&s, tb_span_of(code, sizeof code - 2), 0));
    assert_false(sightings_add(&s, tb_span_of(code, 0), 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(code_in_sight_is_no_news, none),
        cmocka_unit_test_setup(code_that_was_away_is_news, none),
        cmocka_unit_test_setup(code_that_is_away_is_wiped, none),
        cmocka_unit_test_setup(oldest_gives_way_to_one_more, none),
        cmocka_unit_test_setup(long_codes_are_told_by_their_beginning, none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
