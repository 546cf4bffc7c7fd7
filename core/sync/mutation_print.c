#include "core/sync/mutation_print.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"

#define PRINT_SIZE_MAX 1024u

/* Fields end with a 0, which no text has, so that two texts never read as one. */
static void put_text(struct tb_buf *b, struct tb_span text)
{
    tb_buf_add(b, text);
    tb_buf_add_u8(b, 0);
}

static void put_str(struct tb_buf *b, const char *text)
{
    put_text(b, tb_span_str(text));
}

static void put_int(struct tb_buf *b, int64_t number)
{
    tb_buf_add_u64be(b, (uint64_t)number);
}

static void put_id(struct tb_buf *b, const struct tb_id *id)
{
    tb_buf_add(b, tb_id_span(id));
}

static void put_sale(struct tb_buf *b, const struct tb_sale_key *sale)
{
    put_str(b, sale->transaction);
    put_str(b, sale->business_date);
}

static void put_ref(struct tb_buf *b, const struct tb_credential_ref *ref)
{
    put_str(b, ref->kind);
    tb_buf_add(b, tb_span_of(ref->hash, sizeof ref->hash));
}

/* Whose and where. A sale that waits in an outbox loses all of that when its customer is erased, and is still
 * the same sale. */
static void put_place(struct tb_buf *b, const struct tb_mutation *m)
{
    if (m->kind == TB_MUTATION_CHECKOUT_FINISH || m->kind == TB_MUTATION_CHECKOUT_VOID)
        return;
    put_id(b, &m->customer);
    put_id(b, &m->cart);
    put_id(b, &m->visit);
    put_id(b, &m->line);
}

static void put_cart(struct tb_buf *b, const struct tb_mutation *m)
{
    switch ((int)m->kind) {
    case TB_MUTATION_CART_ADD:
        put_str(b, m->add.gtin);
        put_str(b, m->add.options);
        put_int(b, m->add.quantity);
        return;
    case TB_MUTATION_CART_SET_QUANTITY:
        put_int(b, m->set_quantity.from);
        put_int(b, m->set_quantity.to);
        return;
    case TB_MUTATION_CART_REMOVE: put_int(b, m->remove.from); return;
    case TB_MUTATION_CART_NOTE: put_str(b, m->note.text); return;
    case TB_MUTATION_CART_MERGE:
        put_id(b, &m->merge.from);
        put_int(b, m->merge.undo);
        return;
    case TB_MUTATION_CHECKOUT_CLAIM:
    case TB_MUTATION_CHECKOUT_RELEASE: put_id(b, &m->claim.checkout); return;
    case TB_MUTATION_CHECKOUT_FINISH: put_sale(b, &m->finish.sale); return;
    case TB_MUTATION_CHECKOUT_VOID: put_sale(b, &m->voided.sale); return;
    }
}

static void put_person(struct tb_buf *b, const struct tb_mutation *m)
{
    switch ((int)m->kind) {
    case TB_MUTATION_REWARD_RESERVE:
    case TB_MUTATION_REWARD_COMMIT:
    case TB_MUTATION_REWARD_RELEASE:
        put_str(b, m->reward.reward);
        put_id(b, &m->reward.reservation);
        return;
    case TB_MUTATION_POINTS_EARNED:
        put_int(b, m->points.points);
        put_sale(b, &m->points.sale);
        return;
    case TB_MUTATION_CREDENTIAL_LINK: put_ref(b, &m->link.ref); return;
    case TB_MUTATION_CREDENTIAL_BLOCK: tb_buf_add(b, tb_span_of(m->block.hash, sizeof m->block.hash)); return;
    case TB_MUTATION_CUSTOMER_CREATE:
        put_str(b, m->create.name);
        put_ref(b, &m->create.ref);
        return;
    case TB_MUTATION_JOURNEY_EVENT:
        put_text(b, m->event.source);
        put_text(b, m->event.id);
        return;
    case TB_MUTATION_HANDOVER_REQUEST:
    case TB_MUTATION_HANDOVER_ACCEPT:
    case TB_MUTATION_HANDOVER_DECLINE:
    case TB_MUTATION_HANDOVER_CANCEL: put_id(b, &m->handover.handover); return;
    case TB_MUTATION_CONSENT_SET:
        put_str(b, m->consent.consent);
        put_int(b, m->consent.granted);
        return;
    case TB_MUTATION_ERASURE_RECEIPT: put_id(b, &m->receipt.erasure); return;
    case TB_MUTATION_NOTE_ADD:
    case TB_MUTATION_NOTE_REMOVE:
        put_id(b, &m->staff_note.note);
        put_str(b, m->staff_note.text);
        return;
    }
}

int64_t tb_mutation_print(const struct tb_mutation *mutation)
{
    if (mutation->kind == TB_MUTATION_NONE)
        return 0;
    uint8_t bytes[PRINT_SIZE_MAX];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    put_str(&b, tb_mutation_kind_names[mutation->kind]);
    put_place(&b, mutation);
    put_cart(&b, mutation);
    put_person(&b, mutation);
    TB_ASSERT(b.err == TB_OK);
    struct tb_digest digest = tb_sha256(tb_buf_span(&b));
    uint64_t print = 0;
    for (size_t i = 0; i < sizeof print; i++)
        print = print << 8 | digest.bytes[i];
    int64_t positive = (int64_t)(print >> 1);
    return positive ? positive : 1;
}

bool tb_mutation_differs(const struct tb_mutation *mutation, int64_t print)
{
    int64_t own = tb_mutation_print(mutation);
    return print != 0 && own != 0 && own != print && mutation->kind != TB_MUTATION_SKIPPED;
}
