#include "tests/sim/sim.h"

void oracle_init(struct sim_oracle *o)
{
    o->stream_count = 0;
    o->cart_count = 0;
    o->sale_count = 0;
    memset(&o->people, 0, sizeof o->people);
}

void oracle_copy(struct sim_oracle *to, const struct sim_oracle *from)
{
    to->stream_count = from->stream_count;
    memcpy(to->streams, from->streams, from->stream_count * sizeof from->streams[0]);
    to->cart_count = from->cart_count;
    memcpy(to->carts, from->carts, from->cart_count * sizeof from->carts[0]);
    to->sale_count = from->sale_count;
    memcpy(to->sales, from->sales, from->sale_count * sizeof from->sales[0]);
    to->people = from->people;
}

const struct oracle_stream *oracle_stream(const struct sim_oracle *o, const char *device,
                                          const struct tb_id *incarnation)
{
    for (size_t i = 0; i < o->stream_count; i++)
        if (strcmp(o->streams[i].device, device) == 0 && tb_id_equal(&o->streams[i].incarnation, incarnation))
            return &o->streams[i];
    return NULL;
}

static struct oracle_stream *stream_of(struct sim *s, const char *device, const struct tb_id *incarnation)
{
    struct sim_oracle *o = &s->oracle;
    const struct oracle_stream *known = oracle_stream(o, device, incarnation);
    if (known)
        return (struct oracle_stream *)(uintptr_t)known;
    SIM_CHECK(s, o->stream_count < ORACLE_STREAM_MAX, "too many streams for the oracle");
    struct oracle_stream *stream = &o->streams[o->stream_count++];
    memset(stream, 0, sizeof *stream);
    SIM_CHECK(s, tb_span_to_str(tb_span_str(device), stream->device, sizeof stream->device) == TB_OK,
              "a name");
    stream->incarnation = *incarnation;
    return stream;
}

static struct oracle_cart *cart_of(struct sim *s, const struct tb_id *id)
{
    struct sim_oracle *o = &s->oracle;
    for (size_t i = 0; i < o->cart_count; i++)
        if (tb_id_equal(&o->carts[i].id, id))
            return &o->carts[i];
    SIM_CHECK(s, o->cart_count < ORACLE_CART_MAX, "too many carts for the oracle");
    struct oracle_cart *cart = &o->carts[o->cart_count++];
    cart->id = *id;
    cart->line_count = 0;
    memset(&cart->claim, 0, sizeof cart->claim);
    return cart;
}

const struct oracle_line *oracle_line_draw(struct sim *s, const struct tb_id *id)
{
    const struct oracle_cart *cart = cart_of(s, id);
    if (cart->line_count == 0)
        return NULL;
    const struct oracle_line *line = &cart->lines[sim_below(s, (uint32_t)cart->line_count)];
    line = &cart->lines[line->into];
    return line->quantity > 0 ? line : NULL;
}

const struct oracle_line *oracle_line_seen(struct sim *s, const struct tb_id *id)
{
    const struct oracle_cart *cart = cart_of(s, id);
    return cart->line_count ? &cart->lines[sim_below(s, (uint32_t)cart->line_count)] : NULL;
}

/* ---- the rules of a cart, once more ---- */

static struct oracle_line *line_known(struct oracle_cart *cart, const struct tb_id *id)
{
    for (size_t i = 0; i < cart->line_count; i++)
        if (tb_id_equal(&cart->lines[i].id, id))
            return &cart->lines[i];
    return NULL;
}

static bool add(struct sim *s, struct oracle_cart *cart, const struct tb_mutation *m)
{
    SIM_CHECK(s, !line_known(cart, &m->line), "an add was decided a second time");
    SIM_CHECK(s, cart->line_count < ORACLE_LINE_MAX, "too many lines for the oracle");
    struct oracle_line *line = &cart->lines[cart->line_count];
    *line = (struct oracle_line){.id = m->line, .into = cart->line_count};
    memcpy(line->gtin, m->add.gtin, sizeof line->gtin);
    for (size_t i = 0; i < cart->line_count; i++) {
        struct oracle_line *open = &cart->lines[i];
        if (open->quantity > 0 && strcmp(open->gtin, line->gtin) == 0)
            line->into = i;
    }
    cart->line_count++;
    cart->lines[line->into].quantity += m->add.quantity;
    return true;
}

/* From "what was seen" to "what is wanted"; at 0 it is closed for good. */
static bool change(struct oracle_cart *cart, const struct tb_id *id, int32_t from, int32_t to)
{
    struct oracle_line *line = line_known(cart, id);
    if (!line)
        return false;
    line = &cart->lines[line->into];
    if (line->quantity == 0)
        return to == 0;
    line->quantity = line->quantity + to - from > 0 ? line->quantity + to - from : 0;
    return true;
}

