/* Certificates, requests and keys from outside: whatever they are, an error or a value. */
#include "core/base/assert.h"
#include "core/crypto/cert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span text = tb_span_of(data, size);
    struct seeded_rng seed = {1};
    struct tb_rng rng = seeded_rng_of(&seed);

    struct tb_cert_info info;
    if (tb_cert_read(text, &info) == TB_OK)
        TB_ASSERT(strlen(info.uri) <= TB_CERT_URI_SIZE_MAX && info.serial_size <= TB_CERT_SERIAL_SIZE_MAX);
    struct tb_cert_request request;
    if (tb_cert_read_request(text, &request) == TB_OK)
        TB_ASSERT(strlen(request.uri) <= TB_CERT_URI_SIZE_MAX);
    struct tb_key key;
    if (tb_key_load(text, &rng, &key) == TB_OK)
        TB_ASSERT(key.public_key.point[0] == 4);
    struct tb_public_key public_key;
    if (tb_public_key_load(text, &public_key) == TB_OK)
        TB_ASSERT(public_key.point[0] == 4);

    struct tb_signature signature;
    if (tb_signature_of_der(text, &signature) == TB_OK) {
        uint8_t room[TB_SIGNATURE_DER_SIZE_MAX];
        struct tb_buf der = tb_buf_of(room, sizeof room);
        TB_ASSERT(tb_signature_to_der(&signature, &der) == TB_OK);
        TB_ASSERT(tb_span_equal(tb_buf_span(&der), text));
    }
    return 0;
}
