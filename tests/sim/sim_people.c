#include "tests/sim/sim_people.h"

#include "core/base/assert.h"
#include "core/wire/docs.h"
#include "tests/sim/sim.h"

#include <stdio.h>

#define CONSENT "marketing"
#define CARD_FIRST 100u /* behind those that customers have from the beginning */
#define KIND "member"

_Static_assert(PEOPLE_CUSTOMER_MAX >= SIM_CUSTOMER_COUNT, "each has a place");
_Static_assert(PEOPLE_HANDOVER_MAX >= SIM_CLIENT_MAX * PEOPLE_MADE_MAX, "each has a place");

/* ---- drawing ---- */

static struct tb_id note_id(struct sim *s)
{
    return engine_fake_id("note", sim_below(s, PEOPLE_NOTE_MAX));
}

static void card_draw(struct sim *s, uint8_t ret_hash[TB_LOOKUP_HASH_SIZE])
{
    engine_fake_hash(CARD_FIRST + sim_below(s, PEOPLE_CARD_COUNT), ret_hash);
}

/* One that there is, made by whomever; or none any more, when its outbox was lost. */
static bool handover_any(struct sim *s, struct tb_mutation *m)
{
    const struct sim_client *c = &s->clients[sim_below(s, (uint32_t)s->client_count)];
    if (c->handover_made == 0)
        return false;
    const struct tb_mutation *asked = &c->handovers[sim_below(s, c->handover_made)];
    m->handover.handover = asked->handover.handover;
    if (!sim_one_in(s, 6))
        m->customer = asked->customer;
    return true;
}

static bool request_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    if (c->handover_made > 0 && sim_one_in(s, 4)) { /* says again what it asked for */
        *m = c->handovers[sim_below(s, c->handover_made)];
        return true;
    }
    if (c->handover_made == PEOPLE_MADE_MAX)
        return false;
    m->handover.handover = engine_fake_id("handover", (unsigned)(c->index << 16 | c->handover_made));
    m->handover.reason = sim_one_in(s, 2) ? TB_HANDOVER_FOR_HELP : TB_HANDOVER_FOR_CONTINUE;
    (void)snprintf(m->handover.to, sizeof m->handover.to, "any");
    c->handovers[c->handover_made++] = *m;
    return true;
}

static bool handover_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    static const enum tb_mutation_kind answers[] = {TB_MUTATION_HANDOVER_ACCEPT, TB_MUTATION_HANDOVER_ACCEPT,
                                                    TB_MUTATION_HANDOVER_DECLINE,
                                                    TB_MUTATION_HANDOVER_CANCEL};
    struct tb_id own = m->customer;
    m->cart = (struct tb_id){{0}};
    m->kind = TB_MUTATION_HANDOVER_REQUEST;
    if (sim_one_in(s, 3))
        return request_draw(s, c, m);
    m->kind = c->web ? TB_MUTATION_HANDOVER_CANCEL : answers[sim_below(s, TB_ARRAY_SIZE(answers))];
    bool drawn = handover_any(s, m);
    if (c->web)
        m->customer = own;
    return drawn;
}

static void note_draw(struct sim *s, struct tb_mutation *m)
{
    bool adds = sim_one_in(s, 2);
    m->kind = adds ? TB_MUTATION_NOTE_ADD : TB_MUTATION_NOTE_REMOVE;
    m->staff_note.note = note_id(s);
    if (adds)
        (void)snprintf(m->staff_note.text, sizeof m->staff_note.text, "likes %u", sim_below(s, 1000));
}

static void credential_draw(struct sim *s, struct tb_mutation *m)
{
    bool links = !sim_one_in(s, 4);
    m->kind = links ? TB_MUTATION_CREDENTIAL_LINK : TB_MUTATION_CREDENTIAL_BLOCK;
    if (!links) {
        m->block.reason = TB_BLOCK_LOST;
        card_draw(s, m->block.hash);
        return;
    }
    m->link.share = sim_one_in(s, 2);
    (void)snprintf(m->link.ref.kind, sizeof m->link.ref.kind, "%s", KIND);
    card_draw(s, m->link.ref.hash);
}

