#include "agent/conformance/steps.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/names.h"

#include <stdio.h>

#define STEP_COUNT_MAX 40
#define AFTER_COUNT 2
#define PARAMS_SIZE 1024
#define ID_TEXT_SIZE (2 * TB_ID_SIZE + 1)
#define CART_TEXT_SIZE 16384
#define E_CLAIMED 102 /* UnifiedPOS 1.14, appendix A: another POS has the device */

enum scope {
    SCOPE_CUSTOMER,
    SCOPE_CART,
    SCOPE_CHECKOUT,
    SCOPE_IDENTIFY,
    SCOPE_OPERATOR,
    SCOPE_HANDOVER,
    SCOPE_DEVICE,
    SCOPE_HELP,
    SCOPE_COUNT
};

/* Each with a call that needs it. Without params it does nothing, also when it is let through. */
static const struct {
    const char *name;
    const char *method;
} scopes[SCOPE_COUNT] = {
    [SCOPE_CUSTOMER] = {"customer", "customer.current"},
    [SCOPE_CART] = {"cart", "cart.add"},
    [SCOPE_CHECKOUT] = {"checkout", "checkout.finish"},
    [SCOPE_IDENTIFY] = {"identify", "visit.end"},
    [SCOPE_OPERATOR] = {"operator", "operator.set"},
    [SCOPE_HANDOVER] = {"handover", "handover.request"},
    [SCOPE_DEVICE] = {"device", "upos.open"},
    [SCOPE_HELP] = {"help", "handover.accept"},
};

enum outcome { HELD, FAILED, NOT_TRIED };

struct visitor {
    const struct tb_steps *steps;
    const char *code;
    const char *gtin;
    const char *why; /* of the step that was not tried */
    char visit[ID_TEXT_SIZE];
    char customer[ID_TEXT_SIZE];
    char line[ID_TEXT_SIZE]; /* that was added */
    int64_t quantity;        /* and how many of it are wanted now */
    bool put;                /* cart.add was called */
    int64_t item_count;      /* that she had */
    uint8_t cart[CART_TEXT_SIZE];
    size_t cart_size;
};

struct step {
    const char *id;
    const char *text;
    unsigned scopes;
    const char *after[AFTER_COUNT]; /* ids of steps before it that have to hold */
    enum outcome (*run)(struct tb_talk *t, struct visitor *v);
    const char *method; /* without run: a call over the websocket that has a result */
    const char *params;
};

/* ---- running ---- */

static const char *scope_missing(const struct step *step, const struct tb_steps *steps)
{
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        if (step->scopes & ~steps->scopes & (1u << i))
            return scopes[i].name;
    return NULL;
}

static const char *step_missing(const struct step *table, const bool *held, size_t at)
{
    for (size_t a = 0; a < AFTER_COUNT && table[at].after[a]; a++) {
        size_t i = 0;
        while (i < at && strcmp(table[i].id, table[at].after[a]) != 0)
            i++;
        TB_ASSERT(i < at);
        if (!held[i])
            return table[i].id;
    }
    return NULL;
}

static enum outcome asked(struct tb_talk *t, struct visitor *v, const char *method, const char *params)
{
    if (!tb_talk_ask(t, method, params))
        return FAILED;
    if (t->rpc.kind == TB_RPC_RESULT)
        return HELD;
    if (tb_span_is(t->rpc.code, "refused.assurance"))
        v->why = "what the code proves is too little for it";
    else if (tb_span_is(t->rpc.code, "retry.offline") && !v->steps->live)
        v->why = "it needs the line, which is down";
    else
        return FAILED;
    return NOT_TRIED;
}

static void steps_run(struct tb_talk *t, struct visitor *v, const struct step *table, size_t count)
{
    bool held[STEP_COUNT_MAX] = {false};
    TB_ASSERT(count <= STEP_COUNT_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &table[i];
        const char *scope = scope_missing(step, v->steps);
        const char *before = step_missing(table, held, i);
        enum outcome outcome = NOT_TRIED;
        char why[96];
        v->why = "";
        if (scope)
            (void)snprintf(why, sizeof why, "the scope %s was not granted", scope);
        else if (before)
            (void)snprintf(why, sizeof why, "it builds on %s", before);
        else {
            outcome = step->run ? step->run(t, v) : asked(t, v, step->method, step->params);
            (void)snprintf(why, sizeof why, "%s", v->why);
        }
        held[i] = outcome == HELD;
        if (outcome == NOT_TRIED)
            tb_report_skip(t->report, step->id, step->text, why);
        else
            tb_report_check(t->report, held[i], step->id, step->text, t->seen);
    }
}

