/*
 * A flipped bit in the cache's file, seen from storage: who is found is right, and who is not, or does not
 * verify, is fetched again as the agent does it, and found from then on.
 */
#include "tests/integration/agent/terminal.h"
#include "tests/support/seeded_rng.h"

enum { PEOPLE = 12, FLIPS = 100, IMAGE_SIZE_MAX = 1 << 20 };

static uint8_t image[IMAGE_SIZE_MAX];
static size_t image_size;

static struct answer {
    enum tb_err err;
    bool damaged; /* storage said that the file is */
} answer;

static struct tally {
    size_t asked;   /* the context store was, for one customer */
    size_t renewed; /* the file was set aside */
} tally;

struct person {
    struct tb_id id;
    struct tb_digest hash;
    char profile[128];
    char hash_hex[2 * TB_SHA256_SIZE + 1];
    struct tb_row rows[2];
};

static struct person people[PEOPLE];

static void person_make(struct person *p, uint8_t number)
{
    static const char credential_doc[] = "{\"kind\":\"member\"}";
    struct tb_credential credential;
    char value[16];
    (void)snprintf(value, sizeof value, "%010d", 7000000 + number);
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str(value), &credential), TB_OK);
    *p = (struct person){.id = {{0xc0, number, 1}},
                         .hash = tb_pepper_credential(&terminal_pepper, &credential)};
    (void)snprintf(p->profile, sizeof p->profile,
                   "{\"name\":\"Shopper %d\",\"tier\":\"gold\",\"points\":%d,\"language\":\"en\"}", number,
                   number * 100);
    struct tb_buf hex = tb_buf_of(p->hash_hex, sizeof p->hash_hex);
    tb_buf_add_hex(&hex, tb_digest_span(&p->hash));
    for (size_t i = 0; i < 2; i++)
        p->rows[i] = (struct tb_row){.op = TB_ROW_PUT, .version = 1, .as_of_ms = 1000, .customer = p->id};
    p->rows[0].type = TB_ROW_CUSTOMER;
    p->rows[0].doc = tb_span_str(p->profile);
    tb_id_encode(&p->id, p->rows[0].id);
    p->rows[1].type = TB_ROW_CREDENTIAL;
    p->rows[1].doc = tb_span_str(credential_doc);
    memcpy(p->rows[1].id, p->hash_hex, sizeof p->hash_hex);
}

/* ---- storage ---- */

static void answered(void *context, enum tb_err err)
{
    (void)context;
    answer.err = err;
    tb_loop_stop(terminal.loop);
}

static void damaged(void *context)
{
    (void)context;
    answer.damaged = true;
}

static void start(void)
{
    terminal_start();
    terminal.storage.cache_damaged = damaged;
    tb_storage_set_pepper(&terminal.storage, &terminal_pepper);
}

static enum tb_err rows_put_some(const struct person *p, size_t count)
{
    const struct tb_rows rows = {.at = p->rows, .count = count};
    answer = (struct answer){.err = TB_OK};
    assert_int_equal(tb_storage_put(&terminal.storage, &rows, answered, NULL), TB_OK);
    terminal_run();
    return answer.err;
}

static enum tb_err rows_put(const struct person *p)
{
    return rows_put_some(p, 2);
}

static enum tb_err find(const struct person *p, struct tb_customer_key *ret_key)
{
    struct tb_record record;
    *ret_key = (struct tb_customer_key){{0}};
    enum tb_err err = tb_cache_find_credential(&terminal.storage.reader, &p->hash, ret_key, &record);
    if (err != TB_OK)
        return err;
    char name[32];
    char profile[256];
    assert_true(tb_id_equal(&record.customer, &p->id));
    assert_int_equal(tb_span_to_str(record.sections[TB_SECTION_PROFILE].bytes, profile, sizeof profile),
                     TB_OK);
    (void)snprintf(name, sizeof name, "\"name\":\"Shopper %d\"", p->id.bytes[1]);
    assert_non_null(strstr(profile, name));
    tb_cache_reader_wipe(&terminal.storage.reader);
    return TB_OK;
}

static void renew(void)
{
    tally.renewed++;
    assert_int_equal(tb_storage_renew_cache(&terminal.storage), TB_OK);
}

/* What a tap does: agent/app/visit/taps.c. */
static void tap(const struct person *p)
{
    struct tb_customer_key key;
    enum tb_err err = find(p, &key);
    if (err == TB_OK)
        return;
    if (tb_err_class(err) == TB_CLASS_CORRUPT)
        tb_storage_forget(&terminal.storage, &key);
    else
        assert_int_equal(err, TB_ERR_NOT_FOUND);
    if (err == TB_ERR_CORRUPT)
        renew();
    tally.asked++;
    if (rows_put(p) != TB_OK || answer.damaged) {
        assert_true(answer.damaged);
        renew();
        assert_int_equal(rows_put(p), TB_OK);
    }
    assert_int_equal(find(p, &key), TB_OK);
}

/* ---- the file ---- */

static void image_path(char path[512])
{
    (void)snprintf(path, 512, "%s/cache.db", terminal.config.state_dir);
}

static void image_read(void)
{
    char path[512];
    image_path(path);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    image_size = fread(image, 1, sizeof image, file);
    (void)fclose(file);
    assert_true(image_size > 0 && image_size < sizeof image);
}

static void image_write(void)
{
    char path[512];
    image_path(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(image, 1, image_size, file), image_size);
    assert_int_equal(fclose(file), 0);
}

static void what_a_flipped_bit_takes_is_fetched_again(void **state)
{
    (void)state;
    struct seeded_rng chance = {77};
    terminal.storage.cache_damaged = damaged;
    for (int i = 0; i < PEOPLE; i++) {
        person_make(&people[i], (uint8_t)i);
        assert_int_equal(rows_put(&people[i]), TB_OK);
    }
    terminal_stop();
    image_read();
    for (int flip = 0; flip < FLIPS; flip++) {
        size_t bit = (size_t)(seeded_rng_next(&chance) % (8 * image_size));
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        image_write();
        image[bit / 8] ^= (uint8_t)(1U << bit % 8);
        start();
        (void)rows_put_some(&people[0], 0); /* the pepper is taken note of by then */
        size_t renewed = 0;
        do {
            renewed = tally.renewed; /* a file that is made anew is empty */
            for (int i = 0; i < PEOPLE; i++)
                tap(&people[i]);
        } while (tally.renewed != renewed);
        size_t asked = tally.asked;
        for (int i = 0; i < PEOPLE; i++)
            tap(&people[i]);
        assert_int_equal(tally.asked, asked); /* all are here now */
        terminal_stop();
    }
    print_message("%d flips: %zu customers fetched again, %zu files set aside while running\n", FLIPS,
                  tally.asked, tally.renewed);
    assert_true(tally.asked > FLIPS / 10);
    image_write();
    terminal_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_flipped_bit_takes_is_fetched_again, terminal_set_up,
                                        terminal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
