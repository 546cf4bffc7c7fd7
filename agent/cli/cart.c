#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 256 * 1024, LINE_MAX_COUNT = 200, NAME_WIDTH_MIN = 20, NAME_WIDTH_MAX = 40 };
enum { QUANTITY_WIDTH = 5, PRICE_WIDTH = 10, SUM_WIDTH = 11, NUMBER_SIZE = 32 };

struct page {
    struct tb_buf out;
    struct tb_check check;
    struct tb_span currency;
    size_t name_width;
};

static struct tb_span text_of(struct page *p, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_json_text(&p->check, o, name, TB_TEXT_SIZE_MAX) : tb_span_of(NULL, 0);
}

static void money_right(struct page *p, int64_t amount, size_t width)
{
    uint8_t memory[NUMBER_SIZE];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    tb_print_money(&text, amount, p->currency);
    tb_print_right(&p->out, tb_buf_span(&text), width);
}

static const char *stock_words(struct tb_span stock)
{
    if (tb_span_is(stock, "in_stock"))
        return "in stock";
    if (tb_span_is(stock, "low"))
        return "few left";
    if (tb_span_is(stock, "not_here"))
        return "not here";
    return "";
}

static const char *channel_words(struct tb_span channel)
{
    if (tb_span_is(channel, "web"))
        return "on the web";
    if (tb_span_is(channel, "app"))
        return "in the app";
    if (tb_span_is(channel, "kiosk"))
        return "at a kiosk";
    if (tb_span_is(channel, "till"))
        return "at a till";
    if (tb_span_is(channel, "call"))
        return "on the phone";
    return "elsewhere";
}

/* What a person should know of a line: where it stands, and whether it is only here so far. */
static void line_notes(struct page *p, struct tb_json o)
{
    const char *stock = stock_words(text_of(p, o, "stock"));
    bool pending = tb_json_has(o, "pending") && tb_json_bool(&p->check, o, "pending");
    if (*stock || pending)
        tb_buf_add_str(&p->out, "   ");
    tb_buf_add_str(&p->out, stock);
    if (pending)
        tb_buf_add_str(&p->out, *stock ? ", waits to be sent" : "waits to be sent");
}

static void line(struct page *p, struct tb_json o)
{
    uint8_t memory[NUMBER_SIZE];
    struct tb_buf quantity = tb_buf_of(memory, sizeof memory);
    bool is_new = tb_json_has(o, "new") && tb_json_bool(&p->check, o, "new");
    int64_t count = tb_json_int(&p->check, o, "quantity", 0, TB_QUANTITY_MAX);
    int64_t price = tb_json_int(&p->check, o, "unit_price", -TB_MONEY_MAX, TB_MONEY_MAX);
    tb_print_count(&quantity, count);
    tb_buf_add_str(&p->out, is_new ? "+ " : "  ");
    tb_print_left(&p->out, text_of(p, o, "name"), p->name_width);
    tb_print_right(&p->out, tb_buf_span(&quantity), QUANTITY_WIDTH);
    money_right(p, price, PRICE_WIDTH);
    money_right(p, count * price, SUM_WIDTH);
    line_notes(p, o);
    tb_buf_add_u8(&p->out, '\n');
}

static void name_width_take(struct page *p, struct tb_json lines)
{
    p->name_width = NAME_WIDTH_MIN;
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each)) {
        size_t width = tb_print_width(text_of(p, each.value, "name"));
        if (width > p->name_width)
            p->name_width = width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
    }
}

static void head(struct page *p, struct tb_json cart, size_t line_count)
{
    tb_buf_add_str(&p->out, "Cart of the open visit: ");
    tb_print_plural(&p->out, (int64_t)line_count, "line", "lines");
    tb_buf_add_str(&p->out, ", ");
    tb_print_plural(&p->out, tb_json_int(&p->check, cart, "item_count", 0, INT64_MAX), "item", "items");
    struct tb_span channel = text_of(p, cart, "touched_channel");
    if (channel.size) {
        tb_buf_add_str(&p->out, ", last changed ");
        tb_buf_add_str(&p->out, channel_words(channel));
    }
    tb_buf_add_u8(&p->out, '\n');
}

static void foot(struct page *p, struct tb_json cart)
{
    if (tb_json_has(cart, "total")) {
        int64_t total = tb_json_int(&p->check, cart, "total", INT64_MIN, INT64_MAX);
        tb_print_left(&p->out, tb_span_str("  Total"), 2 + p->name_width + QUANTITY_WIDTH + PRICE_WIDTH);
        money_right(p, total, SUM_WIDTH);
        tb_buf_add_u8(&p->out, ' ');
        tb_print_clean(&p->out, p->currency);
        tb_buf_add_u8(&p->out, '\n');
    }
    int64_t unsent = tb_json_has(cart, "unsent") ? tb_json_int(&p->check, cart, "unsent", 0, INT64_MAX) : 0;
    if (unsent) {
        tb_print_plural(&p->out, unsent, "change waits", "changes wait");
        tb_buf_add_str(&p->out, " to be sent.\n");
    }
}

/* A lease that ran out is nobody's. */
static void claim(struct page *p, struct tb_json cart, int64_t wall_ms)
{
    if (!tb_json_has(cart, "claim"))
        return;
    struct tb_json o = tb_json_object(&p->check, cart, "claim");
    struct tb_span by = text_of(p, o, "by");
    if (wall_ms >= tb_json_int(&p->check, o, "until_ms", 0, TB_TIME_MS_MAX))
        return;
    bool mine = tb_json_bool(&p->check, o, "mine");
    tb_buf_add_str(&p->out, mine ? "It is being paid here." : "It is being paid ");
    if (!mine) {
        tb_buf_add_str(&p->out, by.size ? "at " : "elsewhere");
        tb_print_clean(&p->out, by);
        tb_buf_add_str(&p->out, ". Changes here are not part of that payment.");
    }
    tb_buf_add_u8(&p->out, '\n');
}

static void cart_print(struct page *p, struct tb_json cart, int64_t wall_ms)
{
    struct tb_json lines = tb_json_array(&p->check, cart, "lines", LINE_MAX_COUNT);
    p->currency = text_of(p, cart, "currency");
    name_width_take(p, lines);
    head(p, cart, tb_json_count(lines));
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each))
        line(p, each.value);
    foot(p, cart);
    claim(p, cart, wall_ms);
}

enum tb_cli_exit tb_cli_cart(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    static uint8_t memory[OUT_SIZE_MAX];
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "cart", NULL);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    tb_cli_session_close(&session);
    if (cli->json)
        return tb_cli_session_print_json(&session, cli);
    struct tb_json answer = session.message.result;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    if (tb_json_has(answer, "cart"))
        cart_print(
            &p, tb_json_object(&p.check, answer, "cart"),
            tb_json_has(answer, "wall_ms") ? tb_json_int(&p.check, answer, "wall_ms", 0, TB_TIME_MS_MAX) : 0);
    else if (tb_json_has(answer, "hidden"))
        tb_buf_add_str(&p.out, "The cart is not shown: what the customer presented proves too little.\n");
    else if (tb_json_bool(&p.check, answer, "visit"))
        tb_buf_add_str(&p.out, "The customer who is here has no cart.\n");
    else
        tb_buf_add_str(&p.out, "Nobody is here: no cart is open.\n");
    return tb_cli_session_print(cli, &p.out, &p.check);
}
