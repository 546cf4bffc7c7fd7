/* Keys of a scanner that acts as a keyboard, as characters. */
#include "core/link/wedge.h"
#include "tests/support/unit.h"

#include <linux/input.h>

struct keys {
    struct tb_link_wedge wedge;
    size_t size;
    char text[64]; /* what came out */
};

static struct keys begin(void)
{
    struct keys k = {.size = 0};
    tb_link_wedge_init(&k.wedge, tb_link_layout_find(tb_span_str("us")));
    return k;
}

static void event(struct keys *k, unsigned type, unsigned code, int value)
{
    uint8_t byte;
    if (!tb_link_wedge_take(&k->wedge, (uint16_t)type, (uint16_t)code, value, &byte))
        return;
    assert_true(k->size < sizeof k->text - 1);
    k->text[k->size++] = byte ? (char)byte : '\b'; /* no test types one */
}

static void press(struct keys *k, unsigned code)
{
    event(k, EV_MSC, MSC_SCAN, 7);
    event(k, EV_KEY, code, 1);
    event(k, EV_SYN, SYN_REPORT, 0);
}

static void release(struct keys *k, unsigned code)
{
    event(k, EV_KEY, code, 0);
    event(k, EV_SYN, SYN_REPORT, 0);
}

static void type(struct keys *k, unsigned code)
{
    press(k, code);
    release(k, code);
}

static void type_with(struct keys *k, unsigned modifier, unsigned code)
{
    press(k, modifier);
    type(k, code);
    release(k, modifier);
}

static void every_printable_character_of_ascii_can_be_typed(void **state)
{
    (void)state;
    bool seen[128] = {false};
    for (unsigned code = 1; code < KEY_MAX; code++) {
        struct keys k = begin();
        type(&k, code);
        type_with(&k, KEY_LEFTSHIFT, code);
        for (size_t i = 0; i < k.size; i++)
            seen[(unsigned char)k.text[i]] = true;
    }
    for (unsigned c = ' '; c < 0x7f; c++)
        if (!seen[c])
            fail_msg("no key types %c", (char)c);
}

static void digits_and_end_are_typed(void **state)
{
    (void)state;
    struct keys k = begin();
    type(&k, KEY_5);
    type(&k, KEY_9);
    type(&k, KEY_0);
    type(&k, KEY_ENTER);
    type(&k, KEY_1);
    type(&k, KEY_TAB);
    type(&k, KEY_KP7);
    type(&k, KEY_KP0);
    type(&k, KEY_KPENTER);
    assert_string_equal(k.text, "590\r1\t70\r");
}

static void shift_lasts_while_either_is_held(void **state)
{
    (void)state;
    struct keys k = begin();
    press(&k, KEY_LEFTSHIFT);
    press(&k, KEY_RIGHTSHIFT);
    release(&k, KEY_LEFTSHIFT);
    type(&k, KEY_M);
    release(&k, KEY_RIGHTSHIFT);
    type(&k, KEY_M);
    type_with(&k, KEY_LEFTSHIFT, KEY_SEMICOLON);
    assert_string_equal(k.text, "Mm:");
}

static void caps_lock_turns_letters_only(void **state)
{
    (void)state;
    struct keys k = begin();
    type(&k, KEY_CAPSLOCK);
    type(&k, KEY_A);
    type(&k, KEY_1);
    type_with(&k, KEY_LEFTSHIFT, KEY_A);
    type(&k, KEY_CAPSLOCK);
    type(&k, KEY_A);
    assert_string_equal(k.text, "A1aa");
}

static void repeats_and_other_events_are_nothing(void **state)
{
    (void)state;
    struct keys k = begin();
    press(&k, KEY_7);
    event(&k, EV_KEY, KEY_7, 2);
    event(&k, EV_KEY, KEY_7, 2);
    event(&k, EV_LED, LED_CAPSL, 1);
    event(&k, EV_REL, REL_X, 1);
    release(&k, KEY_7);
    type(&k, KEY_NUMLOCK);
    assert_string_equal(k.text, "7");
}

