/*
 * What the tests of the agent's own parts share: a state folder, a loop, storage in it, and some rows of a
 * customer. Every test binary includes this once.
 */
#ifndef TB_TESTS_INTEGRATION_AGENT_TERMINAL_H
#define TB_TESTS_INTEGRATION_AGENT_TERMINAL_H

#include "agent/app/storage/storage.h"
#include "tests/support/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

struct terminal {
    struct tb_agent_config config;
    struct tb_loop *loop;
    struct tb_storage storage;
    struct tb_storage_told told;
    struct tb_storage_found found;
    struct tb_pending pending;
};

static struct terminal terminal;

static const struct tb_pepper terminal_pepper = {.version = 1, .bytes = {7}};
static const struct tb_id terminal_customer = {{1, 2, 3}};
static const struct tb_id terminal_cart = {{4, 5, 6}};

static inline void terminal_start(void)
{
    assert_int_equal(tb_loop_create(&(struct tb_loop_options){.fd_max = 64}, &terminal.loop), TB_OK);
    assert_int_equal(tb_storage_open(&terminal.storage, terminal.loop, &terminal.config, &terminal.told,
                                     &terminal.found, &terminal.pending),
                     TB_OK);
}

static inline void terminal_stop(void)
{
    tb_storage_close(&terminal.storage);
    tb_pending_free(&terminal.pending);
    terminal.loop = tb_loop_free(terminal.loop);
}

static inline int terminal_set_up(void **state)
{
    (void)state;
    (void)snprintf(terminal.config.state_dir, sizeof terminal.config.state_dir, "/tmp/tb-agent-XXXXXX");
    assert_non_null(mkdtemp(terminal.config.state_dir));
    (void)snprintf(terminal.config.run_dir, sizeof terminal.config.run_dir, "%.200s/run",
                   terminal.config.state_dir);
    terminal_start();
    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
    return 0;
}

static inline int entry_remove(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

static inline int terminal_tear_down(void **state)
{
    (void)state;
    terminal_stop();
    return nftw(terminal.config.state_dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Runs the loop until a callback of the test stops it. */
static inline void terminal_run(void)
{
    assert_int_equal(tb_loop_run(terminal.loop), TB_OK);
}

static inline struct tb_row terminal_customer_row(int64_t version)
{
    struct tb_row row = {
        .type = TB_ROW_CUSTOMER,
        .op = TB_ROW_PUT,
        .version = version,
        .as_of_ms = 1000,
        .customer = terminal_customer,
        .doc = tb_span_str("{\"name\":\"Ms Rivera\",\"tier\":\"gold\",\"points\":2480,\"language\":\"en\","
                           "\"benefits\":[],\"open\":[],\"do_not_ask\":[]}"),
    };
    tb_id_encode(&terminal_customer, row.id);
    return row;
}

static inline struct tb_row terminal_cart_row(int64_t version, const char *doc)
{
    struct tb_row row = {.type = TB_ROW_CART,
                         .op = TB_ROW_PUT,
                         .version = version,
                         .as_of_ms = 1000,
                         .customer = terminal_customer,
                         .doc = tb_span_str(doc)};
    tb_id_encode(&terminal_cart, row.id);
    return row;
}

static inline struct tb_mutation terminal_add(int32_t quantity)
{
    return (struct tb_mutation){.kind = TB_MUTATION_CART_ADD,
                                .customer = terminal_customer,
                                .cart = terminal_cart,
                                .line = {{(uint8_t)quantity}},
                                .made_ms = 2000,
                                .add = {.gtin = "04006381333931", .quantity = quantity}};
}

#endif
