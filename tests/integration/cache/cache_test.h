/*
 * What the tests of the terminal's files share: a folder of their own, a device key, and images of
 * files to damage. Every test binary includes this once.
 */
#ifndef TB_TESTS_INTEGRATION_CACHE_CACHE_TEST_H
#define TB_TESTS_INTEGRATION_CACHE_CACHE_TEST_H

#include "agent/cache/seal.h"
#include "core/base/assert.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { IMAGE_SIZE_MAX = 4 * 1024 * 1024 };

struct place {
    char folder[64];
    char path[80];
    struct seeded_rng seed;
    struct tb_rng rng;
    struct tb_sealer sealer;
    uint8_t image[IMAGE_SIZE_MAX]; /* of the file before it was damaged */
    size_t image_size;
};

static struct place place;

static inline void file_remove(const char *suffix)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s%s", place.path, suffix);
    (void)remove(name);
}

static inline void files_remove(void)
{
    file_remove("");
    file_remove("-wal");
    file_remove("-shm");
}

static inline int place_set_up(void **state)
{
    (void)state;
    (void)snprintf(place.folder, sizeof place.folder, "/tmp/tb-cache-XXXXXX");
    assert_non_null(mkdtemp(place.folder));
    (void)snprintf(place.path, sizeof place.path, "%s/file.db", place.folder);
    place.seed = (struct seeded_rng){.state = 11};
    place.rng = seeded_rng_of(&place.seed);
    char key_path[80];
    (void)snprintf(key_path, sizeof key_path, "%s/device.key", place.folder);
    assert_int_equal(tb_sealer_load(key_path, &place.rng, &place.sealer), TB_OK);
    assert_int_equal(remove(key_path), 0);
    return 0;
}

static inline int place_tear_down(void **state)
{
    (void)state;
    tb_sealer_wipe(&place.sealer);
    files_remove();
    return rmdir(place.folder);
}

static inline void image_read(void)
{
    FILE *file = fopen(place.path, "rb");
    assert_non_null(file);
    place.image_size = fread(place.image, 1, sizeof place.image, file);
    assert_true(place.image_size > 0 && place.image_size < sizeof place.image);
    (void)fclose(file);
}

static inline void image_write(void)
{
    files_remove();
    FILE *file = fopen(place.path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(place.image, 1, place.image_size, file), place.image_size);
    assert_int_equal(fclose(file), 0);
}

static inline size_t bit_pick(struct seeded_rng *seed)
{
    return (size_t)(seeded_rng_next(seed) % (8 * place.image_size));
}

static inline void bit_flip(size_t bit)
{
    place.image[bit / 8] ^= (uint8_t)(1U << bit % 8);
}

static inline void sql_run(const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(place.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline void assert_file_is_image(void)
{
    static uint8_t now[IMAGE_SIZE_MAX];
    FILE *file = fopen(place.path, "rb");
    assert_non_null(file);
    size_t size = fread(now, 1, sizeof now, file);
    (void)fclose(file);
    assert_int_equal(size, place.image_size);
    assert_memory_equal(now, place.image, size);
}

#endif