static void consent_draw(struct sim *s, struct tb_mutation *m)
{
    m->kind = TB_MUTATION_CONSENT_SET;
    m->consent.granted = sim_one_in(s, 2);
    (void)snprintf(m->consent.consent, sizeof m->consent.consent, CONSENT);
    (void)snprintf(m->consent.text_version, sizeof m->consent.text_version, "1");
}

bool people_draw(struct sim *s, struct sim_client *c, struct tb_mutation *m)
{
    uint32_t what = sim_below(s, c->web ? 3 : 5);
    struct tb_mutation drawn = *m;
    bool something = true;
    if (what == 0)
        consent_draw(s, &drawn);
    else if (what < 3)
        something = handover_draw(s, c, &drawn);
    else if (what == 3)
        note_draw(s, &drawn);
    else
        credential_draw(s, &drawn);
    if (something)
        *m = drawn;
    return something;
}

/* ---- the rules, once more ---- */

static struct sim_people *people_of(struct sim *s)
{
    return &s->oracle.people;
}

static struct people_note *note_of(struct sim_people *p, const struct tb_id *id)
{
    for (size_t i = 0; i < p->note_count; i++)
        if (tb_id_equal(&p->notes[i].id, id))
            return &p->notes[i];
    return NULL;
}

/* An id that is free again may be taken again, for somebody else, too. */
static bool note_add(struct sim *s, const struct tb_mutation *m)
{
    struct sim_people *p = people_of(s);
    struct people_note *note = note_of(p, &m->staff_note.note);
    if (note && !note->gone)
        return false;
    if (!note) {
        SIM_CHECK(s, p->note_count < PEOPLE_NOTE_MAX, "too many notes for the oracle");
        note = &p->notes[p->note_count++];
    }
    *note = (struct people_note){.id = m->staff_note.note, .customer = m->customer};
    return true;
}

static bool note_remove(struct sim *s, const struct tb_mutation *m)
{
    struct people_note *note = note_of(people_of(s), &m->staff_note.note);
    if (!note || note->gone)
        return true;
    if (!tb_id_equal(&note->customer, &m->customer))
        return false;
    note->gone = true;
    return true;
}

static struct people_card *card_of(struct sim *s, const uint8_t hash[TB_LOOKUP_HASH_SIZE])
{
    uint8_t known[TB_LOOKUP_HASH_SIZE];
    for (unsigned i = 0; i < PEOPLE_CARD_COUNT; i++) {
        engine_fake_hash(CARD_FIRST + i, known);
        if (memcmp(known, hash, sizeof known) == 0)
            return &people_of(s)->cards[i];
    }
    return NULL;
}

static bool is_among(const struct tb_id *ids, size_t count, const struct tb_id *id)
{
    for (size_t i = 0; i < count; i++)
        if (tb_id_equal(&ids[i], id))
            return true;
    return false;
}

static bool card_is_hers(const struct people_card *card, const struct tb_id *customer)
{
    return tb_id_equal(&card->owner, customer) || is_among(card->also, card->also_count, customer);
}

static bool card_link(struct sim *s, const struct tb_mutation *m)
{
    struct people_card *card = card_of(s, m->link.ref.hash);
    SIM_CHECK(s, card != NULL, "a card that nobody made");
    if (card->blocked)
        return false;
    if (tb_id_is_zero(&card->owner))
        card->owner = m->customer;
    if (card_is_hers(card, &m->customer))
        return true;
    if (m->link.share)
        card->also[card->also_count++] = m->customer;
    return m->link.share;
}

static bool card_block(struct sim *s, const struct tb_mutation *m)
{
    struct people_card *card = card_of(s, m->block.hash);
    SIM_CHECK(s, card != NULL, "a card that nobody made");
    if (!card_is_hers(card, &m->customer))
        return false;
    card->blocked = true;
    return true;
}

static struct people_consent *consent_of(struct sim *s, const struct tb_id *customer)
{
    for (unsigned i = 0; i < SIM_CUSTOMER_COUNT; i++) {
        struct tb_id id = engine_fake_id("cust", i);
        if (tb_id_equal(&id, customer))
            return &people_of(s)->consents[i];
    }
    return NULL;
}

static bool consent_set(struct sim *s, const struct tb_mutation *m)
{
    struct people_consent *consent = consent_of(s, &m->customer);
    SIM_CHECK(s, consent != NULL, "a customer that nobody is");
    *consent = (struct people_consent){.asked = true, .granted = m->consent.granted};
    return true;
}

