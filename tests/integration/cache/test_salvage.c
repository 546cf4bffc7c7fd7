/* An outbox made anew from a damaged one: what verifies keeps its name, and no number is given out twice. */
#include "agent/cache/outbox.h"
#include "agent/cache/salvage.h"
#include "host/system/system.h"
#include "tests/integration/cache/cache_test.h"

enum { ROW_COUNT = 40, DECIDED_COUNT = 15 };

static struct tb_outbox outbox;
static struct tb_id incarnation;
static struct tb_salvaged salvaged;
static char damaged_path[96];
static char log_path[112];

static int set_up(void **state)
{
    int failed = place_set_up(state);
    (void)snprintf(damaged_path, sizeof damaged_path, "%s/damaged.db", place.folder);
    (void)snprintf(log_path, sizeof log_path, "%s-wal", damaged_path);
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    incarnation = outbox.incarnation;
    return failed;
}

static int tear_down(void **state)
{
    tb_outbox_close(&outbox);
    (void)remove(damaged_path);
    (void)remove(log_path);
    return place_tear_down(state);
}

static void rows_append(int32_t first, int32_t last)
{
    for (int32_t i = first; i <= last; i++) {
        static uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
        struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
        struct tb_mutation m = {.kind = TB_MUTATION_CART_ADD,
                                .customer = {{1}},
                                .cart = {{2}},
                                .line = {{3}},
                                .made_ms = 1700000000000,
                                .add = {.gtin = "04006381333931", .quantity = i}};
        assert_int_equal(tb_outbox_append(&outbox, &m, &json), TB_OK);
    }
}

static void rows_decide(int64_t first, int64_t last)
{
    for (int64_t seq = first; seq <= last; seq++) {
        const struct tb_verdict verdict = {.seq = seq, .kind = TB_VERDICT_APPLIED, .version = 100 + seq};
        assert_int_equal(tb_outbox_decide(&outbox, &verdict, 1000), TB_OK);
    }
}

/* The outbox is closed and its file is the image. */
static void outbox_to_image(void)
{
    tb_outbox_close(&outbox);
    image_read();
    files_remove();
}

static void bytes_write(const char *path, const uint8_t *bytes, size_t size)
{
    assert_int_equal(tb_file_replace(path, tb_span_of(bytes, size), 0600), TB_OK);
}

/* From the image, as it is now, into place.path; which is then open. */
static void salvage(const struct tb_id *known, int64_t floor)
{
    const struct tb_salvage what = {
        .sealer = &place.sealer, .incarnation = known ? *known : (struct tb_id){{0}}, .floor = floor};
    tb_outbox_close(&outbox);
    files_remove();
    bytes_write(damaged_path, place.image, place.image_size);
    assert_int_equal(tb_salvage(damaged_path, place.path, &what, &salvaged), TB_OK);
    assert_int_equal(tb_outbox_open(place.path, &place.sealer, &outbox), TB_OK);
    assert_int_equal(tb_outbox_check(&outbox), TB_OK);
    assert_true(outbox.next_seq == salvaged.next_seq);
    assert_int_equal(tb_id_equal(&outbox.incarnation, &incarnation), salvaged.named);
}

struct seen {
    int64_t row_count;
    int64_t decided_count;
    int64_t place_count;
};

static bool see(void *context, const struct tb_outbox_entry *entry)
{
    struct seen *seen = context;
    if (entry->mutation.kind == TB_MUTATION_SKIPPED) {
        seen->place_count++;
        assert_true(entry->verdict.kind == TB_VERDICT_NONE);
        return true;
    }
    assert_true(entry->mutation.add.quantity == entry->mutation.seq);
    if (entry->verdict.kind != TB_VERDICT_NONE)
        assert_true(entry->verdict.version == 100 + entry->mutation.seq);
    seen->row_count++;
    seen->decided_count += entry->verdict.kind != TB_VERDICT_NONE;
    return true;
}

static struct seen rows_see(void)
{
    struct seen seen = {0};
    assert_int_equal(tb_outbox_each(&outbox, TB_OUTBOX_ALL, 1, see, &seen), TB_OK);
    assert_true(seen.row_count == salvaged.row_count);
    return seen;
}

