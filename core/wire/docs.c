#include "core/wire/docs.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/member.h"

static const int64_t DURATION_MS_MAX = INT64_C(366) * 24 * 3600 * 1000;

void tb_texts_decode(struct tb_check *c, struct tb_json doc, const char *name, struct tb_texts *ret)
{
    ret->count = 0;
    if (!tb_json_has(doc, name))
        return;
    struct tb_json array = tb_json_array(c, doc, name, TB_TEXT_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        tb_json_str(c, each.value, "text", ret->text[ret->count], sizeof ret->text[0]);
        ret->count++;
    }
    if (c->err != TB_OK)
        ret->count = 0;
}

void tb_texts_encode(struct tb_json_writer *w, const char *name, const struct tb_texts *texts)
{
    tb_json_open_array(w, name);
    for (size_t i = 0; i < texts->count; i++) {
        tb_json_open(w, NULL);
        tb_json_put_str(w, "text", texts->text[i]);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_journey_decode(struct tb_check *c, struct tb_json doc, struct tb_journey *ret)
{
    ret->event_count = 0;
    struct tb_json array = tb_json_array(c, doc, "events", TB_JOURNEY_EVENT_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_journey_event *event = &ret->events[ret->event_count++];
        event->at_ms = tb_member_time(c, each.value, "at_ms");
        event->channel = tb_member_opt_channel(c, each.value, "channel");
        tb_json_str(c, each.value, "what", event->what, sizeof event->what);
    }
    if (c->err != TB_OK)
        ret->event_count = 0;
}

void tb_journey_encode(struct tb_json_writer *w, const char *name, const struct tb_journey *journey)
{
    tb_json_open(w, name);
    tb_json_open_array(w, "events");
    for (size_t i = 0; i < journey->event_count; i++) {
        const struct tb_journey_event *event = &journey->events[i];
        tb_json_open(w, NULL);
        tb_json_put_int(w, "at_ms", event->at_ms);
        tb_member_put_opt_str(w, "channel", tb_channel_names[event->channel]);
        tb_json_put_str(w, "what", event->what);
        tb_json_close(w);
    }
    tb_json_close_array(w);
    tb_json_close(w);
}

void tb_product_decode(struct tb_check *c, struct tb_json doc, struct tb_product *ret)
{
    *ret = (struct tb_product){.gtin = ""};
    if (tb_json_has(doc, "gtin"))
        tb_member_gtin(c, doc, "gtin", ret->gtin);
    tb_json_str(c, doc, "name", ret->name, sizeof ret->name);
    ret->unit_price = tb_member_money(c, doc, "unit_price");
    tb_member_currency(c, doc, "currency", ret->currency);
    ret->stock = tb_member_opt_stock(c, doc, "stock");
    ret->price_as_of_ms = tb_member_opt_time(c, doc, "price_as_of");
}

void tb_product_encode(struct tb_json_writer *w, const char *name, const struct tb_product *product)
{
    tb_json_open(w, name);
    tb_member_put_opt_str(w, "gtin", product->gtin);
    tb_json_put_str(w, "name", product->name);
    tb_json_put_int(w, "unit_price", product->unit_price);
    tb_json_put_str(w, "currency", product->currency);
    tb_member_put_opt_str(w, "stock", tb_stock_names[product->stock]);
    tb_member_put_opt_int(w, "price_as_of", product->price_as_of_ms);
    tb_json_close(w);
}

void tb_terminal_decode(struct tb_check *c, struct tb_json doc, struct tb_terminal *ret)
{
    tb_member_token(c, doc, "store", ret->store, sizeof ret->store);
    tb_json_str(c, doc, "store_name", ret->store_name, sizeof ret->store_name);
    tb_member_token(c, doc, "till", ret->till, sizeof ret->till);
    tb_member_token(c, doc, "role", ret->role, sizeof ret->role);
    tb_json_str(c, doc, "name", ret->name, sizeof ret->name);
    tb_member_currency(c, doc, "currency", ret->currency);
    tb_member_token(c, doc, "language", ret->language, sizeof ret->language);
}

void tb_terminal_put(struct tb_json_writer *w, const struct tb_terminal *terminal)
{
    tb_json_put_str(w, "store", terminal->store);
    tb_json_put_str(w, "store_name", terminal->store_name);
    tb_json_put_str(w, "till", terminal->till);
    tb_json_put_str(w, "role", terminal->role);
    tb_json_put_str(w, "name", terminal->name);
    tb_json_put_str(w, "currency", terminal->currency);
    tb_json_put_str(w, "language", terminal->language);
}

void tb_terminal_encode(struct tb_json_writer *w, const char *name, const struct tb_terminal *terminal)
{
    tb_json_open(w, name);
    tb_terminal_put(w, terminal);
    tb_json_close(w);
}

/* A colour goes into a style sheet: nothing but #rrggbb may. */
bool tb_color_ok(const char *color)
{
    uint8_t rgb[3];
    struct tb_span digits = tb_span_sub(tb_span_str(color), 1, SIZE_MAX);
    return color[0] == '#' && tb_hex_decode(digits, rgb, sizeof rgb) == TB_OK;
}

static void color_decode(struct tb_check *c, struct tb_json o, const char *name, char *ret_color,
                         size_t size_max)
{
    tb_json_str(c, o, name, ret_color, size_max);
    if (c->err == TB_OK && !tb_color_ok(ret_color))
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

static void tiers_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    struct tb_json array = tb_json_array(c, doc, "tiers", TB_TIER_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_tier *tier = &policy->tiers[policy->tier_count++];
        tb_member_token(c, each.value, "id", tier->id, sizeof tier->id);
        tb_json_str(c, each.value, "name", tier->name, sizeof tier->name);
        tb_json_str(c, each.value, "symbol", tier->symbol, sizeof tier->symbol);
        color_decode(c, each.value, "color", tier->color, sizeof tier->color);
        tier->points_from = tb_json_int(c, each.value, "points_from", 0, TB_MONEY_MAX);
    }
}

const char *const tb_benefit_names[TB_BENEFIT_COUNT] = {
    [TB_BENEFIT_SHOW_TIER] = "show_tier",
    [TB_BENEFIT_SHOW_NAME] = "show_name",
    [TB_BENEFIT_SHOW_CART] = "show_cart",
    [TB_BENEFIT_REDEEM] = "redeem",
};

const char *const tb_level_names[TB_LEVEL_COUNT] = {"none", "low", "medium", "high"};

enum { LEVEL_LOW = 1, LEVEL_MEDIUM = 2 };

struct tb_policy tb_policy_default(void)
{
    static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
    return (struct tb_policy){.idle_ms = 120000,
                              .removal_ms = 10000,
                              .merge = TB_MERGE_ASK,
                              .no_contact_ms = 30 * day_ms,
                              .outside_keep_ms = day_ms,
                              .journey_keep_ms = 90 * day_ms,
                              .checksum_ms = day_ms,
                              .benefits = {[TB_BENEFIT_SHOW_TIER] = LEVEL_LOW,
                                           [TB_BENEFIT_SHOW_NAME] = LEVEL_LOW,
                                           [TB_BENEFIT_SHOW_CART] = LEVEL_LOW,
                                           [TB_BENEFIT_REDEEM] = LEVEL_MEDIUM}};
}

/* What a terminal keeps, and for how long. */
static void keeping_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    if (tb_json_has(doc, "merge"))
        policy->merge =
            (enum tb_merge_policy)tb_json_enum(c, doc, "merge", tb_merge_policy_names, TB_MERGE_POLICY_COUNT);
    const struct {
        const char *name;
        int64_t *value;
        int64_t max;
    } members[] = {
        {"cache_rows_max", &policy->cache_rows_max, TB_VERSION_MAX},
        {"cache_bytes_max", &policy->cache_bytes_max, TB_VERSION_MAX},
        {"no_contact_ms", &policy->no_contact_ms, DURATION_MS_MAX},
        {"outside_keep_ms", &policy->outside_keep_ms, DURATION_MS_MAX},
        {"journey_keep_ms", &policy->journey_keep_ms, DURATION_MS_MAX},
        {"reward_offline_max", &policy->reward_offline_max, TB_QUANTITY_MAX},
        {"checksum_ms", &policy->checksum_ms, DURATION_MS_MAX},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(members); i++)
        *members[i].value = tb_member_opt_int(c, doc, members[i].name, members[i].max, *members[i].value);
}

static void keeping_encode(struct tb_json_writer *w, const struct tb_policy *policy)
{
    tb_member_put_opt_str(w, "merge", tb_merge_policy_names[policy->merge]);
    tb_json_put_int(w, "cache_rows_max", policy->cache_rows_max);
    tb_json_put_int(w, "cache_bytes_max", policy->cache_bytes_max);
    tb_json_put_int(w, "no_contact_ms", policy->no_contact_ms);
    tb_json_put_int(w, "outside_keep_ms", policy->outside_keep_ms);
    tb_json_put_int(w, "journey_keep_ms", policy->journey_keep_ms);
    tb_json_put_int(w, "reward_offline_max", policy->reward_offline_max);
    tb_json_put_int(w, "checksum_ms", policy->checksum_ms);
}

static void benefits_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    if (!tb_json_has(doc, "benefits"))
        return;
    struct tb_json benefits = tb_json_object(c, doc, "benefits");
    for (size_t i = 0; i < TB_BENEFIT_COUNT; i++)
        if (tb_json_has(benefits, tb_benefit_names[i]))
            policy->benefits[i] =
                (uint8_t)tb_json_enum(c, benefits, tb_benefit_names[i], tb_level_names, TB_LEVEL_COUNT);
}

