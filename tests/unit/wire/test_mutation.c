#include "core/wire/mutation.h"
#include "tests/unit/wire/wire_test.h"

#define WHERE                                                                                          \
    "\"customer\":\"c0000000000000000000000000000000\",\"cart\":\"ca000000000000000000000000000000\"," \
    "\"line\":\"11000000000000000000000000000000\",\"visit\":\"55000000000000000000000000000000\","    \
    "\"made_ms\":1700000000000,"

static const char ADD[] =
    "{\"seq\":1,\"kind\":\"cart.add\"," WHERE "\"gtin\":\"04006381333931\",\"quantity\":3}";
static const char SET[] = "{\"seq\":2,\"kind\":\"cart.set_quantity\"," WHERE "\"from\":3,\"to\":0}";
static const char REMOVE[] = "{\"seq\":9007199254740991,\"kind\":\"cart.remove\"," WHERE "\"from\":3}";
static const char SKIPPED[] = "{\"seq\":4,\"kind\":\"skipped\",\"count\":12}";

#define ID "\"77000000000000000000000000000000\""
#define HASH "\"5500000000000000000000000000000000000000000000000000000000000000\""
#define CUSTOMER "\"customer\":\"c0000000000000000000000000000000\","
#define CART "\"cart\":\"ca000000000000000000000000000000\","
#define MADE "\"made_ms\":1700000000000,"
#define SALE "\"transaction\":\"0421-7-1093\",\"business_date\":\"2026-11-23\","
#define PAID \
    "{\"line\":" ID ",\"gtin\":\"04006381333931\",\"options\":\"size:m\",\"quantity\":2,\"unit_price\":199}"

