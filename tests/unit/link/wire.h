/* What the tests of the reader link share: encoding a message to wire bytes in one go. */
#ifndef TB_TESTS_UNIT_LINK_WIRE_H
#define TB_TESTS_UNIT_LINK_WIRE_H

#include "core/link/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct wire {
    uint8_t bytes[TB_LINK_WIRE_MAX];
    size_t size;
};

static inline struct tb_span wire_span(const struct wire *w)
{
    return tb_span_of(w->bytes, w->size);
}

static inline void wire_frame(struct wire *w, uint8_t type, uint8_t sequence, struct tb_span fields,
                              struct tb_span bulk)
{
    struct tb_link_encoder e;
    assert_int_equal(tb_link_encoder_start(&e, type, sequence, fields, bulk), TB_OK);
    w->size = tb_link_encoder_read(&e, w->bytes, sizeof w->bytes);
    assert_int_equal(tb_link_encoder_read(&e, w->bytes, sizeof w->bytes), 0);
}

static inline void wire_message(struct wire *w, const struct tb_link_message *m, uint8_t sequence)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_span bulk;
    assert_int_equal(tb_link_message_encode(m, &fields, &bulk), TB_OK);
    wire_frame(w, (uint8_t)m->type, sequence, tb_buf_span(&fields), bulk);
}

#endif