/* ---- scopes ---- */

bool tb_steps_begin(struct tb_talk *t, struct tb_steps *ret_steps)
{
    struct tb_check check = {.err = TB_OK};
    *ret_steps = (struct tb_steps){.scopes = 0};
    if (!tb_talk_call(t, "session.info", "{}") || t->rpc.kind != TB_RPC_RESULT)
        return false;
    struct tb_json list = tb_json_array(&check, t->rpc.result, "scopes", SCOPE_COUNT);
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span name = tb_json_as_text(&check, each.value, "scopes", ID_TEXT_SIZE);
        for (unsigned i = 0; i < SCOPE_COUNT; i++)
            ret_steps->scopes |= tb_span_is(name, scopes[i].name) ? 1u << i : 0;
    }
    if (check.err != TB_OK || !tb_talk_call(t, "state", "{}") || t->rpc.kind != TB_RPC_RESULT)
        return false;
    struct tb_json line = tb_json_object(&check, t->rpc.result, "line");
    ret_steps->live = tb_span_is(tb_json_text(&check, line, "state", ID_TEXT_SIZE), "live");
    return check.err == TB_OK;
}

bool tb_steps_may(const struct tb_steps *steps, const char *scope)
{
    for (unsigned i = 0; i < SCOPE_COUNT; i++)
        if (strcmp(scopes[i].name, scope) == 0)
            return (steps->scopes & (1u << i)) != 0;
    return false;
}

void tb_steps_ungranted(struct tb_talk *t, const struct tb_steps *steps)
{
    for (unsigned i = 0; i < SCOPE_COUNT; i++) {
        char id[48];
        char text[96];
        (void)snprintf(id, sizeof id, "scope_%s", scopes[i].name);
        (void)snprintf(text, sizeof text, "%s is refused without the scope %s", scopes[i].method,
                       scopes[i].name);
        if (steps->scopes & (1u << i))
            tb_report_skip(t->report, id, text, "it was granted");
        else
            tb_report_check(t->report, tb_talk_is_refused(t, scopes[i].method, "{}", "refused.denied"), id,
                            text, t->seen);
    }
}

/* ---- nobody is here ---- */

static enum outcome told(bool ok)
{
    return ok ? HELD : FAILED;
}

static enum outcome operator_told(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return told(tb_talk_event(t, "operator", NULL, NULL));
}

/* Who it is already: a clerk at work is not signed off. */
static enum outcome operator_set(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE] = "{\"operator\":null}";
    char id[TB_SHORT_SIZE_MAX + 1];
    struct tb_check check = {.err = TB_OK};
    const struct tb_json who = tb_json_member(t->rpc.params, "operator");
    if (tb_json_type(who) == TB_JSON_OBJECT) {
        tb_json_str(&check, who, "id", id, sizeof id);
        (void)snprintf(params, sizeof params, "{\"operator\":\"%s\"}", id);
    }
    return check.err == TB_OK ? asked(t, v, "operator.set", params) : FAILED;
}

static enum outcome refused(struct tb_talk *t, const char *method, const char *params, const char *code)
{
    return told(tb_talk_ask(t, method, params) && t->rpc.kind == TB_RPC_ERROR &&
                tb_span_starts(t->rpc.code, tb_span_str(code)));
}

static enum outcome operator_unknown(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return refused(t, "operator.set", "{\"operator\":\"tillbridge-conformance\"}", "refused.");
}

static enum outcome handovers_told(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return told(tb_talk_event(t, "handovers", NULL, NULL) &&
                tb_json_type(tb_json_member(t->rpc.params, "open")) == TB_JSON_ARRAY);
}

