#include "core/wire/mutation.h"

#include "core/base/assert.h"
#include "core/wire/member.h"
#include "core/wire/mutation_parts.h"

const char *const tb_mutation_kind_names[TB_MUTATION_KIND_COUNT] = {
    [TB_MUTATION_SKIPPED] = "skipped",
    [TB_MUTATION_CART_ADD] = "cart.add",
    [TB_MUTATION_CART_SET_QUANTITY] = "cart.set_quantity",
    [TB_MUTATION_CART_REMOVE] = "cart.remove",
    [TB_MUTATION_CART_NOTE] = "cart.note",
    [TB_MUTATION_CART_MERGE] = "cart.merge",
    [TB_MUTATION_CHECKOUT_CLAIM] = "checkout.claim",
    [TB_MUTATION_CHECKOUT_RELEASE] = "checkout.release",
    [TB_MUTATION_CHECKOUT_FINISH] = "checkout.finish",
    [TB_MUTATION_CHECKOUT_VOID] = "checkout.void",
    [TB_MUTATION_REWARD_RESERVE] = "reward.reserve",
    [TB_MUTATION_REWARD_COMMIT] = "reward.commit",
    [TB_MUTATION_REWARD_RELEASE] = "reward.release",
    [TB_MUTATION_POINTS_EARNED] = "points.earned",
    [TB_MUTATION_CREDENTIAL_LINK] = "credential.link",
    [TB_MUTATION_CREDENTIAL_BLOCK] = "credential.block",
    [TB_MUTATION_CUSTOMER_CREATE] = "customer.create",
    [TB_MUTATION_VISIT_BEGIN] = "visit.begin",
    [TB_MUTATION_VISIT_END] = "visit.end",
    [TB_MUTATION_JOURNEY_EVENT] = "journey.event",
    [TB_MUTATION_HANDOVER_REQUEST] = "handover.request",
    [TB_MUTATION_HANDOVER_ACCEPT] = "handover.accept",
    [TB_MUTATION_HANDOVER_DECLINE] = "handover.decline",
    [TB_MUTATION_HANDOVER_CANCEL] = "handover.cancel",
    [TB_MUTATION_CONSENT_SET] = "consent.set",
    [TB_MUTATION_ERASURE_RECEIPT] = "erasure.receipt",
    [TB_MUTATION_NOTE_ADD] = "note.add",
    [TB_MUTATION_NOTE_REMOVE] = "note.remove",
};

const char *const tb_merge_policy_names[TB_MERGE_POLICY_COUNT] = {
    [TB_MERGE_SUM] = "sum",
    [TB_MERGE_MAX] = "max",
    [TB_MERGE_REPLACE] = "replace",
    [TB_MERGE_ASK] = "ask",
};

const char *const tb_block_reason_names[TB_BLOCK_REASON_COUNT] = {
    [TB_BLOCK_LOST] = "lost",
    [TB_BLOCK_STOLEN] = "stolen",
    [TB_BLOCK_REPLACED] = "replaced",
    [TB_BLOCK_OTHER] = "other",
};

const char *const tb_verdict_kind_names[TB_VERDICT_KIND_COUNT] = {
    [TB_VERDICT_APPLIED] = "applied",
    [TB_VERDICT_DUPLICATE] = "duplicate",
    [TB_VERDICT_REJECTED] = "rejected",
    [TB_VERDICT_RETRY] = "retry",
};

/* Which of the common members a kind has. */
enum {
    CUSTOMER = 1,
    CUSTOMER_OPT = 2,
    CART = 4,
    CART_OPT = 8,
    LINE = 16,
    LINE_OPT = 32,
    VISIT = 64,
    VISIT_OPT = 128,
};

static void sale_decode(const struct mutation_source *s, const char *transaction, const char *date,
                        struct tb_sale_key *ret_sale)
{
    tb_member_token(s->c, s->o, transaction, ret_sale->transaction, sizeof ret_sale->transaction);
    tb_member_date(s->c, s->o, date, ret_sale->business_date);
}

static void sale_encode(struct tb_json_writer *w, const char *transaction, const char *date,
                        const struct tb_sale_key *sale)
{
    tb_member_put_opt_str(w, transaction, sale->transaction);
    tb_member_put_opt_str(w, date, sale->business_date);
}

