/* First byte: the layout; the rest is a text. What is typed comes back as it was, and no key stays down. */
#include "core/base/assert.h"
#include "core/link/typing.h"
#include "core/link/wedge.h"
#include "tests/fuzz/fuzz.h"

#define EV_KEY 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"us", "de", "fr"};
    static struct tb_link_typing typing;
    static uint8_t back[TB_LINK_TYPING_KEYS_MAX * TB_LINK_WEDGE_BYTES_MAX];
    struct tb_span text = tb_span_of(data, size);
    struct tb_link_wedge wedge;
    int down_count = 0;
    size_t back_size = 0;
    if (size == 0)
        return 0;
    const struct tb_link_layout *layout =
        tb_link_layout_find(tb_span_str(names[data[0] % TB_ARRAY_SIZE(names)]));
    text = tb_span_sub(text, 1, size);
    if (tb_link_typing_of(layout, text, &typing) != TB_OK) {
        TB_ASSERT(typing.count == 0);
        return 0;
    }
    TB_ASSERT(typing.count <= TB_LINK_TYPING_KEYS_MAX);
    tb_link_wedge_init(&wedge, layout);
    for (size_t i = 0; i < typing.count; i++) {
        down_count += typing.keys[i].down ? 1 : -1;
        back_size +=
            tb_link_wedge_take(&wedge, EV_KEY, typing.keys[i].code, typing.keys[i].down, back + back_size);
    }
    TB_ASSERT(down_count == 0 && back_size == text.size);
    for (size_t i = 0; i < text.size; i++)
        TB_ASSERT(back[i] == text.at[i] || text.at[i] == '\r' || text.at[i] == '\t');
    return 0;
}
