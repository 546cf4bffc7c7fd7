/* The metrics file on a real loop and a real disk, which answers when the test lets it: see disk. */
#include "host/metrics/file.h"
#include "host/system/system.h"
#include "tests/support/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ends a test whose event never comes; far above anything that a test needs. */
#define GUARD_MS 20000
#define NEVER_MS (2 * GUARD_MS)
#define PATH_SIZE 128

static const struct tb_tally visits = {.value = 3};

/* Stands before tb_file_replace() (the linker's --wrap). */
static struct disk {
    pthread_mutex_t gate; /* held by a test in which the disk does not answer */
    pthread_mutex_t lock; /* of the loop, and of the folder: both end before a thread that was abandoned */
    struct tb_loop *loop; /* is told of each writing that begins */
    struct tb_post begun;
} disk = {.gate = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER};

enum tb_err __real_tb_file_replace(const char *path, struct tb_span content, unsigned mode);
enum tb_err __wrap_tb_file_replace(const char *path, struct tb_span content, unsigned mode);

enum tb_err __wrap_tb_file_replace(const char *path, struct tb_span content, unsigned mode)
{
    pthread_mutex_lock(&disk.lock);
    if (disk.loop)
        tb_loop_post(disk.loop, &disk.begun);
    pthread_mutex_unlock(&disk.lock);
    pthread_mutex_lock(&disk.gate);
    pthread_mutex_unlock(&disk.gate);
    pthread_mutex_lock(&disk.lock);
    enum tb_err err = disk.loop ? __real_tb_file_replace(path, content, mode) : TB_ERR_IO;
    pthread_mutex_unlock(&disk.lock);
    return err;
}

struct fixture {
    struct tb_loop *loop;
    struct tb_timer guard;
    struct tb_metrics registry;
    struct tb_metrics_file *file;
    char folder[PATH_SIZE / 2], path[PATH_SIZE];
    unsigned begun_count, begun_wanted; /* the loop is stopped when so many writings have begun */
    unsigned changed_count;
};

static void guard_due(struct tb_timer *timer)
{
    (void)timer;
    abort();
}

static void begun(struct tb_post *post)
{
    struct fixture *f = post->context;
    if (++f->begun_count == f->begun_wanted)
        tb_loop_stop(f->loop);
}

static void changed(void *context)
{
    struct fixture *f = context;
    f->changed_count++;
    tb_loop_stop(f->loop);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    const struct tb_loop_options options = {.fd_max = 32};
    const struct tb_metric metric = {TB_METRIC_COUNTER, "tillbridge_visits", "Visits.", "", &visits};
    memcpy(f->folder, "/tmp/tb_metrics_XXXXXX", 23);
    if (!mkdtemp(f->folder) || tb_loop_create(&options, &f->loop) || tb_metrics_add(&f->registry, &metric))
        return -1;
    (void)snprintf(f->path, sizeof f->path, "%s/till.prom", f->folder);
    disk.loop = f->loop;
    disk.begun = (struct tb_post){.fn = begun, .context = f};
    tb_timer_set(f->loop, &f->guard, GUARD_MS, guard_due);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    f->file = tb_metrics_file_close(f->file);
    pthread_mutex_lock(&disk.lock);
    disk.loop = NULL;
    pthread_mutex_unlock(&disk.lock);
    tb_timer_cancel(&f->guard);
    tb_loop_free(f->loop);
    unlink(f->path);
    int err = rmdir(f->folder); /* nothing else was left there */
    free(f);
    return err;
}

static void file_open(struct fixture *f, int64_t interval_ms, int64_t late_ms)
{
    const struct tb_metrics_file_options options = {.path = f->path,
                                                    .registry = &f->registry,
                                                    .interval_ms = interval_ms,
                                                    .late_ms = late_ms,
                                                    .changed = changed,
                                                    .context = f};
    assert_int_equal(tb_metrics_file_open(f->loop, &options, &f->file), TB_OK);
    assert_int_equal(tb_metrics_file_state(f->file).since_wall_ms, 0);
}

static void run_until_changed_to(struct fixture *f, enum tb_err err)
{
    unsigned before = f->changed_count;
    while (f->changed_count == before)
        assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(tb_metrics_file_state(f->file).err, err);
    assert_true(tb_metrics_file_state(f->file).since_wall_ms > 0);
}