static void what_verifies_keeps_its_name(void **state)
{
    (void)state;
    rows_append(1, ROW_COUNT);
    rows_decide(1, DECIDED_COUNT);
    outbox_to_image();
    memset(place.image, 0xee, 100); /* no database any more */
    salvage(NULL, 0);
    assert_true(salvaged.named);
    struct seen seen = rows_see();
    assert_true(seen.row_count == ROW_COUNT && seen.decided_count == DECIDED_COUNT && seen.place_count == 1);
    assert_true(salvaged.undecided_count == ROW_COUNT - DECIDED_COUNT);
    assert_true(salvaged.next_seq == TB_SALVAGE_STRIDE);
    int64_t decided = 0;
    assert_int_equal(tb_outbox_decided_seq(&outbox, &decided), TB_OK);
    assert_true(decided == DECIDED_COUNT);
}

static void a_page_costs_its_own_rows_only(void **state)
{
    (void)state;
    rows_append(1, ROW_COUNT);
    rows_decide(1, DECIDED_COUNT);
    outbox_to_image();
    int64_t least = ROW_COUNT;
    for (size_t at = 0; at < place.image_size; at += TB_OUTBOX_PAGE_SIZE) {
        uint8_t page[TB_OUTBOX_PAGE_SIZE];
        memcpy(page, place.image + at, sizeof page);
        memset(place.image + at, 0, sizeof page);
        salvage(&incarnation, 0);
        memcpy(place.image + at, page, sizeof page);
        struct seen seen = rows_see();
        assert_true(salvaged.named && salvaged.next_seq == TB_SALVAGE_STRIDE);
        assert_true(seen.row_count >= ROW_COUNT - 8);
        least = seen.row_count < least ? seen.row_count : least;
    }
    assert_true(least < ROW_COUNT);
}

/* SQLite reads the log up to the first frame that does not verify, and says nothing. */
static void what_stands_behind_a_broken_frame_is_found(void **state)
{
    (void)state;
    static uint8_t log[512 * 1024];
    char path[96];
    struct tb_buf content = tb_buf_of(log, sizeof log);
    rows_append(1, ROW_COUNT);
    image_read();
    (void)snprintf(path, sizeof path, "%s-wal", place.path);
    assert_int_equal(tb_file_read(path, &content), TB_OK);
    log[32 + 5 * (24 + TB_OUTBOX_PAGE_SIZE) + 600] ^= 1;
    bytes_write(log_path, log, content.size);
    salvage(NULL, 0);
    assert_true(salvaged.named && rows_see().row_count == ROW_COUNT); /* later frames have the rows, too */
}

static void without_any_proof_there_is_a_new_name(void **state)
{
    (void)state;
    rows_append(1, 3);
    outbox_to_image();
    memset(place.image, 0, place.image_size);
    salvage(&incarnation, 0);
    assert_false(salvaged.named);
    assert_true(salvaged.row_count == 0 && outbox.next_seq == 1);
}

static void the_sequence_goes_on_behind_an_earlier_salvage(void **state)
{
    (void)state;
    rows_append(1, 3);
    outbox_to_image();
    salvage(NULL, 0);
    rows_append(1, 1);
    assert_true(outbox.next_seq == TB_SALVAGE_STRIDE + 1);
    outbox_to_image();
    salvage(NULL, 0); /* the row behind the first stride was found */
    assert_true(outbox.next_seq == 2 * TB_SALVAGE_STRIDE);
    salvage(NULL, 5 * TB_SALVAGE_STRIDE); /* and would not be needed */
    assert_true(outbox.next_seq == 6 * TB_SALVAGE_STRIDE);
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    const struct tb_salvage what = {.sealer = &place.sealer};
    tb_outbox_close(&outbox);
    assert_int_equal(tb_salvage("/nowhere/outbox.db", place.path, &what, &salvaged), TB_ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_verifies_keeps_its_name),
        TEST(a_page_costs_its_own_rows_only),
        TEST(what_stands_behind_a_broken_frame_is_found),
        TEST(without_any_proof_there_is_a_new_name),
        TEST(the_sequence_goes_on_behind_an_earlier_salvage),
        TEST(a_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