/* ---- hand-overs ---- */

static struct people_handover *handover_of(struct sim_people *p, const struct tb_id *id)
{
    for (size_t i = 0; i < p->handover_count; i++)
        if (tb_id_equal(&p->handovers[i].id, id))
            return &p->handovers[i];
    return NULL;
}

/* On the web a new one replaces what is open. */
static void web_replace(struct sim_people *p, const char *device)
{
    for (size_t i = 0; i < p->handover_count; i++)
        if (strcmp(p->handovers[i].from, device) == 0 && p->handovers[i].state == TB_HANDOVER_OPEN)
            p->handovers[i].state = TB_HANDOVER_CANCELLED;
}

static bool handover_ask(struct sim *s, const char *device, const struct tb_mutation *m)
{
    struct sim_people *p = people_of(s);
    struct people_handover *known = handover_of(p, &m->handover.handover);
    if (known)
        return strcmp(known->from, device) == 0 && tb_id_equal(&known->customer, &m->customer);
    SIM_CHECK(s, p->handover_count < PEOPLE_HANDOVER_MAX, "too many hand-overs for the oracle");
    if (strncmp(device, "web:", 4) == 0)
        web_replace(p, device);
    struct people_handover *h = &p->handovers[p->handover_count++];
    *h = (struct people_handover){.id = m->handover.handover,
                                  .customer = m->customer,
                                  .state = TB_HANDOVER_OPEN,
                                  .at_ms = sim_wall_ms(s)};
    memcpy(h->from, device, strlen(device) + 1);
    return true;
}

/* The first who accepts it has it. */
static bool accept(const struct sim *s, struct people_handover *h, const char *device)
{
    bool overdue = h->at_ms < sim_wall_ms(s) - TB_HANDOVER_LIFE_MS;
    if (h->state == TB_HANDOVER_ACCEPTED)
        return strcmp(h->by, device) == 0;
    if (h->state != TB_HANDOVER_OPEN || overdue)
        return false;
    h->state = TB_HANDOVER_ACCEPTED;
    memcpy(h->by, device, strlen(device) + 1);
    return true;
}

static bool handover_answer(struct sim *s, const char *device, const struct tb_mutation *m)
{
    struct people_handover *h = handover_of(people_of(s), &m->handover.handover);
    if (!h || !tb_id_equal(&h->customer, &m->customer))
        return false;
    if (m->kind == TB_MUTATION_HANDOVER_ACCEPT)
        return accept(s, h, device);
    if (m->kind == TB_MUTATION_HANDOVER_DECLINE) {
        if (h->state == TB_HANDOVER_ACCEPTED && strcmp(h->by, device) == 0) /* it gives it back */
            h->state = TB_HANDOVER_OPEN;
        return true;
    }
    if (strcmp(h->from, device) != 0)
        return false;
    if (h->state == TB_HANDOVER_OPEN && h->at_ms >= sim_wall_ms(s) - TB_HANDOVER_LIFE_MS)
        h->state = TB_HANDOVER_CANCELLED;
    return true;
}

bool people_judge(struct sim *s, const char *device, const struct tb_mutation *m, bool *ret_applied)
{
    switch ((int)m->kind) {
    case TB_MUTATION_NOTE_ADD: *ret_applied = note_add(s, m); return true;
    case TB_MUTATION_NOTE_REMOVE: *ret_applied = note_remove(s, m); return true;
    case TB_MUTATION_CREDENTIAL_LINK: *ret_applied = card_link(s, m); return true;
    case TB_MUTATION_CREDENTIAL_BLOCK: *ret_applied = card_block(s, m); return true;
    case TB_MUTATION_CONSENT_SET: *ret_applied = consent_set(s, m); return true;
    case TB_MUTATION_HANDOVER_REQUEST: *ret_applied = handover_ask(s, device, m); return true;
    case TB_MUTATION_HANDOVER_ACCEPT:
    case TB_MUTATION_HANDOVER_DECLINE:
    case TB_MUTATION_HANDOVER_CANCEL: *ret_applied = handover_answer(s, device, m); return true;
    }
    return false;
}

/* ---- what is told of it ---- */

