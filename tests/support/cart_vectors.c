#include "tests/support/cart_vectors.h"

#include "core/base/assert.h"
#include "core/cart/checkout.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_SIZE_MAX (512u * 1024u)
#define CART_MAX 8 /* carts of a vector */
#define STEP_MS 1000

struct run {
    const struct cart_vectors_shop *shop;
    struct tb_check check;
    unsigned vector; /* its number */
    const char *name;
    unsigned step;
    int64_t now_ms;
    int64_t seqs[2]; /* of each till */
    size_t cart_count;
    struct tb_cart carts[CART_MAX]; /* as the last rows had them */
};

static struct run run;
static uint8_t *answer_memory;
static uint8_t doc_memory[TB_JSON_ARENA_SIZE(TB_CART_JSON_SIZE_MAX)];

#define HOLDS(condition)                                                            \
    do {                                                                            \
        if (!(condition))                                                           \
            fail_msg("vector \"%s\", step %u: %s", run.name, run.step, #condition); \
    } while (0)

/* ---- reading ---- */

static struct tb_id id_of(unsigned kind, unsigned letter)
{
    struct tb_id id = {{0xcc, (uint8_t)kind, (uint8_t)(run.vector >> 8), (uint8_t)run.vector}};
    id.bytes[15] = (uint8_t)letter;
    return id;
}

static unsigned letter_of(struct tb_json object, const char *name, unsigned otherwise)
{
    if (!tb_json_has(object, name))
        return otherwise;
    struct tb_span value = tb_json_text(&run.check, object, name, 1);
    return value.size ? value.at[0] : 0;
}

/* An id of a letter; "" and absent are none. */
static struct tb_id id_read(struct tb_json object, const char *name, unsigned kind, unsigned otherwise)
{
    unsigned letter = letter_of(object, name, otherwise);
    return letter ? id_of(kind, letter) : (struct tb_id){{0}};
}

static void text_read(struct tb_json object, const char *name, char *ret_text, size_t size_max)
{
    ret_text[0] = '\0';
    if (tb_json_has(object, name))
        tb_json_str(&run.check, object, name, ret_text, size_max);
}

static int64_t int_read(struct tb_json object, const char *name, int64_t otherwise)
{
    return tb_json_has(object, name) ? tb_json_int(&run.check, object, name, -1000000000, 1000000000)
                                     : otherwise;
}

static bool bool_read(struct tb_json object, const char *name)
{
    return tb_json_has(object, name) && tb_json_bool(&run.check, object, name);
}

static void sale_key_read(struct tb_json step, const char *transaction, const char *date,
                          struct tb_sale_key *ret_key)
{
    char text[32];
    text_read(step, transaction, text, sizeof text);
    (void)snprintf(ret_key->transaction, sizeof ret_key->transaction, "v%u-%s", run.vector, text);
    text_read(step, date, ret_key->business_date, sizeof ret_key->business_date);
    if (!ret_key->business_date[0])
        memcpy(ret_key->business_date, "2026-09-21", sizeof "2026-09-21");
}

static void paid_lines_read(struct tb_json step, struct tb_paid_lines *ret_lines)
{
    static struct tb_paid_line lines[TB_PAID_LINE_COUNT_MAX];
    uint8_t count = 0;
    *ret_lines = (struct tb_paid_lines){.at = lines};
    if (!tb_json_has(step, "lines"))
        return;
    struct tb_json array = tb_json_array(&run.check, step, "lines", TB_PAID_LINE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_paid_line *line = &lines[count++];
        *line = (struct tb_paid_line){.line = id_read(each.value, "line", 'L', 0), .unit_price = 100};
        text_read(each.value, "gtin", line->gtin, sizeof line->gtin);
        text_read(each.value, "options", line->options, sizeof line->options);
        line->quantity = (int32_t)int_read(each.value, "quantity", 1);
    }
    ret_lines->count = count;
}

static void merge_read(struct tb_json step, struct tb_mutation *m)
{
    static struct tb_id exclude[TB_CART_LINE_COUNT_MAX];
    m->merge.from = id_read(step, "from", 'C', 0);
    m->merge.policy = tb_json_has(step, "policy")
                          ? (enum tb_merge_policy)tb_json_enum(&run.check, step, "policy",
                                                               tb_merge_policy_names, TB_MERGE_ASK)
                          : TB_MERGE_SUM;
    m->merge.undo = bool_read(step, "undo");
    m->merge.exclude = exclude;
    if (!tb_json_has(step, "exclude"))
        return;
    struct tb_json array = tb_json_array(&run.check, step, "exclude", TB_CART_LINE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span letter = tb_json_as_text(&run.check, each.value, "exclude", 1);
        exclude[m->merge.exclude_count++] = id_of('L', letter.size ? letter.at[0] : 0);
    }
}

enum step_kind {
    STEP_NONE,
    STEP_ADD,
    STEP_SET_QUANTITY,
    STEP_REMOVE,
    STEP_NOTE,
    STEP_MERGE,
    STEP_CLAIM,
    STEP_RELEASE,
    STEP_FINISH,
    STEP_VOID,
    STEP_PRODUCT, /* the catalogue changes */
    STEP_WAIT,
    STEP_KIND_COUNT
};

static const char *const step_names[STEP_KIND_COUNT] = {
    [STEP_ADD] = "add",         [STEP_SET_QUANTITY] = "set_quantity",
    [STEP_REMOVE] = "remove",   [STEP_NOTE] = "note",
    [STEP_MERGE] = "merge",     [STEP_CLAIM] = "claim",
    [STEP_RELEASE] = "release", [STEP_FINISH] = "finish",
    [STEP_VOID] = "void",       [STEP_PRODUCT] = "product",
    [STEP_WAIT] = "wait",
};

static void finish_read(struct tb_json step, struct tb_mutation *m)
{
    m->kind = TB_MUTATION_CHECKOUT_FINISH;
    m->finish.checkout = id_read(step, "checkout", 'K', 0);
    m->finish.part = bool_read(step, "part");
    m->finish.total = int_read(step, "total", 1000);
    memcpy(m->finish.currency, "EUR", sizeof m->finish.currency);
    sale_key_read(step, "transaction", "date", &m->finish.sale);
    paid_lines_read(step, &m->finish.lines);
}

static void void_read(struct tb_json step, struct tb_mutation *m)
{
    m->kind = TB_MUTATION_CHECKOUT_VOID;
    m->cart = (struct tb_id){{0}};
    sale_key_read(step, "transaction", "date", &m->voided.sale);
    sale_key_read(step, "of", "of_date", &m->voided.of);
    m->voided.reopen = bool_read(step, "reopen");
    m->voided.returned = bool_read(step, "returned");
    paid_lines_read(step, &m->voided.lines);
    if (!tb_json_has(step, "of_till"))
        return;
    const char *device = run.shop->tills[letter_of(step, "of_till", 'A') - 'A'].device;
    const char *colon = strrchr(device, ':');
    (void)snprintf(m->voided.of_terminal, sizeof m->voided.of_terminal, "%.*s", TB_SHORT_SIZE_MAX,
                   colon ? colon + 1 : device);
}

static void args_read(struct tb_json step, enum step_kind kind, struct tb_mutation *m)
{
    switch (kind) {
    case STEP_ADD:
        m->kind = TB_MUTATION_CART_ADD;
        text_read(step, "gtin", m->add.gtin, sizeof m->add.gtin);
        text_read(step, "options", m->add.options, sizeof m->add.options);
        m->add.quantity = (int32_t)int_read(step, "quantity", 1);
        m->add.gift = bool_read(step, "gift");
        m->add.keep_gift = bool_read(step, "keep_gift");
        break;
    case STEP_SET_QUANTITY:
        m->kind = TB_MUTATION_CART_SET_QUANTITY;
        m->set_quantity.from = (int32_t)int_read(step, "from", 0);
        m->set_quantity.to = (int32_t)int_read(step, "to", 0);
        m->set_quantity.keep_gift = bool_read(step, "keep_gift");
        break;
    case STEP_REMOVE:
        m->kind = TB_MUTATION_CART_REMOVE;
        m->remove.from = (int32_t)int_read(step, "from", 0);
        break;
    case STEP_NOTE:
        m->kind = TB_MUTATION_CART_NOTE;
        text_read(step, "text", m->note.text, sizeof m->note.text);
        break;
    case STEP_MERGE:
        m->kind = TB_MUTATION_CART_MERGE;
        merge_read(step, m);
        break;
    case STEP_CLAIM:
    case STEP_RELEASE:
        m->kind = kind == STEP_CLAIM ? TB_MUTATION_CHECKOUT_CLAIM : TB_MUTATION_CHECKOUT_RELEASE;
        m->claim.checkout = id_read(step, "checkout", 'K', 0);
        break;
    case STEP_FINISH: finish_read(step, m); break;
    case STEP_VOID: void_read(step, m); break;
    case STEP_NONE:
    case STEP_PRODUCT:
    case STEP_WAIT:
    case STEP_KIND_COUNT: break;
    }
}

static struct tb_mutation mutation_read(struct tb_json step, enum step_kind kind)
{
    struct tb_mutation m = {.customer = id_read(step, "customer", 'P', 'c'),
                            .cart = id_read(step, "cart", 'C', 'm'),
                            .line = id_read(step, "line", 'L', 0),
                            .made_ms = run.now_ms};
    args_read(step, kind, &m);
    return m;
}

/* ---- playing ---- */

static struct tb_cart *cart_place(const struct tb_id *id)
{
    for (size_t i = 0; i < run.cart_count; i++)
        if (tb_id_equal(&run.carts[i].id, id))
            return &run.carts[i];
    HOLDS(run.cart_count < CART_MAX);
    struct tb_cart *cart = &run.carts[run.cart_count++];
    memset(cart, 0, sizeof *cart);
    cart->id = *id;
    return cart;
}

static void row_take(const struct tb_row *row)
{
    struct tb_arena arena = tb_arena_of(doc_memory, sizeof doc_memory);
    struct tb_id id;
    struct tb_json doc;
    if (row->type != TB_ROW_CART)
        return;
    HOLDS(tb_row_object(row, &id) == TB_OK);
    HOLDS(tb_json_parse(row->doc, 0, &arena, &doc) == TB_OK);
    struct tb_cart *cart = cart_place(&id);
    HOLDS(row->version >= cart->version);
    cart->version = row->version;
    cart->customer = row->customer;
    tb_cart_decode(&run.check, doc, cart);
    HOLDS(run.check.err == TB_OK);
}

static struct tb_verdict mutation_send(struct tb_json step, struct tb_mutation *m)
{
    static struct tb_engine_request request;
    static struct tb_engine_answer answer;
    unsigned till = letter_of(step, "till", 'A') - 'A';
    struct tb_arena arena = tb_arena_of(answer_memory, TB_ENGINE_ARENA_SIZE);
    HOLDS(till < 2);
    m->seq = ++run.seqs[till];
    memset(&request, 0, sizeof request);
    request.ask = TB_ENGINE_APPLY;
    request.peer = run.shop->tills[till];
    request.apply.incarnation = id_of('I', 0);
    HOLDS(tb_mutation_batch_add(&request.apply.batch, m) == TB_OK);
    run.shop->engine.answer(run.shop->engine.context, &request, &arena, &answer);
    HOLDS(answer.err == TB_OK);
    HOLDS(answer.apply.count == 1);
    for (size_t i = 0; i < answer.apply.rows.count; i++)
        row_take(&answer.apply.rows.at[i]);
    return answer.apply.verdicts[0];
}

static void verdict_compare(struct tb_json step, const struct tb_verdict *verdict)
{
    char code[TB_VERDICT_CODE_SIZE_MAX + 1];
    char conflict[TB_VERDICT_CODE_SIZE_MAX + 1];
    text_read(step, "code", code, sizeof code);
    text_read(step, "conflict", conflict, sizeof conflict);
    const char *expected = code[0] ? code : conflict;
    if (strcmp(verdict->code, expected) != 0)
        fail_msg("vector \"%s\", step %u: code \"%s\" instead of \"%s\"", run.name, run.step, verdict->code,
                 expected);
    HOLDS(verdict->kind == (code[0] ? TB_VERDICT_REJECTED : TB_VERDICT_APPLIED));
}

static void step_play(struct tb_json step)
{
    enum step_kind kind = (enum step_kind)tb_json_enum(&run.check, step, "do", step_names, STEP_KIND_COUNT);
    run.now_ms += STEP_MS;
    if (kind == STEP_WAIT)
        run.now_ms += int_read(step, "ms", 0) - STEP_MS;
    run.shop->clock(run.shop->context, run.now_ms);
    if (kind == STEP_PRODUCT) {
        char gtin[TB_GTIN_SIZE + 1];
        text_read(step, "gtin", gtin, sizeof gtin);
        run.shop->product(run.shop->context, gtin, int_read(step, "unit_price", 100),
                          int_read(step, "pieces", 50));
    } else if (kind != STEP_WAIT) {
        struct tb_mutation m = mutation_read(step, kind);
        HOLDS(run.check.err == TB_OK);
        struct tb_verdict verdict = mutation_send(step, &m);
        verdict_compare(step, &verdict);
    }
    HOLDS(run.check.err == TB_OK);
}

/* ---- comparing ---- */

static void line_compare(struct tb_json expected, const struct tb_cart_line *line)
{
    char text[TB_TEXT_SIZE_MAX + 1];
    unsigned letter = letter_of(expected, "line", 0);
    struct tb_id id = id_of('L', letter);
    HOLDS(letter == '?' || tb_id_equal(&line->id, &id));
    text_read(expected, "gtin", text, sizeof text);
    HOLDS(strcmp(line->gtin, text) == 0);
    text_read(expected, "options", text, sizeof text);
    HOLDS(strcmp(line->options, text) == 0);
    text_read(expected, "note", text, sizeof text);
    HOLDS(strcmp(line->note, text) == 0);
    HOLDS(line->quantity == int_read(expected, "quantity", 1));
    HOLDS(line->gift == bool_read(expected, "gift"));
    HOLDS(line->unit_price == int_read(expected, "unit_price", line->unit_price));
    text_read(expected, "warning", text, sizeof text);
    HOLDS(!tb_json_has(expected, "warning") ||
          strcmp(tb_cart_warning_names[tb_cart_line_warning(line)], text) == 0);
    if (!tb_json_has(expected, "price_change"))
        return;
    struct tb_json change = tb_json_object(&run.check, expected, "price_change");
    struct tb_cart_price_change is;
    (void)tb_cart_line_price_change(line, &is);
    HOLDS(is.by == int_read(change, "by", 0));
    HOLDS(is.since_ms == CART_VECTORS_BEGIN_MS + int_read(change, "since_ms", 0));
}

static void lines_compare(struct tb_json lines, const struct tb_cart *cart)
{
    size_t i = 0;
    HOLDS(tb_json_count(lines) == cart->line_count);
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each))
        line_compare(each.value, &cart->lines[i++]);
}

