#include "tests/integration/cache/outbox_test.h"

static void reopen(void)
{
    tb_outbox_close(&outbox);
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
}

static struct tb_mutation mutation_make(int32_t quantity)
{
    struct tb_mutation m = {
        .kind = TB_MUTATION_CART_ADD,
        .customer = {{1}},
        .cart = {{2}},
        .line = {{3}},
        .made_ms = 1700000000000,
        .add = {.gtin = "04006381333931", .quantity = quantity},
    };
    return m;
}

static enum tb_err append(int32_t quantity, int64_t *ret_seq)
{
    uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    struct tb_mutation m = mutation_make(quantity);
    enum tb_err err = tb_outbox_append(&outbox, &m, &json);
    *ret_seq = m.seq;
    return err;
}

static void append_many(int32_t first, int32_t last)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    for (int32_t i = first; i <= last; i++) {
        int64_t seq = 0;
        assert_int_equal(append(i, &seq), TB_OK);
        assert_true(seq == i);
    }
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void decide(int64_t seq, enum tb_verdict_kind kind, const char *code, int64_t wall_ms)
{
    struct tb_verdict verdict = {.seq = seq, .kind = kind, .version = 100 + seq};
    memcpy(verdict.code, code, strlen(code));
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_decide(&outbox, &verdict, wall_ms), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static void settle(int64_t up_to_seq, int64_t before_wall_ms)
{
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(tb_outbox_settle(&outbox, up_to_seq, before_wall_ms), TB_OK);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
}

static int64_t decided_seq(void)
{
    int64_t seq = -1;
    assert_int_equal(tb_outbox_decided_seq(&outbox, &seq), TB_OK);
    return seq;
}

/* What tb_outbox_each() brought. */
struct seen {
    size_t count;
    size_t count_max;
    struct tb_outbox_entry entries[64];
};

static bool see(void *context, const struct tb_outbox_entry *entry)
{
    struct seen *seen = context;
    assert_true(entry->json.size > 0 && entry->json.at[0] == '{');
    if (seen->count == seen->count_max)
        return false;
    seen->entries[seen->count++] = *entry;
    return true;
}

static struct seen seen;

static enum tb_err read_from(enum tb_outbox_part part, int64_t from_seq)
{
    seen = (struct seen){.count_max = 64};
    return tb_outbox_each(&outbox, part, from_seq, see, &seen);
}

static void test_seq_and_incarnation_survive(void **state)
{
    (void)state;
    struct tb_id incarnation = outbox.incarnation;
    assert_false(tb_id_is_zero(&incarnation));
    assert_true(outbox.next_seq == 1);
    append_many(1, 3);
    reopen();
    assert_true(tb_id_equal(&incarnation, &outbox.incarnation));
    assert_true(outbox.next_seq == 4 && outbox.undecided_count == 3);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 2), TB_OK);
    assert_int_equal(seen.count, 2);
    assert_true(seen.entries[0].mutation.seq == 2 && seen.entries[1].mutation.seq == 3);
    assert_int_equal(seen.entries[1].mutation.add.quantity, 3);
    assert_int_equal(seen.entries[1].verdict.kind, TB_VERDICT_NONE);
}

static void test_a_rolled_back_seq_is_taken_again(void **state)
{
    (void)state;
    int64_t seq = 0;
    append_many(1, 1);
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(append(2, &seq), TB_OK);
    assert_true(seq == 2);
    tb_db_rollback(outbox.db);
    assert_int_equal(tb_outbox_recount(&outbox), TB_OK);
    assert_true(outbox.next_seq == 2 && outbox.undecided_count == 1);
    append_many(2, 2);
}

static void test_verdicts_are_kept(void **state)
{
    (void)state;
    append_many(1, 4);
    assert_true(decided_seq() == 0);
    decide(1, TB_VERDICT_APPLIED, "", 1000);
    decide(2, TB_VERDICT_REJECTED, "cart.full", 2000);
    decide(99, TB_VERDICT_APPLIED, "", 2000);
    assert_true(decided_seq() == 2 && outbox.undecided_count == 2);
    decide(1, TB_VERDICT_DUPLICATE, "", 9000); /* the first verdict stays */
    assert_true(outbox.undecided_count == 2);
    reopen();
    assert_true(decided_seq() == 2 && outbox.undecided_count == 2);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_int_equal(seen.entries[0].verdict.kind, TB_VERDICT_APPLIED);
    assert_true(seen.entries[0].verdict.version == 101 && seen.entries[0].decided_ms == 1000);
    assert_int_equal(seen.entries[1].verdict.kind, TB_VERDICT_REJECTED);
    assert_string_equal(seen.entries[1].verdict.code, "cart.full");
    assert_int_equal(seen.entries[2].verdict.kind, TB_VERDICT_NONE);
}

