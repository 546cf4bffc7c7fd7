#include "core/tag/read.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

#define SELECT_V2 "00a4040007d276000085010100"
#define SELECT_V1 "00a4040007d2760000850100"
#define SELECT_PAYMENT "00a404000e325041592e5359532e444446303100"
#define CC_V2 "000f2000fb00ff0406e104010000ff9000"   /* a file of 256 bytes */
#define PADDING "0000000000000000000000000000000000" /* of a file of which 50 bytes are asked for */
#define URI_MESSAGE "d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637"

static uint8_t message[1024];

/* What the card is to be asked, in order, and what it answers. "" in answer: no answer. */
struct turn {
    const char *command;
    const char *answer;
};

static enum tb_tag_step play(struct tb_tag_read *r, size_t size_max, const struct turn *turns, size_t count)
{
    enum tb_tag_step step = tb_tag_read_start(r, 0x20, message, size_max);
    for (size_t i = 0; i < count; i++) {
        struct hex_bytes command = hex(turns[i].command);
        struct hex_bytes answer = hex(turns[i].answer);
        assert_int_equal(step, TB_TAG_STEP_NEXT);
        assert_int_equal(r->command_size, command.size);
        assert_memory_equal(r->command, command.at, command.size);
        step = answer.size ? tb_tag_read_answer(r, tb_span_of(answer.at, answer.size)) : tb_tag_read_lost(r);
    }
    assert_int_not_equal(step, TB_TAG_STEP_NEXT);
    return step;
}

#define PLAY(r, size_max, turns) play(r, size_max, turns, sizeof(turns) / sizeof(turns)[0])

static void assert_failed(const struct tb_tag_read *r, enum tb_tag_failure failure, const char *reason)
{
    assert_string_equal(tb_tag_reason_name(r->reason), reason);
    assert_int_equal(r->failure, failure);
}

