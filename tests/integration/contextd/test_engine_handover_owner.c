/* Hand-overs of nobody's cart that became somebody's: they are hers, in what she is told of and when she is
 * erased. */
#include "tests/integration/contextd/engine_handovers.h"

#define DAY_MS (24LL * 3600 * 1000)
#define NOTE "Looks for a zithermaker"

static struct tb_id owner(void)
{
    return tb_seed_customer_id(SEED_NUMBER, 0);
}

static struct tb_mutation noted(unsigned number, unsigned cart)
{
    struct tb_mutation ask = request_of((struct tb_id){{0}}, number, "any");
    ask.cart = fixture_id(cart);
    (void)snprintf(ask.handover.note, sizeof ask.handover.note, "%s", NOTE);
    return ask;
}

static size_t notes_in_file(const struct engine_fixture *f)
{
    return engine_fixture_find_bytes(f, (const uint8_t *)NOTE, strlen(NOTE));
}

static enum tb_err section_ignore(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TB_OK;
}

struct search {
    const char *text;
    size_t count;
};

static enum tb_err item_search(void *context, struct tb_span json)
{
    struct search *search = context;
    search->count += memmem(json.at, json.size, search->text, strlen(search->text)) != NULL;
    return TB_OK;
}

static size_t exported(struct engine_fixture *f, const char *text)
{
    struct search search = {.text = text};
    const struct tb_id customer = owner();
    const struct tb_export_sink sink = {.section = section_ignore, .item = item_search, .context = &search};
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_OK);
    return search.count;
}

static size_t notes_exported(struct engine_fixture *f)
{
    return exported(f, NOTE);
}

static void erase(struct engine_fixture *f)
{
    const struct tb_id customer = owner();
    struct tb_id erasure;
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
}

/* What the store's terminals hold of it ends, and says nothing. */
static void assert_told_gone(struct engine_fixture *f, struct tb_cursor *cursor, unsigned number)
{
    const struct tb_rows *rows = told(f, "till-0421-4", cursor);
    const struct tb_id id = fixture_id(number);
    struct tb_id object;
    assert_int_equal(rows->count, 1);
    assert_int_equal(tb_row_object(&rows->at[0], &object), TB_OK);
    assert_true(tb_id_equal(&object, &id));
    assert_int_equal(rows->at[0].op, TB_ROW_DROP);
    assert_int_equal(rows->at[0].doc.size, 0);
}

static void one_of_a_cart_that_joined_hers_is_erased_with_her(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = noted(1, 40);
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, ask));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask)));
    assert_int_equal(notes_exported(f), 0);
    assert_applied(decide(f, &till, joined_by(40, false)));
    assert_int_equal(notes_exported(f), 1);
    (void)told(f, "till-0421-4", &cursor);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
    assert_told_gone(f, &cursor, 1);
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_unknown");
}

/* What carts joined is kept for a shorter time than notes are. */
static void it_is_hers_for_as_long_as_it_is_kept(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    bool more = true;
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_applied(decide(f, &kiosk, joined_by(40, false)));
    f->wall_ms += 100 * DAY_MS;
    while (more)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

static void a_merge_that_is_taken_back_gives_it_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_applied(decide(f, &kiosk, joined_by(40, false)));
    assert_applied(decide(f, &kiosk, joined_by(40, true)));
    assert_int_equal(notes_exported(f), 0);
    erase(f);
    assert_true(notes_in_file(f) > 0);
}

/* The merge was decided before the request, which waited in a kiosk. */
static void one_that_comes_after_the_merge_is_hers(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, joined_by(40, false)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

static void one_of_a_cart_that_she_bought_is_hers(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation sale = paid_of(40, "7");
    sale.customer = owner();
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    (void)decide(f, &till, sale);
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

static struct tb_mutation merge_by(const struct tb_engine_peer *web, unsigned cart)
{
    struct tb_mutation m = joined_by(cart, false);
    m.customer = web->customer;
    return m;
}

/* Who knows the id of a cart was not handed it yet. */
static void on_the_web_a_cart_joins_only_who_accepted_its_hand_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer other = fixture_web(1);
    struct tb_mutation ask = noted(1, 40);
    ask.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_rejected(decide(f, &web, merge_by(&web, 40)), "handover_unknown");
    assert_applied(decide(f, &kiosk, ask));
    assert_rejected(decide(f, &web, merge_by(&web, 40)), "handover_unknown"); /* nor while it is open */

    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask);
    accept.customer = web.customer;
    assert_applied(decide(f, &web, accept));
    struct tb_mutation theft = merge_by(&other, 40);
    theft.cart = fixture_id(801);
    assert_rejected(decide(f, &other, theft), "handover_unknown");
    assert_applied(decide(f, &kiosk, anonymous_add(41)));
    assert_rejected(decide(f, &web, merge_by(&web, 41)), "handover_unknown"); /* another one than that */
    assert_applied(decide(f, &web, merge_by(&web, 40)));
    assert_int_equal(notes_exported(f), 1);
}