static const char nobodys_handover[] = "{\"handover\":\"00000000000000000000000000000000\"}";

static enum outcome handover_accept(struct tb_talk *t, struct visitor *v)
{
    return refused(t, "handover.accept", nobodys_handover, v->steps->live ? "refused.not_found" : "");
}

static enum outcome handover_decline(struct tb_talk *t, struct visitor *v)
{
    return refused(t, "handover.decline", nobodys_handover, v->steps->live ? "refused.not_found" : "");
}

static enum outcome void_unknown(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return refused(t, "checkout.void", "{\"transaction\":\"T\",\"business_date\":\"today\"}", "input.");
}

static enum outcome finish_wrong(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return refused(t, "checkout.finish", "{\"transaction\":\"T\",\"business_date\":\"today\",\"total\":0}",
                   "input.");
}

void tb_steps_alone(struct tb_talk *t, const struct tb_steps *steps)
{
    enum { OPERATOR = 1u << SCOPE_OPERATOR, HELP = 1u << SCOPE_HELP, CHECKOUT = 1u << SCOPE_CHECKOUT };
    static const struct step table[] = {
        {.id = "operator",
         .text = "who is the clerk is told at once",
         .scopes = OPERATOR,
         .run = operator_told},
        {.id = "operator_set",
         .text = "operator.set takes who it is already",
         .scopes = OPERATOR,
         .after = {"operator"},
         .run = operator_set},
        {.id = "operator_unknown",
         .text = "operator.set refuses somebody whom nobody knows",
         .scopes = OPERATOR,
         .run = operator_unknown},
        {.id = "handovers",
         .text = "who waits in the store is told at once",
         .scopes = HELP,
         .run = handovers_told},
        {.id = "handover_accept",
         .text = "a hand-over that nobody asked for is not taken",
         .scopes = HELP,
         .run = handover_accept},
        {.id = "handover_decline", .text = "nor declined", .scopes = HELP, .run = handover_decline},
        {.id = "finish", .text = "a sale without a date is refused", .scopes = CHECKOUT, .run = finish_wrong},
        {.id = "void", .text = "so is taking one back", .scopes = CHECKOUT, .run = void_unknown},
    };
    struct visitor v = {.steps = steps};
    steps_run(t, &v, table, TB_ARRAY_SIZE(table));
}

/* ---- the devices ---- */

static const char msr[] = "{\"device\":\"MSR\"}";

static enum outcome upos_claim(struct tb_talk *t, struct visitor *v)
{
    enum outcome outcome = asked(t, v, "upos.claim", msr);
    char code[32];
    (void)snprintf(code, sizeof code, "\"ErrorCode\":%d", E_CLAIMED);
    if (outcome != FAILED || !strstr(t->seen, code))
        return outcome;
    v->why = "another POS has claimed the device";
    return NOT_TRIED;
}

static bool is_device(struct tb_json params, const void *context)
{
    struct tb_check check = {.err = TB_OK};
    return tb_span_is(tb_json_text(&check, params, "device", ID_TEXT_SIZE), context);
}

static enum outcome upos_data(struct tb_talk *t, struct visitor *v)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "upos.data", is_device, "MSR"))
        return FAILED;
    struct tb_span number = tb_json_text(&check, t->rpc.params, "AccountNumber", ID_TEXT_SIZE);
    return told(number.size > 0 && (!v->customer[0] || tb_span_is(number, v->customer)));
}

static enum outcome upos_off(struct tb_talk *t, struct visitor *v)
{
    struct tb_check check = {.err = TB_OK};
    enum outcome outcome = asked(t, v, "upos.get", msr);
    if (outcome != HELD)
        return outcome;
    bool on = tb_json_bool(&check, t->rpc.result, "DataEventEnabled");
    return told(check.err == TB_OK && !on && tb_json_bool(&check, t->rpc.result, "Claimed"));
}

/* ---- the customer ---- */

static bool text_is(struct tb_json object, const char *name, const char *text)
{
    struct tb_check check = {.err = TB_OK};
    return tb_span_is(tb_json_text(&check, object, name, PARAMS_SIZE), text);
}

