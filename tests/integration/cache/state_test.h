/*
 * What the tests of the terminal's state share: the open file and what was loaded from it. Every test binary
 * includes this once.
 */
#ifndef TB_TESTS_INTEGRATION_CACHE_STATE_TEST_H
#define TB_TESTS_INTEGRATION_CACHE_STATE_TEST_H

#include "agent/cache/state.h"
#include "tests/integration/cache/cache_test.h"

static struct tb_state file;
static struct tb_facts facts;
static struct tb_settings settings;

static inline void load(void)
{
    assert_int_equal(tb_state_open(place.path, &place.sealer, &file), TB_OK);
    assert_int_equal(tb_state_load(&file, &facts, &settings), TB_OK);
}

static inline int set_up(void **state)
{
    int failed = place_set_up(state);
    load();
    return failed;
}

static inline int tear_down(void **state)
{
    tb_state_close(&file);
    return place_tear_down(state);
}

static inline void reload(void)
{
    tb_state_close(&file);
    load();
}

#endif