static void ctrl_gives_the_separators_of_gs1(void **state)
{
    (void)state;
    struct keys k = begin();
    type_with(&k, KEY_LEFTCTRL, KEY_RIGHTBRACE);
    type_with(&k, KEY_RIGHTCTRL, KEY_D);
    press(&k, KEY_LEFTSHIFT);
    type_with(&k, KEY_LEFTCTRL, KEY_6);
    release(&k, KEY_LEFTSHIFT);
    type_with(&k, KEY_LEFTCTRL, KEY_1);
    assert_string_equal(k.text, "\x1d\x04\x1e\b");
}

static void alt_types_a_character_by_its_number(void **state)
{
    (void)state;
    struct keys k = begin();
    press(&k, KEY_LEFTALT);
    type(&k, KEY_KP0);
    type(&k, KEY_KP0);
    type(&k, KEY_KP2);
    type(&k, KEY_KP9);
    release(&k, KEY_LEFTALT);
    type_with(&k, KEY_LEFTALT, KEY_KP5); /* byte 5 */
    type(&k, KEY_KP5);
    press(&k, KEY_LEFTALT); /* 0195 0164: two bytes of one character */
    type(&k, KEY_KP1);
    type(&k, KEY_KP9);
    type(&k, KEY_KP5);
    release(&k, KEY_LEFTALT);
    press(&k, KEY_LEFTALT);
    type(&k, KEY_KP1);
    type(&k, KEY_KP6);
    type(&k, KEY_KP4);
    release(&k, KEY_LEFTALT);
    assert_string_equal(k.text, "\x1d\x05"
                                "5\xc3\xa4");
}

static void what_is_no_character_spoils_its_line(void **state)
{
    (void)state;
    struct keys k = begin();
    type(&k, KEY_F5);
    type(&k, KEY_BACKSPACE);
    type(&k, BTN_LEFT);
    type_with(&k, KEY_RIGHTALT, KEY_Q);
    type_with(&k, KEY_LEFTALT, KEY_Q);
    press(&k, KEY_LEFTALT);
    type(&k, KEY_KP2);
    type(&k, KEY_KP5);
    type(&k, KEY_KP6);
    release(&k, KEY_LEFTALT);
    press(&k, KEY_LEFTALT);
    for (unsigned i = 0; i < 6; i++)
        type(&k, KEY_KP0);
    release(&k, KEY_LEFTALT);
    assert_string_equal(k.text, "\b\b\b\b\b\b\b");
}

static void events_that_were_dropped_spoil_their_line(void **state)
{
    (void)state;
    struct keys k = begin();
    type(&k, KEY_4);
    press(&k, KEY_LEFTSHIFT);
    event(&k, EV_SYN, SYN_DROPPED, 0);
    event(&k, EV_KEY, KEY_5, 1);
    event(&k, EV_SYN, SYN_REPORT, 0);
    type(&k, KEY_6);
    assert_string_equal(k.text, "4\b6");
}

static void unknown_layout_is_none(void **state)
{
    (void)state;
    assert_null(tb_link_layout_find(tb_span_str("")));
    assert_null(tb_link_layout_find(tb_span_str("us2")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_printable_character_of_ascii_can_be_typed),
        cmocka_unit_test(digits_and_end_are_typed),
        cmocka_unit_test(shift_lasts_while_either_is_held),
        cmocka_unit_test(caps_lock_turns_letters_only),
        cmocka_unit_test(repeats_and_other_events_are_nothing),
        cmocka_unit_test(ctrl_gives_the_separators_of_gs1),
        cmocka_unit_test(alt_types_a_character_by_its_number),
        cmocka_unit_test(what_is_no_character_spoils_its_line),
        cmocka_unit_test(events_that_were_dropped_spoil_their_line),
        cmocka_unit_test(unknown_layout_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
