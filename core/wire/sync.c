#include "core/wire/sync.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/member.h"

/* The whole name, or what stands before the part that tells one from another. */
static const char *const scope_names[] = {
    [TB_SCOPE_DEVICE] = "device",      [TB_SCOPE_COHORT] = "cohort",     [TB_SCOPE_CATALOGUE] = "catalogue",
    [TB_SCOPE_CUSTOMER] = "customer:", [TB_SCOPE_ERASURES] = "erasures", [TB_SCOPE_PARTITION] = "cohort:",
    [TB_SCOPE_STORE] = "store",
};

static bool is_one_of_many(unsigned kind)
{
    return kind == TB_SCOPE_CUSTOMER || kind == TB_SCOPE_PARTITION;
}

static enum tb_err part_parse(struct tb_span text, struct tb_scope *ret_scope)
{
    if (ret_scope->kind == TB_SCOPE_CUSTOMER)
        return tb_id_decode(text, &ret_scope->customer);
    return tb_hex_decode(text, &ret_scope->partition, sizeof ret_scope->partition);
}

enum tb_err tb_scope_parse(struct tb_span text, struct tb_scope *ret_scope)
{
    *ret_scope = (struct tb_scope){.kind = TB_SCOPE_NONE};
    enum tb_err err = TB_ERR_RANGE;
    for (unsigned kind = TB_SCOPE_DEVICE; kind < TB_ARRAY_SIZE(scope_names); kind++) {
        struct tb_span name = tb_span_str(scope_names[kind]);
        bool many = is_one_of_many(kind);
        if (many ? !tb_span_starts(text, name) : !tb_span_is(text, scope_names[kind]))
            continue;
        ret_scope->kind = (enum tb_scope_kind)kind;
        err = many ? part_parse(tb_span_sub(text, name.size, SIZE_MAX), ret_scope) : TB_OK;
    }
    if (err != TB_OK)
        *ret_scope = (struct tb_scope){.kind = TB_SCOPE_NONE};
    return err;
}

void tb_scope_format(const struct tb_scope *scope, char ret_text[TB_SCOPE_TEXT_SIZE])
{
    struct tb_buf text = tb_buf_of(ret_text, TB_SCOPE_TEXT_SIZE);
    if (scope->kind != TB_SCOPE_NONE)
        tb_buf_add_str(&text, scope_names[scope->kind]);
    if (scope->kind == TB_SCOPE_CUSTOMER)
        tb_buf_add_hex(&text, tb_id_span(&scope->customer));
    else if (scope->kind == TB_SCOPE_PARTITION)
        tb_buf_add_hex(&text, tb_span_of(&scope->partition, sizeof scope->partition));
    tb_buf_add_u8(&text, 0);
}

bool tb_scope_equal(const struct tb_scope *a, const struct tb_scope *b)
{
    return a->kind == b->kind && a->partition == b->partition &&
           (a->kind != TB_SCOPE_CUSTOMER || tb_id_equal(&a->customer, &b->customer));
}

int tb_scope_rank(const struct tb_scope *scope)
{
    switch (scope->kind) {
    case TB_SCOPE_ERASURES: return 0;
    case TB_SCOPE_DEVICE: return 1;
    case TB_SCOPE_STORE:
    case TB_SCOPE_CUSTOMER: return 2;
    case TB_SCOPE_COHORT:
    case TB_SCOPE_PARTITION: return 3;
    case TB_SCOPE_CATALOGUE:
    case TB_SCOPE_NONE: break;
    }
    return 4;
}

bool tb_scope_is_bulk(const struct tb_scope *scope)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    return tb_scope_rank(scope) >= tb_scope_rank(&cohort);
}

struct tb_scope tb_json_scope(struct tb_check *c, struct tb_json object, const char *name)
{
    struct tb_scope scope = {.kind = TB_SCOPE_NONE};
    struct tb_span text = tb_json_text(c, object, name, TB_SCOPE_TEXT_SIZE - 1);
    enum tb_err err = c->err == TB_OK ? tb_scope_parse(text, &scope) : TB_OK;
    if (err != TB_OK)
        tb_check_fail(c, err, name);
    return scope;
}

void tb_json_put_scope(struct tb_json_writer *w, const char *name, const struct tb_scope *scope)
{
    char text[TB_SCOPE_TEXT_SIZE];
    tb_scope_format(scope, text);
    tb_json_put_str(w, name, text);
}

