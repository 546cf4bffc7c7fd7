#include "tests/sim/sim.h"

#include "core/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

static struct sim_job *job_new(struct sim_client *c, enum sim_job_kind kind)
{
    struct sim *s = c->sim;
    SIM_CHECK(s, c->job_count < SIM_QUEUE_MAX, "a client's job queue is full");
    struct sim_job *job = calloc(1, sizeof *job);
    SIM_CHECK(s, job != NULL, "out of memory");
    job->kind = kind;
    job->fails = s->faulty_disk && !s->quiet && sim_one_in(s, 12);
    c->jobs[c->job_count++] = job;
    return job;
}

static size_t feed_index(const struct sim_client *c, const struct tb_scope *scope)
{
    size_t i = 0;
    while (i < c->feed_count && !tb_scope_equal(&c->feeds[i], scope))
        i++;
    return i;
}

/* The queue has no room just now. */
static bool cannot_begin(struct sim_client *c)
{
    return c->sim->faulty_disk && !c->sim->quiet && sim_one_in(c->sim, 30);
}

static void job_rows(struct sim_job *job, const struct tb_rows *rows)
{
    job->row_count = rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        job->rows[i] = rows->at[i];
        job->hashes[i] = sim_hash(rows->at[i].doc);
    }
}

static void decide_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (cannot_begin(c)) {
        tb_client_decided(&c->machine, action->decide.seq, TB_ERR_FULL, c->sim->now_ms);
        return;
    }
    struct sim_job *rows = job_new(c, JOB_DECIDE_ROWS);
    struct sim_job *decide = job_new(c, JOB_DECIDE);
    job_rows(rows, &action->decide.rows);
    decide->fails = rows->fails; /* one report for both files */
    decide->seq = action->decide.seq;
    decide->verdict_count = action->decide.count;
    memcpy(decide->verdicts, action->decide.verdicts, action->decide.count * sizeof decide->verdicts[0]);
}

static void save_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (cannot_begin(c)) {
        c->save_failed[feed_index(c, &action->save.scope)] = true;
        tb_client_saved(&c->machine, action->save.ticket, TB_ERR_FULL, c->sim->now_ms);
        return;
    }
    struct sim_job *job = job_new(c, JOB_SAVE);
    job->ticket = action->save.ticket;
    job->scope = action->save.scope;
    job->first = action->save.first;
    job->cursor = action->save.cursor;
    job_rows(job, &action->save.rows);
}

static void read_queue(struct sim_client *c, const struct tb_client_action *action)
{
    if (cannot_begin(c)) {
        tb_client_read(&c->machine, action->read.ticket, &(struct tb_client_rows){.err = TB_ERR_FULL},
                       c->sim->now_ms);
        return;
    }
    struct sim_job *job = job_new(c, JOB_READ);
    job->ticket = action->read.ticket;
    job->from_seq = action->read.from_seq;
    job->count_max = action->read.count_max;
}

static void welcome_queue(struct sim_client *c, const struct tb_client_action *action)
{
    struct sim_job *job = job_new(c, JOB_WELCOME);
    job->fails = false;
    job->epoch_changed = action->welcome.epoch_changed;
    memcpy(job->epoch, action->welcome.welcome->epoch, sizeof job->epoch);
}

static void client_act_do(void *context, const struct tb_client_action *action)
{
    struct sim_client *c = context;
    switch (action->act) {
    case TB_CLIENT_SEND:
        if (c->session)
            pipe_put(c->sim, &c->session->to_server, action->send);
        break;
    case TB_CLIENT_CLOSE:
        SIM_CHECK(c->sim,
                  strcmp(action->close.code, "welcome_timeout") == 0 ||
                      strcmp(action->close.code, "hello_refused") == 0,
                  action->close.code);
        c->close_wanted = true;
        break;
    case TB_CLIENT_WELCOME: welcome_queue(c, action); break;
    case TB_CLIENT_READ: read_queue(c, action); break;
    case TB_CLIENT_SAVE: save_queue(c, action); break;
    case TB_CLIENT_DECIDE: decide_queue(c, action); break;
    case TB_CLIENT_IDENTIFIED: c->identified++; break;
    case TB_CLIENT_STATE: break;
    }
}