static bool is_visit(struct tb_json params, const void *visit)
{
    const struct tb_json its = tb_json_member(params, "visit");
    return text_is(tb_json_type(its) == TB_JSON_OBJECT ? its : params,
                   tb_json_type(its) == TB_JSON_OBJECT ? "id" : "visit", visit);
}

static enum outcome identify(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    struct tb_check check = {.err = TB_OK};
    (void)snprintf(params, sizeof params, "{\"code\":\"%s\"}", v->code);
    if (!tb_talk_call(t, "identify.code", params) || t->rpc.kind != TB_RPC_RESULT)
        return FAILED;
    if (text_is(t->rpc.result, "outcome", "merged")) {
        v->why = "she is here already, or was a moment ago";
        return NOT_TRIED;
    }
    tb_json_str(&check, t->rpc.result, "visit", v->visit, sizeof v->visit);
    return told(text_is(t->rpc.result, "outcome", "recognised") && check.err == TB_OK);
}

/* There is exactly one of each code. */
static enum outcome outcome_told(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return told(tb_talk_event(t, "outcome", NULL, NULL) && text_is(t->rpc.params, "outcome", "recognised"));
}

static enum outcome identified(struct tb_talk *t, struct visitor *v)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "customer.identified", is_visit, v->visit))
        return FAILED;
    tb_json_str(&check, t->rpc.params, "customer", v->customer, sizeof v->customer);
    return told(check.err == TB_OK && tb_json_exists(tb_json_member(t->rpc.params, "cart")));
}

static bool current_read(struct tb_talk *t, const struct visitor *v)
{
    return tb_talk_call(t, "customer.current", "{}") && t->rpc.kind == TB_RPC_RESULT &&
           is_visit(t->rpc.result, v->visit);
}

static struct tb_json lines_of(struct tb_json told)
{
    struct tb_json cart = tb_json_member(told, "cart");
    return tb_json_member(cart, "lines");
}

/* What is in it, line by line: as long as nothing is taken or put, the same text. */
static size_t cart_write(struct tb_json told, uint8_t bytes[CART_TEXT_SIZE])
{
    struct tb_buf text = tb_buf_of(bytes, CART_TEXT_SIZE);
    struct tb_json_each each = tb_json_first(lines_of(told));
    for (; tb_json_exists(each.value); tb_json_next(&each)) {
        tb_buf_add(&text, tb_json_raw(each.value, "gtin"));
        tb_buf_add(&text, tb_json_raw(each.value, "quantity"));
    }
    return text.err == TB_OK ? text.size : SIZE_MAX;
}

static enum outcome current(struct tb_talk *t, struct visitor *v)
{
    if (!current_read(t, v))
        return FAILED;
    v->cart_size = cart_write(t->rpc.result, v->cart);
    v->item_count = (int64_t)tb_json_count(lines_of(t->rpc.result));
    return HELD;
}

static enum outcome view_is_a_pos(struct tb_talk *t, struct visitor *v)
{
    static const char *const of_the_clerk[] = {"open", "do_not_ask", "notes", "journey", "suggestions"};
    (void)v;
    const struct tb_json view = tb_json_member(t->rpc.result, "view"); /* of the step before */
    bool right = tb_json_exists(view);
    for (size_t i = 0; i < TB_ARRAY_SIZE(of_the_clerk); i++)
        right = right && !tb_json_exists(tb_json_member(view, of_the_clerk[i]));
    return told(right);
}

static void visit_write(char params[PARAMS_SIZE], const struct visitor *v)
{
    (void)snprintf(params, PARAMS_SIZE, "{\"visit\":\"%s\"}", v->visit);
}

static enum outcome asked_of_visit(struct tb_talk *t, struct visitor *v, const char *method)
{
    char params[PARAMS_SIZE];
    visit_write(params, v);
    return asked(t, v, method, params);
}

/* ---- her cart ---- */

static bool has_seq(struct tb_json params, const void *seq)
{
    struct tb_check check = {.err = TB_OK};
    const int64_t *wanted = seq;
    return tb_json_int(&check, params, "seq", 1, INT64_MAX) == *wanted;
}

