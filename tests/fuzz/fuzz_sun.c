/*
 * Addresses of NTAG 424 DNA. What is sent on as evidence is a piece of the address and is judged like it.
 *
 * Input: one byte of choices (1: no keys, 2: MAC over all, 4: scanned codes count, 8: AN12196's names), then
 * the address.
 */
#include "core/base/assert.h"
#include "core/credential/sun.h"
#include "tests/fuzz/fuzz.h"

static const struct tb_sun_rules names_an12196 = {
    .picc = "picc_data",
    .uid = "uid",
    .counter = "ctr",
    .file = "enc",
    .mac = "cmac",
    .bulk = "b",
};

static bool is_part(struct tb_span whole, struct tb_span part)
{
    for (size_t at = 0; at + part.size <= whole.size; at++)
        if (tb_span_equal(tb_span_sub(whole, at, part.size), part))
            return true;
    return false;
}

static void judgement_check(const struct tb_judge *judge, struct tb_span address,
                            const struct tb_judgement *j)
{
    struct tb_judgement again;
    TB_ASSERT(j->reason != TB_REASON_NONE && j->gtin[0] == '\0' && j->handover[0] == '\0');
    TB_ASSERT((j->reason == TB_REASON_TAG_SUN) == (j->assurance == TB_ASSURANCE_MEDIUM));
    TB_ASSERT((j->reason == TB_REASON_TAG_SUN) == (j->replay.rule == TB_REPLAY_COUNTER));
    TB_ASSERT((j->verdict == TB_JUDGED_CREDENTIAL) == (j->credential.kind == TB_CREDENTIAL_TAG));
    if (j->evidence_size == 0)
        return;
    TB_ASSERT(is_part(address, tb_judgement_evidence(j)));
    bool found = tb_sun_judge(judge, tb_judgement_evidence(j), TB_SUN_FROM_EVIDENCE, &again);
    TB_ASSERT(found && again.verdict == j->verdict && again.reason == j->reason);
    TB_ASSERT(tb_span_equal(tb_judgement_evidence(&again), tb_judgement_evidence(j)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_keyring ring = {.key_count = 2};
    struct tb_sun_rules sun = *tb_sun_rules_default();
    struct tb_code_rules rules = {.sun = &sun};
    struct tb_judge judge = {.rules = &rules, .keys = &ring};
    struct tb_judgement j;
    uint8_t memory[TB_SUN_FILE_SIZE_MAX];
    struct tb_buf file = tb_buf_of(memory, sizeof memory);
    if (size == 0)
        return 0;
    ring.keys[0] = (struct tb_ring_key){.use = TB_RING_SUN_META, .size = 16};
    ring.keys[1] = (struct tb_ring_key){.use = TB_RING_SUN_FILE, .size = 16};
    if (data[0] & 8)
        sun = names_an12196;
    sun.mac_input = data[0] & 2 ? TB_SUN_MAC_OVER_ALL : TB_SUN_MAC_OVER_FILE;
    sun.from_scan = (data[0] & 4) != 0;
    if (data[0] & 1)
        judge.keys = NULL;
    struct tb_span address = tb_span_of(data + 1, size - 1);
    enum tb_err err = tb_sun_file(&judge, address, TB_SUN_FROM_TAG, &file);
    if (tb_sun_judge(&judge, address, TB_SUN_FROM_TAG, &j)) {
        judgement_check(&judge, address, &j);
        TB_ASSERT(err != TB_OK || j.reason == TB_REASON_TAG_SUN || j.reason == TB_REASON_PROOF_UNSUPPORTED);
    } else {
        TB_ASSERT(err == TB_ERR_NOT_FOUND);
    }
    if (tb_sun_judge(&judge, address, TB_SUN_FROM_SCAN, &j))
        judgement_check(&judge, address, &j);
    return 0;
}
