#include "tests/unit/cart/cart_test.h"

#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static struct test_cart one;
static struct test_cart two;

static int setup(void **state)
{
    (void)state;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    return 0;
}

static void first_add_begins_the_cart(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&one, test_add(1, 17, 2)), TB_CART_OK);
    assert_true(one.changed);
    struct tb_id cart = test_id(TEST_CART);
    struct tb_id customer = test_id(TEST_CUSTOMER);
    assert_true(tb_id_equal(&one.cart.id, &cart));
    assert_true(tb_id_equal(&one.cart.customer, &customer));
    assert_string_equal(one.cart.currency, "EUR");
    assert_string_equal(one.cart.lines[0].name, "Pen");
    assert_int_equal(one.cart.lines[0].unit_price, 250);
    assert_int_equal(one.cart.lines[0].added_ms, 1000);
    assert_int_equal(one.cart.touched_ms, 1000);
    assert_string_equal(one.cart.touched_by, "Till 4");
}

static void rejection_leaves_no_trace(void **state)
{
    (void)state;
    struct tb_mutation bad = test_add(1, 17, 0);
    assert_int_equal(test_apply(&one, bad), TB_CART_NOT_UNDERSTOOD);
    assert_true(tb_id_is_zero(&one.cart.id));
    bad = test_add(1, 17, 1);
    bad.cart = (struct tb_id){{0}};
    assert_int_equal(test_apply(&one, bad), TB_CART_NOT_UNDERSTOOD);
    assert_true(tb_id_is_zero(&one.cart.customer));
    assert_int_equal(test_apply(&one, test_add(1, 17, 1)), TB_CART_OK);
    two = one;
    assert_int_equal(test_apply(&one, test_remove(9, 1)), TB_CART_LINE_UNKNOWN);
    assert_int_equal(test_apply(&one, test_set(1, -1, 1)), TB_CART_NOT_UNDERSTOOD);
    assert_int_equal(test_apply(&one, test_set(1, 1, TB_QUANTITY_MAX + 1)), TB_CART_NOT_UNDERSTOOD);
    assert_int_equal(test_apply(&one, test_remove(1, INT32_MIN)), TB_CART_NOT_UNDERSTOOD);
    assert_int_equal(test_apply(&one, test_mutation(TB_MUTATION_NONE, 1)), TB_CART_NOT_UNDERSTOOD);
    assert_int_equal(test_apply(&one, test_mutation(TB_MUTATION_SKIPPED, 1)), TB_CART_NOT_UNDERSTOOD);
    assert_false(one.changed);
    assert_memory_equal(&one.cart, &two.cart, sizeof one.cart);
    assert_memory_equal(&one.book, &two.book, sizeof one.book);
}

static void no_more_lines_than_the_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_LINE_COUNT_MAX; i++)
        assert_int_equal(test_apply(&one, test_add(1 + i, 100 + i, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(500, 17, 1)), TB_CART_LINE_LIMIT);
    assert_int_equal(test_apply(&one, test_add(501, 100, 1)), TB_CART_OK); /* into a line that is there */
    assert_int_equal(test_apply(&one, test_remove(2, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(500, 17, 1)), TB_CART_OK);
    assert_int_equal(one.cart.line_count, TB_CART_LINE_COUNT_MAX);
}

static void foreign_currency_is_refused(void **state)
{
    (void)state;
    struct tb_product product = {.currency = "CHF"};
    struct tb_cart_facts facts = {.product = &product};
    struct tb_mutation m = test_add(2, 18, 1);
    assert_int_equal(test_apply(&one, test_add(1, 17, 1)), TB_CART_OK);
    assert_int_equal(tb_cart_apply(&one.cart, &one.book, &m, &facts, &one.changed),
                     TB_CART_CURRENCY_CONFLICT);
}

static void long_name_is_left_out(void **state)
{
    (void)state;
    char name[TB_NAME_SIZE_MAX + 2];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct tb_cart_facts facts = {.touched_by = name};
    struct tb_mutation m = test_add(1, 17, 1);
    assert_int_equal(tb_cart_apply(&one.cart, &one.book, &m, &facts, &one.changed), TB_CART_OK);
    assert_string_equal(one.cart.touched_by, "");
    assert_string_equal(one.cart.lines[0].name, "");
}

static void forgotten_line_does_not_come_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_MARK_MAX + 10; i++) {
        assert_int_equal(test_apply(&one, test_add(1 + i, 17, 1)), TB_CART_OK);
        assert_int_equal(test_apply(&one, test_remove(1 + i, 1)), TB_CART_OK);
    }
    assert_int_equal(one.book.count, TB_CART_MARK_MAX);
    assert_int_equal(test_apply(&one, test_set(1, 1, 5)), TB_CART_LINE_UNKNOWN);
    assert_int_equal(test_apply(&one, test_set(TB_CART_MARK_MAX + 10, 1, 5)), TB_CART_LINE_CLOSED);
    assert_int_equal(one.cart.line_count, 0);
}

