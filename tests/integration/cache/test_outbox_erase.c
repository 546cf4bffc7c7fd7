#include "agent/cache/outbox_erase.h"
#include "tests/integration/cache/outbox_test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct tb_id HER = {{0xe1, 1}};
static const struct tb_id OTHER = {{0xe1, 2}};
static const struct tb_erasure ERASURE = {.id = {{0xee, 9}}, .customer = {{0xe1, 1}}};

static void append(enum tb_mutation_kind kind, const struct tb_id *customer)
{
    static uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    static const struct tb_paid_line paid[] = {
        {.line = {{7}}, .gtin = "04006381333931", .quantity = 2, .unit_price = 199}};
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    struct tb_mutation m = {.kind = kind, .customer = *customer, .cart = {{2}}, .visit = {{3}}, .made_ms = 5};
    if (kind == TB_MUTATION_CHECKOUT_FINISH) {
        (void)snprintf(m.finish.sale.transaction, sizeof m.finish.sale.transaction, "1093");
        (void)snprintf(m.finish.sale.business_date, sizeof m.finish.sale.business_date, "2026-11-23");
        (void)snprintf(m.finish.currency, sizeof m.finish.currency, "EUR");
        m.finish.lines = (struct tb_paid_lines){.at = paid, .count = 1};
    } else if (kind == TB_MUTATION_CART_NOTE) {
        (void)snprintf(m.note.text, sizeof m.note.text, "calls back on Friday");
    } else {
        (void)snprintf(m.visit_end.reason, sizeof m.visit_end.reason, "done");
    }
    assert_int_equal(tb_outbox_append(&outbox, &m, &json), TB_OK);
}

struct seen {
    size_t count;
    int64_t seqs[8];
    enum tb_mutation_kind kinds[8];
    struct tb_id customers[8];
    enum tb_verdict_kind verdicts[8];
    int32_t paid; /* pieces in sales */
};

static bool see(void *context, const struct tb_outbox_entry *entry)
{
    struct seen *seen = context;
    const struct tb_mutation *m = &entry->mutation;
    assert_true(seen->count < 8);
    seen->seqs[seen->count] = m->seq;
    seen->kinds[seen->count] = m->kind;
    seen->customers[seen->count] = m->customer;
    seen->verdicts[seen->count] = entry->verdict.kind;
    seen->count++;
    if (m->kind == TB_MUTATION_CHECKOUT_FINISH) {
        assert_int_equal(m->finish.lines.count, 1);
        seen->paid += m->finish.lines.at[0].quantity;
        assert_true(tb_id_is_zero(&m->cart) && tb_id_is_zero(&m->visit));
    }
    return true;
}

static void erase(void)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_erase(&outbox, &ERASURE, 1), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_erase_log(&outbox), TB_OK);
}

static void a_sale_stays_as_the_erasures_and_the_rest_goes(void **state)
{
    (void)state;
    append(TB_MUTATION_CART_NOTE, &HER);
    append(TB_MUTATION_CHECKOUT_FINISH, &HER);
    append(TB_MUTATION_CART_NOTE, &OTHER);
    append(TB_MUTATION_VISIT_END, &HER);
    const struct tb_verdict verdict = {.seq = 2, .kind = TB_VERDICT_APPLIED, .version = 4};
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_decide(&outbox, &verdict, 1), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
    erase();
    struct seen seen = {0};
    assert_int_equal(tb_outbox_each(&outbox, TB_OUTBOX_ALL, 1, see, &seen), TB_OK);
    assert_int_equal(seen.count, 3);
    assert_int_equal(seen.kinds[0], TB_MUTATION_CHECKOUT_FINISH);
    assert_true(tb_id_equal(&seen.customers[0], &ERASURE.id));
    assert_int_equal(seen.verdicts[0], TB_VERDICT_APPLIED); /* for a context store that is restored */
    assert_int_equal(seen.paid, 2);
    assert_true(tb_id_equal(&seen.customers[1], &OTHER));
    assert_int_equal(seen.kinds[2], TB_MUTATION_SKIPPED); /* the highest number stays taken */
    assert_true(seen.seqs[2] == 4 && outbox.next_seq == 5);
    erase(); /* again: nothing more happens */
    struct seen again = {0};
    assert_int_equal(tb_outbox_each(&outbox, TB_OUTBOX_ALL, 1, see, &again), TB_OK);
    assert_int_equal(again.count, 3);
}

/* Whether a file holds what a row was sealed to. */
static bool file_holds(const char *suffix, struct tb_span what)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s%s", place.path, suffix);
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    static uint8_t bytes[1u << 20];
    size_t size = fread(bytes, 1, sizeof bytes, f);
    assert_int_equal(fclose(f), 0);
    return memmem(bytes, size, what.at, what.size) != NULL;
}

static struct tb_span sealed_read(int64_t seq, uint8_t *space, size_t size_max)
{
    struct tb_stmt read;
    bool row = false;
    assert_int_equal(tb_stmt_prepare(outbox.db, "SELECT sealed FROM mutation WHERE seq = ?1", &read), TB_OK);
    tb_stmt_bind_int(&read, 1, seq);
    assert_int_equal(tb_stmt_step(&read, &row), TB_OK);
    assert_true(row);
    struct tb_span sealed = tb_stmt_blob(&read, 0);
    assert_true(sealed.size <= size_max);
    memcpy(space, sealed.at, sealed.size);
    size_t size = sealed.size;
    tb_stmt_free(&read);
    return tb_span_of(space, size);
}

static void no_byte_of_it_is_left_in_the_files(void **state)
{
    (void)state;
    static uint8_t space[TB_MUTATION_JSON_SIZE_MAX];
    append(TB_MUTATION_CART_NOTE, &HER);
    append(TB_MUTATION_CART_NOTE, &OTHER);
    struct tb_span hers = sealed_read(1, space, sizeof space);
    assert_true(file_holds("", hers) || file_holds("-wal", hers));
    erase();
    assert_false(file_holds("", hers));
    assert_false(file_holds("-wal", hers));
}

static void many_are_found(void **state)
{
    (void)state;
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    for (int i = 0; i < 600; i++)
        append(TB_MUTATION_CART_NOTE, i % 7 == 3 ? &OTHER : &HER);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
    erase();
    assert_true(outbox.undecided_count == 86 + 1); /* the others', and the record at the end */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(a_sale_stays_as_the_erasures_and_the_rest_goes),
        OUTBOX_TEST(no_byte_of_it_is_left_in_the_files),
        OUTBOX_TEST(many_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