static void opt_sale_decode(const struct mutation_source *s, struct tb_sale_key *ret_sale)
{
    if (tb_json_has(s->o, "transaction"))
        sale_decode(s, "transaction", "business_date", ret_sale);
}

static void paid_line_decode(struct tb_check *c, struct tb_json o, struct tb_paid_line *line)
{
    *line = (struct tb_paid_line){.line = tb_member_opt_id(c, o, "line")};
    tb_member_gtin(c, o, "gtin", line->gtin);
    tb_member_opt_token(c, o, "options", line->options, sizeof line->options);
    line->quantity = tb_member_quantity(c, o, "quantity", 1);
    line->unit_price = tb_member_money(c, o, "unit_price");
}

void tb_paid_lines_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                          struct tb_paid_lines *ret_lines)
{
    struct tb_json array = tb_json_array(c, object, "lines", TB_PAID_LINE_COUNT_MAX);
    size_t count = tb_json_count(array);
    *ret_lines = (struct tb_paid_lines){.count = 0};
    if (c->err != TB_OK || count == 0)
        return;
    struct tb_paid_line *lines = tb_arena_take(arena, count * sizeof *lines);
    if (!lines) {
        tb_check_fail(c, TB_ERR_NO_MEMORY, "lines");
        return;
    }
    size_t i = 0;
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each))
        paid_line_decode(c, each.value, &lines[i++]);
    *ret_lines = (struct tb_paid_lines){.at = lines, .count = (uint8_t)count};
}

static void paid_lines_encode(struct tb_json_writer *w, const struct tb_paid_lines *lines)
{
    tb_json_open_array(w, "lines");
    for (size_t i = 0; i < lines->count; i++) {
        const struct tb_paid_line *line = &lines->at[i];
        tb_json_open(w, NULL);
        tb_member_put_opt_id(w, "line", &line->line);
        tb_json_put_str(w, "gtin", line->gtin);
        tb_member_put_opt_str(w, "options", line->options);
        tb_json_put_int(w, "quantity", line->quantity);
        tb_json_put_int(w, "unit_price", line->unit_price);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void add_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_member_gtin(s->c, s->o, "gtin", m->add.gtin);
    tb_member_opt_token(s->c, s->o, "options", m->add.options, sizeof m->add.options);
    m->add.quantity = tb_member_quantity(s->c, s->o, "quantity", 1);
    m->add.gift = tb_member_opt_bool(s->c, s->o, "gift");
    m->add.keep_gift = tb_member_opt_bool(s->c, s->o, "keep_gift");
}

static void add_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "gtin", m->add.gtin);
    tb_member_put_opt_str(w, "options", m->add.options);
    tb_json_put_int(w, "quantity", m->add.quantity);
    tb_member_put_opt_bool(w, "gift", m->add.gift);
    tb_member_put_opt_bool(w, "keep_gift", m->add.keep_gift);
}

static void set_quantity_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->set_quantity.from = tb_member_quantity(s->c, s->o, "from", 0);
    m->set_quantity.to = tb_member_quantity(s->c, s->o, "to", 0);
    m->set_quantity.keep_gift = tb_member_opt_bool(s->c, s->o, "keep_gift");
}

static void set_quantity_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_int(w, "from", m->set_quantity.from);
    tb_json_put_int(w, "to", m->set_quantity.to);
    tb_member_put_opt_bool(w, "keep_gift", m->set_quantity.keep_gift);
}

static void remove_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->remove.from = tb_member_quantity(s->c, s->o, "from", 0);
}

static void remove_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_int(w, "from", m->remove.from);
}

static void note_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_json_str(s->c, s->o, "text", m->note.text, sizeof m->note.text);
}

static void note_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "text", m->note.text);
}

static void exclude_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    if (!tb_json_has(s->o, "exclude"))
        return;
    struct tb_json array = tb_json_array(s->c, s->o, "exclude", TB_PAID_LINE_COUNT_MAX);
    size_t count = tb_json_count(array);
    if (s->c->err != TB_OK || count == 0)
        return;
    struct tb_id *lines = tb_arena_take(s->arena, count * sizeof *lines);
    if (!lines) {
        tb_check_fail(s->c, TB_ERR_NO_MEMORY, "exclude");
        return;
    }
    size_t i = 0;
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span text = tb_json_as_text(s->c, each.value, "exclude", 2 * TB_ID_SIZE);
        if (s->c->err == TB_OK && tb_id_decode(text, &lines[i]) != TB_OK)
            tb_check_fail(s->c, TB_ERR_SYNTAX, "exclude");
        i++;
    }
    m->merge.exclude = lines;
    m->merge.exclude_count = (uint8_t)count;
}

