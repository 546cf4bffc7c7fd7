#include "core/cart/checkout.h"
#include "tests/unit/cart/cart_test.h"

#include "tests/support/unit.h"

enum { CHECKOUT_A = 0x3001, CHECKOUT_B = 0x3002 };

static struct test_cart t;
static struct tb_claim claim;
static struct tb_claim copy;
static const struct tb_cart_facts facts = {.at_ms = 5000, .channel = TB_CHANNEL_TILL, .touched_by = "Till 4"};

static int setup(void **state)
{
    (void)state;
    memset(&t, 0, sizeof t);
    memset(&claim, 0, sizeof claim);
    assert_int_equal(test_apply(&t, test_add(1, 17, 5)), TB_CART_OK);
    assert_int_equal(test_apply(&t, test_add(2, 18, 1)), TB_CART_OK);
    return 0;
}

static const struct tb_claimant till = {.device = "urn:tillbridge:demo:device:till-4", .by = "Till 4"};
static const struct tb_claimant shopper = {.device = "web:1", .by = ""};

static enum tb_cart_code take(unsigned checkout, int64_t now_ms)
{
    struct tb_id id = test_id(checkout);
    return tb_claim_take(&claim, &t.cart, &id, &till, now_ms);
}

static void claim_holds_what_the_cart_holds_then(void **state)
{
    (void)state;
    assert_int_equal(take(CHECKOUT_A, 1000), TB_CART_OK);
    assert_int_equal(test_apply(&t, test_add(3, 19, 1)), TB_CART_OK);
    assert_int_equal(take(CHECKOUT_A, 50000), TB_CART_OK);
    assert_int_equal(claim.line_count, 2);
    assert_int_equal(claim.lines[0].quantity, 5);
    assert_int_equal(claim.since_ms, 1000);
    assert_int_equal(claim.until_ms, 50000 + TB_CHECKOUT_LEASE_MS);
    assert_string_equal(claim.by, "Till 4");
    assert_true(tb_claim_runs(&claim, 50000 + TB_CHECKOUT_LEASE_MS - 1));
    assert_false(tb_claim_runs(&claim, 50000 + TB_CHECKOUT_LEASE_MS));
}

static void claim_is_one_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(take(CHECKOUT_A, 1000), TB_CART_OK);
    assert_int_equal(take(CHECKOUT_B, 2000), TB_CART_CLAIMED);
    assert_int_equal(take(CHECKOUT_B, 1000 + TB_CHECKOUT_LEASE_MS), TB_CART_OK);
    struct tb_id a = test_id(CHECKOUT_A);
    assert_false(tb_claim_release(&claim, &a, &till));
    struct tb_id b = test_id(CHECKOUT_B);
    assert_true(tb_claim_release(&claim, &b, &till));
    assert_false(tb_claim_runs(&claim, 1000));
}

static void claim_of_nothing_is_refused(void **state)
{
    (void)state;
    struct tb_id none = {{0}};
    struct tb_id id = test_id(CHECKOUT_A);
    assert_int_equal(tb_claim_take(&claim, &t.cart, &none, &till, 1), TB_CART_NOT_UNDERSTOOD);
    t.cart.id = none;
    assert_int_equal(tb_claim_take(&claim, &t.cart, &id, &till, 1), TB_CART_UNKNOWN);
    assert_false(tb_claim_release(&claim, &none, &till));
}

static void claim_without_or_with_too_long_a_name(void **state)
{
    (void)state;
    char name[TB_NAME_SIZE_MAX + 2];
    struct tb_id id = test_id(CHECKOUT_A);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const struct tb_claimant named = {.device = "d", .by = name};
    assert_int_equal(tb_claim_take(&claim, &t.cart, &id, &named, 1), TB_CART_OK);
    assert_string_equal(claim.by, "");
}