/* One of every kind at least, as it is written. */
static const char *const all[] = {
    ADD,
    SET,
    REMOVE,
    SKIPPED,
    "{\"seq\":5,\"kind\":\"cart.add\"," CART "\"line\":" ID "," MADE
    "\"gtin\":\"04006381333931\",\"options\":\"size:m\",\"quantity\":1,\"gift\":true,\"keep_gift\":true}",
    "{\"seq\":5,\"kind\":\"cart.note\"," CUSTOMER CART MADE "\"text\":\"no bag\"}",
    "{\"seq\":5,\"kind\":\"cart.merge\"," CUSTOMER CART MADE "\"from\":" ID
    ",\"policy\":\"max\",\"undo\":true,\"exclude\":[" ID "," ID "]}",
    "{\"seq\":5,\"kind\":\"cart.merge\"," CUSTOMER CART MADE "\"from\":" ID ",\"policy\":\"sum\"}",
    "{\"seq\":5,\"kind\":\"checkout.claim\"," CART MADE "\"checkout\":" ID "}",
    "{\"seq\":5,\"kind\":\"checkout.release\"," CART MADE "\"checkout\":" ID "}",
    "{\"seq\":5,\"kind\":\"checkout.finish\"," CUSTOMER CART MADE "\"checkout\":" ID "," SALE
    "\"currency\":\"EUR\",\"total\":398,\"part\":true,\"lines\":[" PAID "]}",
    "{\"seq\":5,\"kind\":\"checkout.void\"," MADE SALE "\"of_transaction\":\"1092\",\"of_date\":"
    "\"2026-11-22\",\"of_terminal\":\"till-4\",\"reopen\":true,\"returned\":true,\"lines\":[" PAID "," PAID
    "]}",
    "{\"seq\":5,\"kind\":\"reward.reserve\"," CUSTOMER MADE "\"reward\":\"coffee\",\"reservation\":" ID "}",
    "{\"seq\":5,\"kind\":\"reward.commit\"," CUSTOMER MADE "\"reward\":\"coffee\",\"reservation\":" ID
    ",\"offline\":true}",
    "{\"seq\":5,\"kind\":\"reward.release\"," CUSTOMER MADE "\"reward\":\"coffee\",\"reservation\":" ID "}",
    "{\"seq\":5,\"kind\":\"points.earned\"," CUSTOMER MADE
    "\"points\":-12,\"transaction\":\"1\",\"business_date\":\"2026-01-31\"}",
    "{\"seq\":5,\"kind\":\"points.earned\"," CUSTOMER MADE "\"points\":12}",
    "{\"seq\":5,\"kind\":\"credential.link\"," CUSTOMER MADE "\"credential_kind\":\"member\",\"hash\":" HASH
    "}",
    "{\"seq\":5,\"kind\":\"credential.link\"," CUSTOMER MADE
    "\"operator\":\"op-7\",\"credential_kind\":\"member\",\"hash\":" HASH ",\"share\":true}",
    "{\"seq\":5,\"kind\":\"credential.block\"," CUSTOMER MADE "\"hash\":" HASH ",\"reason\":\"stolen\"}",
    "{\"seq\":5,\"kind\":\"customer.create\"," CUSTOMER MADE
    "\"name\":\"Ana\",\"language\":\"pt\",\"credential_kind\":\"member\",\"hash\":" HASH "}",
    "{\"seq\":5,\"kind\":\"customer.create\"," CUSTOMER MADE
    "\"operator\":\"op-7\",\"name\":\"Ana\",\"language\":\"pt\",\"phone\":\"+351 21 000 00 00\","
    "\"email\":\"ana@example.org\",\"consents\":[{\"consent\":\"marketing\",\"granted\":false,"
    "\"text_version\":\"2026-03\"},{\"consent\":\"profiling\",\"granted\":true,\"text_version\":\"1\"}]}",
    "{\"seq\":5,\"kind\":\"note.add\"," CUSTOMER MADE "\"operator\":\"op-7\",\"note\":" ID
    ",\"text\":\"asks for a bag\"}",
    "{\"seq\":5,\"kind\":\"note.remove\"," CUSTOMER MADE "\"note\":" ID "}",
    "{\"seq\":5,\"kind\":\"visit.begin\"," CUSTOMER "\"visit\":" ID "," MADE
    "\"source\":\"found\",\"assurance\":\"low\"}",
    "{\"seq\":5,\"kind\":\"visit.begin\"," CUSTOMER "\"visit\":" ID "," MADE
    "\"source\":\"cache\",\"credential_kind\":\"member\"}",
    "{\"seq\":5,\"kind\":\"visit.end\",\"visit\":" ID "," MADE "\"reason\":\"done\",\"lasted_ms\":61000}",
    "{\"seq\":5,\"kind\":\"journey.event\",\"visit\":" ID "," MADE
    "\"event\":{\"specversion\":\"1.0\",\"id\":\"7\",\"source\":\"/kiosk/2\",\"type\":\"product.viewed\","
    "\"time\":\"2026-11-23T05:00:00Z\",\"subject\":\"04006381333931\",\"data\":{\"a\":[1,2.5]}}}",
    "{\"seq\":5,\"kind\":\"handover.request\"," CUSTOMER CART MADE "\"handover\":" ID
    ",\"to\":\"any\",\"note\":\"wants the blue one\"}",
    "{\"seq\":5,\"kind\":\"handover.request\"," CART MADE "\"handover\":" ID
    ",\"to\":\"any\",\"reason\":\"help\"}",
    "{\"seq\":5,\"kind\":\"handover.accept\"," CUSTOMER MADE "\"handover\":" ID "}",
    "{\"seq\":5,\"kind\":\"handover.decline\"," MADE "\"handover\":" ID "}",
    "{\"seq\":5,\"kind\":\"handover.cancel\"," CUSTOMER MADE "\"handover\":" ID "}",
    "{\"seq\":5,\"kind\":\"consent.set\"," CUSTOMER MADE
    "\"consent\":\"marketing\",\"granted\":false,\"text_version\":\"2026-03\"}",
    "{\"seq\":5,\"kind\":\"erasure.receipt\"," MADE "\"erasure\":" ID
    ",\"signature\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-"
    "Pw\"}",
    "{\"seq\":5,\"kind\":\"cart.merge\"," CUSTOMER CART MADE "\"from\":" ID
    ",\"policy\":\"sum\",\"from_version\":9007199254740991,\"handover\":" ID "}",
    "{\"seq\":5,\"kind\":\"cart.set_quantity\"," CART "\"line\":" ID "," MADE
    "\"from\":2,\"to\":1,\"keep_gift\":true}",
};

