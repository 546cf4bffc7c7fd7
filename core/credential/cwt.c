#include "core/credential/cwt.h"

#include "core/base/text.h"
#include "core/credential/cbor.h"

enum { TAG_SIGN1 = 18, PART_COUNT = 4, ALG_ES256 = 6 /* -7 as CBOR has it */, FRAME_SIZE_MAX = 32 };

enum { LABEL_ALG = 1, LABEL_CRIT = 2, LABEL_KID = 4 }; /* RFC 9052 table 3 */

enum {
    CLAIM_SUB = 2,
    CLAIM_AUD = 3,
    CLAIM_EXP = 4,
    CLAIM_NBF = 5,
    CLAIM_IAT = 6,
    CLAIM_CTI = 7,
    CLAIM_CNF = 8
};

enum { AUDIENCE_COUNT_MAX = 8, CLAIM_COUNT_MAX = 64 };

struct parts { /* borrowed from the token */
    struct tb_span protected_header;
    struct tb_span payload;
    struct tb_span signature;
};

/* What is known of a map's keys: numbers up to 31 may stand there once. */
struct seen {
    uint32_t labels;
};

static enum tb_err label_take(struct tb_span *rest, struct seen *seen, struct tb_cbor *ret_label)
{
    enum tb_err err = tb_cbor_take(rest, ret_label);
    if (err != TB_OK)
        return err;
    if (ret_label->type != TB_CBOR_UINT && ret_label->type != TB_CBOR_NEGATIVE &&
        ret_label->type != TB_CBOR_TEXT)
        return TB_ERR_TYPE;
    if (ret_label->type != TB_CBOR_UINT || ret_label->value > 31)
        return TB_OK;
    uint32_t bit = UINT32_C(1) << ret_label->value;
    if (seen->labels & bit)
        return TB_ERR_DUPLICATE_KEY;
    seen->labels |= bit;
    return TB_OK;
}

/* ---- headers ---- */

struct header {
    struct seen seen; /* a label stands in one of the two headers */
    bool es256;
    struct tb_span kid;
};

static enum tb_err header_member(struct tb_span *rest, bool is_protected, struct header *header)
{
    struct tb_cbor label;
    struct tb_cbor item;
    enum tb_err err = label_take(rest, &header->seen, &label);
    if (err != TB_OK)
        return err;
    bool number = label.type == TB_CBOR_UINT;
    if (number && label.value == LABEL_CRIT)
        return TB_ERR_UNSUPPORTED;
    if (number && label.value == LABEL_ALG) {
        if (!is_protected || tb_cbor_take_type(rest, TB_CBOR_NEGATIVE, &item) != TB_OK ||
            item.value != ALG_ES256)
            return TB_ERR_UNSUPPORTED;
        header->es256 = true;
        return TB_OK;
    }
    if (!number || label.value != LABEL_KID)
        return tb_cbor_skip(rest);
    err = tb_cbor_take_type(rest, TB_CBOR_BYTES, &item);
    if (err == TB_OK && item.bytes.size > TB_JWS_KID_SIZE_MAX)
        err = TB_ERR_TOO_LONG;
    if (err == TB_OK)
        header->kid = item.bytes;
    return err;
}

static enum tb_err header_take(struct tb_span *rest, bool is_protected, struct header *header)
{
    struct tb_cbor map;
    enum tb_err err = tb_cbor_take_type(rest, TB_CBOR_MAP, &map);
    for (uint64_t i = 0; err == TB_OK && i < map.value; i++)
        err = header_member(rest, is_protected, header);
    return err;
}

static enum tb_err bytes_take(struct tb_span *rest, struct tb_span *ret_bytes)
{
    struct tb_cbor item;
    enum tb_err err = tb_cbor_take_type(rest, TB_CBOR_BYTES, &item);
    if (err == TB_OK)
        *ret_bytes = item.bytes;
    return err;
}

static enum tb_err frame_take(struct tb_span *rest)
{
    struct tb_cbor item;
    enum tb_err err = tb_cbor_take_type(rest, TB_CBOR_TAG, &item);
    if (err == TB_OK && item.value != TAG_SIGN1)
        err = TB_ERR_TYPE;
    if (err == TB_OK)
        err = tb_cbor_take_type(rest, TB_CBOR_ARRAY, &item);
    if (err == TB_OK && item.value != PART_COUNT)
        err = TB_ERR_TYPE;
    return err;
}

