/* The POS software that was paired, over an end of the agent; and a file of before there was any. */
#include "agent/cache/pos_clients.h"
#include "tests/integration/cache/state_test.h"

static struct tb_pos_clients clients;

static struct tb_pos_client client_make(uint32_t number, const char *name, const char *origin)
{
    struct tb_pos_client client = {.number = number, .grants = 0x7f, .paired_ms = 1700000000000 + number};
    memset(client.token.bytes, (int)number, sizeof client.token.bytes);
    memcpy(client.name, name, strlen(name));
    memcpy(client.origin, origin, strlen(origin));
    return client;
}

static void put(uint32_t number, const char *name, const char *origin)
{
    const struct tb_pos_client client = client_make(number, name, origin);
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    assert_int_equal(tb_pos_clients_put(&file, &client), TB_OK);
    assert_int_equal(tb_db_commit(file.db), TB_OK);
}

static void clients_load(void)
{
    reload();
    assert_int_equal(tb_pos_clients_load(&file, &clients), TB_OK);
}

static void test_clients_survive_and_are_dropped(void **state)
{
    (void)state;
    clients_load();
    assert_int_equal(clients.count, 0);
    put(1, "Till software", "");
    put(2, "Web POS", "https://pos.example");
    clients_load();
    assert_int_equal(clients.count, 2);
    const struct tb_pos_client wanted = client_make(2, "Web POS", "https://pos.example");
    assert_memory_equal(&clients.at[1].token, &wanted.token, sizeof wanted.token);
    assert_string_equal(clients.at[1].name, wanted.name);
    assert_string_equal(clients.at[1].origin, wanted.origin);
    assert_true(clients.at[1].paired_ms == wanted.paired_ms && clients.at[1].grants == wanted.grants);
    assert_int_equal(tb_db_begin(file.db), TB_OK);
    assert_int_equal(tb_pos_clients_drop(&file, 1), TB_OK);
    assert_int_equal(tb_db_commit(file.db), TB_OK);
    clients_load();
    assert_int_equal(clients.count, 1);
    assert_int_equal(clients.at[0].number, 2);
}

/* Somebody who can write the file cannot give a token the rights of another one. */
static void test_what_was_moved_or_changed_is_not_paired(void **state)
{
    (void)state;
    put(1, "Display", "");
    put(2, "Till software", "");
    tb_state_close(&file);
    sql_run("UPDATE pos_client SET number = 3 WHERE number = 2");
    sql_run("UPDATE pos_client SET sealed = zeroblob(64) WHERE number = 1");
    load();
    assert_int_equal(tb_pos_clients_load(&file, &clients), TB_OK);
    assert_int_equal(clients.count, 0);
}

static void test_a_file_of_before_gets_its_place_for_them(void **state)
{
    (void)state;
    tb_state_close(&file);
    sql_run("DROP TABLE pos_client");
    sql_run("PRAGMA user_version = 2");
    load();
    put(1, "Till software", "");
    clients_load();
    assert_int_equal(clients.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_clients_survive_and_are_dropped),
        TEST(test_what_was_moved_or_changed_is_not_paired),
        TEST(test_a_file_of_before_gets_its_place_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
