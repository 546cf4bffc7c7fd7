/*
 * The NDEF messages of Google Smart Tap 2.1: what a terminal writes and what it reads. Records are found by
 * their type or by their id, both occur. Used through core/credential/smart_tap.h. Built only with
 * TB_WALLETS. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_SMART_TAP_MESSAGE_H
#define TB_CORE_CREDENTIAL_SMART_TAP_MESSAGE_H

#include "core/base/buf.h"
#include "core/crypto/key.h"

#define TB_SMART_TAP_NONCE_SIZE 32
#define TB_SMART_TAP_VERSION 0x0001
#define TB_SMART_TAP_CUSTOMER_SIZE 16
#define TB_SMART_TAP_LANGUAGE_SIZE_MAX 16

struct tb_smart_tap_session { /* record "ses" */
    uint8_t id[8];
    uint8_t sequence;
    uint8_t status; /* enum tb_smart_tap_status */
};

enum tb_smart_tap_status {
    TB_SMART_TAP_STATUS_UNKNOWN = 0x00,
    TB_SMART_TAP_STATUS_OK = 0x01,
    TB_SMART_TAP_STATUS_NDEF = 0x02,
    TB_SMART_TAP_STATUS_VERSION = 0x03,
    TB_SMART_TAP_STATUS_SEQUENCE = 0x04,
    TB_SMART_TAP_STATUS_MERCHANT = 0x05,
    TB_SMART_TAP_STATUS_MERCHANT_DATA = 0x06,
    TB_SMART_TAP_STATUS_SERVICE_DATA = 0x07,
    TB_SMART_TAP_STATUS_RESEND = 0x08,
    TB_SMART_TAP_STATUS_NOT_YET = 0x09,
};

enum tb_smart_tap_service {
    TB_SMART_TAP_SERVICE_ALL = 0x00,
    TB_SMART_TAP_SERVICE_LOYALTY = 0x03,
    TB_SMART_TAP_SERVICE_CUSTOMER = 0x40,
};

enum tb_smart_tap_flag { /* first byte of record "reb" */
                         TB_SMART_TAP_ENCRYPTED = 0x01,
                         TB_SMART_TAP_COMPRESSED = 0x02,
};

/* Record "cpr" of NEGOTIATE. */
struct tb_smart_tap_offer {
    struct tb_span nonce;     /* the terminal's, TB_SMART_TAP_NONCE_SIZE */
    struct tb_span point;     /* of its ephemeral key, TB_KEY_COMPRESSED_SIZE */
    struct tb_span signature; /* DER */
    uint32_t key_version;
    uint32_t collector;
};

/* Record "cus": made up by the phone; the id stays the same for one user and one collector. */
struct tb_smart_tap_customer {
    uint8_t id_size; /* 0: not told */
    uint8_t id[TB_SMART_TAP_CUSTOMER_SIZE];
    char language[TB_SMART_TAP_LANGUAGE_SIZE_MAX + 1]; /* "" when not told */
};

struct tb_smart_tap_bundle {
    struct tb_span number; /* smartTapRedemptionValue of the first loyalty pass, borrowed; empty: none */
    struct tb_smart_tap_customer customer;
};

/* The data of NEGOTIATE: record "ngr". */
void tb_smart_tap_put_negotiate(struct tb_buf *to, const struct tb_smart_tap_session *session,
                                const struct tb_smart_tap_offer *offer);

/* The data of GET DATA: record "srq". Compression is not offered. services: one byte each. */
void tb_smart_tap_put_request(struct tb_buf *to, const struct tb_smart_tap_session *session,
                              uint32_t collector, struct tb_span services);

/* The answer to SELECT Smart Tap 2. TB_ERR_UNSUPPORTED: no version in common. */
TB_MUST_USE enum tb_err tb_smart_tap_read_selected(struct tb_span data,
                                                   uint8_t ret_nonce[TB_SMART_TAP_NONCE_SIZE]);

/* Record "nrs": the phone's ephemeral point, not yet known to be one. */
TB_MUST_USE enum tb_err tb_smart_tap_read_negotiated(struct tb_span data,
                                                     struct tb_smart_tap_session *ret_session,
                                                     uint8_t ret_point[TB_KEY_COMPRESSED_SIZE]);

/* Record "srs": flags and body of the bundle, borrowed. TB_ERR_NOT_FOUND: it has none; the session is read.
 */
TB_MUST_USE enum tb_err tb_smart_tap_read_response(struct tb_span data,
                                                   struct tb_smart_tap_session *ret_session,
                                                   uint8_t *ret_flags, struct tb_span *ret_body);

/* The bundle in the clear. TB_ERR_TYPE: the number is of a form that no pass has (ASCII is all there is). */
TB_MUST_USE enum tb_err tb_smart_tap_read_bundle(struct tb_span plain,
                                                 struct tb_smart_tap_bundle *ret_bundle);

#endif
