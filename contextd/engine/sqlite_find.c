/* How customers are reached, and found when they have nothing with them. */
#include "contextd/engine/sqlite_decide.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/credential.h"
#include "core/wire/contact.h"

#include <stdio.h>

#define MEMBER_SIZE_MAX 32
#define GSRN_DIGIT_COUNT 18
#define ELLIPSIS "\xe2\x80\xa6"
#define NAME_WORDS_MAX 6

/* ---- contacts ---- */

enum tb_err sqlite_contact_form(struct sqlite_engine *e, enum tb_find_by by, struct tb_span text,
                                char ret_value[TB_EMAIL_SIZE_MAX + 1])
{
    return by == TB_FIND_PHONE ? tb_contact_phone(text, e->phone_country, ret_value)
                               : tb_contact_email(text, ret_value);
}

enum tb_err sqlite_contact_put(struct sqlite_engine *e, const struct tb_id *customer, enum tb_find_by by,
                               const char *value)
{
    struct tb_digest hash = sqlite_keyed_hash(e, tb_find_by_names[by], tb_span_str(value));
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONTACT_PUT);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, by);
    tb_stmt_bind_text(s, 3, tb_span_str(value));
    tb_stmt_bind_blob(s, 4, tb_digest_span(&hash));
    tb_stmt_bind_int(s, 5, e->wall_ms);
    return tb_stmt_run(s);
}

/* "" when there is none. */
static enum tb_err contact_read(struct sqlite_engine *e, const struct tb_id *customer, enum tb_find_by by,
                                char ret_value[TB_EMAIL_SIZE_MAX + 1])
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CONTACT_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, by);
    bool row;
    ret_value[0] = '\0';
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        err = sqlite_column_text(s, 0, ret_value, TB_EMAIL_SIZE_MAX + 1);
    tb_stmt_reset(s);
    return err;
}

/* ---- what tells customers apart without saying who they are ---- */

static size_t letter_size(struct tb_span text)
{
    uint8_t first = text.at[0];
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return size < text.size ? size : text.size;
}

/* "Mara Roth" → "M… R…" */
static void name_mask(const char *name, char ret_mask[TB_FIND_NAME_SIZE_MAX + 1])
{
    struct tb_buf mask = tb_buf_of(ret_mask, TB_FIND_NAME_SIZE_MAX + 1);
    struct tb_span rest = tb_span_str(name);
    for (unsigned words = 0; rest.size && words < NAME_WORDS_MAX;) {
        struct tb_span word = tb_span_cut(&rest, ' ');
        if (word.size == 0)
            continue;
        if (words++ > 0)
            tb_buf_add_str(&mask, " ");
        tb_buf_add(&mask, tb_span_sub(word, 0, letter_size(word)));
        tb_buf_add_str(&mask, ELLIPSIS);
    }
    tb_buf_add_u8(&mask, 0);
}

/* "…41 27" */
static void phone_hint(const char *digits, char ret_hint[TB_FIND_HINT_SIZE_MAX + 1])
{
    size_t size = strlen(digits);
    if (size >= 4)
        (void)snprintf(ret_hint, TB_FIND_HINT_SIZE_MAX + 1, ELLIPSIS "%.2s %s", digits + size - 4,
                       digits + size - 2);
}

/* "m…@e…" */
static void email_hint(const char *email, char ret_hint[TB_FIND_HINT_SIZE_MAX + 1])
{
    struct tb_span domain = tb_span_str(email);
    struct tb_span local = tb_span_cut(&domain, '@');
    if (local.size == 0 || domain.size == 0)
        return;
    (void)snprintf(ret_hint, TB_FIND_HINT_SIZE_MAX + 1, "%.*s" ELLIPSIS "@%.*s" ELLIPSIS,
                   (int)letter_size(local), (const char *)local.at, (int)letter_size(domain),
                   (const char *)domain.at);
}

