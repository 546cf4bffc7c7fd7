/* inspect --apdu: what one command and its answer say. Nothing here decides anything. */
#include "agent/cli/inspect_apdu.h"

#include "core/base/assert.h"
#include "core/base/text.h"

#include <stdio.h>

enum {
    HEAD_SIZE = 5, /* CLA INS P1 P2 Lc, or Le */
    INS_SELECT = 0xa4,
    BY_NAME = 0x04,
    FILE_CONTAINER = 0xe103,
    STATUS_MORE = 0x61,
    SIGNATURE_SIZE = 64,
    OWNER = 0x01,
};

struct tb_span tb_apdu_data(struct tb_span command)
{
    return command.size > HEAD_SIZE ? tb_span_sub(command, HEAD_SIZE, command.at[HEAD_SIZE - 1])
                                    : tb_span_of(NULL, 0);
}

static void number_put(struct tb_inspect_report *r, const char *name, int64_t number)
{
    uint8_t memory[24];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    tb_buf_add_decimal(&text, number);
    tb_inspect_put(r, name, tb_buf_span(&text));
}

static struct tb_span without_status(struct tb_span answer)
{
    return tb_span_sub(answer, 0, answer.size - 2);
}

static void part_put(struct tb_inspect_report *r, const char *name, struct tb_span bytes, size_t at,
                     size_t size)
{
    if (bytes.size >= at + size)
        tb_inspect_put_hex(r, name, tb_span_sub(bytes, at, size));
}

/* ---- Type 2 tags: NTAG21x data sheet, section 10 ---- */

static void page_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    (void)c;
    if (command.size > 1)
        number_put(r, "page", command.at[1]);
    if (command.size > 2)
        number_put(r, "to_page", command.at[2]);
}

static void page_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    (void)c;
    tb_inspect_put_hex(r, "read", answer);
}

/* ---- Type 4 tags ---- */

static void file_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    struct tb_span id = tb_apdu_data(command);
    c->file_id = (uint16_t)(id.size == 2 ? id.at[0] << 8 | id.at[1] : 0);
    tb_inspect_put_hex(r, "file", id);
}

static void read_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    (void)c;
    number_put(r, "offset", command.at[2] << 8 | command.at[3]);
    if (command.size >= HEAD_SIZE)
        number_put(r, "size", command.at[4] ? command.at[4] : 256);
}

/* NFC Forum Type 4 Tag 3.0, table 5. */
static void read_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_reader container = tb_reader_of(without_status(answer));
    if (c->file_id != FILE_CONTAINER) {
        tb_inspect_put_hex(r, "read", container.rest);
        return;
    }
    (void)tb_read_u16be(&container);
    uint8_t version = tb_read_u8(&container);
    uint16_t read_max = tb_read_u16be(&container);
    (void)tb_read_bytes(&container, 4);
    struct tb_span file = tb_read_bytes(&container, 2);
    if (container.err != TB_OK)
        return;
    number_put(r, "mapping", version >> 4);
    number_put(r, "mle", read_max);
    tb_inspect_put_hex(r, "ndef_file", file);
}

/* ---- the chain's phone app: docs/protocol.md, "Phone app" ---- */

static void hello_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_span hello = without_status(answer);
    c->collected_size = 0;
    if (hello.size < TB_HCE_HELLO_SIZE_MIN)
        return;
    number_put(r, "version_min", hello.at[2]);
    number_put(r, "version_max", hello.at[3]);
}

static void prove_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    struct tb_span challenge = tb_apdu_data(command);
    c->collected_size = 0;
    part_put(r, "nonce", challenge, 0, TB_HCE_NONCE_SIZE);
    part_put(r, "chain", challenge, TB_HCE_NONCE_SIZE, TB_HCE_NAME_SIZE);
    part_put(r, "terminal", challenge, TB_HCE_NONCE_SIZE + TB_HCE_NAME_SIZE, TB_HCE_NAME_SIZE);
}

