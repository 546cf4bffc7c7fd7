#include "agent/counter/qr.h"

#include <errno.h>
#include <qrencode.h>

static enum tb_err code_make(const char *text, QRcode **ret_code)
{
    *ret_code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (*ret_code)
        return TB_OK;
    return errno == ENOMEM ? TB_ERR_NO_MEMORY : TB_ERR_TOO_LONG;
}

static void code_take(const QRcode *code, struct tb_qr *qr)
{
    *qr = (struct tb_qr){.size = (uint8_t)code->width, .row_bytes = (uint8_t)((code->width + 7) / 8)};
    for (size_t y = 0; y < qr->size; y++)
        for (size_t x = 0; x < qr->size; x++)
            if (code->data[y * qr->size + x] & 1)
                qr->rows[y][x / 8] = (uint8_t)(qr->rows[y][x / 8] | 0x80u >> x % 8);
}

enum tb_err tb_qr_of(const char *text, struct tb_qr *ret_qr)
{
    QRcode *code;
    size_t size = strlen(text);
    if (size == 0)
        return TB_ERR_MISSING;
    if (size > TB_QR_TEXT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_err err = code_make(text, &code);
    if (err != TB_OK)
        return err;
    if (code->width > TB_QR_SIZE_MAX)
        err = TB_ERR_TOO_LONG;
    else
        code_take(code, ret_qr);
    QRcode_free(code);
    return err;
}

void tb_qr_encode(struct tb_json_writer *w, const char *name, const struct tb_qr *qr)
{
    tb_json_open(w, name);
    tb_json_put_int(w, "size", qr->size);
    tb_json_open_array(w, "rows");
    for (size_t i = 0; i < qr->size; i++)
        tb_json_put_hex(w, NULL, tb_span_of(qr->rows[i], qr->row_bytes));
    tb_json_close_array(w);
    tb_json_close(w);
}
