/* Stitching. The path of docs/cart-vectors.json, which has the plans, is in TB_CART_VECTORS. */
#include "core/base/assert.h"
#include "core/cart/merge.h"
#include "tests/unit/cart/cart_test.h"

#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#include <stdlib.h>

enum { FROM_CART = 0x1002, FILE_SIZE_MAX = 512 * 1024 };

static struct test_cart here;
static struct test_cart there;
static struct test_cart kept[2];
static struct tb_merge_undo undo;
static struct tb_merge_undo again;
static struct tb_merge_plan plan;
static bool changed;
static const struct tb_cart_facts facts = {.at_ms = 5000, .channel = TB_CHANNEL_KIOSK, .touched_by = "Kiosk"};

static int setup(void **state)
{
    (void)state;
    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    return 0;
}

static struct tb_mutation of_nobody(struct tb_mutation m)
{
    m.customer = (struct tb_id){{0}};
    m.cart = test_id(FROM_CART);
    return m;
}

static void put(unsigned line, unsigned product, int32_t quantity)
{
    assert_int_equal(test_apply(&here, test_add(line, product, quantity)), TB_CART_OK);
}

static void put_there(unsigned line, unsigned product, int32_t quantity)
{
    assert_int_equal(test_apply(&there, of_nobody(test_add(line, product, quantity))), TB_CART_OK);
}

static struct tb_cart_side side(struct test_cart *t)
{
    return (struct tb_cart_side){.cart = &t->cart, .book = &t->book};
}

static enum tb_cart_code join(enum tb_merge_policy policy, const struct tb_id *excluded, size_t count)
{
    const struct tb_merge merge = {.policy = policy, .excluded = excluded, .excluded_count = count};
    return tb_merge_join(side(&here), side(&there), &merge, &facts, &undo, &changed);
}

static enum tb_cart_code take_back(void)
{
    return tb_merge_take_back(side(&here), side(&there), &undo, &facts, &changed);
}

/* ---- plans of the published file ---- */

struct planned {
    struct tb_check check;
    unsigned number;
};

static unsigned letter_read(struct planned *p, struct tb_json o, const char *name)
{
    struct tb_span text = tb_json_text(&p->check, o, name, 1);
    return text.size ? text.at[0] : 0;
}

static void cart_read(struct planned *p, struct tb_json vector, const char *name, struct test_cart *t)
{
    struct tb_json lines = tb_json_array(&p->check, vector, name, 100);
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_mutation m = test_add(letter_read(p, each.value, "line"), 0,
                                        (int32_t)tb_json_int(&p->check, each.value, "quantity", 1, 9999));
        tb_json_str(&p->check, each.value, "gtin", m.add.gtin, sizeof m.add.gtin);
        if (tb_json_has(each.value, "options"))
            tb_json_str(&p->check, each.value, "options", m.add.options, sizeof m.add.options);
        m.add.gift = tb_json_has(each.value, "gift");
        assert_int_equal(test_apply(t, t == &there ? of_nobody(m) : m), TB_CART_OK);
    }
    here.cart.id = test_id(TEST_CART);
}

/* Gifts that were declined, lines that were closed. */
static void book_read(struct planned *p, struct tb_json vector)
{
    if (tb_json_has(vector, "declined")) {
        struct tb_json array = tb_json_array(&p->check, vector, "declined", 10);
        for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value);
             tb_json_next(&each)) {
            struct tb_cart_key *key = &here.book.declined[here.book.declined_count++];
            tb_json_str(&p->check, each.value, "gtin", key->gtin, sizeof key->gtin);
        }
    }
    if (!tb_json_has(vector, "closed"))
        return;
    struct tb_json array = tb_json_array(&p->check, vector, "closed", 10);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span letter = tb_json_as_text(&p->check, each.value, "closed", 1);
        assert_int_equal(letter.size, 1);
        here.book.marks[here.book.count++].line = test_id(letter.at[0]);
    }
}