struct tb_cursor tb_json_cursor(struct tb_check *c, struct tb_json object, const char *name)
{
    struct tb_cursor cursor = {.size = 0};
    struct tb_span text = tb_json_text(c, object, name, (TB_CURSOR_SIZE_MAX * 4 + 2) / 3);
    struct tb_buf bytes = tb_buf_of(cursor.bytes, sizeof cursor.bytes);
    enum tb_err err = tb_base64url_decode(text, &bytes);
    if (err != TB_OK)
        tb_check_fail(c, err, name);
    else
        cursor.size = (uint8_t)bytes.size;
    return cursor;
}

static void put_cursor(struct tb_json_writer *w, const char *name, const struct tb_cursor *cursor)
{
    tb_json_put_base64url(w, name, tb_span_of(cursor->bytes, cursor->size));
}

void tb_hello_decode(struct tb_check *c, struct tb_json params, struct tb_hello *ret)
{
    *ret = (struct tb_hello){.token = tb_span_of("", 0)};
    ret->protocol = tb_json_int(c, params, "protocol", 1, UINT16_MAX);
    ret->protocol_min = tb_member_opt_int(c, params, "protocol_min", UINT16_MAX, ret->protocol);
    tb_json_str(c, params, "software", ret->software, sizeof ret->software);
    tb_member_opt_token(c, params, "device", ret->device, sizeof ret->device);
    ret->channel = tb_member_channel(c, params, "channel");
    if (tb_json_has(params, "token"))
        ret->token = tb_json_text(c, params, "token", TB_TOKEN_SIZE_MAX);
    ret->incarnation = tb_json_id(c, params, "incarnation");
    ret->next_seq = tb_member_version(c, params, "next_seq");
    tb_member_opt_token(c, params, "epoch", ret->epoch, sizeof ret->epoch);
}

int64_t tb_protocol_agree(const struct tb_hello *hello)
{
    int64_t agreed = hello->protocol < TB_PROTOCOL ? hello->protocol : TB_PROTOCOL;
    return agreed >= hello->protocol_min && agreed >= TB_PROTOCOL_MIN ? agreed : 0;
}

void tb_hello_encode(struct tb_json_writer *w, const struct tb_hello *hello)
{
    tb_json_put_int(w, "protocol", hello->protocol);
    if (hello->protocol_min != hello->protocol)
        tb_member_put_opt_int(w, "protocol_min", hello->protocol_min);
    tb_json_put_str(w, "software", hello->software);
    tb_member_put_opt_str(w, "device", hello->device);
    tb_json_put_str(w, "channel", tb_channel_names[hello->channel]);
    if (hello->token.size)
        tb_json_put_text(w, "token", hello->token);
    tb_json_put_id(w, "incarnation", &hello->incarnation);
    tb_json_put_int(w, "next_seq", hello->next_seq);
    tb_json_put_str(w, "epoch", hello->epoch);
}

static void device_decode(struct tb_check *c, struct tb_json o, struct tb_device *ret)
{
    tb_member_opt_token(c, o, "id", ret->id, sizeof ret->id);
    tb_member_opt_token(c, o, "store", ret->store, sizeof ret->store);
    tb_member_opt_token(c, o, "till", ret->till, sizeof ret->till);
    tb_member_opt_token(c, o, "role", ret->role, sizeof ret->role);
    tb_member_opt_str(c, o, "name", ret->name, sizeof ret->name);
}

void tb_welcome_decode(struct tb_check *c, struct tb_json result, struct tb_welcome *ret)
{
    *ret = (struct tb_welcome){.protocol = tb_json_int(c, result, "protocol", 1, UINT16_MAX)};
    tb_member_token(c, result, "epoch", ret->epoch, sizeof ret->epoch);
    ret->decided_seq = tb_json_int(c, result, "decided_seq", 0, TB_VERSION_MAX);
    ret->server_time_ms = tb_member_time(c, result, "server_time_ms");
    ret->reconnect_window_ms = tb_json_int(c, result, "reconnect_window_ms", 0, INT32_MAX);
    ret->idle_ping_ms = tb_json_int(c, result, "idle_ping_ms", 0, INT32_MAX);
    device_decode(c, tb_json_object(c, result, "device"), &ret->device);
}

