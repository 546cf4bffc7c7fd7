/*
 * What the code knows of `tillbridge.v1`, for tests that compare it with docs/asyncapi.json.
 *
 *   wiretool tables   one JSON object: every name table and limit
 *   wiretool echo     lines "<what> <json>" in; "ok <json>", decoded and encoded again, or "<error> <member>"
 * out
 */
#include "core/base/assert.h"
#include "core/cart/cart.h"
#include "core/sync/client.h"
#include "core/sync/engine_port.h"
#include "core/sync/server.h"
#include "core/wire/docs.h"
#include "core/wire/find.h"
#include "core/wire/rpc.h"
#include "core/wire/sync.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE_MAX (TB_MESSAGE_SIZE_MAX + 64u)

static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX) + 2 * TB_MUTATION_LISTS_SIZE_MAX];
static uint8_t text[2 * TB_MESSAGE_SIZE_MAX];

/* ---- tables ---- */

static void put_names(struct tb_json_writer *w, const char *name, const char *const *names, size_t count)
{
    tb_json_open_array(w, name);
    for (size_t i = 0; i < count; i++)
        tb_json_put_str(w, NULL, names[i]);
    tb_json_close_array(w);
}

static void put_errors(struct tb_json_writer *w)
{
    tb_json_open_array(w, "errors");
    for (unsigned err = 1; err < 0x600; err++) {
        const char *name = tb_err_name((enum tb_err)err);
        if (err == TB_ERR_INTERNAL || strcmp(name, tb_err_name(TB_ERR_INTERNAL)) != 0)
            tb_json_put_str(w, NULL, name);
    }
    tb_json_close_array(w);
}

static void put_cart_codes(struct tb_json_writer *w)
{
    tb_json_open_array(w, "cart_codes");
    for (unsigned code = TB_CART_OK + 1; code < TB_CART_CODE_COUNT; code++)
        tb_json_put_str(w, NULL, tb_cart_code_name((enum tb_cart_code)code));
    tb_json_close_array(w);
}

static void put_scopes(struct tb_json_writer *w)
{
    static const enum tb_scope_kind kinds[] = {TB_SCOPE_DEVICE,   TB_SCOPE_COHORT,   TB_SCOPE_CATALOGUE,
                                               TB_SCOPE_CUSTOMER, TB_SCOPE_ERASURES, TB_SCOPE_PARTITION,
                                               TB_SCOPE_STORE};
    tb_json_open_array(w, "scopes");
    for (size_t i = 0; i < TB_ARRAY_SIZE(kinds); i++) {
        const struct tb_scope scope = {.kind = kinds[i]};
        tb_json_put_scope(w, NULL, &scope);
    }
    tb_json_close_array(w);
}

static void put_limits(struct tb_json_writer *w)
{
    static const struct {
        const char *name;
        int64_t value;
    } limits[] = {
        {"message_size", TB_MESSAGE_SIZE_MAX},
        {"depth", TB_JSON_DEPTH_MAX},
        {"members", TB_JSON_MEMBER_COUNT_MAX},
        {"mutations", TB_MUTATION_BATCH_MAX},
        {"mutation_size", TB_MUTATION_JSON_SIZE_MAX},
        {"window_size", TB_MUTATION_WINDOW_SIZE_MAX},
        {"verdicts", TB_VERDICT_BATCH_MAX},
        {"rows", TB_ROW_BATCH_MAX},
        {"rows_size", TB_FEED_ROWS_SIZE_MAX},
        {"event_data_size", TB_EVENT_DATA_SIZE_MAX},
        {"feeds", TB_SESSION_FEED_MAX},
        {"requests", TB_SESSION_ASKED_MAX},
        {"unacked", TB_SESSION_UNACKED_MAX},
        {"protocol", TB_PROTOCOL},
        {"protocol_min", TB_PROTOCOL_MIN},
    };
    tb_json_open(w, "limits");
    for (size_t i = 0; i < TB_ARRAY_SIZE(limits); i++)
        tb_json_put_int(w, limits[i].name, limits[i].value);
    tb_json_close(w);
}

static int tables_print(void)
{
    static const char *const retries[] = {TB_ENGINE_CODE_BUSY, TB_ENGINE_CODE_GAP};
    struct tb_buf out = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&out);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "subprotocol", TB_PROTOCOL_NAME);
    put_names(&w, "mutations", tb_mutation_kind_names, TB_MUTATION_KIND_COUNT);
    put_names(&w, "merge_policies", tb_merge_policy_names, TB_MERGE_POLICY_COUNT);
    put_names(&w, "block_reasons", tb_block_reason_names, TB_BLOCK_REASON_COUNT);
    put_names(&w, "verdicts", tb_verdict_kind_names, TB_VERDICT_KIND_COUNT);
    put_names(&w, "row_types", tb_row_type_names, TB_ROW_TYPE_COUNT);
    put_names(&w, "row_ops", tb_row_op_names, TB_ROW_OP_COUNT);
    put_names(&w, "channels", tb_channel_names, TB_CHANNEL_COUNT);
    put_names(&w, "stocks", tb_stock_names, TB_STOCK_COUNT);
    put_names(&w, "retries", retries, TB_ARRAY_SIZE(retries));
    put_errors(&w);
    put_cart_codes(&w);
    put_scopes(&w);
    put_limits(&w);
    tb_json_close(&w);
    TB_ASSERT(out.err == TB_OK);
    return printf("%.*s\n", (int)out.size, (const char *)text) > 0 ? 0 : 1;
}

/* ---- echo ---- */

