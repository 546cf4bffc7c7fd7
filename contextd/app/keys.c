/* keys add, list, retire: what credentials are verified with. Keys come from files, and never go out again.
 */
#include "contextd/app/desk.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/keyring.h"
#include "core/crypto/key.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SIZE_MAX 4096u
#define DIGITS_PRESET 8
#define PERIOD_S_PRESET 60

/* ---- reading key files ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static struct tb_span trimmed(struct tb_span text)
{
    while (text.size > 0 && is_space(text.at[0]))
        text = tb_span_sub(text, 1, SIZE_MAX);
    while (text.size > 0 && is_space(text.at[text.size - 1]))
        text.size--;
    return text;
}

static enum tb_err value_put(struct tb_key_doc *doc, struct tb_span bytes)
{
    if (bytes.size > sizeof doc->value)
        return TB_ERR_RANGE;
    memcpy(doc->value, bytes.at, bytes.size);
    doc->value_size = (uint8_t)bytes.size;
    return TB_OK;
}

static enum tb_err hex_put(struct tb_key_doc *doc, struct tb_span text)
{
    text = trimmed(text);
    if (text.size == 0 || text.size % 2 != 0 || text.size / 2 > sizeof doc->value)
        return TB_ERR_RANGE;
    doc->value_size = (uint8_t)(text.size / 2);
    return tb_hex_decode(text, doc->value, doc->value_size);
}

static enum tb_err point_put(struct tb_key_doc *doc, struct tb_span text)
{
    struct tb_public_key key;
    enum tb_err err = tb_public_key_load(text, &key);
    return err == TB_OK ? value_put(doc, tb_span_of(key.point, sizeof key.point)) : err;
}

/* A private key of the curve P-256: PEM, or the scalar in hex. */
static enum tb_err scalar_put(struct tb_key_doc *doc, struct tb_span text)
{
    struct tb_key key;
    if (!tb_span_starts(trimmed(text), tb_span_str("-----")))
        return hex_put(doc, text);
    enum tb_err err = tb_key_load(text, tb_rng_system(), &key);
    if (err == TB_OK)
        err = value_put(doc, tb_span_of(key.scalar, sizeof key.scalar));
    tb_key_wipe(&key);
    return err;
}

static enum tb_err value_read(struct tb_key_doc *doc, enum tb_ring_use use, const char *path)
{
    uint8_t text[FILE_SIZE_MAX];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    bool is_public = use == TB_RING_TOKEN;
    enum tb_err err = is_public ? tb_file_read(path, &b) : tb_secret_read(path, &b);
    if (err == TB_OK && is_public)
        err = point_put(doc, tb_buf_span(&b));
    else if (err == TB_OK && (use == TB_RING_SMART_TAP || use == TB_RING_VAS))
        err = scalar_put(doc, tb_buf_span(&b));
    else if (err == TB_OK)
        err = hex_put(doc, tb_buf_span(&b));
    tb_wipe(text, sizeof text);
    if (err != TB_OK)
        (void)fprintf(stderr, "contextd: key file %s: %s\n", path,
                      err == TB_ERR_DENIED ? "only its owner may be able to read it" : tb_err_name(err));
    return err;
}

/* ---- what the command line says of a key ---- */

static bool text_take(const char *text, char *to, size_t size_max)
{
    return text != NULL && tb_span_to_str(tb_span_str(text), to, size_max) == TB_OK;
}

/* Its name; false: it was said what is wrong. */
static bool name_take(struct args *a, struct tb_key_doc *doc, enum tb_ring_use *ret_use)
{
    const char *use = args_needed(a, "--use");
    const char *id = args_needed(a, "--id");
    doc->version = args_number(a, "--version", 1, 1, UINT32_MAX);
    if (use == NULL || id == NULL)
        return false;
    bool ok = tb_ring_use_decode(tb_span_str(use), ret_use) == TB_OK &&
              text_take(use, doc->kind, sizeof doc->kind) && text_take(id, doc->id, sizeof doc->id);
    if (!ok)
        (void)fprintf(stderr,
                      "contextd: --use token|totp|sun_meta|sun_file|desfire|smart_tap|vas, --id of at "
                      "most 64 bytes\n");
    return ok;
}

static bool application_take(struct args *a, struct tb_key_doc *doc)
{
    const char *hex = args_option(a, "--application");
    if (hex == NULL)
        return true;
    if (tb_hex_decode(tb_span_str(hex), doc->application, sizeof doc->application) == TB_OK)
        return true;
    (void)fprintf(stderr, "contextd: --application is 6 hexadecimal digits\n");
    return false;
}

static bool system_take(struct args *a, struct tb_key_doc *doc)
{
    const char *hex = args_option(a, "--system");
    size_t size = hex == NULL ? 0 : strlen(hex) / 2;
    if (size <= sizeof doc->system &&
        tb_hex_decode(tb_span_str(hex ? hex : ""), doc->system, size) == TB_OK) {
        doc->system_size = (uint8_t)size;
        return true;
    }
    (void)fprintf(stderr, "contextd: --system is at most 42 hexadecimal digits\n");
    return false;
}

