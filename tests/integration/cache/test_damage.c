/*
 * A flipped bit anywhere in the file is harmless (the same answer as before) or noticed (nobody is found, or
 * an error), and never shown as data. test_integration_cache_damage [flips [seed]]: as many as are wanted.
 */
#include "tests/integration/cache/cache_people.h"

#include <fcntl.h>

enum { FLIPS_PRESET = 1500, MENDS = 60, CHANGE_COUNTER_AT = 24 };

static struct flips {
    size_t count;
    uint64_t seed;
} flips = {.count = FLIPS_PRESET, .seed = 123};

struct tally {
    size_t harmless;
    size_t absent;     /* somebody or something is not found, or does not verify */
    size_t unopened;   /* the file as a whole is refused */
    size_t begun_anew; /* a cursor is not there any more */
};

static void bit_flip_in_file(size_t bit)
{
    uint8_t byte = (uint8_t)(place.image[bit / 8] ^ (1U << bit % 8));
    int fd = open(place.path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
    close(fd);
}

/* Some flips in the header make SQLite write to the file when it is opened: then its change counter has
 * moved. */
static void bit_restore(size_t bit)
{
    uint8_t counter[4];
    int fd = open(place.path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, &place.image[bit / 8], 1, (off_t)(bit / 8)), 1);
    assert_int_equal(pread(fd, counter, sizeof counter, CHANGE_COUNTER_AT), sizeof counter);
    close(fd);
    if (memcmp(counter, place.image + CHANGE_COUNTER_AT, sizeof counter) != 0)
        image_write();
}

/* False when the file is refused. Neither opening nor what follows writes. */
static bool open_for_reading(void)
{
    if (tb_cache_open(place.path, &place.sealer, &cache) != TB_OK)
        return false;
    if (tb_cache_reader_open(place.path, &place.sealer, &reader) == TB_OK)
        return true;
    tb_cache_close(&cache);
    return false;
}

static bool cursors_are_all_there(void)
{
    static const struct tb_scope *const scopes[] = {&COHORT, &CATALOGUE};
    size_t there = 0;
    for (size_t i = 0; i < 2; i++) {
        struct tb_cursor cursor;
        if (tb_cache_cursor(&cache, scopes[i], &cursor) != TB_OK || cursor.size == 0)
            continue;
        assert_int_equal(cursor.size, 1);
        assert_int_equal(cursor.bytes[0], i + 1);
        there++;
    }
    return there == 2;
}

static void flip_judge(struct tally *tally)
{
    if (!open_for_reading()) {
        tally->unopened++;
        return;
    }
    bool lost = lost_count() > 0;
    tally->absent += lost;
    tally->begun_anew += !cursors_are_all_there();
    tally->harmless += !lost;
    cache_close();
}

static void flipped_bits_are_harmless_or_noticed(void **state)
{
    (void)state;
    struct seeded_rng chance = {flips.seed};
    struct tally tally = {0};
    fill();
    assert_int_equal(lost_count(), 0);
    cache_close();
    image_read();
    for (size_t i = 0; i < flips.count; i++) {
        size_t bit = bit_pick(&chance);
        bit_flip_in_file(bit);
        flip_judge(&tally);
        bit_restore(bit);
    }
    assert_file_is_image();
    print_message("%zu flips in %zu bytes, seed %llu: %zu harmless, %zu noticed in a row, %zu in the file;"
                  " 0 shown\n",
                  flips.count, place.image_size, (unsigned long long)flips.seed, tally.harmless, tally.absent,
                  tally.unopened);
    assert_int_equal(tally.harmless + tally.absent + tally.unopened, flips.count);
    assert_true(tally.absent > flips.count / 5);
    assert_true(tally.harmless > 0);
    cache_open();
    assert_int_equal(lost_count(), 0);
}

/* ---- mended by what comes again ---- */

static bool cache_open_damaged(void)
{
    if (tb_cache_open(place.path, &place.sealer, &cache) != TB_OK)
        return false;
    if (tb_cache_set_pepper(&cache, &pepper) == TB_OK &&
        tb_cache_reader_open(place.path, &place.sealer, &reader) == TB_OK)
        return true;
    tb_cache_close(&cache);
    return false;
}

static bool feeds_again(void)
{
    bool applied_all = true;
    for (int person = 0; person < PEOPLE && applied_all; person += 20) {
        for (int k = 0; k < 20; k++)
            everything_rows(person + k);
        applied_all = apply_scoped(&COHORT, 1) == TB_OK;
    }
    for (int product = 1; product <= PRODUCTS; product++)
        product_row(product, 1);
    return apply_scoped(&CATALOGUE, 2) == TB_OK && applied_all;
}

/* The feeds of the next start mend what does not verify and what an index has lost; a file whose structure is
 * damaged says so, and is set aside. */
static void feeds_mend_flipped_bits(void **state)
{
    (void)state;
    struct seeded_rng chance = {321};
    size_t mended = 0;
    size_t damaged = 0;
    fill();
    cache_close();
    image_read();
    for (int i = 0; i < MENDS; i++) {
        size_t bit = bit_pick(&chance);
        bit_flip(bit);
        image_write();
        if (cache_open_damaged()) {
            if (lost_count() > 0) {
                damaged++;
                bool all = feeds_again();
                assert_true(!all || lost_count() == 0);
                mended += all;
            }
            cache_close();
        }
        bit_flip(bit);
    }
    assert_true(damaged > MENDS / 5);
    assert_true(mended * 2 > damaged);
    image_write();
    cache_open();
}

int main(int argc, char **argv)
{
    if (argc > 1)
        flips.count = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        flips.seed = strtoull(argv[2], NULL, 10);
    const struct CMUnitTest tests[] = {
        TEST(flipped_bits_are_harmless_or_noticed),
        TEST(feeds_mend_flipped_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
