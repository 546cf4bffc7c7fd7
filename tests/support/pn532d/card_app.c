/* The chain's phone app, from the phone's side: docs/protocol.md, "Phone app". */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/crypto/hash.h"
#include "core/crypto/key.h"
#include "tests/support/pn532d/card_kind.h"

static const uint8_t own_aid[] = {0xf0, 'T', 'I', 'L', 'L', 'B', 'R', '1'};

enum { CHALLENGE_SIZE = 48, CHAIN_AT = 32, NAME_SIZE = 8 };

static void fill(void *context, uint8_t *ret_bytes, size_t size)
{
    card_random(context, ret_bytes, size);
}

static struct tb_span hello_of(const struct card_app *app, uint8_t memory[5])
{
    const uint8_t hello[] = {'T', 'B', app->version_min, app->version_max, 0x00};
    memcpy(memory, hello, sizeof hello);
    return tb_span_of(memory, sizeof hello);
}

static void app_select(struct card_app *app, struct tb_buf *answer)
{
    uint8_t memory[5];
    app->selected = true;
    app->response_size = app->sent_size = 0;
    tb_buf_add(answer, hello_of(app, memory));
    card_status_add(answer, 0x9000);
}

static bool chain_is_mine(const struct card_app *app, struct tb_span challenge)
{
    struct tb_digest name = tb_sha256(tb_span_str(app->audience));
    return app->audience[0] == '\0' ||
           tb_span_equal(tb_span_sub(challenge, CHAIN_AT, NAME_SIZE), tb_span_of(name.bytes, NAME_SIZE));
}

static void response_sign(struct card *card, struct tb_span challenge)
{
    struct card_app *app = &card->state.app;
    const struct tb_rng rng = {.fill = fill, .context = card};
    struct tb_key key;
    struct tb_signature signature;
    uint8_t hello[5];
    uint8_t memory[128];
    uint8_t flags = app->away ? 0x00 : 0x01;
    struct tb_span certificate = tb_span_str(app->certificate);
    struct tb_digest digest = tb_sha256(certificate);
    struct tb_buf message = tb_buf_of(memory, sizeof memory);
    struct tb_buf response = tb_buf_of(app->response, sizeof app->response);
    tb_buf_add(&message, tb_span_of("tillbridge-hce-1", 17));
    tb_buf_add(&message, hello_of(app, hello));
    tb_buf_add(&message, challenge);
    tb_buf_add_u8(&message, flags);
    tb_buf_add(&message, tb_digest_span(&digest));
    TB_ASSERT(message.err == TB_OK);
    enum tb_err err = tb_key_of_scalar(tb_span_of(app->scalar, sizeof app->scalar), &rng, &key);
    if (err == TB_OK)
        err = tb_key_sign(&key, &rng, tb_buf_span(&message), &signature);
    TB_ASSERT(err == TB_OK);
    tb_buf_add_u8(&response, flags);
    tb_buf_add(&response, tb_span_of(signature.bytes, sizeof signature.bytes));
    tb_buf_add_u16be(&response, (uint16_t)certificate.size);
    tb_buf_add(&response, certificate);
    TB_ASSERT(response.err == TB_OK);
    app->response_size = response.size;
    app->sent_size = 0;
}

static void part_send(struct card_app *app, struct tb_buf *answer)
{
    struct tb_span rest =
        tb_span_sub(tb_span_of(app->response, app->response_size), app->sent_size, SIZE_MAX);
    struct tb_span part = tb_span_sub(rest, 0, app->part_size);
    app->sent_size += part.size;
    tb_buf_add(answer, part);
    card_status_add(answer, part.size < rest.size ? 0x6100 : 0x9000);
}