static bool more_take(struct args *a, struct tb_key_doc *doc, enum tb_ring_use use)
{
    doc->not_before_ms = args_number(a, "--not-before", 0, 0, TB_TIME_MS_MAX);
    doc->not_after_ms = args_number(a, "--not-after", 0, 0, TB_TIME_MS_MAX);
    if (use == TB_RING_SUN_FILE || use == TB_RING_DESFIRE)
        doc->diversified = args_flag(a, "--diversified");
    if (doc->diversified && !system_take(a, doc))
        return false;
    if (use == TB_RING_TOTP) {
        doc->period_ms = 1000 * args_number(a, "--period-s", PERIOD_S_PRESET, 1, TB_KEY_PERIOD_MS_MAX / 1000);
        doc->digit_count = args_number(a, "--digits", DIGITS_PRESET, 6, TB_KEY_DIGIT_COUNT_MAX);
    }
    if (use != TB_RING_DESFIRE)
        return true;
    doc->key_number = args_number(a, "--key-number", 0, 0, TB_KEY_NUMBER_MAX);
    return application_take(a, doc);
}

/* ---- commands ---- */

static int record_put(const char *database, const struct tb_record_key *key, const char *what)
{
    struct desk s;
    const struct tb_record record = {.kind = TB_RECORD_KEY, .as.key = *key};
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = desk_put(&s, &record);
    return desk_finish(&s, what, err);
}

static int keys_add(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct tb_key_doc doc = {.kind = ""};
    enum tb_ring_use use = TB_RING_TOKEN;
    struct tb_record_key key = {.doc = &doc, .audience = args_option(a, "--to")};
    bool ok = name_take(a, &doc, &use);
    /* An application of ours whose key no terminal gets: they are told its number only. */
    bool known = !(use == TB_RING_DESFIRE && args_flag(a, "--no-key"));
    const char *path = known ? args_source(a, "--key") : NULL;
    ok = ok && more_take(a, &doc, use);
    desk_database(a, database);
    if (key.audience == NULL)
        key.audience = "none";
    if (!args_end(a) || !ok)
        return EXIT_WRONG;
    if (known && value_read(&doc, use, path) != TB_OK)
        return EXIT_FAILURE;
    int status = record_put(database, &key, "keys add");
    tb_wipe(&doc, sizeof doc);
    return status;
}

static int keys_retire(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct tb_key_doc doc = {.kind = ""};
    enum tb_ring_use use = TB_RING_TOKEN;
    const struct tb_record_key key = {.doc = &doc, .audience = "none", .retired = true};
    bool ok = name_take(a, &doc, &use);
    desk_database(a, database);
    if (!args_end(a) || !ok)
        return EXIT_WRONG;
    return record_put(database, &key, "keys retire");
}

static void key_write(struct desk *s, const struct tb_key_entry *key)
{
    const struct tb_key_doc *doc = &key->doc;
    tb_buf_add_str(&s->print, doc->kind);
    tb_buf_add_str(&s->print, "\t");
    tb_buf_add_str(&s->print, doc->id);
    tb_buf_add_str(&s->print, "\t");
    tb_buf_add_decimal(&s->print, doc->version);
    tb_buf_add_str(&s->print, key->retired ? "\tretired " : "\tto ");
    if (!key->retired) {
        tb_buf_add_str(&s->print, key->audience);
        tb_buf_add_str(&s->print, ", added ");
    }
    desk_time_add(s, key->retired ? key->changed_ms : doc->added_ms);
    if (doc->not_before_ms) {
        tb_buf_add_str(&s->print, ", from ");
        desk_time_add(s, doc->not_before_ms);
    }
    if (doc->not_after_ms) {
        tb_buf_add_str(&s->print, ", until ");
        desk_time_add(s, doc->not_after_ms);
    }
}

static void object_write(struct desk *s, const struct tb_key_entry *key)
{
    const struct tb_key_doc *doc = &key->doc;
    struct tb_json_writer w = tb_json_writer_of(&s->print);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "use", doc->kind);
    tb_json_put_str(&w, "id", doc->id);
    tb_json_put_int(&w, "version", doc->version);
    tb_json_put_bool(&w, "retired", key->retired);
    if (!key->retired) {
        tb_json_put_str(&w, "to", key->audience);
        tb_json_put_int(&w, "added_ms", doc->added_ms);
    }
    if (doc->not_before_ms)
        tb_json_put_int(&w, "not_before_ms", doc->not_before_ms);
    if (doc->not_after_ms)
        tb_json_put_int(&w, "not_after_ms", doc->not_after_ms);
    tb_json_put_int(&w, "changed_ms", key->changed_ms);
    tb_json_close(&w);
}

static enum tb_err key_next(struct desk *s, void *entry)
{
    struct tb_key_entry *key = entry;
    char after[sizeof key->row];
    memcpy(after, key->row, sizeof after);
    return s->engine->ops->key_next(s->engine, after, key);
}

static enum tb_err key_write_as(struct desk *s, const void *entry, bool json)
{
    if (json)
        object_write(s, entry);
    else
        key_write(s, entry);
    return TB_OK;
}

static int keys_list(struct args *a)
{
    struct tb_key_entry entry = {.row = ""};
    return desk_list(a, &(struct desk_list){"keys list", &entry, key_next, key_write_as});
}

int command_keys(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "add"))
        return keys_add(a);
    if (tb_span_is(name, "retire"))
        return keys_retire(a);
    if (tb_span_is(name, "list"))
        return keys_list(a);
    (void)fprintf(stderr, "contextd: keys add, list or retire\n");
    return EXIT_WRONG;
}