static void test_settling(void **state)
{
    (void)state;
    append_many(1, 5);
    decide(1, TB_VERDICT_APPLIED, "", 1000);
    decide(2, TB_VERDICT_APPLIED, "", 2000);
    decide(3, TB_VERDICT_APPLIED, "", 3000);
    settle(2, 0);
    assert_int_equal(read_from(TB_OUTBOX_UNSETTLED, 1), TB_OK);
    assert_int_equal(seen.count, 3);
    assert_true(seen.entries[0].mutation.seq == 3);
    reopen();
    assert_int_equal(read_from(TB_OUTBOX_UNSETTLED, 1), TB_OK);
    assert_true(seen.count == 3 && seen.entries[0].mutation.seq == 3);
    /* What is not decided is never settled, whatever is asked for. */
    settle(99, 0);
    assert_int_equal(read_from(TB_OUTBOX_UNSETTLED, 1), TB_OK);
    assert_true(seen.count == 2 && seen.entries[0].mutation.seq == 4);
    /* Settling less than before takes nothing back. */
    settle(1, 0);
    assert_int_equal(read_from(TB_OUTBOX_UNSETTLED, 1), TB_OK);
    assert_int_equal(seen.count, 2);
}

static void test_trimming_spares_what_is_needed(void **state)
{
    (void)state;
    append_many(1, 4);
    for (int64_t seq = 1; seq <= 4; seq++)
        decide(seq, TB_VERDICT_APPLIED, "", 1000 * seq);
    settle(2, 2500);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_true(seen.count == 2 && seen.entries[0].mutation.seq == 3);
    settle(4, 3000); /* 3 was decided at that time, not before it */
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_int_equal(seen.count, 2);
    settle(4, INT64_MAX);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_true(seen.count == 1 && seen.entries[0].mutation.seq == 4); /* keeps the place in the sequence */
    reopen();
    assert_true(outbox.next_seq == 5);
    assert_true(decided_seq() == 4);
}

static void test_undecided_mutations_are_bounded(void **state)
{
    (void)state;
    int64_t seq = 0;
    append_many(1, TB_OUTBOX_UNDECIDED_MAX);
    assert_int_equal(tb_db_begin(outbox.db), TB_OK);
    assert_int_equal(append(1, &seq), TB_ERR_BUSY);
    assert_true(seq == 0);
    assert_int_equal(tb_db_commit(outbox.db), TB_OK);
    decide(1, TB_VERDICT_APPLIED, "", 1);
    append_many(TB_OUTBOX_UNDECIDED_MAX + 1, TB_OUTBOX_UNDECIDED_MAX + 1);
}

static void test_disk_full(void **state)
{
    (void)state;
    int64_t seq = 0;
    append_many(1, 2);
    assert_int_equal(tb_db_exec(outbox.db, "PRAGMA max_page_count = 1"), TB_OK); /* = as many as there are */
    enum tb_err err = TB_OK;
    int32_t stored = 2;
    while (err == TB_OK && stored < 100) {
        assert_int_equal(tb_db_begin(outbox.db), TB_OK);
        err = append(stored + 1, &seq);
        if (err == TB_OK)
            err = tb_db_commit(outbox.db);
        if (err == TB_OK)
            stored++;
    }
    assert_int_equal(err, TB_ERR_FULL);
    tb_db_rollback(outbox.db);
    assert_int_equal(tb_outbox_recount(&outbox), TB_OK);
    assert_true(outbox.next_seq == stored + 1);

    assert_int_equal(tb_db_exec(outbox.db, "PRAGMA max_page_count = 100000"), TB_OK);
    append_many(stored + 1, stored + 1);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_int_equal(seen.count, stored + 1);
}

static void test_another_device_key_opens_nothing(void **state)
{
    (void)state;
    append_many(1, 2);
    tb_outbox_close(&outbox);
    struct tb_sealer other = {.device_key = place.sealer.device_key, .rng = place.sealer.rng};
    other.device_key.bytes[0] ^= 1; /* the outbox makes its own from the keys */
    assert_int_equal(tb_outbox_open(place.path, &other, &outbox), TB_OK);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_ERR_SEAL);
    assert_int_equal(seen.count, 0);
    assert_true(outbox.next_seq == 3); /* the place in the sequence is no secret, and kept */
}

static void test_a_damaged_mutation_stops_nothing(void **state)
{
    (void)state;
    append_many(1, 4);
    decide(1, TB_VERDICT_APPLIED, "", 1);
    tb_outbox_close(&outbox);
    sql_run("UPDATE mutation SET sealed = zeroblob(300) WHERE seq = 2");
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_ERR_SEAL);
    assert_true(seen.count == 3 && seen.entries[1].mutation.seq == 3);
    decide(3, TB_VERDICT_APPLIED, "", 1);
    assert_true(decided_seq() == 3);
}