void tb_policy_people_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    tb_policy_consents_decode(c, doc, policy);
    tb_member_opt_str(c, doc, "phone_country", policy->phone_country, sizeof policy->phone_country);
    if (c->err == TB_OK && policy->phone_country[0] &&
        (policy->phone_country[0] == '0' || !tb_text_is_digits(tb_span_str(policy->phone_country))))
        tb_check_fail(c, TB_ERR_SYNTAX, "phone_country");
}

void tb_policy_people_put(struct tb_json_writer *w, const struct tb_policy *policy)
{
    tb_policy_consents_encode(w, policy);
    tb_member_put_opt_str(w, "phone_country", policy->phone_country);
}

static const char *const scan_begins_names[] = {"kiosk", "till"};

void tb_policy_trust_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    benefits_decode(c, doc, policy);
    if (tb_json_has(doc, "scan_begins"))
        policy->scan_begins_at_tills = tb_json_enum(c, doc, "scan_begins", scan_begins_names, 2) == 1;
    if (tb_json_has(doc, "operator_required"))
        policy->operator_required = tb_json_bool(c, doc, "operator_required");
    if (!tb_json_has(doc, "credentials"))
        return;
    (void)tb_json_object(c, doc, "credentials");
    enum tb_err err =
        tb_span_to_str(tb_json_raw(doc, "credentials"), policy->credentials, sizeof policy->credentials);
    if (err != TB_OK)
        tb_check_fail(c, err, "credentials");
}

