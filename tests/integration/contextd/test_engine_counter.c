/* People at the counter: who has nothing with her, what staff wrote, shared cards, clerks, and who did what.
 */
#include "core/credential/credential.h"
#include "tests/integration/contextd/engine_people.h"

#include <stdio.h>

#define HOUR_MS (INT64_C(3600) * 1000)

/* ---- signing up and being found ---- */

static struct tb_mutation sign_up(unsigned number, const char *name)
{
    struct tb_mutation m = {.kind = TB_MUTATION_CUSTOMER_CREATE,
                            .customer = fixture_id(number),
                            .made_ms = NOW_MS,
                            .operator= "op-7" };
    (void)snprintf(m.create.name, sizeof m.create.name, "%s", name);
    (void)snprintf(m.create.language, sizeof m.create.language, "de");
    return m;
}

static void with_contacts(struct tb_mutation *m, const char *phone, const char *email)
{
    (void)snprintf(m->create.phone, sizeof m->create.phone, "%s", phone);
    (void)snprintf(m->create.email, sizeof m->create.email, "%s", email);
}

static void country_set(struct engine_fixture *f, const char *country)
{
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.phone_country = country});
}

static const struct tb_engine_answer *find(struct engine_fixture *f, const char *device, enum tb_find_by by,
                                           const char *value)
{
    static struct tb_engine_request request;
    request = (struct tb_engine_request){
        .ask = TB_ENGINE_FIND, .peer = fixture_till(device), .find = {.by = by, .operator= "op-7" } };
    (void)snprintf(request.find.value, sizeof request.find.value, "%s", value);
    (void)snprintf(request.find.reason, sizeof request.find.reason, "card_forgotten");
    return engine_fixture_ask(f, &request);
}

static void she_is_found_by_whatever_way_she_is_reached(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    country_set(f, "49");
    struct tb_mutation create = sign_up(70, "Mara  van Rödel");
    with_contacts(&create, "030 / 123 41 27", "Mara@Example.org");
    assert_applied(decide(f, &till, &create), "");
    static const struct {
        enum tb_find_by by;
        const char *value;
        const char *hint;
    } ways[] = {{TB_FIND_PHONE, "+49 (0)30 1234127", "m\xe2\x80\xa6@e\xe2\x80\xa6"},
                {TB_FIND_EMAIL, " mara@example.ORG",
                 "\xe2\x80\xa6"
                 "41 27"}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(ways); i++) {
        const struct tb_engine_answer *answer = find(f, "till-0421-4", ways[i].by, ways[i].value);
        assert_int_equal(answer->err, TB_OK);
        assert_int_equal(answer->find.count, 1);
        const struct tb_find_match *match = &answer->find.matches[0];
        assert_true(tb_id_equal(&match->customer, &create.customer));
        assert_string_equal(match->name, "M\xe2\x80\xa6 v\xe2\x80\xa6 R\xe2\x80\xa6");
        assert_string_equal(match->hint, ways[i].hint);
        assert_string_equal(match->tier, "basic");
    }
    assert_int_equal(find(f, "till-0421-4", TB_FIND_PHONE, "030 1234128")->find.count, 0);
    assert_int_equal(find(f, "till-0421-4", TB_FIND_PHONE, "call me")->err, TB_ERR_SYNTAX);
}

static void a_member_number_is_found_lost_or_not(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_id first = tb_seed_customer_id(SEED_NUMBER, 0);
    const struct tb_engine_answer *answer = find(f, "till-0421-4", TB_FIND_MEMBER, "00000 00001");
    assert_int_equal(answer->find.count, 1);
    assert_true(tb_id_equal(&answer->find.matches[0].customer, &first));
    struct tb_engine_request rows = {.ask = TB_ENGINE_FETCH, .peer = till, .fetch.customer = first};
    answer = engine_fixture_ask(f, &rows);
    assert_true(answer->identify.found);
    struct tb_mutation block = about(0, TB_MUTATION_CREDENTIAL_BLOCK);
    block.block.reason = TB_BLOCK_LOST;
    for (size_t i = 0; i < answer->identify.rows.count; i++)
        if (answer->identify.rows.at[i].type == TB_ROW_CREDENTIAL)
            assert_int_equal(tb_hex_decode(tb_span_str(answer->identify.rows.at[i].id), block.block.hash,
                                           sizeof block.block.hash),
                             TB_OK);
    assert_applied(decide(f, &till, &block), "");
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->find.count, 1);
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "M1")->err, TB_ERR_SYNTAX);
}