static size_t exclude_read(struct planned *p, struct tb_json vector, struct tb_id *ret_lines)
{
    size_t count = 0;
    if (!tb_json_has(vector, "exclude"))
        return 0;
    struct tb_json array = tb_json_array(&p->check, vector, "exclude", 10);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span letter = tb_json_as_text(&p->check, each.value, "exclude", 1);
        assert_int_equal(letter.size, 1);
        ret_lines[count++] = test_id(letter.at[0]);
    }
    return count;
}

static void planned_line_compare(struct planned *p, struct tb_json expected, enum tb_merge_policy policy,
                                 const struct tb_merge_line *line)
{
    char text[TB_SHORT_SIZE_MAX + 1];
    const struct tb_cart_line *of =
        line->here >= 0 ? &here.cart.lines[line->here] : &there.cart.lines[line->there];
    struct tb_json pair = tb_json_array(&p->check, expected, tb_merge_policy_names[policy], 2);
    struct tb_json_each each = tb_json_first(pair);
    tb_json_str(&p->check, expected, "gtin", text, sizeof text);
    assert_string_equal(of->gtin, text);
    text[0] = '\0';
    if (tb_json_has(expected, "options"))
        tb_json_str(&p->check, expected, "options", text, sizeof text);
    assert_string_equal(of->options, text);
    assert_int_equal(line->quantity, tb_json_as_int(&p->check, each.value, "quantity", 0, 9999));
    tb_json_next(&each);
    struct tb_span reason = tb_json_as_text(&p->check, each.value, "reason", 32);
    assert_true(tb_span_is(reason, tb_merge_reason_names[line->reason]));
}

static void plan_check(struct planned *p, struct tb_json vector)
{
    struct tb_id excluded[10];
    char name[200];
    setup(NULL);
    tb_json_str(&p->check, vector, "name", name, sizeof name);
    print_message("%s\n", name);
    cart_read(p, vector, "here", &here);
    cart_read(p, vector, "there", &there);
    book_read(p, vector);
    size_t excluded_count = exclude_read(p, vector, excluded);
    struct tb_json expected = tb_json_array(&p->check, vector, "expect", 100);
    for (unsigned policy = TB_MERGE_SUM; policy <= TB_MERGE_REPLACE; policy++) {
        const struct tb_merge merge = {
            .policy = (enum tb_merge_policy)policy, .excluded = excluded, .excluded_count = excluded_count};
        tb_merge_plan(&here.cart, &here.book, &there.cart, &merge, &plan);
        assert_int_equal(plan.count, tb_json_count(expected));
        size_t i = 0;
        for (struct tb_json_each each = tb_json_first(expected); tb_json_exists(each.value);
             tb_json_next(&each))
            planned_line_compare(p, each.value, merge.policy, &plan.lines[i++]);
    }
    assert_int_equal(p->check.err, TB_OK);
}

static void plans_are_as_published(void **state)
{
    (void)state;
    const char *path = getenv("TB_CART_VECTORS");
    char *text = malloc(FILE_SIZE_MAX);
    uint8_t *memory = malloc(TB_JSON_ARENA_SIZE(FILE_SIZE_MAX));
    assert_non_null(path);
    assert_non_null(text);
    assert_non_null(memory);
    FILE *file = fopen(path, "rb");
    TB_ASSERT(file);
    size_t size = fread(text, 1, FILE_SIZE_MAX, file);
    assert_int_equal(fclose(file), 0);
    struct tb_arena arena = tb_arena_of(memory, TB_JSON_ARENA_SIZE(FILE_SIZE_MAX));
    struct tb_json root;
    struct planned p = {.number = 0};
    assert_int_equal(tb_json_parse(tb_span_of(text, size), FILE_SIZE_MAX, &arena, &root), TB_OK);
    struct tb_json plans = tb_json_array(&p.check, root, "plans", 100);
    for (struct tb_json_each each = tb_json_first(plans); tb_json_exists(each.value); tb_json_next(&each)) {
        plan_check(&p, each.value);
        p.number++;
    }
    assert_in_range(p.number, 10, 100);
    free(memory);
    free(text);
}

/* ---- limits ---- */

