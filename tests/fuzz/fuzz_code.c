/*
 * Scanned lines: every line gets one verdict, and a verdict that drops the line keeps nothing of it. With
 * keys whose private halves nobody has, nothing signed may ever count.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/judge.h"
#include "tests/fuzz/fuzz.h"

#define WALL_MS INT64_C(1700000000000)

static const struct tb_code_rule table[] = {
    {.carrier = TB_CARRIER_SCAN_TEXT, .prefix = "M", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_EAN13, .prefix = "29", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_LINK, .prefix = "/m/", .digit_count = 10, .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_CODE128,
     .prefix = "9700",
     .digit_count = 8,
     .kind = TB_CREDENTIAL_MEMBER,
     .symbology = 'C',
     .check = TB_CODE_CHECK_GS1},
    {.carrier = TB_CARRIER_ROTATING,
     .prefix = "R:{member}:{seconds}:{totp}",
     .digit_count = 10,
     .kind = TB_CREDENTIAL_MEMBER,
     .key_id = "R"},
    {.carrier = TB_CARRIER_ROTATING,
     .prefix = "Q{member}/{totp}",
     .digit_count = 10,
     .kind = TB_CREDENTIAL_MEMBER,
     .key_id = "nobody has it"},
    {.carrier = TB_CARRIER_JWS, .prefix = "T:"},
    {.carrier = TB_CARRIER_JWS, .prefix = ""},
    {.carrier = TB_CARRIER_CWT, .prefix = "TB1:"},
    {.carrier = TB_CARRIER_WALLET_READER, .prefix = "AV:", .kind = TB_CREDENTIAL_VAS},
    {.carrier = TB_CARRIER_WALLET_READER, .prefix = "UID:", .kind = TB_CREDENTIAL_UID},
    {.carrier = TB_CARRIER_HANDOVER_TEXT, .prefix = "H:"},
    {.carrier = TB_CARRIER_HANDOVER_LINK, .prefix = "/h/"},
};

/* The generator of P-256: its private key is 1, which no fuzzer signs with by chance. */
static const struct tb_keyring ring = {
    .key_count = 2,
    .keys = {
        {.use = TB_RING_TOTP,
         .id = "R",
         .size = 20,
         .bytes = "12345678901234567890",
         .period_ms = 60000,
         .digit_count = 6},
        {.use = TB_RING_TOKEN,
         .id = "k1",
         .size = 65,
         .bytes = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
                   0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
                   0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
                   0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
                   0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5}},
    }};

static void judgement_check(const struct tb_judgement *j)
{
    bool credential = j->verdict == TB_JUDGED_CREDENTIAL;
    TB_ASSERT(j->reason != TB_REASON_NONE && j->verdict != TB_JUDGED_AGAIN);
    TB_ASSERT(credential == (j->credential.kind != TB_CREDENTIAL_NONE));
    TB_ASSERT(credential == (j->assurance != TB_ASSURANCE_NONE));
    TB_ASSERT(credential ? j->credential.value_size > 0 : j->credential.value_size == 0);
    TB_ASSERT((j->verdict == TB_JUDGED_PRODUCT) == (j->gtin[0] != '\0'));
    TB_ASSERT((j->verdict == TB_JUDGED_HANDOVER) == (j->handover[0] != '\0'));
    TB_ASSERT(credential || (j->evidence_size == 0 && j->replay.rule == TB_REPLAY_NONE));
    TB_ASSERT(j->reason != TB_REASON_TOKEN_JWS && j->reason != TB_REASON_TOKEN_CWT);
    bool digits = j->credential.kind == TB_CREDENTIAL_MEMBER || j->credential.kind == TB_CREDENTIAL_GSRN;
    TB_ASSERT(!digits || tb_text_is_digits(tb_credential_value(&j->credential)));
    TB_ASSERT(j->verdict != TB_JUDGED_PRODUCT || tb_gs1_check_valid(tb_span_str(j->gtin)));
    bool rotating = j->reason == TB_REASON_MEMBER_ROTATING;
    TB_ASSERT(!rotating || (j->evidence_size == 0) == (j->replay.rule == TB_REPLAY_ONCE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_judgement j;
    struct tb_code_rules rules = *tb_code_rules_default();
    const struct tb_judge built_in = {.rules = &rules, .wall_ms = WALL_MS};
    tb_judge_line(&built_in, tb_span_of(data, size), &j);
    judgement_check(&j);
    rules = (struct tb_code_rules){
        .rules = table, .rule_count = TB_ARRAY_SIZE(table), .aim_enabled = true, .host_count = 0};
    const struct tb_judge chain = {.rules = &rules, .keys = &ring, .wall_ms = WALL_MS};
    tb_judge_line(&chain, tb_span_of(data, size), &j);
    judgement_check(&j);
    return 0;
}
