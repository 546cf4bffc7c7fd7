/* Keys of a scanner that acts as a keyboard, as characters. */
#include "core/base/assert.h"
#include "core/link/wedge.h"
#include "tests/support/unit.h"

#include <linux/input.h>

struct keys {
    struct tb_link_wedge wedge;
    size_t size;
    char text[64]; /* what came out */
};

static struct keys begin_with(const char *layout)
{
    struct keys k = {.size = 0};
    tb_link_wedge_init(&k.wedge, tb_link_layout_find(tb_span_str(layout)));
    return k;
}

static struct keys begin(void)
{
    return begin_with("us");
}

static void event(struct keys *k, unsigned type, unsigned code, int value)
{
    uint8_t bytes[TB_LINK_WEDGE_BYTES_MAX];
    size_t size = tb_link_wedge_take(&k->wedge, (uint16_t)type, (uint16_t)code, value, bytes);
    assert_true(size <= sizeof bytes && k->size + size < sizeof k->text);
    for (size_t i = 0; i < size; i++)
        k->text[k->size++] = bytes[i] ? (char)bytes[i] : '\b'; /* no test types one */
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

/* Of each character the way in which a scanner would type it: one key, held with at most one other. */
static void ascii_type(const char *layout, bool *seen)
{
    static const unsigned modifiers[] = {KEY_NUMLOCK, KEY_LEFTSHIFT,
                                         KEY_RIGHTALT}; /* the first changes nothing */
    for (size_t m = 0; m < TB_ARRAY_SIZE(modifiers); m++) {
        for (unsigned code = 1; code < KEY_KPENTER; code++) {
            struct keys k = begin_with(layout);
            type_with(&k, modifiers[m], code);
            if (k.size == 0)
                type(&k, KEY_SPACE); /* perhaps a dead key */
            if (k.size == 1)
                seen[(unsigned char)k.text[0]] = true;
        }
    }
}

static void every_printable_character_of_ascii_can_be_typed(void **state)
{
    (void)state;
    static const char *const layouts[] = {"us", "de", "fr"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(layouts); i++) {
        bool seen[256] = {false};
        ascii_type(layouts[i], seen);
        for (unsigned c = ' '; c < 0x7f; c++)
            if (!seen[c])
                fail_msg("no key types %c with the layout %s", (char)c, layouts[i]);
    }
}

static void german_keys_are_known(void **state)
{
    (void)state;
    struct keys k = begin_with("de");
    type(&k, KEY_Z);
    type(&k, KEY_Y);
    type(&k, KEY_SLASH);
    type_with(&k, KEY_LEFTSHIFT, KEY_7);
    type_with(&k, KEY_LEFTSHIFT, KEY_DOT);
    type_with(&k, KEY_RIGHTALT, KEY_Q);
    type(&k, KEY_APOSTROPHE);
    type_with(&k, KEY_RIGHTALT, KEY_E);
    type(&k, KEY_CAPSLOCK);
    type(&k, KEY_APOSTROPHE);
    type(&k, KEY_MINUS);
    assert_string_equal(k.text, "yz-/:@\xc3\xa4\xe2\x82\xac\xc3\x84\xc3\x9f");
}

static void french_keys_are_known(void **state)
{
    (void)state;
    struct keys k = begin_with("fr");
    type_with(&k, KEY_LEFTSHIFT, KEY_1);
    type_with(&k, KEY_LEFTSHIFT, KEY_0);
    type(&k, KEY_KP5);
    type(&k, KEY_Q);
    type(&k, KEY_SEMICOLON);
    type(&k, KEY_DOT);
    type_with(&k, KEY_LEFTSHIFT, KEY_DOT);
    type(&k, KEY_2);
    assert_string_equal(k.text, "105am:/\xc3\xa9");
}

static void dead_key_waits_for_a_space(void **state)
{
    (void)state;
    struct keys k = begin_with("de");
    type(&k, KEY_GRAVE);
    assert_string_equal(k.text, "");
    press(&k, KEY_LEFTALT); /* is no character: it goes on waiting */
    release(&k, KEY_LEFTALT);
    type(&k, KEY_SPACE);
    type(&k, KEY_GRAVE);
    type(&k, KEY_A);
    type(&k, KEY_GRAVE);
    type(&k, KEY_ENTER);
    type(&k, KEY_A);
    assert_string_equal(k.text, "^\b\b\ra");
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
        cmocka_unit_test(german_keys_are_known),
        cmocka_unit_test(french_keys_are_known),
        cmocka_unit_test(dead_key_waits_for_a_space),
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