#define LEASE_MS 120000

static bool runs_for_another(const struct sim *s, const struct oracle_claim *claim,
                             const struct tb_id *checkout)
{
    return !tb_id_is_zero(&claim->checkout) && sim_wall_ms(s) < claim->until_ms &&
           !tb_id_equal(&claim->checkout, checkout);
}

static bool claim(struct sim *s, struct oracle_cart *cart, const char *device, const struct tb_id *checkout)
{
    struct oracle_claim *at = &cart->claim;
    if (cart->line_count == 0 || runs_for_another(s, at, checkout))
        return false;
    bool renewed = tb_id_equal(&at->checkout, checkout);
    for (size_t i = 0; i < ORACLE_LINE_MAX && !renewed; i++)
        at->holds[i] = i < cart->line_count && cart->lines[i].quantity > 0;
    at->checkout = *checkout;
    memcpy(at->device, device, strlen(device) + 1);
    at->until_ms = sim_wall_ms(s) + LEASE_MS;
    return true;
}

static bool release(struct oracle_cart *cart, const struct tb_id *checkout)
{
    if (tb_id_equal(&cart->claim.checkout, checkout))
        memset(&cart->claim, 0, sizeof cart->claim);
    return true;
}

/* NULL: it was told before. */
static struct oracle_sale *sale_new(struct sim *s, const char *transaction)
{
    struct sim_oracle *o = &s->oracle;
    for (size_t i = 0; i < o->sale_count; i++)
        if (strcmp(o->sales[i].transaction, transaction) == 0)
            return NULL;
    SIM_CHECK(s, o->sale_count < ORACLE_SALE_MAX, "too many sales for the oracle");
    struct oracle_sale *sale = &o->sales[o->sale_count++];
    memset(sale, 0, sizeof *sale);
    memcpy(sale->transaction, transaction, strlen(transaction) + 1);
    return sale;
}

static bool took_from(const struct sim_oracle *o, const struct tb_id *line, const struct tb_id *checkout)
{
    for (size_t i = 0; i < o->sale_count; i++) {
        const struct oracle_sale *sale = &o->sales[i];
        bool same_purchase = !tb_id_is_zero(&sale->part_of) && tb_id_equal(&sale->part_of, checkout);
        if (sale->taken > 0 && tb_id_equal(&sale->line, line) && !same_purchase)
            return true;
    }
    return false;
}

/* Never turned down. What is paid beyond what is open, and was sold in another purchase before, is told; so
 * is what another till is paying just now. */
static bool sell(struct sim *s, struct oracle_cart *cart, const char *device, const struct tb_mutation *m,
                 const char **ret_code)
{
    const struct tb_paid_line *paid = &m->finish.lines.at[0];
    const struct tb_id *checkout = &m->finish.checkout;
    struct oracle_line *line = line_known(cart, &paid->line);
    struct oracle_sale *sale = sale_new(s, m->finish.sale.transaction);
    if (!sale)
        return true;
    if (m->finish.part)
        sale->part_of = *checkout;
    if (line) {
        line = &cart->lines[line->into];
        int32_t taken = paid->quantity < line->quantity ? paid->quantity : line->quantity;
        bool claimed = runs_for_another(s, &cart->claim, checkout) &&
                       strcmp(cart->claim.device, device) != 0 && cart->claim.holds[line->into];
        if (claimed || (taken < paid->quantity && took_from(&s->oracle, &line->id, checkout))) {
            *ret_code = "double_sale";
            s->totals.double_sales++;
        }
        line->quantity -= taken;
        sale->line = line->id;
        sale->taken = taken;
    }
    return m->finish.part || tb_id_is_zero(checkout) || release(cart, checkout);
}

/* Whether it is to be applied, and what is to be told of it; if so, it is. */
static bool mutation_judge(struct sim *s, const char *device, const struct tb_mutation *m,
                           const char **ret_code)
{
    bool applied = false;
    if (people_judge(s, device, m, &applied))
        return applied;
    struct oracle_cart *cart = cart_of(s, &m->cart);
    if (m->kind == TB_MUTATION_CHECKOUT_FINISH)
        return sell(s, cart, device, m, ret_code);
    if (m->kind == TB_MUTATION_CART_ADD)
        return add(s, cart, m);
    if (m->kind == TB_MUTATION_CHECKOUT_CLAIM)
        return claim(s, cart, device, &m->claim.checkout);
    if (m->kind == TB_MUTATION_CHECKOUT_RELEASE)
        return release(cart, &m->claim.checkout);
    if (m->kind == TB_MUTATION_CART_REMOVE)
        return change(cart, &m->line, m->remove.from, 0);
    if (m->kind == TB_MUTATION_CART_SET_QUANTITY)
        return change(cart, &m->line, m->set_quantity.from, m->set_quantity.to);
    SIM_CHECK(s, false, "a mutation that nobody made");
    return false;
}