/* Of the contact that was not asked for, because the other one is the same of all. */
static enum tb_err hint_make(struct sqlite_engine *e, enum tb_find_by by, struct tb_find_match *match)
{
    char value[TB_EMAIL_SIZE_MAX + 1];
    bool phone = by != TB_FIND_PHONE;
    enum tb_err err = contact_read(e, &match->customer, phone ? TB_FIND_PHONE : TB_FIND_EMAIL, value);
    if (err == TB_OK && value[0] && phone)
        phone_hint(value, match->hint);
    else if (err == TB_OK && value[0])
        email_hint(value, match->hint);
    return err;
}

static enum tb_err match_fill(struct sqlite_engine *e, enum tb_find_by by, struct tb_find_match *match)
{
    char name[TB_NAME_SIZE_MAX + 1];
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&match->customer));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_text(s, 0, name, sizeof name) : TB_ERR_CORRUPT;
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, match->tier, sizeof match->tier);
    tb_stmt_reset(s);
    if (err != TB_OK)
        return err;
    name_mask(name, match->name);
    return hint_make(e, by, match);
}

/* ---- finding ---- */

static enum tb_err match_add(const struct tb_stmt *s, int column, struct tb_found *found)
{
    struct tb_id customer;
    enum tb_err err = sqlite_column_id(s, column, &customer);
    for (size_t i = 0; i < found->count && err == TB_OK; i++)
        if (tb_id_equal(&found->matches[i].customer, &customer))
            return TB_OK;
    if (err == TB_OK && found->count < TB_FIND_COUNT_MAX)
        found->matches[found->count++].customer = customer;
    return err;
}

/* Customers in one column of a statement by hash; ?2, where it has one, is how many. */
static enum tb_err matches_take(struct sqlite_engine *e, enum sqlite_stmt which, int column,
                                const struct tb_digest *hash, struct tb_found *found)
{
    struct tb_stmt *s = sqlite_stmt(e, which);
    tb_stmt_bind_blob(s, 1, tb_digest_span(hash));
    if (which != STMT_CREDENTIAL_READ)
        tb_stmt_bind_int(s, 2, TB_FIND_COUNT_MAX);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        err = match_add(s, column, found);
        if (err != TB_OK)
            break;
    }
    tb_stmt_reset(s);
    return err;
}

/* A card that was lost still says whose it was. */
static enum tb_err member_find(struct sqlite_engine *e, struct tb_span text, struct tb_found *found)
{
    char bytes[MEMBER_SIZE_MAX];
    struct tb_buf digits = tb_buf_of(bytes, sizeof bytes);
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] != ' ' && text.at[i] != '-')
            tb_buf_add_u8(&digits, text.at[i]);
    struct tb_span value = tb_buf_span(&digits);
    if (digits.err != TB_OK)
        return TB_ERR_TOO_LONG;
    if (!tb_text_is_digits(value))
        return TB_ERR_SYNTAX;
    bool gsrn = value.size == GSRN_DIGIT_COUNT;
    struct tb_digest hash = sqlite_keyed_hash(
        e, tb_credential_kind_name(gsrn ? TB_CREDENTIAL_GSRN : TB_CREDENTIAL_MEMBER), value);
    enum tb_err err = matches_take(e, STMT_CREDENTIAL_READ, 1, &hash, found);
    return err == TB_OK ? matches_take(e, STMT_SHARE_READ, 0, &hash, found) : err;
}

static enum tb_err contact_find(struct sqlite_engine *e, const struct tb_find_ask *ask,
                                struct tb_found *found)
{
    char value[TB_EMAIL_SIZE_MAX + 1];
    enum tb_err err = sqlite_contact_form(e, ask->by, tb_span_str(ask->value), value);
    if (err != TB_OK)
        return err;
    struct tb_digest hash = sqlite_keyed_hash(e, tb_find_by_names[ask->by], tb_span_str(value));
    return matches_take(e, STMT_CONTACT_FIND, 0, &hash, found);
}

/* ---- who may, and how often ---- */