static struct tb_mutation decode(const char *text)
{
    struct tb_mutation m;
    struct tb_json object = parse(text);
    tb_mutation_decode(&t.check, object, &t.arena, &m);
    return m;
}

static void test_every_kind_survives(void **state)
{
    (void)state;
    bool seen[TB_MUTATION_KIND_COUNT] = {[TB_MUTATION_NONE] = true};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct tb_mutation m = decode(all[i]);
        assert_int_equal(t.check.err, TB_OK);
        seen[m.kind] = true;
        struct tb_json_writer w = begin();
        tb_mutation_encode(&w, NULL, &m);
        assert_written(all[i]);
    }
    for (unsigned kind = 0; kind < TB_MUTATION_KIND_COUNT; kind++)
        assert_true(seen[kind]);
    struct tb_mutation m = decode(ADD);
    assert_int_equal(m.kind, TB_MUTATION_CART_ADD);
    assert_string_equal(m.add.gtin, "04006381333931");
    assert_int_equal(m.add.quantity, 3);
    m = decode(SET);
    assert_int_equal(m.set_quantity.from, 3);
    assert_int_equal(m.set_quantity.to, 0);
    m = decode(SKIPPED);
    assert_true(m.skipped.count == 12);
    assert_true(tb_id_is_zero(&m.customer));
}

static void test_visit_is_optional(void **state)
{
    (void)state;
    struct tb_mutation m =
        decode("{\"seq\":1,\"kind\":\"cart.remove\",\"customer\":\"c0000000000000000000000000000000\","
               "\"cart\":\"ca000000000000000000000000000000\",\"line\":"
               "\"11000000000000000000000000000000\",\"made_ms\":0,\"from\":0}");
    assert_int_equal(t.check.err, TB_OK);
    assert_true(tb_id_is_zero(&m.visit));
}

static void test_an_unknown_kind_still_has_its_seq(void **state)
{
    (void)state;
    struct tb_mutation m = decode("{\"seq\":17,\"kind\":\"cart.levitate\"}");
    assert_fault(TB_ERR_UNSUPPORTED, "kind");
    assert_true(m.seq == 17);
    assert_int_equal(m.kind, TB_MUTATION_NONE);
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        const char *member;
    } vectors[] = {
        {"{\"kind\":\"skipped\",\"count\":1}", TB_ERR_MISSING, "seq"},
        {"{\"seq\":0,\"kind\":\"skipped\",\"count\":1}", TB_ERR_RANGE, "seq"},
        {"{\"seq\":9007199254740992,\"kind\":\"skipped\",\"count\":1}", TB_ERR_RANGE, "seq"},
        {"{\"seq\":1}", TB_ERR_MISSING, "kind"},
        {"{\"seq\":1,\"kind\":7}", TB_ERR_TYPE, "kind"},
        {"{\"seq\":1,\"kind\":\"skipped\",\"count\":0}", TB_ERR_RANGE, "count"},
        {"{\"seq\":1,\"kind\":\"cart.add\"," WHERE "\"quantity\":3}", TB_ERR_MISSING, "gtin"},
        {"{\"seq\":1,\"kind\":\"cart.add\"," WHERE "\"gtin\":\"04006381333931\",\"quantity\":0}",
         TB_ERR_RANGE, "quantity"},
        {"{\"seq\":1,\"kind\":\"cart.remove\"," WHERE "\"from\":-1}", TB_ERR_RANGE, "from"},
        {"{\"seq\":1,\"kind\":\"cart.remove\",\"from\":1}", TB_ERR_MISSING, "cart"},
        {"{\"seq\":1,\"kind\":\"consent.set\"," MADE "\"granted\":true}", TB_ERR_MISSING, "customer"},
        {"{\"seq\":1,\"kind\":\"cart.merge\"," CUSTOMER CART MADE "\"from\":" ID ",\"policy\":\"ask\"}",
         TB_ERR_RANGE, "policy"},
        {"{\"seq\":1,\"kind\":\"cart.merge\"," CUSTOMER CART MADE "\"from\":" ID
         ",\"policy\":\"sum\",\"exclude\":[7]}",
         TB_ERR_TYPE, "exclude"},
        {"{\"seq\":1,\"kind\":\"checkout.finish\"," MADE
         "\"transaction\":\"1\",\"business_date\":\"2026-13-01\"}",
         TB_ERR_SYNTAX, "business_date"},
        {"{\"seq\":1,\"kind\":\"checkout.finish\"," MADE SALE "\"currency\":\"EUR\",\"total\":1}",
         TB_ERR_MISSING, "lines"},
        {"{\"seq\":1,\"kind\":\"points.earned\"," CUSTOMER MADE "\"points\":0}", TB_ERR_RANGE, "points"},
        {"{\"seq\":1,\"kind\":\"points.earned\"," CUSTOMER MADE "\"points\":1000000000001}", TB_ERR_RANGE,
         "points"},
        {"{\"seq\":1,\"kind\":\"points.earned\"," CUSTOMER MADE "\"points\":1,\"transaction\":\"1\"}",
         TB_ERR_MISSING, "business_date"},
        {"{\"seq\":1,\"kind\":\"journey.event\"," MADE "\"event\":{\"specversion\":\"0.3\"}}",
         TB_ERR_UNSUPPORTED, "specversion"},
        {"{\"seq\":1,\"kind\":\"journey.event\"," MADE "\"event\":{\"specversion\":\"1.0\",\"id\":\"\"}}",
         TB_ERR_RANGE, "id"},
        {"{\"seq\":1,\"kind\":\"erasure.receipt\"," MADE "\"erasure\":" ID ",\"signature\":\"AAEC\"}",
         TB_ERR_TRUNCATED, "signature"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        (void)decode(vectors[i].text);
        assert_fault(vectors[i].err, vectors[i].member);
    }
}

