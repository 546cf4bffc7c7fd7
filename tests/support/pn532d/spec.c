/* Card specifications as they come over the control socket; see card.h. */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "tests/support/pn532d/card_kind.h"
#include "tests/support/simctl.h"

static const struct card_model models[] = {
    {"ntag213", &card_type2, 0x0044, 0x00, 0, "e11012000103a00c34", 45 * 4, false},
    {"ntag215", &card_type2, 0x0044, 0x00, 0, "e1103e000103880866", 135 * 4, false},
    {"ntag216", &card_type2, 0x0044, 0x00, 0, "e1106d000103e80e66", 231 * 4, false},
    {"ultralight", &card_type2, 0x0044, 0x00, 0, "e1100600", 16 * 4, true},
    {"ntag203", &card_type2, 0x0044, 0x00, 0, "e11012000103a01044", 42 * 4, true},
    {"type4", &card_type4, 0x0344, 0x20, 2, "000f2000fb00ff0406e104080000ff", 0, false},
    {"type4v1", &card_type4, 0x0344, 0x20, 1, "000f1000fb00ff0406e104080000ff", 0, false},
    {"type4v3", &card_type4, 0x0344, 0x20, 3, "00113000fb00ff0608e1040000080000ff", 0, false},
    {"payment", &card_payment, 0x0004, 0x20, 0, NULL, 0, false},
    {"foreign", &card_foreign, 0x0344, 0x20, 0, NULL, 0, false},
    {"classic", &card_classic, 0x0004, 0x08, 0, NULL, 0, false},
#if TB_WALLETS
    {"smart_tap", &card_smart_tap, 0x0004, 0x20, 0, NULL, 0, false},
    {"vas", &card_vas, 0x0004, 0x20, 0, NULL, 0, false},
#endif
    {"app", &card_app, 0x0004, 0x20, 0, NULL, 0, false},
    {"desfire", &card_desfire, 0x0344, 0x20, 0, NULL, 0, false},
    {"ntag424", &card_ntag424, 0x0344, 0x20, 2, "001720010000ff0406e104010000000506e10500808283", 0, false},
};

struct content {
    uint8_t message[CARD_MEMORY_MAX];
    struct tb_buf ndef;
    bool blank; /* no NDEF structure at all */
};

/* Undoes %hh in place. */
static bool value_unescape(char *value)
{
    char *out = value;
    for (const char *in = value; *in; in++, out++) {
        uint8_t byte;
        if (*in != '%') {
            *out = *in;
            continue;
        }
        if (strlen(in) < 3 || tb_hex_decode(tb_span_of(in + 1, 2), &byte, 1) != TB_OK || byte == 0)
            return false;
        *out = (char)byte;
        in += 2;
    }
    *out = '\0';
    return true;
}

/* --- records: NFC Forum NDEF 1.0 section 3 */

static void record_add(struct tb_buf *b, uint8_t tnf, struct tb_span type, struct tb_span head,
                       struct tb_span payload)
{
    size_t size = head.size + payload.size;
    bool small = size < 256;
    tb_buf_add_u8(b, (uint8_t)(0xc0 | (small ? 0x10 : 0) | tnf)); /* MB, ME, SR */
    tb_buf_add_u8(b, (uint8_t)type.size);
    if (small)
        tb_buf_add_u8(b, (uint8_t)size);
    else
        tb_buf_add_u32be(b, (uint32_t)size);
    tb_buf_add(b, type);
    tb_buf_add(b, head);
    tb_buf_add(b, payload);
}

static const char *uri_set(struct card *card, struct content *content, char *value)
{
    static const char *const prefixes[] = {"http://www.", "https://www.", "http://", "https://"};
    (void)card;
    uint8_t code = 0;
    size_t skip = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0] && code == 0; i++) {
        if (strncmp(value, prefixes[i], strlen(prefixes[i])) == 0) {
            code = (uint8_t)(i + 1);
            skip = strlen(prefixes[i]);
        }
    }
    record_add(&content->ndef, 1, tb_span_str("U"), tb_span_of(&code, 1), tb_span_str(value + skip));
    return NULL;
}

static const char *text_set(struct card *card, struct content *content, char *value)
{
    (void)card;
    record_add(&content->ndef, 1, tb_span_str("T"),
               tb_span_str("\x02"
                           "en"),
               tb_span_str(value));
    return NULL;
}

