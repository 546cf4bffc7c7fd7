#include "core/base/err.h"

enum tb_err_class tb_err_class(enum tb_err err)
{
    return (enum tb_err_class)((unsigned)err >> 8);
}

const char *tb_err_name(enum tb_err err)
{
    switch (err) {
    case TB_OK: return "ok";
    case TB_ERR_AGAIN: return "retry.again";
    case TB_ERR_TIMEOUT: return "retry.timeout";
    case TB_ERR_BUSY: return "retry.busy";
    case TB_ERR_OFFLINE: return "retry.offline";
    case TB_ERR_FULL: return "retry.full";
    case TB_ERR_DENIED: return "refused.denied";
    case TB_ERR_NOT_FOUND: return "refused.not_found";
    case TB_ERR_CONFLICT: return "refused.conflict";
    case TB_ERR_UNSUPPORTED: return "refused.unsupported";
    case TB_ERR_NEWER_VERSION: return "refused.newer_version";
    case TB_ERR_EXPIRED: return "refused.expired";
    case TB_ERR_REPLAYED: return "refused.replayed";
    case TB_ERR_CUSTOMER_LIMIT: return "refused.customer_limit";
    case TB_ERR_FIND_LIMIT: return "refused.find_limit";
    case TB_ERR_HANDOVER_LIMIT: return "refused.handover_limit";
    case TB_ERR_OPERATOR: return "refused.operator";
    case TB_ERR_ASSURANCE: return "refused.assurance";
    case TB_ERR_TRUNCATED: return "input.truncated";
    case TB_ERR_TOO_LONG: return "input.too_long";
    case TB_ERR_SYNTAX: return "input.syntax";
    case TB_ERR_RANGE: return "input.range";
    case TB_ERR_DEPTH: return "input.depth";
    case TB_ERR_DUPLICATE_KEY: return "input.duplicate_key";
    case TB_ERR_UTF8: return "input.utf8";
    case TB_ERR_CHECKSUM: return "input.checksum";
    case TB_ERR_TYPE: return "input.type";
    case TB_ERR_MISSING: return "input.missing";
    case TB_ERR_SIGNATURE: return "input.signature";
    case TB_ERR_NO_MEMORY: return "local.no_memory";
    case TB_ERR_IO: return "local.io";
    case TB_ERR_CONFIG: return "local.config";
    case TB_ERR_INTERNAL: return "local.internal";
    case TB_ERR_CORRUPT: return "corrupt.data";
    case TB_ERR_SEAL: return "corrupt.seal";
    }
    return "local.internal";
}
