/*
 * The same intents, as tills and kiosks with stale screens would send them, decided by the engine in memory
 * and by the SQLite engine: verdict by verdict, cart by cart they agree, and what is sold beyond what was
 * open while others had sold of it is always reported. Seeds are printed when they fail.
 */
#include "tests/integration/contextd/engine_fixture.h"

#include "tests/support/engine_fake.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#include <stdio.h>

enum {
    SEED_COUNT = 25,
    STEP_COUNT = 60,
    SIDE_COUNT = 2,
    CART_COUNT = 2,
    PRODUCT_COUNT = 4,
    LINE_SEEN_MAX = 24
};

static struct engine_fixture fixture;
static struct engine_fake memory;

/* What one engine has said. */
struct side {
    struct tb_engine engine;
    struct tb_cart carts[CART_COUNT]; /* as the last row had them: the customer's, nobody's */
    struct tb_id seen[LINE_SEEN_MAX]; /* lines that were ever on a screen, in the same order on both sides */
    size_t seen_count;
    struct tb_verdict verdict;
};

static struct side sides[SIDE_COUNT];
static uint8_t arena_memory[TB_ENGINE_ARENA_SIZE];
static uint8_t doc_memory[TB_JSON_ARENA_SIZE(TB_CART_JSON_SIZE_MAX)];
static uint64_t seed;
static unsigned step;
static unsigned merges;

#define HOLDS(condition)                                                                    \
    do {                                                                                    \
        if (!(condition))                                                                   \
            fail_msg("seed %llu, step %u: %s", (unsigned long long)seed, step, #condition); \
    } while (0)

static struct tb_id id_of(unsigned kind, unsigned number)
{
    struct tb_id id = {{0xdd, (uint8_t)kind, (uint8_t)(seed >> 8), (uint8_t)seed}};
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

static void seen_note(struct side *s, const struct tb_cart *cart)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        bool known = false;
        for (size_t k = 0; k < s->seen_count; k++)
            known = known || tb_id_equal(&s->seen[k], &cart->lines[i].id);
        if (!known && s->seen_count < LINE_SEEN_MAX)
            s->seen[s->seen_count++] = cart->lines[i].id;
    }
}

