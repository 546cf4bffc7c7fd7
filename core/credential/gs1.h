/*
 * GS1 keys out of element strings and Digital Link addresses.
 *
 * GS1 General Specifications section 3 (application identifiers, core/credential/gs1_ai.h) and 7.8 (element
 * strings: FNC1 travels as GS, 0x1D); GS1 Digital Link URI syntax 1.4, uncompressed. What is taken is the
 * first of AI 8018 (member) and AI 01 (product), AI 255 (coupon) when neither is there; whatever else is in
 * the string must be well-formed. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_GS1_H
#define TB_CORE_CREDENTIAL_GS1_H

#include "core/credential/digits.h"

#define TB_GSRN_DIGIT_COUNT 18
#define TB_SRIN_DIGIT_COUNT_MAX 10
#define TB_GCN_DIGIT_COUNT_MAX 25

enum tb_gs1_key {
    TB_GS1_OTHER, /* well-formed, and none of the keys that are used here */
    TB_GS1_GTIN,
    TB_GS1_GSRN,
    TB_GS1_COUPON,
};

struct tb_gs1 {
    enum tb_gs1_key key;
    char gtin[TB_GTIN_TEXT_SIZE];
    char gsrn[TB_GSRN_DIGIT_COUNT + 1];
    char srin[TB_SRIN_DIGIT_COUNT_MAX + 1]; /* AI 8019 beside a GSRN: which of its cards; "" when not said */
    char gcn[TB_GCN_DIGIT_COUNT_MAX + 1];   /* AI 255 */
};

/*
 * Takes an element string apart, without symbology identifier. A GS in front is accepted.
 * TB_ERR_SYNTAX when it is none, TB_ERR_CHECKSUM when a check digit is wrong.
 */
TB_MUST_USE enum tb_err tb_gs1_element_decode(struct tb_span text, struct tb_gs1 *ret_gs1);

/*
 * The elements one by one: takes AI and value off the front of rest, with the GS behind them. Borrowed.
 * Errors as above.
 */
TB_MUST_USE enum tb_err tb_gs1_element_take(struct tb_span *rest, struct tb_span *ret_ai,
                                            struct tb_span *ret_value);

/*
 * Finds the key in a Digital Link address, whatever its domain and whatever path stands in front. Values are
 * percent-decoded. The key qualifiers behind it and the data attributes of the query (?17=…; parameters that
 * are no AI are passed over) must fit their AIs.
 * TB_ERR_NOT_FOUND when the address is not a Digital Link, TB_ERR_CHECKSUM as above.
 */
TB_MUST_USE enum tb_err tb_gs1_link_decode(struct tb_span uri, struct tb_gs1 *ret_gs1);

#endif
