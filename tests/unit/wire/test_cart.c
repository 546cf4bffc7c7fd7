#include "core/wire/cart.h"
#include "tests/support/seeded_rng.h"
#include "tests/unit/wire/wire_test.h"

#define LINE_A                                                                                   \
    "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"04006381333931\",\"name\":\"Pen\"," \
    "\"quantity\":2,\"unit_price\":249,\"price_as_of\":1700000000000,\"stock\":\"in_stock\","    \
    "\"added_ms\":1700000000001,\"channel\":\"web\"}"
#define LINE_B                                                                                        \
    "{\"id\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\",\"gtin\":\"00000000000017\",\"quantity\":1,\"unit_" \
    "price\":0}"
#define CART(lines)                                                                                         \
    "{\"currency\":\"EUR\",\"lines\":[" lines "],\"touched_ms\":1700000000002,\"touched_channel\":\"web\"," \
    "\"touched_by\":\"till 4, Z\xc3\xbcrich\"}"

static struct tb_cart cart;
static struct tb_cart copy;

static void test_decode_and_encode(void **state)
{
    (void)state;
    const char *text = CART(LINE_A "," LINE_B);
    cart = (struct tb_cart){.version = 7};
    tb_cart_decode(&t.check, parse(text), &cart);
    assert_int_equal(t.check.err, TB_OK);
    assert_true(cart.version == 7);
    assert_string_equal(cart.currency, "EUR");
    assert_int_equal(cart.line_count, 2);
    assert_int_equal(cart.lines[0].id.bytes[0], 0xaa);
    assert_string_equal(cart.lines[0].gtin, "04006381333931");
    assert_string_equal(cart.lines[0].name, "Pen");
    assert_int_equal(cart.lines[0].quantity, 2);
    assert_true(cart.lines[0].unit_price == 249);
    assert_true(cart.lines[0].price_as_of_ms == INT64_C(1700000000000));
    assert_int_equal(cart.lines[0].stock, TB_STOCK_IN_STOCK);
    assert_int_equal(cart.lines[0].channel, TB_CHANNEL_WEB);
    assert_int_equal(cart.lines[1].stock, TB_STOCK_NONE);
    assert_string_equal(cart.lines[1].name, "");
    assert_string_equal(cart.touched_by, "till 4, Z\xc3\xbcrich");

    struct tb_json_writer w = begin();
    tb_cart_encode(&w, NULL, &cart);
    assert_written(text);
}

static void test_unknown_members_are_passed_over(void **state)
{
    (void)state;
    tb_cart_decode(&t.check, parse("{\"currency\":\"EUR\",\"lines\":[],\"new\":{\"a\":[1.5,null]}}"), &cart);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(cart.line_count, 0);
    assert_true(cart.touched_ms == 0);
}

static void test_faults_name_the_member(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        const char *member;
    } vectors[] = {
        {"{\"lines\":[]}", TB_ERR_MISSING, "currency"},
        {"{\"currency\":\"EUR\"}", TB_ERR_MISSING, "lines"},
        {"{\"currency\":\"eur\",\"lines\":[]}", TB_ERR_SYNTAX, "currency"},
        {"{\"currency\":\"EURO\",\"lines\":[]}", TB_ERR_TOO_LONG, "currency"},
        {"{\"currency\":\"EUR\",\"lines\":{}}", TB_ERR_TYPE, "lines"},
        {"{\"currency\":\"EUR\",\"lines\":[5]}", TB_ERR_MISSING, "id"},
        {"{\"currency\":\"EUR\",\"lines\":[],\"touched_ms\":-1}", TB_ERR_RANGE, "touched_ms"},
        {"{\"currency\":\"EUR\",\"lines\":[],\"touched_channel\":\"fax\"}", TB_ERR_RANGE, "touched_channel"},
        {CART(LINE_A "," LINE_A), TB_ERR_CONFLICT, "lines"},
        {CART("{\"id\":\"aa\",\"gtin\":\"04006381333931\",\"quantity\":1,\"unit_price\":1}"),
         TB_ERR_TRUNCATED, "id"},
        {CART("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"4006381333931\",\"quantity\":1,"
              "\"unit_price\":1}"),
         TB_ERR_SYNTAX, "gtin"},
        {CART("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"04006381333931\",\"quantity\":0,"
              "\"unit_price\":1}"),
         TB_ERR_RANGE, "quantity"},
        {CART("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"04006381333931\",\"quantity\":10000,"
              "\"unit_price\":1}"),
         TB_ERR_RANGE, "quantity"},
        {CART("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"04006381333931\",\"quantity\":1,"
              "\"unit_price\":1.5}"),
         TB_ERR_TYPE, "unit_price"},
        {CART("{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":\"04006381333931\",\"quantity\":1,"
              "\"unit_price\":1000000000001}"),
         TB_ERR_RANGE, "unit_price"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        cart.line_count = 3;
        tb_cart_decode(&t.check, parse(vectors[i].text), &cart);
        assert_fault(vectors[i].err, vectors[i].member);
        assert_int_equal(cart.line_count, 0);
    }
}

