#include "core/credential/assurance.h"

#include "core/base/assert.h"

static const char *const assurance_names[TB_ASSURANCE_COUNT] = {
    [TB_ASSURANCE_NONE] = "none",
    [TB_ASSURANCE_LOW] = "low",
    [TB_ASSURANCE_MEDIUM] = "medium",
    [TB_ASSURANCE_HIGH] = "high",
};

const char *tb_assurance_name(enum tb_assurance assurance)
{
    TB_ASSERT((unsigned)assurance < TB_ASSURANCE_COUNT);
    return assurance_names[assurance];
}

enum tb_err tb_assurance_decode(struct tb_span name, enum tb_assurance *ret_assurance)
{
    for (unsigned i = 0; i < TB_ASSURANCE_COUNT; i++) {
        if (tb_span_is(name, assurance_names[i])) {
            *ret_assurance = (enum tb_assurance)i;
            return TB_OK;
        }
    }
    return TB_ERR_NOT_FOUND;
}
