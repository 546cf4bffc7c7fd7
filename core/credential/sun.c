#include "core/credential/sun.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/diversify.h"
#include "core/credential/web.h"
#include "core/crypto/hash.h"

enum {
    UID_SIZE = 7,
    UID_MANUFACTURER = 0x04,
    COUNTER_SIZE = 3,
    MAC_SIZE = 8,
    PICC_HEX_SIZE = 2 * TB_AES_BLOCK_SIZE,
    LRP_HEX_SIZE = 2 * (8 + TB_AES_BLOCK_SIZE), /* a random number before the block */
    MAC_HEX_SIZE = 2 * MAC_SIZE,
};

/* PICCDataTag, AN12196 table 4. */
enum picc_tag {
    PICC_UID = 0x80,
    PICC_COUNTER = 0x40,
    PICC_RESERVED = 0x30,
    PICC_UID_SIZE = 0x0f,
};

static const struct tb_sun_rules default_rules = {
    .picc = "e",
    .uid = "u",
    .counter = "n",
    .file = "d",
    .mac = "c",
    .mac_input = TB_SUN_MAC_OVER_FILE,
};

const struct tb_sun_rules *tb_sun_rules_default(void)
{
    return &default_rules;
}

static enum tb_err name_check(const char *name)
{
    struct tb_span text = tb_span_str(name);
    if (text.size > TB_SUN_NAME_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_')
            return TB_ERR_SYNTAX;
    }
    return text.size ? TB_OK : TB_ERR_SYNTAX;
}

enum tb_err tb_sun_rules_check(const struct tb_sun_rules *rules)
{
    const char *const names[] = {rules->picc, rules->uid, rules->counter,
                                 rules->file, rules->mac, rules->bulk};
    for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++) {
        enum tb_err err = names[i] ? name_check(names[i]) : TB_OK;
        if (err != TB_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            if (names[i] && names[k] && strcmp(names[i], names[k]) == 0)
                return TB_ERR_DUPLICATE_KEY;
    }
    bool plain = rules->uid && rules->counter;
    return rules->bulk || (rules->mac && (rules->picc || plain)) ? TB_OK : TB_ERR_MISSING;
}

/* The mirrored values where they stand in the address; size 0: not there. */
struct mirror {
    struct tb_span picc;
    struct tb_span uid;
    struct tb_span counter;
    struct tb_span file;
    struct tb_span mac;
    struct tb_span bulk;
    struct tb_span all; /* from the first parameter's name to the last one's value */
    bool twice;
};

/* What the tag says of itself, and the keys of this very message once its MAC verified. */
struct opened {
    uint8_t uid[UID_SIZE];
    uint8_t counter[COUNTER_SIZE]; /* least significant first */
    bool uid_known;
    bool counter_known;
    bool key_tried; /* a file key was there for it */
    bool verified;
    uint8_t file_key[TB_AES128_KEY_SIZE]; /* secret */
};

/* ---- finding the values ---- */

static bool is_hex(struct tb_span text, size_t size)
{
    uint8_t byte;
    if (text.size != size)
        return false;
    for (size_t i = 0; i < size; i += 2)
        if (tb_hex_decode(tb_span_sub(text, i, 2), &byte, 1) != TB_OK)
            return false;
    return true;
}

static struct tb_span *mirror_place(struct mirror *m, const struct tb_sun_rules *rules, struct tb_span name)
{
    const struct {
        const char *name;
        struct tb_span *place;
    } places[] = {
        {rules->picc, &m->picc}, {rules->uid, &m->uid}, {rules->counter, &m->counter},
        {rules->file, &m->file}, {rules->mac, &m->mac}, {rules->bulk, &m->bulk},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(places); i++)
        if (places[i].name && tb_span_is(name, places[i].name))
            return places[i].place;
    return NULL;
}

static void mirror_read(struct mirror *m, const struct tb_sun_rules *rules, struct tb_span query)
{
    *m = (struct mirror){.twice = false};
    while (query.size) {
        struct tb_span parameter = tb_span_cut(&query, '&');
        struct tb_span value = parameter;
        struct tb_span *place = mirror_place(m, rules, tb_span_cut(&value, '='));
        if (place == NULL)
            continue;
        m->twice |= place->at != NULL;
        *place = value;
        if (m->all.at == NULL)
            m->all = parameter;
        m->all.size = (size_t)(parameter.at + parameter.size - m->all.at);
    }
}