static void fill(struct tb_cart *c, size_t line_count)
{
    struct seeded_rng seed = {3};
    struct tb_rng rng = seeded_rng_of(&seed);
    *c = (struct tb_cart){
        .id = tb_id_random(&rng),
        .customer = tb_id_random(&rng),
        .version = INT64_C(1) << 52,
        .as_of_ms = TB_TIME_MS_MAX,
        .currency = "CHF",
        .touched_ms = 1,
        .touched_channel = TB_CHANNEL_CALL,
        .line_count = (uint16_t)line_count,
    };
    memset(c->touched_by, 'x', TB_NAME_SIZE_MAX);
    memset(c->note, 'y', TB_TEXT_SIZE_MAX);
    c->claim = (struct tb_cart_claim){
        .checkout = tb_id_random(&rng), .since_ms = TB_TIME_MS_MAX, .until_ms = TB_TIME_MS_MAX};
    memset(c->claim.by, 'z', TB_NAME_SIZE_MAX);
    for (size_t i = 0; i < line_count; i++) {
        struct tb_cart_line *line = &c->lines[i];
        *line = (struct tb_cart_line){
            .id = tb_id_random(&rng),
            .gtin = "04006381333931",
            .quantity = TB_QUANTITY_MAX,
            .unit_price = i % 2 ? TB_MONEY_MAX : -1,
            .price_as_of_ms = TB_TIME_MS_MAX,
            .added_ms = TB_TIME_MS_MAX,
            .stock = TB_STOCK_NOT_HERE,
            .channel = TB_CHANNEL_KIOSK,
            .gift = true,
            .was_price = TB_MONEY_MAX,
            .was_as_of_ms = TB_TIME_MS_MAX,
        };
        memset(line->options, 'o', TB_SHORT_SIZE_MAX);
        if (i < TB_CART_NOTE_COUNT_MAX)
            memset(line->note, 'n', TB_TEXT_SIZE_MAX);
        memset(line->name, i < 10 ? '"' : 'N', i % (TB_NAME_SIZE_MAX + 1));
    }
}

static void assert_carts_equal(const struct tb_cart *a, const struct tb_cart *b)
{
    assert_memory_equal(&a->id, &b->id, sizeof a->id);
    assert_memory_equal(&a->customer, &b->customer, sizeof a->customer);
    assert_true(a->version == b->version && a->as_of_ms == b->as_of_ms && a->touched_ms == b->touched_ms);
    assert_string_equal(a->currency, b->currency);
    assert_int_equal(a->touched_channel, b->touched_channel);
    assert_string_equal(a->touched_by, b->touched_by);
    assert_string_equal(a->note, b->note);
    assert_memory_equal(&a->claim, &b->claim, sizeof a->claim);
    assert_int_equal(a->line_count, b->line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        const struct tb_cart_line *x = &a->lines[i];
        const struct tb_cart_line *y = &b->lines[i];
        assert_memory_equal(&x->id, &y->id, sizeof x->id);
        assert_string_equal(x->gtin, y->gtin);
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->quantity, y->quantity);
        assert_true(x->unit_price == y->unit_price && x->price_as_of_ms == y->price_as_of_ms);
        assert_true(x->added_ms == y->added_ms && x->stock == y->stock && x->channel == y->channel);
        assert_true(x->was_price == y->was_price && x->was_as_of_ms == y->was_as_of_ms && x->gift == y->gift);
        assert_string_equal(x->options, y->options);
        assert_string_equal(x->note, y->note);
    }
}

static void test_packed_form_keeps_everything(void **state)
{
    (void)state;
    static uint8_t packed_room[TB_CART_PACKED_SIZE_MAX];
    for (size_t line_count = 0; line_count <= TB_CART_LINE_COUNT_MAX; line_count += 20) {
        fill(&cart, line_count);
        struct tb_buf packed = tb_buf_of(packed_room, sizeof packed_room);
        tb_cart_pack(&cart, &packed);
        assert_int_equal(packed.err, TB_OK);
        memset(&copy, 0x55, sizeof copy);
        assert_int_equal(tb_cart_unpack(tb_buf_span(&packed), &copy), TB_OK);
        assert_carts_equal(&cart, &copy);
    }
}

static void test_json_form_keeps_everything_of_a_full_cart(void **state)
{
    (void)state;
    fill(&cart, TB_CART_LINE_COUNT_MAX);
    struct tb_json_writer w = begin();
    tb_cart_encode(&w, NULL, &cart);
    assert_int_equal(t.text.err, TB_OK);
    assert_true(t.text.size <= tb_cart_json_size(&cart));
    assert_true(tb_cart_json_size(&cart) <= TB_CART_JSON_SIZE_MAX);
    memset(&copy, 0, sizeof copy);
    copy.id = cart.id;
    copy.customer = cart.customer;
    copy.version = cart.version;
    copy.as_of_ms = cart.as_of_ms;
    tb_cart_decode(&t.check, parse_span(tb_buf_span(&t.text)), &copy);
    assert_int_equal(t.check.err, TB_OK);
    assert_carts_equal(&cart, &copy);
}

