#include "tests/sim/sim.h"

#include <stdio.h>

void client_name(const struct sim_client *c, char ret_device[TB_DEVICE_SIZE_MAX + 1])
{
    char customer[TB_ID_TEXT_SIZE];
    struct tb_id id = engine_fake_id("cust", (unsigned)c->index % SIM_CUSTOMER_COUNT);
    tb_id_encode(&id, customer);
    if (c->web)
        (void)snprintf(ret_device, TB_DEVICE_SIZE_MAX + 1, "web:%s", customer);
    else
        memcpy(ret_device, c->device, TB_DEVICE_SIZE_MAX + 1);
}

static void client_act_do(void *context, const struct tb_client_action *action)
{
    struct sim_client *c = context;
    switch (action->act) {
    case TB_CLIENT_SEND:
        if (c->session && !c->session->gone)
            pipe_put(c->sim, &c->session->to_server, action->send);
        break;
    case TB_CLIENT_CLOSE:
        SIM_CHECK(c->sim,
                  strcmp(action->close.code, "welcome_timeout") == 0 ||
                      strcmp(action->close.code, "hello_refused") == 0,
                  action->close.code);
        c->close_wanted = true;
        break;
    case TB_CLIENT_WELCOME:
    case TB_CLIENT_READ:
    case TB_CLIENT_SAVE:
    case TB_CLIENT_DECIDE: jobs_act(c, action); break;
    case TB_CLIENT_IDENTIFIED: c->identified++; break;
    case TB_CLIENT_FOUND:
    case TB_CLIENT_COMPARE:
    case TB_CLIENT_STATE: break;
    }
}

void client_start(struct sim *s, struct sim_client *c)
{
    struct sim_disk *d = &c->disk;
    outbox_file_open(s, c);
    struct tb_client_config config = {.software = "simulation 1",
                                      .device = c->web ? "" : c->device,
                                      .channel = c->web ? TB_CHANNEL_WEB : TB_CHANNEL_TILL,
                                      .incarnation = d->outbox.incarnation,
                                      .token = c->web ? c->token : "",
                                      .rng = &c->rng,
                                      .port = {.act = client_act_do, .context = c},
                                      .arena = &s->arena,
                                      .out = &s->client_out};
    struct tb_client_start start = {.decided_seq = outbox_decided_seq(&d->outbox),
                                    .next_seq = d->outbox.next_seq};
    memcpy(start.epoch, d->state.epoch, sizeof start.epoch);
    rows_set_epoch(&d->cache, d->state.epoch);
    cache_committed(s, d);
    c->up = true;
    c->asked = c->identified = 0;
    memset(c->feed_failed, 0, sizeof c->feed_failed);
    check_disk(s, c);
    tb_client_init(&c->machine, &config, &start, s->now_ms);
    for (size_t i = 0; i < d->feed_count; i++) {
        bool wanted = c->served || i + 1 < d->feed_count;
        if (wanted)
            SIM_CHECK(s,
                      tb_client_feed_open(&c->machine, &d->feeds[i], &disk_rows(d, &d->feeds[i])->cursors[i],
                                          s->now_ms) == TB_OK,
                      "a feed is refused");
    }
}

/* Another outbox, another incarnation: what was undecided in the old one is lost with it. */
static void outbox_lose(struct sim *s, struct sim_client *c)
{
    memset(&c->disk.outbox, 0, sizeof c->disk.outbox);
    c->disk.outbox.next_seq = 1;
    c->disk.outbox.incarnation = tb_id_random(&c->rng);
    outbox_file_lose(c);
    (void)s;
}

void client_crash(struct sim *s, struct sim_client *c)
{
    if (c->session)
        session_cut(s, c->session);
    c->session = NULL;
    c->close_wanted = false;
    c->up = false;
    jobs_drop(c);
    outbox_file_crash(s, c);
    cache_lazy_undo(&c->disk);
    if (s->faults.power && !c->web) {
        cache_power_cut(s, &c->disk);
        s->totals.power_cuts++;
    }
    if (s->faults.files && sim_one_in(s, 6))
        cache_lose(&c->disk);
    if (s->faults.files && sim_one_in(s, 12))
        outbox_lose(s, c);
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

void client_cache_damaged(struct sim *s, struct sim_client *c)
{
    struct sim_disk *d = &c->disk;
    struct sim_jobs *jobs = &c->files[FILE_CACHE];
    while (jobs->ran_count < jobs->count) /* what waits for the file still runs */
        jobs_run(s, c, FILE_CACHE);
    cache_lose(d);
    rows_set_epoch(&d->cache, c->machine.epoch);
    for (size_t i = 0; i < d->feed_count; i++)
        if (d->feeds[i].kind != TB_SCOPE_DEVICE)
            tb_client_feed_lost(&c->machine, &d->feeds[i], s->now_ms);
}

static struct tb_mutation mutation_base(struct sim *s, const struct sim_client *c)
{
    unsigned customer = c->web ? (unsigned)c->index % SIM_CUSTOMER_COUNT : sim_below(s, SIM_CUSTOMER_COUNT);
    int64_t wall_ms = sim_wall_ms(s) + c->wall_shift_ms;
    return (struct tb_mutation){.customer = engine_fake_id("cust", customer),
                                .cart = engine_fake_id("cart", customer),
                                .made_ms = wall_ms < 0 ? 0 : wall_ms};
}

/* A line that this client added some time, or one that stands in the cart now. */
static bool line_pick(struct sim *s, const struct sim_client *c, struct tb_mutation *m, int32_t *ret_from)
{
    const struct sim_outbox *outbox = &c->disk.outbox;
    const struct oracle_line *line = oracle_line_draw(s, &m->cart);
    if (line && sim_one_in(s, 2)) {
        m->line = line->id;
        *ret_from = line->quantity;
        return true;
    }
    if (outbox->next_seq == 1)
        return false;
    const struct tb_mutation *add =
        &outbox->rows[1 + sim_below(s, (uint32_t)(outbox->next_seq - 1))].mutation;
    if (add->kind != TB_MUTATION_CART_ADD || !tb_id_equal(&add->cart, &m->cart))
        return false;
    m->line = add->line;
    *ret_from = add->add.quantity;
    return true;
}

static struct tb_id checkout_of(const struct sim_client *c)
{
    return engine_fake_id("checkout", (unsigned)(c->index << 16 | c->checkout_made));
}

/* A till begins to pay, says that it still does, or lets go. */
static void claim_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    if (c->checkout_made == 0 || sim_one_in(s, 3))
        c->checkout_made++;
    m->kind = sim_one_in(s, 4) ? TB_MUTATION_CHECKOUT_RELEASE : TB_MUTATION_CHECKOUT_CLAIM;
    m->claim.checkout = checkout_of(c);
}