static void test_a_damaged_verdict_counts_as_none(void **state)
{
    (void)state;
    append_many(1, 3);
    decide(1, TB_VERDICT_APPLIED, "", 1);
    decide(2, TB_VERDICT_APPLIED, "", 1);
    tb_outbox_close(&outbox);
    sql_run("UPDATE mutation SET verdict = zeroblob(45) WHERE seq = 1");
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    assert_true(decided_seq() == 0);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    assert_int_equal(seen.entries[0].verdict.kind, TB_VERDICT_NONE);
    decide(1, TB_VERDICT_DUPLICATE, "", 2);
    assert_true(decided_seq() == 2);
}

/* After any flipped bit, what is still read is what was written. */
static void flipped_check(const struct seen *written, int64_t decided)
{
    enum tb_err err = read_from(TB_OUTBOX_ALL, 1);
    for (size_t i = 0; i < seen.count; i++) {
        const struct tb_outbox_entry *now = &seen.entries[i];
        assert_true(now->mutation.seq >= 1 && now->mutation.seq <= (int64_t)written->count);
        const struct tb_outbox_entry *was = &written->entries[now->mutation.seq - 1];
        assert_memory_equal(&now->mutation, &was->mutation, sizeof now->mutation);
        assert_true(now->verdict.kind == TB_VERDICT_NONE || now->verdict.kind == was->verdict.kind);
        if (now->verdict.kind != TB_VERDICT_NONE)
            assert_true(now->verdict.version == was->verdict.version && now->decided_ms == was->decided_ms);
    }
    if (err != TB_OK && err != TB_ERR_SEAL)
        return; /* noticed by the database */
    int64_t seq = 0;
    if (tb_outbox_decided_seq(&outbox, &seq) == TB_OK)
        assert_true(seq <= decided);
}

static void test_flipped_bits(void **state)
{
    (void)state;
    append_many(1, 12);
    for (int64_t seq = 1; seq <= 6; seq++)
        decide(seq, TB_VERDICT_APPLIED, "", 1000 * seq);
    settle(3, 0);
    assert_int_equal(read_from(TB_OUTBOX_ALL, 1), TB_OK);
    static struct seen written;
    written = seen;
    assert_int_equal(written.count, 12);
    tb_outbox_close(&outbox);
    image_read();

    struct seeded_rng flips = {77};
    size_t noticed = 0;
    for (int i = 0; i < 3000; i++) {
        size_t bit = bit_pick(&flips);
        bit_flip(bit);
        image_write();
        if (tb_outbox_open(place.path, &place.sealer, &outbox) == TB_OK) {
            flipped_check(&written, 6);
            noticed += seen.count < written.count;
        } else {
            noticed++;
        }
        tb_outbox_close(&outbox);
        bit_flip(bit);
    }
    assert_true(noticed > 300);
    image_write();
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    flipped_check(&written, 6);
    assert_int_equal(seen.count, written.count);
}

static void test_files_that_are_not_ours_stay_as_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum tb_err err;
    } vectors[] = {
        {"PRAGMA user_version = 99", TB_ERR_NEWER_VERSION},
        {"PRAGMA user_version = -2147483647", TB_ERR_CORRUPT}, /* the header's sign bit, flipped */
        {"PRAGMA user_version = 0", TB_ERR_CORRUPT},
        {"PRAGMA user_version = 1; PRAGMA application_id = 7", TB_ERR_UNSUPPORTED},
    };
    append_many(1, 3);
    tb_outbox_close(&outbox);
    for (size_t i = 0; i < TB_ARRAY_SIZE(vectors); i++) {
        sql_run(vectors[i].sql);
        image_read();
        assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), vectors[i].err);
        assert_null(outbox.db);
        assert_file_is_image();
    }
    memset(place.image, 0xee, 100);
    image_write();
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_ERR_CORRUPT);
    assert_file_is_image();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(test_seq_and_incarnation_survive),
        OUTBOX_TEST(test_a_rolled_back_seq_is_taken_again),
        OUTBOX_TEST(test_verdicts_are_kept),
        OUTBOX_TEST(test_settling),
        OUTBOX_TEST(test_trimming_spares_what_is_needed),
        OUTBOX_TEST(test_undecided_mutations_are_bounded),
        OUTBOX_TEST(test_disk_full),
        OUTBOX_TEST(test_another_device_key_opens_nothing),
        OUTBOX_TEST(test_a_damaged_mutation_stops_nothing),
        OUTBOX_TEST(test_a_damaged_verdict_counts_as_none),
        OUTBOX_TEST(test_flipped_bits),
        OUTBOX_TEST(test_files_that_are_not_ours_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
