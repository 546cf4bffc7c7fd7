#include "agent/app/wiring.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/link/layout.h"
#include "host/device/device.h"

_Static_assert(TB_LINK_ECP_MAX == 16, "the text of an error says 16");

static const struct form {
    const char *prefix;
    enum tb_reader_kind kind;
    bool path; /* of a device file; else libnfc's own form */
    bool baud; /* may follow */
    bool layout;
    bool aim;     /* may follow */
    bool polling; /* it reads cards */
} forms[] = {
    {.prefix = "head:", .kind = TB_READER_HEAD, .path = true, .baud = true, .polling = true},
    {.prefix = "libnfc:", .kind = TB_READER_NFC, .polling = true},
    {.prefix = "scanner:", .kind = TB_READER_SCANNER, .path = true, .baud = true},
    {.prefix = "keyboard:", .kind = TB_READER_KEYBOARD, .path = true, .layout = true},
    {.prefix = "hidpos:", .kind = TB_READER_HIDPOS, .path = true, .aim = true},
    {.prefix = "camera:", .kind = TB_READER_CAMERA, .path = true, .aim = true},
};

static const struct form *form_of(struct tb_span text)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(forms); i++)
        if (tb_span_starts(text, tb_span_str(forms[i].prefix)))
            return &forms[i];
    return NULL;
}

/* What is behind the last colon; empty when there is none. */
static struct tb_span last_part(struct tb_span path)
{
    size_t end = path.size;
    while (end > 0 && path.at[end - 1] != ':')
        end--;
    return end ? tb_span_sub(path, end, path.size) : tb_span_of(NULL, 0);
}

/* Takes a number behind the last colon off. False: it is no speed of a serial line. */
static bool baud_cut(struct tb_span *path, unsigned *ret_baud)
{
    uint64_t baud = 0;
    struct tb_span last = last_part(*path);
    if (!tb_text_is_digits(last))
        return true;
    if (tb_decimal_decode(last, UINT32_MAX, &baud) != TB_OK || !tb_device_baud_valid(baud))
        return false;
    path->size -= last.size + 1;
    *ret_baud = (unsigned)baud;
    return true;
}

/* Takes two small letters behind the last colon off. False: there is no such layout. */
static bool layout_cut(struct tb_span *path, const char **ret_layout)
{
    struct tb_span last = last_part(*path);
    if (last.size != 2 || last.at[0] < 'a' || last.at[0] > 'z' || last.at[1] < 'a' || last.at[1] > 'z')
        return true;
    const struct tb_link_layout *layout = tb_link_layout_find(last);
    if (layout == NULL)
        return false;
    path->size -= last.size + 1;
    *ret_layout = tb_link_layout_name(layout);
    return true;
}

