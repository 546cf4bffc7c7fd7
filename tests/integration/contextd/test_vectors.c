/* Holds the SQLite engine to the vectors of docs; that folder is in TB_VECTORS. */
#include "tests/integration/contextd/engine_fixture.h"
#include "tests/support/cart_vectors.h"
#include "tests/support/unit.h"

#include <stdlib.h>

static struct engine_fixture fixture;

static void shop_clock(void *context, int64_t wall_ms)
{
    ((struct engine_fixture *)context)->wall_ms = wall_ms;
}

static void shop_customer(void *context, const struct tb_id *id)
{
    const struct tb_record record = {.kind = TB_RECORD_CUSTOMER,
                                     .as.customer = {.id = *id,
                                                     .name = "Ms Vector",
                                                     .since = "2026",
                                                     .tier = "gold",
                                                     .language = "en",
                                                     .home_store = "0421"}};
    engine_fixture_load(context, &record);
}

static bool touched = true; /* a vector changed products */

static void product_load(void *context, const char *gtin, int64_t unit_price, int64_t pieces)
{
    struct tb_record record = {.kind = TB_RECORD_PRODUCT,
                               .as.product = {.gtin = gtin, .name = "Product", .unit_price = unit_price}};
    engine_fixture_load(context, &record);
    record = (struct tb_record){.kind = TB_RECORD_STOCK,
                                .as.stock = {.gtin = gtin, .store = "0421", .quantity = pieces}};
    engine_fixture_load(context, &record);
}

static void shop_product(void *context, const char *gtin, int64_t unit_price, int64_t pieces)
{
    touched = true;
    product_load(context, gtin, unit_price, pieces);
}

/* Each vector finds the products as they are without a word about them. */
static void shop_begin(void *context)
{
    static const char *const gtins[] = {"00000000000017", "00000000000024", "00000000000031",
                                        "00000000000048"};
    for (size_t i = 0; touched && i < sizeof gtins / sizeof gtins[0]; i++)
        product_load(context, gtins[i], 100, 50);
    touched = false;
}

static void every_vector_holds(void **state)
{
    (void)state;
    engine_fixture_begin(&fixture);
    const struct cart_vectors_shop shop = {
        .engine = tb_context_engine_port(fixture.engine),
        .begin = shop_begin,
        .clock = shop_clock,
        .customer = shop_customer,
        .product = shop_product,
        .tills = {fixture_till("till-0421-4"), fixture_till("till-0421-5")},
        .context = &fixture,
    };
    assert_in_range(cart_vectors_run(&shop, getenv("TB_VECTORS")), 170, 2000);
    engine_fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