static void claim_is_packed_and_unpacked(void **state)
{
    (void)state;
    static uint8_t room[TB_CLAIM_PACKED_SIZE_MAX + 1];
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    tb_claim_pack(&claim, &packed);
    assert_int_equal(packed.size, 0);
    assert_int_equal(tb_claim_unpack(tb_buf_span(&packed), &copy), TB_OK);
    for (unsigned i = 2; i < TB_CART_LINE_COUNT_MAX; i++)
        assert_int_equal(test_apply(&t, test_add(10 + i, 100 + i, TB_QUANTITY_MAX)), TB_CART_OK);
    assert_int_equal(take(CHECKOUT_A, 1000), TB_CART_OK);
    memset(claim.by, 'y', TB_NAME_SIZE_MAX);
    memset(claim.device, 'z', TB_DEVICE_SIZE_MAX);
    tb_claim_pack(&claim, &packed);
    assert_int_equal(packed.err, TB_OK);
    assert_int_equal(packed.size, TB_CLAIM_PACKED_SIZE_MAX);
    assert_int_equal(tb_claim_unpack(tb_buf_span(&packed), &copy), TB_OK);
    assert_memory_equal(&copy, &claim, sizeof claim);
    for (size_t size = 1; size < packed.size; size++) {
        assert_int_equal(tb_claim_unpack(tb_span_of(room, size), &copy), TB_ERR_TRUNCATED);
        assert_true(tb_id_is_zero(&copy.checkout));
    }
    assert_int_equal(tb_claim_unpack(tb_span_of(room, packed.size + 1), &copy), TB_ERR_TOO_LONG);
    room[0] = 3;
    assert_int_equal(tb_claim_unpack(tb_buf_span(&packed), &copy), TB_ERR_UNSUPPORTED);
}

static void claim_is_of_the_device_that_took_it(void **state)
{
    (void)state;
    struct tb_id id = test_id(CHECKOUT_A);
    const struct tb_claimant other = {.device = "urn:tillbridge:demo:device:till-5", .by = "Till 5"};
    assert_int_equal(take(CHECKOUT_A, 1000), TB_CART_OK);
    assert_int_equal(tb_claim_take(&claim, &t.cart, &id, &other, 2000), TB_CART_CLAIMED);
    assert_int_equal(tb_claim_take(&claim, &t.cart, &id, &shopper, 2000), TB_CART_CLAIMED);
    assert_false(tb_claim_release(&claim, &id, &other));
    assert_false(tb_claim_release(&claim, &id, &shopper));
    assert_int_equal(claim.until_ms, 1000 + TB_CHECKOUT_LEASE_MS);
    /* When it ran out it is a new one's, whatever it is called. */
    assert_int_equal(tb_claim_take(&claim, &t.cart, &id, &other, 1000 + TB_CHECKOUT_LEASE_MS), TB_CART_OK);
    assert_string_equal(claim.by, "Till 5");
    assert_false(tb_claim_release(&claim, &id, &till));
    assert_true(tb_claim_release(&claim, &id, &other));
}

/* Stored before the device was. */
static void claim_without_a_device_is_of_whoever_knows_its_id(void **state)
{
    (void)state;
    static uint8_t room[TB_CLAIM_PACKED_SIZE_MAX];
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    struct tb_id id = test_id(CHECKOUT_A);
    assert_int_equal(take(CHECKOUT_A, 1000), TB_CART_OK);
    claim.device[0] = '\0';
    tb_claim_pack(&claim, &packed);
    assert_int_equal(room[0], 1);
    assert_int_equal(tb_claim_unpack(tb_buf_span(&packed), &copy), TB_OK);
    assert_string_equal(copy.device, "");
    assert_int_equal(tb_claim_take(&copy, &t.cart, &id, &shopper, 2000), TB_CART_CLAIMED);
    assert_false(tb_claim_release(&copy, &id, &shopper));
    assert_int_equal(tb_claim_take(&copy, &t.cart, &id, &till, 2000), TB_CART_OK);
    assert_true(tb_claim_release(&copy, &id, &till));
}

static struct tb_paid_line paid(unsigned line, unsigned product, int32_t quantity)
{
    struct tb_paid_line p = {.quantity = quantity, .unit_price = 100};
    if (line)
        p.line = test_id(line);
    (void)snprintf(p.gtin, sizeof p.gtin, "%014u", product);
    return p;
}

static bool finish(const struct tb_paid_line *lines, uint8_t count, struct tb_sold_line *sold)
{
    const struct tb_paid_lines all = {.at = lines, .count = count};
    const struct tb_finish how = {.device = "", .facts = &facts};
    const struct tb_cart_side side = {&t.cart, &t.book};
    tb_checkout_look_up(&t.cart, &t.book, &all, sold);
    return tb_checkout_finish(side, &claim, &how, sold, count, &t.changed);
}