static void several_may_be_reached_alike(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    for (unsigned i = 0; i < TB_FIND_COUNT_MAX + 2; i++) {
        struct tb_mutation create = sign_up(70 + i, "Roth");
        with_contacts(&create, "+49 30 1234127", "");
        assert_applied(decide(f, &till, &create), "");
    }
    assert_int_equal(find(f, "till-0421-4", TB_FIND_PHONE, "+49301234127")->find.count, TB_FIND_COUNT_MAX);
}

static void what_cannot_be_a_contact_makes_nobody(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation create = sign_up(70, "Mara");
    with_contacts(&create, "030 1234127", ""); /* of no country */
    assert_rejected(decide(f, &till, &create), "contact_invalid");
    with_contacts(&create, "", "mara");
    assert_rejected(decide(f, &till, &create), "contact_invalid");
    with_contacts(&create, "", "");
    assert_applied(decide(f, &till, &create), "");
}

static void consents_come_with_her(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    static const struct tb_consent_answer answers[] = {
        {.consent = "marketing", .granted = false, .text_version = "2026-03"},
        {.consent = "profiling", .granted = true, .text_version = "1"}};
    struct tb_mutation create = sign_up(70, "Mara");
    create.create.consents = answers;
    create.create.consent_count = TB_ARRAY_SIZE(answers);
    const struct tb_customer *customer = customer_of(decide(f, &till, &create));
    assert_int_equal(customer->consent_count, 2);
    assert_false(customer->consents[0].granted);
    assert_true(customer->consents[1].granted);
}

static void a_terminal_searches_so_often_an_hour(void **state)
{
    struct engine_fixture *f = *state;
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.finds_max = 3});
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_ERR_FIND_LIMIT);
    engine_fixture_reopen(f); /* neither a restart nor another session begins anew */
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_ERR_FIND_LIMIT);
    assert_int_equal(find(f, "till-0421-3", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
    f->wall_ms += HOUR_MS;
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
    engine_fixture_load(f,
                        &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.finds_max = TB_RECORD_NONE});
    for (unsigned i = 0; i < 30; i++)
        assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
}

static unsigned count_of(struct engine_fixture *f, const char *what)
{
    const struct tb_audit_filter all = {.since_ms = 0};
    struct tb_audit_entry entry = {.number = 0};
    unsigned count = 0;
    while (f->engine->ops->audit_next(f->engine, &all, &entry, &entry) == TB_OK)
        count += strcmp(entry.what, what) == 0;
    return count;
}

/* However often it tries: the audit of a year is not filled by one that goes on. */
static void that_it_may_not_is_kept_once_an_hour(void **state)
{
    struct engine_fixture *f = *state;
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.finds_max = 1});
    for (unsigned hour = 1; hour <= 2; hour++) {
        assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
        for (unsigned i = 0; i < 10; i++)
            assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_ERR_FIND_LIMIT);
        assert_int_equal(count_of(f, "customer.find"), hour);
        assert_int_equal(count_of(f, "customer.find_refused"), hour);
        f->wall_ms += HOUR_MS;
    }
}

static void nobody_searches_but_staff(void **state)
{
    struct engine_fixture *f = *state;
    assert_int_equal(find(f, "kiosk-0421-7", TB_FIND_MEMBER, "0000000001")->err, TB_ERR_UNSUPPORTED);
    struct tb_engine_request web = {.ask = TB_ENGINE_FETCH,
                                    .peer = fixture_web(0),
                                    .fetch.customer = tb_seed_customer_id(SEED_NUMBER, 1)};
    assert_int_equal(engine_fixture_ask(f, &web)->err, TB_ERR_DENIED);
    web.ask = TB_ENGINE_FIND;
    web.find = (struct tb_find_ask){.by = TB_FIND_MEMBER, .value = "0000000001", .reason = "x"};
    assert_int_equal(engine_fixture_ask(f, &web)->err, TB_ERR_DENIED);
}

/* ---- who did what ---- */

/* The newest entry of that kind; number 0: there is none. */
static struct tb_audit_entry last_of(struct engine_fixture *f, const char *what)
{
    const struct tb_audit_filter all = {.since_ms = 0};
    struct tb_audit_entry entry = {.number = 0};
    struct tb_audit_entry last = {.number = 0};
    while (f->engine->ops->audit_next(f->engine, &all, &entry, &entry) == TB_OK)
        if (strcmp(entry.what, what) == 0)
            last = entry;
    return last;
}