static void app_prove(struct card *card, struct tb_span apdu, struct tb_buf *answer)
{
    struct card_app *app = &card->state.app;
    struct tb_span challenge = card_apdu_data(apdu);
    if (apdu.at[2] < app->version_min || apdu.at[2] > app->version_max) {
        card_status_add(answer, 0x6a86);
    } else if (challenge.size != CHALLENGE_SIZE) {
        card_status_add(answer, 0x6700);
    } else if (app->refusal) {
        card_status_add(answer, app->refusal);
    } else if (!chain_is_mine(app, challenge)) {
        card_status_add(answer, 0x6a88);
    } else {
        response_sign(card, challenge);
        if (app->slow)
            card_status_add(answer, 0x6100);
        else
            part_send(app, answer);
    }
}

static bool app_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                         bool *ret_violation)
{
    struct card_app *app = &card->state.app;
    (void)ret_violation;
    if (card_apdu_selects(apdu)) {
        app->selected = tb_span_equal(card_apdu_data(apdu), tb_span_of(own_aid, sizeof own_aid));
        if (app->selected)
            app_select(app, ret_answer);
        else
            card_status_add(ret_answer, 0x6a82);
    } else if (!app->selected || apdu.at[0] != 0x80) {
        card_status_add(ret_answer, 0x6e00);
    } else if (apdu.at[1] == 0x10) {
        app_prove(card, apdu, ret_answer);
    } else if (apdu.at[1] == 0xc0 && app->sent_size < app->response_size) {
        part_send(app, ret_answer);
    } else {
        card_status_add(ret_answer, 0x6d00);
    }
    return true;
}

static void app_begin(struct card *card, const struct card_model *model)
{
    (void)model;
    card->uid_random = true;
    card->uid_size = 4;
    card->state.app = (struct card_app){.part_size = 250, .version_min = 1, .version_max = 1};
}

static void app_reset(struct card *card)
{
    card->state.app.selected = false;
    card->state.app.response_size = card->state.app.sent_size = 0;
}

static const char *number_set(const char *key, const char *value, uint64_t max, uint64_t *ret_number)
{
    return tb_decimal_decode(tb_span_str(value), max, ret_number) == TB_OK ? NULL : key;
}

static const char *version_set(struct card_app *app, const char *value)
{
    uint64_t number;
    const char *error = number_set("version", value, 255, &number);
    if (error == NULL)
        app->version_min = app->version_max = (uint8_t)number;
    return error;
}

static const char *part_set(struct card_app *app, const char *value)
{
    uint64_t number;
    const char *error = number_set("part", value, 250, &number);
    if (error == NULL)
        app->part_size = (size_t)number;
    return error;
}

static const char *refusal_set(struct card_app *app, const char *value)
{
    uint8_t status[2];
    if (tb_hex_decode(tb_span_str(value), status, sizeof status) != TB_OK)
        return "refuses";
    app->refusal = (uint16_t)(status[0] << 8 | status[1]);
    return NULL;
}

static const char *app_set(struct card *card, const char *key, const char *value)
{
    struct card_app *app = &card->state.app;
    struct tb_span text = tb_span_str(value);
    if (strcmp(key, "key") == 0)
        return tb_hex_decode(text, app->scalar, sizeof app->scalar) == TB_OK ? NULL : "key";
    if (strcmp(key, "certificate") == 0)
        return tb_span_to_str(text, app->certificate, sizeof app->certificate) == TB_OK ? NULL
                                                                                        : "certificate";
    if (strcmp(key, "audience") == 0)
        return tb_span_to_str(text, app->audience, sizeof app->audience) == TB_OK ? NULL : "audience";
    if (strcmp(key, "part") == 0)
        return part_set(app, value);
    if (strcmp(key, "version") == 0)
        return version_set(app, value);
    if (strcmp(key, "refuses") == 0)
        return refusal_set(app, value);
    if (strcmp(key, "away") == 0)
        app->away = true;
    else if (strcmp(key, "slow") == 0)
        app->slow = true;
    else
        return "unknown_key";
    return NULL;
}

const struct card_kind card_app = {
    .exchange = app_exchange,
    .begin = app_begin,
    .reset = app_reset,
    .set = app_set,
};