/* The POS may print a line twice. */
static void one_line_paid_in_two_positions(void **state)
{
    (void)state;
    struct tb_sold_line sold[3];
    const struct tb_paid_line lines[] = {paid(1, 17, 2), paid(1, 17, 2), paid(1, 17, 2)};
    assert_false(finish(lines, 3, sold));
    assert_int_equal(sold[0].taken, 2);
    assert_int_equal(sold[1].taken, 2);
    assert_int_equal(sold[2].taken, 1); /* scanned once more than was in the cart: sold, not twice */
    assert_int_equal(sold[2].doubled, 0);
    assert_int_equal(t.cart.line_count, 1);
    assert_string_equal(t.cart.touched_by, "Till 4");
}

static void what_others_took_was_sold_twice(void **state)
{
    (void)state;
    struct tb_sold_line sold;
    const struct tb_paid_line line = paid(1, 17, 7);
    const struct tb_paid_lines all = {.at = &line, .count = 1};
    const struct tb_finish how = {.device = "", .facts = &facts};
    tb_checkout_look_up(&t.cart, &t.book, &all, &sold);
    sold.taken_before = 1;
    assert_true(
        tb_checkout_finish((struct tb_cart_side){&t.cart, &t.book}, &claim, &how, &sold, 1, &t.changed));
    assert_int_equal(sold.taken, 5);
    assert_int_equal(sold.doubled, 1);
}

/* Pieces that are there once are not there for each position of a receipt. */
static void what_one_position_met_the_next_one_does_not(void **state)
{
    (void)state;
    struct tb_sold_line sold[3];
    const struct tb_paid_line lines[] = {paid(1, 17, 6), paid(1, 17, 2), paid(1, 17, 2)};
    const struct tb_paid_lines all = {.at = lines, .count = 3};
    const struct tb_finish how = {.device = "", .facts = &facts};
    tb_checkout_look_up(&t.cart, &t.book, &all, sold);
    for (size_t i = 0; i < 3; i++) {
        sold[i].taken_before = 2;
        sold[i].back_before = 2;
    }
    assert_true(
        tb_checkout_finish((struct tb_cart_side){&t.cart, &t.book}, &claim, &how, sold, 3, &t.changed));
    assert_int_equal(sold[0].again, 1);
    assert_int_equal(sold[0].doubled, 0);
    assert_int_equal(sold[1].again, 1);
    assert_int_equal(sold[1].doubled, 1);
    assert_int_equal(sold[2].again, 0);
    assert_int_equal(sold[2].doubled, 1);
}

static void finish_of_nothing_known_changes_nothing(void **state)
{
    (void)state;
    struct tb_sold_line sold[2];
    const struct tb_paid_line lines[] = {paid(0, 99, 2), paid(9, 17, 2)};
    struct test_cart before = t;
    assert_false(finish(lines, 2, sold));
    assert_false(t.changed);
    assert_true(tb_id_is_zero(&sold[0].line));
    assert_int_equal(sold[1].taken, 0);
    assert_memory_equal(&before.cart, &t.cart, sizeof t.cart);
}

static struct tb_sale_line sale_line(unsigned line, unsigned product, int32_t quantity, int32_t taken)
{
    struct tb_sale_line s = {.line = test_id(line), .quantity = quantity, .taken = taken};
    (void)snprintf(s.gtin, sizeof s.gtin, "%014u", product);
    return s;
}

static void returns_never_pass_what_was_sold(void **state)
{
    (void)state;
    struct tb_sale_line lines[] = {sale_line(1, 17, 3, 3), sale_line(2, 18, 2, 2), sale_line(3, 17, 4, 1)};
    int32_t back[3];
    const struct tb_paid_line by_product = paid(0, 17, 5);
    const struct tb_paid_lines asked = {.at = &by_product, .count = 1};
    assert_int_equal(tb_checkout_give_back(lines, 3, &asked, back), 0);
    assert_int_equal(back[0], 3);
    assert_int_equal(back[1], 0);
    assert_int_equal(back[2], 2);
    assert_int_equal(tb_checkout_give_back(lines, 3, &asked, back), 3);
    assert_int_equal(back[2], 2);
    const struct tb_paid_lines all = {.count = 0};
    assert_int_equal(tb_checkout_give_back(lines, 3, &all, back), 0);
    assert_int_equal(back[0], 0);
    assert_int_equal(back[1], 2);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(lines[i].returned, lines[i].quantity);
}