/* Of a change that was just answered. Without a line nobody decides it now. */
static enum outcome decided(struct tb_talk *t, struct visitor *v)
{
    struct tb_check check = {.err = TB_OK};
    int64_t seq = tb_json_int(&check, t->rpc.result, "seq", 1, INT64_MAX);
    if (check.err != TB_OK)
        return FAILED;
    if (!v->steps->live)
        return HELD;
    if (!tb_talk_event(t, "change.decided", has_seq, &seq))
        return FAILED;
    if (text_is(t->rpc.params, "code", "product_unknown"))
        v->why = "the chain does not have the product";
    else if (text_is(t->rpc.params, "code", "cart_claimed"))
        v->why = "her cart is being paid elsewhere";
    else
        return told(text_is(t->rpc.params, "verdict", "applied"));
    return NOT_TRIED;
}

static enum outcome changed(struct tb_talk *t, struct visitor *v, const char *method, const char *params)
{
    enum outcome outcome = asked(t, v, method, params);
    return outcome == HELD ? decided(t, v) : outcome;
}

static struct tb_json line_find(struct tb_json told, const struct visitor *v)
{
    struct tb_json_each each = tb_json_first(lines_of(told));
    while (tb_json_exists(each.value) && !text_is(each.value, "gtin", v->gtin))
        tb_json_next(&each);
    return each.value;
}

static enum outcome gtin_wrong(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"gtin\":\"x\",\"quantity\":1}", v->visit);
    return refused(t, "cart.add", params, "input.");
}

static enum outcome cart_add(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    if (!v->gtin[0]) {
        v->why = "no product was given (--gtin)";
        return NOT_TRIED;
    }
    if (!current_read(t, v))
        return FAILED;
    if (tb_json_exists(line_find(t->rpc.result, v))) {
        v->why = "the product is in her cart already";
        return NOT_TRIED;
    }
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"gtin\":\"%s\",\"quantity\":2}", v->visit,
                   v->gtin);
    v->put = true;
    enum outcome outcome = changed(t, v, "cart.add", params);
    v->quantity = outcome == HELD ? 2 : 0;
    return outcome;
}

/* The product stands in it in the quantity that is wanted now; 0: not at all. */
static bool cart_fits(struct tb_json params, const void *visitor)
{
    const struct visitor *v = visitor;
    struct tb_check check = {.err = TB_OK};
    const struct tb_json line = line_find(params, v);
    if (!is_visit(params, v->visit) || tb_json_type(lines_of(params)) != TB_JSON_ARRAY)
        return false;
    if (!tb_json_exists(line))
        return v->quantity == 0;
    return tb_json_int(&check, line, "quantity", 0, INT32_MAX) == v->quantity && check.err == TB_OK;
}

static enum outcome cart_changed(struct tb_talk *t, struct visitor *v)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "cart.changed", cart_fits, v))
        return FAILED;
    if (v->quantity > 0)
        tb_json_str(&check, line_find(t->rpc.params, v), "id", v->line, sizeof v->line);
    return told(check.err == TB_OK);
}

static enum outcome cart_quantity(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    int64_t from = v->quantity;
    (void)snprintf(params, sizeof params, "{\"line\":\"%s\",\"from\":%lld,\"to\":%lld}", v->line,
                   (long long)from, (long long)from + 1);
    enum outcome outcome = changed(t, v, "cart.set_quantity", params);
    if (outcome == HELD)
        v->quantity = from + 1;
    return outcome;
}

/* Whatever became of the steps before: what was put there is out again before the customer leaves. */
static enum outcome cart_remove(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    struct tb_check check = {.err = TB_OK};
    bool added = v->quantity > 0;
    if (v->put && !current_read(t, v))
        return FAILED;
    const struct tb_json line = v->put ? line_find(t->rpc.result, v) : (struct tb_json){.at = NULL};
    if (!added && !tb_json_exists(line)) {
        v->why = "nothing was put into it";
        return NOT_TRIED;
    }
    tb_json_str(&check, line, "id", v->line, sizeof v->line);
    v->quantity = tb_json_int(&check, line, "quantity", 1, INT32_MAX);
    if (check.err != TB_OK)
        return FAILED;
    (void)snprintf(params, sizeof params, "{\"line\":\"%s\",\"from\":%lld}", v->line, (long long)v->quantity);
    v->quantity = 0;
    return changed(t, v, "cart.remove", params);
}