static bool bulk_split(struct mirror *m)
{
    size_t size = m->bulk.size;
    if (size < PICC_HEX_SIZE + MAC_HEX_SIZE || (size - PICC_HEX_SIZE - MAC_HEX_SIZE) % PICC_HEX_SIZE != 0)
        return false;
    m->picc = tb_span_sub(m->bulk, 0, PICC_HEX_SIZE);
    m->file = tb_span_sub(m->bulk, PICC_HEX_SIZE, size - PICC_HEX_SIZE - MAC_HEX_SIZE);
    m->mac = tb_span_sub(m->bulk, size - MAC_HEX_SIZE, MAC_HEX_SIZE);
    return true;
}

static bool mirror_is_lrp(const struct mirror *m)
{
    return is_hex(m->picc, LRP_HEX_SIZE);
}

/* By its looks only: names alone are short and common. */
static bool mirror_is_sun(struct mirror *m)
{
    if (m->bulk.size && m->picc.size == 0 && m->uid.size == 0 && !bulk_split(m))
        return false;
    return is_hex(m->picc, PICC_HEX_SIZE) || mirror_is_lrp(m) || is_hex(m->uid, 2 * UID_SIZE);
}

static struct tb_span mac_input(const struct mirror *m, enum tb_sun_mac_input how)
{
    const uint8_t *from = m->mac.at;
    if (how == TB_SUN_MAC_OVER_ALL)
        from = m->picc.size ? m->picc.at : m->uid.at;
    else if (m->file.size)
        from = m->file.at;
    return tb_span_of(from, (size_t)(m->mac.at - from));
}

static bool mirror_is_sound(const struct mirror *m)
{
    bool plain = m->picc.size == 0;
    bool counted = plain ? is_hex(m->counter, 2 * COUNTER_SIZE) : m->counter.size == 0;
    bool once = !m->twice && (plain || m->uid.size == 0);
    bool in_order = m->file.size == 0 || m->file.at < m->mac.at;
    const struct tb_span first = plain ? m->uid : m->picc;
    return once && counted && in_order && is_hex(m->mac, MAC_HEX_SIZE) && first.at < m->mac.at &&
           m->file.size % PICC_HEX_SIZE == 0 && m->file.size <= 2 * TB_SUN_FILE_SIZE_MAX &&
           is_hex(m->file, m->file.size);
}

/* The query of an address whose host may be one of ours; evidence is a query already. */
static bool query_of(const struct tb_judge *judge, struct tb_span address, enum tb_sun_source source,
                     struct tb_span *ret_query)
{
    struct tb_web web;
    *ret_query = address;
    if (source == TB_SUN_FROM_EVIDENCE)
        return true;
    if (tb_web_decode(address, &web) != TB_OK || !tb_code_rules_host_allowed(judge->rules, web.host))
        return false;
    *ret_query = tb_span_cut(&address, '#');
    (void)tb_span_cut(ret_query, '?');
    return ret_query->size > 0;
}

static const struct tb_sun_rules *rules_of(const struct tb_judge *judge)
{
    return judge->rules->sun ? judge->rules->sun : &default_rules;
}

static bool mirror_find(const struct tb_judge *judge, struct tb_span address, enum tb_sun_source source,
                        struct mirror *ret_mirror)
{
    struct tb_span query;
    if (!query_of(judge, address, source, &query))
        return false;
    mirror_read(ret_mirror, rules_of(judge), query);
    return mirror_is_sun(ret_mirror);
}

/* ---- opening ---- */

/* SV1 or SV2, AN12196 section 3.3: a label, the counter of keys, the size in bits, then what is mirrored. */
static enum tb_err session_key(const struct opened *o, uint8_t label_1, uint8_t label_2,
                               uint8_t ret_key[TB_AES128_KEY_SIZE])
{
    uint8_t memory[TB_AES_BLOCK_SIZE] = {0};
    const uint8_t head[] = {label_1, label_2, 0x00, 0x01, 0x00, 0x80};
    struct tb_buf vector = tb_buf_of(memory, sizeof memory);
    tb_buf_add(&vector, tb_span_of(head, sizeof head));
    tb_buf_add(&vector, tb_span_of(o->uid, o->uid_known ? UID_SIZE : 0));
    tb_buf_add(&vector, tb_span_of(o->counter, o->counter_known ? COUNTER_SIZE : 0));
    return tb_cmac(tb_span_of(o->file_key, sizeof o->file_key), tb_span_of(memory, sizeof memory), ret_key);
}

static bool mac_verify(const struct opened *o, struct tb_span mac_hex, struct tb_span input)
{
    uint8_t key[TB_AES128_KEY_SIZE];
    uint8_t tag[TB_CMAC_SIZE] = {0};
    uint8_t own[MAC_SIZE];
    uint8_t given[MAC_SIZE] = {0};
    bool right = session_key(o, 0x3c, 0xc3, key) == TB_OK &&
                 tb_cmac(tb_span_of(key, sizeof key), input, tag) == TB_OK &&
                 tb_hex_decode(mac_hex, given, sizeof given) == TB_OK;
    for (size_t i = 0; i < sizeof own; i++)
        own[i] = tag[2 * i + 1];
    right = right && tb_span_equal_secret(tb_span_of(own, sizeof own), tb_span_of(given, sizeof given));
    tb_wipe(key, sizeof key);
    tb_wipe(tag, sizeof tag);
    tb_wipe(own, sizeof own);
    return right;
}

