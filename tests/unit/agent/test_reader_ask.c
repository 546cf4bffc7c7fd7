/* Questions about readers whose asker goes away while it is answered. */
#include "agent/app/agent.h"

#include "tests/support/unit.h"

enum { PAGE_SIZE = 4096, CLIENT = 7, READER = 1, REQUEST = 3 };

static struct tb_agent agent;
static uint8_t page[PAGE_SIZE];
static const struct tb_reader_info reader = {.name = "Reader head", .index = READER};
static int sent_count;

static int setup(void **state)
{
    (void)state;
    agent = (struct tb_agent){.page = tb_buf_of(page, sizeof page)};
    sent_count = 0;
    return 0;
}

/* As the socket does with a client that takes nothing any more. */
static void send_and_close(struct tb_agent *to, uint32_t client)
{
    sent_count++;
    tb_console_closed(to, client, "closed");
}

static void send_well(struct tb_agent *to, uint32_t client)
{
    (void)client;
    assert_int_equal(to->page.err, TB_OK);
    sent_count++;
}

static void ask(size_t place, uint32_t client, void (*send)(struct tb_agent *to, uint32_t client))
{
    agent.asks[place] =
        (struct tb_reader_ask){.from = {.agent = &agent, .from = client, .id = 1, .send = send},
                               .awaited = TB_READER_EVENT_SELFTEST,
                               .reader = READER,
                               .request = REQUEST};
}

static void assert_page_wiped(void)
{
    for (size_t i = 0; i < sizeof page; i++)
        assert_int_equal(page[i], 0);
}

static void asker_that_its_answer_closes_is_forgotten(void **state)
{
    (void)state;
    const struct tb_reader_event passed = {.kind = TB_READER_EVENT_SELFTEST,
                                           .reader = &reader,
                                           .request = REQUEST,
                                           .verdict = TB_LINK_SELFTEST_PASSED};
    ask(0, CLIENT, send_and_close);
    ask(1, CLIENT + 1, send_well);
    tb_reader_ask_event(&agent, &passed);
    assert_int_equal(sent_count, 2);
    assert_null(agent.asks[0].from.agent);
    assert_null(agent.asks[1].from.agent);
    assert_page_wiped();
}

static void asker_that_its_refusal_closes_is_forgotten(void **state)
{
    (void)state;
    const struct tb_reader_part part = {.state = TB_READER_CRASHED};
    const struct tb_reader_event lost = {.kind = TB_READER_EVENT_STATE, .reader = &reader, .part = &part};
    ask(0, CLIENT, send_and_close);
    ask(1, CLIENT, send_and_close); /* went with the first one: nobody is left to be told */
    ask(2, CLIENT + 1, send_well);
    tb_reader_ask_event(&agent, &lost);
    assert_int_equal(sent_count, 2);
    for (size_t i = 0; i < 3; i++)
        assert_null(agent.asks[i].from.agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(asker_that_its_answer_closes_is_forgotten, setup),
        cmocka_unit_test_setup(asker_that_its_refusal_closes_is_forgotten, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
