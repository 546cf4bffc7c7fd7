/*
 * tillbridge-readerd: owns one reader or scanner and tells the agent what it shows, on descriptor 3.
 * It has no network, no keys and no files but its device; it may crash or hang without harm, because
 * the agent kills it and starts it again.
 */
#include "agent/readerd/confine.h"
#include "agent/readerd/hidpos.h"
#include "agent/readerd/keyboard.h"
#include "agent/readerd/nfc.h"
#include "agent/readerd/serial.h"
#include "core/base/text.h"
#include "host/device/device.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2, BAUD_DEFAULT = 9600 };

static int usage(void)
{
    (void)fputs("usage: tillbridge-readerd nfc <libnfc connection string>\n"
                "       tillbridge-readerd scanner <path> [baud]\n"
                "       tillbridge-readerd keyboard <path> [layout]\n"
                "       tillbridge-readerd hidpos <path> [aim]\n"
                "It is started by tillbridged with the reader link on descriptor 3.\n",
                stderr);
    return EXIT_USAGE;
}

/* Only the connection string decides what is opened; nothing is searched for. */
static bool libnfc_confine(void)
{
    return unsetenv("LIBNFC_DEVICE") == 0 && unsetenv("LIBNFC_DEFAULT_DEVICE") == 0 &&
           unsetenv("LIBNFC_INTRUSIVE_SCAN") == 0 && setenv("LIBNFC_AUTO_SCAN", "false", 1) == 0 &&
           setenv("LIBNFC_LOG_LEVEL", "0", 1) == 0;
}

struct arguments {
    const char *verb;
    const char *device;
    const char *layout; /* of a keyboard */
    uint64_t baud;      /* of a scanner */
    bool identified;    /* of HID-POS: codes begin with their symbology identifier */
};

static bool arguments_read(int argc, char **argv, struct arguments *ret_arguments)
{
    if (argc < 3 || argc > 4)
        return false;
    const char *setting = argv[3]; /* or NULL */
    *ret_arguments = (struct arguments){
        .verb = argv[1], .device = argv[2], .layout = setting ? setting : "us", .baud = BAUD_DEFAULT};
    if (strcmp(argv[1], "nfc") == 0)
        return setting == NULL;
    if (strcmp(argv[1], "keyboard") == 0)
        return keyboard_layout_valid(ret_arguments->layout);
    ret_arguments->identified = setting != NULL;
    if (strcmp(argv[1], "hidpos") == 0)
        return setting == NULL || strcmp(setting, "aim") == 0;
    if (setting && tb_decimal_decode(tb_span_str(setting), UINT32_MAX, &ret_arguments->baud) != TB_OK)
        return false;
    return strcmp(argv[1], "scanner") == 0 && tb_device_baud_valid(ret_arguments->baud);
}

static _Noreturn void device_run(const struct arguments *arguments)
{
    if (strcmp(arguments->verb, "nfc") == 0)
        nfc_run(arguments->device);
    if (strcmp(arguments->verb, "keyboard") == 0)
        keyboard_run(arguments->device, arguments->layout);
    if (strcmp(arguments->verb, "hidpos") == 0)
        hidpos_run(arguments->device, arguments->identified);
    serial_run(arguments->device, arguments->baud);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    if (!arguments_read(argc, argv, &arguments) || !confine_link_is_there())
        return usage();
    if (!confine() || !libnfc_confine()) {
        perror("tillbridge-readerd");
        return EXIT_FAILURE;
    }
    device_run(&arguments);
}
