/*
 * Runs seeds: test_sim_sync_exchange [--seeds N] [--first K]. Every run ends quiet, and then nothing
 * that was stored is lost, nothing was decided twice, and all sides hold the same rows.
 */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define SEED_COUNT 3000
#define STEP_COUNT 700
#define SETTLE_STEP_MAX 60000
#define FAR_MS 600000

void sim_broken(const struct sim *s, const char *what)
{
    (void)fprintf(stderr,
                  "seed %llu, at %lld ms: %s\nreplay: test_sim_sync_exchange --first %llu --seeds 1\n",
                  (unsigned long long)s->seed, (long long)s->now_ms, what, (unsigned long long)s->seed);
    abort();
}

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

void pipe_put(struct sim *s, struct sim_pipe *pipe, struct tb_span message)
{
    SIM_CHECK(s, pipe->count < SIM_QUEUE_MAX, "a peer sends without end");
    uint8_t *copy = malloc(message.size);
    SIM_CHECK(s, copy != NULL, "out of memory");
    memcpy(copy, message.at, message.size);
    pipe->messages[pipe->count++] = tb_span_of(copy, message.size);
}

struct tb_span pipe_take(struct sim_pipe *pipe)
{
    struct tb_span message = pipe->messages[0];
    memmove(pipe->messages, pipe->messages + 1, --pipe->count * sizeof message);
    return message;
}

static void message_free(struct tb_span message)
{
    free((void *)(uintptr_t)message.at);
}

void pipe_clear(struct sim_pipe *pipe, size_t keep_count)
{
    while (pipe->count > keep_count)
        message_free(pipe->messages[--pipe->count]);
}

/* What could happen next. */
enum move_kind {
    MOVE_TO_SERVER,
    MOVE_TO_CLIENT,
    MOVE_ENGINE,
    MOVE_JOB,
    MOVE_SHOP,
    MOVE_IDENTIFY,
    MOVE_VISIT,
    MOVE_TELL
};

struct move {
    enum move_kind kind;
    size_t index;
};

struct moves {
    size_t count;
    struct move at[3 * SIM_SESSION_MAX + 5 * SIM_CLIENT_MAX];
};

static void move_add(struct moves *m, enum move_kind kind, size_t index, bool possible)
{
    if (possible)
        m->at[m->count++] = (struct move){kind, index};
}

static void moves_list(const struct sim *s, struct moves *m)
{
    m->count = 0;
    for (size_t i = 0; i < SIM_SESSION_MAX; i++) {
        const struct sim_session *session = &s->sessions[i];
        if (!session->used)
            continue;
        move_add(m, MOVE_TO_SERVER, i, session->to_server.count > 0);
        move_add(m, MOVE_TO_CLIENT, i, session->to_client.count > 0);
        move_add(m, MOVE_ENGINE, i, session->ask_count > 0);
    }
    for (size_t i = 0; i < s->client_count; i++) {
        const struct sim_client *c = &s->clients[i];
        move_add(m, MOVE_JOB, i, c->up && c->job_count > 0);
        move_add(m, MOVE_SHOP, i, c->up && !s->quiet);
        move_add(m, MOVE_VISIT, i, c->up && !s->quiet);
        move_add(m, MOVE_IDENTIFY, i, c->up && !s->quiet && !c->web);
    }
    move_add(m, MOVE_TELL, 0, s->change_count > 0);
}

static void deliver_to_server(struct sim *s, struct sim_session *session)
{
    struct tb_span message = pipe_take(&session->to_server);
    s->messages++;
    tb_session_received(&session->machine, message, s->now_ms, sim_wall_ms(s));
    message_free(message);
}

static void deliver_to_client(struct sim *s, struct sim_session *session)
{
    struct tb_span message = pipe_take(&session->to_client);
    s->messages++;
    tb_client_received(&session->client->machine, message, s->now_ms);
    message_free(message);
}

static void move_do(struct sim *s, const struct move *move)
{
    switch (move->kind) {
    case MOVE_TO_SERVER: deliver_to_server(s, &s->sessions[move->index]); break;
    case MOVE_TO_CLIENT: deliver_to_client(s, &s->sessions[move->index]); break;
    case MOVE_ENGINE: session_work(s, &s->sessions[move->index]); break;
    case MOVE_JOB: client_job(s, &s->clients[move->index]); break;
    case MOVE_SHOP:
        if (sim_one_in(s, 4))
            client_shop(s, &s->clients[move->index]);
        break;
    case MOVE_IDENTIFY:
        if (sim_one_in(s, 10))
            client_identify(s, &s->clients[move->index]);
        break;
    case MOVE_VISIT:
        if (sim_one_in(s, 8))
            client_visit(s, &s->clients[move->index], !s->clients[move->index].served);
        break;
    case MOVE_TELL: server_tell_changes(s); break;
    }
}

