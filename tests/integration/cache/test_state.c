#include "tests/integration/cache/state_test.h"

#define TERMINAL                                                                                          \
    "{\"store\":\"0421\",\"store_name\":\"Zurich\",\"till\":\"4\",\"role\":\"till\",\"name\":\"Till 4\"," \
    "\"currency\":\"CHF\",\"language\":\"de\"}"
#define POLICY(idle) "{\"tiers\":[],\"idle_ms\":" idle "}"
#define PEPPER "{\"kind\":\"pepper\",\"version\":2,\"value\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define TOKEN_ROW "token:3:8688359aadc297a4"
#define TOKEN(more)                                                                                      \
    "{\"kind\":\"token\",\"version\":3,\"id\":\"chain-2026\",\"value\":\"BH_Nzidw9sRdQYPL7m_bS3tYBzM1e-" \
    "nvE7rPbjx70VRFx_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"" more "}"
#define SCALAR_ROW "vas:1:98dad6f96c24d5d6"
#define SCALAR                                                           \
    "{\"kind\":\"vas\",\"version\":1,\"id\":\"pass.example\",\"value\":" \
    "\"ERERERERERERERERERERERERERERERERERERERERERE\"}"

static struct tb_row row_make(enum tb_row_type type, const char *id, int64_t version, const char *doc)
{
    struct tb_row row = {.type = type, .op = doc ? TB_ROW_PUT : TB_ROW_DROP, .version = version};
    memcpy(row.id, id, strlen(id));
    row.doc = tb_span_str(doc ? doc : "");
    return row;
}

static void apply(const struct tb_row *rows, size_t count, uint8_t cursor_byte)
{
    const struct tb_rows all = {.at = rows, .count = count};
    const struct tb_cursor cursor = {.size = 1, .bytes = {cursor_byte}};
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    assert_int_equal(tb_state_apply(&file, &all, &cursor), TB_OK);
    assert_int_equal(tb_db_commit(file.db), TB_OK);
}

static void fill(void)
{
    const struct tb_row rows[] = {
        row_make(TB_ROW_TERMINAL, "0421-4", 1, TERMINAL),
        row_make(TB_ROW_POLICY, "chain", 3, POLICY("60000")),
        row_make(TB_ROW_KEY, "pepper-2", 1, PEPPER),
    };
    apply(rows, 3, 9);
}

static void set_epoch(const char *epoch, bool restored)
{
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    assert_int_equal(tb_state_set_epoch(&file, epoch, restored), TB_OK);
    assert_int_equal(tb_state_set_reconnect_window(&file, 5000), TB_OK);
    assert_int_equal(tb_state_set_wall_floor(&file, 1700000000000), TB_OK);
    assert_int_equal(tb_db_commit(file.db), TB_OK);
}

static void test_a_new_file_knows_nothing(void **state)
{
    (void)state;
    assert_false(facts.terminal_known || facts.policy_known);
    assert_true(facts.pepper.version == 0);
    assert_string_equal(settings.epoch, "");
    assert_int_equal(settings.device_cursor.size, 0);
    struct tb_settings first = settings;
    reload();
    assert_memory_equal(first.session_key, settings.session_key, TB_SESSION_KEY_SIZE);
    static const uint8_t zero[TB_SESSION_KEY_SIZE];
    assert_memory_not_equal(settings.session_key, zero, sizeof zero);
}

static void test_facts_and_settings_survive(void **state)
{
    (void)state;
    fill();
    set_epoch("e1", false);
    reload();
    assert_true(facts.terminal_known && facts.policy_known);
    assert_string_equal(facts.terminal.store, "0421");
    assert_true(facts.policy.idle_ms == 60000);
    assert_true(facts.pepper.version == 2 && facts.pepper.bytes[31] == 31);
    assert_string_equal(settings.epoch, "e1");
    assert_true(settings.reconnect_window_ms == 5000);
    assert_true(settings.wall_floor_ms == INT64_C(1700000000000));
    assert_true(settings.device_cursor.size == 1 && settings.device_cursor.bytes[0] == 9);
}

static void taken_keep(size_t count)
{
    struct tb_taken taken = {.count = count};
    for (size_t i = 0; i < count; i++)
        memset(taken.ids[i].bytes, (int)i + 1, TB_ID_SIZE);
    assert_int_equal(tb_state_set_taken(&file, &taken), TB_OK);
    reload();
    assert_int_equal(settings.taken.count, count);
    assert_memory_equal(settings.taken.ids, taken.ids, count * sizeof taken.ids[0]);
}