static void run_until_begun(struct fixture *f, unsigned more)
{
    f->begun_wanted = f->begun_count + more;
    while (f->begun_count < f->begun_wanted)
        assert_int_equal(tb_loop_run(f->loop), TB_OK);
}

static void test_text_is_there_whole_and_for_anybody(void **state)
{
    struct fixture *f = *state;
    uint8_t is[1024], should[1024];
    struct tb_buf text = tb_buf_of(is, sizeof is), rendered = tb_buf_of(should, sizeof should);
    file_open(f, NEVER_MS, NEVER_MS);
    run_until_changed_to(f, TB_OK);
    tb_metrics_render(&f->registry, &rendered);
    assert_int_equal(tb_file_read(f->path, &text), TB_OK);
    assert_int_equal(text.size, rendered.size);
    assert_memory_equal(is, should, text.size);
    struct stat s;
    assert_int_equal(stat(f->path, &s), 0);
    assert_int_equal(s.st_mode & 0777, 0644);
}

static void test_what_cannot_be_written_is_said_once_and_tried_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(f->path, 0700), 0);
    file_open(f, 1, NEVER_MS);
    run_until_changed_to(f, TB_ERR_IO);
    run_until_begun(f, 20);
    assert_int_equal(f->changed_count, 1);
    assert_int_equal(rmdir(f->path), 0);
    run_until_changed_to(f, TB_OK);
    run_until_begun(f, 20);
    assert_int_equal(f->changed_count, 2);
}

static void test_a_disk_that_does_not_answer_holds_nothing_up(void **state)
{
    struct fixture *f = *state;
    pthread_mutex_lock(&disk.gate);
    file_open(f, 1, 1);
    f->begun_wanted = 1;
    while (f->changed_count == 0 || f->begun_count == 0)
        assert_int_equal(tb_loop_run(f->loop), TB_OK);
    assert_int_equal(tb_metrics_file_state(f->file).err, TB_ERR_TIMEOUT);
    assert_int_equal(f->begun_count, 1);
    assert_int_equal(access(f->path, F_OK), -1);
    pthread_mutex_unlock(&disk.gate);
    run_until_changed_to(f, TB_OK);
    assert_int_equal(access(f->path, F_OK), 0); /* and whatever the next one takes */
}

static void test_what_is_being_written_is_not_waited_for(void **state)
{
    struct fixture *f = *state;
    pthread_mutex_lock(&disk.gate);
    file_open(f, NEVER_MS, NEVER_MS);
    run_until_begun(f, 1);
    f->file = tb_metrics_file_close(f->file);
    assert_null(f->file);
    pthread_mutex_unlock(&disk.gate);
    assert_int_equal(f->changed_count, 0);
}

static void test_a_text_that_is_too_long_is_not_written(void **state)
{
    struct fixture *f = *state;
    static char help[TB_METRICS_TEXT_SIZE_MAX + 1];
    memset(help, 'h', sizeof help - 1);
    const struct tb_metric metric = {TB_METRIC_COUNTER, "tillbridge_words", help, "", &visits};
    assert_int_equal(tb_metrics_add(&f->registry, &metric), TB_OK);
    file_open(f, 1, NEVER_MS);
    run_until_changed_to(f, TB_ERR_TOO_LONG);
    assert_int_equal(f->begun_count, 0);
}

static void test_a_path_that_is_too_long_is_refused(void **state)
{
    struct fixture *f = *state;
    static char path[4096];
    memset(path, 'p', sizeof path - 1);
    const struct tb_metrics_file_options options = {
        .path = path, .registry = &f->registry, .interval_ms = TB_METRICS_FILE_MS};
    assert_int_equal(tb_metrics_file_open(f->loop, &options, &f->file), TB_ERR_TOO_LONG);
    assert_null(f->file);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_text_is_there_whole_and_for_anybody),
        TEST(test_what_cannot_be_written_is_said_once_and_tried_again),
        TEST(test_a_disk_that_does_not_answer_holds_nothing_up),
        TEST(test_what_is_being_written_is_not_waited_for),
        TEST(test_a_text_that_is_too_long_is_not_written),
        TEST(test_a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