static int64_t outbox_decided(const struct sim_disk *disk)
{
    int64_t seq = 0;
    while (seq + 1 < disk->next_seq && disk->outbox[seq + 1].decided)
        seq++;
    return seq;
}

void client_start(struct sim *s, struct sim_client *c)
{
    struct tb_client_config config = {.software = "simulation 1",
                                      .device = c->web ? "" : c->device,
                                      .channel = c->web ? TB_CHANNEL_WEB : TB_CHANNEL_TILL,
                                      .incarnation = c->incarnation,
                                      .token = c->web ? c->token : "",
                                      .rng = &c->rng,
                                      .port = {.act = client_act_do, .context = c},
                                      .arena = &s->arena,
                                      .out = &s->client_out};
    struct tb_client_start start = {.decided_seq = outbox_decided(&c->disk), .next_seq = c->disk.next_seq};
    memcpy(start.epoch, c->disk.epoch, sizeof start.epoch);
    c->up = true;
    c->asked = c->identified = 0;
    memset(c->save_failed, 0, sizeof c->save_failed);
    tb_client_init(&c->machine, &config, &start, s->now_ms);
    for (size_t i = 0; i < c->feed_count; i++)
        SIM_CHECK(s, tb_client_feed_open(&c->machine, &c->feeds[i], &c->disk.cursors[i], s->now_ms) == TB_OK,
                  "a feed is refused");
}

static void jobs_drop(struct sim_client *c)
{
    for (size_t i = 0; i < c->job_count; i++)
        free(c->jobs[i]);
    c->job_count = 0;
}

void client_crash(struct sim *s, struct sim_client *c)
{
    if (c->session)
        session_cut(s, c->session);
    c->session = NULL;
    c->close_wanted = false;
    c->up = false;
    jobs_drop(c);
}

void client_connect(struct sim *s, struct sim_client *c)
{
    struct sim_session *session = session_start(s, c);
    if (!session)
        return;
    c->session = session;
    tb_client_connected(&c->machine, s->now_ms);
}

void client_lost(struct sim *s, struct sim_client *c, enum tb_line_cause cause)
{
    if (c->session)
        session_cut(s, c->session);
    c->session = NULL;
    c->close_wanted = false;
    c->connect_ms = s->now_ms + sim_below(s, 50);
    tb_client_closed(&c->machine, cause, s->now_ms);
}

/* Rows count only when newer, whatever brought them. */
static void row_store(struct sim *s, struct sim_disk *disk, const struct tb_row *row, uint64_t hash)
{
    struct sim_row *at = NULL;
    for (size_t i = 0; !at && i < disk->row_count; i++)
        if (disk->rows[i].type == row->type && strcmp(disk->rows[i].id, row->id) == 0)
            at = &disk->rows[i];
    if (at && at->version >= row->version)
        return;
    if (!at) {
        SIM_CHECK(s, disk->row_count < FAKE_OBJECT_MAX, "a client's cache is full");
        at = &disk->rows[disk->row_count++];
    }
    at->type = row->type;
    memcpy(at->id, row->id, sizeof at->id);
    at->version = row->version;
    at->hash = hash;
}

static void rows_store(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    for (size_t i = 0; i < job->row_count; i++)
        row_store(s, &c->disk, &job->rows[i], job->hashes[i]);
}

static int64_t version_stored(const struct sim_disk *disk, const struct fake_object *object)
{
    for (size_t i = 0; i < disk->row_count; i++)
        if (disk->rows[i].type == object->type && strcmp(disk->rows[i].id, object->id) == 0)
            return disk->rows[i].version;
    return 0;
}

/* The rule itself: what the cursor says was seen is there. */
static void cursor_check(struct sim *s, const struct sim_client *c, size_t feed)
{
    const struct engine_fake *e = &s->engine;
    int64_t change = engine_fake_cursor_change(e, &c->feeds[feed], &c->disk.cursors[feed]);
    for (size_t i = 0; change >= 0 && i < e->object_count; i++) {
        const struct fake_object *object = &e->objects[i];
        if (engine_fake_covers(&c->feeds[feed], object) && object->change <= change)
            SIM_CHECK(s, version_stored(&c->disk, object) >= object->change, "a cursor is ahead of its rows");
    }
}

