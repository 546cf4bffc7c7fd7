#include "contextd/seed/seed.h"

#include "contextd/seed/words.h"
#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/crypto/hash.h"

#include <stdio.h>

#define MINUTE_MS (60LL * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)
#define CART_LINES_MAX 6
#define TERMINALS 7 /* per store: six tills and a kiosk */
#define MEMBER_KIND "member"

enum stream {
    STREAM_CUSTOMER = 1,
    STREAM_CART,
    STREAM_LINE,
    STREAM_PEPPER,
    STREAM_PERSON,
    STREAM_HISTORY,
    STREAM_NOTE
};

struct making {
    const struct tb_seed *seed;
    const struct tb_seed_sink *sink;
    uint8_t pepper[TB_RECORD_PEPPER_SIZE];
};

static const char *const stores[][2] = {
    {"0421", "Harbour Street"}, {"0422", "Old Market"}, {"0500", "Central Station"}};

/* splitmix64 (Steele, Lea, Flood 2014): one multiplication chain, good enough for made-up people. */
static uint64_t mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15u;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static uint64_t draw(uint64_t number, enum stream stream, uint64_t index)
{
    return mix(mix(mix(number) + (uint64_t)stream) + index);
}

static void draw_bytes(uint64_t number, enum stream stream, uint64_t index, struct tb_buf *b)
{
    for (uint64_t i = 0; b->size < b->size_max; i++)
        tb_buf_add_u64be(b, draw(number, stream, index * 8 + i));
}

static struct tb_id draw_id(uint64_t number, enum stream stream, uint64_t index)
{
    struct tb_id id;
    struct tb_buf b = tb_buf_of(id.bytes, sizeof id.bytes);
    draw_bytes(number, stream, index, &b);
    return id;
}

struct tb_id tb_seed_customer_id(uint64_t number, uint32_t index)
{
    return draw_id(number, STREAM_CUSTOMER, index);
}

void tb_seed_member(uint32_t index, char ret_member[TB_SEED_MEMBER_SIZE])
{
    /* Fixed people count from 1; the others are spread so that neighbours are no neighbours. */
    uint32_t number = index < tb_seed_people_count ? index + 1 : 4200000000u + (index * 9973u) % 94967291u;
    (void)snprintf(ret_member, TB_SEED_MEMBER_SIZE, "%010u", number);
}

void tb_seed_gtin(uint32_t index, char ret_gtin[TB_RECORD_GTIN_SIZE + 1])
{
    /* GS1 prefix 952 is set aside for demonstrations and examples. */
    char digits[TB_RECORD_GTIN_SIZE];
    (void)snprintf(digits, sizeof digits, "0952%09u", 100000u + index % 100000u * 7u);
    unsigned sum = 0;
    for (size_t i = 0; i < TB_RECORD_GTIN_SIZE - 1; i++)
        sum += (unsigned)(digits[i] - '0') * (i % 2 ? 1 : 3);
    (void)snprintf(ret_gtin, TB_RECORD_GTIN_SIZE + 1, "%s%u", digits, (10 - sum % 10) % 10);
}

static enum tb_err put(const struct making *m, const struct tb_record *record)
{
    return m->sink->put(m->sink->context, record);
}

static enum tb_err make_chain(struct making *m)
{
    struct tb_buf b = tb_buf_of(m->pepper, sizeof m->pepper);
    draw_bytes(m->seed->number, STREAM_PEPPER, 0, &b);
    struct tb_record record = {.kind = TB_RECORD_CHAIN,
                               .as.chain = {.name = m->seed->chain,
                                            .currency = "EUR",
                                            .pepper_version = 1,
                                            .pepper = tb_span_of(m->pepper, sizeof m->pepper),
                                            .seed = (int64_t)m->seed->number}};
    return put(m, &record);
}

static enum tb_err make_terminal(const struct making *m, const char *store, uint32_t number, bool kiosk)
{
    char device[TB_RECORD_CODE_MAX];
    char name[TB_RECORD_CODE_MAX];
    char till[TB_RECORD_CODE_MAX];
    const char *role = kiosk ? "kiosk" : "till";
    (void)snprintf(device, sizeof device, "%s-%s-%u", role, store, number);
    (void)snprintf(name, sizeof name, "%s %u", kiosk ? "Kiosk" : "Till", number);
    (void)snprintf(till, sizeof till, "%u", number);
    struct tb_record record = {
        .kind = TB_RECORD_TERMINAL,
        .as.terminal = {.device = device, .store = store, .role = role, .name = name, .till = till}};
    return put(m, &record);
}

