/* contextd: the context store. See README.md for what it is, `contextd help` for its commands. */
#include "contextd/app/command.h"
#include "host/system/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char usage[] =
    "usage: contextd serve --config FILE [--ports-file FILE]\n"
    "       contextd --print-config --config FILE\n"
    "       contextd config --table\n"
    "       contextd ca init --dir DIR --chain NAME [--days N]\n"
    "       contextd ca request --name NAME --key FILE --csr FILE\n"
    "       contextd ca issue --dir DIR --csr FILE --out FILE (--device ID | --dns NAME … --ip ADDRESS …)\n"
    "                   [--days N] [--backdate-days N]\n"
    "       contextd seed (--config FILE | --database FILE) [--number N] [--chain NAME] [--customers N]\n"
    "                   [--products N] [--carts N] [--at UNIX_MS]\n"
    "       contextd token key --key FILE --public FILE\n"
    "       contextd token mint --key FILE --customer ID [--audience NAME] [--life-s N]\n"
    "       contextd product list (--config FILE | --database FILE) [--limit N] [--store ID] [--json]\n"
    "       contextd customer list (--config FILE | --database FILE) [--limit N] [--json]\n"
    "       contextd customer show ID (--config FILE | --database FILE)\n"
    "       contextd credential add --customer ID --kind KIND (--value TEXT | --hex BYTES)\n"
    "                   (--config FILE | --database FILE)\n"
    "       contextd terminal list (--config FILE | --database FILE) [--json]\n"
    "       contextd terminal enable|disable ID (--config FILE | --database FILE)\n"
    "       contextd policy set (--config FILE | --database FILE) [--idle-ms N] [--removal-ms N]\n"
    "                   [--merge sum|max|replace|ask] [--scan-begins kiosk|till] [--operator-required "
    "yes|no]\n"
    "                   [--cache-rows N] [--cache-bytes N] [--no-contact-ms N] [--outside-keep-ms N]\n"
    "                   [--journey-keep-ms N] [--note-keep-ms N] [--reward-offline N] [--checksum-ms N]\n"
    "                   [--new-customers N] [--finds N] [--audit-keep-ms N]\n"
    "                   [--consents ID=VERSION,…|none | --consent-texts FILE]\n"
    "                   [--phone-country CODE|none] [--accent #RRGGBB|none]\n"
    "                   [--display-upper TEXT] [--display-lower TEXT]\n"
    "                   [--credentials FILE]\n"
    "                   [--show-tier LEVEL] [--show-name LEVEL] [--show-cart LEVEL] [--redeem LEVEL]\n"
    "       contextd keys add --use USE --id ID --key FILE (--config FILE | --database FILE) [--version N]\n"
    "                   [--to all|none|store:ID,device:ID…] [--not-before UNIX_MS] [--not-after UNIX_MS]\n"
    "                   [--diversified [--system HEX]] [--application HEX] [--key-number N] [--no-key]\n"
    "                   [--period-s N] [--digits N]\n"
    "       contextd keys list (--config FILE | --database FILE) [--json]\n"
    "       contextd keys retire --use USE --id ID --version N (--config FILE | --database FILE)\n"
    "       contextd operator add --id ID --name NAME [--badge NUMBER] [--store ID] [--inactive]\n"
    "                   (--config FILE | --database FILE)\n"
    "       contextd operator list (--config FILE | --database FILE) [--json]\n"
    "       contextd operator remove --id ID (--config FILE | --database FILE)\n"
    "       contextd audit list (--config FILE | --database FILE) [--customer ID] [--operator ID]\n"
    "                   [--since UNIX_MS] [--json]\n"
    "       contextd erase --customer ID (--config FILE | --database FILE)\n"
    "       contextd erasures (--config FILE | --database FILE) [--json]\n"
    "       contextd export --customer ID (--config FILE | --database FILE)\n"
    "       contextd conflicts (--config FILE | --database FILE) [--json]\n";

static const struct {
    const char *name;
    int (*run)(struct args *a);
} commands[] = {
    {"serve", command_serve},           {"config", command_config},
    {"--print-config", command_config}, {"ca", command_ca},
    {"token", command_token},           {"seed", command_seed},
    {"credential", command_credential}, {"customer", command_customer},
    {"terminal", command_terminal},     {"product", command_product},
    {"policy", command_policy},         {"erase", command_erase},
    {"erasures", command_erasures},     {"export", command_export},
    {"conflicts", command_conflicts},   {"keys", command_keys},
    {"operator", command_operator},     {"audit", command_audit},
};

int command_failed(const char *what, enum tb_err err)
{
    (void)fprintf(stderr, "contextd: %s: %s (%s)\n", what, tb_err_words(err), tb_err_name(err));
    return err == TB_ERR_CONFIG ? EXIT_WRONG : EXIT_FAILURE;
}

int64_t command_wall_ms(void *context)
{
    (void)context;
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail for this clock */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    struct args a;
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0)
        return fputs(usage, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (strcmp(name, "--version") == 0)
        return puts("contextd " TB_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        args_init(&a, argc - 2, argv + 2);
        int status = a.failed ? EXIT_WRONG : commands[i].run(&a);
        return fflush(stdout) != 0 && status == EXIT_SUCCESS ? EXIT_FAILURE : status;
    }
    (void)fputs(usage, stderr);
    return EXIT_WRONG;
}