static enum outcome cart_as_before(struct tb_talk *t, struct visitor *v)
{
    uint8_t cart[CART_TEXT_SIZE];
    if (!current_read(t, v))
        return FAILED;
    size_t size = cart_write(t->rpc.result, cart);
    return told(size == v->cart_size && size != SIZE_MAX && memcmp(cart, v->cart, size) == 0);
}

static enum outcome claim(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    visit_write(params, v);
    if (v->quantity > 0 || v->item_count > 0)
        return changed(t, v, "checkout.claim", params);
    v->why = "her cart is empty";
    return NOT_TRIED;
}

static enum outcome release(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    visit_write(params, v);
    return changed(t, v, "checkout.release", params);
}

/* ---- somebody else goes on ---- */

static enum outcome handover_request(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    (void)snprintf(params, sizeof params, "{\"visit\":\"%s\",\"to\":\"any\"}", v->visit);
    enum outcome outcome = asked(t, v, "handover.request", params);
    if (outcome != HELD)
        return outcome;
    return told(tb_json_has(t->rpc.result, "handover") && tb_json_has(t->rpc.result, "code") &&
                tb_json_has(t->rpc.result, "until_ms"));
}

static bool handover_waits(struct tb_json params, const void *visit)
{
    return is_visit(params, visit) && text_is(params, "state", "waiting");
}

static enum outcome handover_waiting(struct tb_talk *t, struct visitor *v)
{
    return told(tb_talk_event(t, "handover.own", handover_waits, v->visit));
}

static enum outcome handover_cancel(struct tb_talk *t, struct visitor *v)
{
    return asked_of_visit(t, v, "handover.cancel");
}

static bool handover_does_not_wait(struct tb_json params, const void *visit)
{
    return is_visit(params, visit) && !text_is(params, "state", "asking") &&
           !text_is(params, "state", "waiting");
}

static enum outcome handover_over(struct tb_talk *t, struct visitor *v)
{
    return told(tb_talk_event(t, "handover.own", handover_does_not_wait, v->visit) &&
                text_is(t->rpc.params, "state", "over"));
}

/* ---- she leaves ---- */

static enum outcome end(struct tb_talk *t, struct visitor *v)
{
    return asked_of_visit(t, v, "visit.end");
}

static enum outcome left(struct tb_talk *t, struct visitor *v)
{
    (void)v;
    return told(tb_talk_event(t, "customer.left", NULL, NULL));
}

static enum outcome ended(struct tb_talk *t, struct visitor *v)
{
    char params[PARAMS_SIZE];
    visit_write(params, v);
    return refused(t, "visit.end", params, "refused.not_found");
}

/* ---- one after another ---- */

enum {
    CUSTOMER = 1u << SCOPE_CUSTOMER,
    CART = 1u << SCOPE_CART,
    CHECKOUT = 1u << SCOPE_CHECKOUT,
    IDENTIFY = 1u << SCOPE_IDENTIFY,
    HANDOVER = 1u << SCOPE_HANDOVER,
    DEVICE = 1u << SCOPE_DEVICE
};

