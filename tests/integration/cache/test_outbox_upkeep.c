/* What the outbox gives up, in which order, and what people see of it. */
#include "agent/cache/outbox_upkeep.h"
#include "tests/integration/cache/outbox_test.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define NOW_MS (INT64_C(20000) * DAY_MS)

static struct tb_outbox_drops drops;
static struct tb_outbox_list list;

static struct tb_mutation mutation_of(enum tb_mutation_kind kind, int64_t made_ms)
{
    static const struct tb_paid_line paid = {.gtin = "04006381333931", .quantity = 1, .unit_price = 100};
    struct tb_mutation m = {
        .kind = kind, .customer = {{1}}, .cart = {{2}}, .line = {{3}}, .visit = {{4}}, .made_ms = made_ms};
    switch (kind) {
    case TB_MUTATION_CART_ADD:
        m.add.quantity = 1;
        memcpy(m.add.gtin, "04006381333931", sizeof m.add.gtin);
        break;
    case TB_MUTATION_VISIT_BEGIN: memcpy(m.visit_begin.source, "cache", 6); break;
    case TB_MUTATION_VISIT_END: memcpy(m.visit_end.reason, "done", 5); break;
    case TB_MUTATION_JOURNEY_EVENT:
        m.event = (struct tb_cloud_event){.id = tb_span_str("1"),
                                          .source = tb_span_str("till"),
                                          .type = tb_span_str("product.viewed"),
                                          .time = tb_span_str("2026-11-21T09:12:00Z")};
        break;
    case TB_MUTATION_CHECKOUT_FINISH:
        memcpy(m.finish.sale.transaction, "4711", 5);
        memcpy(m.finish.sale.business_date, "2026-11-21", 11);
        memcpy(m.finish.currency, "EUR", 4);
        m.finish.total = 100;
        m.finish.lines = (struct tb_paid_lines){.at = &paid, .count = 1};
        break;
    default: fail();
    }
    return m;
}

static enum tb_err append(enum tb_mutation_kind kind, int64_t made_ms)
{
    static uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    struct tb_mutation m = mutation_of(kind, made_ms);
    return tb_outbox_append(&outbox, &m, &json);
}

static void append_all(const enum tb_mutation_kind *kinds, size_t count, int64_t made_ms)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(append(kinds[i], made_ms), TB_OK);
}

static void make_room(void)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_make_room(&outbox, NOW_MS, &drops), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void expire(void)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_expire(&outbox, NOW_MS, &drops), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void list_from(int64_t seq)
{
    assert_int_equal(tb_outbox_list(&outbox, seq, &list), TB_OK);
}

static void room_is_made_by_rank_and_never_by_a_sale(void **state)
{
    (void)state;
    static const enum tb_mutation_kind kinds[] = {TB_MUTATION_VISIT_BEGIN, TB_MUTATION_JOURNEY_EVENT,
                                                  TB_MUTATION_CART_ADD,    TB_MUTATION_JOURNEY_EVENT,
                                                  TB_MUTATION_VISIT_END,   TB_MUTATION_CHECKOUT_FINISH,
                                                  TB_MUTATION_CART_ADD,    TB_MUTATION_JOURNEY_EVENT};
    append_all(kinds, TB_ARRAY_SIZE(kinds), NOW_MS);
    int64_t bytes = outbox.undecided_bytes;
    make_room();
    assert_true(drops.count == 2 && drops.at[0].seq == 2 && drops.at[1].seq == 4); /* 8 keeps the place */
    assert_true(drops.at[0].kind == TB_MUTATION_JOURNEY_EVENT);
    assert_true(outbox.undecided_count == 6 && outbox.undecided_bytes < bytes && outbox.next_seq == 9);
    make_room();
    assert_true(drops.count == 2 && drops.at[0].seq == 1 && drops.at[1].seq == 5);
    make_room();
    assert_int_equal(drops.count, 0);
    assert_int_equal(outbox.undecided_count, 4);
    tb_outbox_close(&outbox);
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    list_from(1);
    assert_true(list.dropped[TB_MUTATION_JOURNEY_EVENT].count == 2);
    assert_true(list.dropped[TB_MUTATION_VISIT_BEGIN].count == 1);
    assert_true(list.dropped[TB_MUTATION_VISIT_END].at_ms == NOW_MS);
    assert_true(list.count == 4 && list.rows[0].kind == TB_MUTATION_CART_ADD);
}