static enum tb_err save_do(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    size_t feed = feed_index(c, &job->scope);
    SIM_CHECK(s, feed < c->feed_count, "rows of a scope that nobody opened");
    if (job->fails || (c->save_failed[feed] && !job->first)) {
        c->save_failed[feed] = true;
        return TB_ERR_IO;
    }
    c->save_failed[feed] = false;
    rows_store(s, c, job);
    c->disk.cursors[feed] = job->cursor;
    cursor_check(s, c, feed);
    return TB_OK;
}

static void decide_do(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    for (size_t i = 0; i < job->verdict_count; i++) {
        const struct tb_verdict *verdict = &job->verdicts[i];
        SIM_CHECK(s, verdict->seq >= 1 && verdict->seq < c->disk.next_seq, "a verdict on nothing");
        SIM_CHECK(s, verdict->kind != TB_VERDICT_RETRY, "a retry is no decision");
        struct sim_outbox_row *row = &c->disk.outbox[verdict->seq];
        bool was = row->verdict == TB_VERDICT_REJECTED;
        bool is = verdict->kind == TB_VERDICT_REJECTED;
        /* After a restore it may be judged anew, on another cart. */
        SIM_CHECK(s, !row->decided || s->backup || was == is, "a verdict changed");
        row->decided = true;
        row->verdict = verdict->kind;
    }
}

static size_t mutation_text(const struct tb_mutation *m, char *ret_text)
{
    struct tb_buf to = tb_buf_of(ret_text, TB_MUTATION_JSON_SIZE_MAX);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_mutation_encode(&w, NULL, m);
    TB_ASSERT(to.err == TB_OK);
    return to.size;
}

static void store_do(struct sim *s, struct sim_client *c, struct sim_job *job)
{
    char text[TB_MUTATION_JSON_SIZE_MAX];
    if (job->fails || c->disk.next_seq >= SIM_OUTBOX_MAX)
        return; /* never acknowledged to the person */
    job->mutation.seq = c->disk.next_seq++;
    c->disk.outbox[job->mutation.seq] = (struct sim_outbox_row){.mutation = job->mutation};
    size_t size = mutation_text(&job->mutation, text);
    tb_client_stored(&c->machine, job->mutation.seq, tb_span_of(text, size), s->now_ms);
}

static void read_do(struct sim *s, struct sim_client *c, const struct sim_job *job)
{
    static char texts[TB_CLIENT_WINDOW][TB_MUTATION_JSON_SIZE_MAX];
    struct tb_client_row rows[TB_CLIENT_WINDOW];
    struct tb_client_rows answer = {.err = job->fails ? TB_ERR_IO : TB_OK, .at = rows};
    for (int64_t seq = job->from_seq; seq < c->disk.next_seq && answer.count < job->count_max; seq++) {
        size_t size = mutation_text(&c->disk.outbox[seq].mutation, texts[answer.count]);
        rows[answer.count] =
            (struct tb_client_row){.seq = seq, .mutation = tb_span_of(texts[answer.count], size)};
        answer.count++;
    }
    tb_client_read(&c->machine, job->ticket, &answer, s->now_ms);
}

static void welcome_do(struct sim_client *c, const struct sim_job *job)
{
    memcpy(c->disk.epoch, job->epoch, sizeof c->disk.epoch);
    if (!job->epoch_changed)
        return;
    memset(c->disk.cursors, 0, sizeof c->disk.cursors);
    for (size_t i = 0; i < c->disk.row_count; i++)
        c->disk.rows[i].version = 0;
}

