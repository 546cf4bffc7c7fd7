#include "agent/qrcam/decode.h"

#include "core/base/assert.h"
#include "core/base/buf.h"

#include <stdlib.h>
#include <zbar.h>

enum { GS = 0x1d, CODE_SIZE_MAX = 8192, IDENTIFIER_SIZE = 3 };

struct decode {
    zbar_image_scanner_t *scanner;
    zbar_image_t *image;
    bool identified;
    uint8_t code[IDENTIFIER_SIZE + CODE_SIZE_MAX];
};

static const struct symbology {
    zbar_symbol_type_t type;
    const char *plain; /* its identifier */
    const char *gs1;   /* the same with FNC1 in the first place; NULL: has none */
} symbologies[] = {
    {ZBAR_EAN13, "]E0", NULL},    {ZBAR_EAN8, "]E4", NULL},         {ZBAR_CODE128, "]C0", "]C1"},
    {ZBAR_CODE39, "]A0", NULL},   {ZBAR_I25, "]I0", NULL},          {ZBAR_QRCODE, "]Q1", "]Q3"},
    {ZBAR_DATABAR, "]e0", "]e0"}, {ZBAR_DATABAR_EXP, "]e0", "]e0"},
};

static const struct symbology *symbology_of(const zbar_symbol_t *symbol)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(symbologies); i++)
        if (symbologies[i].type == zbar_symbol_get_type(symbol))
            return &symbologies[i];
    return NULL;
}

/* Everything else stays off: what is not read cannot be read wrongly. UPC-A and UPC-E come as EAN-13. */
static void symbologies_enable(zbar_image_scanner_t *scanner)
{
    (void)zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (size_t i = 0; i < TB_ARRAY_SIZE(symbologies); i++)
        (void)zbar_image_scanner_set_config(scanner, symbologies[i].type, ZBAR_CFG_ENABLE, 1);
}

struct decode *decode_make(bool identified)
{
    struct decode *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    d->identified = identified;
    d->scanner = zbar_image_scanner_create();
    d->image = zbar_image_create();
    if (d->scanner == NULL || d->image == NULL) {
        zbar_image_scanner_destroy(d->scanner);
        zbar_image_destroy(d->image);
        free(d);
        return NULL;
    }
    symbologies_enable(d->scanner);
    zbar_image_set_format(d->image, zbar_fourcc('Y', '8', '0', '0'));
    return d;
}

/* False: of a kind that is not read, or too long to be one of ours. */
static bool code_of(struct decode *d, const zbar_symbol_t *symbol, struct tb_span *ret_code)
{
    const struct symbology *symbology = symbology_of(symbol);
    struct tb_buf code = tb_buf_of(d->code, sizeof d->code);
    struct tb_span data = tb_span_of(zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol));
    if (symbology == NULL || data.size == 0 || data.size > CODE_SIZE_MAX)
        return false;
    bool gs1 = symbology->gs1 && ((zbar_symbol_get_modifiers(symbol) & 1u << ZBAR_MOD_GS1) ||
                                  symbology->gs1 == symbology->plain);
    if (d->identified)
        tb_buf_add_str(&code, gs1 ? symbology->gs1 : symbology->plain);
    else if (gs1)
        tb_buf_add_u8(&code, GS);
    tb_buf_add(&code, data);
    *ret_code = tb_buf_span(&code);
    return true;
}

void decode_picture(struct decode *d, const uint8_t *grey, unsigned width, unsigned height,
                    void (*found)(void *context, struct tb_span code), void *context)
{
    struct tb_span code;
    zbar_image_set_size(d->image, width, height);
    zbar_image_set_data(d->image, grey, (unsigned long)width * height, NULL);
    (void)zbar_scan_image(d->scanner, d->image);
    for (const zbar_symbol_t *s = zbar_image_first_symbol(d->image); s; s = zbar_symbol_next(s))
        if (code_of(d, s, &code))
            found(context, code);
    zbar_image_set_data(d->image, NULL, 0, NULL);
}
