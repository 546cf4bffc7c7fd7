/*
 * Digits: check digits and the canonical form of product codes.
 *
 * GS1 General Specifications section 7.9 (weights 3,1,3,… from the right) and ISO/IEC 7812-1 annex B
 * (Luhn). Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_DIGITS_H
#define TB_CORE_CREDENTIAL_DIGITS_H

#include "core/base/span.h"

#define TB_GTIN_DIGIT_COUNT 14
#define TB_GTIN_TEXT_SIZE (TB_GTIN_DIGIT_COUNT + 1) /* with its terminator */

/* The check digit ('0'…'9') that belongs behind these digits. The text must be digits only. */
char tb_gs1_check_digit(struct tb_span digits);
char tb_luhn_check_digit(struct tb_span digits);

/* True when the text is at least two digits and the last one is the check digit of the others. */
bool tb_gs1_check_valid(struct tb_span digits);
bool tb_luhn_check_valid(struct tb_span digits);

/*
 * EAN-8, UPC-A, EAN-13 or GTIN-14 as 14 digits, padded with zeros on the left. TB_ERR_SYNTAX when the
 * text is not 8, 12, 13 or 14 digits, TB_ERR_CHECKSUM when the check digit is wrong.
 */
TB_MUST_USE enum tb_err tb_gtin_decode(struct tb_span digits, char ret_gtin[TB_GTIN_TEXT_SIZE]);

#endif