static void test_what_was_taken_over_is_kept(void **state)
{
    (void)state;
    assert_int_equal(settings.taken.count, 0);
    taken_keep(TB_STATE_TAKEN_MAX);
    taken_keep(1);
    taken_keep(0);
}

static void test_only_newer_facts_are_taken(void **state)
{
    (void)state;
    fill();
    struct tb_row row = row_make(TB_ROW_POLICY, "chain", 3, POLICY("1"));
    apply(&row, 1, 10);
    reload();
    assert_true(facts.policy.idle_ms == 60000);
    row = row_make(TB_ROW_POLICY, "chain", 4, POLICY("2"));
    apply(&row, 1, 11);
    reload();
    assert_true(facts.policy.idle_ms == 2);
    row = row_make(TB_ROW_POLICY, "chain", 5, NULL);
    apply(&row, 1, 12);
    reload();
    assert_false(facts.policy_known);
}

static bool file_holds(struct tb_span bytes)
{
    static uint8_t content[1 << 20];
    FILE *f = fopen(place.path, "rb");
    assert_non_null(f);
    size_t size = fread(content, 1, sizeof content, f);
    assert_int_equal(fclose(f), 0);
    return memmem(content, size, bytes.at, bytes.size) != NULL;
}

static void test_keys_are_kept_sealed_replaced_and_dropped(void **state)
{
    (void)state;
    const struct tb_row rows[] = {
        row_make(TB_ROW_KEY, TOKEN_ROW, 1, TOKEN("")),
        row_make(TB_ROW_KEY, SCALAR_ROW, 1, SCALAR),
        row_make(TB_ROW_KEY, "quantum:1:00", 1, "{\"kind\":\"quantum\",\"version\":1,\"value\":\"AA\"}"),
    };
    apply(rows, 3, 1);
    reload();
    assert_int_equal(facts.ring.key_count, 2);
    tb_state_close(&file);
    uint8_t scalar[32];
    memset(scalar, 0x11, sizeof scalar);
    assert_false(file_holds(tb_span_of(scalar, sizeof scalar)));
    assert_false(file_holds(tb_span_str("pass.example")));
    load();
    const struct tb_row later[] = {
        row_make(TB_ROW_KEY, TOKEN_ROW, 2, TOKEN(",\"not_after_ms\":7000")),
        row_make(TB_ROW_KEY, SCALAR_ROW, 2, NULL),
    };
    apply(later, 2, 2);
    for (size_t i = 0; i < 2; i++)
        tb_facts_apply(&facts, &later[i]);
    assert_int_equal(facts.ring.keys[0].not_after_ms, 7000);
    reload();
    assert_int_equal(facts.ring.key_count, 1);
    assert_int_equal(facts.ring.keys[0].not_after_ms, 7000);
    struct tb_row dropped = row_make(TB_ROW_KEY, TOKEN_ROW, 3, NULL);
    tb_facts_apply(&facts, &dropped);
    assert_int_equal(facts.ring.key_count, 0);
}

static void test_a_restored_context_store_counts_anew(void **state)
{
    (void)state;
    fill();
    set_epoch("e2", true);
    reload();
    assert_int_equal(settings.device_cursor.size, 0);
    assert_true(facts.policy.idle_ms == 60000); /* until it says otherwise */
    struct tb_row row = row_make(TB_ROW_POLICY, "chain", 1, POLICY("7"));
    apply(&row, 1, 1);
    reload();
    assert_true(facts.policy.idle_ms == 7);
}

static void test_a_bad_document_leaves_the_last_good_one(void **state)
{
    (void)state;
    fill();
    reload();
    struct tb_row row = row_make(TB_ROW_POLICY, "chain", 4, "{\"tiers\":5}");
    tb_facts_apply(&facts, &row);
    assert_true(facts.policy_known && facts.policy.idle_ms == 60000);
}

static void test_a_damaged_fact_is_fetched_again(void **state)
{
    (void)state;
    fill();
    tb_state_close(&file);
    sql_run("UPDATE fact SET version = 70 WHERE id = 'chain'");
    load();
    assert_false(facts.policy_known);
    assert_true(facts.terminal_known);
    assert_int_equal(settings.device_cursor.size, 0);
    fill();
    reload();
    assert_true(facts.policy_known && settings.device_cursor.size == 1);
}