static void merge_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->merge.from = tb_json_id(s->c, s->o, "from");
    m->merge.policy =
        (enum tb_merge_policy)tb_json_enum(s->c, s->o, "policy", tb_merge_policy_names, TB_MERGE_ASK);
    m->merge.undo = tb_member_opt_bool(s->c, s->o, "undo");
    if (tb_json_has(s->o, "from_version"))
        m->merge.from_version = tb_member_version(s->c, s->o, "from_version");
    m->merge.handover = tb_member_opt_id(s->c, s->o, "handover");
    exclude_decode(s, m);
}

static void merge_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_id(w, "from", &m->merge.from);
    tb_json_put_str(w, "policy", tb_merge_policy_names[m->merge.policy]);
    tb_member_put_opt_bool(w, "undo", m->merge.undo);
    tb_member_put_opt_int(w, "from_version", m->merge.from_version);
    tb_member_put_opt_id(w, "handover", &m->merge.handover);
    if (m->merge.exclude_count == 0)
        return;
    tb_json_open_array(w, "exclude");
    for (size_t i = 0; i < m->merge.exclude_count; i++)
        tb_json_put_id(w, NULL, &m->merge.exclude[i]);
    tb_json_close_array(w);
}

static void claim_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->claim.checkout = tb_json_id(s->c, s->o, "checkout");
}

static void claim_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_id(w, "checkout", &m->claim.checkout);
}

static void finish_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->finish.checkout = tb_member_opt_id(s->c, s->o, "checkout");
    sale_decode(s, "transaction", "business_date", &m->finish.sale);
    tb_member_currency(s->c, s->o, "currency", m->finish.currency);
    m->finish.total = tb_member_money(s->c, s->o, "total");
    m->finish.part = tb_member_opt_bool(s->c, s->o, "part");
    tb_paid_lines_decode(s->c, s->o, s->arena, &m->finish.lines);
}

static void finish_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_member_put_opt_id(w, "checkout", &m->finish.checkout);
    sale_encode(w, "transaction", "business_date", &m->finish.sale);
    tb_json_put_str(w, "currency", m->finish.currency);
    tb_json_put_int(w, "total", m->finish.total);
    tb_member_put_opt_bool(w, "part", m->finish.part);
    paid_lines_encode(w, &m->finish.lines);
}

static void voided_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    sale_decode(s, "transaction", "business_date", &m->voided.sale);
    sale_decode(s, "of_transaction", "of_date", &m->voided.of);
    tb_member_opt_token(s->c, s->o, "of_terminal", m->voided.of_terminal, sizeof m->voided.of_terminal);
    m->voided.reopen = tb_member_opt_bool(s->c, s->o, "reopen");
    m->voided.returned = tb_member_opt_bool(s->c, s->o, "returned");
    if (tb_json_has(s->o, "lines"))
        tb_paid_lines_decode(s->c, s->o, s->arena, &m->voided.lines);
}

static void voided_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    sale_encode(w, "transaction", "business_date", &m->voided.sale);
    sale_encode(w, "of_transaction", "of_date", &m->voided.of);
    tb_member_put_opt_str(w, "of_terminal", m->voided.of_terminal);
    tb_member_put_opt_bool(w, "reopen", m->voided.reopen);
    tb_member_put_opt_bool(w, "returned", m->voided.returned);
    if (m->voided.lines.count)
        paid_lines_encode(w, &m->voided.lines);
}

static void reward_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_member_token(s->c, s->o, "reward", m->reward.reward, sizeof m->reward.reward);
    m->reward.reservation = tb_json_id(s->c, s->o, "reservation");
    m->reward.offline = tb_member_opt_bool(s->c, s->o, "offline");
}

static void reward_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "reward", m->reward.reward);
    tb_json_put_id(w, "reservation", &m->reward.reservation);
    tb_member_put_opt_bool(w, "offline", m->reward.offline);
}