static enum tb_err make_store(const struct making *m, const char *const store[2])
{
    struct tb_record record = {.kind = TB_RECORD_STORE,
                               .as.store = {.id = store[0], .name = store[1], .language = "en"}};
    enum tb_err err = put(m, &record);
    for (uint32_t i = 1; i <= TERMINALS && err == TB_OK; i++)
        err = make_terminal(m, store[0], i, i == TERMINALS);
    return err;
}

static enum tb_err make_tiers(const struct making *m)
{
    static const struct tb_record_tier tiers[] = {
        {.id = "basic", .name = "Member", .symbol = "•", .color = "#5b6770", .points_from = 0},
        {.id = "silver", .name = "Silver", .symbol = "◆", .color = "#9aa5b1", .points_from = 500},
        {.id = "gold", .name = "Gold", .symbol = "★", .color = "#c9971c", .points_from = 1500},
        {.id = "platinum", .name = "Platinum", .symbol = "✦", .color = "#39424e", .points_from = 3000},
    };
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(tiers) && err == TB_OK; i++)
        err = put(m, &(struct tb_record){.kind = TB_RECORD_TIER, .as.tier = tiers[i]});
    return err;
}

static enum tb_err make_stock(const struct making *m, const char *gtin, uint32_t index)
{
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(stores) && err == TB_OK; i++) {
        /* The first articles are what a demonstration scans: in stock where it takes place. */
        uint64_t dice = draw(m->seed->number, STREAM_HISTORY, index * 4ULL + i) % 20;
        int64_t quantity = dice < 2 ? 0 : dice < 5 ? 2 : 12 + (int64_t)dice;
        if (index < tb_seed_articles_count && i == 0)
            quantity = index == 2 ? 0 : 25;
        struct tb_record record = {.kind = TB_RECORD_STOCK,
                                   .as.stock = {.gtin = gtin, .store = stores[i][0], .quantity = quantity}};
        err = put(m, &record);
    }
    return err;
}

static enum tb_err make_product(const struct making *m, uint32_t index)
{
    const struct tb_seed_article *article = &tb_seed_articles[index % tb_seed_articles_count];
    uint32_t variant = index / (uint32_t)tb_seed_articles_count;
    char gtin[TB_RECORD_GTIN_SIZE + 1];
    char name[TB_RECORD_TEXT_MAX];
    tb_seed_gtin(index, gtin);
    (void)snprintf(name, sizeof name, "%s, %s", article->name,
                   tb_seed_variants[variant % tb_seed_variants_count]);
    struct tb_record record = {
        .kind = TB_RECORD_PRODUCT,
        .as.product = {.gtin = gtin,
                       .name = name,
                       .unit_price = article->price_from + (int64_t)(variant % 7) * article->price_step}};
    enum tb_err err = put(m, &record);
    return err == TB_OK ? make_stock(m, gtin, index) : err;
}

static enum tb_err make_fact(const struct making *m, struct tb_id customer, enum tb_fact_kind kind,
                             uint32_t position, const char *text)
{
    if (text == NULL)
        return TB_OK;
    struct tb_record record = {
        .kind = TB_RECORD_FACT,
        .as.fact = {.customer = customer, .kind = kind, .position = position, .text = text}};
    return put(m, &record);
}

static enum tb_err make_facts(const struct making *m, struct tb_id customer,
                              const struct tb_seed_person *person)
{
    enum tb_err err = TB_OK;
    for (uint32_t i = 0; i < TB_ARRAY_SIZE(person->benefits) && err == TB_OK; i++)
        err = make_fact(m, customer, TB_FACT_BENEFIT, i, person->benefits[i]);
    if (err == TB_OK)
        err = make_fact(m, customer, TB_FACT_OPEN, 0, person->open);
    if (err == TB_OK)
        err = make_fact(m, customer, TB_FACT_DO_NOT_ASK, 0, person->do_not_ask);
    return err;
}

/* Something that a till can put aside, use and give back. */
static enum tb_err make_reward(const struct making *m, struct tb_id customer)
{
    struct tb_record record = {
        .kind = TB_RECORD_REWARD,
        .as.reward = {
            .customer = customer, .reward = "coffee", .text = "A coffee in our cafe", .value = 350}};
    return put(m, &record);
}

