/*
 * Hand-over codes: six characters, good once, that bring a cart from elsewhere to this till.
 *
 * The alphabet has 31 characters, no 0, 1, I, L and O. The sixth is a check character: with the values
 * 0…30 of the characters and the weights 2, 3, 4, 5, 6, 1 the weighted sum is 0 modulo 31. Because 31 is
 * prime, every single wrong character and every swap of two is found. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_HANDOVER_H
#define TB_CORE_CREDENTIAL_HANDOVER_H

#include "core/credential/judgement.h"
#include "core/credential/rules.h"

#define TB_HANDOVER_ALPHABET "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
#define TB_HANDOVER_NUMBER_COUNT 28629151u /* 31 to the 5th: how many codes there are */

/* The code of a number below TB_HANDOVER_NUMBER_COUNT, terminated. */
void tb_handover_code_of(uint32_t number, char ret_code[TB_HANDOVER_CODE_SIZE + 1]);

/*
 * Reads a code; small letters count as capitals. TB_ERR_SYNTAX when the text is no code at all,
 * TB_ERR_CHECKSUM when its check character is wrong.
 */
TB_MUST_USE enum tb_err tb_handover_code_decode(struct tb_span text,
                                                char ret_code[TB_HANDOVER_CODE_SIZE + 1]);

#define TB_HANDOVER_TEXT_SIZE_MAX (TB_CODE_HANDOVER_URL_SIZE_MAX + TB_HANDOVER_CODE_SIZE)

/*
 * The text of a QR code from which scanners of this chain read the code: the rules' web address where they
 * name one, so that a phone opens it, else the marked text, else the code alone. TB_ERR_TOO_LONG: it does
 * not fit.
 */
TB_MUST_USE enum tb_err tb_handover_text(const struct tb_code_rules *rules, const char *code, char *ret_text,
                                         size_t size);

/*
 * Whether rules.handover_url is one that scanners of this chain read as a code as well: of a host that the
 * links may name, with the path of one of its rules for links and nothing behind it. TB_ERR_SYNTAX when not,
 * and for http, which is for this machine alone. TB_OK when the rules name none.
 */
TB_MUST_USE enum tb_err tb_handover_url_check(const struct tb_code_rules *rules);

#endif
