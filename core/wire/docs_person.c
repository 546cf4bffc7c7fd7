/* Documents of people: customers, their credentials, and the clerks. */
#include "core/base/text.h"
#include "core/wire/docs.h"
#include "core/wire/member.h"

static void consents_decode(struct tb_check *c, struct tb_json doc, struct tb_customer *customer)
{
    if (!tb_json_has(doc, "consents"))
        return;
    struct tb_json array = tb_json_array(c, doc, "consents", TB_CONSENT_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_consent *consent = &customer->consents[customer->consent_count++];
        tb_member_token(c, each.value, "id", consent->id, sizeof consent->id);
        consent->granted = tb_json_bool(c, each.value, "granted");
    }
    if (c->err != TB_OK)
        customer->consent_count = 0;
}

static void consents_encode(struct tb_json_writer *w, const struct tb_customer *customer)
{
    if (customer->consent_count == 0)
        return;
    tb_json_open_array(w, "consents");
    for (size_t i = 0; i < customer->consent_count; i++) {
        tb_json_open(w, NULL);
        tb_json_put_str(w, "id", customer->consents[i].id);
        tb_json_put_bool(w, "granted", customer->consents[i].granted);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void notes_decode(struct tb_check *c, struct tb_json doc, struct tb_customer *customer)
{
    if (!tb_json_has(doc, "notes"))
        return;
    struct tb_json array = tb_json_array(c, doc, "notes", TB_STAFF_NOTE_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_staff_note *note = &customer->notes[customer->note_count++];
        note->id = tb_json_id(c, each.value, "id");
        note->at_ms = tb_member_time(c, each.value, "at_ms");
        tb_member_opt_str(c, each.value, "by", note->by, sizeof note->by);
        tb_json_str(c, each.value, "text", note->text, sizeof note->text);
    }
    if (c->err != TB_OK)
        customer->note_count = 0;
}

static void notes_encode(struct tb_json_writer *w, const struct tb_customer *customer)
{
    if (customer->note_count == 0)
        return;
    tb_json_open_array(w, "notes");
    for (size_t i = 0; i < customer->note_count; i++) {
        const struct tb_staff_note *note = &customer->notes[i];
        tb_json_open(w, NULL);
        tb_json_put_id(w, "id", &note->id);
        tb_json_put_int(w, "at_ms", note->at_ms);
        tb_member_put_opt_str(w, "by", note->by);
        tb_json_put_str(w, "text", note->text);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void viewed_decode(struct tb_check *c, struct tb_json doc, struct tb_customer *customer)
{
    if (!tb_json_has(doc, "viewed"))
        return;
    struct tb_json array = tb_json_array(c, doc, "viewed", TB_VIEWED_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_viewed *viewed = &customer->viewed[customer->viewed_count++];
        tb_member_gtin(c, each.value, "gtin", viewed->gtin);
        viewed->at_ms = tb_member_time(c, each.value, "at_ms");
    }
    if (c->err != TB_OK)
        customer->viewed_count = 0;
}

static void viewed_encode(struct tb_json_writer *w, const struct tb_customer *customer)
{
    if (customer->viewed_count == 0)
        return;
    tb_json_open_array(w, "viewed");
    for (size_t i = 0; i < customer->viewed_count; i++) {
        tb_json_open(w, NULL);
        tb_json_put_str(w, "gtin", customer->viewed[i].gtin);
        tb_json_put_int(w, "at_ms", customer->viewed[i].at_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_customer_decode(struct tb_check *c, struct tb_json doc, struct tb_customer *ret)
{
    *ret = (struct tb_customer){.name = ""};
    tb_json_str(c, doc, "name", ret->name, sizeof ret->name);
    tb_member_opt_str(c, doc, "salutation", ret->salutation, sizeof ret->salutation);
    tb_member_opt_str(c, doc, "since", ret->since, sizeof ret->since);
    if (c->err == TB_OK && ret->since[0] &&
        (strlen(ret->since) != 4 || !tb_text_is_digits(tb_span_str(ret->since))))
        tb_check_fail(c, TB_ERR_SYNTAX, "since");
    tb_member_opt_token(c, doc, "tier", ret->tier, sizeof ret->tier);
    tb_member_opt_token(c, doc, "language", ret->language, sizeof ret->language);
    ret->points = tb_json_int(c, doc, "points", -TB_MONEY_MAX, TB_MONEY_MAX);
    tb_texts_decode(c, doc, "benefits", &ret->benefits);
    tb_texts_decode(c, doc, "open", &ret->open);
    tb_texts_decode(c, doc, "do_not_ask", &ret->do_not_ask);
    consents_decode(c, doc, ret);
    notes_decode(c, doc, ret);
    viewed_decode(c, doc, ret);
}

void tb_customer_encode(struct tb_json_writer *w, const char *name, const struct tb_customer *customer)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "name", customer->name);
    tb_member_put_opt_str(w, "salutation", customer->salutation);
    tb_member_put_opt_str(w, "since", customer->since);
    tb_member_put_opt_str(w, "tier", customer->tier);
    tb_json_put_int(w, "points", customer->points);
    tb_texts_encode(w, "benefits", &customer->benefits);
    tb_texts_encode(w, "open", &customer->open);
    tb_texts_encode(w, "do_not_ask", &customer->do_not_ask);
    tb_member_put_opt_str(w, "language", customer->language);
    consents_encode(w, customer);
    notes_encode(w, customer);
    viewed_encode(w, customer);
    tb_json_close(w);
}

static void also_decode(struct tb_check *c, struct tb_json doc, struct tb_credential_doc *ret)
{
    if (!tb_json_has(doc, "also"))
        return;
    struct tb_json array = tb_json_array(c, doc, "also", TB_SHARED_COUNT_MAX - 1);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_span text = tb_json_as_text(c, each.value, "also", 2 * TB_ID_SIZE);
        if (c->err == TB_OK && tb_id_decode(text, &ret->also[ret->also_count++]) != TB_OK)
            tb_check_fail(c, TB_ERR_SYNTAX, "also");
    }
    if (c->err != TB_OK)
        ret->also_count = 0;
}

void tb_credential_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_credential_doc *ret)
{
    *ret = (struct tb_credential_doc){.kind = ""};
    tb_member_token(c, doc, "kind", ret->kind, sizeof ret->kind);
    ret->blocked = tb_member_opt_bool(c, doc, "blocked");
    also_decode(c, doc, ret);
}

void tb_credential_doc_encode(struct tb_json_writer *w, const char *name, const struct tb_credential_doc *doc)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "kind", doc->kind);
    tb_member_put_opt_bool(w, "blocked", doc->blocked);
    if (doc->also_count) {
        tb_json_open_array(w, "also");
        for (size_t i = 0; i < doc->also_count; i++)
            tb_json_put_id(w, NULL, &doc->also[i]);
        tb_json_close_array(w);
    }
    tb_json_close(w);
}

void tb_operator_decode(struct tb_check *c, struct tb_json doc, struct tb_operator *ret)
{
    *ret = (struct tb_operator){.has_badge = tb_json_has(doc, "badge")};
    tb_json_str(c, doc, "name", ret->name, sizeof ret->name);
    if (ret->has_badge)
        tb_json_hex(c, doc, "badge", ret->badge, sizeof ret->badge);
    ret->active = tb_json_bool(c, doc, "active");
}

void tb_operator_encode(struct tb_json_writer *w, const char *name, const struct tb_operator *operator)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "name", operator->name);
    if (operator->has_badge)
        tb_json_put_hex(w, "badge", tb_span_of(operator->badge, sizeof operator->badge));
    tb_json_put_bool(w, "active", operator->active);
    tb_json_close(w);
}