static void it_is_kept_who_searched_and_opened(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_id first = tb_seed_customer_id(SEED_NUMBER, 0);
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
    struct tb_audit_entry entry = last_of(f, "customer.find");
    assert_string_equal(entry.operator, "op-7");
    assert_string_equal(entry.terminal, "till-0421-4");
    assert_string_equal(entry.store, "0421");
    assert_string_equal(entry.detail, "member card_forgotten 1");
    assert_true(tb_id_is_zero(&entry.customer));
    struct tb_engine_request fetch = {.ask = TB_ENGINE_FETCH,
                                      .peer = fixture_till("till-0421-4"),
                                      .fetch = {.customer = first, .operator= "op-8" } };
    assert_true(engine_fixture_ask(f, &fetch)->identify.found);
    entry = last_of(f, "customer.open");
    assert_string_equal(entry.operator, "op-8");
    assert_true(tb_id_equal(&entry.customer, &first));
    fetch.fetch.customer = fixture_id(404);
    assert_false(engine_fixture_ask(f, &fetch)->identify.found);
}

static void a_mutation_that_names_a_clerk_is_kept(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation begin = about(0, TB_MUTATION_VISIT_BEGIN);
    begin.visit = fixture_id(90);
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "found");
    (void)snprintf(begin.visit_begin.assurance, sizeof begin.visit_begin.assurance, "low");
    assert_applied(decide(f, &till, &begin), "");
    assert_int_equal(last_of(f, "visit.begin").number, 0);
    (void)snprintf(begin.operator, sizeof begin.operator, "op-7");
    assert_applied(decide(f, &till, &begin), "");
    assert_string_equal(last_of(f, "visit.begin").detail, "found - low");
    struct tb_engine_peer web = fixture_web(0); /* a shopper is no clerk, whatever she says */
    struct tb_mutation set = about(0, TB_MUTATION_CONSENT_SET);
    (void)snprintf(set.consent.consent, sizeof set.consent.consent, "marketing");
    (void)snprintf(set.consent.text_version, sizeof set.consent.text_version, "1");
    (void)snprintf(set.operator, sizeof set.operator, "op-7");
    assert_applied(decide(f, &web, &set), "");
    assert_int_equal(last_of(f, "consent.set").number, 0);
    set.operator[0] = '\0';
    assert_applied(decide(f, &till, &set), "");
    assert_string_equal(last_of(f, "consent.set").detail, "marketing refused 1");
}

static void the_audit_is_read_by_whom_and_when_and_ends(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_audit_entry entry;
    bool more = true;
    assert_int_equal(find(f, "till-0421-4", TB_FIND_MEMBER, "0000000001")->err, TB_OK);
    f->wall_ms += HOUR_MS;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation create = sign_up(70, "Mara");
    (void)snprintf(create.operator, sizeof create.operator, "op-8");
    assert_applied(decide(f, &till, &create), "");
    struct tb_audit_filter filter = {.operator_id = "op-8"};
    assert_int_equal(f->engine->ops->audit_next(f->engine, &filter, NULL, &entry), TB_OK);
    assert_string_equal(entry.what, "customer.create");
    assert_int_equal(f->engine->ops->audit_next(f->engine, &filter, &entry, &entry), TB_ERR_NOT_FOUND);
    filter = (struct tb_audit_filter){.customer = create.customer};
    assert_int_equal(f->engine->ops->audit_next(f->engine, &filter, NULL, &entry), TB_OK);
    filter = (struct tb_audit_filter){.since_ms = f->wall_ms};
    assert_int_equal(f->engine->ops->audit_next(f->engine, &filter, NULL, &entry), TB_OK);
    assert_string_equal(entry.what, "customer.create");
    engine_fixture_load(
        f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.audit_keep_ms = HOUR_MS / 2});
    while (more)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_int_equal(last_of(f, "customer.find").number, 0);
    assert_int_not_equal(last_of(f, "customer.create").number, 0);
}

/* ---- notes of staff ---- */

