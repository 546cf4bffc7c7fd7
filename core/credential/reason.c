#include "core/credential/reason.h"

#include "core/base/assert.h"

static const char *const reason_names[TB_REASON_COUNT] = {
    [TB_REASON_NONE] = "none",
    [TB_REASON_MEMBER_TEXT] = "member.text",
    [TB_REASON_MEMBER_EAN] = "member.ean",
    [TB_REASON_MEMBER_LINK] = "member.link",
    [TB_REASON_MEMBER_EXTERNAL] = "member.external",
    [TB_REASON_GSRN_ELEMENT] = "gsrn.element",
    [TB_REASON_GSRN_LINK] = "gsrn.link",
    [TB_REASON_MEMBER_CODE128] = "member.code128",
    [TB_REASON_READER_PASS] = "reader.pass",
    [TB_REASON_MEMBER_ROTATING] = "member.rotating",
    [TB_REASON_TOKEN_JWS] = "token.jws",
    [TB_REASON_TOKEN_CWT] = "token.cwt",
    [TB_REASON_TAG_SUN] = "tag.sun",
    [TB_REASON_TAG_UID] = "tag.uid",
    [TB_REASON_CARD_DESFIRE] = "card.desfire",
    [TB_REASON_PASS_SMART_TAP] = "pass.smart_tap",
    [TB_REASON_PASS_VAS] = "pass.vas",
    [TB_REASON_PHONE_PASS] = "phone.pass",
    [TB_REASON_HANDOVER_CODE] = "handover.code",
    [TB_REASON_BADGE_CODE] = "badge.code",
    [TB_REASON_PRODUCT_CODE] = "product.code",
    [TB_REASON_PRODUCT_ELEMENT] = "product.element",
    [TB_REASON_PRODUCT_LINK] = "product.link",
    [TB_REASON_PAYMENT_NUMBER] = "payment.number",
    [TB_REASON_PAYMENT_TRACK] = "payment.track",
    [TB_REASON_PAYMENT_CHIP] = "payment.chip",
    [TB_REASON_CODE_EMPTY] = "code.empty",
    [TB_REASON_CODE_TOO_LONG] = "code.too_long",
    [TB_REASON_CODE_NOT_TEXT] = "code.not_text",
    [TB_REASON_CODE_NOT_OURS] = "code.not_ours",
    [TB_REASON_CODE_CHECK_DIGIT] = "code.check_digit",
    [TB_REASON_CODE_HOST] = "code.host",
    [TB_REASON_CODE_GS1_OTHER] = "code.gs1_other",
    [TB_REASON_CODE_COUPON] = "code.coupon",
    [TB_REASON_TAG_EMPTY] = "tag.empty",
    [TB_REASON_TAG_NOT_OURS] = "tag.not_ours",
    [TB_REASON_TAG_MALFORMED] = "tag.malformed",
    [TB_REASON_TAG_TORN] = "tag.torn",
    [TB_REASON_TAG_LOCKED] = "tag.locked",
    [TB_REASON_TAG_UNSUPPORTED] = "tag.unsupported",
    [TB_REASON_TAG_TIMEOUT] = "tag.timeout",
    [TB_REASON_TAG_TWO] = "tag.two",
    [TB_REASON_READER_LOST] = "reader.lost",
    [TB_REASON_PROOF_WRONG] = "proof.wrong",
    [TB_REASON_PROOF_NO_KEY] = "proof.no_key",
    [TB_REASON_PROOF_EXPIRED] = "proof.expired",
    [TB_REASON_PROOF_EARLY] = "proof.early",
    [TB_REASON_PROOF_AUDIENCE] = "proof.audience",
    [TB_REASON_PROOF_REPLAYED] = "proof.replayed",
    [TB_REASON_PROOF_MALFORMED] = "proof.malformed",
    [TB_REASON_PROOF_UNSUPPORTED] = "proof.unsupported",
    [TB_REASON_PROOF_UNVERIFIED] = "proof.unverified",
    [TB_REASON_REPLAY_MEMORY] = "proof.memory",
    [TB_REASON_PASS_NONE] = "pass.none",
    [TB_REASON_PASS_CHOOSE] = "pass.choose",
    [TB_REASON_PASS_LOCKED] = "pass.locked",
    [TB_REASON_PASS_AGAIN] = "pass.again",
    [TB_REASON_PASS_REFUSED] = "pass.refused",
    [TB_REASON_UID_RANDOM] = "uid.random",
    [TB_REASON_POLICY] = "policy.kind",
    [TB_REASON_FOUND_CACHE] = "found.cache",
    [TB_REASON_FOUND_STORE] = "found.store",
    [TB_REASON_FOUND_LATE] = "found.late",
    [TB_REASON_NOT_FOUND] = "lookup.not_found",
    [TB_REASON_STORE_OFFLINE] = "lookup.offline",
    [TB_REASON_STORE_TIMEOUT] = "lookup.timeout",
    [TB_REASON_HANDOVER_GONE] = "handover.gone",
    [TB_REASON_HANDOVER_OFFLINE] = "handover.offline",
    [TB_REASON_HANDOVER_TIMEOUT] = "handover.timeout",
    [TB_REASON_LOOKUP_LIMIT] = "lookup.limit",
    [TB_REASON_CACHE_CORRUPT] = "lookup.corrupt",
    [TB_REASON_BLOCKED] = "credential.blocked",
    [TB_REASON_BUSY] = "identify.busy",
    [TB_REASON_OPERATOR_ON] = "operator.on",
    [TB_REASON_OPERATOR_OFF] = "operator.off",
    [TB_REASON_OPERATOR_UNKNOWN] = "operator.unknown",
    [TB_REASON_CAPTURE_TAKEN] = "capture.taken",
    [TB_REASON_CAPTURE_REFUSED] = "capture.refused",
};

const char *tb_reason_name(enum tb_reason reason)
{
    TB_ASSERT((unsigned)reason < TB_REASON_COUNT && reason_names[reason]);
    return reason_names[reason];
}

enum tb_err tb_reason_decode(struct tb_span name, enum tb_reason *ret_reason)
{
    for (unsigned i = 0; i < TB_REASON_COUNT; i++) {
        if (tb_span_is(name, reason_names[i])) {
            *ret_reason = (enum tb_reason)i;
            return TB_OK;
        }
    }
    return TB_ERR_NOT_FOUND;
}