static void cart_compare(struct sim *s, const struct tb_cart *cart)
{
    struct oracle_cart *expected = cart_of(s, &cart->id);
    size_t open_count = 0;
    for (size_t i = 0; i < expected->line_count; i++)
        open_count += expected->lines[i].into == i && expected->lines[i].quantity > 0;
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        const struct oracle_line *known = line_known(expected, &line->id);
        SIM_CHECK(s, known != NULL, "a cart holds a line that nobody added");
        SIM_CHECK(s, known->quantity > 0, "a deleted line is back");
        SIM_CHECK(s, known->quantity == line->quantity, "a line's quantity is not what was decided");
    }
    SIM_CHECK(s, open_count == cart->line_count, "a cart lacks a line");
}

static void rows_compare(struct sim *s, const struct tb_engine_peer *peer, const struct tb_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        static struct tb_cart cart;
        const struct tb_row *row = &rows->at[i];
        struct tb_check check = {0};
        struct tb_json doc;
        people_compare(s, peer, row);
        if (row->type != TB_ROW_CART || row->op != TB_ROW_PUT)
            continue;
        size_t mark = tb_arena_mark(&s->arena);
        SIM_CHECK(s, tb_json_parse(row->doc, TB_ROW_DOC_SIZE_MAX, &s->arena, &doc) == TB_OK, "a broken cart");
        memset(&cart, 0, sizeof cart);
        check.err = tb_row_object(row, &cart.id);
        tb_cart_decode(&check, doc, &cart);
        SIM_CHECK(s, check.err == TB_OK, "a broken cart");
        tb_arena_release(&s->arena, mark);
        cart_compare(s, &cart);
    }
}

/* ---- answers ---- */

static void verdict_check(struct sim *s, struct oracle_stream *stream, const struct tb_mutation *m,
                          const struct tb_verdict *v)
{
    SIM_CHECK(s, v->seq == m->seq && v->seq < ORACLE_SEQ_MAX, "a verdict on another mutation");
    struct oracle_decision *decision = &stream->decisions[v->seq];
    if (v->kind == TB_VERDICT_RETRY) {
        SIM_CHECK(s, v->seq > stream->decided + 1, "a retry for what could be decided");
        return;
    }
    if (v->seq <= stream->decided) {
        bool rejected = decision->verdict == TB_VERDICT_REJECTED;
        SIM_CHECK(s, v->kind == (rejected ? TB_VERDICT_REJECTED : TB_VERDICT_DUPLICATE),
                  "a mutation was decided twice");
        return;
    }
    SIM_CHECK(s, v->seq == stream->decided + 1, "a mutation was decided out of order");
    stream->decided += m->kind == TB_MUTATION_SKIPPED ? m->skipped.count : 1;
    SIM_CHECK(s, m->kind != TB_MUTATION_SKIPPED, "a stored mutation was given up");
    const char *code = "";
    bool applied = mutation_judge(s, stream->device, m, &code);
    SIM_CHECK(s, v->kind == (applied ? TB_VERDICT_APPLIED : TB_VERDICT_REJECTED), "a wrong verdict");
    SIM_CHECK(s, !applied || strcmp(v->code, code) == 0,
              code[0] ? "a line was paid twice, and nobody was told" : "a report without a reason");
    *decision = (struct oracle_decision){.verdict = v->kind, .kind = m->kind, .line = m->line};
}

void oracle_answered(struct sim *s, const struct tb_engine_request *request,
                     const struct tb_engine_answer *answer)
{
    if (answer->err != TB_OK)
        return;
    if (request->ask == TB_ENGINE_OPEN) {
        const struct oracle_stream *stream = stream_of(s, request->peer.device, &request->open.incarnation);
        SIM_CHECK(s, answer->open.decided_seq == stream->decided, "the context store forgot decisions");
    }
    if (request->ask == TB_ENGINE_APPLY) {
        struct oracle_stream *stream = stream_of(s, request->peer.device, &request->apply.incarnation);
        for (uint8_t i = 0; i < answer->apply.count; i++) {
            static struct tb_mutation m;
            size_t mark = tb_arena_mark(&s->arena);
            tb_mutation_batch_read(&request->apply.batch, i, &s->arena, &m);
            verdict_check(s, stream, &m, &answer->apply.verdicts[i]);
            tb_arena_release(&s->arena, mark);
        }
        rows_compare(s, &request->peer, &answer->apply.rows);
    }
    if (request->ask == TB_ENGINE_FEED)
        rows_compare(s, &request->peer, &answer->feed.rows);
    if (request->ask == TB_ENGINE_IDENTIFY)
        rows_compare(s, &request->peer, &answer->identify.rows);
}