static void alias_outlives_closed_lines(void **state)
{
    (void)state;
    assert_int_equal(test_apply(&one, test_add(1, 17, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(2, 17, 1)), TB_CART_OK);
    for (unsigned i = 0; i < TB_CART_MARK_MAX + 10; i++) {
        assert_int_equal(test_apply(&one, test_add(1000 + i, 18, 1)), TB_CART_OK);
        assert_int_equal(test_apply(&one, test_remove(1000 + i, 1)), TB_CART_OK);
    }
    assert_int_equal(test_apply(&one, test_set(2, 1, 3)), TB_CART_OK);
    assert_int_equal(one.cart.lines[0].quantity, 4);
}

static void total_counts_and_notices_overflow(void **state)
{
    (void)state;
    int64_t total;
    assert_int_equal(test_apply(&one, test_add(1, 17, 3)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(2, 18, 2)), TB_CART_OK);
    assert_int_equal(tb_cart_total(&one.cart, &total), TB_OK);
    assert_int_equal(total, 5 * 250);
    assert_int_equal(tb_cart_item_count(&one.cart), 5);
    one.cart.lines[0].unit_price = INT64_MAX / 2;
    assert_int_equal(tb_cart_total(&one.cart, &total), TB_ERR_RANGE);
    assert_int_equal(total, 0);
    one.cart.lines[0].quantity = 2;
    assert_int_equal(tb_cart_total(&one.cart, &total), TB_ERR_RANGE); /* in the sum, not in the product */
}

static void book_is_packed_and_unpacked(void **state)
{
    (void)state;
    static uint8_t bytes[TB_CART_BOOK_PACKED_SIZE_MAX];
    struct tb_buf to = tb_buf_of(bytes, sizeof bytes);
    assert_int_equal(test_apply(&one, test_add(1, 17, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(2, 17, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_add(3, 18, 1)), TB_CART_OK);
    assert_int_equal(test_apply(&one, test_remove(3, 1)), TB_CART_OK);
    tb_cart_book_pack(&one.book, &to);
    assert_int_equal(to.err, TB_OK);
    assert_int_equal(tb_cart_book_unpack(tb_buf_span(&to), &two.book), TB_OK);
    assert_int_equal(two.book.count, 2);
    assert_memory_equal(&one.book, &two.book, sizeof one.book);
    for (size_t size = 1; size < to.size; size++) {
        assert_int_equal(tb_cart_book_unpack(tb_span_of(bytes, size), &two.book), TB_ERR_TRUNCATED);
        assert_int_equal(two.book.count, 0);
    }
    assert_int_equal(tb_cart_book_unpack(tb_span_of(bytes, to.size + 1), &two.book), TB_ERR_TOO_LONG);
    bytes[0] = 3;
    assert_int_equal(tb_cart_book_unpack(tb_buf_span(&to), &two.book), TB_ERR_UNSUPPORTED);
    bytes[0] = 1; /* the layout before gifts */
    assert_int_equal(tb_cart_book_unpack(tb_buf_span(&to), &two.book), TB_OK);
    assert_memory_equal(&one.book, &two.book, sizeof one.book);
    bytes[2] = 0xff;
    assert_int_equal(tb_cart_book_unpack(tb_buf_span(&to), &two.book), TB_ERR_TOO_LONG);
    assert_int_equal(tb_cart_book_unpack(tb_span_of(NULL, 0), &two.book), TB_OK);
}

/* Order-free contents: the quantity of each product. */
static int32_t quantity_of(const struct tb_cart *cart, unsigned product)
{
    char gtin[TB_GTIN_SIZE + 1];
    (void)snprintf(gtin, sizeof gtin, "%014u", product);
    const struct tb_cart_line *line = tb_cart_find_product(cart, gtin, "");
    return line ? line->quantity : 0;
}

static void shuffle(struct seeded_rng *rng, struct tb_mutation *list, size_t count)
{
    for (size_t i = count - 1; i > 0; i--) {
        size_t k = (size_t)(seeded_rng_next(rng) % (i + 1));
        struct tb_mutation held = list[i];
        list[i] = list[k];
        list[k] = held;
    }
}

/* Adds in any order, and changes that never pass 0 or the limit in any order, come to the same. */
static void what_is_concurrent_commutes(void **state)
{
    (void)state;
    enum { PRODUCT_COUNT = 4, COUNT = 24 };
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct seeded_rng rng = {seed};
        struct tb_mutation list[COUNT];
        setup(NULL);
        for (unsigned p = 0; p < PRODUCT_COUNT; p++)
            assert_int_equal(test_apply(&one, test_add(1 + p, p, 1000)), TB_CART_OK);
        two = one;
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned p = (unsigned)(seeded_rng_next(&rng) % PRODUCT_COUNT);
            int32_t n = 1 + (int32_t)(seeded_rng_next(&rng) % 20);
            switch (seeded_rng_next(&rng) % 3) {
            case 0: list[i] = test_add(100 + i, p, n); break;
            case 1: list[i] = test_set(1 + p, 500, 500 + n - 10); break;
            default: list[i] = test_remove(1 + p, n); break;
            }
        }
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(test_apply(&one, list[i]), TB_CART_OK);
        shuffle(&rng, list, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(test_apply(&two, list[i]), TB_CART_OK);
        for (unsigned p = 0; p < PRODUCT_COUNT; p++)
            assert_int_equal(quantity_of(&one.cart, p), quantity_of(&two.cart, p));
    }
}

enum { CLIENT_COUNT = 4, INTENT_COUNT = 6, CHOICE_COUNT = 3 };

/* What one client does, in its order: adds under an id of its own, then changes under that id or the line
 * that all see. Nothing passes 0, for the line that all see holds enough. */
static void intents_of(struct seeded_rng *rng, unsigned client, struct tb_mutation list[INTENT_COUNT])
{
    unsigned choice = (unsigned)(seeded_rng_next(rng) % CHOICE_COUNT);
    unsigned own = 100 + client;
    for (unsigned i = 0; i < INTENT_COUNT; i++) {
        int32_t n = 1 + (int32_t)(seeded_rng_next(rng) % 9);
        unsigned line = i > 0 && seeded_rng_next(rng) % 2 ? own : 1 + choice;
        switch (i == 0 ? 0 : seeded_rng_next(rng) % 3) {
        case 0: list[i] = test_add(i == 0 ? own : 200 + client * 10 + i, 17, n); break;
        case 1: list[i] = test_set(line, 50, 50 - 5 + n); break;
        default: list[i] = test_remove(line, n); break;
        }
        list[i].add.options[0] = list[i].kind == TB_MUTATION_CART_ADD ? (char)('a' + choice) : '\0';
    }
}

static void interleave(struct seeded_rng *rng, struct tb_mutation lists[CLIENT_COUNT][INTENT_COUNT],
                       struct test_cart *t)
{
    unsigned done[CLIENT_COUNT] = {0};
    for (unsigned i = 0; i < CLIENT_COUNT * INTENT_COUNT; i++) {
        unsigned client = (unsigned)(seeded_rng_next(rng) % CLIENT_COUNT);
        while (done[client] == INTENT_COUNT)
            client = (client + 1) % CLIENT_COUNT;
        assert_int_equal(test_apply(t, lists[client][done[client]++]), TB_CART_OK);
    }
}

/* Whatever the interleaving of the clients, each in its own order, they come to the same cart. */
static void interleavings_come_to_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct seeded_rng rng = {seed};
        struct tb_mutation lists[CLIENT_COUNT][INTENT_COUNT];
        setup(NULL);
        for (unsigned i = 0; i < CHOICE_COUNT; i++) {
            struct tb_mutation add = test_add(1 + i, 17, 1000);
            add.add.options[0] = (char)('a' + i);
            assert_int_equal(test_apply(&one, add), TB_CART_OK);
        }
        two = one;
        for (unsigned client = 0; client < CLIENT_COUNT; client++)
            intents_of(&rng, client, lists[client]);
        interleave(&rng, lists, &one);
        interleave(&rng, lists, &two);
        assert_int_equal(one.cart.line_count, CHOICE_COUNT);
        for (unsigned i = 0; i < CHOICE_COUNT; i++)
            assert_int_equal(one.cart.lines[i].quantity, two.cart.lines[i].quantity);
    }
}