static bool aim_cut(struct tb_span *path)
{
    if (!tb_span_is(last_part(*path), "aim"))
        return false;
    path->size -= strlen(":aim");
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Takes what stands behind the first blank off; NULL, or what is wrong with it. */
static const char *polling_cut(const struct form *form, struct tb_span *text, struct tb_wired_reader *reader)
{
    size_t end = 0;
    while (end < text->size && !is_blank(text->at[end]))
        end++;
    size_t begin = end;
    while (begin < text->size && is_blank(text->at[begin]))
        begin++;
    struct tb_span word = tb_span_sub(*text, begin, text->size);
    text->size = end;
    if (word.size == 0)
        return NULL;
    if (!tb_span_starts(word, tb_span_str("polling=")))
        return "is followed by what is not polling=<hex>";
    if (!form->polling)
        return "reads no cards: polling is for head and libnfc";
    struct tb_span hex = tb_span_sub(word, strlen("polling="), word.size);
    if (hex.size > 2 * sizeof reader->polling || tb_hex_decode(hex, reader->polling, hex.size / 2) != TB_OK)
        return "has a polling frame that is not 0 to 16 bytes in hex";
    reader->polling_size = (uint8_t)(hex.size / 2);
    return NULL;
}

/* libnfc: a driver's name, alone or with the rest behind a colon. */
static bool connstring_valid(struct tb_span text)
{
    size_t i = 0;
    while (i < text.size && ((text.at[i] >= 'a' && text.at[i] <= 'z') ||
                             (text.at[i] >= '0' && text.at[i] <= '9') || text.at[i] == '_'))
        i++;
    return i > 0 && (i == text.size || text.at[i] == ':');
}

/* NULL, or what is wrong. */
static const char *reader_parse(struct tb_span text, struct tb_wired_reader *ret_reader)
{
    const struct form *form = form_of(text);
    *ret_reader = (struct tb_wired_reader){0};
    if (form == NULL)
        return "must be head:<path>[:<baud>], libnfc:<connection string>, scanner:<path>[:<baud>], "
               "keyboard:<path>[:<layout>], hidpos:<path>[:aim] or camera:<path>[:aim]";
    struct tb_span device = tb_span_sub(text, strlen(form->prefix), text.size);
    if (memchr(text.at, 0, text.size))
        return "holds a zero byte";
    const char *wrong = polling_cut(form, &device, ret_reader);
    if (wrong)
        return wrong;
    if (form->baud && !baud_cut(&device, &ret_reader->baud))
        return "ends in a number that is no speed of a serial line";
    if (form->layout && !layout_cut(&device, &ret_reader->layout))
        return "ends in no layout that is known: us, de, fr";
    if (form->aim)
        ret_reader->identified = aim_cut(&device);
    if (form->path && (device.size < 2 || device.at[0] != '/'))
        return "needs the path of a device, such as /dev/ttyACM0";
    if (!form->path && !connstring_valid(device))
        return "needs a connection string, such as pn532_uart:/dev/ttyUSB0";
    ret_reader->kind = form->kind;
    return tb_span_to_str(device, ret_reader->device, sizeof ret_reader->device) ? "is too long" : NULL;
}

const char *tb_wiring_check(struct tb_span text)
{
    struct tb_wired_reader reader;
    return reader_parse(text, &reader);
}

/* ---- all of them ---- */

static const char *kind_words(enum tb_reader_kind kind)
{
    switch (kind) {
    case TB_READER_NFC: return "Card reader";
    case TB_READER_SCANNER:
    case TB_READER_KEYBOARD:
    case TB_READER_HIDPOS: return "Scanner";
    case TB_READER_CAMERA: return "Camera";
    case TB_READER_HEAD: return "Reader head";
    }
    return "Reader";
}

/* Those that people call the same are numbered from the second on. */
static void name_give(const struct tb_wiring *w, struct tb_wired_reader *reader)
{
    const char *words = kind_words(reader->kind);
    struct tb_buf name = tb_buf_of(reader->name, sizeof reader->name - 1);
    unsigned number = 1;
    for (unsigned i = 0; i < w->count; i++)
        if (kind_words(w->readers[i].kind) == words)
            number++;
    tb_buf_add_str(&name, words);
    if (number > 1) {
        tb_buf_add_u8(&name, ' ');
        tb_buf_add_decimal(&name, number);
    }
    reader->name[name.size] = '\0';
}

static enum tb_err reader_add(struct tb_wiring *w, const struct tb_wired_reader *reader)
{
    if (w->count == TB_READERS_COUNT_MAX)
        return TB_ERR_FULL;
    w->readers[w->count] = *reader;
    name_give(w, &w->readers[w->count]);
    w->count++;
    return TB_OK;
}

static enum tb_err short_add(struct tb_wiring *w, enum tb_reader_kind kind, const char *device, unsigned baud)
{
    struct tb_wired_reader reader = {.kind = kind, .baud = baud};
    if (device[0] == '\0')
        return TB_OK;
    enum tb_err err = tb_span_to_str(tb_span_str(device), reader.device, sizeof reader.device);
    return err == TB_OK ? reader_add(w, &reader) : err;
}

enum tb_err tb_wiring_of(const struct tb_agent_config *config, struct tb_wiring *ret_wiring)
{
    struct tb_wired_reader reader;
    *ret_wiring = (struct tb_wiring){0};
    enum tb_err err = short_add(ret_wiring, TB_READER_NFC, config->nfc, 0);
    if (err == TB_OK)
        err = short_add(ret_wiring, TB_READER_SCANNER, config->scanner, (unsigned)config->scanner_baud);
    for (size_t i = 0; i < config->readers.count && err == TB_OK; i++)
        err = reader_parse(tb_span_str(config->readers.text[i]), &reader) ? TB_ERR_CONFIG
                                                                          : reader_add(ret_wiring, &reader);
    return err;
}