static void a_sale_is_taken_when_nothing_else_is(void **state)
{
    (void)state;
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    for (int i = 0; i < TB_OUTBOX_UNDECIDED_MAX; i++)
        assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_ERR_BUSY);
    assert_int_equal(append(TB_MUTATION_JOURNEY_EVENT, NOW_MS), TB_ERR_BUSY);
    assert_int_equal(append(TB_MUTATION_CHECKOUT_FINISH, NOW_MS), TB_OK);
    outbox.undecided_bytes = TB_OUTBOX_RESERVE_BYTES_MAX;
    assert_int_equal(append(TB_MUTATION_CHECKOUT_FINISH, NOW_MS), TB_ERR_BUSY);
    outbox.undecided_count = 1;
    outbox.undecided_bytes = TB_OUTBOX_BYTES_MAX;
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_ERR_BUSY);
    assert_int_equal(append(TB_MUTATION_CHECKOUT_FINISH, NOW_MS), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void what_waited_too_long_goes_by_its_kind(void **state)
{
    (void)state;
    assert_int_equal(append(TB_MUTATION_JOURNEY_EVENT, NOW_MS - 31 * DAY_MS), TB_OK);
    assert_int_equal(append(TB_MUTATION_JOURNEY_EVENT, NOW_MS - 29 * DAY_MS), TB_OK);
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS - 400 * DAY_MS), TB_OK);
    assert_int_equal(append(TB_MUTATION_CHECKOUT_FINISH, NOW_MS - 400 * DAY_MS), TB_OK);
    assert_int_equal(append(TB_MUTATION_VISIT_END, NOW_MS - 31 * DAY_MS), TB_OK); /* keeps the place */
    expire();
    assert_true(drops.count == 1 && drops.at[0].seq == 1);
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
    expire();
    assert_true(drops.count == 1 && drops.at[0].seq == 5);
}

static void decide(int64_t seq, enum tb_verdict_kind kind, const char *code, int64_t wall_ms)
{
    struct tb_verdict verdict = {.seq = seq, .kind = kind};
    memcpy(verdict.code, code, strlen(code));
    assert_int_equal(tb_outbox_decide(&outbox, &verdict, wall_ms), TB_OK);
}

static void settle(int64_t wall_ms)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_settle(&outbox, outbox.next_seq, wall_ms - TB_OUTBOX_KEEP_MS), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void what_was_turned_down_is_kept_for_people(void **state)
{
    (void)state;
    for (int64_t seq = 1; seq <= 6; seq++) {
        assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
        if (seq < 6)
            decide(seq, seq % 2 ? TB_VERDICT_APPLIED : TB_VERDICT_REJECTED, seq % 2 ? "" : "line_limit",
                   NOW_MS);
    }
    assert_int_equal(append(TB_MUTATION_CHECKOUT_FINISH, NOW_MS), TB_OK);
    decide(6, TB_VERDICT_APPLIED, "", NOW_MS);
    decide(7, TB_VERDICT_APPLIED, "double_sale", NOW_MS);
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS + 5), TB_OK);
    list_from(1);
    assert_true(list.count == 4 && list.next_seq == 0 && list.waiting_count == 1 && list.stored_count == 8);
    assert_true(list.rows[0].seq == 2 && list.rows[0].state == TB_OUTBOX_REJECTED);
    assert_string_equal(list.rows[0].code, "line_limit");
    assert_true(list.rows[0].decided_ms == NOW_MS && list.rows[0].made_ms == NOW_MS);
    assert_true(list.rows[2].seq == 7 && list.rows[2].state == TB_OUTBOX_CONFLICT);
    assert_true(list.rows[3].seq == 8 && list.rows[3].state == TB_OUTBOX_WAITING);
    settle(NOW_MS + 8 * DAY_MS);
    list_from(1);
    assert_true(list.count == 4 && list.stored_count == 4); /* what was applied has gone */
    settle(NOW_MS + 29 * DAY_MS);
    list_from(1);
    assert_int_equal(list.count, 4);
    settle(NOW_MS + 31 * DAY_MS);
    list_from(1);
    assert_true(list.count == 1 && list.rows[0].seq == 8);
}