void tb_policy_trust_put(struct tb_json_writer *w, const struct tb_policy *policy)
{
    if (policy->scan_begins_at_tills)
        tb_json_put_str(w, "scan_begins", scan_begins_names[1]);
    if (policy->operator_required)
        tb_json_put_bool(w, "operator_required", true);
    tb_json_open(w, "benefits");
    for (size_t i = 0; i < TB_BENEFIT_COUNT; i++)
        tb_json_put_str(w, tb_benefit_names[i], tb_level_names[policy->benefits[i]]);
    tb_json_close(w);
    if (policy->credentials[0])
        tb_json_put_raw(w, "credentials", tb_span_str(policy->credentials));
}

static void display_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    static const char *const members[] = {"idle_upper", "idle_lower"};
    if (!tb_json_has(doc, "display"))
        return;
    struct tb_json display = tb_json_object(c, doc, "display");
    for (size_t i = 0; i < TB_ARRAY_SIZE(members); i++)
        tb_member_opt_str(c, display, members[i], policy->display_idle[i], sizeof policy->display_idle[i]);
}

static void display_encode(struct tb_json_writer *w, const struct tb_policy *policy)
{
    if (!policy->display_idle[0][0] && !policy->display_idle[1][0])
        return;
    tb_json_open(w, "display");
    tb_member_put_opt_str(w, "idle_upper", policy->display_idle[0]);
    tb_member_put_opt_str(w, "idle_lower", policy->display_idle[1]);
    tb_json_close(w);
}

