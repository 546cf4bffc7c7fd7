/*
 * Ways to reach a customer, written so that the same one is always the same text: what is stored, looked up
 * by, and compared. Pure; callable from any thread.
 */
#ifndef TB_CORE_WIRE_CONTACT_H
#define TB_CORE_WIRE_CONTACT_H

#include "core/base/span.h"
#include "core/wire/names.h"

#define TB_PHONE_DIGIT_COUNT_MAX 15 /* ITU-T E.164, with the country's code */
#define TB_PHONE_DIGIT_COUNT_MIN 7

/*
 * Digits with the country's code in front: "+49 30 / 123-45 67", "0049 30 1234567" and, with the country
 * "49", "030 1234567" are all 49301234567. Spaces and . / - ( ) count for nothing, nor does "(0)" behind a
 * code. country "" : only numbers that name theirs. TB_ERR_SYNTAX: no telephone number; TB_ERR_RANGE: too
 * short or too long.
 */
TB_MUST_USE enum tb_err tb_contact_phone(struct tb_span text, const char *country,
                                         char ret_digits[TB_PHONE_DIGIT_COUNT_MAX + 1]);

/* Without blanks around it, ASCII letters in lower case; one @ with something on either side and a dot behind
 * it. Whether it exists only a message to it would tell. TB_ERR_SYNTAX, TB_ERR_TOO_LONG. */
TB_MUST_USE enum tb_err tb_contact_email(struct tb_span text, char ret_email[TB_EMAIL_SIZE_MAX + 1]);

#endif