void tb_welcome_encode(struct tb_json_writer *w, const struct tb_welcome *welcome)
{
    tb_json_put_int(w, "protocol", welcome->protocol);
    tb_json_put_str(w, "epoch", welcome->epoch);
    tb_json_put_int(w, "decided_seq", welcome->decided_seq);
    tb_json_put_int(w, "server_time_ms", welcome->server_time_ms);
    tb_json_put_int(w, "reconnect_window_ms", welcome->reconnect_window_ms);
    tb_json_put_int(w, "idle_ping_ms", welcome->idle_ping_ms);
    tb_json_open(w, "device");
    tb_member_put_opt_str(w, "id", welcome->device.id);
    tb_member_put_opt_str(w, "store", welcome->device.store);
    tb_member_put_opt_str(w, "till", welcome->device.till);
    tb_member_put_opt_str(w, "role", welcome->device.role);
    tb_member_put_opt_str(w, "name", welcome->device.name);
    tb_json_close(w);
}

void tb_mutate_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                      struct tb_mutate *ret)
{
    ret->count = 0;
    struct tb_json array = tb_json_array(c, params, "mutations", TB_MUTATION_BATCH_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_mutation *m = &ret->mutations[ret->count];
        tb_mutation_decode(c, each.value, arena, m);
        if (c->err == TB_OK && ret->count > 0 && m->seq != tb_mutation_last_seq(m - 1) + 1)
            tb_check_fail(c, TB_ERR_CONFLICT, "seq");
        ret->count++;
    }
    if (c->err != TB_OK)
        ret->count = 0;
}

void tb_mutate_encode(struct tb_json_writer *w, const struct tb_mutate *mutate)
{
    tb_json_open_array(w, "mutations");
    for (size_t i = 0; i < mutate->count; i++)
        tb_mutation_encode(w, NULL, &mutate->mutations[i]);
    tb_json_close_array(w);
}

void tb_verdicts_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                        struct tb_verdicts *ret)
{
    ret->count = 0;
    struct tb_json array = tb_json_array(c, params, "verdicts", TB_VERDICT_BATCH_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each))
        tb_verdict_decode(c, each.value, &ret->verdicts[ret->count++]);
    tb_rows_decode(c, params, "rows", arena, &ret->rows);
    if (c->err != TB_OK)
        ret->count = 0;
}

void tb_verdicts_encode(struct tb_json_writer *w, const struct tb_verdicts *verdicts)
{
    tb_json_open_array(w, "verdicts");
    for (size_t i = 0; i < verdicts->count; i++)
        tb_verdict_encode(w, NULL, &verdicts->verdicts[i]);
    tb_json_close_array(w);
    tb_rows_encode(w, "rows", &verdicts->rows);
}

void tb_feed_open_decode(struct tb_check *c, struct tb_json params, struct tb_feed_open *ret)
{
    ret->scope = tb_json_scope(c, params, "scope");
    ret->cursor = tb_json_cursor(c, params, "cursor");
}

void tb_feed_open_encode(struct tb_json_writer *w, const struct tb_feed_open *open)
{
    tb_json_put_scope(w, "scope", &open->scope);
    put_cursor(w, "cursor", &open->cursor);
}

void tb_feed_rows_decode(struct tb_check *c, struct tb_json params, struct tb_arena *arena,
                         struct tb_feed_rows *ret)
{
    ret->scope = tb_json_scope(c, params, "scope");
    tb_rows_decode(c, params, "rows", arena, &ret->rows);
    ret->cursor = tb_json_cursor(c, params, "cursor");
    ret->more = tb_json_bool(c, params, "more");
}

void tb_feed_rows_encode(struct tb_json_writer *w, const struct tb_feed_rows *rows)
{
    tb_json_put_scope(w, "scope", &rows->scope);
    tb_rows_encode(w, "rows", &rows->rows);
    put_cursor(w, "cursor", &rows->cursor);
    tb_json_put_bool(w, "more", rows->more);
}

void tb_identify_ask_decode(struct tb_check *c, struct tb_json params, struct tb_identify_ask *ret)
{
    tb_member_token(c, params, "kind", ret->kind, sizeof ret->kind);
    tb_json_hex(c, params, "hash", ret->hash, sizeof ret->hash);
    tb_member_opt_str(c, params, "evidence", ret->evidence, sizeof ret->evidence);
}