void tb_policy_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *ret)
{
    *ret = tb_policy_default();
    tiers_decode(c, doc, ret);
    if (tb_json_has(doc, "accent"))
        color_decode(c, doc, "accent", ret->accent, sizeof ret->accent);
    ret->idle_ms = tb_member_opt_int(c, doc, "idle_ms", DURATION_MS_MAX, ret->idle_ms);
    ret->removal_ms = tb_member_opt_int(c, doc, "removal_ms", DURATION_MS_MAX, ret->removal_ms);
    if (tb_json_has(doc, "max_age_show_ms")) {
        struct tb_json ages = tb_json_object(c, doc, "max_age_show_ms");
        ret->max_age_show_price_ms = tb_member_opt_int(c, ages, "price", DURATION_MS_MAX, 0);
        ret->max_age_show_stock_ms = tb_member_opt_int(c, ages, "stock", DURATION_MS_MAX, 0);
        ret->max_age_show_points_ms = tb_member_opt_int(c, ages, "points", DURATION_MS_MAX, 0);
    }
    display_decode(c, doc, ret);
    keeping_decode(c, doc, ret);
    tb_policy_trust_decode(c, doc, ret);
    tb_policy_people_decode(c, doc, ret);
    if (c->err != TB_OK)
        ret->tier_count = 0;
}