struct echo {
    struct tb_check check;
    struct tb_json from;
    struct tb_arena arena;
    struct tb_json_writer *to;
};

/* name: of the echo; its function reads e->from and writes one object, or the members of one. */
#define ECHO(name, type)                                \
    static void echo_##name(struct echo *e)             \
    {                                                   \
        static struct tb_##type value;                  \
        tb_##type##_decode(&e->check, e->from, &value); \
        if (e->check.err == TB_OK)                      \
            tb_##type##_encode(e->to, NULL, &value);    \
    }

ECHO(verdict, verdict)
ECHO(row, row)
ECHO(customer, customer)
ECHO(credential, credential_doc)
ECHO(cart, cart)
ECHO(journey, journey)
ECHO(product, product)
ECHO(terminal, terminal)
ECHO(policy, policy)
ECHO(key, key_doc)
ECHO(operator, operator)
ECHO(reward, reward)
ECHO(handover, handover)

#define ECHO_MEMBERS(name, type)                        \
    static void echo_##name(struct echo *e)             \
    {                                                   \
        static struct tb_##type value;                  \
        tb_##type##_decode(&e->check, e->from, &value); \
        tb_json_open(e->to, NULL);                      \
        if (e->check.err == TB_OK)                      \
            tb_##type##_encode(e->to, &value);          \
        tb_json_close(e->to);                           \
    }

ECHO_MEMBERS(hello, hello)
ECHO_MEMBERS(welcome, welcome)
ECHO_MEMBERS(feed_open, feed_open)
ECHO_MEMBERS(checksum, checksum)
ECHO_MEMBERS(identify, identify_ask)
ECHO_MEMBERS(find, find_ask)
ECHO_MEMBERS(found, found)
ECHO_MEMBERS(open, open_ask)

#define ECHO_BORROWING(name, type)                                 \
    static void echo_##name(struct echo *e)                        \
    {                                                              \
        static struct tb_##type value;                             \
        tb_##type##_decode(&e->check, e->from, &e->arena, &value); \
        tb_json_open(e->to, NULL);                                 \
        if (e->check.err == TB_OK)                                 \
            tb_##type##_encode(e->to, &value);                     \
        tb_json_close(e->to);                                      \
    }

ECHO_BORROWING(mutate, mutate)
ECHO_BORROWING(verdicts, verdicts)
ECHO_BORROWING(feed_rows, feed_rows)
ECHO_BORROWING(identified, identified)

static void echo_mutation(struct echo *e)
{
    struct tb_mutation value;
    tb_mutation_decode(&e->check, e->from, &e->arena, &value);
    if (e->check.err == TB_OK)
        tb_mutation_encode(e->to, NULL, &value);
}

static void echo_product_found(struct echo *e)
{
    struct tb_product value;
    tb_product_found_decode(&e->check, e->from, &value);
    tb_json_open(e->to, NULL);
    if (e->check.err == TB_OK)
        tb_product_found_encode(e->to, &value);
    tb_json_close(e->to);
}

static const struct {
    const char *name;
    void (*run)(struct echo *e);
} echoes[] = {
    {"mutation", echo_mutation},
    {"verdict", echo_verdict},
    {"row", echo_row},
    {"doc.customer", echo_customer},
    {"doc.credential", echo_credential},
    {"doc.cart", echo_cart},
    {"doc.journey", echo_journey},
    {"doc.product", echo_product},
    {"doc.terminal", echo_terminal},
    {"doc.policy", echo_policy},
    {"doc.key", echo_key},
    {"doc.operator", echo_operator},
    {"doc.reward", echo_reward},
    {"doc.handover", echo_handover},
    {"hello", echo_hello},
    {"hello.result", echo_welcome},
    {"mutate", echo_mutate},
    {"verdicts", echo_verdicts},
    {"feed.open", echo_feed_open},
    {"feed.ack", echo_feed_open},
    {"feed.rows", echo_feed_rows},
    {"feed.checksum.result", echo_checksum},
    {"identify", echo_identify},
    {"identify.result", echo_identified},
    {"customer.find", echo_find},
    {"customer.find.result", echo_found},
    {"customer.open", echo_open},
    {"customer.open.result", echo_identified},
    {"product.find.result", echo_product_found},
};

static bool echo_run(struct tb_span what, struct echo *e)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(echoes); i++) {
        if (!tb_span_is(what, echoes[i].name))
            continue;
        echoes[i].run(e);
        return true;
    }
    return false;
}

static bool line_echo(struct tb_span line)
{
    struct tb_buf out = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&out);
    struct echo e = {.arena = tb_arena_of(memory, sizeof memory), .to = &w};
    struct tb_span what = tb_span_cut(&line, ' ');
    e.check.err = tb_json_parse(line, 0, &e.arena, &e.from);
    if (e.check.err == TB_OK && !echo_run(what, &e))
        return false;
    if (e.check.err == TB_OK && out.err == TB_OK)
        return printf("ok %.*s\n", (int)out.size, (const char *)text) > 0;
    return printf("%s %s\n", tb_err_name(e.check.err), e.check.member ? e.check.member : "") > 0;
}

static int lines_echo(void)
{
    static char line[LINE_SIZE_MAX];
    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t size = strlen(line);
        if (size == 0 || line[size - 1] != '\n')
            return 1;
        if (!line_echo(tb_span_of(line, size - 1)))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "tables") == 0)
        return tables_print();
    if (argc == 2 && strcmp(argv[1], "echo") == 0)
        return lines_echo();
    (void)fputs("usage: wiretool tables | echo\n", stderr);
    return 2;
}