static struct tb_mutation note(enum tb_mutation_kind kind, unsigned number, const char *text)
{
    struct tb_mutation m = about(0, kind);
    m.staff_note.note = fixture_id(number);
    (void)snprintf(m.staff_note.text, sizeof m.staff_note.text, "%s", text);
    return m;
}

static void clerk_put(struct engine_fixture *f, const char *id, const char *name, const char *store)
{
    engine_fixture_load(
        f, &(struct tb_record){.kind = TB_RECORD_OPERATOR,
                               .as.clerk = {.id = id, .name = name, .store = store, .active = true}});
}

static void staff_read_what_staff_wrote(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = note(TB_MUTATION_NOTE_ADD, 60, "asks for a bag");
    clerk_put(f, "op-7", "Kim Berg", "");
    (void)snprintf(add.operator, sizeof add.operator, "op-7");
    const struct tb_customer *customer = customer_of(decide(f, &till, &add));
    size_t count = customer->note_count;
    assert_true(count >= 1);
    assert_string_equal(customer->notes[0].text, "asks for a bag");
    assert_string_equal(customer->notes[0].by, "Kim Berg");
    f->wall_ms++;
    struct tb_mutation second = note(TB_MUTATION_NOTE_ADD, 61, "left-handed");
    customer = customer_of(decide(f, &till, &second));
    assert_string_equal(customer->notes[0].text, "left-handed");
    assert_string_equal(customer->notes[0].by, "Till 4"); /* nobody was signed on */
    assert_rejected(decide(f, &till, &second), "note_exists");
    struct tb_mutation gone = note(TB_MUTATION_NOTE_REMOVE, 61, "");
    gone.customer = tb_seed_customer_id(SEED_NUMBER, 1);
    assert_rejected(decide(f, &till, &gone), "note_unknown");
    gone.customer = tb_seed_customer_id(SEED_NUMBER, 0);
    assert_int_equal(customer_of(decide(f, &till, &gone))->note_count, count);
    assert_int_equal(customer_of(decide(f, &till, &gone))->note_count, count);
}

static void a_shopper_does_not_read_them(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation add = note(TB_MUTATION_NOTE_ADD, 60, "asks for a bag");
    assert_applied(decide(f, &till, &add), "");
    struct tb_engine_request feed = fixture_feed(&web, TB_SCOPE_CUSTOMER, &(struct tb_cursor){.size = 0});
    feed.feed.scope.customer = web.customer;
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &feed);
    assert_int_equal(answer->err, TB_OK);
    struct tb_json doc = doc_of(&answer->feed.rows, TB_ROW_CUSTOMER);
    assert_true(tb_json_exists(doc));
    assert_false(tb_json_has(doc, "notes"));
    feed.peer = till;
    assert_true(tb_json_has(doc_of(&engine_fixture_ask(f, &feed)->feed.rows, TB_ROW_CUSTOMER), "notes"));
    struct tb_mutation own = note(TB_MUTATION_NOTE_ADD, 62, "always a discount");
    assert_rejected(decide(f, &web, &own), "not_allowed");
}

static void notes_are_bounded_and_end(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_customer *customer = NULL;
    bool more = true;
    for (unsigned i = 0; i < 40; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "note %u", i);
        f->wall_ms++;
        struct tb_mutation add = note(TB_MUTATION_NOTE_ADD, 600 + i, text);
        customer = customer_of(decide(f, &till, &add));
    }
    assert_int_equal(customer->note_count, TB_STAFF_NOTE_COUNT_MAX);
    assert_string_equal(customer->notes[0].text, "note 39");
    assert_string_equal(customer->notes[7].text, "note 32");
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.note_keep_ms = HOUR_MS});
    f->wall_ms += 2 * HOUR_MS;
    while (more)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    struct tb_mutation last = note(TB_MUTATION_NOTE_ADD, 700, "x");
    assert_int_equal(customer_of(decide(f, &till, &last))->note_count, 1);
}

/* ---- products that she looked at ---- */

static struct tb_mutation viewed(const char *id, const char *data)
{
    struct tb_mutation m = about(20, TB_MUTATION_JOURNEY_EVENT);
    m.event = (struct tb_cloud_event){.id = tb_span_str(id),
                                      .source = tb_span_str("/shop"),
                                      .type = tb_span_str("product.viewed"),
                                      .data = tb_span_str(data)};
    return m;
}