/* Tries the file keys of a series (empty: of all). */
static void file_keys_try(const struct tb_judge *judge, const struct mirror *m, struct tb_span series,
                          struct opened *o)
{
    struct tb_span input = mac_input(m, rules_of(judge)->mac_input);
    const struct tb_ring_key *key;
    for (size_t i = 0;
         (key = tb_keyring_find(judge->keys, TB_RING_SUN_FILE, series, judge->wall_ms, i)) != NULL; i++) {
        o->key_tried = true;
        if (key->diversified && !o->uid_known)
            continue;
        if (tb_diversify_ring_key(key, tb_span_of(o->uid, UID_SIZE), o->file_key) == TB_OK &&
            mac_verify(o, m->mac, input)) {
            o->verified = true;
            return;
        }
    }
    tb_wipe(o->file_key, sizeof o->file_key);
}

/*
 * By another key than the tag's a block comes out that is anything: the manufacturer's byte (NXP's is 04)
 * makes it one in 65,536 that this is not noticed.
 */
static bool picc_read(struct opened *o, const uint8_t plain[TB_AES_BLOCK_SIZE])
{
    uint8_t tag = plain[0];
    bool uid = (tag & PICC_UID) != 0;
    bool sound = (tag & PICC_RESERVED) == 0 && (tag & PICC_UID_SIZE) == (uid ? UID_SIZE : 0) &&
                 (tag & (PICC_UID | PICC_COUNTER)) != 0 && (!uid || plain[1] == UID_MANUFACTURER);
    if (!sound)
        return false;
    o->uid_known = uid;
    o->counter_known = (tag & PICC_COUNTER) != 0;
    if (uid)
        memcpy(o->uid, plain + 1, UID_SIZE);
    if (o->counter_known)
        memcpy(o->counter, plain + 1 + (uid ? UID_SIZE : 0), COUNTER_SIZE);
    return true;
}

/* False: this is not the key of the tag's series. */
static bool picc_decrypt(const struct tb_ring_key *key, const uint8_t sealed[TB_AES_BLOCK_SIZE],
                         struct opened *ret_opened)
{
    uint8_t plain[TB_AES_BLOCK_SIZE];
    uint8_t iv[TB_AES_BLOCK_SIZE] = {0};
    *ret_opened = (struct opened){.verified = false};
    bool opened = key->size == TB_AES128_KEY_SIZE &&
                  tb_aes128_cbc_decrypt(key->bytes, iv, tb_span_of(sealed, sizeof plain), plain) == TB_OK &&
                  picc_read(ret_opened, plain);
    tb_wipe(plain, sizeof plain);
    return opened;
}

/* Of what no key opens nothing is known: it may be of a series whose keys are with the context store. */
static void picc_open(const struct tb_judge *judge, const struct mirror *m, struct opened *ret_opened)
{
    uint8_t sealed[TB_AES_BLOCK_SIZE];
    struct opened o;
    const struct tb_ring_key *key;
    if (tb_hex_decode(m->picc, sealed, sizeof sealed) != TB_OK)
        return;
    for (size_t i = 0;
         !ret_opened->verified && (key = tb_keyring_find(judge->keys, TB_RING_SUN_META, tb_span_of(NULL, 0),
                                                         judge->wall_ms, i)) != NULL;
         i++) {
        if (!picc_decrypt(key, sealed, &o))
            continue;
        file_keys_try(judge, m, tb_span_str(key->id), &o);
        if (o.verified || o.uid_known)
            *ret_opened = o;
    }
    tb_wipe(&o, sizeof o);
}

static void plain_open(const struct tb_judge *judge, const struct mirror *m, struct opened *o)
{
    uint8_t counter[COUNTER_SIZE];
    if (tb_hex_decode(m->uid, o->uid, UID_SIZE) != TB_OK ||
        tb_hex_decode(m->counter, counter, COUNTER_SIZE) != TB_OK)
        return;
    for (size_t i = 0; i < COUNTER_SIZE; i++)
        o->counter[i] = counter[COUNTER_SIZE - 1 - i];
    o->uid_known = o->counter_known = true;
    if (judge->keys)
        file_keys_try(judge, m, tb_span_of(NULL, 0), o);
}

