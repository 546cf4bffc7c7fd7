/*
 * Expiry: what is kept for a time only, by the policy or by the protocol. Each call removes a share of each
 * table: an hour of a busy chain must not hold up the requests behind it.
 */
#include "contextd/engine/sqlite_engine.h"

#define VERDICTS_KEPT_MS (90LL * 24 * 60 * 60 * 1000)
#define INTAKE_KEPT_MS (60LL * 60 * 1000)
#define HANDOVER_TOLD_MS (24LL * 60 * 60 * 1000) /* whoever is away for longer reads the store anew */
#define HANDOVER_DROPS_KEPT_MS VERDICTS_KEPT_MS  /* for terminals that were away */
#define EXPIRE_MAX 1000                          /* rows per table and call */
#define NOTES_EXPIRE_MAX 100                     /* carts per call: the same */
#define JOURNEYS_EXPIRE_MAX 200                  /* customers per call: each is told to the terminals */

/* A statement with ?1 the time before which rows go and ?2 how many may. */
static enum tb_err rows_expire(struct sqlite_engine *e, enum sqlite_stmt which, int64_t before_ms, bool *more)
{
    struct tb_stmt *s = sqlite_stmt(e, which);
    tb_stmt_bind_int(s, 1, before_ms);
    tb_stmt_bind_int(s, 2, EXPIRE_MAX);
    enum tb_err err = tb_stmt_run(s);
    if (err == TB_OK && tb_db_changes(e->db) == EXPIRE_MAX)
        *more = true;
    return err;
}

/* Terminals and sessions hold them: they are told, and for that an id and whose it was stay for a time. */
static enum tb_err handovers_expire(struct sqlite_engine *e, int64_t before_ms, bool *more)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_DROPS_PUT);
    tb_stmt_bind_int(s, 3, TB_ROW_DROP);
    enum tb_err err = rows_expire(e, STMT_HANDOVER_DROPS_PUT, before_ms, more);
    e->changed_here = e->changed_here || (err == TB_OK && tb_db_changes(e->db) > 0);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_HANDOVER_END);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    return rows_expire(e, STMT_HANDOVER_END, before_ms, more);
}

static enum tb_err keep_times_read(struct sqlite_engine *e, struct sqlite_keep *ret_keep)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_KEEP);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        *ret_keep = (struct sqlite_keep){
            .journey_ms = tb_stmt_int(s, 0), .note_ms = tb_stmt_int(s, 1), .audit_ms = tb_stmt_int(s, 2)};
    tb_stmt_reset(s);
    return err;
}

/* Whose oldest touch is too old; TB_ERR_NOT_FOUND: nobody's. */
static enum tb_err journey_next(struct sqlite_engine *e, int64_t before_ms, struct tb_id *ret_customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_OLDEST);
    tb_stmt_bind_int(s, 1, before_ms);
    return sqlite_id_take(s, ret_customer);
}

/* Terminals hold the newest of it: they are told. */
static enum tb_err journeys_expire(struct sqlite_engine *e, int64_t before_ms, bool *more)
{
    enum tb_err err = TB_OK;
    size_t count = 0;
    for (; count < JOURNEYS_EXPIRE_MAX && err == TB_OK; count++) {
        struct tb_id customer;
        err = journey_next(e, before_ms, &customer);
        if (err != TB_OK)
            break;
        struct tb_stmt *s = sqlite_stmt(e, STMT_TOUCH_EXPIRE);
        tb_stmt_bind_blob(s, 1, tb_id_span(&customer));
        tb_stmt_bind_int(s, 2, before_ms);
        err = tb_stmt_run(s);
        if (err == TB_OK)
            err = sqlite_journey_changed(e, &customer);
        if (err == TB_OK)
            err = sqlite_viewed_changed(e, &customer);
    }
    e->changed_here = e->changed_here || count > 0;
    *more = *more || count == JOURNEYS_EXPIRE_MAX;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* A cart with a note that nobody touched since; TB_ERR_NOT_FOUND: there is none. */
static enum tb_err noted_next(struct sqlite_engine *e, int64_t before_ms, struct tb_id *ret_cart,
                              struct tb_id *ret_customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_NOTED);
    tb_stmt_bind_int(s, 1, before_ms);
    bool row;
    *ret_customer = (struct tb_id){{0}};
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? sqlite_column_id(s, 0, ret_cart) : TB_ERR_NOT_FOUND;
    if (err == TB_OK && !tb_stmt_is_null(s, 1))
        err = sqlite_column_id(s, 1, ret_customer);
    tb_stmt_reset(s);
    return err;
}