static void main_cart_compare(struct tb_json vector, const struct tb_cart *cart)
{
    char note[TB_TEXT_SIZE_MAX + 1];
    lines_compare(tb_json_array(&run.check, vector, "cart", 100), cart);
    text_read(vector, "note", note, sizeof note);
    HOLDS(strcmp(cart->note, note) == 0);
    struct tb_id checkout = id_read(vector, "claimed", 'K', 0);
    bool runs = !tb_id_is_zero(&cart->claim.checkout) && run.now_ms < cart->claim.until_ms;
    HOLDS(runs == !tb_id_is_zero(&checkout));
    HOLDS(!runs || tb_id_equal(&cart->claim.checkout, &checkout));
}

static void carts_compare(struct tb_json vector)
{
    struct tb_id id = id_of('C', 'm');
    main_cart_compare(vector, cart_place(&id));
    if (!tb_json_has(vector, "from_cart"))
        return;
    id = id_of('C', 'k');
    lines_compare(tb_json_array(&run.check, vector, "from_cart", 100), cart_place(&id));
}

static void customers_make(void)
{
    for (unsigned letter = 'c'; letter <= 'd' && run.shop->customer; letter++) {
        struct tb_id id = id_of('P', letter);
        run.shop->customer(run.shop->context, &id);
    }
}

