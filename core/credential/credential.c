#include "core/credential/credential.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

static const char *const kind_names[TB_CREDENTIAL_KIND_COUNT] = {
    [TB_CREDENTIAL_NONE] = "none",   [TB_CREDENTIAL_MEMBER] = "member",       [TB_CREDENTIAL_GSRN] = "gsrn",
    [TB_CREDENTIAL_PASS] = "pass",   [TB_CREDENTIAL_SMART_TAP] = "smart_tap", [TB_CREDENTIAL_VAS] = "vas",
    [TB_CREDENTIAL_TAG] = "tag",     [TB_CREDENTIAL_DESFIRE] = "desfire",     [TB_CREDENTIAL_UID] = "uid",
    [TB_CREDENTIAL_BADGE] = "badge",
};

enum tb_err tb_credential_set(enum tb_credential_kind kind, struct tb_span value,
                              struct tb_credential *ret_credential)
{
    tb_credential_wipe(ret_credential);
    if (value.size > sizeof ret_credential->value)
        return TB_ERR_TOO_LONG;
    ret_credential->kind = kind;
    ret_credential->value_size = (uint8_t)value.size;
    if (value.size)
        memcpy(ret_credential->value, value.at, value.size);
    return TB_OK;
}

void tb_credential_wipe(struct tb_credential *c)
{
    tb_wipe(c, sizeof *c);
}

const char *tb_credential_kind_name(enum tb_credential_kind kind)
{
    TB_ASSERT((unsigned)kind < TB_CREDENTIAL_KIND_COUNT);
    return kind_names[kind];
}

enum tb_err tb_credential_kind_decode(struct tb_span name, enum tb_credential_kind *ret_kind)
{
    for (unsigned kind = TB_CREDENTIAL_NONE + 1; kind < TB_CREDENTIAL_KIND_COUNT; kind++) {
        if (tb_span_is(name, kind_names[kind])) {
            *ret_kind = (enum tb_credential_kind)kind;
            return TB_OK;
        }
    }
    return TB_ERR_NOT_FOUND;
}