static enum tb_err notes_take(struct sqlite_engine *e, const struct tb_id *cart, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CART_LINES_UNNOTE);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_CART_UNNOTE);
    tb_stmt_bind_blob(s, 1, tb_id_span(cart));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    err = tb_stmt_run(s);
    struct sqlite_change change = {
        .type = TB_ROW_CART, .op = TB_ROW_PUT, .id = tb_id_span(cart), .customer = *customer, .store = ""};
    return err == TB_OK ? sqlite_change_put(e, &change) : err;
}

static enum tb_err cart_notes_expire(struct sqlite_engine *e, int64_t before_ms, bool *more)
{
    struct tb_id cart;
    struct tb_id customer;
    enum tb_err err = TB_OK;
    size_t count = 0;
    for (; count < NOTES_EXPIRE_MAX && err == TB_OK; count++) {
        err = noted_next(e, before_ms, &cart, &customer);
        if (err != TB_OK)
            break;
        err = notes_take(e, &cart, &customer);
    }
    e->changed_here = e->changed_here || count > 0;
    *more = *more || count == NOTES_EXPIRE_MAX;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err cohorts_expire(struct sqlite_engine *e, bool *more)
{
    bool left = false;
    enum tb_err err = sqlite_cohorts_trim(e, &left);
    e->changed_here = e->changed_here || left;
    *more = *more || left;
    return err;
}

/* What nobody holds a copy of. */
static enum tb_err unheld_expire(struct sqlite_engine *e, const struct sqlite_keep *keep, bool *more)
{
    enum tb_err err = rows_expire(e, STMT_VERDICT_EXPIRE, e->wall_ms - VERDICTS_KEPT_MS, more);
    if (err == TB_OK)
        err = rows_expire(e, STMT_REPLAY_EXPIRE, e->wall_ms, more);
    if (err == TB_OK)
        err = rows_expire(e, STMT_INTAKE_EXPIRE, e->wall_ms - INTAKE_KEPT_MS, more);
    if (err == TB_OK && keep->audit_ms > 0)
        err = rows_expire(e, STMT_AUDIT_EXPIRE, e->wall_ms - keep->audit_ms, more);
    if (err == TB_OK && keep->journey_ms > 0)
        err = rows_expire(e, STMT_TOUCH_EXPIRE_ANONYMOUS, e->wall_ms - keep->journey_ms, more);
    if (err == TB_OK && keep->journey_ms > 0)
        err = rows_expire(e, STMT_VISIT_EXPIRE, e->wall_ms - keep->journey_ms, more);
    return err;
}

/* Notes of staff, of carts, and of hand-overs. */
static enum tb_err all_notes_expire(struct sqlite_engine *e, int64_t before_ms, bool *more)
{
    enum tb_err err = handovers_expire(e, before_ms, more);
    if (err == TB_OK)
        err = cart_notes_expire(e, before_ms, more);
    return err == TB_OK ? sqlite_notes_expire(e, before_ms, more) : err;
}

enum tb_err sqlite_expire(struct sqlite_engine *e, bool *ret_more)
{
    struct sqlite_keep keep = {0};
    bool erasures_more = false;
    *ret_more = false;
    sqlite_cards_expire(&e->cards, e->wall_ms);
    enum tb_err err = keep_times_read(e, &keep);
    if (err == TB_OK)
        err = unheld_expire(e, &keep, ret_more);
    if (err == TB_OK)
        err = sqlite_handovers_overdue(e, ret_more);
    if (err == TB_OK)
        err = rows_expire(e, STMT_HANDOVER_TOLD_EXPIRE, e->wall_ms - HANDOVER_TOLD_MS, ret_more);
    if (err == TB_OK && keep.note_ms > 0)
        err = all_notes_expire(e, e->wall_ms - keep.note_ms, ret_more);
    if (err == TB_OK)
        err = rows_expire(e, STMT_HANDOVER_CHANGES_EXPIRE, e->wall_ms - HANDOVER_DROPS_KEPT_MS, ret_more);
    if (err == TB_OK)
        err = rows_expire(e, STMT_HANDOVER_EXPIRE, e->wall_ms - HANDOVER_DROPS_KEPT_MS, ret_more);
    if (err == TB_OK && keep.journey_ms > 0)
        err = journeys_expire(e, e->wall_ms - keep.journey_ms, ret_more);
    if (err == TB_OK)
        err = sqlite_carts_expire(e, ret_more);
    if (err == TB_OK)
        err = cohorts_expire(e, ret_more);
    if (err == TB_OK)
        err = sqlite_erasures_expire(e, &erasures_more);
    *ret_more = *ret_more || erasures_more;
    return err;
}
