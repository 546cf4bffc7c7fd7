#include "agent/cache/pos_clients.h"

#include "core/base/text.h"
#include "core/base/wipe.h"

#define STORED_VERSION 1

static void text_add(struct tb_buf *to, const char *text)
{
    tb_buf_add_u8(to, (uint8_t)strlen(text));
    tb_buf_add_str(to, text);
}

void tb_pos_client_encode(const struct tb_pos_client *client, struct tb_buf *to)
{
    tb_buf_add_u8(to, STORED_VERSION);
    tb_buf_add_u32be(to, client->grants);
    tb_buf_add_u64be(to, (uint64_t)client->paired_ms);
    tb_buf_add(to, tb_digest_span(&client->token));
    text_add(to, client->name);
    text_add(to, client->origin);
}

static void text_read(struct tb_reader *from, char *ret_text, size_t size_max)
{
    struct tb_span text = tb_read_bytes(from, tb_read_u8(from));
    bool whole = from->err == TB_OK && tb_utf8_valid(text) &&
                 (text.size == 0 || memchr(text.at, 0, text.size) == NULL) &&
                 tb_span_to_str(text, ret_text, size_max) == TB_OK;
    if (!whole)
        from->err = TB_ERR_CORRUPT;
}

enum tb_err tb_pos_client_decode(struct tb_span stored, struct tb_pos_client *ret_client)
{
    struct tb_reader from = tb_reader_of(stored);
    *ret_client = (struct tb_pos_client){0};
    if (tb_read_u8(&from) != STORED_VERSION)
        return TB_ERR_CORRUPT;
    ret_client->grants = tb_read_u32be(&from);
    ret_client->paired_ms = (int64_t)tb_read_u64be(&from);
    struct tb_span token = tb_read_bytes(&from, TB_SHA256_SIZE);
    if (token.size == TB_SHA256_SIZE)
        memcpy(ret_client->token.bytes, token.at, TB_SHA256_SIZE);
    text_read(&from, ret_client->name, sizeof ret_client->name);
    text_read(&from, ret_client->origin, sizeof ret_client->origin);
    bool whole = from.err == TB_OK && from.rest.size == 0 && ret_client->paired_ms >= 0;
    if (!whole)
        *ret_client = (struct tb_pos_client){0};
    return whole ? TB_OK : TB_ERR_CORRUPT;
}

struct about {
    uint8_t bytes[16];
};

static struct tb_span about_client(int64_t number, struct about *space)
{
    struct tb_buf about = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&about, "pos");
    tb_buf_add_u64be(&about, (uint64_t)number);
    return tb_buf_span(&about);
}

static void client_load(struct tb_state *state, const struct tb_stmt *row, struct tb_pos_clients *clients)
{
    uint8_t bytes[TB_POS_CLIENT_STORED_MAX];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    struct about about;
    struct tb_pos_client client;
    int64_t number = tb_stmt_int(row, 0);
    bool known =
        number > 0 && number <= UINT32_MAX &&
        tb_unseal(&state->sealer, about_client(number, &about), tb_stmt_blob(row, 1), &plain) == TB_OK &&
        tb_pos_client_decode(tb_buf_span(&plain), &client) == TB_OK;
    tb_wipe(bytes, sizeof bytes);
    if (!known || clients->count == TB_POS_CLIENT_MAX)
        return;
    client.number = (uint32_t)number;
    clients->at[clients->count++] = client;
}

enum tb_err tb_pos_clients_load(struct tb_state *state, struct tb_pos_clients *ret_clients)
{
    struct tb_stmt read;
    bool row = false;
    *ret_clients = (struct tb_pos_clients){0};
    enum tb_err err =
        tb_stmt_prepare(state->db, "SELECT number, sealed FROM pos_client ORDER BY number", &read);
    if (err != TB_OK)
        return err;
    while ((err = tb_stmt_step(&read, &row)) == TB_OK && row)
        client_load(state, &read, ret_clients);
    tb_stmt_free(&read);
    return err;
}

enum tb_err tb_pos_clients_put(struct tb_state *state, const struct tb_pos_client *client)
{
    uint8_t plain_bytes[TB_POS_CLIENT_STORED_MAX];
    uint8_t sealed_bytes[TB_POS_CLIENT_STORED_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf plain = tb_buf_of(plain_bytes, sizeof plain_bytes);
    struct tb_buf sealed = tb_buf_of(sealed_bytes, sizeof sealed_bytes);
    struct about about;
    tb_pos_client_encode(client, &plain);
    enum tb_err err = plain.err;
    if (err == TB_OK)
        err = tb_seal(&state->sealer, about_client(client->number, &about), tb_buf_span(&plain), &sealed);
    tb_wipe(plain_bytes, sizeof plain_bytes);
    if (err != TB_OK)
        return err;
    struct tb_stmt *put = &state->stmts[TB_STATE_STMT_POS_PUT];
    tb_stmt_bind_int(put, 1, client->number);
    tb_stmt_bind_blob(put, 2, tb_buf_span(&sealed));
    return tb_stmt_run(put);
}

enum tb_err tb_pos_clients_drop(struct tb_state *state, uint32_t number)
{
    struct tb_stmt *drop = &state->stmts[TB_STATE_STMT_POS_DROP];
    tb_stmt_bind_int(drop, 1, number);
    return tb_stmt_run(drop);
}