void tb_points_decode(struct tb_check *c, struct tb_json object, struct tb_mutation *ret_earned)
{
    const struct mutation_source source = {.c = c, .o = object};
    ret_earned->points.points = tb_json_int(c, object, "points", -TB_MONEY_MAX, TB_MONEY_MAX);
    if (c->err == TB_OK && ret_earned->points.points == 0)
        tb_check_fail(c, TB_ERR_RANGE, "points");
    opt_sale_decode(&source, &ret_earned->points.sale);
}

static void points_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_points_decode(s->c, s->o, m);
}

static void points_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_int(w, "points", m->points.points);
    sale_encode(w, "transaction", "business_date", &m->points.sale);
}

static void visit_begin_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_member_token(s->c, s->o, "source", m->visit_begin.source, sizeof m->visit_begin.source);
    tb_member_opt_token(s->c, s->o, "credential_kind", m->visit_begin.credential_kind,
                        sizeof m->visit_begin.credential_kind);
    tb_member_opt_token(s->c, s->o, "assurance", m->visit_begin.assurance, sizeof m->visit_begin.assurance);
}

static void visit_begin_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "source", m->visit_begin.source);
    tb_member_put_opt_str(w, "credential_kind", m->visit_begin.credential_kind);
    tb_member_put_opt_str(w, "assurance", m->visit_begin.assurance);
}

static void visit_end_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    tb_member_token(s->c, s->o, "reason", m->visit_end.reason, sizeof m->visit_end.reason);
    m->visit_end.lasted_ms = tb_json_int(s->c, s->o, "lasted_ms", 0, TB_TIME_MS_MAX);
}

static void visit_end_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_str(w, "reason", m->visit_end.reason);
    tb_json_put_int(w, "lasted_ms", m->visit_end.lasted_ms);
}

static struct tb_span event_text(const struct mutation_source *s, struct tb_json event, const char *name)
{
    struct tb_span text = tb_json_text(s->c, event, name, TB_EVENT_TEXT_SIZE_MAX);
    if (s->c->err == TB_OK && text.size == 0)
        tb_check_fail(s->c, TB_ERR_RANGE, name);
    return text;
}

/* CloudEvents 1.0, section 3.1: id, source, specversion and type are required and not empty. */
static void event_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    struct tb_json event = tb_json_object(s->c, s->o, "event");
    struct tb_span version = tb_json_text(s->c, event, "specversion", TB_SHORT_SIZE_MAX);
    if (s->c->err == TB_OK && !tb_span_is(version, "1.0"))
        tb_check_fail(s->c, TB_ERR_UNSUPPORTED, "specversion");
    m->event.id = event_text(s, event, "id");
    m->event.source = event_text(s, event, "source");
    m->event.type = event_text(s, event, "type");
    if (tb_json_has(event, "time"))
        m->event.time = event_text(s, event, "time");
    if (tb_json_has(event, "subject"))
        m->event.subject = event_text(s, event, "subject");
    if (!tb_json_has(event, "data"))
        return;
    (void)tb_json_object(s->c, event, "data");
    m->event.data = tb_json_raw(event, "data");
    if (m->event.data.size > TB_EVENT_DATA_SIZE_MAX)
        tb_check_fail(s->c, TB_ERR_TOO_LONG, "data");
}

static void event_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_open(w, "event");
    tb_json_put_str(w, "specversion", "1.0");
    tb_json_put_text(w, "id", m->event.id);
    tb_json_put_text(w, "source", m->event.source);
    tb_json_put_text(w, "type", m->event.type);
    if (m->event.time.size)
        tb_json_put_text(w, "time", m->event.time);
    if (m->event.subject.size)
        tb_json_put_text(w, "subject", m->event.subject);
    if (m->event.data.size)
        tb_json_put_raw(w, "data", m->event.data);
    tb_json_close(w);
}

static void handover_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->handover.handover = tb_json_id(s->c, s->o, "handover");
}

static void handover_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_id(w, "handover", &m->handover.handover);
}

static void request_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    handover_decode(s, m);
    tb_member_token(s->c, s->o, "to", m->handover.to, sizeof m->handover.to);
    tb_member_opt_str(s->c, s->o, "note", m->handover.note, sizeof m->handover.note);
    if (tb_json_has(s->o, "reason"))
        m->handover.reason = (enum tb_handover_reason)tb_json_enum(
            s->c, s->o, "reason", tb_handover_reason_names, TB_HANDOVER_REASON_COUNT);
    if (tb_id_is_zero(&m->customer) && tb_id_is_zero(&m->cart))
        tb_check_fail(s->c, TB_ERR_MISSING, "cart");
}

