/* outbox: what waits to be sent, and what was turned down and why. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 64 * 1024, ROW_MAX = 64, KIND_MAX = 64, PAGE_COUNT_MAX = 1000, REQUEST_SIZE_MAX = 128 };
enum { SEQ_WIDTH = 10, STATE_WIDTH = 11, KIND_WIDTH = 20, AGE_WIDTH = 18 };

static const struct reason {
    const char *code;
    const char *text;
} reasons[] = {
    {"not_understood", "the context store does not understand it"},
    {"product_unknown", "the context store does not know this product"},
    {"customer_unknown", "the context store does not know this customer"},
    {"customer_erased", "the customer's data was erased"},
    {"customer_exists", "there is such a customer already"},
    {"cart_of_other", "the cart belongs to another customer"},
    {"cart_unknown", "there is no such cart"},
    {"cart_claimed", "the cart was being paid at another till"},
    {"line_unknown", "the line was not in the cart"},
    {"line_closed", "the line had been removed"},
    {"line_conflict", "the line was of another product"},
    {"seq_reused", "its number was given to another change before"},
    {"line_limit", "the cart had no room for more lines"},
    {"quantity_limit", "the quantity was too large"},
    {"note_limit", "the cart had no room for more notes"},
    {"currency_conflict", "the product was priced in another currency than the cart"},
    {"gift_declined", "the customer had declined this gift"},
    {"merge_unknown", "there was nothing to join, or to take apart"},
    {"reward_unknown", "the customer has no such reward"},
    {"reward_taken", "the reward was reserved elsewhere"},
    {"reward_used", "the reward was used already"},
    {"reward_double", "the reward was used twice"},
    {"credential_taken", "the credential is another customer's"},
    {"credential_blocked", "the credential is blocked"},
    {"handover_taken", "another till took the customer over"},
    {"handover_unknown", "there was no such hand-over"},
    {"handover_over", "the hand-over was taken back, or nobody took it in time"},
    {"handover_limit", "too many hand-overs were asked for at a time"},
    {"cart_changed", "the cart was changed after it was looked at"},
    {"visit_unknown", "there was no such visit"},
    {"signature", "its signature did not hold"},
    {"double_sale", "what was paid had been paid already"},
    {"sale_unknown", "the sale that it is about was not known"},
};

struct totals {
    int64_t rejected;
    int64_t conflicts;
    int64_t rows;
};

struct page {
    struct tb_buf out;
    struct tb_check check;
    int64_t wall_ms;
};

static struct tb_span text_of(struct page *p, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_json_text(&p->check, o, name, KIND_MAX) : tb_span_of(NULL, 0);
}

static int64_t number_of(struct page *p, struct tb_json o, const char *name, int64_t otherwise)
{
    return tb_json_has(o, name) ? tb_json_int(&p->check, o, name, 0, INT64_MAX) : otherwise;
}

static void reason_print(struct page *p, struct tb_span code)
{
    if (code.size == 0)
        return;
    tb_print_clean(&p->out, code);
    for (size_t i = 0; i < TB_ARRAY_SIZE(reasons); i++) {
        if (!tb_span_is(code, reasons[i].code))
            continue;
        tb_buf_add_str(&p->out, ": ");
        tb_buf_add_str(&p->out, reasons[i].text);
    }
}

static void row_print(struct page *p, struct tb_json row, struct totals *totals)
{
    uint8_t memory[32];
    uint8_t age_memory[48];
    struct tb_buf seq = tb_buf_of(memory, sizeof memory);
    struct tb_buf age = tb_buf_of(age_memory, sizeof age_memory);
    struct tb_span state = text_of(p, row, "state");
    int64_t made_ms = number_of(p, row, "made_ms", 0);
    tb_buf_add_decimal(&seq, tb_json_int(&p->check, row, "seq", 1, INT64_MAX));
    if (made_ms)
        tb_print_ago(&age, made_ms, p->wall_ms);
    tb_print_right(&p->out, tb_buf_span(&seq), SEQ_WIDTH);
    tb_buf_add_str(&p->out, "  ");
    tb_print_left(&p->out, state, STATE_WIDTH);
    tb_print_left(&p->out, text_of(p, row, "kind"), KIND_WIDTH);
    tb_print_left(&p->out, tb_buf_span(&age), AGE_WIDTH);
    reason_print(p, text_of(p, row, "code"));
    while (p->out.size && p->out.at[p->out.size - 1] == ' ')
        p->out.size--;
    tb_buf_add_u8(&p->out, '\n');
    totals->rejected += tb_span_is(state, "rejected");
    totals->conflicts += tb_span_is(state, "conflict");
    totals->rows++;
}

static void head_print(struct page *p, struct tb_json list)
{
    int64_t waiting = number_of(p, list, "waiting", 0);
    tb_print_plural(&p->out, waiting, "change waits", "changes wait");
    tb_buf_add_str(&p->out, " to be sent (");
    tb_print_count(&p->out, number_of(p, list, "waiting_bytes", 0));
    tb_buf_add_str(&p->out, " bytes).\n");
    if (tb_json_has(list, "closed")) {
        tb_buf_add_str(&p->out, "Changes are not stored: ");
        tb_print_clean(&p->out, text_of(p, list, "closed"));
        tb_buf_add_str(&p->out, ". \"tillbridge status\" says more.\n");
    }
}

static void dropped_print(struct page *p, struct tb_json list)
{
    struct tb_json dropped = tb_json_array(&p->check, list, "dropped", KIND_MAX);
    for (struct tb_json_each each = tb_json_first(dropped); tb_json_exists(each.value); tb_json_next(&each)) {
        tb_buf_add_str(&p->out, "Given up: ");
        tb_print_count(&p->out, number_of(p, each.value, "count", 0));
        tb_buf_add_str(&p->out, " of kind ");
        tb_print_clean(&p->out, text_of(p, each.value, "kind"));
        tb_buf_add_str(&p->out, ", the last ");
        tb_print_ago(&p->out, number_of(p, each.value, "at_ms", 0), p->wall_ms);
        tb_buf_add_str(&p->out, ".\n");
    }
}

static void totals_print(struct page *p, const struct totals *totals)
{
    if (totals->rejected) {
        tb_print_plural(&p->out, totals->rejected, "change was", "changes were");
        tb_buf_add_str(&p->out, " turned down; the screen has taken them back.\n");
    }
    if (totals->conflicts) {
        tb_print_plural(&p->out, totals->conflicts, "change needs", "changes need");
        tb_buf_add_str(&p->out, " somebody to look at what happened.\n");
    }
}

/* One list, as the agent gives it; *ret_next is where the next one begins, 0 at the end. */
static enum tb_cli_exit page_print(const struct tb_cli *cli, const struct tb_cli_session *session, bool first,
                                   struct totals *totals, int64_t *ret_next)
{
    static uint8_t memory[OUT_SIZE_MAX];
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    struct tb_json list = session->message.result;
    p.wall_ms = number_of(&p, list, "wall_ms", 0);
    *ret_next = number_of(&p, list, "next_seq", 0);
    if (cli->json)
        return tb_cli_session_print_json(session, cli);
    if (first)
        head_print(&p, list);
    struct tb_json rows = tb_json_array(&p.check, list, "rows", ROW_MAX);
    for (struct tb_json_each each = tb_json_first(rows); tb_json_exists(each.value); tb_json_next(&each))
        row_print(&p, each.value, totals);
    if (*ret_next == 0) {
        totals_print(&p, totals);
        dropped_print(&p, list);
    }
    return tb_cli_session_print(cli, &p.out, &p.check);
}

