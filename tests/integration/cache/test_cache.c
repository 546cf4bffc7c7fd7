#include "tests/integration/cache/cache_people.h"

static void test_rows_become_a_customer(void **state)
{
    (void)state;
    everything_rows(7);
    apply();
    assert_int_equal(applied.row_count, 4);
    assert_found(7, 1);
    struct tb_id id = person_id(7);
    assert_true(tb_id_equal(&record.customer, &id));
    assert_true(record.sections[TB_SECTION_PROFILE].as_of_ms == AS_OF_MS);
    assert_true(cart.version == 1 && cart.line_count == 1 && cart.lines[0].quantity == 8);
    id = cart_id(7);
    assert_true(tb_id_equal(&cart.id, &id));
    assert_true(tb_span_starts(record.sections[TB_SECTION_JOURNEY].bytes, tb_span_str("[{\"at_ms\":1")));

    struct tb_customer_key key = tb_pepper_customer(&pepper, &record.customer);
    assert_memory_equal(&key, &found_key, sizeof key);
    assert_int_equal(tb_cache_find_customer(&reader, &key, &record), TB_OK);
    assert_int_equal(find(8), TB_ERR_NOT_FOUND);
    key.bytes[0] ^= 1;
    assert_int_equal(tb_cache_find_customer(&reader, &key, &record), TB_ERR_NOT_FOUND);

    int64_t customer_count = 0;
    int64_t product_count = -1;
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    assert_true(customer_count == 1 && product_count == 0);
}

static void test_any_order_of_rows_will_do(void **state)
{
    (void)state;
    credential_row(1, 1, true);
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(record.sections[TB_SECTION_PROFILE].bytes.size, 0); /* nothing to show yet */
    (void)cart_row(1, cart_id(1), 1, 3);
    apply();
    customer_row(1, 1);
    apply();
    assert_found(1, 1);
    assert_int_equal(cart.lines[0].quantity, 3);
}

static void test_only_newer_rows_are_taken(void **state)
{
    (void)state;
    everything_rows(1);
    apply();
    customer_row(1, 1);
    (void)cart_row(1, cart_id(1), 1, 9);
    credential_row(1, 1, false);
    apply();
    assert_int_equal(applied.row_count, 0);
    assert_found(1, 1);
    assert_int_equal(cart.lines[0].quantity, 2);
    customer_row(1, 3);
    customer_row(1, 2);
    (void)cart_row(1, cart_id(1), 2, 9);
    apply();
    assert_int_equal(applied.row_count, 2);
    assert_found(1, 3);
    assert_int_equal(cart.lines[0].quantity, 9);
}

static void test_a_dropped_credential_finds_nobody(void **state)
{
    (void)state;
    everything_rows(1);
    apply();
    credential_row(1, 2, false);
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
}

static void test_a_dropped_customer_does_not_come_back(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply();
    (void)person_row(TB_ROW_CUSTOMER, person_id(1), 1, 5, NULL);
    apply();
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    assert_found(2, 1);
    customer_row(1, 4); /* late */
    apply();
    assert_int_equal(applied.row_count, 0);
    struct tb_id id = person_id(1);
    struct tb_customer_key key = tb_pepper_customer(&pepper, &id);
    enum tb_err err = tb_cache_find_customer(&reader, &key, &record);
    assert_true(err == TB_ERR_NOT_FOUND || record.sections[TB_SECTION_PROFILE].bytes.size == 0);
    everything_rows(1);
    rows.at[rows.count - 4].version = 6;
    apply();
    assert_found(1, 1);
}