static const struct tb_customer *customer_read(struct engine_fixture *f, uint32_t index)
{
    static struct tb_customer customer;
    struct tb_engine_request fetch = {.ask = TB_ENGINE_FETCH,
                                      .peer = fixture_till("till-0421-4"),
                                      .fetch.customer = tb_seed_customer_id(SEED_NUMBER, index)};
    struct tb_check check = {.err = TB_OK};
    tb_customer_decode(&check, doc_of(&engine_fixture_ask(f, &fetch)->identify.rows, TB_ROW_CUSTOMER),
                       &customer);
    assert_int_equal(check.err, TB_OK);
    return &customer;
}

static void what_she_looked_at_is_shown_as_long_as_she_agrees(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(20);
    struct tb_mutation set = about(20, TB_MUTATION_CONSENT_SET);
    (void)snprintf(set.consent.consent, sizeof set.consent.consent, "profiling");
    (void)snprintf(set.consent.text_version, sizeof set.consent.text_version, "1");
    struct tb_mutation first = viewed("1", "{\"gtin\":\"04006381333931\"}");
    struct tb_mutation second = viewed("2", "{\"gtin\":\"00000000000017\"}");
    struct tb_mutation others[] = {viewed("3", "{\"gtin\":17}"), viewed("4", "{\"gtin\":\"17\"}"),
                                   viewed("5", "{\"gtin\":\"4006381333931x\"}"), viewed("6", "{}")};
    size_t before = customer_read(f, 20)->viewed_count;
    assert_applied(decide(f, &web, &first), "");
    assert_int_equal(customer_read(f, 20)->viewed_count, before);
    set.consent.granted = true;
    assert_applied(decide(f, &web, &set), "");
    f->wall_ms++;
    const struct tb_engine_answer *answer = decide(f, &web, &second);
    assert_true(answer->apply.change_count > 0);
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        assert_applied(decide(f, &web, &others[i]), "");
    const struct tb_customer *customer = customer_read(f, 20);
    assert_int_equal(customer->viewed_count, 2);
    assert_string_equal(customer->viewed[0].gtin, "00000000000017");
    assert_int_equal(customer->viewed[0].at_ms, f->wall_ms);
    assert_string_equal(customer->viewed[1].gtin, "04006381333931");
    set.consent.granted = false;
    assert_applied(decide(f, &web, &set), "");
    assert_int_equal(customer_read(f, 20)->viewed_count, 0);
}

/* ---- credentials of several ---- */

static struct tb_mutation share_of(uint32_t customer, bool share)
{
    struct tb_mutation m = about(customer, TB_MUTATION_CREDENTIAL_LINK);
    m.link.ref = (struct tb_credential_ref){.kind = "member", .hash = {7, 7}};
    m.link.share = share;
    return m;
}

static const struct tb_engine_answer *identify(struct engine_fixture *f, const char *device)
{
    static struct tb_engine_request request;
    request = (struct tb_engine_request){.ask = TB_ENGINE_IDENTIFY,
                                         .peer = fixture_till(device),
                                         .identify = {.kind = "member", .hash = {7, 7}}};
    return engine_fixture_ask(f, &request);
}

static size_t customers_in(const struct tb_rows *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        count += rows->at[i].type == TB_ROW_CUSTOMER;
    return count;
}

static struct tb_credential_doc shared_doc(const struct tb_rows *rows)
{
    struct tb_credential_doc doc = {.kind = ""};
    struct tb_check check = {.err = TB_OK};
    char id[2 * TB_LOOKUP_HASH_SIZE + 1] = "0707";
    memset(id + 4, '0', sizeof id - 5);
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_rows one = {.at = &rows->at[i], .count = 1};
        if (rows->at[i].type == TB_ROW_CREDENTIAL && strcmp(rows->at[i].id, id) == 0)
            tb_credential_doc_decode(&check, doc_of(&one, TB_ROW_CREDENTIAL), &doc);
    }
    assert_int_equal(check.err, TB_OK);
    assert_string_equal(doc.kind, "member");
    return doc;
}

