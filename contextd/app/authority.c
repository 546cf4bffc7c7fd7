#include "contextd/app/command.h"
#include "contextd/ca/ca.h"
#include "contextd/gateway/token.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>

#define DAYS_MAX (100 * 365)
#define CA_DAYS 3650
#define CERTIFICATE_DAYS 365
#define BACKDATE_DAYS 30

static struct tb_ca ca_of(struct args *a, const char *folder)
{
    return (struct tb_ca){.folder = folder,
                          .rng = tb_rng_system(),
                          .wall_ms = command_wall_ms(NULL),
                          .backdate_days = args_number(a, "--backdate-days", BACKDATE_DAYS, 0, DAYS_MAX)};
}

static int ca_init(struct args *a)
{
    const char *chain = args_needed(a, "--chain");
    const char *folder = args_needed(a, "--dir");
    struct tb_ca ca = ca_of(a, folder);
    int64_t days = args_number(a, "--days", CA_DAYS, 1, DAYS_MAX);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = tb_ca_init(&ca, chain, days);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("ca init", err);
}

static int ca_request(struct args *a)
{
    const char *name = args_needed(a, "--name");
    const char *key = args_target(a, "--key");
    const char *csr = args_target(a, "--csr");
    struct tb_ca ca = ca_of(a, NULL);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = tb_ca_request(&ca, name, key, csr);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("ca request", err);
}

static void names_take(struct args *a, const char *option, const char *ret_names[TB_CERT_SAN_COUNT_MAX])
{
    size_t count = 0;
    for (const char *name; count < TB_CERT_SAN_COUNT_MAX && (name = args_option(a, option)) != NULL;)
        ret_names[count++] = name;
}

static int ca_issue(struct args *a)
{
    struct tb_ca_wish wish = {.device = args_option(a, "--device")};
    wish.days = args_number(a, "--days", CERTIFICATE_DAYS, -DAYS_MAX, DAYS_MAX);
    names_take(a, "--dns", wish.names.dns);
    names_take(a, "--ip", wish.names.ip);
    const char *csr = args_source(a, "--csr");
    const char *out = args_target(a, "--out");
    const char *folder = args_source(a, "--dir");
    struct tb_ca ca = ca_of(a, folder);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = tb_ca_issue(&ca, csr, &wish, out);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("ca issue", err);
}

int command_ca(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "init"))
        return ca_init(a);
    if (tb_span_is(name, "request"))
        return ca_request(a);
    if (tb_span_is(name, "issue"))
        return ca_issue(a);
    (void)fprintf(stderr, "contextd: ca init, ca request or ca issue\n");
    return EXIT_WRONG;
}

static enum tb_err token_print(const char *key_path, const struct tb_token_plan *plan)
{
    struct tb_key key;
    uint8_t text[TB_TOKEN_SIZE_MAX];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    enum tb_err err = tb_secret_read(key_path, &b);
    if (err == TB_OK)
        err = tb_key_load(tb_buf_span(&b), tb_rng_system(), &key);
    tb_wipe(text, sizeof text);
    tb_buf_reset(&b);
    if (err != TB_OK)
        return err;
    err = tb_token_mint(&key, tb_rng_system(), plan, &b);
    tb_key_wipe(&key);
    if (err == TB_OK && printf("%.*s\n", (int)b.size, (const char *)text) < 0)
        err = TB_ERR_IO;
    return err;
}

static int token_mint(struct args *a)
{
    const char *key = args_source(a, "--key");
    const char *customer = args_needed(a, "--customer");
    const char *audience = args_option(a, "--audience");
    struct tb_token_plan plan = {.audience = audience != NULL ? audience : "tillbridge",
                                 .wall_ms = command_wall_ms(NULL),
                                 .life_s = args_number(a, "--life-s", 600, -86400, 86400)};
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = tb_id_decode(tb_span_str(customer), &plan.customer);
    if (err == TB_OK)
        err = token_print(key, &plan);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("token mint", err);
}

static int token_key(struct args *a)
{
    const char *key = args_target(a, "--key");
    const char *public_key = args_target(a, "--public");
    struct tb_ca ca = ca_of(a, NULL);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = tb_ca_key_pair(&ca, key, public_key);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("token key", err);
}

int command_token(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "key"))
        return token_key(a);
    if (tb_span_is(name, "mint"))
        return token_mint(a);
    (void)fprintf(stderr, "contextd: token key or token mint\n");
    return EXIT_WRONG;
}