static enum tb_err make_card(const struct making *m, struct tb_id customer, const char *member, bool share)
{
    struct tb_span parts[] = {tb_span_of(MEMBER_KIND, sizeof MEMBER_KIND), tb_span_str(member)};
    struct tb_digest hash = tb_hmac_sha256_parts(tb_span_of(m->pepper, sizeof m->pepper), parts, 2);
    struct tb_record record = {
        .kind = TB_RECORD_CREDENTIAL,
        .as.credential = {
            .customer = customer, .kind = MEMBER_KIND, .hash = tb_digest_span(&hash), .share = share}};
    return put(m, &record);
}

static enum tb_err make_credential(const struct making *m, struct tb_id customer, uint32_t index)
{
    char member[TB_SEED_MEMBER_SIZE];
    tb_seed_member(index, member);
    return make_card(m, customer, member, false);
}

/* Every customer was lately in the first store, some in the others, too. */
static enum tb_err make_cohorts(const struct making *m, struct tb_id customer, uint32_t index)
{
    static const uint32_t one_in[] = {1, 3, 5};
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(stores) && err == TB_OK; i++) {
        if (index % one_in[i] != 0)
            continue;
        struct tb_record record = {
            .kind = TB_RECORD_COHORT,
            .as.cohort = {.customer = customer, .store = stores[i][0], .member = true}};
        err = put(m, &record);
    }
    return err;
}

static enum tb_err make_touch(const struct making *m, struct tb_id customer, const char *channel,
                              const char *what, int64_t at_ms)
{
    struct tb_record record = {
        .kind = TB_RECORD_TOUCH,
        .as.touch = {.customer = customer, .channel = channel, .what = what, .at_ms = at_ms}};
    return put(m, &record);
}

static enum tb_err make_lines(const struct making *m, struct tb_id cart, uint32_t index, uint32_t line_count,
                              int64_t touched_ms)
{
    /* A step per line keeps the products of one cart apart. */
    uint32_t product_count = m->seed->product_count;
    uint32_t step = product_count / CART_LINES_MAX;
    uint64_t first = draw(m->seed->number, STREAM_HISTORY, 2000000ULL + index);
    enum tb_err err = TB_OK;
    for (uint32_t i = 0; i < line_count && err == TB_OK; i++) {
        uint64_t dice = draw(m->seed->number, STREAM_HISTORY, 1000000ULL + index * 8ULL + i);
        char gtin[TB_RECORD_GTIN_SIZE + 1];
        tb_seed_gtin((uint32_t)((first % product_count + (uint64_t)i * step) % product_count), gtin);
        struct tb_record record = {
            .kind = TB_RECORD_CART_LINE,
            .as.cart_line = {.cart = cart,
                             .id =
                                 draw_id(m->seed->number, STREAM_LINE, (uint64_t)index * CART_LINES_MAX + i),
                             .gtin = gtin,
                             .channel = "web",
                             .quantity = 1 + (int64_t)(dice >> 32) % 3,
                             .added_ms = touched_ms - (int64_t)(line_count - 1 - i) * 2 * MINUTE_MS}};
        err = put(m, &record);
    }
    return err;
}

/* A cart begun on the web or in the app some minutes to two days ago, and how the customer came there. */
static enum tb_err make_cart(const struct making *m, struct tb_id customer, uint32_t index,
                             uint32_t line_count)
{
    uint64_t dice = draw(m->seed->number, STREAM_CART, index);
    const char *channel = dice % 3 == 0 ? "app" : "web";
    int64_t touched_ms = m->seed->wall_ms - (int64_t)(5 + dice % 2880) * MINUTE_MS;
    struct tb_id cart = draw_id(m->seed->number, STREAM_CART, index);
    struct tb_record record = {.kind = TB_RECORD_CART,
                               .as.cart = {.id = cart,
                                           .customer = customer,
                                           .touched_channel = channel,
                                           .touched_by = "",
                                           .touched_ms = touched_ms}};
    enum tb_err err = put(m, &record);
    if (err == TB_OK)
        err = make_lines(m, cart, index, line_count, touched_ms);
    if (err == TB_OK)
        err = make_touch(m, customer, "web", "product.viewed", touched_ms - DAY_MS);
    if (err == TB_OK)
        err = make_touch(m, customer, channel, "cart.changed", touched_ms);
    return err;
}