static void many_declined_gifts_decline_all(void **state)
{
    (void)state;
    static uint8_t bytes[TB_CART_BOOK_PACKED_SIZE_MAX];
    for (unsigned i = 0; i <= TB_CART_DECLINED_MAX; i++) {
        struct tb_mutation gift = test_add(1 + i, 100 + i, 1);
        gift.add.gift = true;
        if (i == TB_CART_DECLINED_MAX) {
            assert_int_equal(test_apply(&one, gift), TB_CART_GIFT_DECLINED);
            continue;
        }
        assert_int_equal(test_apply(&one, gift), TB_CART_OK);
        assert_int_equal(test_apply(&one, test_remove(1 + i, 1)), TB_CART_OK);
    }
    struct tb_buf to = tb_buf_of(bytes, sizeof bytes);
    tb_cart_book_pack(&one.book, &to);
    assert_int_equal(to.err, TB_OK);
    assert_int_equal(tb_cart_book_unpack(tb_buf_span(&to), &two.book), TB_OK);
    assert_memory_equal(&one.book, &two.book, sizeof one.book);
    assert_true(tb_cart_gift_is_declined(&two.book, "00000000000100", ""));
}

/* A full list stands for gifts that are not on it, too. */
static void a_gift_that_is_kept_leaves_a_full_list_full(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TB_CART_DECLINED_MAX; i++) {
        struct tb_mutation gift = test_add(1 + i, 100 + i, 1);
        gift.add.gift = true;
        assert_int_equal(test_apply(&one, gift), TB_CART_OK);
        assert_int_equal(test_apply(&one, test_remove(1 + i, 1)), TB_CART_OK);
    }
    struct tb_mutation kept = test_add(200, 100, 1);
    kept.add.keep_gift = true;
    assert_int_equal(test_apply(&one, kept), TB_CART_OK);
    assert_true(one.cart.lines[0].gift);
    struct tb_mutation other = test_add(201, 300, 1);
    other.add.gift = true;
    assert_int_equal(test_apply(&one, other), TB_CART_GIFT_DECLINED);
}