/* COSE_Sign1, RFC 9052 section 4.2. */
static enum tb_err token_split(struct tb_span token, struct parts *ret_parts, struct header *ret_header)
{
    struct tb_span rest = token;
    *ret_header = (struct header){.es256 = false};
    if (token.size > TB_CWT_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_err err = frame_take(&rest);
    if (err == TB_OK)
        err = bytes_take(&rest, &ret_parts->protected_header);
    struct tb_span inner = err == TB_OK ? ret_parts->protected_header : tb_span_of(NULL, 0);
    if (err == TB_OK)
        err = header_take(&inner, true, ret_header);
    if (err == TB_OK && inner.size)
        err = TB_ERR_SYNTAX;
    if (err == TB_OK)
        err = header_take(&rest, false, ret_header);
    if (err == TB_OK)
        err = bytes_take(&rest, &ret_parts->payload);
    if (err == TB_OK)
        err = bytes_take(&rest, &ret_parts->signature);
    if (err == TB_OK && rest.size)
        err = TB_ERR_SYNTAX;
    if (err == TB_OK && !ret_header->es256)
        err = TB_ERR_UNSUPPORTED;
    return err;
}

/* What is signed, RFC 9052 section 4.4: no external data. */
static void sig_structure_add(struct tb_buf *b, struct tb_span protected_header, struct tb_span payload)
{
    tb_cbor_add(b, TB_CBOR_ARRAY, PART_COUNT);
    tb_cbor_add_text(b, tb_span_str("Signature1"));
    tb_cbor_add_bytes(b, protected_header);
    tb_cbor_add_bytes(b, tb_span_of(NULL, 0));
    tb_cbor_add_bytes(b, payload);
}

static enum tb_err signature_check(const struct parts *parts, struct tb_span kid,
                                   const struct tb_jws_rules *rules)
{
    uint8_t memory[TB_CWT_SIZE_MAX + FRAME_SIZE_MAX];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    struct tb_signature signature;
    if (parts->signature.size != sizeof signature.bytes)
        return TB_ERR_SIGNATURE;
    memcpy(signature.bytes, parts->signature.at, sizeof signature.bytes);
    sig_structure_add(&text, parts->protected_header, parts->payload);
    return text.err == TB_OK ? tb_jws_signature_check(rules, kid, tb_buf_span(&text), &signature) : text.err;
}

/* ---- claims ---- */

struct claims {
    struct tb_cwt cwt;
    const char *audience; /* NULL: not looked at */
    bool audience_seen;
    bool audience_is_ours;
};

static enum tb_err text_take(struct tb_span *rest, struct tb_span *ret_text)
{
    struct tb_cbor item;
    enum tb_err err = tb_cbor_take_type(rest, TB_CBOR_TEXT, &item);
    if (err == TB_OK)
        *ret_text = item.bytes;
    return err;
}

/* NumericDate without a fraction. */
static enum tb_err seconds_take(struct tb_span *rest, int64_t *ret_seconds)
{
    struct tb_cbor item;
    enum tb_err err = tb_cbor_take_type(rest, TB_CBOR_UINT, &item);
    if (err == TB_OK && item.value > TB_JWS_SECONDS_MAX)
        err = TB_ERR_RANGE;
    if (err == TB_OK)
        *ret_seconds = (int64_t)item.value;
    return err;
}

static enum tb_err audience_take(struct tb_span *rest, struct claims *claims)
{
    struct tb_cbor list;
    struct tb_span text;
    uint64_t count = 1;
    if (tb_cbor_take_type(rest, TB_CBOR_ARRAY, &list) == TB_OK)
        count = list.value;
    if (count > AUDIENCE_COUNT_MAX)
        return TB_ERR_TOO_LONG;
    claims->audience_seen = true;
    for (uint64_t i = 0; i < count; i++) {
        enum tb_err err = text_take(rest, &text);
        if (err != TB_OK)
            return err;
        claims->audience_is_ours |= claims->audience != NULL && tb_span_is(text, claims->audience);
    }
    return TB_OK;
}

static enum tb_err numbered_claim_take(struct tb_span *rest, uint64_t label, struct claims *claims)
{
    struct tb_cwt *cwt = &claims->cwt;
    switch (label) {
    case CLAIM_SUB: return text_take(rest, &cwt->subject);
    case CLAIM_AUD: return audience_take(rest, claims);
    case CLAIM_EXP: cwt->times.has_exp = true; return seconds_take(rest, &cwt->times.exp_s);
    case CLAIM_NBF: return seconds_take(rest, &cwt->times.nbf_s);
    case CLAIM_IAT: cwt->times.has_iat = true; return seconds_take(rest, &cwt->times.iat_s);
    case CLAIM_CTI: return bytes_take(rest, &cwt->id);
    case CLAIM_CNF: cwt->confirms_key = true; return tb_cbor_skip(rest);
    default: return tb_cbor_skip(rest);
    }
}

static enum tb_err claim_take(struct tb_span *rest, struct seen *seen, struct claims *claims)
{
    struct tb_cbor label;
    enum tb_err err = label_take(rest, seen, &label);
    if (err != TB_OK)
        return err;
    if (label.type == TB_CBOR_UINT)
        return numbered_claim_take(rest, label.value, claims);
    if (label.type != TB_CBOR_TEXT || !tb_span_is(label.bytes, "member"))
        return tb_cbor_skip(rest);
    return claims->cwt.member.size ? TB_ERR_DUPLICATE_KEY : text_take(rest, &claims->cwt.member);
}

static enum tb_err claims_read(struct tb_span payload, struct claims *claims)
{
    struct tb_cbor map;
    struct seen seen = {0};
    enum tb_err err = tb_cbor_take_type(&payload, TB_CBOR_MAP, &map);
    if (err == TB_OK && map.value > CLAIM_COUNT_MAX)
        err = TB_ERR_TOO_LONG;
    for (uint64_t i = 0; err == TB_OK && i < map.value; i++)
        err = claim_take(&payload, &seen, claims);
    return err == TB_OK && payload.size ? TB_ERR_SYNTAX : err;
}

enum tb_err tb_cwt_verify(struct tb_span token, const struct tb_jws_rules *rules, int64_t wall_ms,
                          struct tb_cwt *ret_cwt)
{
    struct parts parts;
    struct header header;
    struct claims claims = {.audience = rules->audience};
    *ret_cwt = claims.cwt;
    enum tb_err err = token_split(token, &parts, &header);
    if (err == TB_OK)
        err = signature_check(&parts, header.kid, rules);
    if (err == TB_OK)
        err = claims_read(parts.payload, &claims);
    if (err == TB_OK && rules->audience && !claims.audience_is_ours)
        err = claims.audience_seen ? TB_ERR_DENIED : TB_ERR_MISSING;
    if (err == TB_OK)
        err = tb_jws_times_check(&claims.cwt.times, rules, wall_ms);
    if (err != TB_OK)
        return err;
    claims.cwt.kid = header.kid;
    *ret_cwt = claims.cwt;
    return TB_OK;
}

enum tb_err tb_cwt_peek(struct tb_span token, struct tb_cwt *ret_cwt)
{
    struct parts parts;
    struct header header;
    struct claims claims = {.audience = NULL};
    *ret_cwt = claims.cwt;
    enum tb_err err = token_split(token, &parts, &header);
    if (err == TB_OK)
        err = claims_read(parts.payload, &claims);
    if (err != TB_OK)
        return err;
    claims.cwt.kid = header.kid;
    *ret_cwt = claims.cwt;
    return TB_OK;
}

enum tb_err tb_cwt_build(struct tb_span kid, struct tb_span claims, const struct tb_key *key,
                         const struct tb_rng *rng, struct tb_buf *ret_token)
{
    uint8_t memory[TB_CWT_SIZE_MAX + FRAME_SIZE_MAX];
    uint8_t header_memory[TB_JWS_KID_SIZE_MAX + FRAME_SIZE_MAX];
    struct tb_buf header = tb_buf_of(header_memory, sizeof header_memory);
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    struct tb_signature signature;
    tb_cbor_add(&header, TB_CBOR_MAP, kid.size ? 2 : 1);
    tb_cbor_add(&header, TB_CBOR_UINT, LABEL_ALG);
    tb_cbor_add(&header, TB_CBOR_NEGATIVE, ALG_ES256);
    if (kid.size) {
        tb_cbor_add(&header, TB_CBOR_UINT, LABEL_KID);
        tb_cbor_add_bytes(&header, kid);
    }
    if (header.err != TB_OK)
        return header.err;
    sig_structure_add(&text, tb_buf_span(&header), claims);
    enum tb_err err = text.err == TB_OK ? tb_key_sign(key, rng, tb_buf_span(&text), &signature) : text.err;
    if (err != TB_OK)
        return err;
    tb_cbor_add(ret_token, TB_CBOR_TAG, TAG_SIGN1);
    tb_cbor_add(ret_token, TB_CBOR_ARRAY, PART_COUNT);
    tb_cbor_add_bytes(ret_token, tb_buf_span(&header));
    tb_cbor_add(ret_token, TB_CBOR_MAP, 0);
    tb_cbor_add_bytes(ret_token, claims);
    tb_cbor_add_bytes(ret_token, tb_span_of(signature.bytes, sizeof signature.bytes));
    return ret_token->err;
}