static enum tb_err make_person(const struct making *m, uint32_t index, const struct tb_seed_person *person)
{
    struct tb_id id = tb_seed_customer_id(m->seed->number, index);
    struct tb_record record = {.kind = TB_RECORD_CUSTOMER,
                               .as.customer = {.id = id,
                                               .name = person->name,
                                               .since = person->since,
                                               .tier = person->tier,
                                               .language = person->language,
                                               .home_store = stores[0][0],
                                               .points = person->points}};
    enum tb_err err = put(m, &record);
    if (err == TB_OK)
        err = make_facts(m, id, person);
    if (err == TB_OK && index % 4 == 0)
        err = make_reward(m, id);
    if (err == TB_OK)
        err = make_credential(m, id, index);
    if (err == TB_OK)
        err = make_cohorts(m, id, index);
    if (err == TB_OK && person->line_count > 0)
        err = make_cart(m, id, index, person->line_count);
    return err;
}

static enum tb_err make_stranger(const struct making *m, uint32_t index, bool with_cart)
{
    static const struct {
        const char *tier;
        int64_t points_from;
        int64_t points_span;
    } bands[] = {{"basic", 0, 500}, {"basic", 0, 500},     {"silver", 500, 1000},   {"gold", 1500, 1500},
                 {"basic", 0, 500}, {"silver", 500, 1000}, {"platinum", 3000, 6000}};
    uint64_t dice = draw(m->seed->number, STREAM_PERSON, index);
    size_t band = (size_t)(dice % TB_ARRAY_SIZE(bands));
    char name[TB_RECORD_TEXT_MAX];
    char since[5];
    (void)snprintf(name, sizeof name, "%s %s%s", tb_seed_titles[(dice >> 8) % tb_seed_titles_count],
                   tb_seed_surnames[(dice >> 16) % tb_seed_surnames_count],
                   tb_seed_surname_ends[(dice >> 24) % tb_seed_surname_ends_count]);
    (void)snprintf(since, sizeof since, "%u", (unsigned)(2012 + (dice >> 32) % 14));
    struct tb_seed_person person = {
        .name = name,
        .since = since,
        .tier = bands[band].tier,
        .language = tb_seed_languages[(dice >> 40) % tb_seed_languages_count],
        .points = bands[band].points_from + (int64_t)(dice >> 44) % bands[band].points_span,
        .line_count = with_cart ? 1 + (uint32_t)(dice >> 56) % CART_LINES_MAX : 0,
    };
    if (bands[band].points_from > 0)
        person.benefits[0] = tb_seed_perks[(dice >> 20) % tb_seed_perks_count];
    if (bands[band].points_from > 500)
        person.benefits[1] = tb_seed_perks[((dice >> 20) + 1) % tb_seed_perks_count];
    if (dice % 29 == 0)
        person.open = "Pick-up ready at the counter";
    return make_person(m, index, &person);
}

static enum tb_err make_customers(const struct making *m)
{
    enum tb_err err = TB_OK;
    uint32_t carts = 0;
    for (uint32_t i = 0; i < m->seed->customer_count && err == TB_OK; i++) {
        if (i < tb_seed_people_count) {
            carts += tb_seed_people[i].line_count > 0;
            err = make_person(m, i, &tb_seed_people[i]);
            continue;
        }
        /* Spread evenly: whoever fills the share that is due by now gets a cart. */
        uint64_t due = (uint64_t)m->seed->cart_count * (i + 1) / m->seed->customer_count;
        bool with_cart = carts < due && carts < m->seed->cart_count;
        carts += with_cart;
        err = make_stranger(m, i, with_cart);
    }
    return err;
}

enum tb_err tb_seed_run(const struct tb_seed *seed, const struct tb_seed_sink *sink)
{
    if (seed->product_count < CART_LINES_MAX ||
        seed->product_count > tb_seed_articles_count * tb_seed_variants_count)
        return TB_ERR_RANGE;
    struct making m = {.seed = seed, .sink = sink};
    enum tb_err err = make_chain(&m);
    for (size_t i = 0; i < TB_ARRAY_SIZE(stores) && err == TB_OK; i++)
        err = make_store(&m, stores[i]);
    if (err == TB_OK)
        err = make_tiers(&m);
    for (uint32_t i = 0; i < seed->product_count && err == TB_OK; i++)
        err = make_product(&m, i);
    if (err == TB_OK)
        err = make_customers(&m);
    return err;
}

/* ---- what a demonstration shows at the counter ---- */

static enum tb_err make_shared_card(const struct making *m)
{
    static const uint32_t people[] = {1, 2, 3};
    enum tb_err err = TB_OK;
    if (m->seed->customer_count < tb_seed_people_count)
        return TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(people) && err == TB_OK; i++)
        err = make_card(m, tb_seed_customer_id(m->seed->number, people[i]), TB_SEED_SHARED_MEMBER, i > 0);
    return err;
}