static void a_family_has_one_card(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation first = share_of(0, false);
    struct tb_mutation plain = share_of(1, false);
    struct tb_mutation second = share_of(1, true);
    assert_applied(decide(f, &till, &first), "");
    assert_rejected(decide(f, &till, &plain), "credential_taken");
    const struct tb_engine_answer *answer = decide(f, &till, &second);
    assert_applied(answer, "");
    assert_int_equal(answer->apply.verdicts[0].version, 2);
    assert_int_equal(shared_doc(&answer->apply.rows).also_count, 1);
    assert_applied(decide(f, &till, &second), "");
    for (uint32_t i = 2; i < TB_SHARED_COUNT_MAX; i++) {
        struct tb_mutation more = share_of(i, true);
        assert_applied(decide(f, &till, &more), "");
    }
    struct tb_mutation ninth = share_of(TB_SHARED_COUNT_MAX, true);
    assert_rejected(decide(f, &till, &ninth), "share_limit");

    answer = identify(f, "till-0421-4");
    assert_true(answer->identify.found);
    assert_int_equal(customers_in(&answer->identify.rows), TB_SHARED_COUNT_MAX);
    for (size_t i = 0; i < TB_SHARED_COUNT_MAX; i++) {
        struct tb_id id = tb_seed_customer_id(SEED_NUMBER, (uint32_t)i);
        assert_int_equal(answer->identify.rows.at[i].type, TB_ROW_CUSTOMER);
        assert_true(i > 0 || tb_id_equal(&answer->identify.rows.at[i].customer, &id));
    }
    assert_int_equal(shared_doc(&answer->identify.rows).also_count, TB_SHARED_COUNT_MAX - 1);
    struct tb_mutation block = about(3, TB_MUTATION_CREDENTIAL_BLOCK);
    memcpy(block.block.hash, first.link.ref.hash, sizeof block.block.hash);
    block.block.reason = TB_BLOCK_LOST;
    assert_applied(decide(f, &till, &block), "");
    assert_false(identify(f, "till-0421-4")->identify.found);
}

static void a_shared_card_outlives_those_who_are_erased(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_id erasure;
    for (uint32_t i = 0; i < 3; i++) {
        struct tb_mutation m = share_of(i, i > 0);
        f->wall_ms++;
        assert_applied(decide(f, &till, &m), "");
    }
    int64_t version = 0;
    for (uint32_t i = 0; i < 2; i++) { /* whose it is in its row, then another one */
        struct tb_id id = tb_seed_customer_id(SEED_NUMBER, i == 0 ? 0 : 2);
        assert_int_equal(f->engine->ops->erase(f->engine, &id, &erasure), TB_OK);
        const struct tb_engine_answer *answer = identify(f, "till-0421-4");
        assert_true(answer->identify.found);
        assert_int_equal(customers_in(&answer->identify.rows), 2 - i);
        assert_int_equal(shared_doc(&answer->identify.rows).also_count, 1 - i);
        struct tb_id second = tb_seed_customer_id(SEED_NUMBER, 1);
        for (size_t k = 0; k < answer->identify.rows.count; k++) {
            const struct tb_row *row = &answer->identify.rows.at[k];
            if (row->type != TB_ROW_CREDENTIAL || strncmp(row->id, "0707", 4) != 0)
                continue;
            assert_true(tb_id_equal(&row->customer, &second));
            assert_true(row->version > version);
            version = row->version;
        }
    }
    const struct tb_audit_filter hers = {.customer = erasure}; /* what was done stays, as the erasure's */
    struct tb_audit_entry entry;
    assert_int_equal(f->engine->ops->audit_next(f->engine, &hers, NULL, &entry), TB_OK);
    assert_string_equal(entry.what, "credential.link");
}

static void a_badge_is_no_customer_s(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation link = share_of(0, true);
    (void)snprintf(link.link.ref.kind, sizeof link.link.ref.kind, "%s",
                   tb_credential_kind_name(TB_CREDENTIAL_BADGE));
    assert_rejected(decide(f, &till, &link), "credential_taken");
    struct tb_mutation create = sign_up(70, "Mara");
    create.create.ref = link.link.ref;
    assert_rejected(decide(f, &till, &create), "credential_taken");
}

/* ---- clerks ---- */

struct operator_seen {
    int64_t version;
    enum tb_row_op op; /* NONE: no row */
    struct tb_operator doc;
};

