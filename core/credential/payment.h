/*
 * The payment-card guard: tells a card number or magnetic stripe data, so that it can be dropped
 * before any log or sink sees it.
 *
 * A card number has 14 to 19 digits (groups may be parted by one space or hyphen), a Luhn check digit
 * (ISO/IEC 7812-1) and begins in the range of a card scheme. A valid EAN-13 or GTIN-14 and a GS1
 * element string never is one; asking about those first is the caller's part (tb_judge_line).
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_PAYMENT_H
#define TB_CORE_CREDENTIAL_PAYMENT_H

#include "core/credential/reason.h"

#include "core/base/span.h"

/* True for digits alone that are a card number. */
bool tb_payment_is_number(struct tb_span digits);

/* TB_REASON_PAYMENT_NUMBER, TB_REASON_PAYMENT_TRACK, or TB_REASON_NONE when the line is neither. */
enum tb_reason tb_payment_in_line(struct tb_span line);

#endif