static void test_an_evicted_customer_may_come_back(void **state)
{
    (void)state;
    everything_rows(1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    person_row(TB_ROW_CUSTOMER, person_id(1), 1, 1, NULL)->op = TB_ROW_EVICT;
    assert_int_equal(apply_scoped(&COHORT, 2), TB_OK);
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    everything_rows(1);
    apply();
    assert_found(1, 1);
}

static void test_another_cart_counts_its_own_versions(void **state)
{
    (void)state;
    struct tb_id second = {{0xcb, 1}};
    everything_rows(1);
    (void)cart_row(1, cart_id(1), 30, 5);
    apply();
    struct tb_row *row = cart_row(1, second, 1, 6);
    row->as_of_ms = AS_OF_MS - 1;
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(cart.lines[0].quantity, 5); /* an older fact */
    cart_row(1, second, 1, 6)->as_of_ms = AS_OF_MS + 1;
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_true(tb_id_equal(&cart.id, &second) && cart.lines[0].quantity == 6);
    (void)person_row(TB_ROW_CART, cart_id(1), 1, 31, NULL); /* the end of the first cart */
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(cart.line_count, 1);
    (void)person_row(TB_ROW_CART, second, 1, 2, NULL);
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(record.sections[TB_SECTION_CART].bytes.size, 0);
    (void)cart_row(1, second, 1, 6);
    apply();
    assert_int_equal(find(1), TB_OK);
    assert_int_equal(record.sections[TB_SECTION_CART].bytes.size, 0);
}

static void test_cursor_and_rows_are_one(void **state)
{
    (void)state;
    everything_rows(1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    product_row(1, 1);
    assert_int_equal(apply_scoped(&CATALOGUE, 2), TB_OK);
    const struct tb_scope customer = {.kind = TB_SCOPE_CUSTOMER, .customer = person_id(1)};
    assert_int_equal(apply_scoped(&customer, 3), TB_OK);
    assert_int_equal(cursor_of(&COHORT), 1);
    assert_int_equal(cursor_of(&CATALOGUE), 2);
    assert_int_equal(cursor_of(&customer), 0); /* begins anew at each visit */

    const struct tb_cursor cursor = {.size = 1, .bytes = {9}};
    customer_row(1, 2);
    const struct tb_rows all = {.at = rows.at, .count = rows.count};
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_apply(&cache, &all, &COHORT, &cursor, wall_ms, &applied), TB_OK);
    tb_db_rollback(cache.db);
    rows.count = 0;
    assert_int_equal(cursor_of(&COHORT), 1);
    assert_found(1, 1);
    cache_close();
    cache_open();
    assert_int_equal(cursor_of(&COHORT), 1);
    assert_found(1, 1);
}

static void test_a_bad_row_stops_no_feed(void **state)
{
    (void)state;
    customer_row(1, 1);
    (void)person_row(TB_ROW_CUSTOMER, person_id(2), 2, 1, "{\"name\":5}");
    (void)person_row(TB_ROW_CART, cart_id(1), 1, 1, "{\"currency\":\"EUR\"}");
    (void)row_add(TB_ROW_PRODUCT, tb_span_str("00000000000001"), 1, "{\"name\":\"x\"}");
    credential_row(1, 1, true);
    assert_int_equal(apply_scoped(&COHORT, 4), TB_OK);
    assert_int_equal(applied.refused_count, 3);
    assert_int_equal(applied.row_count, 2);
    assert_found(1, 1);
    assert_int_equal(cursor_of(&COHORT), 4);
    struct tb_product product;
    assert_int_equal(tb_cache_find_product(&reader, "00000000000001", &product), TB_ERR_NOT_FOUND);
}

static void test_products(void **state)
{
    (void)state;
    struct tb_product product;
    product_row(12, 3);
    apply();
    assert_int_equal(tb_cache_find_product(&reader, "00000000000012", &product), TB_OK);
    assert_string_equal(product.gtin, "00000000000012");
    assert_true(product.unit_price == 1203);
    product_row(12, 2);
    apply();
    assert_int_equal(tb_cache_find_product(&reader, "00000000000012", &product), TB_OK);
    assert_true(product.unit_price == 1203);
    product_row(12, 4);
    apply();
    assert_int_equal(tb_cache_find_product(&reader, "00000000000012", &product), TB_OK);
    assert_true(product.unit_price == 1204);
    (void)row_add(TB_ROW_PRODUCT, tb_span_str("00000000000012"), 5, NULL);
    apply();
    assert_int_equal(tb_cache_find_product(&reader, "00000000000012", &product), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_cache_find_product(&reader, "12", &product), TB_ERR_NOT_FOUND);
}

static void test_a_restored_context_store_counts_anew(void **state)
{
    (void)state;
    everything_rows(1);
    rows.at[0].version = 50;
    product_row(1, 50);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_new_epoch(&cache), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    assert_int_equal(cursor_of(&COHORT), 0);
    assert_int_equal(find(1), TB_OK); /* shown until it says otherwise */
    cache_close();
    cache_open();
    customer_row(1, 2);
    product_row(1, 2);
    apply();
    assert_int_equal(applied.row_count, 2);
    assert_found(1, 2);
    struct tb_product product;
    assert_int_equal(tb_cache_find_product(&reader, "00000000000001", &product), TB_OK);
    assert_true(product.unit_price == 102);
}

static bool epoch_is_other(const char *epoch)
{
    bool other = false;
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_set_epoch(&cache, epoch, &other), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    return other;
}

static void test_whose_rows_it_holds_outlives_its_cursors(void **state)
{
    (void)state;
    assert_false(epoch_is_other("e1"));
    pepper.version = 2; /* forgets the cursors */
    assert_int_equal(tb_cache_set_pepper(&cache, &pepper), TB_OK);
    assert_true(epoch_is_other("e2"));
    assert_false(epoch_is_other("e2"));
}

static int64_t heard(uint8_t incarnation)
{
    const struct tb_id id = {{incarnation}};
    int64_t seq = -1;
    assert_int_equal(tb_cache_heard(&cache, &id, &seq), TB_OK);
    return seq;
}

static void test_verdicts_that_were_heard_are_noted_for_their_outbox(void **state)
{
    (void)state;
    const struct tb_id incarnation = {{1}};
    assert_int_equal(heard(1), 0);
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_hear(&cache, &incarnation, 6), TB_OK);
    assert_int_equal(tb_cache_hear(&cache, &incarnation, 7), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    cache_close();
    cache_open();
    assert_int_equal(heard(1), 7);
    assert_int_equal(heard(2), 0);
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_new_epoch(&cache), TB_OK); /* its verdicts may have been lost with the rest */
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    assert_int_equal(heard(1), 0);
}