static void test_verdicts(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"seq\":1,\"verdict\":\"applied\",\"version\":7}",
        "{\"seq\":2,\"verdict\":\"duplicate\"}",
        "{\"seq\":3,\"verdict\":\"rejected\",\"code\":\"cart.full\"}",
        "{\"seq\":4,\"verdict\":\"retry\",\"code\":\"retry.busy\"}",
        "{\"seq\":5,\"verdict\":\"applied\",\"conflict\":\"double_sale\",\"version\":7}",
    };
    static const enum tb_verdict_kind kinds[] = {TB_VERDICT_APPLIED, TB_VERDICT_DUPLICATE,
                                                 TB_VERDICT_REJECTED, TB_VERDICT_RETRY, TB_VERDICT_APPLIED};
    struct tb_verdict v;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        tb_verdict_decode(&t.check, parse(texts[i]), &v);
        assert_int_equal(t.check.err, TB_OK);
        assert_true(v.seq == (int64_t)i + 1);
        assert_int_equal(v.kind, kinds[i]);
        struct tb_json_writer w = begin();
        tb_verdict_encode(&w, NULL, &v);
        assert_written(texts[i]);
    }
    tb_verdict_decode(&t.check, parse("{\"seq\":1,\"verdict\":\"perhaps\"}"), &v);
    assert_fault(TB_ERR_RANGE, "verdict");
    tb_verdict_decode(&t.check, parse("{\"seq\":1,\"verdict\":\"rejected\",\"code\":\"not a code\"}"), &v);
    assert_fault(TB_ERR_SYNTAX, "code");
}

