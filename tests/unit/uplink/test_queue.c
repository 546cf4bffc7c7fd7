#include "agent/uplink/queue.h"
#include "tests/support/unit.h"

static void assert_first(const struct tb_send_queue *q, const char *text)
{
    size_t size = 0;
    uint8_t *at = tb_send_queue_first(q, &size);
    assert_non_null(at);
    assert_true(tb_span_is(tb_span_of(at, size), text));
    memset(at - TB_UPLINK_QUEUE_HEADROOM, 0, TB_UPLINK_QUEUE_HEADROOM); /* is ours to write */
}

static void test_messages_leave_in_order_as_copies(void **state)
{
    (void)state;
    struct tb_send_queue q = {.count_max = 3, .size_max = 100};
    char text[] = "one";
    size_t size = 0;
    assert_null(tb_send_queue_first(&q, &size));
    assert_int_equal(tb_send_queue_put(&q, tb_span_str(text)), TB_OK);
    text[0] = 'X';
    assert_int_equal(tb_send_queue_put(&q, tb_span_of(NULL, 0)), TB_OK);
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("three")), TB_OK);
    assert_first(&q, "one");
    tb_send_queue_drop(&q);
    assert_first(&q, "");
    tb_send_queue_drop(&q);
    assert_first(&q, "three");
    tb_send_queue_drop(&q);
    tb_send_queue_drop(&q);
    assert_int_equal(q.count, 0);
    assert_int_equal(q.size, 0);
}

static void test_count_and_size_are_bounded(void **state)
{
    (void)state;
    struct tb_send_queue q = {.count_max = 2, .size_max = 10};
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("123456")), TB_OK);
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("12345")), TB_ERR_FULL);
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("1234")), TB_OK);
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("")), TB_ERR_FULL);
    tb_send_queue_drop(&q);
    assert_int_equal(tb_send_queue_put(&q, tb_span_str("123456")), TB_OK);
    tb_send_queue_clear(&q);
    assert_int_equal(q.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_leave_in_order_as_copies),
        cmocka_unit_test(test_count_and_size_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