static void request_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    handover_encode(w, m);
    tb_json_put_str(w, "to", m->handover.to);
    tb_member_put_opt_str(w, "note", m->handover.note);
    if (m->handover.reason != TB_HANDOVER_FOR_NONE)
        tb_json_put_str(w, "reason", tb_handover_reason_names[m->handover.reason]);
}

static void receipt_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->receipt.erasure = tb_json_id(s->c, s->o, "erasure");
    tb_member_base64url(s->c, s->o, "signature", m->receipt.signature, sizeof m->receipt.signature);
}

static void receipt_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_id(w, "erasure", &m->receipt.erasure);
    tb_json_put_base64url(w, "signature", tb_span_of(m->receipt.signature, sizeof m->receipt.signature));
}

static void skipped_decode(const struct mutation_source *s, struct tb_mutation *m)
{
    m->skipped.count = tb_json_int(s->c, s->o, "count", 1, TB_VERSION_MAX);
}

static void skipped_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    tb_json_put_int(w, "count", m->skipped.count);
}

static const struct {
    uint8_t has; /* common members */
    void (*decode)(const struct mutation_source *s, struct tb_mutation *m);
    void (*encode)(struct tb_json_writer *w, const struct tb_mutation *m);
} kinds[TB_MUTATION_KIND_COUNT] = {
    [TB_MUTATION_SKIPPED] = {0, skipped_decode, skipped_encode},
    [TB_MUTATION_CART_ADD] = {CUSTOMER_OPT | CART | LINE | VISIT_OPT, add_decode, add_encode},
    [TB_MUTATION_CART_SET_QUANTITY] = {CUSTOMER_OPT | CART | LINE | VISIT_OPT, set_quantity_decode,
                                       set_quantity_encode},
    [TB_MUTATION_CART_REMOVE] = {CUSTOMER_OPT | CART | LINE | VISIT_OPT, remove_decode, remove_encode},
    [TB_MUTATION_CART_NOTE] = {CUSTOMER_OPT | CART | LINE_OPT | VISIT_OPT, note_decode, note_encode},
    [TB_MUTATION_CART_MERGE] = {CUSTOMER | CART | VISIT_OPT, merge_decode, merge_encode},
    [TB_MUTATION_CHECKOUT_CLAIM] = {CUSTOMER_OPT | CART | VISIT_OPT, claim_decode, claim_encode},
    [TB_MUTATION_CHECKOUT_RELEASE] = {CUSTOMER_OPT | CART | VISIT_OPT, claim_decode, claim_encode},
    [TB_MUTATION_CHECKOUT_FINISH] = {CUSTOMER_OPT | CART_OPT | VISIT_OPT, finish_decode, finish_encode},
    [TB_MUTATION_CHECKOUT_VOID] = {CUSTOMER_OPT | CART_OPT | VISIT_OPT, voided_decode, voided_encode},
    [TB_MUTATION_REWARD_RESERVE] = {CUSTOMER | VISIT_OPT, reward_decode, reward_encode},
    [TB_MUTATION_REWARD_COMMIT] = {CUSTOMER | VISIT_OPT, reward_decode, reward_encode},
    [TB_MUTATION_REWARD_RELEASE] = {CUSTOMER | VISIT_OPT, reward_decode, reward_encode},
    [TB_MUTATION_POINTS_EARNED] = {CUSTOMER | VISIT_OPT, points_decode, points_encode},
    [TB_MUTATION_CREDENTIAL_LINK] = {CUSTOMER | VISIT_OPT, mutation_link_decode, mutation_link_encode},
    [TB_MUTATION_CREDENTIAL_BLOCK] = {CUSTOMER | VISIT_OPT, mutation_block_decode, mutation_block_encode},
    [TB_MUTATION_CUSTOMER_CREATE] = {CUSTOMER | VISIT_OPT, mutation_create_decode, mutation_create_encode},
    [TB_MUTATION_VISIT_BEGIN] = {CUSTOMER_OPT | VISIT, visit_begin_decode, visit_begin_encode},
    [TB_MUTATION_VISIT_END] = {CUSTOMER_OPT | VISIT, visit_end_decode, visit_end_encode},
    [TB_MUTATION_JOURNEY_EVENT] = {CUSTOMER_OPT | VISIT_OPT, event_decode, event_encode},
    [TB_MUTATION_HANDOVER_REQUEST] = {CUSTOMER_OPT | CART_OPT | VISIT_OPT, request_decode, request_encode},
    [TB_MUTATION_HANDOVER_ACCEPT] = {CUSTOMER_OPT | VISIT_OPT, handover_decode, handover_encode},
    [TB_MUTATION_HANDOVER_DECLINE] = {CUSTOMER_OPT | VISIT_OPT, handover_decode, handover_encode},
    [TB_MUTATION_HANDOVER_CANCEL] = {CUSTOMER_OPT | VISIT_OPT, handover_decode, handover_encode},
    [TB_MUTATION_CONSENT_SET] = {CUSTOMER | VISIT_OPT, mutation_consent_decode, mutation_consent_encode},
    [TB_MUTATION_ERASURE_RECEIPT] = {0, receipt_decode, receipt_encode},
    [TB_MUTATION_NOTE_ADD] = {CUSTOMER | VISIT_OPT, mutation_note_add_decode, mutation_note_add_encode},
    [TB_MUTATION_NOTE_REMOVE] = {CUSTOMER | VISIT_OPT, mutation_note_remove_decode,
                                 mutation_note_remove_encode},
};