static void version_2_is_read(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", CC_V2},
        {"00a4000c02e104", "9000"},
        {"00b0000032", "001f" URI_MESSAGE PADDING "9000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_true(tb_span_equal(tb_buf_span(&r.ndef), HEX_SPAN(URI_MESSAGE)));
}

static void version_1_is_read(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "6a82"},
        {SELECT_V1, "9000"},
        {"00a4000002e103", "6f009000"},
        {"00b000000f", "000f1000fb00ff0406e104010000ff9000"},
        {"00a4000002e104", "9000"},
        {"00b0000032", "0000" URI_MESSAGE PADDING "9000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_int_equal(r.ndef.size, 0);
}

static void version_3_with_an_extended_file_is_read(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", "00113000fb00ff0608e105000100009000"},
        {"00b0000f02", "00ff9000"},
        {"00a4000c02e105", "9000"},
        {"00b0000032", "0000001f" URI_MESSAGE "0000000000000000000000000000009000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_true(tb_span_equal(tb_buf_span(&r.ndef), HEX_SPAN(URI_MESSAGE)));
}

/* A tag with keys whose address changes with every tap (NXP AN12196). */
static void sun_tag_with_its_longer_container_is_read(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", "001720010000ff0406e104010000009000"},
        {"00a4000c02e104", "9000"},
        {"00b0000032", "001f" URI_MESSAGE PADDING "9000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_int_equal(r.ndef.size, 31);
}

static void long_message_is_read_in_steps_that_the_card_allows(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", "000f20000f00ff0406e104010000ff9000"},
        {"00a4000c02e104", "9000"},
        {"00b000000f", "001fd1011b55046c6f79616c2e65789000"},
        {"00b0000f0f", "616d706c652f6d2f30303031323334"
                       "9000"},
        {"00b0001e03", "3536379000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_true(tb_span_equal(tb_buf_span(&r.ndef), HEX_SPAN(URI_MESSAGE)));
}

/* 256 bytes in one READ BINARY, where the card allows as many: Le is 00 then. */
static void longest_reads_are_asked_for(void **state)
{
    (void)state;
    char first[120] = "0160";
    char rest[600] = "";
    for (size_t i = 0; i < 48; i++)
        memcpy(first + 4 + 2 * i, "5a", 3);
    memcpy(first + 100, "9000", 5);
    for (size_t i = 0; i < 256; i++)
        memcpy(rest + 2 * i, "a5", 3);
    memcpy(rest + 512, "9000", 5);
    const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", "000f20010000ff0406e104040000ff9000"},
        {"00a4000c02e104", "9000"},
        {"00b0000032", first},
        {"00b0003200", rest},
        {"00b0013230", first + 4},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
    assert_int_equal(r.ndef.size, 352);
    assert_int_equal(r.ndef.at[47], 0x5a);
    assert_int_equal(r.ndef.at[48], 0xa5);
    assert_int_equal(r.ndef.at[304], 0x5a);
}

/* Phones hold only the message: they answer with less, or refuse to be asked for more than that. */
static void file_shorter_than_its_container_says_is_read(void **state)
{
    (void)state;
    static const char *const shorter[] = {"001f" URI_MESSAGE "9000", "001f" URI_MESSAGE "6282"};
    static const char *const refused[] = {"6700", "6a82", "6b00", "6c21", "019000", "9000"};
    struct tb_tag_read r;
    for (size_t i = 0; i < sizeof shorter / sizeof shorter[0]; i++) {
        const struct turn turns[] = {
            {SELECT_V2, "9000"},        {"00a4000c02e103", "9000"}, {"00b000000f", CC_V2},
            {"00a4000c02e104", "9000"}, {"00b0000032", shorter[i]},
        };
        assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
        assert_true(tb_span_equal(tb_buf_span(&r.ndef), HEX_SPAN(URI_MESSAGE)));
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const struct turn turns[] = {
            {SELECT_V2, "9000"},
            {"00a4000c02e103", "9000"},
            {"00b000000f", CC_V2},
            {"00a4000c02e104", "9000"},
            {"00b0000032", refused[i]},
            {"00b0000002", "001f9000"},
            {"00b000021f", URI_MESSAGE "9000"},
        };
        assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_DONE);
        assert_true(tb_span_equal(tb_buf_span(&r.ndef), HEX_SPAN(URI_MESSAGE)));
    }
}

static void payment_card_is_asked_one_question(void **state)
{
    (void)state;
    static const char *const yes[] = {"6f1a840e325041592e5359532e44444630319000", "9000", "6110", "6283"};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        const struct turn turns[] = {{SELECT_V2, "6a82"}, {SELECT_V1, "6a82"}, {SELECT_PAYMENT, yes[i]}};
        struct tb_tag_read r;
        assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_FAILED);
        assert_failed(&r, TB_TAG_PAYMENT_CARD, "payment.card");
        assert_int_equal(r.ndef.size, 0);
    }
}

static void foreign_card_is_empty(void **state)
{
    (void)state;
    static const struct turn turns[] = {{SELECT_V2, "6d00"}, {SELECT_V1, "6e00"}, {SELECT_PAYMENT, "6a82"}};
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_EMPTY, "type4.no_ndef");
}

