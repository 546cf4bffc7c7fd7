/*
 * Audit: who did what to whom, and where. Of a mutation that a clerk is named with, or that changes who
 * somebody is; of every search for a customer, and of everybody who was opened by one. No name, number or
 * text of anybody.
 */
#include "contextd/engine/sqlite_decide.h"

#include <stdio.h>

#define LIMIT_WINDOW_MS (60LL * 60 * 1000)

enum tb_err sqlite_audit_put(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                             const struct sqlite_audit *audit)
{
    /* On the web there is no terminal: who did it is whom it is about, so that it goes with her. */
    const struct tb_id *customer = tb_id_is_zero(&peer->customer) ? &audit->customer : &peer->customer;
    struct tb_stmt *s = sqlite_stmt(e, STMT_AUDIT_PUT);
    tb_stmt_bind_int(s, 1, e->wall_ms);
    tb_stmt_bind_text(s, 2, tb_span_str(peer->store));
    tb_stmt_bind_text(s, 3, sqlite_device_of(e, peer->device));
    tb_stmt_bind_text(s, 4, tb_span_str(audit->clerk));
    tb_stmt_bind_text(s, 5, tb_span_str(audit->what));
    sqlite_bind_opt_id(s, 6, customer);
    tb_stmt_bind_text(s, 7, tb_span_str(audit->detail));
    return tb_stmt_run(s);
}

/* What counts of who asks: by the terminal, or on the web by the customer. */
static struct tb_stmt *counting(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                enum sqlite_stmt of_terminal, enum sqlite_stmt of_customer)
{
    bool web = !tb_id_is_zero(&peer->customer);
    struct tb_stmt *s = sqlite_stmt(e, web ? of_customer : of_terminal);
    if (web)
        tb_stmt_bind_blob(s, 1, tb_id_span(&peer->customer));
    else
        tb_stmt_bind_text(s, 1, sqlite_device_of(e, peer->device));
    tb_stmt_bind_int(s, 2, e->wall_ms - LIMIT_WINDOW_MS);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    return s;
}

/* How often within the hour; *ret_noted: that one was turned down is known already. */
static enum tb_err limited_read(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                const struct sqlite_limit *limit, bool *ret_full, bool *ret_noted)
{
    struct tb_stmt *s = counting(e, peer, limit->counts, limit->counts_of_customer);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    bool counted = err == TB_OK && row;
    int64_t max = counted && limit->max == 0 ? tb_stmt_int(s, 2) : limit->max;
    bool paused = limit->pause_ms == 0 || (counted && tb_stmt_int(s, 3) > e->wall_ms - limit->pause_ms);
    *ret_full = counted && max > 0 && tb_stmt_int(s, 0) >= max && paused;
    *ret_noted = counted && tb_stmt_int(s, 1);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_guess_put(struct sqlite_engine *e, const struct tb_engine_peer *peer, const char *mark)
{
    const struct sqlite_audit guess = {.clerk = "", .what = "handover.guess", .detail = mark};
    struct tb_stmt *s = counting(e, peer, STMT_AUDIT_GUESSED, STMT_AUDIT_GUESSED_BY_CUSTOMER);
    tb_stmt_bind_text(s, 4, tb_span_str(mark));
    bool again = false;
    enum tb_err err = tb_stmt_step(s, &again);
    tb_stmt_reset(s);
    return err == TB_OK && !again ? sqlite_audit_put(e, peer, &guess) : err;
}

enum tb_err sqlite_limit_check(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                               const struct sqlite_limit *limit, const char *clerk, const char *detail,
                               bool *ret_full)
{
    const struct sqlite_audit audit = {.clerk = clerk, .what = limit->refused_what, .detail = detail};
    bool noted = false;
    enum tb_err err = limited_read(e, peer, limit, ret_full, &noted);
    return err == TB_OK && *ret_full && !noted ? sqlite_audit_put(e, peer, &audit) : err;
}

static bool is_about_identity(enum tb_mutation_kind kind)
{
    return kind == TB_MUTATION_CREDENTIAL_LINK || kind == TB_MUTATION_CREDENTIAL_BLOCK ||
           kind == TB_MUTATION_CUSTOMER_CREATE || kind == TB_MUTATION_CONSENT_SET ||
           kind == TB_MUTATION_NOTE_ADD || kind == TB_MUTATION_NOTE_REMOVE;
}

static void detail_of(const struct tb_mutation *m, char *ret_detail, size_t size_max)
{
    ret_detail[0] = '\0';
    if (m->kind == TB_MUTATION_VISIT_BEGIN)
        (void)snprintf(ret_detail, size_max, "%s %s %s", m->visit_begin.source,
                       m->visit_begin.credential_kind[0] ? m->visit_begin.credential_kind : "-",
                       m->visit_begin.assurance[0] ? m->visit_begin.assurance : "-");
    else if (m->kind == TB_MUTATION_CREDENTIAL_LINK)
        (void)snprintf(ret_detail, size_max, "%s%s", m->link.ref.kind, m->link.share ? " shared" : "");
    else if (m->kind == TB_MUTATION_CREDENTIAL_BLOCK)
        (void)snprintf(ret_detail, size_max, "%s", tb_block_reason_names[m->block.reason]);
    else if (m->kind == TB_MUTATION_CONSENT_SET)
        (void)snprintf(ret_detail, size_max, "%s %s %s", m->consent.consent,
                       m->consent.granted ? "granted" : "refused", m->consent.text_version);
    else if (m->kind == TB_MUTATION_CHECKOUT_FINISH)
        (void)snprintf(ret_detail, size_max, "%s %s", m->finish.sale.business_date,
                       m->finish.sale.transaction);
    else if (m->kind == TB_MUTATION_CHECKOUT_VOID)
        (void)snprintf(ret_detail, size_max, "%s %s", m->voided.sale.business_date,
                       m->voided.sale.transaction);
    else if (m->kind == TB_MUTATION_POINTS_EARNED)
        (void)snprintf(ret_detail, size_max, "%lld %s %s", (long long)m->points.points,
                       m->points.sale.transaction[0] ? m->points.sale.business_date : "-",
                       m->points.sale.transaction[0] ? m->points.sale.transaction : "-");
}

enum tb_err sqlite_audit_mutation(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *m)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    /* A shopper's own session says nothing of clerks, and what she does herself is in her journey. */
    if (!tb_id_is_zero(&peer->customer) || (m->operator[0] == '\0' && !is_about_identity(m->kind)))
        return TB_OK;
    char detail[TB_AUDIT_DETAIL_SIZE_MAX + 1];
    detail_of(m, detail, sizeof detail);
    const struct sqlite_audit audit = {.clerk = m->operator,
                                       .what = tb_mutation_kind_names[m->kind],
                                       .customer = m->customer,
                                       .detail = detail};
    return sqlite_audit_put(e, peer, &audit);
}

