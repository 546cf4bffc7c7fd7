/* Holds core/cart, under an engine in memory, to the vectors of docs; that folder is in TB_VECTORS. */
#include "tests/support/cart_vectors.h"
#include "tests/support/engine_fake.h"
#include "tests/support/unit.h"

#include <stdlib.h>

static struct engine_fake engine;

static void shop_begin(void *context)
{
    engine_fake_init(context);
}

static void shop_clock(void *context, int64_t wall_ms)
{
    ((struct engine_fake *)context)->wall_ms = wall_ms;
}

static void shop_product(void *context, const char *gtin, int64_t unit_price, int64_t pieces)
{
    enum tb_stock stock = pieces > 5 ? TB_STOCK_IN_STOCK : pieces > 0 ? TB_STOCK_LOW : TB_STOCK_NOT_HERE;
    engine_fake_set_product(context, gtin, unit_price, stock);
}

static void every_vector_holds(void **state)
{
    (void)state;
    const struct cart_vectors_shop shop = {
        .engine = engine_fake_port(&engine),
        .begin = shop_begin,
        .clock = shop_clock,
        .product = shop_product,
        .tills = {{.device = "urn:tillbridge:demo:device:till-4",
                   .store = FAKE_STORE,
                   .channel = TB_CHANNEL_TILL},
                  {.device = "urn:tillbridge:demo:device:till-5",
                   .store = FAKE_STORE,
                   .channel = TB_CHANNEL_TILL}},
        .context = &engine,
    };
    assert_in_range(cart_vectors_run(&shop, getenv("TB_VECTORS")), 170, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector_holds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