static void row_take(struct side *s, const struct tb_row *row)
{
    struct tb_arena arena = tb_arena_of(doc_memory, sizeof doc_memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_id id = {{0}};
    struct tb_json doc;
    HOLDS(row->type == TB_ROW_CART && tb_row_object(row, &id) == TB_OK);
    HOLDS(tb_json_parse(row->doc, 0, &arena, &doc) == TB_OK);
    struct tb_cart *cart = &s->carts[tb_id_is_zero(&row->customer)];
    cart->id = id;
    tb_cart_decode(&check, doc, cart);
    HOLDS(check.err == TB_OK);
}

static void send(struct side *s, const struct tb_engine_peer *peer, const struct tb_mutation *m)
{
    static struct tb_engine_request request;
    static struct tb_engine_answer answer;
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    memset(&request, 0, sizeof request);
    request.ask = TB_ENGINE_APPLY;
    request.peer = *peer;
    request.apply.incarnation = id_of('I', 0);
    HOLDS(tb_mutation_batch_add(&request.apply.batch, m) == TB_OK);
    s->engine.answer(s->engine.context, &request, &arena, &answer);
    HOLDS(answer.err == TB_OK && answer.apply.count == 1);
    s->verdict = answer.apply.verdicts[0];
    for (size_t i = 0; i < answer.apply.rows.count; i++)
        row_take(s, &answer.apply.rows.at[i]);
    for (size_t i = 0; i < CART_COUNT; i++)
        seen_note(s, &s->carts[i]);
}

static void carts_agree(const struct tb_cart *a, const struct tb_cart *b)
{
    HOLDS(a->line_count == b->line_count);
    HOLDS(strcmp(a->note, b->note) == 0);
    HOLDS(tb_id_equal(&a->claim.checkout, &b->claim.checkout) && a->claim.until_ms == b->claim.until_ms);
    for (size_t i = 0; i < a->line_count; i++) {
        const struct tb_cart_line *x = &a->lines[i];
        const struct tb_cart_line *y = &b->lines[i];
        HOLDS(strcmp(x->gtin, y->gtin) == 0 && strcmp(x->options, y->options) == 0);
        HOLDS(x->quantity == y->quantity && x->gift == y->gift && strcmp(x->note, y->note) == 0);
    }
}

/* ---- intents ---- */

static unsigned below(struct seeded_rng *rng, unsigned count)
{
    return (unsigned)(seeded_rng_next(rng) % count);
}

static void product_name(unsigned number, char ret_gtin[TB_GTIN_SIZE + 1])
{
    static const char *const gtins[PRODUCT_COUNT] = {"00000000000017", "00000000000024", "00000000000031",
                                                     "00000000000048"};
    (void)snprintf(ret_gtin, TB_GTIN_SIZE + 1, "%s", gtins[number]);
}

/* One intent; which of the lines that were seen it is about differs between the engines where they minted
 * ids themselves. */
struct intent {
    struct tb_mutation m;
    unsigned lines[3]; /* places among the lines seen */
    struct tb_paid_line paid[3];
};

static void sale_make(struct seeded_rng *rng, struct intent *in, struct tb_paid_lines *ret_lines)
{
    uint8_t count = (uint8_t)(1 + below(rng, 3));
    for (size_t i = 0; i < count; i++) {
        in->lines[i] = below(rng, LINE_SEEN_MAX);
        in->paid[i] = (struct tb_paid_line){.quantity = 1 + (int32_t)below(rng, 3), .unit_price = 100};
        product_name(below(rng, PRODUCT_COUNT), in->paid[i].gtin);
    }
    *ret_lines = (struct tb_paid_lines){.at = in->paid, .count = count};
}

static struct tb_sale_key any_sale(struct seeded_rng *rng)
{
    struct tb_sale_key key = {.business_date = "2026-09-21"};
    (void)snprintf(key.transaction, sizeof key.transaction, "%llu-%u", (unsigned long long)seed,
                   below(rng, 12));
    return key;
}

static void pay_make(struct seeded_rng *rng, struct intent *in, unsigned what)
{
    struct tb_mutation *m = &in->m;
    if (what == 0) {
        m->kind = below(rng, 3) ? TB_MUTATION_CHECKOUT_CLAIM : TB_MUTATION_CHECKOUT_RELEASE;
        m->claim.checkout = id_of('K', 1 + below(rng, 3));
    } else if (what == 1) {
        m->kind = TB_MUTATION_CHECKOUT_FINISH;
        m->finish.checkout = below(rng, 2) ? id_of('K', 1 + below(rng, 3)) : (struct tb_id){{0}};
        m->finish.sale = any_sale(rng);
        m->finish.part = below(rng, 4) == 0;
        m->finish.total = 100;
        memcpy(m->finish.currency, "EUR", sizeof m->finish.currency);
        sale_make(rng, in, &m->finish.lines);
    } else {
        m->kind = TB_MUTATION_CHECKOUT_VOID;
        m->cart = (struct tb_id){{0}};
        m->voided.sale = any_sale(rng);
        m->voided.of = any_sale(rng);
        m->voided.reopen = below(rng, 2);
        if (below(rng, 2))
            sale_make(rng, in, &m->voided.lines);
    }
}

static void change_make(struct seeded_rng *rng, struct intent *in, unsigned what)
{
    struct tb_mutation *m = &in->m;
    int32_t n = (int32_t)below(rng, 5);
    if (what == 0) {
        m->kind = TB_MUTATION_CART_SET_QUANTITY;
        m->set_quantity.from = n;
        m->set_quantity.to = (int32_t)below(rng, 5);
        m->set_quantity.keep_gift = below(rng, 3) == 0;
    } else if (what == 1) {
        m->kind = TB_MUTATION_CART_REMOVE;
        m->remove.from = n;
    } else if (what == 2) {
        m->kind = TB_MUTATION_CART_NOTE;
        m->note.text[0] = n ? (char)('a' + n) : '\0';
    } else {
        m->kind = TB_MUTATION_CART_ADD;
        m->line = id_of('L', step);
        product_name(below(rng, PRODUCT_COUNT), m->add.gtin);
        m->add.quantity = 1 + n;
        m->add.gift = below(rng, 5) == 0;
        m->add.keep_gift = below(rng, 3) == 0;
        m->add.options[0] = below(rng, 4) ? '\0' : 'm';
    }
}

static void merge_make(struct seeded_rng *rng, struct intent *in)
{
    in->m.kind = TB_MUTATION_CART_MERGE;
    in->m.customer = id_of('P', 0);
    in->m.cart = id_of('C', 0);
    in->m.merge.from = id_of('C', 1);
    in->m.merge.policy = (enum tb_merge_policy)(TB_MERGE_SUM + below(rng, 3));
    /* More than the engine in memory keeps is another story. */
    in->m.merge.undo = below(rng, 2) || ++merges > FAKE_MERGE_MAX;
}

static void intent_make(struct seeded_rng *rng, struct intent *in)
{
    bool nobody = below(rng, 3) == 0;
    memset(in, 0, sizeof *in);
    in->m.customer = nobody ? (struct tb_id){{0}} : id_of('P', 0);
    in->m.cart = id_of('C', nobody);
    in->lines[0] = below(rng, LINE_SEEN_MAX);
    unsigned what = below(rng, 14);
    if (what < 3)
        pay_make(rng, in, what);
    else if (what == 3)
        merge_make(rng, in);
    else
        change_make(rng, in, what - 4);
}

/* The intent with the ids that this engine gave. */
static void intent_address(const struct side *s, struct intent *in)
{
    struct tb_mutation *m = &in->m;
    for (size_t i = 0; i < 3; i++)
        in->paid[i].line = in->lines[i] < s->seen_count ? s->seen[in->lines[i]] : (struct tb_id){{0}};
    if (m->kind == TB_MUTATION_CART_SET_QUANTITY || m->kind == TB_MUTATION_CART_REMOVE)
        m->line = s->seen_count ? s->seen[in->lines[0] % s->seen_count] : id_of('L', 999);
    else if (m->kind == TB_MUTATION_CART_NOTE && in->lines[0] < s->seen_count)
        m->line = s->seen[in->lines[0]];
}

/* ---- the rule that no line is paid twice unseen, from what the rows said ---- */

struct account {
    struct tb_id line;
    int32_t taken;
};

static struct account accounts[LINE_SEEN_MAX];
static bool returns; /* something was given back: what is left of the accounts is not known */

static struct account *account_of(const struct tb_id *line)
{
    for (size_t i = 0; i < LINE_SEEN_MAX; i++) {
        if (tb_id_is_zero(&accounts[i].line))
            accounts[i].line = *line;
        if (tb_id_equal(&accounts[i].line, line))
            return &accounts[i];
    }
    return NULL;
}

/* Called before the sale is decided; true: it has to be reported. */
static bool sale_collides(const struct side *s, const struct intent *in)
{
    bool collides = false;
    for (size_t i = 0; i < in->m.finish.lines.count; i++) {
        const struct tb_paid_line *paid = &in->paid[i];
        /* In either: a sale follows a cart that joined. */
        bool open = tb_cart_find(&s->carts[0], &paid->line) || tb_cart_find(&s->carts[1], &paid->line);
        struct account *account = tb_id_is_zero(&paid->line) ? NULL : account_of(&paid->line);
        if (!account)
            continue;
        collides = collides || (!open && account->taken > 0);
    }
    return collides;
}

static void sale_account(const struct side *s, const struct tb_cart *before, const struct intent *in)
{
    const struct tb_cart *cart = &s->carts[tb_id_is_zero(&in->m.customer)];
    for (size_t i = 0; i < before->line_count; i++) {
        const struct tb_cart_line *line = tb_cart_find(cart, &before->lines[i].id);
        struct account *account = account_of(&before->lines[i].id);
        int32_t now = line ? line->quantity : 0;
        if (account && now < before->lines[i].quantity)
            account->taken += before->lines[i].quantity - now;
    }
}

static void intent_play(struct seeded_rng *rng)
{
    static const char *const devices[] = {"till-0421-4", "till-0421-5"};
    static int64_t seqs[2];
    static struct tb_cart before;
    struct intent in;
    unsigned till = below(rng, 2);
    struct tb_engine_peer peer = fixture_till(devices[till]);
    if (step == 0)
        memset(seqs, 0, sizeof seqs);
    intent_make(rng, &in);
    in.m.seq = ++seqs[till];
    in.m.made_ms = NOW_MS;
    memory.wall_ms += 1 + (int64_t)below(rng, 50000);
    fixture.wall_ms = memory.wall_ms;
    bool is_sale = in.m.kind == TB_MUTATION_CHECKOUT_FINISH;
    bool is_new = false;
    bool collides = false;
    for (size_t i = 0; i < SIDE_COUNT; i++) {
        intent_address(&sides[i], &in);
        before = sides[i].carts[tb_id_is_zero(&in.m.customer)];
        if (i == 0 && is_sale) {
            size_t sales = memory.sale_count;
            collides = sale_collides(&sides[0], &in);
            send(&sides[0], &peer, &in.m);
            is_new = memory.sale_count > sales;
            if (is_new)
                sale_account(&sides[0], &before, &in);
        } else {
            send(&sides[i], &peer, &in.m);
        }
    }
    returns = returns || in.m.kind == TB_MUTATION_CHECKOUT_VOID;
    HOLDS(!is_sale || !is_new || !collides || returns || sides[0].verdict.code[0] != '\0');
}

static void sides_agree(void)
{
    const struct tb_verdict *a = &sides[0].verdict;
    const struct tb_verdict *b = &sides[1].verdict;
    HOLDS(a->kind == b->kind);
    /* A receipt's number given twice is told by the engine for products alone. */
    HOLDS(strcmp(a->code, b->code) == 0 || strcmp(b->code, TB_CHECKOUT_CONFLICT_RECEIPT) == 0);
    for (size_t i = 0; i < CART_COUNT; i++)
        carts_agree(&sides[0].carts[i], &sides[1].carts[i]);
}

static void customer_make(void)
{
    const struct tb_record record = {.kind = TB_RECORD_CUSTOMER,
                                     .as.customer = {.id = id_of('P', 0),
                                                     .name = "Ms Random",
                                                     .since = "2026",
                                                     .tier = "gold",
                                                     .language = "en",
                                                     .home_store = "0421"}};
    engine_fixture_load(&fixture, &record);
}

static void products_make(void)
{
    for (unsigned i = 0; i < PRODUCT_COUNT; i++) {
        char gtin[TB_GTIN_SIZE + 1];
        product_name(i, gtin);
        const struct tb_record record = {.kind = TB_RECORD_PRODUCT,
                                         .as.product = {.gtin = gtin, .name = "Product", .unit_price = 100}};
        engine_fixture_load(&fixture, &record);
    }
}

static void engines_agree(void **state)
{
    (void)state;
    engine_fixture_begin(&fixture);
    products_make();
    for (seed = 1; seed <= SEED_COUNT; seed++) {
        struct seeded_rng rng = {seed};
        engine_fake_init(&memory);
        memset(sides, 0, sizeof sides);
        memset(accounts, 0, sizeof accounts);
        returns = false;
        merges = 0;
        sides[0].engine = engine_fake_port(&memory);
        sides[1].engine = tb_context_engine_port(fixture.engine);
        customer_make();
        for (step = 0; step < STEP_COUNT; step++) {
            intent_play(&rng);
            sides_agree();
        }
    }
    engine_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(engines_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
