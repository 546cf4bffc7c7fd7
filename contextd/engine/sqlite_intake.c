/*
 * Intake: how many customers outside its store's cohort a terminal comes to know within an hour. Counted in
 * the file, so that neither a new session nor a restart begins the count again.
 */
#include "contextd/engine/sqlite_engine.h"

#define INTAKE_MS (60LL * 60 * 1000)
#define QUARANTINE_TIMES 3 /* customers asked for, in terms of the limit */

static enum tb_err intake_prune(struct sqlite_engine *e, struct tb_span device)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_INTAKE_PRUNE);
    tb_stmt_bind_text(s, 1, device);
    tb_stmt_bind_int(s, 2, e->wall_ms - INTAKE_MS);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    return tb_stmt_run(s);
}

static enum tb_err intake_known(struct sqlite_engine *e, struct tb_span device, const struct tb_id *customer,
                                bool *ret_counted, bool *ret_refused)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_INTAKE_READ);
    tb_stmt_bind_text(s, 1, device);
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    enum tb_err err = tb_stmt_step(s, ret_counted);
    *ret_refused = err == TB_OK && *ret_counted && tb_stmt_int(s, 0) != 0;
    tb_stmt_reset(s);
    return err;
}

struct intake_count {
    int64_t asked;
    int64_t refused; /* of these */
    int64_t max;     /* 0: no limit */
};

static enum tb_err intake_count(struct sqlite_engine *e, struct tb_span device,
                                struct intake_count *ret_count)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_INTAKE_COUNT);
    tb_stmt_bind_text(s, 1, device);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        *ret_count = (struct intake_count){
            .asked = tb_stmt_int(s, 0), .refused = tb_stmt_int(s, 1), .max = tb_stmt_int(s, 2)};
    tb_stmt_reset(s);
    return err;
}

static enum tb_err intake_put(struct sqlite_engine *e, struct tb_span device, const struct tb_id *customer,
                              bool refused)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_INTAKE_PUT);
    tb_stmt_bind_text(s, 1, device);
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    tb_stmt_bind_int(s, 3, e->wall_ms);
    tb_stmt_bind_int(s, 4, refused);
    return tb_stmt_run(s);
}

/* The mark that operators see; past QUARANTINE_TIMES the limit nobody types or taps so many. */
static enum tb_err intake_alert(struct sqlite_engine *e, struct tb_span device,
                                const struct intake_count *count)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_LIMITED);
    tb_stmt_bind_text(s, 1, device);
    tb_stmt_bind_int(s, 2, e->wall_ms);
    enum tb_err err = tb_stmt_run(s);
    e->limited = true;
    if (err != TB_OK || count->asked < QUARANTINE_TIMES * count->max)
        return err;
    e->quarantined = true;
    return sqlite_quarantine(e, device);
}

enum tb_err sqlite_intake(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                          const struct tb_id *customer)
{
    struct tb_span device = sqlite_device_of(e, peer->device);
    struct intake_count count = {0};
    bool counted = false;
    bool refused = false;
    enum tb_err err = intake_prune(e, device);
    if (err == TB_OK)
        err = intake_known(e, device, customer, &counted, &refused);
    if (err != TB_OK || (counted && !refused))
        return err;
    err = intake_count(e, device, &count);
    if (err != TB_OK)
        return err;
    bool room = count.max == 0 || count.asked - count.refused < count.max;
    err = intake_put(e, device, customer, !room);
    if (err != TB_OK || room)
        return err;
    count.asked += !counted;
    err = intake_alert(e, device, &count);
    return err == TB_OK ? TB_ERR_CUSTOMER_LIMIT : err;
}