static void line_that_finds_no_room_stays_behind(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_LINE_COUNT_MAX - 1; i++)
        put(1 + i, 100 + i, 1);
    put_there(501, 500, 2);
    put_there(502, 501, 3);
    put_there(503, 100, 4);
    assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_OK);
    assert_int_equal(here.cart.line_count, TB_CART_LINE_COUNT_MAX);
    assert_int_equal(here.cart.lines[0].quantity, 5);
    assert_int_equal(there.cart.line_count, 1);
    assert_string_equal(there.cart.lines[0].gtin, "00000000000501");
    assert_int_equal(take_back(), TB_CART_OK);
    assert_int_equal(here.cart.line_count, TB_CART_LINE_COUNT_MAX - 1);
    assert_int_equal(there.cart.line_count, 3);
}

static void what_would_not_fit_on_the_way_back_stays_joined(void **state)
{
    (void)state;
    put(1, 1, 1);
    put_there(2, 2, 1);
    assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_OK);
    for (unsigned i = 0; i < TB_CART_LINE_COUNT_MAX; i++)
        put_there(100 + i, 100 + i, 1);
    kept[0] = here;
    kept[1] = there;
    assert_int_equal(take_back(), TB_CART_LINE_LIMIT);
    assert_false(changed);
    assert_memory_equal(&here.cart, &kept[0].cart, sizeof here.cart);
    assert_memory_equal(&there.cart, &kept[1].cart, sizeof there.cart);
}

static void replaced_carts_of_full_size_come_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_LINE_COUNT_MAX; i++) {
        put(1 + i, 100 + i, 1);
        put_there(501 + i, 500 + i, 2);
    }
    kept[0] = here;
    kept[1] = there;
    assert_int_equal(join(TB_MERGE_REPLACE, NULL, 0), TB_CART_OK);
    assert_int_equal(here.cart.line_count, TB_CART_LINE_COUNT_MAX);
    assert_string_equal(here.cart.lines[0].gtin, "00000000000500");
    assert_int_equal(take_back(), TB_CART_OK);
    assert_memory_equal(here.cart.lines, kept[0].cart.lines, sizeof here.cart.lines);
    assert_memory_equal(there.cart.lines, kept[1].cart.lines, sizeof there.cart.lines);
}

static void notes_that_find_no_room_come_back_with_undo(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_NOTE_COUNT_MAX; i++) {
        struct tb_mutation note = test_mutation(TB_MUTATION_CART_NOTE, 1 + i);
        put(1 + i, 100 + i, 1);
        (void)snprintf(note.note.text, sizeof note.note.text, "note %u", i);
        assert_int_equal(test_apply(&here, note), TB_CART_OK);
    }
    struct tb_mutation note = test_mutation(TB_MUTATION_CART_NOTE, 501);
    put_there(501, 500, 1);
    (void)snprintf(note.note.text, sizeof note.note.text, "late");
    assert_int_equal(test_apply(&there, of_nobody(note)), TB_CART_OK);
    assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_OK);
    assert_string_equal(here.cart.lines[TB_CART_NOTE_COUNT_MAX].note, "");
    assert_int_equal(take_back(), TB_CART_OK);
    assert_string_equal(there.cart.lines[0].note, "late");
}

static void other_currency_does_not_join(void **state)
{
    (void)state;
    put(1, 1, 1);
    put_there(2, 2, 1);
    memcpy(there.cart.currency, "CHF", sizeof there.cart.currency);
    assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_CURRENCY_CONFLICT);
    assert_int_equal(join(TB_MERGE_ASK, NULL, 0), TB_CART_NOT_UNDERSTOOD);
    assert_false(changed);
    assert_int_equal(there.cart.line_count, 1);
}

static void a_screen_shows_what_joining_will_do(void **state)
{
    (void)state;
    const struct tb_merge merge = {.policy = TB_MERGE_SUM};
    put(1, 1, 1);
    put_there(2, 1, 2);
    put_there(3, 2, 1);
    kept[0] = here;
    assert_int_equal(tb_merge_show(side(&kept[0]), &there.cart, &merge, &facts), TB_CART_OK);
    assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_OK);
    assert_memory_equal(&kept[0].cart, &here.cart, sizeof here.cart);
}

