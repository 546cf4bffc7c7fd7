#include "boards/mcu/host/board.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool options_read(int argc, char **argv, struct board_options *o)
{
    static const struct option names[] = {
        {"link", required_argument, NULL, 'l'},
        {"nfc", required_argument, NULL, 'n'},
        {"scanner", required_argument, NULL, 's'},
        {"flash", required_argument, NULL, 'f'},
        {"tamper", required_argument, NULL, 't'},
        {"watchdog-bit", no_argument, NULL, 'w'},
        {"reset", no_argument, NULL, 'r'},
        {"slot", required_argument, NULL, 'o'},
        {NULL, 0, NULL, 0},
    };
    for (int option = 0; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'l': o->link = optarg; break;
        case 'n': o->nfc = optarg; break;
        case 's': o->scanner = optarg; break;
        case 'f': o->flash = optarg; break;
        case 't': o->tamper = optarg; break;
        case 'w': o->watchdog_bit = true; break;
        case 'r': o->reset = true; break;
        case 'o': o->slot = optarg; break;
        default: return false;
        }
    }
    return optind == argc && o->link != NULL;
}

/* Switching a head off is no fault of it. */
static void switched_off(int signo)
{
    (void)signo;
    _exit(EXIT_SUCCESS);
}

bool board_arguments(int argc, char **argv)
{
    struct board_options options = {.argv = argv};
    if (!options_read(argc, argv, &options)) {
        (void)fprintf(
            stderr,
            "usage: %s --link SYMLINK [--nfc PATH] [--scanner PATH] [--flash FILE] [--tamper FILE]\n"
            "SYMLINK is made and stands for the serial line to the agent.\n",
            argv[0]);
        return false;
    }
    (void)signal(SIGTERM, switched_off);
    board_configure(&options);
    return true;
}
