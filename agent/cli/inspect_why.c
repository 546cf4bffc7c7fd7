/* inspect: reasons in words. */
#include "agent/cli/inspect.h"

static const char *const sentences[TB_REASON_COUNT] = {
    [TB_REASON_MEMBER_TEXT] = "a member number of the chain, as text; anyone can copy it",
    [TB_REASON_MEMBER_EAN] = "a member card of the chain in EAN-13; anyone can copy it",
    [TB_REASON_MEMBER_LINK] = "a member number in a web address; anyone can copy it",
    [TB_REASON_MEMBER_EXTERNAL] = "a member number in a record of the chain; anyone can copy it",
    [TB_REASON_GSRN_ELEMENT] = "a GS1 member number (AI 8018) in an element string; anyone can copy it",
    [TB_REASON_GSRN_LINK] = "a GS1 member number (AI 8018) in a Digital Link; anyone can copy it",
    [TB_REASON_MEMBER_CODE128] = "a member card by one of the chain's rules; anyone can copy it",
    [TB_REASON_READER_PASS] = "what a certified reader took from a wallet pass",
    [TB_REASON_MEMBER_ROTATING] = "a rotating code: good for a moment, and once",
    [TB_REASON_TOKEN_JWS] = "a token (JWS) that the chain signed",
    [TB_REASON_TOKEN_CWT] = "a token (CWT) that the chain signed",
    [TB_REASON_TAG_SUN] = "a tag that signed its message",
    [TB_REASON_TAG_UID] = "the UID of a card; anyone can copy it",
    [TB_REASON_HANDOVER_CODE] = "the code of a cart that comes from elsewhere",
    [TB_REASON_PRODUCT_CODE] = "a product's code",
    [TB_REASON_PRODUCT_ELEMENT] = "a product's GTIN (AI 01) in an element string",
    [TB_REASON_PRODUCT_LINK] = "a product's GTIN (AI 01) in a Digital Link",
    [TB_REASON_PAYMENT_NUMBER] = "a payment card's number; nothing of it is kept",
    [TB_REASON_PAYMENT_TRACK] = "a payment card's magnetic stripe; nothing of it is kept",
    [TB_REASON_CODE_EMPTY] = "nothing is in it",
    [TB_REASON_CODE_TOO_LONG] = "it is longer than a code may be",
    [TB_REASON_CODE_NOT_TEXT] = "it is no text",
    [TB_REASON_CODE_NOT_OURS] = "no rule of the chain fits it",
    [TB_REASON_CODE_CHECK_DIGIT] = "its check digit or check character is wrong",
    [TB_REASON_CODE_HOST] = "its form is the chain's, its host is not",
    [TB_REASON_CODE_GS1_OTHER] = "GS1 data without a member or a product",
    [TB_REASON_CODE_COUPON] = "a coupon (AI 255), which is for the point of sale",
    [TB_REASON_TAG_EMPTY] = "a tag without content",
    [TB_REASON_TAG_NOT_OURS] = "no record on it is the chain's",
    [TB_REASON_TAG_MALFORMED] = "it breaks the rules of NDEF",
    [TB_REASON_PROOF_WRONG] = "its signature or password is by no key that was given",
    [TB_REASON_PROOF_NO_KEY] = "no key that was given could say whether it is genuine",
    [TB_REASON_PROOF_EXPIRED] = "its time is over",
    [TB_REASON_PROOF_EARLY] = "its time has not come, or it is good for longer than is allowed",
    [TB_REASON_PROOF_AUDIENCE] = "it is genuine, and made for somebody else",
    [TB_REASON_PROOF_MALFORMED] = "ours by its looks, and it breaks the rules of its form",
    [TB_REASON_PROOF_UNSUPPORTED] = "an algorithm, mode or kind of token that is not accepted",
    [TB_REASON_PROOF_UNVERIFIED] = "seen, but not verified: no key for it was given",
    [TB_REASON_UID_RANDOM] = "a UID that is another one each time",
    [TB_REASON_POLICY] = "a kind that is not accepted here",
};

const char *tb_inspect_why(enum tb_reason reason)
{
    const char *sentence = (unsigned)reason < TB_REASON_COUNT ? sentences[reason] : NULL;
    return sentence ? sentence : tb_reason_name(reason);
}