/* What follows from what happened: ends of connections, reconnects, timers. */
static void housekeep(struct sim *s)
{
    for (size_t i = 0; i < SIM_SESSION_MAX; i++) {
        struct sim_session *session = &s->sessions[i];
        if (!session->used)
            continue;
        tb_session_tick(&session->machine, s->now_ms, sim_wall_ms(s));
        bool spent = session->cut && session->to_server.count == 0 && session->ask_count == 0;
        if (session->closing && session->client && session->to_client.count == 0)
            client_lost(s, session->client, TB_CAUSE_CLOSED);
        if (spent || (session->cut && (session->closing || s->quiet || sim_one_in(s, 50))))
            session_drop(s, session);
    }
    for (size_t i = 0; i < s->client_count; i++) {
        struct sim_client *c = &s->clients[i];
        if (!c->up)
            continue;
        tb_client_tick(&c->machine, s->now_ms);
        if (c->close_wanted)
            client_lost(s, c, TB_CAUSE_CLOSED);
        if (!c->session && s->now_ms >= c->connect_ms)
            client_connect(s, c);
    }
}

static void break_something(struct sim *s)
{
    struct sim_client *c = &s->clients[sim_below(s, (uint32_t)s->client_count)];
    switch (sim_below(s, 6)) {
    case 0:
    case 1:
        if (c->session)
            client_lost(s, c, TB_CAUSE_CLOSED);
        break;
    case 2:
        if (c->up)
            client_crash(s, c);
        else
            client_start(s, c);
        break;
    case 3:
        if (!c->up)
            client_start(s, c);
        break;
    case 4:
        if (sim_one_in(s, 3))
            server_restart(s);
        break;
    default:
        if (s->backup && sim_one_in(s, 6))
            server_restore(s);
        else if (s->seed % 4 == 0 && sim_one_in(s, 4))
            server_backup(s);
        break;
    }
}

static int64_t next_deadline(const struct sim *s)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < SIM_SESSION_MAX; i++) {
        if (!s->sessions[i].used)
            continue;
        int64_t at = tb_session_deadline_ms(&s->sessions[i].machine);
        deadline = at < deadline ? at : deadline;
    }
    for (size_t i = 0; i < s->client_count; i++) {
        int64_t at =
            s->clients[i].session ? tb_client_deadline_ms(&s->clients[i].machine) : s->clients[i].connect_ms;
        deadline = at < deadline ? at : deadline;
    }
    return deadline;
}