static void tiers_encode(struct tb_json_writer *w, const struct tb_policy *policy)
{
    tb_json_open_array(w, "tiers");
    for (size_t i = 0; i < policy->tier_count; i++) {
        const struct tb_tier *tier = &policy->tiers[i];
        tb_json_open(w, NULL);
        tb_json_put_str(w, "id", tier->id);
        tb_json_put_str(w, "name", tier->name);
        tb_json_put_str(w, "symbol", tier->symbol);
        tb_json_put_str(w, "color", tier->color);
        tb_json_put_int(w, "points_from", tier->points_from);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_policy_put_shown(struct tb_json_writer *w, const struct tb_policy *policy)
{
    tiers_encode(w, policy);
    tb_member_put_opt_str(w, "accent", policy->accent);
    tb_json_open(w, "max_age_show_ms");
    tb_json_put_int(w, "price", policy->max_age_show_price_ms);
    tb_json_put_int(w, "stock", policy->max_age_show_stock_ms);
    tb_json_put_int(w, "points", policy->max_age_show_points_ms);
    tb_json_close(w);
}

void tb_policy_encode(struct tb_json_writer *w, const char *name, const struct tb_policy *policy)
{
    tb_json_open(w, name);
    tb_policy_put_shown(w, policy);
    tb_json_put_int(w, "idle_ms", policy->idle_ms);
    tb_json_put_int(w, "removal_ms", policy->removal_ms);
    display_encode(w, policy);
    keeping_encode(w, policy);
    tb_policy_trust_put(w, policy);
    tb_policy_people_put(w, policy);
    tb_json_close(w);
}

void tb_key_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_key_doc *ret)
{
    *ret = (struct tb_key_doc){.kind = ""};
    tb_member_token(c, doc, "kind", ret->kind, sizeof ret->kind);
    ret->version = tb_member_version(c, doc, "version");
    ret->value_size = tb_member_bytes(c, doc, "value", ret->value, sizeof ret->value);
    tb_member_opt_str(c, doc, "id", ret->id, sizeof ret->id);
    ret->added_ms = tb_member_opt_time(c, doc, "added_ms");
    ret->not_before_ms = tb_member_opt_time(c, doc, "not_before_ms");
    ret->not_after_ms = tb_member_opt_time(c, doc, "not_after_ms");
    ret->diversified = tb_member_opt_bool(c, doc, "diversified");
    if (tb_json_has(doc, "system"))
        ret->system_size = tb_member_bytes(c, doc, "system", ret->system, sizeof ret->system);
    if (tb_json_has(doc, "application"))
        tb_json_hex(c, doc, "application", ret->application, sizeof ret->application);
    ret->key_number = tb_member_opt_int(c, doc, "key_number", TB_KEY_NUMBER_MAX, 0);
    ret->period_ms = tb_member_opt_int(c, doc, "period_ms", TB_KEY_PERIOD_MS_MAX, 0);
    ret->digit_count = tb_member_opt_int(c, doc, "digit_count", TB_KEY_DIGIT_COUNT_MAX, 0);
}

void tb_key_doc_encode(struct tb_json_writer *w, const char *name, const struct tb_key_doc *key)
{
    static const uint8_t no_application[TB_KEY_APPLICATION_SIZE];
    tb_json_open(w, name);
    tb_json_put_str(w, "kind", key->kind);
    tb_json_put_int(w, "version", key->version);
    tb_json_put_base64url(w, "value", tb_span_of(key->value, key->value_size));
    tb_member_put_opt_str(w, "id", key->id);
    tb_member_put_opt_int(w, "added_ms", key->added_ms);
    tb_member_put_opt_int(w, "not_before_ms", key->not_before_ms);
    tb_member_put_opt_int(w, "not_after_ms", key->not_after_ms);
    tb_member_put_opt_bool(w, "diversified", key->diversified);
    if (key->system_size)
        tb_json_put_base64url(w, "system", tb_span_of(key->system, key->system_size));
    if (memcmp(key->application, no_application, sizeof no_application) != 0)
        tb_json_put_hex(w, "application", tb_span_of(key->application, sizeof key->application));
    tb_member_put_opt_int(w, "key_number", key->key_number);
    tb_member_put_opt_int(w, "period_ms", key->period_ms);
    tb_member_put_opt_int(w, "digit_count", key->digit_count);
    tb_json_close(w);
}

static const char *const reward_state_names[TB_REWARD_STATE_COUNT] = {
    [TB_REWARD_OPEN] = "open",
    [TB_REWARD_RESERVED] = "reserved",
    [TB_REWARD_USED] = "used",
};

void tb_reward_decode(struct tb_check *c, struct tb_json doc, struct tb_reward *ret)
{
    *ret = (struct tb_reward){.value = tb_member_opt_int(c, doc, "value", TB_MONEY_MAX, 0)};
    tb_json_str(c, doc, "text", ret->text, sizeof ret->text);
    ret->state =
        (enum tb_reward_state)tb_json_enum(c, doc, "state", reward_state_names, TB_REWARD_STATE_COUNT);
    ret->until_ms = tb_member_opt_time(c, doc, "until_ms");
}

void tb_reward_encode(struct tb_json_writer *w, const char *name, const struct tb_reward *reward)
{
    tb_json_open(w, name);
    tb_json_put_str(w, "text", reward->text);
    tb_member_put_opt_int(w, "value", reward->value);
    tb_json_put_str(w, "state", reward_state_names[reward->state]);
    tb_member_put_opt_int(w, "until_ms", reward->until_ms);
    tb_json_close(w);
}