static void test_another_pepper_empties_the_file(void **state)
{
    (void)state;
    everything_rows(1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    pepper.version = 2;
    pepper.bytes[0] ^= 1;
    assert_int_equal(tb_cache_set_pepper(&cache, &pepper), TB_OK);
    assert_int_equal(cursor_of(&COHORT), 0);
    int64_t customer_count = -1;
    int64_t product_count = -1;
    assert_int_equal(tb_cache_count(&reader, &customer_count, &product_count), TB_OK);
    assert_true(customer_count == 0);
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
}

static void test_no_pepper_no_customers(void **state)
{
    (void)state;
    cache_close();
    pepper = (struct tb_pepper){.version = 0};
    cache_open();
    everything_rows(1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_ERR_AGAIN);
    assert_int_equal(cursor_of(&COHORT), 0);
    product_row(1, 1);
    apply();
    assert_int_equal(applied.row_count, 1);
}

static void test_what_is_damaged_is_fetched_again(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    product_row(1, 1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    cache_close();
    sql_run("UPDATE customer SET sealed = zeroblob(length(sealed)) WHERE ref = 1;"
            "UPDATE product SET version = 900;");
    cache_open();
    struct tb_product product;
    assert_int_equal(find(1), TB_ERR_SEAL);
    assert_int_equal(tb_cache_find_product(&reader, "00000000000001", &product), TB_ERR_SEAL);
    assert_found(2, 1);
    assert_int_equal(find(1), TB_ERR_SEAL);

    struct tb_customer_key damaged = found_key;
    assert_int_equal(tb_db_begin(cache.db), TB_OK);
    assert_int_equal(tb_cache_forget(&cache, &damaged), TB_OK);
    assert_int_equal(tb_db_commit(cache.db), TB_OK);
    assert_int_equal(find(1), TB_ERR_NOT_FOUND);
    /* The running feed's cursor is not kept: it would skip what is missing. */
    everything_rows(3);
    assert_int_equal(apply_scoped(&COHORT, 2), TB_OK);
    assert_int_equal(cursor_of(&COHORT), 0);
    cache_close();
    cache_open();
    everything_rows(1);
    product_row(1, 1);
    assert_int_equal(apply_scoped(&COHORT, 3), TB_OK);
    assert_found(1, 1);
    assert_int_equal(tb_cache_find_product(&reader, "00000000000001", &product), TB_OK);
}

/* An index that leads to somebody else's record, or nowhere, finds nobody; the next rows mend it. */
static void test_a_credential_does_not_lead_to_another_customer(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    everything_rows(3);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    cache_close();
    struct tb_digest hash = hash_of(3);
    char sql[512];
    char hex[2 * TB_CACHE_HASH_SIZE + 1];
    struct tb_buf text = tb_buf_of(hex, sizeof hex);
    tb_buf_add_hex(&text, tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE));
    tb_buf_add_u8(&text, 0);
    (void)snprintf(sql, sizeof sql,
                   "DELETE FROM credential WHERE hash = x'%s';"
                   "UPDATE credential SET key = (SELECT c.key FROM customer c WHERE c.key <> credential.key"
                   " AND c.ref < 3)",
                   hex);
    sql_run(sql);
    cache_open();
    for (int person = 1; person <= 3; person++)
        assert_int_equal(find(person), TB_ERR_NOT_FOUND);
    for (int person = 1; person <= 3; person++)
        everything_rows(person);
    assert_int_equal(apply_scoped(&COHORT, 2), TB_OK);
    for (int person = 1; person <= 3; person++)
        assert_found(person, 1);
}

static void test_a_credential_moves_to_another_customer(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    credential_row(1, 2, true);
    rows.at[rows.count - 1].customer = person_id(2);
    apply();
    struct tb_id id = person_id(2);
    assert_int_equal(find(1), TB_OK);
    assert_true(tb_id_equal(&record.customer, &id));
    credential_row(1, 1, true); /* late, from before it moved */
    apply();
    assert_int_equal(applied.row_count, 0);
    assert_int_equal(find(1), TB_OK);
    assert_true(tb_id_equal(&record.customer, &id));
    assert_found(2, 1);
}

static bool image_has(struct tb_span what)
{
    return memmem(place.image, place.image_size, what.at, what.size) != NULL;
}

static void test_nothing_personal_is_readable(void **state)
{
    (void)state;
    everything_rows(1);
    product_row(1, 1);
    assert_int_equal(apply_scoped(&COHORT, 1), TB_OK);
    cache_close();
    image_read();
    struct tb_id id = person_id(1);
    struct tb_digest hash = hash_of(1);
    assert_false(image_has(tb_span_str("Shopper")));
    assert_false(image_has(tb_span_str("looked at")));
    assert_false(image_has(tb_span_str("0004000001")));
    assert_false(image_has(tb_id_span(&id)));
    assert_false(image_has(tb_span_of(hash.bytes, TB_SHA256_SIZE)));
    assert_true(image_has(tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE)));
    cache_open();
}