static const char *external_set(struct card *card, struct content *content, char *value)
{
    (void)card;
    char *comma = strchr(value, ',');
    if (comma == NULL || comma - value > 255)
        return "external";
    record_add(&content->ndef, 4, tb_span_of(value, (size_t)(comma - value)), tb_span_of(NULL, 0),
               tb_span_str(comma + 1));
    return NULL;
}

static const char *ndef_set(struct card *card, struct content *content, char *value)
{
    (void)card;
    return card_hex_add(&content->ndef, value) == TB_OK ? NULL : "ndef";
}

static const char *empty_set(struct card *card, struct content *content, char *value)
{
    (void)card, (void)value;
    tb_buf_reset(&content->ndef);
    return NULL;
}

static const char *blank_set(struct card *card, struct content *content, char *value)
{
    (void)card, (void)value;
    content->blank = true;
    return NULL;
}

static const char *uid_set(struct card *card, struct content *content, char *value)
{
    (void)content;
    card->uid_random = strcmp(value, "random") == 0;
    if (card->uid_random) {
        card->uid_size = 4;
        return NULL;
    }
    struct tb_buf uid = tb_buf_of(card->uid, sizeof card->uid);
    enum tb_err err = card_hex_add(&uid, value);
    card->uid_size = (uint8_t)uid.size;
    return err == TB_OK && (uid.size == 4 || uid.size == 7 || uid.size == 10) ? NULL : "uid";
}

static const char *torn_set(struct card *card, struct content *content, char *value)
{
    (void)content;
    uint64_t count;
    if (tb_decimal_decode(tb_span_str(value), 10000, &count) != TB_OK)
        return "torn";
    card->torn_after = (unsigned)count;
    return NULL;
}

static const struct key {
    const char *name;
    const char *(*set)(struct card *card, struct content *content, char *value);
} keys[] = {
    {"uri", uri_set},     {"text", text_set},   {"external", external_set}, {"ndef", ndef_set},
    {"empty", empty_set}, {"blank", blank_set}, {"uid", uid_set},           {"torn", torn_set},
};

static const char *word_apply(struct card *card, struct content *content, char *word)
{
    char *value = strchr(word, '=');
    if (value)
        *value++ = '\0';
    else
        value = word + strlen(word);
    if (!value_unescape(value))
        return "escape";
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(keys[i].name, word) == 0)
            return keys[i].set(card, content, value);
    return card->kind->set ? card->kind->set(card, word, value) : "unknown_key";
}

/* --- putting it together */

static const char *card_format(struct card *card, const struct content *content)
{
    if (content->ndef.err != TB_OK)
        return "too_long";
    if (content->blank) {
        memset(card->memory, 0, sizeof card->memory);
        if (card->kind == &card_type4)
            card->kind = &card_foreign;
        return NULL;
    }
    if (card->as_is || card->kind->format == NULL)
        return NULL;
    return card->kind->format(card, tb_buf_span(&content->ndef));
}

static const struct card_model *model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}

/* A UID of its own for every name: NXP's first byte, then a hash. */
static void uid_from_name(struct card *card)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = card->name; *c; c++)
        hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    card->uid_size = card->kind == &card_classic ? 4 : 7;
    card->uid[0] = 0x04;
    for (unsigned i = 1; i < card->uid_size; i++)
        card->uid[i] = (uint8_t)(hash >> 8 * i);
    card->seed = (uint32_t)hash;
}

static void model_apply(struct card *card, const struct card_model *model)
{
    card->kind = model->kind;
    card->sak = model->sak;
    card->atqa = model->atqa;
    uid_from_name(card);
    if (model->kind->begin)
        model->kind->begin(card, model);
}

const char *card_parse(struct card *ret_card, const char *name, char *rest)
{
    static struct content content; /* one thread; too big for a stack */
    char *kind = tb_sim_word(&rest);
    const struct card_model *model = kind ? model_find(kind) : NULL;
    memset(ret_card, 0, sizeof *ret_card);
    if (model == NULL)
        return "unknown_kind";
    if (tb_span_to_str(tb_span_str(name), ret_card->name, sizeof ret_card->name) != TB_OK)
        return "name_too_long";
    model_apply(ret_card, model);
    content = (struct content){.ndef = {.at = NULL}};
    content.ndef = tb_buf_of(content.message, sizeof content.message);
    for (char *word = tb_sim_word(&rest); word != NULL; word = tb_sim_word(&rest)) {
        const char *error = word_apply(ret_card, &content, word);
        if (error)
            return error;
    }
    return card_format(ret_card, &content);
}
