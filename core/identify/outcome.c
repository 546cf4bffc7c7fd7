#include "core/identify/outcome.h"

#include "core/base/assert.h"

static const char *const outcome_names[TB_OUTCOME_COUNT] = {
    [TB_OUTCOME_RECOGNISED] = "recognised",     [TB_OUTCOME_UNKNOWN] = "unknown",
    [TB_OUTCOME_UNREADABLE] = "unreadable",     [TB_OUTCOME_WRONG_KEY] = "wrong_key",
    [TB_OUTCOME_EXPIRED] = "expired",           [TB_OUTCOME_REPLAYED] = "replayed",
    [TB_OUTCOME_PAYMENT_CARD] = "payment_card", [TB_OUTCOME_PRODUCT] = "product",
    [TB_OUTCOME_TWO_CARDS] = "two_cards",       [TB_OUTCOME_NOT_A_CODE] = "not_a_code",
    [TB_OUTCOME_OPERATOR] = "operator",         [TB_OUTCOME_CAPTURED] = "captured",
};

const char *tb_outcome_name(enum tb_outcome outcome)
{
    TB_ASSERT((unsigned)outcome < TB_OUTCOME_COUNT);
    return outcome_names[outcome];
}