static void test_a_forgotten_customer_is_overwritten(void **state)
{
    (void)state;
    everything_rows(1);
    everything_rows(2);
    apply();
    assert_int_equal(tb_db_checkpoint(cache.db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    image_read();
    struct tb_digest hash = hash_of(1);
    assert_true(image_has(tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE)));
    (void)person_row(TB_ROW_CUSTOMER, person_id(1), 1, 2, NULL);
    apply();
    assert_int_equal(tb_db_checkpoint(cache.db, TB_DB_CHECKPOINT_TRUNCATE), TB_OK);
    image_read();
    assert_false(image_has(tb_span_of(hash.bytes, TB_CACHE_HASH_SIZE)));
}

/* As an agent leaves it that rendered otherwise, or did not say how. */
static void test_what_was_rendered_otherwise_comes_anew(void **state)
{
    (void)state;
    fill();
    cache_close();
    cache_open();
    assert_int_equal(cursor_of(&COHORT), 1);
    everything_rows(1);
    apply();
    assert_int_equal(applied.row_count, 0);

    cache_close();
    sql_run("DELETE FROM meta WHERE id = 33"); /* CACHE_META_RENDERING */
    cache_open();
    assert_int_equal(lost_count(), 0);
    assert_int_equal(cursor_of(&COHORT), 0);
    assert_int_equal(cursor_of(&CATALOGUE), 2);
    everything_rows(1);
    apply();
    assert_int_equal(applied.row_count, 4);
    everything_rows(1);
    apply();
    assert_int_equal(applied.row_count, 0);
    assert_int_equal(lost_count(), 0);

    cache_close(); /* only once */
    cache_open();
    everything_rows(1);
    apply();
    assert_int_equal(applied.row_count, 0);
}

static void test_files_that_are_not_ours_stay_as_they_are(void **state)
{
    (void)state;
    fill();
    cache_close();
    sql_run("PRAGMA user_version = 99");
    image_read();
    assert_int_equal(tb_cache_open(place.path, &place.sealer, &cache), TB_ERR_NEWER_VERSION);
    assert_int_equal(tb_cache_reader_open(place.path, &place.sealer, &reader), TB_ERR_NEWER_VERSION);
    assert_file_is_image();
    memset(place.image, 0xee, 100);
    image_write();
    assert_int_equal(tb_cache_open(place.path, &place.sealer, &cache), TB_ERR_CORRUPT);
    assert_file_is_image();
    files_remove();
    cache_open();
}

static void test_disk_full_changes_nothing(void **state)
{
    (void)state;
    fill();
    assert_int_equal(tb_db_exec(cache.db, "PRAGMA max_page_count = 1"), TB_OK); /* = as many as there are */
    enum tb_err err = TB_OK;
    for (int person = PEOPLE; err == TB_OK && person < 400; person++) {
        everything_rows(person);
        err = apply_scoped(&COHORT, 7);
    }
    assert_int_equal(err, TB_ERR_FULL);
    assert_int_equal(lost_count(), 0);
    assert_int_equal(tb_db_exec(cache.db, "PRAGMA max_page_count = 100000"), TB_OK);
    everything_rows(399);
    assert_int_equal(apply_scoped(&COHORT, 8), TB_OK);
    assert_found(399, 1);
}

/* A credential of person's that is the others', too. */
static void shared_row(int person, int64_t version, int other, int another)
{
    credential_row(person, version, true);
    struct tb_row *row = &rows.at[rows.count - 1];
    char ids[2][TB_ID_TEXT_SIZE];
    const struct tb_id also[] = {person_id(other), person_id(another)};
    tb_id_encode(&also[0], ids[0]);
    tb_id_encode(&also[1], ids[1]);
    (void)snprintf(rows.docs[rows.count - 1], sizeof rows.docs[0],
                   "{\"kind\":\"member\",\"also\":[\"%s\",\"%s\"]}", ids[0], ids[1]);
    row->doc = tb_span_str(rows.docs[rows.count - 1]);
}

static uint8_t owners_of(int person, struct tb_id ret_owners[TB_SHARED_COUNT_MAX])
{
    const struct tb_digest hash = hash_of(person);
    assert_int_equal(find(person), TB_OK);
    return tb_record_owners(&record, hash.bytes, ret_owners);
}

static void test_a_credential_may_be_several_peoples(void **state)
{
    (void)state;
    struct tb_id owners[TB_SHARED_COUNT_MAX];
    everything_rows(1);
    apply();
    assert_int_equal(owners_of(1, owners), 1);
    shared_row(1, 2, 2, 3);
    apply();
    assert_int_equal(owners_of(1, owners), 3);
    for (int i = 0; i < 3; i++) {
        const struct tb_id id = person_id(i + 1);
        assert_true(tb_id_equal(&owners[i], &id));
    }
    assert_found(1, 1);
    shared_row(1, 3, 3, 4);
    apply();
    assert_int_equal(owners_of(1, owners), 3);
    credential_row(1, 4, true);
    apply();
    assert_int_equal(owners_of(1, owners), 1);
    assert_int_equal(record.also_count, 0);
}

static void test_shares_are_bounded(void **state)
{
    (void)state;
    static struct tb_record full;
    uint8_t bytes[TB_RECORD_SIZE_MAX];
    struct tb_buf packed = tb_buf_of(bytes, sizeof bytes);
    full.customer = person_id(1);
    for (uint8_t i = 0; i < TB_RECORD_CREDENTIAL_MAX; i++) {
        const uint8_t hash[TB_RECORD_HASH_SIZE] = {i, 1};
        const struct tb_id also[] = {person_id(2), person_id(3)};
        tb_record_share(&full, hash, also, 2);
    }
    assert_int_equal(full.also_count, TB_RECORD_ALSO_MAX);
    tb_record_pack(&full, &packed);
    assert_int_equal(tb_record_unpack(tb_buf_span(&packed), &record), TB_OK);
    assert_int_equal(record.also_count, TB_RECORD_ALSO_MAX);
    assert_memory_equal(record.also, full.also, sizeof full.also);
    bytes[packed.size - TB_RECORD_ALSO_MAX * TB_RECORD_ALSO_SIZE - 1] = TB_RECORD_ALSO_MAX + 1;
    assert_int_equal(tb_record_unpack(tb_buf_span(&packed), &record), TB_ERR_CORRUPT);
    bytes[packed.size - TB_RECORD_ALSO_MAX * TB_RECORD_ALSO_SIZE - 1] = 0;
    assert_int_equal(tb_record_unpack(tb_buf_span(&packed), &record), TB_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_credential_may_be_several_peoples),
        TEST(test_shares_are_bounded),
        TEST(test_rows_become_a_customer),
        TEST(test_any_order_of_rows_will_do),
        TEST(test_only_newer_rows_are_taken),
        TEST(test_a_dropped_credential_finds_nobody),
        TEST(test_a_dropped_customer_does_not_come_back),
        TEST(test_an_evicted_customer_may_come_back),
        TEST(test_another_cart_counts_its_own_versions),
        TEST(test_cursor_and_rows_are_one),
        TEST(test_a_bad_row_stops_no_feed),
        TEST(test_products),
        TEST(test_a_restored_context_store_counts_anew),
        TEST(test_whose_rows_it_holds_outlives_its_cursors),
        TEST(test_verdicts_that_were_heard_are_noted_for_their_outbox),
        TEST(test_another_pepper_empties_the_file),
        TEST(test_no_pepper_no_customers),
        TEST(test_what_is_damaged_is_fetched_again),
        TEST(test_a_credential_does_not_lead_to_another_customer),
        TEST(test_a_credential_moves_to_another_customer),
        TEST(test_nothing_personal_is_readable),
        TEST(test_a_forgotten_customer_is_overwritten),
        TEST(test_what_was_rendered_otherwise_comes_anew),
        TEST(test_files_that_are_not_ours_stay_as_they_are),
        TEST(test_disk_full_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
