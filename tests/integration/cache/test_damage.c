#include "tests/integration/cache/cache_people.h"

static void test_flipped_bits_are_harmless_or_noticed(void **state)
{
    (void)state;
    fill();
    assert_int_equal(lost_count(), 0);
    cache_close();
    image_read();
    struct seeded_rng flips = {123};
    size_t noticed = 0;
    for (int i = 0; i < 1500; i++) {
        size_t bit = bit_pick(&flips);
        bit_flip(bit);
        image_write();
        if (cache_open_damaged()) {
            struct tb_cursor cursor;
            if (tb_cache_cursor(&cache, &COHORT, &cursor) == TB_OK)
                assert_true(cursor.size == 0 || cursor.bytes[0] == 1);
            noticed += lost_count() > 0;
            cache_close();
        } else {
            noticed++;
        }
        bit_flip(bit);
    }
    assert_true(noticed > 300);
    image_write();
    cache_open();
    assert_int_equal(lost_count(), 0);
}

/* The feeds of the next start mend what does not verify, unless the file's structure is damaged. */
static void test_feeds_mend_flipped_bits(void **state)
{
    (void)state;
    fill();
    cache_close();
    image_read();
    struct seeded_rng flips = {321};
    size_t mended = 0;
    size_t damaged = 0;
    for (int i = 0; i < 150; i++) {
        size_t bit = bit_pick(&flips);
        bit_flip(bit);
        image_write();
        bool opened = cache_open_damaged();
        if (opened && lost_count() > 0) {
            damaged++;
            bool applied_all = true;
            for (int person = 0; person < PEOPLE && applied_all; person += 20) {
                for (int k = 0; k < 20; k++)
                    everything_rows(person + k);
                applied_all = apply_scoped(&COHORT, 1) == TB_OK;
            }
            for (int product = 1; product <= PRODUCTS; product++)
                product_row(product, 1);
            applied_all = apply_scoped(&CATALOGUE, 2) == TB_OK && applied_all;
            mended += lost_count() == 0 && applied_all;
        }
        if (opened)
            cache_close();
        bit_flip(bit);
    }
    assert_true(damaged > 20);
    assert_true(mended * 2 > damaged);
    image_write();
    cache_open();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_flipped_bits_are_harmless_or_noticed),
        TEST(test_feeds_mend_flipped_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