static enum tb_mutation_kind kind_decode(struct tb_check *c, struct tb_json o)
{
    struct tb_span text = tb_json_text(c, o, "kind", TB_SHORT_SIZE_MAX);
    for (unsigned kind = 1; kind < TB_MUTATION_KIND_COUNT; kind++)
        if (tb_span_is(text, tb_mutation_kind_names[kind]))
            return (enum tb_mutation_kind)kind;
    tb_check_fail(c, TB_ERR_UNSUPPORTED, "kind");
    return TB_MUTATION_NONE;
}

static struct tb_id common_id(const struct mutation_source *s, unsigned has, unsigned must, const char *name)
{
    static const struct tb_id none;
    if (has & must)
        return tb_json_id(s->c, s->o, name);
    return has & (must << 1) ? tb_member_opt_id(s->c, s->o, name) : none;
}

void tb_mutation_decode(struct tb_check *c, struct tb_json object, struct tb_arena *arena,
                        struct tb_mutation *ret)
{
    const struct mutation_source s = {.c = c, .o = object, .arena = arena};
    *ret = (struct tb_mutation){.seq = tb_member_version(c, object, "seq")};
    ret->kind = kind_decode(c, object);
    if (ret->kind == TB_MUTATION_NONE)
        return;
    unsigned has = kinds[ret->kind].has;
    ret->customer = common_id(&s, has, CUSTOMER, "customer");
    ret->cart = common_id(&s, has, CART, "cart");
    ret->line = common_id(&s, has, LINE, "line");
    ret->visit = common_id(&s, has, VISIT, "visit");
    if (ret->kind != TB_MUTATION_SKIPPED) {
        ret->made_ms = tb_member_time(c, object, "made_ms");
        tb_member_opt_token(c, object, "operator", ret->operator, sizeof ret->operator);
    }
    kinds[ret->kind].decode(&s, ret);
}

static void put_common_id(struct tb_json_writer *w, unsigned has, unsigned must, const char *name,
                          const struct tb_id *id)
{
    if (has & must)
        tb_json_put_id(w, name, id);
    else if (has & (must << 1))
        tb_member_put_opt_id(w, name, id);
}

void tb_mutation_encode(struct tb_json_writer *w, const char *name, const struct tb_mutation *mutation)
{
    TB_ASSERT(kinds[mutation->kind].encode);
    unsigned has = kinds[mutation->kind].has;
    tb_json_open(w, name);
    tb_json_put_int(w, "seq", mutation->seq);
    tb_json_put_str(w, "kind", tb_mutation_kind_names[mutation->kind]);
    put_common_id(w, has, CUSTOMER, "customer", &mutation->customer);
    put_common_id(w, has, CART, "cart", &mutation->cart);
    put_common_id(w, has, LINE, "line", &mutation->line);
    put_common_id(w, has, VISIT, "visit", &mutation->visit);
    if (mutation->kind != TB_MUTATION_SKIPPED) {
        tb_json_put_int(w, "made_ms", mutation->made_ms);
        tb_member_put_opt_str(w, "operator", mutation->operator);
    }
    kinds[mutation->kind].encode(w, mutation);
    tb_json_close(w);
}