static void response_put(struct tb_inspect_report *r, struct tb_span response)
{
    if (response.size <= TB_HCE_HEAD_SIZE)
        return;
    tb_inspect_put_str(r, "owner", response.at[0] & OWNER ? "was there" : "was not asked for");
    (void)tb_inspect_jws_fields(r, tb_span_sub(response, TB_HCE_HEAD_SIZE, SIZE_MAX));
}

static void prove_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_span part = without_status(answer);
    number_put(r, "bytes", (int64_t)part.size);
    if (part.size > sizeof c->collected - c->collected_size)
        return;
    if (part.size)
        memcpy(c->collected + c->collected_size, part.at, part.size);
    c->collected_size = (uint16_t)(c->collected_size + part.size);
    if (tb_applet_status(answer) >> 8 == STATUS_MORE)
        return;
    response_put(r, tb_span_of(c->collected, c->collected_size));
    c->collected_size = 0;
}

/* ---- DESFire ---- */

static void application_command(struct tb_inspect_report *r, struct tb_apdu_context *c,
                                struct tb_span command)
{
    (void)c;
    tb_inspect_put_hex(r, "application", tb_apdu_data(command));
}

static void key_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    struct tb_span data = tb_apdu_data(command);
    (void)c;
    if (data.size)
        number_put(r, "key", data.at[0]);
}

static void sealed_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    (void)c;
    number_put(r, "encrypted", (int64_t)answer.size - 2);
}

/* ---- forms ---- */

#define NAMED(bytes) bytes, sizeof(bytes) - 1
#define NO_NAME NULL, 0

static const struct tb_apdu_form forms[] = {
    {"SELECT payment directory", TB_APDU_PAYMENT, 0x00, INS_SELECT, NAMED("2PAY.SYS.DDF01"), NULL, NULL},
    {"SELECT NDEF application", TB_APDU_TYPE4, 0x00, INS_SELECT, NAMED("\xd2\x76\x00\x00\x85\x01"), NULL,
     NULL},
    {"SELECT phone app", TB_APDU_PHONE, 0x00, INS_SELECT, NAMED("\xf0TILLBR1"), NULL, hello_answer},
    {"SELECT FILE", TB_APDU_TYPE4, 0x00, INS_SELECT, NO_NAME, file_command, NULL},
    {"READ BINARY", TB_APDU_TYPE4, 0x00, 0xb0, NO_NAME, read_command, read_answer},
    {"PROVE", TB_APDU_PHONE, 0x80, 0x10, NO_NAME, prove_command, prove_answer},
    {"MORE of the proof", TB_APDU_PHONE, 0x80, 0xc0, NO_NAME, NULL, prove_answer},
    {"SelectApplication", TB_APDU_DESFIRE, 0x90, 0x5a, NO_NAME, application_command, NULL},
    {"AuthenticateEV2First", TB_APDU_DESFIRE, 0x90, 0x71, NO_NAME, key_command, sealed_answer},
    {"AuthenticateAES", TB_APDU_DESFIRE, 0x90, 0xaa, NO_NAME, key_command, sealed_answer},
    {"AdditionalFrame", TB_APDU_DESFIRE, 0x90, 0xaf, NO_NAME, NULL, sealed_answer},
    {"GetCardUID", TB_APDU_DESFIRE, 0x90, 0x51, NO_NAME, NULL, sealed_answer},
    {"GetVersion", TB_APDU_DESFIRE, 0x90, 0x60, NO_NAME, NULL, NULL},
};

static const struct tb_apdu_form short_forms[] = {
    {"READ", TB_APDU_TYPE2, 0x30, 0, NO_NAME, page_command, page_answer},
    {"FAST_READ", TB_APDU_TYPE2, 0x3a, 0, NO_NAME, page_command, page_answer},
    {"GET_VERSION", TB_APDU_TYPE2, 0x60, 0, NO_NAME, NULL, page_answer},
};