void tb_identify_ask_encode(struct tb_json_writer *w, const struct tb_identify_ask *identify)
{
    tb_json_put_str(w, "kind", identify->kind);
    tb_json_put_hex(w, "hash", tb_span_of(identify->hash, sizeof identify->hash));
    tb_member_put_opt_str(w, "evidence", identify->evidence);
}

void tb_checksum_decode(struct tb_check *c, struct tb_json result, struct tb_checksum *ret)
{
    ret->cursor = tb_json_cursor(c, result, "cursor");
    tb_member_base64url(c, result, "sums", ret->sums[0], sizeof ret->sums);
}

void tb_checksum_encode(struct tb_json_writer *w, const struct tb_checksum *checksum)
{
    put_cursor(w, "cursor", &checksum->cursor);
    tb_json_put_base64url(w, "sums", tb_span_of(checksum->sums, sizeof checksum->sums));
}

static void proof_decode(struct tb_check *c, struct tb_json result, struct tb_identify_proof *ret)
{
    *ret = (struct tb_identify_proof){.verified = tb_member_opt_bool(c, result, "verified")};
    tb_member_opt_token(c, result, "kind", ret->kind, sizeof ret->kind);
    if (tb_json_has(result, "hash"))
        tb_json_hex(c, result, "hash", ret->hash, sizeof ret->hash);
    tb_member_opt_token(c, result, "assurance", ret->assurance, sizeof ret->assurance);
    tb_member_opt_token(c, result, "refused", ret->refused, sizeof ret->refused);
    if (tb_json_has(result, "command"))
        ret->command_size = tb_member_bytes(c, result, "command", ret->command, sizeof ret->command);
    if (tb_json_has(result, "card"))
        ret->card_size = tb_member_bytes(c, result, "card", ret->card, sizeof ret->card);
}

static void proof_encode(struct tb_json_writer *w, const struct tb_identify_proof *proof)
{
    static const uint8_t none[TB_LOOKUP_HASH_SIZE];
    tb_member_put_opt_bool(w, "verified", proof->verified);
    tb_member_put_opt_str(w, "kind", proof->kind);
    if (memcmp(proof->hash, none, sizeof none) != 0)
        tb_json_put_hex(w, "hash", tb_span_of(proof->hash, sizeof proof->hash));
    tb_member_put_opt_str(w, "assurance", proof->assurance);
    tb_member_put_opt_str(w, "refused", proof->refused);
    if (proof->command_size)
        tb_json_put_base64url(w, "command", tb_span_of(proof->command, proof->command_size));
    if (proof->card_size)
        tb_json_put_base64url(w, "card", tb_span_of(proof->card, proof->card_size));
}

void tb_identified_decode(struct tb_check *c, struct tb_json result, struct tb_arena *arena,
                          struct tb_identified *ret)
{
    ret->found = tb_json_bool(c, result, "found");
    tb_rows_decode(c, result, "rows", arena, &ret->rows);
    proof_decode(c, result, &ret->proof);
}

void tb_identified_encode(struct tb_json_writer *w, const struct tb_identified *identified)
{
    tb_json_put_bool(w, "found", identified->found);
    tb_rows_encode(w, "rows", &identified->rows);
    proof_encode(w, &identified->proof);
}

void tb_product_find_decode(struct tb_check *c, struct tb_json params, char ret_gtin[TB_GTIN_SIZE + 1])
{
    tb_member_gtin(c, params, "gtin", ret_gtin);
}

void tb_product_found_decode(struct tb_check *c, struct tb_json result, struct tb_product *ret)
{
    *ret = (struct tb_product){.gtin = ""};
    if (!tb_json_has(result, "product"))
        return;
    struct tb_json product = tb_json_object(c, result, "product");
    tb_product_decode(c, product, ret);
    if (c->err == TB_OK && ret->gtin[0] == '\0')
        tb_check_fail(c, TB_ERR_MISSING, "gtin");
}

void tb_product_found_encode(struct tb_json_writer *w, const struct tb_product *product)
{
    if (product->gtin[0])
        tb_product_encode(w, "product", product);
    else
        tb_json_put_null(w, "product");
}
