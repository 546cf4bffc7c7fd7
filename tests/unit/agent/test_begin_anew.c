/* When an agent whose outbox is in memory begins anew. */
#include "agent/app/agent.h"

#include "tests/support/unit.h"

#include <stdlib.h>

#define VISIT_MS 200 /* longer than a beginning waits that nothing holds up */

static struct tb_agent *agent;
static struct tb_timer visit;

static int setup(void **state)
{
    (void)state;
    agent = calloc(1, sizeof *agent);
    return agent ? (int)tb_loop_create(&(struct tb_loop_options){0}, &agent->loop) : -1;
}

static int teardown(void **state)
{
    (void)state;
    tb_timer_cancel(&agent->anew_timer);
    tb_timer_cancel(&visit);
    tb_loop_free(agent->loop);
    free(agent);
    return 0;
}

static void visit_over(struct tb_timer *timer)
{
    (void)timer;
    agent->serving.visit.open = false;
}

/* It had to wait until all was decided, and somebody has come meanwhile. */
static void visit_is_not_ended_for_a_disk_that_is_back(void **state)
{
    (void)state;
    agent->storage.outbox_apart = true;
    agent->serving.visit.open = true;
    tb_timer_set(agent->loop, &visit, VISIT_MS, visit_over);
    tb_agent_begin_anew(agent);
    assert_int_equal(tb_loop_run(agent->loop), TB_OK);
    assert_true(agent->begin_anew);
    assert_false(agent->serving.visit.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(visit_is_not_ended_for_a_disk_that_is_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
