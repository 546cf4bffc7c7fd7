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
    [TB_REASON_TAG_EMPTY] = "tag.empty",
    [TB_REASON_TAG_NOT_OURS] = "tag.not_ours",
    [TB_REASON_TAG_MALFORMED] = "tag.malformed",
    [TB_REASON_TAG_TORN] = "tag.torn",
    [TB_REASON_TAG_LOCKED] = "tag.locked",
    [TB_REASON_TAG_UNSUPPORTED] = "tag.unsupported",
    [TB_REASON_TAG_TIMEOUT] = "tag.timeout",
    [TB_REASON_TAG_TWO] = "tag.two",
    [TB_REASON_READER_LOST] = "reader.lost",
    [TB_REASON_FOUND_CACHE] = "found.cache",
    [TB_REASON_FOUND_STORE] = "found.store",
    [TB_REASON_FOUND_LATE] = "found.late",
    [TB_REASON_NOT_FOUND] = "lookup.not_found",
    [TB_REASON_STORE_OFFLINE] = "lookup.offline",
    [TB_REASON_STORE_TIMEOUT] = "lookup.timeout",
    [TB_REASON_CACHE_CORRUPT] = "lookup.corrupt",
    [TB_REASON_BLOCKED] = "credential.blocked",
    [TB_REASON_BUSY] = "identify.busy",
};

const char *tb_reason_name(enum tb_reason reason)
{
    TB_ASSERT((unsigned)reason < TB_REASON_COUNT && reason_names[reason]);
    return reason_names[reason];
}
