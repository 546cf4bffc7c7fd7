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

static struct tb_mutation decode(const char *text)
{
    struct tb_mutation m;
    tb_mutation_decode(&t.check, parse(text), &m);
    return m;
}

static void test_every_kind_survives(void **state)
{
    (void)state;
    static const char *const texts[] = {ADD, SET, REMOVE, SKIPPED};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tb_mutation m = decode(texts[i]);
        assert_int_equal(t.check.err, TB_OK);
        struct tb_json_writer w = begin();
        tb_mutation_encode(&w, NULL, &m);
        assert_written(texts[i]);
    }
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
        {"{\"seq\":1,\"kind\":\"cart.remove\",\"from\":1}", TB_ERR_MISSING, "customer"},
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
    };
    struct tb_verdict v;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        tb_verdict_decode(&t.check, parse(texts[i]), &v);
        assert_int_equal(t.check.err, TB_OK);
        assert_true(v.seq == (int64_t)i + 1);
        assert_int_equal(v.kind, TB_VERDICT_APPLIED + i);
        struct tb_json_writer w = begin();
        tb_verdict_encode(&w, NULL, &v);
        assert_written(texts[i]);
    }
    tb_verdict_decode(&t.check, parse("{\"seq\":1,\"verdict\":\"perhaps\"}"), &v);
    assert_fault(TB_ERR_RANGE, "verdict");
    tb_verdict_decode(&t.check, parse("{\"seq\":1,\"verdict\":\"rejected\",\"code\":\"not a code\"}"), &v);
    assert_fault(TB_ERR_SYNTAX, "code");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_survives),
        cmocka_unit_test(test_visit_is_optional),
        cmocka_unit_test(test_an_unknown_kind_still_has_its_seq),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