/* A till sells a line that it has seen some time, whatever became of it since; or says an old sale again. */
static bool sale_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    if (c->sale_made > 0 && sim_one_in(s, 4)) {
        *m = c->sales[sim_below(s, c->sale_made)];
        return true;
    }
    const struct oracle_line *line = oracle_line_seen(s, &m->cart);
    if (!line || c->sale_made == SIM_SALE_MAX)
        return false;
    struct tb_paid_line *paid = &c->paid[c->sale_made];
    *paid =
        (struct tb_paid_line){.line = line->id, .quantity = 1 + (int32_t)sim_below(s, 4), .unit_price = 100};
    memcpy(paid->gtin, line->gtin, sizeof paid->gtin);
    m->kind = TB_MUTATION_CHECKOUT_FINISH;
    (void)snprintf(m->finish.sale.transaction, sizeof m->finish.sale.transaction, "%zu-%u", c->index,
                   c->sale_made + 1);
    (void)snprintf(m->finish.sale.business_date, sizeof m->finish.sale.business_date, "2026-11-23");
    (void)snprintf(m->finish.currency, sizeof m->finish.currency, "EUR");
    m->finish.total = paid->quantity * paid->unit_price;
    m->finish.part = sim_one_in(s, 3);
    if (sim_one_in(s, 2))
        m->finish.checkout = checkout_of(c);
    m->finish.lines = (struct tb_paid_lines){.at = paid, .count = 1};
    c->sales[c->sale_made++] = *m;
    return true;
}

static void mutation_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    int32_t from;
    bool pays = !s->additive && !c->web;
    if (s->store.real && sim_one_in(s, 2) && people_draw(s, c, m))
        return;
    if (pays && sim_one_in(s, 5) && sale_draw(s, c, m))
        return;
    if (pays && sim_one_in(s, 8)) {
        claim_draw(s, c, m);
        return;
    }
    if (!s->additive && sim_one_in(s, 2) && line_pick(s, c, m, &from)) {
        bool removes = sim_one_in(s, 2);
        m->kind = removes ? TB_MUTATION_CART_REMOVE : TB_MUTATION_CART_SET_QUANTITY;
        if (removes) {
            m->remove.from = from;
        } else {
            m->set_quantity.from = from;
            m->set_quantity.to = (int32_t)sim_below(s, 6);
        }
        return;
    }
    m->kind = TB_MUTATION_CART_ADD;
    m->line = engine_fake_id("line", (unsigned)(c->index << 16 | ++c->line_made));
    m->add.quantity = 1 + (int32_t)sim_below(s, 3);
    engine_fake_gtin(1 + sim_below(s, SIM_PRODUCT_COUNT), m->add.gtin);
}

void client_shop(struct sim *s, struct sim_client *c)
{
    const struct sim_jobs *jobs = &c->files[FILE_OUTBOX];
    if (c->disk.outbox.next_seq + (int64_t)jobs->count >= SIM_OUTBOX_MAX || jobs->count > SIM_QUEUE_MAX / 2)
        return;
    struct tb_mutation m = mutation_base(s, c);
    mutation_draw(s, c, &m);
    job_new(c, FILE_OUTBOX, JOB_STORE)->mutation = m;
}

void client_identify(struct sim *s, struct sim_client *c)
{
    struct tb_identify_ask what = {.kind = "member"};
    engine_fake_hash(sim_below(s, SIM_CUSTOMER_COUNT + 1), what.hash);
    tb_client_identify(&c->machine, (uint32_t)++c->asked, &what, 200, s->now_ms);
}

void client_visit(struct sim *s, struct sim_client *c, bool on)
{
    const struct sim_disk *d = &c->disk;
    size_t last = d->feed_count - 1;
    if (on == c->served)
        return;
    c->served = on;
    if (!c->up)
        return;
    if (!on)
        tb_client_feed_close(&c->machine, &d->feeds[last], s->now_ms);
    else
        SIM_CHECK(
            s, tb_client_feed_open(&c->machine, &d->feeds[last], &d->cache.cursors[last], s->now_ms) == TB_OK,
            "a feed is refused");
}