/* What the device feed of a terminal says of that clerk, from the beginning. */
static struct operator_seen seen_at(struct engine_fixture *f, const char *device, const char *store,
                                    const char *id)
{
    struct tb_engine_peer till = fixture_till(device);
    (void)snprintf(till.store, sizeof till.store, "%s", store);
    struct tb_engine_request feed = fixture_feed(&till, TB_SCOPE_DEVICE, &(struct tb_cursor){.size = 0});
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &feed);
    struct operator_seen seen = {.op = TB_ROW_OP_NONE};
    struct tb_check check = {.err = TB_OK};
    assert_int_equal(answer->err, TB_OK);
    for (size_t i = 0; i < answer->feed.rows.count; i++) {
        const struct tb_row *row = &answer->feed.rows.at[i];
        const struct tb_rows one = {.at = row, .count = 1};
        if (row->type != TB_ROW_OPERATOR || strcmp(row->id, id) != 0 || row->version <= seen.version)
            continue;
        seen = (struct operator_seen){.op = row->op, .version = row->version};
        if (row->op == TB_ROW_PUT)
            tb_operator_decode(&check, doc_of(&one, TB_ROW_OPERATOR), &seen.doc);
    }
    assert_int_equal(check.err, TB_OK);
    return seen;
}

static void terminals_know_the_clerks_of_their_store(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_record record = {
        .kind = TB_RECORD_OPERATOR,
        .as.clerk = {
            .id = "op-7", .name = "Kim Berg", .badge = tb_span_str("004711"), .store = "", .active = true}};
    engine_fixture_load(f, &record);
    struct operator_seen seen = seen_at(f, "till-0421-4", "0421", "op-7");
    assert_int_equal(seen.op, TB_ROW_PUT);
    assert_string_equal(seen.doc.name, "Kim Berg");
    assert_true(seen.doc.has_badge && seen.doc.active);
    assert_int_equal(seen_at(f, "till-0422-4", "0422", "op-7").op, TB_ROW_PUT);

    record.as.clerk.store = "0421"; /* from now on in one store only */
    engine_fixture_load(f, &record);
    struct operator_seen here = seen_at(f, "till-0421-4", "0421", "op-7");
    struct operator_seen there = seen_at(f, "till-0422-4", "0422", "op-7");
    assert_int_equal(here.op, TB_ROW_PUT);
    assert_true(here.version > seen.version);
    assert_int_equal(there.op, TB_ROW_DROP);
    assert_true(there.version > seen.version);

    record.as.clerk.removed = true;
    engine_fixture_load(f, &record);
    assert_int_equal(seen_at(f, "till-0421-4", "0421", "op-7").op, TB_ROW_DROP);
    assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
    assert_int_equal(f->engine->ops->load_put(f->engine, &record), TB_ERR_NOT_FOUND);
    assert_int_equal(f->engine->ops->load_end(f->engine, false), TB_OK);
    record.as.clerk.removed = false;
    engine_fixture_load(f, &record);
    assert_int_equal(seen_at(f, "till-0421-4", "0421", "op-7").op, TB_ROW_PUT);
}

static void consents_are_asked_in_the_words_of_the_chain(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_policy policy;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_check check = {.err = TB_OK};
    static const char texts[] = "{\"consents\":[{\"id\":\"marketing\",\"text_version\":\"2026-03\"},"
                                "{\"id\":\"club\",\"text_version\":\"2\",\"texts\":[{\"language\":\"en\","
                                "\"text\":\"Join \\\"us\\\"?\"},"
                                "{\"language\":\"de-AT\",\"text\":\"<b>Mitmachen</b>?\"}]}]}";
    engine_fixture_load(
        f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy = {.consent_texts = tb_span_str(texts)}});
    engine_fixture_load(f,
                        &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy = {.phone_country = "49"}});
    struct tb_engine_request feed = fixture_feed(&till, TB_SCOPE_DEVICE, &(struct tb_cursor){.size = 0});
    tb_policy_decode(&check, doc_of(&engine_fixture_ask(f, &feed)->feed.rows, TB_ROW_POLICY), &policy);
    assert_int_equal(check.err, TB_OK);
    assert_int_equal(policy.consent_count, 2);
    assert_string_equal(policy.consents[1].text_version, "2");
    assert_int_equal(policy.consent_word_count, 2);
    assert_string_equal(policy.consent_words[1].language, "de-AT");
    assert_string_equal(policy.consent_text + policy.consent_words[0].at, "Join \"us\"?");
    assert_string_equal(policy.consent_text + policy.consent_words[1].at, "<b>Mitmachen</b>?");
    assert_string_equal(policy.phone_country, "49");

    engine_fixture_load(f, /* another version: those words do not say what it is */
                        &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy = {.consents = "club=3"}});
    feed = fixture_feed(&till, TB_SCOPE_DEVICE, &(struct tb_cursor){.size = 0});
    tb_policy_decode(&check, doc_of(&engine_fixture_ask(f, &feed)->feed.rows, TB_ROW_POLICY), &policy);
    assert_true(policy.consent_count == 1 && policy.consent_word_count == 0);
}