static struct tb_paid_lines lines_copy(struct tb_paid_lines from, struct tb_arena *arena, bool *full)
{
    struct tb_paid_line *lines = from.count ? tb_arena_take(arena, from.count * sizeof *lines) : NULL;
    if (lines)
        memcpy(lines, from.at, from.count * sizeof *lines);
    *full = from.count && !lines;
    return (struct tb_paid_lines){.at = lines, .count = from.count};
}

static const struct tb_id *ids_copy(const struct tb_id *from, size_t count, struct tb_arena *arena,
                                    bool *full)
{
    struct tb_id *ids = count ? tb_arena_take(arena, count * sizeof *ids) : NULL;
    if (ids)
        memcpy(ids, from, count * sizeof *ids);
    *full = count && !ids;
    return ids;
}

static const struct tb_consent_answer *answers_copy(const struct tb_consent_answer *from, size_t count,
                                                    struct tb_arena *arena, bool *full)
{
    struct tb_consent_answer *answers = count ? tb_arena_take(arena, count * sizeof *answers) : NULL;
    if (answers)
        memcpy(answers, from, count * sizeof *answers);
    *full = count && !answers;
    return answers;
}

static void event_copy(struct tb_cloud_event *event, struct tb_arena *arena, bool *full)
{
    struct tb_span *const texts[] = {&event->id,   &event->source,  &event->type,
                                     &event->time, &event->subject, &event->data};
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts) && !*full; i++) {
        const char *copy = tb_arena_str(arena, *texts[i]);
        *full = copy == NULL;
        if (copy)
            texts[i]->at = (const uint8_t *)copy;
    }
}

enum tb_err tb_mutation_copy(const struct tb_mutation *from, struct tb_arena *arena, struct tb_mutation *ret)
{
    bool full = false;
    *ret = *from;
    if (from->kind == TB_MUTATION_CHECKOUT_FINISH)
        ret->finish.lines = lines_copy(from->finish.lines, arena, &full);
    else if (from->kind == TB_MUTATION_CHECKOUT_VOID)
        ret->voided.lines = lines_copy(from->voided.lines, arena, &full);
    else if (from->kind == TB_MUTATION_CART_MERGE)
        ret->merge.exclude = ids_copy(from->merge.exclude, from->merge.exclude_count, arena, &full);
    else if (from->kind == TB_MUTATION_CUSTOMER_CREATE)
        ret->create.consents = answers_copy(from->create.consents, from->create.consent_count, arena, &full);
    else if (from->kind == TB_MUTATION_JOURNEY_EVENT)
        event_copy(&ret->event, arena, &full);
    return full ? TB_ERR_NO_MEMORY : TB_OK;
}

static const char *code_name(enum tb_verdict_kind kind)
{
    return kind == TB_VERDICT_APPLIED || kind == TB_VERDICT_DUPLICATE ? "conflict" : "code";
}

void tb_verdict_decode(struct tb_check *c, struct tb_json object, struct tb_verdict *ret)
{
    *ret = (struct tb_verdict){.seq = tb_member_version(c, object, "seq")};
    ret->kind = (enum tb_verdict_kind)tb_json_enum(c, object, "verdict", tb_verdict_kind_names,
                                                   TB_VERDICT_KIND_COUNT);
    tb_member_opt_token(c, object, code_name(ret->kind), ret->code, sizeof ret->code);
    ret->version = tb_member_opt_int(c, object, "version", TB_VERSION_MAX, 0);
}

void tb_verdict_encode(struct tb_json_writer *w, const char *name, const struct tb_verdict *verdict)
{
    tb_json_open(w, name);
    tb_json_put_int(w, "seq", verdict->seq);
    tb_json_put_str(w, "verdict", tb_verdict_kind_names[verdict->kind]);
    tb_member_put_opt_str(w, code_name(verdict->kind), verdict->code);
    tb_member_put_opt_int(w, "version", verdict->version);
    tb_json_close(w);
}
