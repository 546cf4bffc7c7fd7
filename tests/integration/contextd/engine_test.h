/* What tests of the SQLite engine share: a fixture that is made anew for each test, in *state as well. Every
 * test binary includes this once. */
#ifndef TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_TEST_H
#define TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_TEST_H

#include "tests/integration/contextd/engine_fixture.h"
#include "tests/support/unit.h"

static struct engine_fixture fixture;

static inline int fixture_set_up(void **state)
{
    engine_fixture_begin(&fixture);
    *state = &fixture;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    engine_fixture_end(*state);
    return 0;
}

#define ENGINE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

#endif