/* Registered application providers of the payment schemes (EMV Book 1 section 12.2). */
static const char *const payment_providers[] = {
    "\xa0\x00\x00\x00\x03", "\xa0\x00\x00\x00\x04", "\xa0\x00\x00\x00\x10", "\xa0\x00\x00\x00\x25",
    "\xa0\x00\x00\x00\x42", "\xa0\x00\x00\x00\x65", "\xa0\x00\x00\x01\x52", "\xa0\x00\x00\x02\x77",
    "\xa0\x00\x00\x03\x33", "\xa0\x00\x00\x03\x59"};

enum { PROVIDER_SIZE = 5 };

static bool is_select(struct tb_span command)
{
    return command.at[1] == INS_SELECT && command.at[2] == BY_NAME;
}

static bool is_payment(struct tb_span command)
{
    if (!is_select(command))
        return false;
    for (size_t i = 0; i < TB_ARRAY_SIZE(payment_providers); i++)
        if (tb_span_starts(tb_apdu_data(command), tb_span_of(payment_providers[i], PROVIDER_SIZE)))
            return true;
    return false;
}

static bool form_fits(const struct tb_apdu_form *form, struct tb_span command)
{
    if (command.at[0] != form->cla || command.at[1] != form->ins)
        return false;
    if (form->ins != INS_SELECT)
        return true;
    if (form->aid == NULL)
        return command.at[2] == 0x00;
    return is_select(command) && tb_span_starts(tb_apdu_data(command), tb_span_of(form->aid, form->aid_size));
}

static const struct tb_apdu_form *form_find(struct tb_apdu_forms among, struct tb_span command)
{
    for (size_t i = 0; i < among.count; i++)
        if (form_fits(&among.at[i], command))
            return &among.at[i];
    return NULL;
}

const struct tb_apdu_form *tb_apdu_form_of(struct tb_span command)
{
    const struct tb_apdu_forms own = {forms, TB_ARRAY_SIZE(forms)};
    for (size_t i = 0; command.size < 4 && i < TB_ARRAY_SIZE(short_forms); i++)
        if (command.at[0] == short_forms[i].cla)
            return &short_forms[i];
    if (command.size < 4)
        return NULL;
    const struct tb_apdu_form *form = form_find(own, command);
#if TB_WALLETS
    if (form == NULL)
        form = form_find(tb_apdu_wallet_forms(), command);
#endif
    return form;
}

/* ---- status words ---- */

static const struct tb_apdu_status usual[] = {
    {0x9000, 0xffff, "done"},
    {0x6100, 0xff00, "done, more is there"},
    {0x6282, 0xffff, "done, the file ends there"},
    {0x6200, 0xfe00, "warning"},
    {0x6700, 0xffff, "wrong length"},
    {0x6982, 0xffff, "security status not satisfied"},
    {0x6985, 0xffff, "conditions of use not satisfied"},
    {0x6a80, 0xffff, "wrong data"},
    {0x6a82, 0xffff, "no such application or file"},
    {0x6a86, 0xffff, "wrong P1 or P2"},
    {0x6a88, 0xffff, "no such data"},
    {0x6b00, 0xffff, "outside of the file"},
    {0x6c00, 0xff00, "wrong Le"},
    {0x6d00, 0xffff, "unknown command"},
    {0x6e00, 0xffff, "unknown class"},
    {0, 0, NULL},
};

static const struct tb_apdu_status phone[] = {
    {0x6982, 0xffff, "the phone is to be unlocked"},
    {0x6985, 0xffff, "the app asks its owner"},
    {0x6a86, 0xffff, "the app does not speak this version"},
    {0x6a88, 0xffff, "no pass of this chain"},
    {0, 0, NULL},
};