static void of_what_was_turned_down_the_newest_stay(void **state)
{
    (void)state;
    enum { COUNT = TB_OUTBOX_REJECTED_MAX + 30 };
    for (int64_t seq = 1; seq <= COUNT; seq++) {
        assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
        decide(seq, TB_VERDICT_REJECTED, "line_limit", NOW_MS);
    }
    assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
    list_from(1);
    assert_true(list.count == TB_OUTBOX_LIST_MAX && list.next_seq == TB_OUTBOX_LIST_MAX + 1);
    settle(NOW_MS + 8 * DAY_MS);
    assert_int_equal(outbox.stored_count, TB_OUTBOX_REJECTED_MAX + 1);
    list_from(1);
    assert_true(list.rows[0].seq == 31);
    list_from(list.next_seq);
    assert_true(list.rows[0].seq == 31 + TB_OUTBOX_LIST_MAX);
}

static void decided_ones_are_bounded_by_their_size(void **state)
{
    (void)state;
    for (int64_t seq = 1; seq <= 4; seq++) {
        assert_int_equal(append(TB_MUTATION_CART_ADD, NOW_MS), TB_OK);
        decide(seq, TB_VERDICT_APPLIED, "", NOW_MS);
    }
    outbox.stored_bytes += TB_OUTBOX_DECIDED_BYTES_MAX - outbox.stored_bytes / 2;
    settle(NOW_MS); /* none is old */
    assert_true(outbox.stored_count < 4 && outbox.stored_count >= 1);
}

static void every_kind_of_sale_is_kept(void **state)
{
    (void)state;
    static const enum tb_mutation_kind kept[] = {
        TB_MUTATION_SKIPPED,         TB_MUTATION_CART_ADD,        TB_MUTATION_CART_SET_QUANTITY,
        TB_MUTATION_CART_REMOVE,     TB_MUTATION_CART_NOTE,       TB_MUTATION_CART_MERGE,
        TB_MUTATION_CHECKOUT_FINISH, TB_MUTATION_CHECKOUT_VOID,   TB_MUTATION_REWARD_COMMIT,
        TB_MUTATION_POINTS_EARNED,   TB_MUTATION_CREDENTIAL_LINK, TB_MUTATION_CREDENTIAL_BLOCK,
        TB_MUTATION_CUSTOMER_CREATE, TB_MUTATION_CONSENT_SET,     TB_MUTATION_ERASURE_RECEIPT,
        TB_MUTATION_NOTE_ADD,        TB_MUTATION_NOTE_REMOVE};
    for (size_t i = 0; i < TB_ARRAY_SIZE(kept); i++)
        assert_false(tb_outbox_may_drop(kept[i]));
    assert_true(tb_outbox_policy_of(TB_MUTATION_CHECKOUT_FINISH)->reserved);
    assert_true(tb_outbox_policy_of(TB_MUTATION_CHECKOUT_VOID)->reserved);
    assert_int_equal(tb_outbox_policy_of(TB_MUTATION_JOURNEY_EVENT)->drop_rank, 1);
    for (unsigned kind = 0; kind < TB_MUTATION_KIND_COUNT; kind++)
        assert_true(tb_outbox_policy_of((enum tb_mutation_kind)kind)->drop_rank <= TB_OUTBOX_RANK_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(room_is_made_by_rank_and_never_by_a_sale),
        OUTBOX_TEST(a_sale_is_taken_when_nothing_else_is),
        OUTBOX_TEST(what_waited_too_long_goes_by_its_kind),
        OUTBOX_TEST(what_was_turned_down_is_kept_for_people),
        OUTBOX_TEST(of_what_was_turned_down_the_newest_stay),
        OUTBOX_TEST(decided_ones_are_bounded_by_their_size),
        OUTBOX_TEST(every_kind_of_sale_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
