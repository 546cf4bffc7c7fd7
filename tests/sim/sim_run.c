#include "tests/sim/sim.h"

#include "core/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

#define STEP_COUNT 700
#define SETTLE_STEP_MAX 60000
#define FAR_MS 600000
#define STUCK_MAX_MS 150

uint32_t sim_below(struct sim *s, uint32_t limit)
{
    return limit ? (uint32_t)(seeded_rng_next(&s->random) >> 33) % limit : 0;
}

bool sim_one_in(struct sim *s, uint32_t count)
{
    return sim_below(s, count) == 0;
}

int64_t sim_wall_ms(const struct sim *s)
{
    return INT64_C(1790000000000) + s->now_ms;
}

uint64_t sim_hash(struct tb_span bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.at[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* ---- what could happen next ---- */

enum move_kind {
    MOVE_TO_SERVER,
    MOVE_TO_CLIENT,
    MOVE_ENGINE,
    MOVE_RUN,
    MOVE_REPORT,
    MOVE_SHOP,
    MOVE_IDENTIFY,
    MOVE_VISIT,
    MOVE_CHECKPOINT,
    MOVE_TELL
};

struct move {
    enum move_kind kind;
    size_t index; /* of the session or the client */
    enum sim_file file;
};

struct moves {
    size_t count;
    struct move at[3 * SIM_SESSION_MAX + (4 + 2 * SIM_FILE_COUNT) * SIM_CLIENT_MAX + 1];
};

static void move_add(struct moves *m, enum move_kind kind, size_t index, bool possible)
{
    if (possible)
        m->at[m->count++] = (struct move){.kind = kind, .index = index};
}

static void moves_of_session(const struct sim *s, struct moves *m, size_t index)
{
    const struct sim_session *session = &s->sessions[index];
    const struct sim_pipe *up = &session->to_server;
    const struct sim_pipe *down = &session->to_client;
    if (!session->used)
        return;
    move_add(m, MOVE_TO_SERVER, index, up->count > 0 && up->stuck_until_ms <= s->now_ms);
    move_add(m, MOVE_TO_CLIENT, index, down->count > 0 && down->stuck_until_ms <= s->now_ms);
    move_add(m, MOVE_ENGINE, index, session->ask_count > 0);
}

static void moves_of_client(const struct sim *s, struct moves *m, size_t index)
{
    const struct sim_client *c = &s->clients[index];
    if (!c->up)
        return;
    for (size_t file = 0; file < SIM_FILE_COUNT; file++) {
        const struct sim_jobs *jobs = &c->files[file];
        bool can_run = jobs->count > jobs->ran_count && jobs->busy_until_ms <= s->now_ms;
        move_add(m, MOVE_RUN, index, can_run);
        if (can_run)
            m->at[m->count - 1].file = (enum sim_file)file;
        move_add(m, MOVE_REPORT, index, jobs->ran_count > 0);
        if (jobs->ran_count > 0)
            m->at[m->count - 1].file = (enum sim_file)file;
    }
    move_add(m, MOVE_SHOP, index, !s->quiet);
    move_add(m, MOVE_VISIT, index, !s->quiet);
    move_add(m, MOVE_CHECKPOINT, index, !s->quiet && s->faults.power);
    move_add(m, MOVE_IDENTIFY, index, !s->quiet && !c->web);
}

static void moves_list(const struct sim *s, struct moves *m)
{
    m->count = 0;
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        moves_of_session(s, m, i);
    for (size_t i = 0; i < s->client_count; i++)
        moves_of_client(s, m, i);
    move_add(m, MOVE_TELL, 0, s->change_count > 0);
}

static void deliver_to_server(struct sim *s, struct sim_session *session)
{
    struct tb_span message = pipe_take(&session->to_server);
    s->totals.messages++;
    tb_session_received(&session->machine, message, s->now_ms, sim_wall_ms(s));
    message_free(message);
}

static void deliver_to_client(struct sim *s, struct sim_session *session)
{
    struct tb_span message = pipe_take(&session->to_client);
    s->totals.messages++;
    tb_client_received(&session->client->machine, message, s->now_ms);
    message_free(message);
}

/* Moves that are always possible must not crowd the others out. */
static void client_move(struct sim *s, const struct move *move)
{
    struct sim_client *c = &s->clients[move->index];
    if (move->kind == MOVE_SHOP && sim_one_in(s, 4))
        client_shop(s, c);
    if (move->kind == MOVE_IDENTIFY && sim_one_in(s, 10))
        client_identify(s, c);
    if (move->kind == MOVE_VISIT && sim_one_in(s, 8))
        client_visit(s, c, !c->served);
    if (move->kind == MOVE_CHECKPOINT && sim_one_in(s, 20))
        (void)job_new(c, FILE_CACHE, JOB_CHECKPOINT);
}

static void move_do(struct sim *s, const struct move *move)
{
    switch (move->kind) {
    case MOVE_TO_SERVER: deliver_to_server(s, &s->sessions[move->index]); break;
    case MOVE_TO_CLIENT: deliver_to_client(s, &s->sessions[move->index]); break;
    case MOVE_ENGINE: session_work(s, &s->sessions[move->index]); break;
    case MOVE_RUN: jobs_run(s, &s->clients[move->index], move->file); break;
    case MOVE_REPORT: jobs_tell(s, &s->clients[move->index], move->file); break;
    case MOVE_SHOP:
    case MOVE_IDENTIFY:
    case MOVE_VISIT:
    case MOVE_CHECKPOINT: client_move(s, move); break;
    case MOVE_TELL: server_tell_changes(s); break;
    }
}

/* ---- what follows from what happened: ends of connections, reconnects, timers ---- */

static void session_keep(struct sim *s, struct sim_session *session)
{
    if (session->gone) {
        if (s->now_ms >= session->silent_ms)
            client_lost(s, session->client, TB_CAUSE_CLOSED);
        return;
    }
    tb_session_tick(&session->machine, s->now_ms, sim_wall_ms(s));
    bool spent = session->cut && session->to_server.count == 0 && session->ask_count == 0;
    if (session->closing && session->client && session->to_client.count == 0)
        client_lost(s, session->client, TB_CAUSE_CLOSED);
    if (spent || (session->cut && (session->closing || s->quiet || sim_one_in(s, 50))))
        session_drop(s, session);
}

static void client_keep(struct sim *s, struct sim_client *c)
{
    tb_client_tick(&c->machine, s->now_ms);
    if (c->close_wanted)
        client_lost(s, c, TB_CAUSE_CLOSED);
    if (!c->session && s->now_ms >= c->connect_ms)
        client_connect(s, c);
}

static void housekeep(struct sim *s)
{
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        if (s->sessions[i].used)
            session_keep(s, &s->sessions[i]);
    for (size_t i = 0; i < s->client_count; i++)
        if (s->clients[i].up)
            client_keep(s, &s->clients[i]);
}

/* ---- what breaks ---- */

static void break_link(struct sim *s, struct sim_client *c)
{
    struct sim_session *session = c->session;
    if (!session || session->gone)
        return;
    uint32_t how = s->faults.links ? sim_below(s, 4) : 0;
    if (how == 1)
        session->to_server.stuck_until_ms = s->now_ms + sim_below(s, STUCK_MAX_MS);
    else if (how == 2)
        session->to_client.stuck_until_ms = s->now_ms + sim_below(s, STUCK_MAX_MS);
    else if (how == 3)
        session_forget(s, session);
    else
        client_lost(s, c, TB_CAUSE_CLOSED);
}

static void break_client(struct sim *s, struct sim_client *c)
{
    if (!c->up)
        client_start(s, c);
    else if (sim_one_in(s, 2))
        client_crash(s, c);
    else if (s->faults.files && sim_one_in(s, 2))
        client_cache_damaged(s, c);
}

static void break_clock(struct sim *s, struct sim_client *c)
{
    static const int64_t year_ms = INT64_C(31557600000);
    if (sim_one_in(s, 3)) { /* a quiet while, in which leases run out */
        s->now_ms += 30000 + sim_below(s, 120000);
        return;
    }
    if (sim_one_in(s, 3))
        c->wall_shift_ms = -sim_wall_ms(s); /* 1970 */
    else
        c->wall_shift_ms = ((int64_t)sim_below(s, 21) - 10) * year_ms;
}

static void break_store(struct sim *s)
{
    if (!s->faults.restores || sim_one_in(s, 3))
        server_restart(s);
    else if (s->store.backup && sim_one_in(s, 2))
        server_restore(s);
    else
        server_backup(s);
}

static void break_something(struct sim *s)
{
    struct sim_client *c = &s->clients[sim_below(s, (uint32_t)s->client_count)];
    switch (sim_below(s, 8)) {
    case 0:
    case 1:
    case 2: break_link(s, c); break;
    case 3:
    case 4:
    case 5: break_client(s, c); break;
    case 6:
        if (s->faults.clocks)
            break_clock(s, c);
        break;
    default:
        if (s->faults.restores || sim_one_in(s, 3))
            break_store(s);
        break;
    }
}

/* ---- rest ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t session_deadline(const struct sim_session *session, int64_t now_ms)
{
    int64_t deadline = session->gone ? session->silent_ms : tb_session_deadline_ms(&session->machine);
    const struct sim_pipe *pipes[] = {&session->to_server, &session->to_client};
    for (size_t i = 0; i < TB_ARRAY_SIZE(pipes); i++)
        if (pipes[i]->count > 0 && pipes[i]->stuck_until_ms > now_ms)
            deadline = earlier(deadline, pipes[i]->stuck_until_ms);
    return deadline;
}

static int64_t next_deadline(const struct sim *s)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        if (s->sessions[i].used)
            deadline = earlier(deadline, session_deadline(&s->sessions[i], s->now_ms));
    for (size_t i = 0; i < s->client_count; i++) {
        const struct sim_client *c = &s->clients[i];
        deadline = earlier(deadline, c->session ? tb_client_deadline_ms(&c->machine) : c->connect_ms);
        for (size_t file = 0; file < SIM_FILE_COUNT; file++)
            if (c->files[file].count > c->files[file].ran_count)
                deadline = earlier(deadline, c->files[file].busy_until_ms);
    }
    return deadline;
}

static void settle(struct sim *s)
{
    struct moves moves;
    s->quiet = true;
    for (size_t i = 0; i < s->client_count; i++) {
        if (!s->clients[i].up)
            client_start(s, &s->clients[i]);
        client_visit(s, &s->clients[i], true);
    }
    for (int step = 0; step < SETTLE_STEP_MAX; step++) {
        housekeep(s);
        moves_list(s, &moves);
        if (moves.count) {
            move_do(s, &moves.at[sim_below(s, (uint32_t)moves.count)]);
            continue;
        }
        int64_t deadline = next_deadline(s);
        if (deadline > s->now_ms + FAR_MS)
            return;
        s->now_ms = deadline > s->now_ms ? deadline : s->now_ms + 1;
    }
    sim_broken(s, "it does not come to rest");
}

/* ---- a run ---- */

static void client_setup(struct sim *s, size_t index)
{
    struct sim_client *c = &s->clients[index];
    struct sim_disk *d = &c->disk;
    memset(c, 0, sizeof *c);
    c->sim = s;
    c->index = index;
    c->web = index > 0 && sim_one_in(s, 3);
    (void)snprintf(c->device, sizeof c->device, "urn:tillbridge:demo:device:%zu", index);
    (void)snprintf(c->token, sizeof c->token, "%zu", index % SIM_CUSTOMER_COUNT);
    c->rng = seeded_rng_of(&s->random);
    d->outbox.incarnation = engine_fake_id("incarn", (unsigned)index + 1);
    d->outbox.next_seq = 1;
    d->kept_count = 1;
    unsigned customer = (unsigned)index % SIM_CUSTOMER_COUNT;
    if (!c->web) {
        d->feeds[d->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_DEVICE};
        d->feeds[d->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_COHORT};
        d->feeds[d->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_CATALOGUE};
    }
    d->feeds[d->feed_count++] =
        (struct tb_scope){.kind = TB_SCOPE_CUSTOMER, .customer = engine_fake_id("cust", customer)};
    c->served = c->web || sim_one_in(s, 2);
    client_start(s, c);
}

/* Each run has some of the faults: all at once would hide what one alone does over a long time. */
static void faults_draw(struct sim *s)
{
    s->faults = (struct sim_faults){.chaos = 5 + sim_below(s, 120),
                                    .disk_errors = sim_one_in(s, 3),
                                    .disk_slow = sim_one_in(s, 4),
                                    .power = sim_one_in(s, 2),
                                    .files = sim_one_in(s, 5),
                                    .clocks = sim_one_in(s, 3),
                                    .links = sim_one_in(s, 2),
                                    .restores = sim_one_in(s, 4),
                                    .engine_busy = sim_one_in(s, 2)};
}

static void sim_setup(struct sim *s, uint64_t seed)
{
    s->seed = seed;
    s->random.state = seed;
    s->now_ms = 1000;
    s->quiet = false;
    s->restored = false;
    s->additive = sim_one_in(s, 3);
    faults_draw(s);
    s->client_count = 1 + sim_below(s, SIM_CLIENT_MAX);
    s->change_count = 0;
    oracle_init(&s->oracle);
    bool real = s->real_share && sim_one_in(s, s->real_share);
    s->faults.restores = s->faults.restores && !real; /* the real one has no restore yet */
    store_open(s, real);
    for (size_t i = 0; i < s->client_count; i++)
        client_setup(s, i);
}

static void sim_teardown(struct sim *s)
{
    for (size_t i = 0; i < s->client_count; i++) {
        if (s->clients[i].session)
            session_cut(s, s->clients[i].session);
        jobs_drop(&s->clients[i]);
        outbox_file_lose(&s->clients[i]);
    }
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        if (s->sessions[i].used)
            session_drop(s, &s->sessions[i]);
    store_close(s);
}

void sim_run(struct sim *s, uint64_t seed)
{
    struct moves moves;
    sim_setup(s, seed);
    for (int step = 0; step < STEP_COUNT; step++) {
        s->now_ms += sim_below(s, 4);
        housekeep(s);
        moves_list(s, &moves);
        if (moves.count)
            move_do(s, &moves.at[sim_below(s, (uint32_t)moves.count)]);
        if (sim_one_in(s, s->faults.chaos))
            break_something(s);
    }
    settle(s);
    check_rest(s);
    s->totals.virtual_ms += (uint64_t)s->now_ms;
    sim_teardown(s);
}
