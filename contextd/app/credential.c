/* credential add: what a customer carries beside the member number. */
#include "core/credential/credential.h"
#include "contextd/app/desk.h"
#include "core/base/text.h"
#include "core/base/wipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value as it is presented: text, or bytes such as the UID of a card. False: it was said what is wrong.
 */
static bool value_take(struct args *a, struct tb_credential *ret_credential)
{
    uint8_t bytes[TB_CREDENTIAL_VALUE_MAX];
    const char *kind = args_needed(a, "--kind");
    const char *text = args_option(a, "--value");
    const char *digits = args_option(a, "--hex");
    enum tb_credential_kind decoded = TB_CREDENTIAL_NONE;
    struct tb_span value = tb_span_str(text ? text : "");
    bool ok = kind != NULL && tb_credential_kind_decode(tb_span_str(kind), &decoded) == TB_OK &&
              (text != NULL) != (digits != NULL);
    if (ok && digits) {
        value = tb_span_of(bytes, strlen(digits) / 2);
        ok = value.size <= sizeof bytes && tb_hex_decode(tb_span_str(digits), bytes, value.size) == TB_OK;
    }
    ok = ok && value.size > 0 && tb_credential_set(decoded, value, ret_credential) == TB_OK;
    tb_wipe(bytes, sizeof bytes);
    if (!ok)
        (void)fprintf(stderr,
                      "contextd: --kind member|gsrn|pass|smart_tap|vas|tag|desfire|uid, and --value TEXT or "
                      "--hex BYTES, at most %u bytes\n",
                      TB_CREDENTIAL_VALUE_MAX);
    return ok;
}

static enum tb_err credential_load(struct desk *s, const char *who, const struct tb_credential *credential)
{
    struct tb_record record = {
        .kind = TB_RECORD_CREDENTIAL,
        .as.credential = {.kind = tb_credential_kind_name(credential->kind),
                          .value = tb_credential_value(credential)},
    };
    enum tb_err err = desk_customer(s, who, &record.as.credential.customer);
    return err == TB_OK ? desk_put(s, &record) : err;
}

int command_credential(struct args *a)
{
    struct desk s;
    struct tb_credential credential = {.kind = TB_CREDENTIAL_NONE};
    char database[CONTEXTD_PATH_SIZE];
    const char *verb = args_word(a);
    const char *who = args_needed(a, "--customer");
    bool ok = value_take(a, &credential);
    desk_database(a, database);
    if (verb == NULL || strcmp(verb, "add") != 0) {
        (void)fprintf(stderr, "contextd: credential add\n");
        ok = false;
    }
    if (!args_end(a) || !ok)
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = credential_load(&s, who, &credential);
    tb_credential_wipe(&credential);
    return desk_finish(&s, "credential add", err);
}