static void assert_known_or_nothing(void)
{
    if (facts.terminal_known)
        assert_string_equal(facts.terminal.store, "0421");
    if (facts.policy_known)
        assert_true(facts.policy.idle_ms == 60000);
    if (facts.pepper.version)
        assert_true(facts.pepper.version == 2 && facts.pepper.bytes[31] == 31);
    assert_true(settings.epoch[0] == '\0' || strcmp(settings.epoch, "e1") == 0);
    assert_true(settings.reconnect_window_ms == 0 || settings.reconnect_window_ms == 5000);
    assert_true(settings.wall_floor_ms == 0 || settings.wall_floor_ms == INT64_C(1700000000000));
    assert_true(settings.device_cursor.size == 0 || settings.device_cursor.bytes[0] == 9);
}

static void test_flipped_bits(void **state)
{
    (void)state;
    fill();
    set_epoch("e1", false);
    tb_state_close(&file);
    image_read();
    struct seeded_rng flips = {5};
    size_t noticed = 0;
    for (int i = 0; i < 2000; i++) {
        size_t bit = bit_pick(&flips);
        bit_flip(bit);
        image_write();
        enum tb_err err = tb_state_open(place.path, &place.sealer, &file);
        if (err == TB_OK)
            err = tb_state_load(&file, &facts, &settings);
        if (err == TB_OK)
            assert_known_or_nothing();
        noticed += err != TB_OK || !facts.terminal_known || !facts.policy_known || settings.epoch[0] == '\0';
        tb_state_close(&file);
        bit_flip(bit);
    }
    assert_true(noticed > 100);
    image_write();
    load();
    assert_true(facts.terminal_known && facts.policy_known && facts.pepper.version == 2);
}

static void test_a_newer_file_stays_as_it_is(void **state)
{
    (void)state;
    fill();
    tb_state_close(&file);
    sql_run("PRAGMA user_version = 99");
    image_read();
    assert_int_equal(tb_state_open(place.path, &place.sealer, &file), TB_ERR_NEWER_VERSION);
    assert_file_is_image();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void test_operators_are_kept_replaced_and_dropped(void **state)
{
    (void)state;
    const struct tb_row rows[] = {
        row_make(TB_ROW_OPERATOR, "op-7", 1,
                 "{\"name\":\"Kim Berg\",\"badge\":\"" HASH "\",\"active\":true}"),
        row_make(TB_ROW_OPERATOR, "op-8", 1, "{\"name\":\"Ada Stern\",\"active\":true}"),
    };
    apply(rows, 2, 9);
    reload();
    const struct tb_operators_known *known = &facts.operators;
    assert_int_equal(known->count, 2);
    size_t kim = strcmp(known->at[0].id, "op-7") == 0 ? 0 : 1;
    assert_string_equal(known->at[kim].doc.name, "Kim Berg");
    assert_true(known->at[kim].doc.has_badge && known->at[kim].doc.active);
    assert_int_equal(known->at[kim].doc.badge[31], 0xef);
    assert_string_equal(known->at[1 - kim].id, "op-8");
    assert_false(known->at[1 - kim].doc.has_badge);

    const struct tb_row changes[] = {
        row_make(TB_ROW_OPERATOR, "op-7", 2, "{\"name\":\"Kim Berg\",\"active\":false}"),
        row_make(TB_ROW_OPERATOR, "op-8", 2, NULL),
    };
    tb_facts_apply(&facts, &changes[0]);
    tb_facts_apply(&facts, &changes[1]);
    assert_int_equal(known->count, 1);
    assert_false(known->at[0].doc.active);
    apply(changes, 2, 10);
    reload();
    assert_int_equal(known->count, 1);
    assert_string_equal(known->at[0].id, "op-7");
    assert_false(known->at[0].doc.active || known->at[0].doc.has_badge);
}

static void test_more_operators_than_fit_are_left_out(void **state)
{
    (void)state;
    for (int i = 0; i < TB_OPERATOR_COUNT_MAX + 2; i++) {
        char id[16];
        (void)snprintf(id, sizeof id, "op-%d", i);
        const struct tb_row row = row_make(TB_ROW_OPERATOR, id, 1, "{\"name\":\"A\",\"active\":true}");
        tb_facts_apply(&facts, &row);
    }
    assert_int_equal(facts.operators.count, TB_OPERATOR_COUNT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_new_file_knows_nothing),
        TEST(test_facts_and_settings_survive),
        TEST(test_what_was_taken_over_is_kept),
        TEST(test_only_newer_facts_are_taken),
        TEST(test_keys_are_kept_sealed_replaced_and_dropped),
        TEST(test_operators_are_kept_replaced_and_dropped),
        TEST(test_more_operators_than_fit_are_left_out),
        TEST(test_a_restored_context_store_counts_anew),
        TEST(test_a_bad_document_leaves_the_last_good_one),
        TEST(test_a_damaged_fact_is_fetched_again),
        TEST(test_flipped_bits),
        TEST(test_a_newer_file_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
