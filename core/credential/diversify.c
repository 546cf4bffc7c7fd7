#include "core/credential/diversify.h"

#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/base/wipe.h"

enum { INPUT_SIZE = 2 * TB_AES_BLOCK_SIZE, KEY_CONSTANT = 0x01 };

/* Multiplication by x in GF(2^128), NIST SP 800-38B section 6.1. */
static void double_block(uint8_t block[TB_AES_BLOCK_SIZE])
{
    uint8_t carry = (uint8_t)(block[0] >> 7);
    for (size_t i = 0; i + 1 < TB_AES_BLOCK_SIZE; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[TB_AES_BLOCK_SIZE - 1] = (uint8_t)(block[TB_AES_BLOCK_SIZE - 1] << 1 ^ (carry ? 0x87 : 0));
}

/*
 * A CMAC over two blocks always: AN10922 pads an input of one block or less to two, which CMAC itself would
 * not.
 */
enum tb_err tb_diversify_aes128(struct tb_span master, const struct tb_span *parts, size_t part_count,
                                uint8_t ret_key[TB_AES128_KEY_SIZE])
{
    uint8_t memory[INPUT_SIZE] = {0};
    struct tb_buf input = tb_buf_of(memory, sizeof memory);
    if (master.size != TB_AES128_KEY_SIZE)
        return TB_ERR_RANGE;
    tb_buf_add_u8(&input, KEY_CONSTANT);
    for (size_t i = 0; i < part_count; i++)
        tb_buf_add(&input, parts[i]);
    if (input.err != TB_OK)
        return input.err;

    uint8_t last[TB_AES_BLOCK_SIZE] = {0};
    uint8_t iv[TB_AES_BLOCK_SIZE] = {0};
    tb_aes128_encrypt(master.at, last, last);
    double_block(last);
    if (input.size < sizeof memory) {
        memory[input.size] = 0x80;
        double_block(last);
    }
    for (size_t i = 0; i < sizeof last; i++)
        memory[TB_AES_BLOCK_SIZE + i] ^= last[i];
    enum tb_err err = tb_aes128_cbc_encrypt(master.at, iv, tb_span_of(memory, sizeof memory), memory);
    memcpy(ret_key, memory + TB_AES_BLOCK_SIZE, TB_AES128_KEY_SIZE);
    tb_wipe(last, sizeof last);
    tb_wipe(iv, sizeof iv);
    tb_wipe(memory, sizeof memory);
    return err;
}

enum tb_err tb_diversify_ring_key(const struct tb_ring_key *key, struct tb_span uid,
                                  uint8_t ret_key[TB_AES128_KEY_SIZE])
{
    if (key->size != TB_AES128_KEY_SIZE)
        return TB_ERR_RANGE;
    size_t application_size = key->use == TB_RING_DESFIRE ? sizeof key->application : 0;
    const struct tb_span parts[] = {
        uid,
        tb_span_of(key->application, application_size),
        tb_span_of(key->system, key->system_size),
    };
    if (key->diversified)
        return tb_diversify_aes128(tb_span_of(key->bytes, key->size), parts, TB_ARRAY_SIZE(parts), ret_key);
    memcpy(ret_key, key->bytes, TB_AES128_KEY_SIZE);
    return TB_OK;
}