static void the_policy_says_what_new_customers_are_asked(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_policy policy;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_check check = {.err = TB_OK};
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY,
                                               .as.policy = {.consents = "marketing=2026-03,profiling=1",
                                                             .phone_country = "351",
                                                             .display = {"Open till 8", NULL},
                                                             .accent = "#e8bf00"}});
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.idle_ms = 5000});
    struct tb_engine_request feed = fixture_feed(&till, TB_SCOPE_DEVICE, &(struct tb_cursor){.size = 0});
    tb_policy_decode(&check, doc_of(&engine_fixture_ask(f, &feed)->feed.rows, TB_ROW_POLICY), &policy);
    assert_int_equal(check.err, TB_OK);
    assert_int_equal(policy.consent_count, 2);
    assert_string_equal(policy.consents[1].id, "profiling");
    assert_string_equal(policy.consents[0].text_version, "2026-03");
    assert_string_equal(policy.phone_country, "351");
    assert_string_equal(policy.accent, "#e8bf00");
    assert_string_equal(policy.display_idle[0], "Open till 8");
    assert_string_equal(policy.display_idle[1], "");
    const struct tb_record_policy bad[] = {{.consents = "a b=1"},
                                           {.consents = "marketing"},
                                           {.consents = "a=1,a=1,a=1,a=1,a=1,a=1,a=1,a=1,a=1"},
                                           {.consent_texts = tb_span_str("{\"consents\":7}")},
                                           {.consent_texts = tb_span_str("{\"consents\":")},
                                           {.consent_texts = tb_span_str("[]")},
                                           {.phone_country = "049"},
                                           {.phone_country = "1234"},
                                           {.display = {NULL, "\x1b@"}},
                                           {.accent = "orange"},
                                           {.operator_required = "maybe"}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad); i++) {
        const struct tb_record record = {.kind = TB_RECORD_POLICY, .as.policy = bad[i]};
        assert_int_equal(f->engine->ops->load_begin(f->engine), TB_OK);
        assert_int_not_equal(f->engine->ops->load_put(f->engine, &record), TB_OK);
        assert_int_equal(f->engine->ops->load_end(f->engine, false), TB_OK);
    }
    struct tb_mutation create = sign_up(70, "Ana");
    with_contacts(&create, "21 000 00 00", "");
    assert_applied(decide(f, &till, &create), "");
    assert_int_equal(find(f, "till-0421-4", TB_FIND_PHONE, "+351 210000000")->find.count, 1);
}

#define COUNTER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        COUNTER_TEST(she_is_found_by_whatever_way_she_is_reached),
        COUNTER_TEST(a_member_number_is_found_lost_or_not),
        COUNTER_TEST(several_may_be_reached_alike),
        COUNTER_TEST(what_cannot_be_a_contact_makes_nobody),
        COUNTER_TEST(consents_come_with_her),
        COUNTER_TEST(a_terminal_searches_so_often_an_hour),
        COUNTER_TEST(that_it_may_not_is_kept_once_an_hour),
        COUNTER_TEST(nobody_searches_but_staff),
        COUNTER_TEST(it_is_kept_who_searched_and_opened),
        COUNTER_TEST(a_mutation_that_names_a_clerk_is_kept),
        COUNTER_TEST(the_audit_is_read_by_whom_and_when_and_ends),
        COUNTER_TEST(staff_read_what_staff_wrote),
        COUNTER_TEST(a_shopper_does_not_read_them),
        COUNTER_TEST(notes_are_bounded_and_end),
        COUNTER_TEST(what_she_looked_at_is_shown_as_long_as_she_agrees),
        COUNTER_TEST(a_family_has_one_card),
        COUNTER_TEST(a_shared_card_outlives_those_who_are_erased),
        COUNTER_TEST(a_badge_is_no_customer_s),
        COUNTER_TEST(terminals_know_the_clerks_of_their_store),
        COUNTER_TEST(the_policy_says_what_new_customers_are_asked),
        COUNTER_TEST(consents_are_asked_in_the_words_of_the_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