static const struct step of_a_visit[] = {
    {"upos_open", "upos.open opens the MSR", DEVICE, {NULL}, NULL, "upos.open", msr},
    {"upos_claim", "upos.claim claims it", DEVICE, {"upos_open"}, upos_claim, NULL, NULL},
    {"upos_enable",
     "upos.set switches it on",
     DEVICE,
     {"upos_claim"},
     NULL,
     "upos.set",
     "{\"device\":\"MSR\",\"property\":\"DeviceEnabled\",\"value\":true}"},
    {"upos_events",
     "and its events",
     DEVICE,
     {"upos_enable"},
     NULL,
     "upos.set",
     "{\"device\":\"MSR\",\"property\":\"DataEventEnabled\",\"value\":true}"},
    {"identify", "the customer's code is recognised", IDENTIFY, {NULL}, identify, NULL, NULL},
    {"outcome", "followers are told the outcome", DEVICE, {"identify"}, outcome_told, NULL, NULL},
    {"identified",
     "the event brings the same visit, with its cart",
     CUSTOMER,
     {"identify"},
     identified,
     NULL,
     NULL},
    {"upos_data",
     "the MSR's DataEvent is the customer",
     DEVICE,
     {"identify", "upos_events"},
     upos_data,
     NULL,
     NULL},
    {"upos_off", "which has switched DataEventEnabled off", DEVICE, {"upos_data"}, upos_off, NULL, NULL},
    {"current", "customer.current says the same", CUSTOMER, {"identified"}, current, NULL, NULL},
    {"view", "with nothing that is the clerk's alone", CUSTOMER, {"current"}, view_is_a_pos, NULL, NULL},
    {"gtin", "a product that is no GTIN is refused", CART, {"identify"}, gtin_wrong, NULL, NULL},
    {"cart_add", "cart.add puts a product into her cart", CART | CUSTOMER, {"current"}, cart_add, NULL, NULL},
    {"cart_added", "cart.changed brings it", CUSTOMER, {"cart_add"}, cart_changed, NULL, NULL},
    {"cart_quantity", "cart.set_quantity makes it one more", CART, {"cart_added"}, cart_quantity, NULL, NULL},
    {"cart_more", "cart.changed says so", CUSTOMER, {"cart_quantity"}, cart_changed, NULL, NULL},
    {"claim", "checkout.claim claims the cart", CHECKOUT, {"current"}, claim, NULL, NULL},
    {"release", "checkout.release lets it go", CHECKOUT, {"claim"}, release, NULL, NULL},
    {"cart_remove", "cart.remove takes the product out", CART, {"current"}, cart_remove, NULL, NULL},
    {"cart_removed",
     "cart.changed says that it is gone",
     CUSTOMER,
     {"cart_remove"},
     cart_changed,
     NULL,
     NULL},
    {"cart_before", "her cart is as it was", CUSTOMER, {"current"}, cart_as_before, NULL, NULL},
    {"handover_request",
     "handover.request tells a code and until when",
     HANDOVER,
     {"identify"},
     handover_request,
     NULL,
     NULL},
    {"handover_waiting",
     "handover.own says that it waits",
     HANDOVER,
     {"handover_request"},
     handover_waiting,
     NULL,
     NULL},
    {"handover_cancel",
     "handover.cancel takes it back",
     HANDOVER,
     {"handover_request"},
     handover_cancel,
     NULL,
     NULL},
    {"handover_over",
     "handover.own says that it is over",
     HANDOVER,
     {"handover_cancel"},
     handover_over,
     NULL,
     NULL},
    {"end", "the visit is ended by its id", IDENTIFY, {"identify"}, end, NULL, NULL},
    {"left", "and followers are told", CUSTOMER, {"end"}, left, NULL, NULL},
    {"ended", "an ended visit is not ended again", IDENTIFY, {"end"}, ended, NULL, NULL},
    {"upos_health",
     "upos.check_health says how the MSR is",
     DEVICE,
     {"upos_enable"},
     NULL,
     "upos.check_health",
     msr},
    {"upos_clear",
     "upos.clear_input drops what waits",
     DEVICE,
     {"upos_claim"},
     NULL,
     "upos.clear_input",
     msr},
    {"upos_statistics", "upos.statistics counts", DEVICE, {"upos_open"}, NULL, "upos.statistics", msr},
    {"upos_release", "upos.release gives the MSR back", DEVICE, {"upos_claim"}, NULL, "upos.release", msr},
    {"upos_close", "upos.close closes it", DEVICE, {"upos_open"}, NULL, "upos.close", msr},
};

void tb_steps_customer(struct tb_talk *t, const struct tb_steps *steps, const char *code, const char *gtin)
{
    static struct visitor v;
    v = (struct visitor){.steps = steps, .code = code, .gtin = gtin};
    bool ok = tb_talk_forget(t);
    tb_report_check(t->report, ok, "socket_still", "the websocket is still answered", t->seen);
    if (ok)
        steps_run(t, &v, of_a_visit, TB_ARRAY_SIZE(of_a_visit));
}
