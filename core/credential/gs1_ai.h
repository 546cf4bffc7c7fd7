/*
 * GS1 application identifiers: what may stand behind each, as the GS1 General Specifications (release 25,
 * figure 3.2-1 and section 3) have it. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_GS1_AI_H
#define TB_CORE_CREDENTIAL_GS1_AI_H

#include "core/base/span.h"

#define TB_GS1_AI_SIZE_MAX 4
#define TB_GS1_VALUE_SIZE_MAX 90

enum tb_gs1_more { /* what follows the fixed digits of a value */
                   TB_GS1_MORE_NONE,
                   TB_GS1_MORE_DIGITS,
                   TB_GS1_MORE_TEXT, /* characters of set 82 */
};

struct tb_gs1_ai {
    uint16_t first; /* as a number; of ai_size digits */
    uint16_t last;
    uint8_t ai_size;
    uint8_t digit_count; /* fixed digits in front */
    enum tb_gs1_more more;
    uint8_t more_max;
    uint8_t checked; /* how many of the fixed digits end with their check digit; 0: none */
    bool optional;   /* what follows the fixed digits may be missing */
    bool key;        /* a primary key, which a Digital Link may begin with */
};

/*
 * The AI in front of the text; NULL when no AI begins like that. One that is not assigned, but whose length
 * is fixed by its first two digits, is any text.
 */
const struct tb_gs1_ai *tb_gs1_ai_of(struct tb_span text);

/* True when its first two digits say that its value has a predefined length and no FNC1 behind it (7.8.5). */
bool tb_gs1_ai_predefined(struct tb_span ai);

/* TB_ERR_SYNTAX, TB_ERR_CHECKSUM. */
TB_MUST_USE enum tb_err tb_gs1_value_check(const struct tb_gs1_ai *ai, struct tb_span value);

#endif