static enum tb_err audit_take(const struct tb_stmt *s, struct tb_audit_entry *ret_entry)
{
    struct tb_audit_entry *a = ret_entry;
    a->number = tb_stmt_int(s, 0);
    a->at_ms = tb_stmt_int(s, 1);
    enum tb_err err = sqlite_column_text(s, 2, a->store, sizeof a->store);
    if (err == TB_OK)
        err = sqlite_column_text(s, 3, a->terminal, sizeof a->terminal);
    if (err == TB_OK)
        err = sqlite_column_text(s, 4, a->operator, sizeof a->operator);
    if (err == TB_OK)
        err = sqlite_column_text(s, 5, a->what, sizeof a->what);
    if (err == TB_OK && !tb_stmt_is_null(s, 6))
        err = sqlite_column_id(s, 6, &a->customer);
    return err == TB_OK ? sqlite_column_text(s, 7, a->detail, sizeof a->detail) : err;
}

/* By the index of what is asked for: the audit of a year is long. */
enum tb_err sqlite_audit_next(struct tb_context_engine *engine, const struct tb_audit_filter *filter,
                              const struct tb_audit_entry *after, struct tb_audit_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    const char *clerk = filter->operator_id ? filter->operator_id : "";
    bool hers = !tb_id_is_zero(&filter->customer);
    bool from_start = after == NULL || after->number == 0;
    struct tb_stmt *s = sqlite_stmt(e, hers       ? STMT_AUDIT_NEXT_OF_CUSTOMER
                                       : clerk[0] ? STMT_AUDIT_NEXT_OF_OPERATOR
                                                  : STMT_AUDIT_NEXT);
    tb_stmt_bind_int(s, 1, from_start ? filter->since_ms : after->at_ms);
    tb_stmt_bind_int(s, 2, from_start ? 0 : after->number);
    if (hers)
        tb_stmt_bind_blob(s, 3, tb_id_span(&filter->customer));
    if (hers || clerk[0])
        tb_stmt_bind_text(s, 4, tb_span_str(clerk));
    memset(ret_entry, 0, sizeof *ret_entry);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? audit_take(s, ret_entry) : TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}
