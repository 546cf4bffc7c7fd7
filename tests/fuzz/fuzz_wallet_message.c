/*
 * What phones say to Smart Tap and VAS, each piece alone: nothing is read past its end, and what is taken out
 * of it lies within it and within its limits.
 *
 * Input: which piece (modulo 6), then its bytes.
 */
#include "core/base/assert.h"
#include "core/credential/ose.h"
#include "core/credential/smart_tap_message.h"
#include "core/credential/tlv.h"
#include "tests/fuzz/fuzz.h"

static bool lies_within(struct tb_span part, struct tb_span whole)
{
    return part.size == 0 || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

static void ose_check(struct tb_span bytes)
{
    struct tb_ose ose;
    if (tb_ose_read(bytes, &ose) != TB_OK)
        return;
    TB_ASSERT(tb_applet_status(bytes) == 0x9000);
    TB_ASSERT(ose.wallet == TB_OSE_APPLE || ose.wallet == TB_OSE_GOOGLE);
}

static void tlv_check(struct tb_span bytes)
{
    struct tb_reader r = tb_reader_of(bytes);
    struct tb_tlv tlv;
    struct tb_span found;
    while (tb_tlv_next(&r, &tlv) == TB_OK) {
        TB_ASSERT(lies_within(tlv.value, bytes));
        if (tb_tlv_find(bytes, tlv.tag, &found) == TB_OK)
            TB_ASSERT(found.size == tlv.value.size);
    }
}

static void selected_check(struct tb_span bytes)
{
    uint8_t nonce[TB_SMART_TAP_NONCE_SIZE];
    if (tb_smart_tap_read_selected(bytes, nonce) == TB_OK)
        TB_ASSERT(bytes.size > sizeof nonce);
}

static void negotiated_check(struct tb_span bytes)
{
    struct tb_smart_tap_session session;
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    if (tb_smart_tap_read_negotiated(bytes, &session, point) == TB_OK)
        TB_ASSERT(bytes.size > sizeof session.id + sizeof point);
}

static void response_check(struct tb_span bytes)
{
    struct tb_smart_tap_session session;
    uint8_t flags;
    struct tb_span body;
    if (tb_smart_tap_read_response(bytes, &session, &flags, &body) == TB_OK)
        TB_ASSERT(lies_within(body, bytes));
}

static void bundle_check(struct tb_span bytes)
{
    struct tb_smart_tap_bundle bundle;
    if (tb_smart_tap_read_bundle(bytes, &bundle) != TB_OK)
        return;
    TB_ASSERT(lies_within(bundle.number, bytes));
    for (size_t i = 0; i < bundle.number.size; i++)
        TB_ASSERT(bundle.number.at[i] >= 0x20 && bundle.number.at[i] < 0x7f);
    TB_ASSERT(bundle.customer.id_size == 0 || bundle.customer.id_size == TB_SMART_TAP_CUSTOMER_SIZE);
    TB_ASSERT(memchr(bundle.customer.language, 0, sizeof bundle.customer.language) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct tb_span bytes) = {ose_check,        tlv_check,      selected_check,
                                                           negotiated_check, response_check, bundle_check};
    if (size)
        checks[data[0] % TB_ARRAY_SIZE(checks)](tb_span_of(data + 1, size - 1));
    return 0;
}