static void no_more_notes_than_the_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= TB_CART_NOTE_COUNT_MAX; i++) {
        struct tb_mutation note = test_mutation(TB_MUTATION_CART_NOTE, 1 + i);
        note.note.text[0] = 'n';
        assert_int_equal(test_apply(&one, test_add(1 + i, 100 + i, 1)), TB_CART_OK);
        assert_int_equal(test_apply(&one, note),
                         i == TB_CART_NOTE_COUNT_MAX ? TB_CART_NOTE_LIMIT : TB_CART_OK);
    }
    struct tb_mutation note = test_mutation(TB_MUTATION_CART_NOTE, 1);
    note.note.text[0] = 'm'; /* in the place of one that is there */
    assert_int_equal(test_apply(&one, note), TB_CART_OK);
    assert_string_equal(one.cart.lines[0].note, "m");
}

static void cart_is_sound(const struct test_cart *t, const bool *closed)
{
    for (size_t i = 0; i < t->cart.line_count; i++) {
        const struct tb_cart_line *line = &t->cart.lines[i];
        unsigned number = (unsigned)line->id.bytes[14] << 8 | line->id.bytes[15];
        assert_in_range(line->quantity, 1, TB_QUANTITY_MAX);
        assert_false(closed[number]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(t->cart.lines[k].gtin, line->gtin);
            assert_false(tb_id_equal(&t->cart.lines[k].id, &line->id));
        }
    }
}