static void vector_play(struct tb_json vector)
{
    static char name[200];
    text_read(vector, "name", name, sizeof name);
    run.name = name;
    run.step = 0;
    run.now_ms = CART_VECTORS_BEGIN_MS - STEP_MS;
    run.cart_count = 0;
    memset(run.seqs, 0, sizeof run.seqs);
    if (run.shop->begin)
        run.shop->begin(run.shop->context);
    customers_make();
    struct tb_json steps = tb_json_array(&run.check, vector, "steps", 300);
    for (struct tb_json_each each = tb_json_first(steps); tb_json_exists(each.value); tb_json_next(&each)) {
        run.step++;
        step_play(each.value);
    }
    carts_compare(vector);
    HOLDS(run.check.err == TB_OK);
}

/* Vectors are numbered through all files: each has ids of its own. */
static void file_play(const char *folder, const char *name)
{
    char path[512];
    char *text = malloc(FILE_SIZE_MAX);
    uint8_t *memory = malloc(TB_JSON_ARENA_SIZE(FILE_SIZE_MAX));
    TB_ASSERT(text && memory);
    assert_in_range(snprintf(path, sizeof path, "%s/%s", folder, name), 1, sizeof path - 1);
    FILE *file = fopen(path, "rb");
    TB_ASSERT(file);
    size_t size = fread(text, 1, FILE_SIZE_MAX, file);
    assert_int_equal(fclose(file), 0);
    struct tb_arena arena = tb_arena_of(memory, TB_JSON_ARENA_SIZE(FILE_SIZE_MAX));
    struct tb_json root;
    assert_int_equal(tb_json_parse(tb_span_of(text, size), FILE_SIZE_MAX, &arena, &root), TB_OK);
    struct tb_json vectors = tb_json_array(&run.check, root, "vectors", 1000);
    assert_int_equal(run.check.err, TB_OK);
    for (struct tb_json_each each = tb_json_first(vectors); tb_json_exists(each.value);
         tb_json_next(&each), run.vector++)
        vector_play(each.value);
    free(memory);
    free(text);
}

size_t cart_vectors_run(const struct cart_vectors_shop *shop, const char *folder)
{
    static const char *const files[] = {"cart-vectors.json", "checkout-vectors.json"};
    answer_memory = malloc(TB_ENGINE_ARENA_SIZE);
    TB_ASSERT(folder && answer_memory);
    run = (struct run){.shop = shop};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        unsigned before = run.vector;
        file_play(folder, files[i]);
        assert_in_range(run.vector - before, 60, 1000);
    }
    free(answer_memory);
    return run.vector;
}