static void notes_compare(struct sim *s, const struct tb_id *customer, const struct tb_customer *doc,
                          bool shopper)
{
    struct sim_people *p = people_of(s);
    size_t kept = 0;
    for (size_t i = 0; i < p->note_count; i++)
        kept += !p->notes[i].gone && tb_id_equal(&p->notes[i].customer, customer);
    size_t shown = kept < TB_STAFF_NOTE_COUNT_MAX ? kept : TB_STAFF_NOTE_COUNT_MAX;
    SIM_CHECK(s, doc->note_count == (shopper ? 0 : shown),
              "notes are lacking, or shown to whom they are about");
    for (size_t i = 0; i < doc->note_count; i++) {
        const struct people_note *note = note_of(p, &doc->notes[i].id);
        SIM_CHECK(s, note && !note->gone && tb_id_equal(&note->customer, customer),
                  "a note that is not hers");
    }
}

static void customer_compare(struct sim *s, const struct tb_row *row, struct tb_json json, bool shopper)
{
    static struct tb_customer doc;
    struct tb_check check = {0};
    const struct people_consent *consent = consent_of(s, &row->customer);
    tb_customer_decode(&check, json, &doc);
    SIM_CHECK(s, check.err == TB_OK && consent != NULL, "a broken customer");
    notes_compare(s, &row->customer, &doc, shopper);
    SIM_CHECK(s, doc.consent_count == consent->asked, "a consent is lacking, or nobody was asked for it");
    SIM_CHECK(s, !consent->asked || doc.consents[0].granted == consent->granted,
              "a consent is not the newest");
}

static void credential_compare(struct sim *s, const struct tb_row *row, struct tb_json json)
{
    struct tb_credential_doc doc;
    struct tb_check check = {0};
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    tb_credential_doc_decode(&check, json, &doc);
    SIM_CHECK(s, check.err == TB_OK && tb_hex_decode(tb_span_str(row->id), hash, sizeof hash) == TB_OK,
              "a broken credential");
    const struct people_card *card = card_of(s, hash);
    if (!card)
        return;
    SIM_CHECK(s, tb_id_equal(&row->customer, &card->owner), "a credential is somebody else's");
    SIM_CHECK(s, doc.blocked == card->blocked, "a lost credential is accepted, or a good one is not");
    SIM_CHECK(s, doc.also_count == card->also_count, "a shared credential lacks somebody");
    for (size_t i = 0; i < doc.also_count; i++)
        SIM_CHECK(s, is_among(card->also, card->also_count, &doc.also[i]),
                  "a credential is shared too widely");
}

static void handover_compare(struct sim *s, const struct tb_row *row, struct tb_json json)
{
    static struct tb_handover doc;
    struct tb_check check = {0};
    struct tb_id id;
    tb_handover_decode(&check, json, &doc);
    SIM_CHECK(s, check.err == TB_OK && tb_row_object(row, &id) == TB_OK, "a broken hand-over");
    const struct people_handover *h = handover_of(people_of(s), &id);
    SIM_CHECK(s, h != NULL, "a hand-over that nobody asked for");
    SIM_CHECK(s, doc.state == h->state, "a hand-over is not in the state that was decided");
    SIM_CHECK(s, tb_id_equal(&row->customer, &h->customer), "a hand-over is somebody else's");
    SIM_CHECK(s, (doc.code[0] != '\0') == (h->state == TB_HANDOVER_OPEN), "a code outlives its hand-over");
}

void people_compare(struct sim *s, const struct tb_engine_peer *peer, const struct tb_row *row)
{
    struct tb_json json;
    bool told =
        row->type == TB_ROW_CUSTOMER || row->type == TB_ROW_CREDENTIAL || row->type == TB_ROW_HANDOVER;
    if (!s->store.real || !told || row->op != TB_ROW_PUT)
        return;
    size_t mark = tb_arena_mark(&s->arena);
    SIM_CHECK(s, tb_json_parse(row->doc, TB_ROW_DOC_SIZE_MAX, &s->arena, &json) == TB_OK, "a broken row");
    if (row->type == TB_ROW_CUSTOMER)
        customer_compare(s, row, json, !tb_id_is_zero(&peer->customer));
    else if (row->type == TB_ROW_CREDENTIAL)
        credential_compare(s, row, json);
    else
        handover_compare(s, row, json);
    tb_arena_release(&s->arena, mark);
}