void client_job(struct sim *s, struct sim_client *c)
{
    struct sim_job *job = c->jobs[0];
    memmove(c->jobs, c->jobs + 1, --c->job_count * sizeof(struct sim_job *));
    switch (job->kind) {
    case JOB_STORE: store_do(s, c, job); break;
    case JOB_SAVE: tb_client_saved(&c->machine, job->ticket, save_do(s, c, job), s->now_ms); break;
    case JOB_DECIDE_ROWS:
        if (!job->fails)
            rows_store(s, c, job);
        break;
    case JOB_DECIDE:
        if (!job->fails)
            decide_do(s, c, job);
        tb_client_decided(&c->machine, job->seq, job->fails ? TB_ERR_IO : TB_OK, s->now_ms);
        break;
    case JOB_READ: read_do(s, c, job); break;
    case JOB_WELCOME: welcome_do(c, job); break;
    }
    free(job);
}

static struct tb_mutation mutation_base(struct sim *s, const struct sim_client *c)
{
    unsigned customer = c->web ? (unsigned)c->index % SIM_CUSTOMER_COUNT : sim_below(s, SIM_CUSTOMER_COUNT);
    return (struct tb_mutation){.customer = engine_fake_id("cust", customer),
                                .cart = engine_fake_id("cart", customer),
                                .made_ms = sim_wall_ms(s)};
}

/* A line that this client added some time, or one that stands in the cart now. */
static bool line_pick(struct sim *s, const struct sim_client *c, struct tb_mutation *m, int32_t *ret_from)
{
    const struct tb_cart *cart = engine_fake_cart(&s->engine, &m->cart);
    if (cart && cart->line_count && sim_one_in(s, 2)) {
        const struct tb_cart_line *line = &cart->lines[sim_below(s, cart->line_count)];
        m->line = line->id;
        *ret_from = line->quantity;
        return true;
    }
    if (c->disk.next_seq == 1)
        return false;
    const struct tb_mutation *add =
        &c->disk.outbox[1 + sim_below(s, (uint32_t)(c->disk.next_seq - 1))].mutation;
    if (add->kind != TB_MUTATION_CART_ADD || !tb_id_equal(&add->cart, &m->cart))
        return false;
    m->line = add->line;
    *ret_from = add->add.quantity;
    return true;
}

void client_shop(struct sim *s, struct sim_client *c)
{
    struct tb_mutation m = mutation_base(s, c);
    int32_t from;
    if (c->disk.next_seq + (int64_t)c->job_count >= SIM_OUTBOX_MAX || c->job_count > SIM_QUEUE_MAX / 2)
        return;
    if (!s->additive && sim_one_in(s, 2) && line_pick(s, c, &m, &from)) {
        bool removes = sim_one_in(s, 2);
        m.kind = removes ? TB_MUTATION_CART_REMOVE : TB_MUTATION_CART_SET_QUANTITY;
        if (removes) {
            m.remove.from = from;
        } else {
            m.set_quantity.from = from;
            m.set_quantity.to = (int32_t)sim_below(s, 6);
        }
    } else {
        m.kind = TB_MUTATION_CART_ADD;
        m.line = engine_fake_id("line", (unsigned)(c->index << 16 | ++c->line_made));
        m.add.quantity = 1 + (int32_t)sim_below(s, 3);
        engine_fake_gtin(1 + sim_below(s, 5), m.add.gtin);
    }
    job_new(c, JOB_STORE)->mutation = m;
}

void client_identify(struct sim *s, struct sim_client *c)
{
    struct tb_identify_ask what = {.kind = "member"};
    engine_fake_hash(sim_below(s, SIM_CUSTOMER_COUNT + 1), what.hash);
    tb_client_identify(&c->machine, (uint32_t)++c->asked, &what, 200, s->now_ms);
}

void client_visit(struct sim *s, struct sim_client *c, bool on)
{
    size_t last = c->feed_count - 1;
    if (on == c->served)
        return;
    c->served = on;
    if (!c->up)
        return;
    if (!on)
        tb_client_feed_close(&c->machine, &c->feeds[last], s->now_ms);
    else
        SIM_CHECK(
            s, tb_client_feed_open(&c->machine, &c->feeds[last], &c->disk.cursors[last], s->now_ms) == TB_OK,
            "a feed is refused");
}