static void mirror_open(const struct tb_judge *judge, const struct mirror *m, struct opened *ret_opened)
{
    *ret_opened = (struct opened){.verified = false};
    if (m->picc.size == 0)
        plain_open(judge, m, ret_opened);
    else if (judge->keys)
        picc_open(judge, m, ret_opened);
}

/* ---- judging ---- */

static void judged(struct tb_judgement *j, enum tb_judged verdict, enum tb_reason reason)
{
    j->verdict = verdict;
    j->reason = reason;
}

static void judged_tag(struct tb_judgement *j, const struct opened *o, enum tb_reason reason,
                       enum tb_assurance assurance)
{
    enum tb_err err = tb_credential_set(TB_CREDENTIAL_TAG, tb_span_of(o->uid, UID_SIZE), &j->credential);
    TB_ASSERT(err == TB_OK);
    judged(j, TB_JUDGED_CREDENTIAL, reason);
    j->assurance = assurance;
}

static void replay_set(struct tb_judgement *j, const struct opened *o)
{
    const struct tb_span parts[] = {tb_span_of("sun", 4), tb_span_of(o->uid, UID_SIZE)}; /* with its zero */
    struct tb_digest name = tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
    memcpy(j->replay.name, name.bytes, sizeof j->replay.name);
    j->replay.rule = TB_REPLAY_COUNTER;
    j->replay.counter = (uint64_t)o->counter[2] << 16 | (uint64_t)o->counter[1] << 8 | o->counter[0];
    j->replay.forget_ms = INT64_MAX;
}

static void judge_unverified(const struct mirror *m, const struct opened *o, struct tb_judgement *j)
{
    if (m->all.size > sizeof j->evidence) {
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
        return;
    }
    memcpy(j->evidence, m->all.at, m->all.size);
    j->evidence_size = (uint8_t)m->all.size;
    if (o->uid_known)
        judged_tag(j, o, TB_REASON_PROOF_UNVERIFIED, TB_ASSURANCE_LOW);
    else
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

static void judge_opened(const struct mirror *m, const struct opened *o, struct tb_judgement *j)
{
    if (!o->verified && o->key_tried) {
        judged(j, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    } else if (!o->verified) {
        judge_unverified(m, o, j);
    } else if (!o->uid_known || !o->counter_known) {
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    } else {
        judged_tag(j, o, TB_REASON_TAG_SUN, TB_ASSURANCE_MEDIUM);
        replay_set(j, o);
    }
}

bool tb_sun_judge(const struct tb_judge *judge, struct tb_span address, enum tb_sun_source source,
                  struct tb_judgement *ret_judgement)
{
    struct mirror m;
    struct opened o;
    if (!mirror_find(judge, address, source, &m))
        return false;
    *ret_judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN};
    if (source == TB_SUN_FROM_SCAN && !rules_of(judge)->from_scan) {
        judged(ret_judgement, TB_JUDGED_UNKNOWN, TB_REASON_POLICY);
    } else if (mirror_is_lrp(&m)) {
        judged(ret_judgement, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    } else if (!mirror_is_sound(&m)) {
        judged(ret_judgement, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    } else {
        mirror_open(judge, &m, &o);
        judge_opened(&m, &o, ret_judgement);
        tb_wipe(&o, sizeof o);
    }
    return true;
}

enum tb_err tb_sun_file(const struct tb_judge *judge, struct tb_span address, enum tb_sun_source source,
                        struct tb_buf *ret_file)
{
    struct mirror m;
    struct opened o;
    uint8_t key[TB_AES128_KEY_SIZE];
    uint8_t iv[TB_AES_BLOCK_SIZE] = {0};
    uint8_t file[TB_SUN_FILE_SIZE_MAX];
    if (!mirror_find(judge, address, source, &m) || m.file.size == 0 || !mirror_is_sound(&m))
        return TB_ERR_NOT_FOUND;
    size_t size = m.file.size / 2;
    mirror_open(judge, &m, &o);
    enum tb_err err = o.verified && o.counter_known ? TB_OK : TB_ERR_SIGNATURE;
    if (err == TB_OK)
        err = tb_hex_decode(m.file, file, size);
    if (err == TB_OK)
        err = session_key(&o, 0xc3, 0x3c, key);
    if (err == TB_OK) {
        memcpy(iv, o.counter, COUNTER_SIZE);
        tb_aes128_encrypt(key, iv, iv);
        err = tb_aes128_cbc_decrypt(key, iv, tb_span_of(file, size), file);
    }
    if (err == TB_OK) {
        tb_buf_add(ret_file, tb_span_of(file, size));
        err = ret_file->err;
    }
    tb_wipe(&o, sizeof o);
    tb_wipe(key, sizeof key);
    tb_wipe(file, sizeof file);
    return err;
}
