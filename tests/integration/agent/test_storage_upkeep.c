/* An outbox that has no room: what gives way, what does not, and that it is told. */
#include "agent/app/storage/storage_call.h"
#include "tests/integration/agent/terminal.h"

static enum tb_err append_err;
static int64_t append_seq;
static struct tb_outbox_drops told;

static void appended(void *context, enum tb_err err, const struct tb_stored *stored)
{
    (void)context;
    append_err = err;
    append_seq = stored->mutation.seq;
    tb_loop_stop(terminal.loop);
}

static void dropped(void *context, const struct tb_outbox_drops *drops)
{
    (void)context;
    told = *drops;
}

static struct tb_mutation journey(void)
{
    return (struct tb_mutation){.kind = TB_MUTATION_JOURNEY_EVENT,
                                .made_ms = 2000,
                                .event = {.id = tb_span_str("1"),
                                          .source = tb_span_str("till"),
                                          .type = tb_span_str("product.viewed"),
                                          .time = tb_span_str("2026-11-21T09:12:00Z")}};
}

/* Fills the outbox, which its writer does not use meanwhile: the first journey_count are events. */
static void fill(int journey_count)
{
    static uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_outbox *outbox = &terminal.storage.outbox;
    assert_int_equal(tb_db_begin(outbox->db), TB_OK);
    for (int i = 0; i < TB_OUTBOX_UNDECIDED_MAX; i++) {
        struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
        struct tb_mutation m = i < journey_count ? journey() : terminal_add(1);
        assert_int_equal(tb_outbox_append(outbox, &m, &json), TB_OK);
    }
    assert_int_equal(tb_db_commit(outbox->db), TB_OK);
}

static enum tb_err append(void)
{
    const struct tb_mutation m = terminal_add(2);
    assert_int_equal(tb_storage_append(&terminal.storage, &m, appended, NULL), TB_OK);
    terminal_run();
    return append_err;
}

static int set_up(void **state)
{
    int failed = terminal_set_up(state);
    terminal.storage.dropped = dropped;
    told.count = 0;
    return failed;
}

static void events_give_way(void **state)
{
    (void)state;
    fill(700);
    assert_int_equal(append(), TB_OK);
    assert_int_equal(told.count, TB_OUTBOX_DROP_MAX);
    assert_true(told.at[0].seq == 1 && told.at[0].kind == TB_MUTATION_JOURNEY_EVENT);
    assert_true(append_seq == TB_OUTBOX_UNDECIDED_MAX + 1);
    told.count = 0;
    assert_int_equal(append(), TB_OK);
    assert_int_equal(told.count, 0);
}

static void cart_changes_do_not(void **state)
{
    (void)state;
    fill(0);
    assert_int_equal(append(), TB_ERR_BUSY);
    assert_int_equal(told.count, 0);
}

static void listed(void *context, enum tb_err err, const struct tb_outbox_list *list)
{
    (void)context;
    assert_int_equal(err, TB_OK);
    assert_int_equal(list->count, 2);
    assert_int_equal(list->waiting_count, 2);
    tb_loop_stop(terminal.loop);
}

static void what_waits_is_listed(void **state)
{
    (void)state;
    assert_int_equal(append(), TB_OK);
    assert_int_equal(append(), TB_OK);
    assert_int_equal(tb_storage_list_outbox(&terminal.storage, 1, listed, NULL), TB_OK);
    terminal_run();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_give_way, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(cart_changes_do_not, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_waits_is_listed, set_up, terminal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
