/*
 * Outcomes: what became of one tap or scan. Names are stable; pages, metrics and the CLI use them.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_IDENTIFY_OUTCOME_H
#define TB_CORE_IDENTIFY_OUTCOME_H

enum tb_outcome {
    TB_OUTCOME_RECOGNISED,
    TB_OUTCOME_UNKNOWN,
    TB_OUTCOME_UNREADABLE,
    TB_OUTCOME_WRONG_KEY,
    TB_OUTCOME_EXPIRED,
    TB_OUTCOME_REPLAYED,
    TB_OUTCOME_PAYMENT_CARD,
    TB_OUTCOME_PRODUCT,
    TB_OUTCOME_TWO_CARDS,
    TB_OUTCOME_NOT_A_CODE,
    TB_OUTCOME_OPERATOR, /* a clerk signed on or off */
    TB_OUTCOME_CAPTURED, /* a credential that is to be linked */
    TB_OUTCOME_COUNT
};

/* Lower-case name such as "payment_card"; static, never NULL. */
const char *tb_outcome_name(enum tb_outcome outcome);

#endif