/* Where shoppers stand themselves nobody searches for others, and in whose name may have to be said. */
static enum tb_err staff_check(struct sqlite_engine *e, const struct tb_engine_peer *peer, const char *clerk)
{
    if (!tb_id_is_zero(&peer->customer))
        return TB_ERR_DENIED;
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_READ);
    tb_stmt_bind_text(s, 1, sqlite_device_of(e, peer->device));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && (!row || tb_span_is(tb_stmt_blob(s, 3), "kiosk")))
        err = TB_ERR_UNSUPPORTED;
    tb_stmt_reset(s);
    return err == TB_OK ? sqlite_operator_check(e, clerk, peer->store) : err;
}

static void detail_of(const struct tb_find_ask *ask, size_t match_count,
                      char ret_detail[TB_AUDIT_DETAIL_SIZE_MAX + 1])
{
    (void)snprintf(ret_detail, TB_AUDIT_DETAIL_SIZE_MAX + 1, "%s %s %u", tb_find_by_names[ask->by],
                   ask->reason, (unsigned)match_count);
}

static enum tb_err limit_check(struct sqlite_engine *e, const struct tb_engine_request *request)
{
    static const struct sqlite_limit limit = {.counts = STMT_AUDIT_FINDS,
                                              .refused_what = "customer.find_refused"};
    char detail[TB_AUDIT_DETAIL_SIZE_MAX + 1];
    bool full;
    detail_of(&request->find, 0, detail);
    enum tb_err err = sqlite_limit_check(e, &request->peer, &limit, request->find.operator, detail, &full);
    return err == TB_OK && full ? TB_ERR_FIND_LIMIT : err;
}

static enum tb_err find_note(struct sqlite_engine *e, const struct tb_engine_request *request,
                             size_t match_count)
{
    char detail[TB_AUDIT_DETAIL_SIZE_MAX + 1];
    detail_of(&request->find, match_count, detail);
    const struct sqlite_audit audit = {
        .clerk = request->find.operator, .what = "customer.find", .detail = detail};
    return sqlite_audit_put(e, &request->peer, &audit);
}

enum tb_err sqlite_find(struct sqlite_engine *e, const struct tb_engine_request *request,
                        struct tb_engine_answer *ret_answer)
{
    const struct tb_find_ask *ask = &request->find;
    struct tb_found *found = &ret_answer->find;
    enum tb_err err = staff_check(e, &request->peer, ask->operator);
    if (err == TB_OK)
        err = limit_check(e, request);
    if (err == TB_OK)
        err = ask->by == TB_FIND_MEMBER ? member_find(e, tb_span_str(ask->value), found)
                                        : contact_find(e, ask, found);
    for (size_t i = 0; i < found->count && err == TB_OK; i++)
        err = match_fill(e, ask->by, &found->matches[i]);
    return err == TB_OK ? find_note(e, request, found->count) : err;
}

enum tb_err sqlite_fetch(struct sqlite_engine *e, const struct tb_engine_request *request,
                         struct tb_arena *arena, struct tb_engine_answer *ret_answer)
{
    const struct tb_open_ask *ask = &request->fetch;
    bool known = false;
    enum tb_err err = staff_check(e, &request->peer, ask->operator);
    if (err == TB_OK)
        err = sqlite_customer_has(e, &ask->customer, &known);
    if (err != TB_OK || !known)
        return err;
    err = sqlite_cohort_meet(e, &request->peer, &ask->customer, &ret_answer->identify.entered);
    if (err == TB_OK)
        err = sqlite_customer_rows(e, &ask->customer, request->peer.store, arena, &ret_answer->identify.rows);
    const struct sqlite_audit audit = {
        .clerk = ask->operator, .what = "customer.open", .customer = ask->customer, .detail = ""};
    if (err == TB_OK)
        err = sqlite_audit_put(e, &request->peer, &audit);
    ret_answer->identify.found = err == TB_OK;
    return err;
}