static const struct tb_apdu_status desfire[] = {
    {0x9100, 0xffff, "done"},
    {0x91af, 0xffff, "another frame is expected"},
    {0x911c, 0xffff, "unknown command"},
    {0x9140, 0xffff, "no such key"},
    {0x917e, 0xffff, "wrong length"},
    {0x919d, 0xffff, "not allowed"},
    {0x91a0, 0xffff, "no such application"},
    {0x91ad, 0xffff, "to be tried again later"},
    {0x91ae, 0xffff, "wrong key"},
    {0x91ca, 0xffff, "the last command was not finished"},
    {0, 0, NULL},
};

static const struct tb_apdu_status *statuses_of(enum tb_apdu_family family)
{
    if (family == TB_APDU_PHONE)
        return phone;
    if (family == TB_APDU_DESFIRE)
        return desfire;
#if TB_WALLETS
    return tb_apdu_wallet_statuses(family);
#else
    return NULL;
#endif
}

static const char *words_in(const struct tb_apdu_status *rows, uint16_t status)
{
    for (; rows && rows->words; rows++)
        if ((status & rows->mask) == rows->value)
            return rows->words;
    return NULL;
}

static void status_put(struct tb_inspect_report *r, enum tb_apdu_family family, struct tb_span answer)
{
    uint8_t memory[96];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    const char *words = words_in(statuses_of(family), tb_applet_status(answer));
    if (words == NULL)
        words = words_in(usual, tb_applet_status(answer));
    tb_buf_add_hex(&text, tb_span_sub(answer, answer.size - 2, 2));
    tb_buf_add_str(&text, words ? ", " : "");
    tb_buf_add_str(&text, words ? words : "");
    tb_inspect_put(r, "status", tb_buf_span(&text));
}

/* ---- one exchange ---- */

static const char *name_of(const struct tb_apdu_form *form, struct tb_span command)
{
    if (form)
        return form->name;
    if (command.size < HEAD_SIZE || !is_select(command))
        return "not known";
    return is_payment(command) ? "SELECT payment application" : "SELECT another application";
}

/* What answers to a payment application's name is a payment card until something else is selected. */
static bool payment_begins(const struct tb_apdu_form *form, struct tb_span command, struct tb_span answer)
{
    uint16_t status = tb_applet_status(answer);
    bool named =
        (form && form->family == TB_APDU_PAYMENT) || (command.size >= HEAD_SIZE && is_payment(command));
    return named && (status == 0x9000 || status >> 8 == STATUS_MORE || status >> 8 == 0x62);
}

static void fields_tell(struct tb_inspect_report *r, struct tb_apdu_context *c,
                        const struct tb_apdu_form *form, const struct tb_apdu_exchange *e)
{
    if (form && form->command)
        form->command(r, c, e->command);
    if (form && form->answer && e->answer.size > 2)
        form->answer(r, c, e->answer);
}

void tb_apdu_tell(struct tb_inspect_report *r, struct tb_apdu_context *c, const struct tb_apdu_exchange *e)
{
    char title[24] = "command";
    const struct tb_apdu_form *form = tb_apdu_form_of(e->command);
    bool selects = form && form->aid && form->family != TB_APDU_PAYMENT;
    c->payment = payment_begins(form, e->command, e->answer) || (c->payment && !selects);
    bool hidden = c->payment && !payment_begins(form, e->command, e->answer);
    if (!r->json)
        (void)snprintf(title, sizeof title, "command %u", e->number);
    tb_inspect_put_str(r, title, hidden ? "of a payment card: not shown" : name_of(form, e->command));
    if (form && form->family == TB_APDU_TYPE2)
        tb_inspect_put_str(r, "status", e->answer.size ? "done" : "lost, or not known to the tag");
    else if (e->answer.size >= 2)
        status_put(r, form ? form->family : TB_APDU_OTHER, e->answer);
    else
        tb_inspect_put_str(r, "status", e->answer.size ? "no status word" : "lost");
    tb_inspect_fields_begin(r);
    if (!hidden)
        fields_tell(r, c, form, e);
    tb_inspect_fields_end(r);
}
