#include "core/link/typing.h"

enum { KEY_TAB = 15, KEY_ENTER = 28, KEY_LEFT_SHIFT = 42, KEY_SPACE = 57, KEY_ALT_GR = 100, KEY_LAST = 127 };

static const uint16_t modifiers[TB_LINK_LEVEL_COUNT] = {
    [TB_LINK_LEVEL_SHIFT] = KEY_LEFT_SHIFT, [TB_LINK_LEVEL_ALT_GR] = KEY_ALT_GR};

static void press(struct tb_link_typing *t, uint16_t code, bool down)
{
    t->keys[t->count++] = (struct tb_link_key){.code = code, .down = down};
}

static void tap(struct tb_link_typing *t, uint16_t modifier, uint16_t code)
{
    if (modifier)
        press(t, modifier, true);
    press(t, code, true);
    press(t, code, false);
    if (modifier)
        press(t, modifier, false);
}

/* A dead key types its character when Space follows. */
static bool character_type(struct tb_link_typing *t, const struct tb_link_layout *layout, uint16_t character)
{
    for (unsigned level = 0; level < TB_LINK_LEVEL_COUNT; level++)
        for (unsigned key = 1; key <= KEY_LAST; key++) {
            uint16_t found = tb_link_layout_character(layout, (uint16_t)key, (enum tb_link_level)level);
            if ((found & ~TB_LINK_LAYOUT_DEAD) != character)
                continue;
            tap(t, modifiers[level], (uint16_t)key);
            if (found & TB_LINK_LAYOUT_DEAD)
                tap(t, 0, KEY_SPACE);
            return true;
        }
    return false;
}

static bool byte_type(struct tb_link_typing *t, const struct tb_link_layout *layout, uint8_t byte)
{
    uint16_t key = byte == '\r' ? KEY_ENTER : byte == '\t' ? KEY_TAB : byte == ' ' ? KEY_SPACE : 0;
    if (key)
        tap(t, 0, key);
    return key || (byte > 0x20 && byte < 0x7f && character_type(t, layout, byte));
}

enum tb_err tb_link_typing_of(const struct tb_link_layout *layout, struct tb_span text,
                              struct tb_link_typing *ret_typing)
{
    ret_typing->count = 0;
    if (text.size > TB_LINK_TYPING_TEXT_MAX)
        return TB_ERR_TOO_LONG;
    for (size_t i = 0; i < text.size; i++)
        if (!byte_type(ret_typing, layout, text.at[i])) {
            ret_typing->count = 0;
            return TB_ERR_RANGE;
        }
    return TB_OK;
}