/* The packed layout of the version before; what it lacks is empty. */
static void test_packed_carts_of_the_first_layout_are_read(void **state)
{
    (void)state;
    static const uint8_t head[1 + 32 + 16] = {1, 0xaa};
    uint8_t room[256];
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    tb_buf_add(&packed, tb_span_of(head, sizeof head));
    tb_buf_add_str(&packed, "EUR");
    tb_buf_add_u64be(&packed, 7);
    tb_buf_add_u16be(&packed, TB_CHANNEL_WEB << 8 | 0);
    tb_buf_add_u16be(&packed, 1);
    tb_buf_add(&packed, tb_span_of(head + 1, TB_ID_SIZE));
    tb_buf_add_str(&packed, "04006381333931");
    tb_buf_add_u8(&packed, 0);
    tb_buf_add_u16be(&packed, 3);
    for (int i = 0; i < 3; i++)
        tb_buf_add_u64be(&packed, 249);
    tb_buf_add_u16be(&packed, TB_STOCK_LOW << 8 | TB_CHANNEL_WEB);
    assert_int_equal(packed.err, TB_OK);
    memset(&copy, 0x55, sizeof copy);
    assert_int_equal(tb_cart_unpack(tb_buf_span(&packed), &copy), TB_OK);
    assert_int_equal(copy.line_count, 1);
    assert_int_equal(copy.lines[0].quantity, 3);
    assert_int_equal(copy.lines[0].stock, TB_STOCK_LOW);
    assert_string_equal(copy.lines[0].options, "");
    assert_string_equal(copy.note, "");
    assert_true(tb_id_is_zero(&copy.claim.checkout));
}

static void test_decodes_what_lines_and_carts_may_have(void **state)
{
    (void)state;
    const char *text =
        "{\"currency\":\"EUR\",\"lines\":[{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"gtin\":"
        "\"04006381333931\",\"options\":\"size:m\",\"quantity\":2,\"unit_price\":249,\"price_as_of\":9,"
        "\"was_price\":449,\"was_as_of\":5,\"gift\":true,\"note\":\"wrap it\"}],\"note\":\"calls at "
        "six\",\"claim\":{\"checkout\":\"cccccccccccccccccccccccccccccccc\",\"by\":\"Till 4\","
        "\"since_ms\":7,\"until_ms\":120007}}";
    tb_cart_decode(&t.check, parse(text), &cart);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(cart.lines[0].options, "size:m");
    assert_true(cart.lines[0].was_price == 449 && cart.lines[0].was_as_of_ms == 5);
    assert_true(cart.lines[0].gift);
    assert_string_equal(cart.lines[0].note, "wrap it");
    assert_string_equal(cart.note, "calls at six");
    assert_int_equal(cart.claim.checkout.bytes[0], 0xcc);
    assert_string_equal(cart.claim.by, "Till 4");
    assert_true(cart.claim.since_ms == 7 && cart.claim.until_ms == 120007);
    struct tb_json_writer w = begin();
    tb_cart_encode(&w, NULL, &cart);
    assert_written(text);
}

static void test_damaged_packed_carts_are_refused(void **state)
{
    (void)state;
    static uint8_t packed_room[TB_CART_PACKED_SIZE_MAX + 1];
    fill(&cart, 4);
    struct tb_buf packed = tb_buf_of(packed_room, sizeof packed_room);
    tb_cart_pack(&cart, &packed);
    for (size_t size = 0; size < packed.size; size++) {
        assert_int_equal(tb_cart_unpack(tb_span_of(packed_room, size), &copy), TB_ERR_TRUNCATED);
        assert_int_equal(copy.line_count, 0);
    }
    assert_int_equal(tb_cart_unpack(tb_span_of(packed_room, packed.size + 1), &copy), TB_ERR_TOO_LONG);
    packed_room[packed.size - 17] = 2; /* gift of the last line */
    assert_int_equal(tb_cart_unpack(tb_buf_span(&packed), &copy), TB_ERR_RANGE);
    packed_room[0] = 3;
    assert_int_equal(tb_cart_unpack(tb_buf_span(&packed), &copy), TB_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_and_encode),
        cmocka_unit_test(test_unknown_members_are_passed_over),
        cmocka_unit_test(test_faults_name_the_member),
        cmocka_unit_test(test_packed_form_keeps_everything),
        cmocka_unit_test(test_json_form_keeps_everything_of_a_full_cart),
        cmocka_unit_test(test_packed_carts_of_the_first_layout_are_read),
        cmocka_unit_test(test_decodes_what_lines_and_carts_may_have),
        cmocka_unit_test(test_damaged_packed_carts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