static void malformed_containers_fail(void **state)
{
    (void)state;
    static const struct {
        const char *cc;
        enum tb_tag_failure failure;
        const char *reason;
    } containers[] = {
        {"000e2000fb00ff0406e104010000ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* says it is too short */
        {"000f2000fb00ff0506e104010000ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* no file control TLV */
        {"000f2000fb00ff0407e104010000ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* of another length */
        {"000f20000e00ff0406e104010000ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* MLe below 15 */
        {"000f2000fb00ff0406e103010000ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* the container's own file */
        {"000f2000fb00ff0406e104000200ff9000", TB_TAG_MALFORMED, "type4.cc"}, /* no room for a message */
        {"000f4000fb00ff0406e104010000ff9000", TB_TAG_UNSUPPORTED, "type4.version"},
        {"000f2000fb00ff0406e104010080ff9000", TB_TAG_LOCKED, "type4.locked"},
        {"000f2000fb00ff0406e1049000", TB_TAG_MALFORMED, "type4.cc"}, /* cut off */
        {"6982", TB_TAG_LOCKED, "type4.locked"},
        {"6a82", TB_TAG_MALFORMED, "type4.refused"},
    };
    for (size_t i = 0; i < sizeof containers / sizeof containers[0]; i++) {
        const struct turn turns[] = {
            {SELECT_V2, "9000"}, {"00a4000c02e103", "9000"}, {"00b000000f", containers[i].cc}};
        struct tb_tag_read r;
        assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_FAILED);
        assert_failed(&r, containers[i].failure, containers[i].reason);
    }
}

static void extended_file_before_version_3_fails(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},
        {"00a4000c02e103", "9000"},
        {"00b000000f", "00112000fb00ff0608e105000100009000"},
        {"00b0000f02", "00ff9000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "type4.version");
}

static void lengths_are_checked_before_reading(void **state)
{
    (void)state;
    static const struct turn past_file[] = {
        {SELECT_V2, "9000"},        {"00a4000c02e103", "9000"}, {"00b000000f", CC_V2},
        {"00a4000c02e104", "9000"}, {"00b0000032", "00ff9000"},
    };
    struct tb_tag_read r;
    assert_int_equal(PLAY(&r, sizeof message, past_file), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_MALFORMED, "type4.length");
    static const struct turn past_memory[] = {
        {SELECT_V2, "9000"},        {"00a4000c02e103", "9000"}, {"00b000000f", CC_V2},
        {"00a4000c02e104", "9000"}, {"00b0000032", "001f9000"},
    };
    assert_int_equal(PLAY(&r, 30, past_memory), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "tag.too_long");
}

static void answers_of_another_size_fail(void **state)
{
    (void)state;
    static const char *const answers[] = {"001f90", "00001f9000", "9000", "90"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct turn turns[] = {
            {SELECT_V2, "9000"},        {"00a4000c02e103", "9000"}, {"00b000000f", CC_V2},
            {"00a4000c02e104", "9000"}, {"00b0000032", "6700"},     {"00b0000002", answers[i]},
        };
        struct tb_tag_read r;
        assert_int_equal(PLAY(&r, sizeof message, turns), TB_TAG_STEP_FAILED);
        assert_int_equal(r.failure, TB_TAG_MALFORMED);
    }
}

static void torn_read_says_so_at_every_step(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        {SELECT_V2, "9000"},        {"00a4000c02e103", "9000"}, {"00b000000f", CC_V2},
        {"00a4000c02e104", "9000"}, {"00b0000032", "001f9000"}, {"00b000021f", ""},
    };
    for (size_t count = 1; count <= sizeof turns / sizeof turns[0]; count++) {
        struct turn torn[6];
        memcpy(torn, turns, sizeof torn);
        torn[count - 1].answer = "";
        struct tb_tag_read r;
        assert_int_equal(play(&r, sizeof message, torn, count), TB_TAG_STEP_FAILED);
        assert_failed(&r, TB_TAG_TORN, "tag.lost");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2_is_read),
        cmocka_unit_test(version_1_is_read),
        cmocka_unit_test(version_3_with_an_extended_file_is_read),
        cmocka_unit_test(sun_tag_with_its_longer_container_is_read),
        cmocka_unit_test(long_message_is_read_in_steps_that_the_card_allows),
        cmocka_unit_test(longest_reads_are_asked_for),
        cmocka_unit_test(file_shorter_than_its_container_says_is_read),
        cmocka_unit_test(payment_card_is_asked_one_question),
        cmocka_unit_test(foreign_card_is_empty),
        cmocka_unit_test(malformed_containers_fail),
        cmocka_unit_test(extended_file_before_version_3_fails),
        cmocka_unit_test(lengths_are_checked_before_reading),
        cmocka_unit_test(answers_of_another_size_fail),
        cmocka_unit_test(torn_read_says_so_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