static struct tb_span request_write(struct tb_buf *request, int64_t from_seq)
{
    struct tb_json_writer w = tb_rpc_begin_request(request, TB_CLI_REQUEST_ID, "outbox");
    tb_json_put_int(&w, "from_seq", from_seq);
    tb_rpc_end(&w);
    TB_ASSERT(request->err == TB_OK);
    return tb_buf_span(request);
}

enum tb_cli_exit tb_cli_outbox(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    struct totals totals = {0};
    int64_t from_seq = 1;
    enum tb_cli_exit exit_code = tb_cli_session_open(&session, cli);
    for (int i = 0; exit_code == TB_CLI_OK && from_seq > 0 && i < PAGE_COUNT_MAX; i++) {
        uint8_t memory[REQUEST_SIZE_MAX];
        struct tb_buf request = tb_buf_of(memory, sizeof memory);
        exit_code = tb_cli_session_exchange(&session, cli, request_write(&request, from_seq));
        if (exit_code == TB_CLI_OK && session.message.kind == TB_RPC_ERROR)
            exit_code = tb_cli_session_refusal(&session, cli);
        if (exit_code == TB_CLI_OK)
            exit_code = page_print(cli, &session, i == 0, &totals, &from_seq);
    }
    tb_cli_session_close(&session);
    return exit_code;
}