static void younger_price_is_kept(void **state)
{
    (void)state;
    put(1, 1, 1);
    put_there(2, 1, 2);
    there.cart.lines[0].unit_price = 199;
    there.cart.lines[0].price_as_of_ms = here.cart.lines[0].price_as_of_ms + 1;
    assert_int_equal(join(TB_MERGE_MAX, NULL, 0), TB_CART_OK);
    assert_int_equal(here.cart.lines[0].unit_price, 199);
}

/* ---- properties ---- */

static struct tb_mutation any_change(struct seeded_rng *rng, unsigned line_max, unsigned *made)
{
    unsigned line = 1 + (unsigned)(seeded_rng_next(rng) % line_max);
    int32_t n = (int32_t)(seeded_rng_next(rng) % 6);
    unsigned product = 1 + (unsigned)(seeded_rng_next(rng) % 8);
    struct tb_mutation m;
    switch (seeded_rng_next(rng) % 5) {
    case 0: return test_remove(line, n);
    case 1: return test_set(line, n, (int32_t)(seeded_rng_next(rng) % 6));
    case 2:
        m = test_mutation(TB_MUTATION_CART_NOTE, n ? line : 0);
        m.note.text[0] = (char)('a' + n);
        return m;
    default:
        m = test_add(++*made, product, 1 + n);
        m.add.gift = n == 0;
        m.add.options[0] = seeded_rng_next(rng) % 3 ? '\0' : 'm';
        return m;
    }
}

static void fill(struct seeded_rng *rng)
{
    unsigned mine = 0;
    unsigned hers = 100;
    setup(NULL);
    put(++mine, 1, 1);
    for (int i = 0; i < 20; i++) {
        (void)test_apply(&here, any_change(rng, 20, &mine));
        struct tb_mutation m = any_change(rng, 20, &hers);
        if (m.kind != TB_MUTATION_CART_ADD && !tb_id_is_zero(&m.line))
            m.line = test_id(100u + m.line.bytes[15]);
        (void)test_apply(&there, of_nobody(m));
    }
}

static void through_the_store(void)
{
    static uint8_t room[TB_MERGE_UNDO_PACKED_SIZE_MAX];
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    tb_merge_undo_pack(&undo, &packed);
    assert_int_equal(packed.err, TB_OK);
    assert_int_equal(tb_merge_undo_unpack(tb_buf_span(&packed), &again), TB_OK);
    undo = again;
}

static void lines_equal(const struct tb_cart *a, const struct tb_cart *b)
{
    assert_int_equal(a->line_count, b->line_count);
    assert_string_equal(a->note, b->note);
    for (size_t i = 0; i < a->line_count; i++) {
        const struct tb_cart_line *x = &a->lines[i];
        const struct tb_cart_line *y = tb_cart_find(b, &x->id);
        assert_non_null(y);
        assert_int_equal(x->quantity, y->quantity);
        assert_string_equal(x->gtin, y->gtin);
        assert_string_equal(x->options, y->options);
        assert_string_equal(x->note, y->note);
        assert_int_equal(x->gift, y->gift);
    }
}

static enum tb_merge_policy any_policy(struct seeded_rng *rng)
{
    return (enum tb_merge_policy)(TB_MERGE_SUM + seeded_rng_next(rng) % 3);
}

/* Nothing happened in between: both carts are as they were. */
static void undo_is_exact(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct seeded_rng rng = {seed};
        fill(&rng);
        kept[0] = here;
        kept[1] = there;
        struct tb_id excluded = test_id(101 + (unsigned)(seeded_rng_next(&rng) % 5));
        enum tb_cart_code code = join(any_policy(&rng), &excluded, seeded_rng_next(&rng) % 2);
        assert_int_equal(code, TB_CART_OK);
        if (!changed)
            continue;
        through_the_store();
        assert_int_equal(take_back(), TB_CART_OK);
        lines_equal(&here.cart, &kept[0].cart);
        lines_equal(&there.cart, &kept[1].cart);
        assert_int_equal(here.book.declined_count, kept[0].book.declined_count);
    }
}