static enum tb_err make_clerks(const struct making *m)
{
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < tb_seed_clerks_count && err == TB_OK; i++) {
        const struct tb_seed_clerk *clerk = &tb_seed_clerks[i];
        struct tb_record record = {.kind = TB_RECORD_OPERATOR,
                                   .as.clerk = {.id = clerk->id,
                                                .name = clerk->name,
                                                .badge = tb_span_str(clerk->badge),
                                                .store = "",
                                                .active = true}};
        err = put(m, &record);
    }
    return err;
}

/* What new customers are asked, and where their telephones are. */
static enum tb_err make_policy(const struct making *m)
{
    struct tb_record record = {
        .kind = TB_RECORD_POLICY,
        .as.policy = {.consents = "marketing=2026-03,profiling=1", .phone_country = "49"}};
    return put(m, &record);
}

static enum tb_err make_contact(const struct making *m, struct tb_id customer,
                                const struct tb_seed_person *person)
{
    if (person->phone == NULL)
        return TB_OK;
    struct tb_record record = {
        .kind = TB_RECORD_CONTACT,
        .as.contact = {.customer = customer, .phone = person->phone, .email = person->email}};
    return put(m, &record);
}

static enum tb_err make_notes(const struct making *m, struct tb_id customer, uint32_t index,
                              const struct tb_seed_person *person)
{
    enum tb_err err = TB_OK;
    for (uint32_t i = 0; i < TB_ARRAY_SIZE(person->notes) && person->notes[i] && err == TB_OK; i++) {
        struct tb_record record = {.kind = TB_RECORD_NOTE,
                                   .as.note = {.customer = customer,
                                               .id = draw_id(m->seed->number, STREAM_NOTE, index * 4ULL + i),
                                               .by = tb_seed_clerks[i % tb_seed_clerks_count].name,
                                               .text = person->notes[i],
                                               .at_ms = m->seed->wall_ms - (int64_t)(12 + 40 * i) * DAY_MS}};
        err = put(m, &record);
    }
    return err;
}

/* She agreed that it is remembered what she looks at, and looked at what a demonstration has on its shelves.
 */
static enum tb_err make_profile(const struct making *m, struct tb_id customer, uint32_t index)
{
    static const uint32_t seen_min_ago[] = {35, 26 * 60, 50 * 60};
    struct tb_record record = {.kind = TB_RECORD_CONSENT,
                               .as.consent = {.customer = customer,
                                              .consent = "profiling",
                                              .text_version = "1",
                                              .granted = true,
                                              .at_ms = m->seed->wall_ms - 200 * DAY_MS}};
    enum tb_err err = put(m, &record);
    for (uint32_t i = 0; i < TB_ARRAY_SIZE(seen_min_ago) && err == TB_OK; i++) {
        char gtin[TB_RECORD_GTIN_SIZE + 1];
        tb_seed_gtin((index + i) % m->seed->product_count, gtin);
        record = (struct tb_record){.kind = TB_RECORD_VIEWED,
                                    .as.viewed = {.customer = customer,
                                                  .channel = "web",
                                                  .gtin = gtin,
                                                  .at_ms = m->seed->wall_ms - seen_min_ago[i] * MINUTE_MS}};
        err = put(m, &record);
    }
    return err;
}

static enum tb_err make_about(const struct making *m, uint32_t index)
{
    const struct tb_seed_person *person = &tb_seed_people[index];
    struct tb_id customer = tb_seed_customer_id(m->seed->number, index);
    enum tb_err err = make_contact(m, customer, person);
    if (err == TB_OK)
        err = make_notes(m, customer, index, person);
    return err == TB_OK && person->profiled ? make_profile(m, customer, index) : err;
}

enum tb_err tb_seed_counter_run(const struct tb_seed *seed, const struct tb_seed_sink *sink)
{
    struct making m = {.seed = seed, .sink = sink};
    struct tb_buf pepper = tb_buf_of(m.pepper, sizeof m.pepper);
    draw_bytes(seed->number, STREAM_PEPPER, 0, &pepper);
    enum tb_err err = make_policy(&m);
    if (err == TB_OK)
        err = make_clerks(&m);
    for (uint32_t i = 0; i < tb_seed_people_count && i < seed->customer_count && err == TB_OK; i++)
        err = make_about(&m, i);
    return err == TB_OK ? make_shared_card(&m) : err;
}
