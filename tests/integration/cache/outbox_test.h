/* What tests of the outbox share: one that is made anew for each test. Every test binary includes this once.
 */
#ifndef TB_TESTS_INTEGRATION_CACHE_OUTBOX_TEST_H
#define TB_TESTS_INTEGRATION_CACHE_OUTBOX_TEST_H

#include "agent/cache/outbox.h"
#include "tests/integration/cache/cache_test.h"

static struct tb_outbox outbox;

static inline int outbox_set_up(void **state)
{
    int failed = place_set_up(state);
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    return failed;
}

static inline int outbox_tear_down(void **state)
{
    tb_outbox_close(&outbox);
    return place_tear_down(state);
}

#define OUTBOX_TEST(name) cmocka_unit_test_setup_teardown(name, outbox_set_up, outbox_tear_down)

#endif
