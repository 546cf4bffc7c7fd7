/* Where the chain asks for a badge: what is refused at which terminal, until somebody signs on. */
#include "agent/app/agent.h"
#include "agent/app/handover/handover_desk.h"
#include "agent/app/people/signups.h"
#include "agent/app/visit/checkout_desk.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#include <stdio.h>

enum { PAGE_SIZE = 4096, CLIENT = 7 };

static struct tb_agent agent;
static uint8_t page[PAGE_SIZE];
static uint8_t memory[PAGE_SIZE];
static char answer[PAGE_SIZE];

static void role_set(const char *role)
{
    (void)snprintf(agent.facts.terminal.role, sizeof agent.facts.terminal.role, "%s", role);
}

static int setup(void **state)
{
    (void)state;
    agent =
        (struct tb_agent){.page = tb_buf_of(page, sizeof page), .arena = tb_arena_of(memory, sizeof memory)};
    agent.policy.operator_required = true;
    agent.facts.terminal_known = true;
    role_set("till");
    return 0;
}

static void keep_answer(struct tb_agent *to, uint32_t client)
{
    assert_int_equal(client, CLIENT);
    assert_int_equal(to->page.err, TB_OK);
    (void)snprintf(answer, sizeof answer, "%.*s", (int)to->page.size, (const char *)to->page.at);
}

static const char *answer_to(void (*handle)(struct tb_request *r), const char *params)
{
    struct tb_request r = {.agent = &agent, .from = CLIENT, .id = 1, .send = keep_answer};
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    assert_int_equal(tb_json_parse(tb_span_str(params), PAGE_SIZE, &arena, &r.params), TB_OK);
    answer[0] = '\0';
    handle(&r);
    return answer;
}

#define ID "\"00112233445566778899aabbccddeeff\""

/* With params that are understood, so that nothing else is wrong with them. */
static const struct {
    const char *name;
    void (*handle)(struct tb_request *r);
    const char *params;
} asked[] = {
    {"find", tb_people_find, "{\"by\":\"phone\",\"value\":\"1\",\"reason\":\"no_card\"}"},
    {"open", tb_people_open, "{\"customer\":" ID "}"},
    {"create", tb_signups_create, "{\"name\":\"Mara\",\"language\":\"de\"}"},
    {"credentials", tb_people_credentials, "{\"visit\":" ID "}"},
    {"capture", tb_captures_begin, "{\"visit\":" ID ",\"purpose\":\"link\"}"},
    {"block", tb_people_block, "{\"visit\":" ID ",\"credential\":" ID ",\"reason\":\"lost\"}"},
    {"note", tb_people_note_add, "{\"visit\":" ID ",\"text\":\"left-handed\"}"},
    {"note off", tb_people_note_remove, "{\"visit\":" ID ",\"note\":" ID "}"},
    {"claim", tb_checkout_desk_claim, "{}"},
    {"accept", tb_handover_desk_accept, "{\"handover\":" ID "}"},
    {"decline", tb_handover_desk_decline, "{\"handover\":" ID "}"},
    {"hand over", tb_handover_desk_request, "{\"visit\":" ID ",\"to\":\"any\"}"},
    {"take back", tb_handover_desk_cancel, "{\"visit\":" ID "}"},
    {"fetch", tb_handover_desk_fetch, "{\"code\":\"QY5DN2\"}"},
};

static bool is_refused(size_t which)
{
    return strstr(answer_to(asked[which].handle, asked[which].params), "\"refused.operator\"") != NULL;
}

static void what_a_person_answers_for_is_refused_while_nobody_is_signed_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(asked); i++)
        if (!is_refused(i))
            fail_msg("%s: %s", asked[i].name, answer);
}

/* In nobody's visit these are refused for other reasons, and nothing else is done. */
static void whoever_signed_on_may(void **state)
{
    (void)state;
    (void)snprintf(agent.operators.id, sizeof agent.operators.id, "op-7");
    for (size_t i = 3; i < 8; i++)
        if (is_refused(i) || answer[0] == '\0')
            fail_msg("%s: %s", asked[i].name, answer);
    assert_false(tb_operators_missing(&agent));
    assert_true(tb_operators_required(&agent));
}

static void nobody_is_asked_for_where_the_chain_does_not_want_it(void **state)
{
    (void)state;
    agent.policy.operator_required = false;
    assert_false(tb_operators_required(&agent));
    for (size_t i = 3; i < 8; i++)
        if (is_refused(i) || answer[0] == '\0')
            fail_msg("%s: %s", asked[i].name, answer);
}

static void nor_at_a_kiosk(void **state)
{
    (void)state;
    role_set("kiosk");
    assert_false(tb_operators_required(&agent));
    assert_false(tb_operators_missing(&agent));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_a_person_answers_for_is_refused_while_nobody_is_signed_on, setup),
        cmocka_unit_test_setup(whoever_signed_on_may, setup),
        cmocka_unit_test_setup(nobody_is_asked_for_where_the_chain_does_not_want_it, setup),
        cmocka_unit_test_setup(nor_at_a_kiosk, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