static void is_sound(const struct tb_cart *cart, const bool *closed)
{
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        assert_in_range(line->quantity, 1, TB_QUANTITY_MAX);
        assert_false(closed[line->id.bytes[15]]);
        for (size_t k = 0; k < i; k++) {
            assert_false(strcmp(cart->lines[k].gtin, line->gtin) == 0 &&
                         strcmp(cart->lines[k].options, line->options) == 0);
            assert_false(tb_id_equal(&cart->lines[k].id, &line->id));
        }
    }
}

/* Whatever people do between joining and "Not me": no line that they removed is open again. */
static void removed_lines_stay_removed_through_undo(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct seeded_rng rng = {seed};
        bool closed[256] = {false};
        unsigned made = 150;
        fill(&rng);
        assert_int_equal(join(any_policy(&rng), NULL, 0), TB_CART_OK);
        if (!changed)
            continue;
        for (int i = 0; i < 30; i++) {
            struct tb_mutation m = any_change(&rng, 125, &made);
            kept[0] = here;
            if (test_apply(&here, m) != TB_CART_OK || !here.changed)
                continue;
            for (size_t k = 0; k < kept[0].cart.line_count; k++)
                if (!tb_cart_find(&here.cart, &kept[0].cart.lines[k].id))
                    closed[kept[0].cart.lines[k].id.bytes[15]] = true;
        }
        assert_int_equal(take_back(), TB_CART_OK);
        is_sound(&here.cart, closed);
        is_sound(&there.cart, closed);
    }
}

/* sum: what both carts hold together is the same before, joined, and taken back. */
static void nothing_is_lost_or_made_by_summing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct seeded_rng rng = {seed};
        fill(&rng);
        int64_t before = tb_cart_item_count(&here.cart) + tb_cart_item_count(&there.cart);
        assert_int_equal(join(TB_MERGE_SUM, NULL, 0), TB_CART_OK);
        assert_int_equal(tb_cart_item_count(&here.cart) + tb_cart_item_count(&there.cart), before);
    }
}

static void damaged_undo_is_refused(void **state)
{
    (void)state;
    static uint8_t room[TB_MERGE_UNDO_PACKED_SIZE_MAX + 1];
    struct seeded_rng rng = {3};
    fill(&rng);
    assert_int_equal(join(TB_MERGE_REPLACE, NULL, 0), TB_CART_OK);
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    tb_merge_undo_pack(&undo, &packed);
    assert_int_equal(packed.err, TB_OK);
    for (size_t size = 0; size < packed.size; size++) {
        assert_int_not_equal(tb_merge_undo_unpack(tb_span_of(room, size), &again), TB_OK);
        assert_int_equal(again.carried.line_count, 0);
    }
    assert_int_equal(tb_merge_undo_unpack(tb_span_of(room, packed.size + 1), &again), TB_ERR_TOO_LONG);
    room[1] = 2;
    assert_int_equal(tb_merge_undo_unpack(tb_buf_span(&packed), &again), TB_ERR_RANGE);
    room[0] = 9;
    assert_int_equal(tb_merge_undo_unpack(tb_buf_span(&packed), &again), TB_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_are_as_published),
        cmocka_unit_test_setup(line_that_finds_no_room_stays_behind, setup),
        cmocka_unit_test_setup(what_would_not_fit_on_the_way_back_stays_joined, setup),
        cmocka_unit_test_setup(replaced_carts_of_full_size_come_back, setup),
        cmocka_unit_test_setup(notes_that_find_no_room_come_back_with_undo, setup),
        cmocka_unit_test_setup(other_currency_does_not_join, setup),
        cmocka_unit_test_setup(a_screen_shows_what_joining_will_do, setup),
        cmocka_unit_test_setup(younger_price_is_kept, setup),
        cmocka_unit_test(undo_is_exact),
        cmocka_unit_test(removed_lines_stay_removed_through_undo),
        cmocka_unit_test(nothing_is_lost_or_made_by_summing),
        cmocka_unit_test(damaged_undo_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
