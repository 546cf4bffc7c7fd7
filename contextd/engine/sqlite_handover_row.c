/* Hand-overs as rows: what is told of one. */
#include "contextd/engine/sqlite_handover.h"

#include "core/base/assert.h"

enum tb_err sqlite_handover_gone_row(struct sqlite_engine *e, struct tb_span id, struct tb_row *row)
{
    struct tb_stmt *s;
    enum tb_err err = sqlite_handover_row_find(e, id, &s);
    if (err == TB_OK) {
        row->version = tb_stmt_int(s, 8);
        row->as_of_ms = tb_stmt_int(s, 9);
    }
    tb_stmt_reset(s);
    return err;
}

static void numbers_take(const struct tb_stmt *s, struct tb_handover *h)
{
    h->at_ms = tb_stmt_int(s, 5);
    h->reason = (enum tb_handover_reason)tb_stmt_int(s, 12);
    h->item_count = tb_stmt_int(s, 14);
    h->total = tb_stmt_int(s, 15);
    h->declined =
        tb_stmt_int(s, 17) < TB_HANDOVER_DECLINED_MAX ? tb_stmt_int(s, 17) : TB_HANDOVER_DECLINED_MAX;
    h->taken_ms = tb_stmt_int(s, 18);
    h->cart_over = (enum tb_handover_cart)tb_stmt_int(s, 21);
}

static enum tb_err doc_take(const struct tb_stmt *s, struct tb_handover *h)
{
    const struct {
        int column;
        char *at;
        size_t size;
    } texts[] = {{2, h->from, sizeof h->from},
                 {3, h->to, sizeof h->to},
                 {4, h->note, sizeof h->note},
                 {7, h->by, sizeof h->by},
                 {13, h->store, sizeof h->store},
                 {16, h->currency, sizeof h->currency},
                 {19, h->customer_name, sizeof h->customer_name},
                 {20, h->tier, sizeof h->tier},
                 {22, h->cart_over_by, sizeof h->cart_over_by}};
    enum tb_err err = sqlite_column_id(s, 1, &h->cart);
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts) && err == TB_OK; i++)
        err = sqlite_column_text(s, texts[i].column, texts[i].at, texts[i].size);
    numbers_take(s, h);
    return err;
}

/* On her own phone nobody's says nothing of what was noted: it is of somebody else's visit. */
enum tb_err sqlite_handover_row(struct sqlite_engine *e, const struct sqlite_change *change,
                                struct tb_row *row, struct tb_json_writer *w)
{
    struct tb_handover h = {.code = ""};
    struct tb_stmt *s;
    enum tb_err err = sqlite_handover_row_find(e, change->id, &s);
    if (err == TB_OK)
        err = doc_take(s, &h);
    if (err == TB_OK) {
        if (change->shopper && tb_stmt_is_null(s, 0))
            h.note[0] = '\0';
        h.state = (enum tb_handover_state)tb_stmt_int(s, 6);
        if (h.state == TB_HANDOVER_OPEN)
            sqlite_handover_code(e, change->id, h.code);
        row->version = tb_stmt_int(s, 8);
        row->as_of_ms = tb_stmt_int(s, 9);
        tb_handover_encode(w, NULL, &h);
    }
    tb_stmt_reset(s);
    return err;
}
