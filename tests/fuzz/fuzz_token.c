/* Any bytes as a web token: refused, because there is no key that could have signed them. */
#include "contextd/gateway/token.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* No key: what is looked at is everything that is read before a signature counts. */
    static const struct tb_token_rules rules = {.audience = "tillbridge"};
    struct tb_token_claims claims;
    if (tb_token_verify(&rules, tb_span_of(data, size), INT64_C(1790000000000), &claims) == TB_OK)
        __builtin_trap();
    return 0;
}