static void a_line_that_the_sale_does_not_name_is_its_product(void **state)
{
    (void)state;
    struct tb_sale_line lines[] = {sale_line(1, 17, 3, 3), sale_line(0, 18, 2, 2)};
    int32_t back[2];
    lines[1].line = (struct tb_id){{0}}; /* of a customer who was erased since */
    const struct tb_paid_line named[] = {paid(9, 17, 2), paid(2, 18, 3)};
    const struct tb_paid_lines asked = {.at = named, .count = 2};
    assert_int_equal(tb_checkout_give_back(lines, 2, &asked, back), 1);
    assert_int_equal(back[0], 2);
    assert_int_equal(back[1], 2);
    /* One that it does name is that line, whatever else is of the product. */
    struct tb_sale_line twice[] = {sale_line(1, 17, 3, 3), sale_line(2, 17, 2, 2)};
    const struct tb_paid_line second = paid(2, 17, 3);
    const struct tb_paid_lines one = {.at = &second, .count = 1};
    assert_int_equal(tb_checkout_give_back(twice, 2, &one, back), 1);
    assert_int_equal(back[0], 0);
    assert_int_equal(back[1], 2);
}

static void what_was_sold_beyond_the_cart_is_given_back_first(void **state)
{
    (void)state;
    struct tb_sale_line line = sale_line(1, 17, 5, 3);
    assert_int_equal(tb_sale_line_taken(&line), 3);
    line.returned = 2;
    assert_int_equal(tb_sale_line_taken(&line), 3);
    line.returned = 4;
    assert_int_equal(tb_sale_line_taken(&line), 1);
    line.returned = 5;
    assert_int_equal(tb_sale_line_taken(&line), 0);
}

static void reopening_keeps_the_limits(void **state)
{
    (void)state;
    const struct tb_cart_side side = {&t.cart, &t.book};
    struct tb_id id = test_id(900);
    struct tb_sale_line line = sale_line(1, 17, TB_QUANTITY_MAX, 0);
    assert_int_equal(tb_checkout_reopen(side, &line, TB_QUANTITY_MAX, &id, &facts), TB_CART_QUANTITY_LIMIT);
    assert_int_equal(tb_checkout_reopen(side, &line, 1, &id, &facts), TB_CART_OK);
    assert_int_equal(t.cart.lines[0].quantity, 6);
    for (unsigned i = 2; i < TB_CART_LINE_COUNT_MAX; i++)
        assert_int_equal(test_apply(&t, test_add(10 + i, 100 + i, 1)), TB_CART_OK);
    line = sale_line(1, 99, 1, 0);
    assert_int_equal(tb_checkout_reopen(side, &line, 1, &id, &facts), TB_CART_LINE_CONFLICT);
    id = test_id(901);
    assert_int_equal(tb_checkout_reopen(side, &line, 1, &id, &facts), TB_CART_LINE_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(claim_holds_what_the_cart_holds_then, setup),
        cmocka_unit_test_setup(claim_is_one_at_a_time, setup),
        cmocka_unit_test_setup(claim_of_nothing_is_refused, setup),
        cmocka_unit_test_setup(claim_without_or_with_too_long_a_name, setup),
        cmocka_unit_test_setup(claim_is_of_the_device_that_took_it, setup),
        cmocka_unit_test_setup(claim_without_a_device_is_of_whoever_knows_its_id, setup),
        cmocka_unit_test_setup(claim_is_packed_and_unpacked, setup),
        cmocka_unit_test_setup(one_line_paid_in_two_positions, setup),
        cmocka_unit_test_setup(what_others_took_was_sold_twice, setup),
        cmocka_unit_test_setup(what_one_position_met_the_next_one_does_not, setup),
        cmocka_unit_test_setup(finish_of_nothing_known_changes_nothing, setup),
        cmocka_unit_test_setup(returns_never_pass_what_was_sold, setup),
        cmocka_unit_test_setup(a_line_that_the_sale_does_not_name_is_its_product, setup),
        cmocka_unit_test_setup(what_was_sold_beyond_the_cart_is_given_back_first, setup),
        cmocka_unit_test_setup(reopening_keeps_the_limits, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
