#include "tests/crash/mutations.h"

#include <stdio.h>

static unsigned below(struct seeded_rng *chance, unsigned limit)
{
    return (unsigned)(seeded_rng_next(chance) % limit);
}

static struct tb_id id_any(struct seeded_rng *chance)
{
    struct tb_id id;
    seeded_rng_fill(chance, id.bytes, sizeof id.bytes);
    return id;
}

#define TEXT(to, text) ((void)snprintf(to, sizeof(to), "%s", text))

static struct tb_sale_key sale_any(struct seeded_rng *chance)
{
    struct tb_sale_key sale = {.business_date = "2026-11-23"};
    (void)snprintf(sale.transaction, sizeof sale.transaction, "sale-%u", below(chance, 8));
    return sale;
}

static struct tb_paid_lines paid_any(struct seeded_rng *chance, struct crash_matter *matter)
{
    const uint8_t count = (uint8_t)(1 + below(chance, 2));
    for (uint8_t i = 0; i < count; i++) {
        matter->paid[i] = (struct tb_paid_line){.quantity = 1 + (int32_t)below(chance, 3), .unit_price = 250};
        TEXT(matter->paid[i].gtin, matter->gtin);
    }
    return (struct tb_paid_lines){.at = matter->paid, .count = count};
}

static void cart_fill(struct tb_mutation *m, struct seeded_rng *chance, struct crash_matter *matter)
{
    m->cart = matter->cart;
    m->line = id_any(chance);
    if (m->kind == TB_MUTATION_CART_ADD) {
        TEXT(m->add.gtin, matter->gtin);
        m->add.quantity = 1 + (int32_t)below(chance, 9);
    } else if (m->kind == TB_MUTATION_CART_SET_QUANTITY) {
        m->set_quantity.from = 1 + (int32_t)below(chance, 9);
        m->set_quantity.to = (int32_t)below(chance, 9);
    } else if (m->kind == TB_MUTATION_CART_REMOVE) {
        m->remove.from = 1 + (int32_t)below(chance, 9);
    } else if (m->kind == TB_MUTATION_CART_NOTE) {
        m->line = (struct tb_id){{0}};
        TEXT(m->note.text, "gift wrap, please");
    } else {
        m->line = (struct tb_id){{0}};
        matter->exclude[0] = id_any(chance);
        m->merge.from = matter->other;
        m->merge.policy = TB_MERGE_SUM;
        m->merge.exclude_count = (uint8_t)below(chance, 2);
        m->merge.exclude = matter->exclude;
    }
}

static void checkout_fill(struct tb_mutation *m, struct seeded_rng *chance, struct crash_matter *matter)
{
    m->cart = matter->cart;
    if (m->kind == TB_MUTATION_CHECKOUT_FINISH) {
        m->finish.checkout = matter->other;
        m->finish.sale = sale_any(chance);
        TEXT(m->finish.currency, "EUR");
        m->finish.total = 750;
        m->finish.lines = paid_any(chance, matter);
    } else if (m->kind == TB_MUTATION_CHECKOUT_VOID) {
        m->cart = (struct tb_id){{0}};
        m->voided.sale = sale_any(chance);
        m->voided.of = sale_any(chance);
        m->voided.returned = below(chance, 2);
        m->voided.lines = paid_any(chance, matter);
    } else {
        m->claim.checkout = matter->other;
    }
}

static void customer_fill(struct tb_mutation *m, struct seeded_rng *chance, const struct crash_matter *matter)
{
    if (m->kind == TB_MUTATION_POINTS_EARNED) {
        m->points.points = 1 + below(chance, 50);
    } else if (m->kind == TB_MUTATION_CREDENTIAL_LINK) {
        TEXT(m->link.ref.kind, "member");
        m->link.ref.hash[0] = (uint8_t)below(chance, 8);
        m->link.share = below(chance, 2);
    } else if (m->kind == TB_MUTATION_CREDENTIAL_BLOCK) {
        m->block.hash[0] = (uint8_t)below(chance, 8);
        m->block.reason = TB_BLOCK_LOST;
    } else if (m->kind == TB_MUTATION_CUSTOMER_CREATE) {
        m->customer = id_any(chance);
        TEXT(m->create.name, "A new shopper");
        TEXT(m->create.language, "en");
    } else if (m->kind == TB_MUTATION_CONSENT_SET) {
        TEXT(m->consent.consent, "newsletter");
        m->consent.granted = below(chance, 2);
        TEXT(m->consent.text_version, "2026-1");
    } else if (m->kind == TB_MUTATION_NOTE_ADD || m->kind == TB_MUTATION_NOTE_REMOVE) {
        m->staff_note.note.bytes[0] = (uint8_t)(1 + below(chance, 8));
        if (m->kind == TB_MUTATION_NOTE_ADD)
            TEXT(m->staff_note.text, "asks for a bag");
        TEXT(m->operator, "op-7");
    } else {
        TEXT(m->reward.reward, "coffee");
        m->reward.reservation = matter->other;
    }
}

static void journey_fill(struct tb_mutation *m, struct seeded_rng *chance, const struct crash_matter *matter)
{
    m->visit = id_any(chance);
    if (m->kind == TB_MUTATION_VISIT_BEGIN) {
        TEXT(m->visit_begin.source, "cache");
    } else if (m->kind == TB_MUTATION_VISIT_END) {
        TEXT(m->visit_end.reason, "done");
        m->visit_end.lasted_ms = below(chance, 100000);
    } else if (m->kind == TB_MUTATION_JOURNEY_EVENT) {
        m->event = (struct tb_cloud_event){.id = tb_span_str("7"),
                                           .source = tb_span_str("/till"),
                                           .type = tb_span_str("shop.looked"),
                                           .time = tb_span_str("2026-11-23T04:00:00Z")};
    } else if (m->kind == TB_MUTATION_ERASURE_RECEIPT) {
        m->visit = m->customer = (struct tb_id){{0}};
        m->receipt.erasure = matter->other;
    } else {
        m->visit = (struct tb_id){{0}};
        m->handover.handover = matter->other;
        if (m->kind == TB_MUTATION_HANDOVER_REQUEST)
            TEXT(m->handover.to, "any");
    }
}

struct tb_mutation crash_mutation(struct seeded_rng *chance, struct crash_matter *matter)
{
    struct tb_mutation m = {.customer = matter->customer};
    unsigned kinds = TB_MUTATION_KIND_COUNT - TB_MUTATION_CART_ADD;
    m.kind = (enum tb_mutation_kind)(TB_MUTATION_CART_ADD + below(chance, kinds));
    if (m.kind <= TB_MUTATION_CART_MERGE)
        cart_fill(&m, chance, matter);
    else if (m.kind <= TB_MUTATION_CHECKOUT_VOID)
        checkout_fill(&m, chance, matter);
    else if (m.kind <= TB_MUTATION_CUSTOMER_CREATE || m.kind == TB_MUTATION_CONSENT_SET ||
             m.kind == TB_MUTATION_NOTE_ADD || m.kind == TB_MUTATION_NOTE_REMOVE)
        customer_fill(&m, chance, matter);
    else
        journey_fill(&m, chance, matter);
    return m;
}