static void a_till_that_accepted_opens_no_cart_to_the_web(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation ask = noted(1, 40);
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, ask));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)));
    assert_rejected(decide(f, &web, merge_by(&web, 40)), "handover_unknown");
    assert_applied(decide(f, &till, joined_by(40, false))); /* where she stands and showed who she is */
}

/* A page sends both at once: what is refused first takes the other with it. */
static void accepting_and_joining_are_asked_for_at_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer peers[2] = {fixture_web(0), fixture_web(1)};
    struct tb_mutation ask = noted(1, 40);
    ask.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, ask));
    for (size_t i = 0; i < TB_ARRAY_SIZE(peers); i++) {
        struct tb_mutation both[2] = {answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask), merge_by(&peers[i], 40)};
        both[0].customer = peers[i].customer;
        both[1].cart = fixture_id(800 + (unsigned)i);
        for (size_t k = 0; k < TB_ARRAY_SIZE(both); k++) {
            both[k].seq = (int64_t)k + 1;
            both[k].made_ms = NOW_MS;
        }
        struct tb_engine_request request = fixture_apply(&peers[i], both, 2);
        request.apply.incarnation = fixture_id(6000 + (unsigned)i);
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->apply.count, 2);
        assert_string_equal(answer->apply.verdicts[0].code, i == 0 ? "" : "handover_taken");
        assert_string_equal(answer->apply.verdicts[1].code, i == 0 ? "" : "handover_unknown");
    }
}

/* ---- accepted on her phone ---- */

#define TAKEN "\"taken_ms\":1790000000000"

/* In how many places the phone's name stands, which is made of her id. */
static size_t phones_in_file(const struct engine_fixture *f)
{
    const struct tb_engine_peer web = fixture_web(0);
    return engine_fixture_find_bytes(f, (const uint8_t *)web.device, strlen(web.device));
}

static void phone_accept(struct engine_fixture *f, unsigned number, unsigned cart)
{
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation ask = noted(number, cart);
    ask.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(cart)));
    assert_applied(decide(f, &kiosk, ask));
    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask);
    accept.customer = owner();
    assert_applied(decide(f, &web, accept));
}

/* Nobody's it stays, and it was she who went on with it; what was noted there is not about her. */
static void that_she_took_nobodys_cart_is_told_her_and_erased(void **state)
{
    struct engine_fixture *f = *state;
    phone_accept(f, 1, 40);
    assert_int_equal(exported(f, TAKEN), 1);
    assert_int_equal(notes_exported(f), 0);
    assert_true(phones_in_file(f) > 0);
    erase(f);
    assert_int_equal(phones_in_file(f), 0);
    assert_true(notes_in_file(f) > 0);
}

static void so_it_is_when_the_carts_are_parted_again(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    phone_accept(f, 1, 40);
    assert_applied(decide(f, &web, joined_by(40, false)));
    assert_int_equal(notes_exported(f), 1);
    assert_applied(decide(f, &web, joined_by(40, true)));
    assert_int_equal(exported(f, TAKEN), 1);
    assert_int_equal(notes_exported(f), 0);
    erase(f);
    assert_int_equal(phones_in_file(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(one_of_a_cart_that_joined_hers_is_erased_with_her),
        ENGINE_TEST(it_is_hers_for_as_long_as_it_is_kept),
        ENGINE_TEST(a_merge_that_is_taken_back_gives_it_back),
        ENGINE_TEST(one_that_comes_after_the_merge_is_hers),
        ENGINE_TEST(one_of_a_cart_that_she_bought_is_hers),
        ENGINE_TEST(that_she_took_nobodys_cart_is_told_her_and_erased),
        ENGINE_TEST(so_it_is_when_the_carts_are_parted_again),
        ENGINE_TEST(on_the_web_a_cart_joins_only_who_accepted_its_hand_over),
        ENGINE_TEST(a_till_that_accepted_opens_no_cart_to_the_web),
        ENGINE_TEST(accepting_and_joining_are_asked_for_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