static struct tb_mutation any_mutation(struct seeded_rng *rng, unsigned *made)
{
    unsigned line = 1 + (unsigned)(seeded_rng_next(rng) % (*made + 1));
    int32_t from = (int32_t)(seeded_rng_next(rng) % 6);
    switch (seeded_rng_next(rng) % 4) {
    case 0: return test_remove(line, from);
    case 1: return test_set(line, from, (int32_t)(seeded_rng_next(rng) % 6));
    case 2: return test_add(line, (unsigned)(seeded_rng_next(rng) % 5), from + 1); /* an id used twice */
    default: return test_add(++*made, (unsigned)(seeded_rng_next(rng) % 5), from + 1);
    }
}

/* Whatever comes, also with ids that were used before: a line that was closed is never open again. */
static void closed_lines_stay_closed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct seeded_rng rng = {seed};
        bool closed[400] = {false};
        unsigned made = 0;
        setup(NULL);
        for (unsigned step = 0; step < 200; step++) {
            two = one;
            (void)test_apply(&one, any_mutation(&rng, &made));
            for (size_t i = 0; i < two.cart.line_count; i++) {
                const struct tb_id *id = &two.cart.lines[i].id;
                if (!tb_cart_find(&one.cart, id))
                    closed[(unsigned)id->bytes[14] << 8 | id->bytes[15]] = true;
            }
            cart_is_sound(&one, closed);
        }
    }
}

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(tb_cart_code_name(TB_CART_OK), "");
    for (int i = 1; i < TB_CART_CODE_COUNT; i++)
        assert_in_range(strlen(tb_cart_code_name((enum tb_cart_code)i)), 1, TB_VERDICT_CODE_SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(first_add_begins_the_cart, setup),
        cmocka_unit_test_setup(rejection_leaves_no_trace, setup),
        cmocka_unit_test_setup(no_more_lines_than_the_limit, setup),
        cmocka_unit_test_setup(foreign_currency_is_refused, setup),
        cmocka_unit_test_setup(long_name_is_left_out, setup),
        cmocka_unit_test_setup(forgotten_line_does_not_come_back, setup),
        cmocka_unit_test_setup(alias_outlives_closed_lines, setup),
        cmocka_unit_test_setup(total_counts_and_notices_overflow, setup),
        cmocka_unit_test_setup(book_is_packed_and_unpacked, setup),
        cmocka_unit_test(what_is_concurrent_commutes),
        cmocka_unit_test(interleavings_come_to_the_same),
        cmocka_unit_test_setup(many_declined_gifts_decline_all, setup),
        cmocka_unit_test_setup(a_gift_that_is_kept_leaves_a_full_list_full, setup),
        cmocka_unit_test_setup(no_more_notes_than_the_limit, setup),
        cmocka_unit_test(closed_lines_stay_closed),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