static void settle(struct sim *s)
{
    struct moves moves;
    s->quiet = true;
    for (size_t i = 0; i < s->client_count; i++) {
        client_visit(s, &s->clients[i], true);
        if (!s->clients[i].up)
            client_start(s, &s->clients[i]);
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

/* What was stored is what was decided, each seq once, nothing given up. */
static void client_check_mutations(struct sim *s, const struct sim_client *c)
{
    char device[TB_DEVICE_SIZE_MAX];
    char customer[TB_ID_TEXT_SIZE];
    struct tb_id id = engine_fake_id("cust", (unsigned)c->index % SIM_CUSTOMER_COUNT);
    tb_id_encode(&id, customer);
    (void)snprintf(device, sizeof device, "%s%s", c->web ? "web:" : c->device, c->web ? customer : "");
    const struct fake_stream *stream = engine_fake_stream(&s->engine, device, &c->incarnation);
    SIM_CHECK(s, stream && stream->decided == c->disk.next_seq - 1, "a stored mutation was never decided");
    for (int64_t seq = 1; seq < c->disk.next_seq; seq++) {
        const struct sim_outbox_row *row = &c->disk.outbox[seq];
        const struct fake_decision *decision = &stream->decisions[seq];
        SIM_CHECK(s, row->decided, "a verdict never arrived");
        SIM_CHECK(s,
                  decision->kind == row->mutation.kind && tb_id_equal(&decision->line, &row->mutation.line),
                  "another mutation was decided than was stored");
        s->decided++;
    }
}

static void client_check_rows(struct sim *s, const struct sim_client *c)
{
    for (size_t i = 0; i < s->engine.object_count; i++) {
        const struct fake_object *object = &s->engine.objects[i];
        bool covered = false;
        for (size_t k = 0; k < c->feed_count; k++)
            covered = covered || engine_fake_covers(&c->feeds[k], object);
        if (!covered)
            continue;
        const struct sim_row *row = NULL;
        for (size_t k = 0; k < c->disk.row_count; k++)
            if (c->disk.rows[k].type == object->type && strcmp(c->disk.rows[k].id, object->id) == 0)
                row = &c->disk.rows[k];
        SIM_CHECK(s, row != NULL, "a row is missing");
        SIM_CHECK(s, row->version == object->change && row->hash == sim_hash(tb_span_str(object->doc)),
                  "a row is not what the context store has");
    }
}

/* Adds only: the carts hold exactly what was added, counted without any cart arithmetic. */
static void check_sums(struct sim *s)
{
    int64_t stored = 0;
    int64_t held = 0;
    for (size_t i = 0; i < s->client_count; i++)
        for (int64_t seq = 1; seq < s->clients[i].disk.next_seq; seq++)
            stored += s->clients[i].disk.outbox[seq].mutation.add.quantity;
    for (size_t i = 0; i < s->engine.cart_count; i++)
        held += tb_cart_item_count(&s->engine.carts[i]);
    SIM_CHECK(s, stored == held, "the carts do not hold what was added");
}

static void client_setup(struct sim *s, size_t index)
{
    struct sim_client *c = &s->clients[index];
    memset(c, 0, sizeof *c);
    c->sim = s;
    c->index = index;
    c->web = index > 0 && sim_one_in(s, 3);
    (void)snprintf(c->device, sizeof c->device, "urn:tillbridge:demo:device:%zu", index);
    (void)snprintf(c->token, sizeof c->token, "%zu", index % SIM_CUSTOMER_COUNT);
    c->incarnation = engine_fake_id("incarn", (unsigned)index + 1);
    c->rng = seeded_rng_of(&s->random);
    c->disk.next_seq = 1;
    unsigned customer = (unsigned)index % SIM_CUSTOMER_COUNT;
    struct tb_scope of_customer = {.kind = TB_SCOPE_CUSTOMER, .customer = engine_fake_id("cust", customer)};
    if (!c->web) {
        c->feeds[c->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_DEVICE};
        c->feeds[c->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_COHORT};
        c->feeds[c->feed_count++] = (struct tb_scope){.kind = TB_SCOPE_CATALOGUE};
    }
    c->feeds[c->feed_count++] = of_customer;
    c->served = c->web || sim_one_in(s, 2);
    client_start(s, c);
}

static void sim_setup(struct sim *s, uint64_t seed)
{
    s->seed = seed;
    s->random.state = seed;
    s->now_ms = 1000;
    s->quiet = false;
    s->additive = sim_one_in(s, 3);
    s->faulty_disk = sim_one_in(s, 3);
    s->chaos = 5 + sim_below(s, 120);
    s->client_count = 1 + sim_below(s, SIM_CLIENT_MAX);
    s->change_count = 0;
    engine_fake_init(&s->engine);
    for (unsigned i = 0; i < SIM_CUSTOMER_COUNT; i++)
        engine_fake_add_customer(&s->engine, i);
    for (unsigned i = 1; i <= 5; i++)
        engine_fake_add_product(&s->engine, i);
    for (size_t i = 0; i < s->client_count; i++)
        client_setup(s, i);
}

static void sim_teardown(struct sim *s)
{
    for (size_t i = 0; i < s->client_count; i++)
        client_crash(s, &s->clients[i]);
    for (size_t i = 0; i < SIM_SESSION_MAX; i++)
        if (s->sessions[i].used)
            session_drop(s, &s->sessions[i]);
    free(s->backup);
    s->backup = NULL;
}

static void seed_run(struct sim *s, uint64_t seed)
{
    struct moves moves;
    sim_setup(s, seed);
    for (int step = 0; step < STEP_COUNT; step++) {
        s->now_ms += sim_below(s, 4);
        housekeep(s);
        moves_list(s, &moves);
        if (moves.count)
            move_do(s, &moves.at[sim_below(s, (uint32_t)moves.count)]);
        if (sim_one_in(s, s->chaos))
            break_something(s);
    }
    settle(s);
    for (size_t i = 0; i < s->client_count; i++) {
        client_check_mutations(s, &s->clients[i]);
        client_check_rows(s, &s->clients[i]);
        SIM_CHECK(s, s->clients[i].asked == s->clients[i].identified, "a look-up had no end, or two");
    }
    if (s->additive)
        check_sums(s);
    sim_teardown(s);
}

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    if (tb_decimal_decode(tb_span_str(text), UINT64_MAX, &value) != TB_OK) {
        (void)fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv)
{
    static struct sim s;
    static uint8_t arena[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t out[2][TB_MESSAGE_SIZE_MAX];
    uint64_t count = SEED_COUNT;
    uint64_t first = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seeds") == 0)
            count = number(argv[i + 1]);
        else if (strcmp(argv[i], "--first") == 0)
            first = number(argv[i + 1]);
    }
    s.arena = tb_arena_of(arena, sizeof arena);
    s.client_out = tb_buf_of(out[0], sizeof out[0]);
    s.server_out = tb_buf_of(out[1], sizeof out[1]);
    s.terminal_config = (struct tb_session_config){
        .reconnect_window_ms = 1000, .idle_ping_ms = 30000, .arena = &s.arena, .out = &s.server_out};
    s.web_config = s.terminal_config;
    s.web_config.web = true;
    for (uint64_t seed = first; seed < first + count; seed++)
        seed_run(&s, seed);
    printf("%llu seeds from %llu: %llu mutations decided once, %llu messages\n", (unsigned long long)count,
           (unsigned long long)first, (unsigned long long)s.decided, (unsigned long long)s.messages);
    return 0;
}
