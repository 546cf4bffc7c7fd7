/* What a slow page misses, and what it never misses. */
#include "agent/counter/queue.h"
#include "tests/support/unit.h"

static enum tb_err push(struct tb_queue *q, enum tb_counter_topic topic, const char *text)
{
    struct tb_message *message = tb_message_new(topic, tb_span_str(text));
    assert_non_null(message);
    enum tb_err err = tb_queue_push(q, message);
    tb_message_drop(message);
    return err;
}

static void assert_next(struct tb_queue *q, const char *text)
{
    struct tb_message *message = tb_queue_take(q);
    assert_non_null(message);
    assert_true(tb_span_is(tb_span_of(message->bytes + TB_MESSAGE_HEADROOM, message->size), text));
    tb_message_drop(message);
}

static void events_all_arrive_in_order(void **state)
{
    (void)state;
    struct tb_queue q = {.count = 0};
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "a"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "b"), TB_OK);
    assert_next(&q, "a");
    assert_next(&q, "b");
    assert_null(tb_queue_take(&q));
}

static void newest_state_wins_at_the_end(void **state)
{
    (void)state;
    struct tb_queue q = {.count = 0};
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_STATE, "state 1"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "event"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_READING, "reading"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_STATE, "state 2"), TB_OK);
    assert_next(&q, "event");
    assert_next(&q, "reading");
    assert_next(&q, "state 2");
    assert_int_equal(q.size, 0);
}

static void visit_makes_unsent_cart_stale(void **state)
{
    (void)state;
    struct tb_queue q = {.count = 0};
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_VISIT, "visit 1"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CART, "cart 1"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_VISIT, "visit 2"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CART, "cart 2"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CART, "cart 3"), TB_OK);
    assert_next(&q, "visit 2");
    assert_next(&q, "cart 3");
    assert_null(tb_queue_take(&q));
}

/* Who is here is told although something of her has changed since; who was here is told of no more. */
static void news_of_a_customer_replace_no_visit(void **state)
{
    (void)state;
    struct tb_queue q = {.count = 0};
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_VISIT, "she is here"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CART, "cart 1"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CUSTOMER, "news 1"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CUSTOMER, "news 2"), TB_OK);
    assert_next(&q, "she is here");
    assert_next(&q, "cart 1");
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_CART, "cart 2"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_VISIT, "she left"), TB_OK);
    assert_next(&q, "she left");
    assert_null(tb_queue_take(&q));
}

static void queue_is_bounded_in_messages(void **state)
{
    (void)state;
    struct tb_queue q = {.count = 0};
    for (int i = 0; i < TB_QUEUE_COUNT_MAX; i++)
        assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "x"), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "x"), TB_ERR_FULL);
    assert_int_equal(q.count, TB_QUEUE_COUNT_MAX);
    tb_queue_clear(&q);
    assert_int_equal(q.count, 0);
}

static void queue_is_bounded_in_bytes(void **state)
{
    (void)state;
    static char big[TB_COUNTER_SEND_MAX + 1];
    struct tb_queue q = {.count = 0};
    memset(big, 'x', sizeof big - 1);
    for (int i = 0; i < TB_QUEUE_SIZE_MAX / TB_COUNTER_SEND_MAX; i++)
        assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, big), TB_OK);
    assert_int_equal(push(&q, TB_COUNTER_TOPIC_EVENT, "x"), TB_ERR_FULL);
    tb_queue_clear(&q);
    assert_int_equal(q.size, 0);
}

static void message_is_shared(void **state)
{
    (void)state;
    struct tb_queue first = {.count = 0};
    struct tb_queue second = {.count = 0};
    struct tb_message *message = tb_message_new(TB_COUNTER_TOPIC_EVENT, tb_span_str("shared"));
    assert_int_equal(tb_queue_push(&first, message), TB_OK);
    assert_int_equal(tb_queue_push(&second, message), TB_OK);
    assert_int_equal(message->reference_count, 3);
    tb_message_drop(message);
    tb_queue_clear(&first);
    assert_next(&second, "shared");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_all_arrive_in_order),          cmocka_unit_test(newest_state_wins_at_the_end),
        cmocka_unit_test(visit_makes_unsent_cart_stale),       cmocka_unit_test(queue_is_bounded_in_messages),
        cmocka_unit_test(queue_is_bounded_in_bytes),           cmocka_unit_test(message_is_shared),
        cmocka_unit_test(news_of_a_customer_replace_no_visit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