/* The longest sale there can be. */
static struct tb_mutation sale_make(struct tb_paid_line *lines, size_t count)
{
    struct tb_mutation m = {
        .seq = TB_VERSION_MAX, .kind = TB_MUTATION_CHECKOUT_FINISH, .made_ms = TB_TIME_MS_MAX};
    memset(&m.customer, 0xee, sizeof m.customer);
    m.cart = m.visit = m.finish.checkout = m.customer;
    memset(m.finish.sale.transaction, 't', TB_TRANSACTION_SIZE_MAX);
    memcpy(m.finish.sale.business_date, "2026-11-23", TB_DATE_SIZE);
    memcpy(m.finish.currency, "EUR", 3);
    m.finish.total = -TB_MONEY_MAX;
    m.finish.part = true;
    for (size_t i = 0; i < count; i++) {
        lines[i] = (struct tb_paid_line){.line = m.customer, .quantity = TB_QUANTITY_MAX};
        memset(lines[i].gtin, '7', TB_GTIN_SIZE);
        memset(lines[i].options, 'o', TB_SHORT_SIZE_MAX);
        lines[i].unit_price = -TB_MONEY_MAX;
    }
    m.finish.lines = (struct tb_paid_lines){.at = lines, .count = (uint8_t)count};
    return m;
}

static void test_a_batch_keeps_the_longest_sale(void **state)
{
    (void)state;
    static struct tb_paid_line lines[TB_PAID_LINE_COUNT_MAX];
    static struct tb_mutation_batch batch;
    static uint8_t block[TB_MUTATION_ARENA_SIZE];
    struct tb_mutation m = sale_make(lines, TB_PAID_LINE_COUNT_MAX);
    assert_int_equal(tb_mutation_batch_add(&batch, &m), TB_OK);
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_mutation read;
    tb_mutation_batch_read(&batch, 0, &arena, &read);
    assert_int_equal(read.kind, TB_MUTATION_CHECKOUT_FINISH);
    assert_int_equal(read.finish.lines.count, TB_PAID_LINE_COUNT_MAX);
    assert_memory_equal(read.finish.lines.at, lines, sizeof lines);
    assert_int_equal(tb_mutation_batch_add(&batch, &m), TB_ERR_FULL);
    assert_int_equal(batch.count, 1);
}

static void test_a_batch_gives_back_what_went_in(void **state)
{
    (void)state;
    static struct tb_mutation_batch batch;
    static uint8_t block[TB_MUTATION_ARENA_SIZE];
    struct tb_mutation skipped = decode(SKIPPED);
    assert_int_equal(tb_mutation_batch_add(&batch, &skipped), TB_OK);
    assert_int_equal(tb_mutation_batch_add(&batch, &(struct tb_mutation){.seq = 16}), TB_OK);
    for (size_t i = 0; i < 20; i++) {
        struct tb_mutation add = decode(ADD);
        assert_int_equal(tb_mutation_batch_add(&batch, &add), TB_OK);
    }
    assert_true(batch.items[0].last_seq == 15);
    tb_mutation_batch_drop(&batch, 1);
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_mutation m;
    tb_mutation_batch_read(&batch, 0, &arena, &m);
    assert_int_equal(m.kind, TB_MUTATION_NONE);
    assert_true(m.seq == 16);
    tb_mutation_batch_read(&batch, 20, &arena, &m);
    assert_int_equal(m.kind, TB_MUTATION_CART_ADD);
    assert_int_equal(m.add.quantity, 3);
    tb_mutation_batch_drop(&batch, 21);
    assert_int_equal(batch.size, 0);
}

static void test_a_copy_stands_alone(void **state)
{
    (void)state;
    static uint8_t block[TB_MUTATION_LISTS_SIZE_MAX];
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct tb_mutation m = decode(all[i]);
        struct tb_arena arena = tb_arena_of(block, sizeof block);
        struct tb_mutation copy;
        assert_int_equal(tb_mutation_copy(&m, &arena, &copy), TB_OK);
        memset(t.room, 0xa5, sizeof t.room);
        struct tb_json_writer w = begin();
        tb_mutation_encode(&w, NULL, &copy);
        assert_written(all[i]);
    }
    struct tb_mutation m = decode(all[6]);
    struct tb_arena small = tb_arena_of(block, 16);
    assert_int_equal(tb_mutation_copy(&m, &small, &m), TB_ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_survives),
        cmocka_unit_test(test_visit_is_optional),
        cmocka_unit_test(test_an_unknown_kind_still_has_its_seq),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_a_batch_keeps_the_longest_sale),
        cmocka_unit_test(test_a_batch_gives_back_what_went_in),
        cmocka_unit_test(test_a_copy_stands_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
