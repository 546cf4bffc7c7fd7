/* Holds core/cart to docs/cart-vectors.json; the file's path is in TB_CART_VECTORS. */
#include "tests/unit/cart/cart_test.h"

#include "tests/support/unit.h"

#include <stdlib.h>

static char text[TB_JSON_SIZE_MAX];
static uint8_t memory[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];

static struct tb_json vectors_load(struct tb_arena *arena)
{
    const char *path = getenv("TB_CART_VECTORS");
    assert_non_null(path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    assert_int_equal(fclose(file), 0);
    struct tb_json root;
    struct tb_check check = {0};
    assert_int_equal(tb_json_parse(tb_span_of(text, size), 0, arena, &root), TB_OK);
    struct tb_json vectors = tb_json_array(&check, root, "vectors", 1000);
    assert_int_equal(check.err, TB_OK);
    return vectors;
}

/* Lines and customers are single letters. */
static unsigned letter(struct tb_check *check, struct tb_json object, const char *name)
{
    struct tb_span value = tb_json_text(check, object, name, 1);
    return value.size ? value.at[0] : 0;
}

static struct tb_mutation step_read(struct tb_check *check, struct tb_json step)
{
    static const char *const kinds[] = {"add", "set_quantity", "remove"};
    unsigned kind = tb_json_enum(check, step, "do", kinds, 3);
    struct tb_mutation m =
        test_mutation((enum tb_mutation_kind[]){TB_MUTATION_CART_ADD, TB_MUTATION_CART_SET_QUANTITY,
                                                TB_MUTATION_CART_REMOVE}[kind],
                      letter(check, step, "line"));
    m.customer = test_id(0x2000 + (tb_json_has(step, "customer") ? letter(check, step, "customer") : 'c'));
    if (kind == 0) {
        tb_json_str(check, step, "gtin", m.add.gtin, sizeof m.add.gtin);
        m.add.quantity = (int32_t)tb_json_int(check, step, "quantity", 0, 10000);
    } else if (kind == 1) {
        m.set_quantity.from = (int32_t)tb_json_int(check, step, "from", 0, 10000);
        m.set_quantity.to = (int32_t)tb_json_int(check, step, "to", 0, 10000);
    } else {
        m.remove.from = (int32_t)tb_json_int(check, step, "from", 0, 10000);
    }
    return m;
}

static void steps_run(struct tb_check *check, struct tb_json vector, struct test_cart *t)
{
    struct tb_json steps = tb_json_array(check, vector, "steps", 100);
    for (struct tb_json_each each = tb_json_first(steps); tb_json_exists(each.value); tb_json_next(&each)) {
        char code[TB_VERDICT_CODE_SIZE_MAX + 1];
        struct tb_mutation m = step_read(check, each.value);
        tb_json_str(check, each.value, "code", code, sizeof code);
        assert_int_equal(check->err, TB_OK);
        assert_string_equal(tb_cart_code_name(test_apply(t, m)), code);
    }
}

static void cart_compare(struct tb_check *check, struct tb_json vector, const struct tb_cart *cart)
{
    struct tb_json lines = tb_json_array(check, vector, "cart", 100);
    size_t i = 0;
    assert_int_equal(check->err, TB_OK);
    assert_int_equal(tb_json_count(lines), cart->line_count);
    for (struct tb_json_each each = tb_json_first(lines); tb_json_exists(each.value); tb_json_next(&each)) {
        const struct tb_cart_line *line = &cart->lines[i++];
        struct tb_id id = test_id(letter(check, each.value, "line"));
        char gtin[TB_GTIN_SIZE + 1];
        tb_json_str(check, each.value, "gtin", gtin, sizeof gtin);
        assert_true(tb_id_equal(&line->id, &id));
        assert_string_equal(line->gtin, gtin);
        assert_int_equal(line->quantity, tb_json_int(check, each.value, "quantity", 1, 10000));
    }
    assert_int_equal(check->err, TB_OK);
}

static void every_vector_holds(void **state)
{
    (void)state;
    static struct test_cart t;
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_check check = {0};
    struct tb_json vectors = vectors_load(&arena);
    size_t count = 0;
    for (struct tb_json_each each = tb_json_first(vectors); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span name = tb_json_text(&check, each.value, "name", 200);
        print_message("%.*s\n", (int)name.size, (const char *)name.at);
        memset(&t, 0, sizeof t);
        steps_run(&check, each.value, &t);
        cart_compare(&check, each.value, &t.cart);
        count++;
    }
    assert_in_range(count, 20, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
