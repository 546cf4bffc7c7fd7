#include "agent/app/wiring.h"
#include "core/base/assert.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

#include <stdio.h>

static struct tb_agent_config config;
static struct tb_config_error error;
static struct tb_wiring wiring;

static enum tb_err parse(const char *readers)
{
    char text[4096];
    int size = snprintf(text, sizeof text,
                        "[store]\nurl = wss://x/\nca = a\ncertificate = b\nkey = c\n[readers]\n%s", readers);
    assert_true(size > 0 && (size_t)size < sizeof text);
    config = (struct tb_agent_config){0};
    return tb_config_parse(&tb_agent_config_table, "till.conf", tb_span_str(text), &config, &error);
}

static void wire(const char *readers)
{
    assert_int_equal(parse(readers), TB_OK);
    assert_int_equal(tb_wiring_of(&config, &wiring), TB_OK);
}

static void reader_is(unsigned index, enum tb_reader_kind kind, const char *name, const char *device,
                      unsigned baud)
{
    assert_true(index < wiring.count);
    assert_int_equal(wiring.readers[index].kind, kind);
    assert_string_equal(wiring.readers[index].name, name);
    assert_string_equal(wiring.readers[index].device, device);
    assert_int_equal(wiring.readers[index].baud, baud);
}

static void every_form(void **state)
{
    (void)state;
    wire("reader = head:/dev/ttyACM0\n"
         "reader = head:/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0:921600\n"
         "reader = libnfc:pn532_uart:/dev/ttyUSB0:115200\n"
         "reader = libnfc:pn53x_usb\n"
         "reader = scanner:/dev/serial/by-id/usb-Example:if00:19200\n"
         "reader = keyboard:/dev/input/by-id/usb-Example-event-kbd\n"
         "reader = keyboard:/dev/input/by-path/pci-0000:00:14.0-usb-0:2:1.0-event-kbd:fr\n"
         "reader = hidpos:/dev/hidraw0:aim\n");
    assert_int_equal(wiring.count, 8);
    reader_is(7, TB_READER_HIDPOS, "Scanner 4", "/dev/hidraw0", 0);
    assert_true(wiring.readers[7].identified);
    reader_is(0, TB_READER_HEAD, "Reader head", "/dev/ttyACM0", 0);
    reader_is(1, TB_READER_HEAD, "Reader head 2", "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0",
              921600);
    reader_is(2, TB_READER_NFC, "Card reader", "pn532_uart:/dev/ttyUSB0:115200", 0);
    reader_is(3, TB_READER_NFC, "Card reader 2", "pn53x_usb", 0);
    reader_is(4, TB_READER_SCANNER, "Scanner", "/dev/serial/by-id/usb-Example:if00", 19200);
    reader_is(5, TB_READER_KEYBOARD, "Scanner 2", "/dev/input/by-id/usb-Example-event-kbd", 0);
    assert_null(wiring.readers[5].layout);
    reader_is(6, TB_READER_KEYBOARD, "Scanner 3", "/dev/input/by-path/pci-0000:00:14.0-usb-0:2:1.0-event-kbd",
              0);
    assert_string_equal(wiring.readers[6].layout, "fr");
}

static void polling_is(unsigned index, const char *frame)
{
    struct tb_span polling = tb_span_of(wiring.readers[index].polling, wiring.readers[index].polling_size);
    assert_true(tb_span_equal(polling, HEX_SPAN(frame)));
}

static void readers_of_cards_may_have_a_polling_frame(void **state)
{
    (void)state;
    wire("reader = head:/dev/ttyACM0 polling=6a01000004\n"
         "reader = head:/dev/ttyACM1:921600 \t polling=6A02000102030405060708090a0b0c0D\n"
         "reader = libnfc:pn532_uart:/dev/ttyUSB0:115200 polling=00\n"
         "reader = head:/dev/ttyACM2 polling=\n"
         "reader = head:/dev/ttyACM3\n");
    reader_is(0, TB_READER_HEAD, "Reader head", "/dev/ttyACM0", 0);
    polling_is(0, "6a01000004");
    reader_is(1, TB_READER_HEAD, "Reader head 2", "/dev/ttyACM1", 921600);
    polling_is(1, "6a02000102030405060708090a0b0c0d");
    reader_is(2, TB_READER_NFC, "Card reader", "pn532_uart:/dev/ttyUSB0:115200", 0);
    polling_is(2, "00");
    polling_is(3, "");
    polling_is(4, "");
}

static void short_forms_come_first(void **state)
{
    (void)state;
    wire("reader = libnfc:pn532_i2c:/dev/i2c-1\nscanner = /dev/ttyS0\nnfc = pn532_uart:/dev/ttyUSB0\n"
         "scanner_baud = 38400\n");
    assert_int_equal(wiring.count, 3);
    reader_is(0, TB_READER_NFC, "Card reader", "pn532_uart:/dev/ttyUSB0", 0);
    reader_is(1, TB_READER_SCANNER, "Scanner", "/dev/ttyS0", 38400);
    reader_is(2, TB_READER_NFC, "Card reader 2", "pn532_i2c:/dev/i2c-1", 0);
    wire("");
    assert_int_equal(wiring.count, 0);
}

static void what_makes_no_sense_is_told_with_its_place(void **state)
{
    (void)state;
    static const char forms[] =
        "must be head:<path>[:<baud>], libnfc:<connection string>, "
        "scanner:<path>[:<baud>], keyboard:<path>[:<layout>], hidpos:<path>[:aim] or camera:<path>[:aim]";
    static const char hex[] = "has a polling frame that is not 0 to 16 bytes in hex";
    static const char cards_only[] = "reads no cards: polling is for head and libnfc";
    static const struct {
        const char *line;
        const char *text;
    } cases[] = {
        {"reader =\n", forms},
        {"reader = /dev/ttyACM0\n", forms},
        {"reader = Head:/dev/ttyACM0\n", forms},
        {"reader = usb:/dev/ttyACM0\n", forms},
        {"reader = head:\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = head:ttyACM0\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = head:/dev/ttyACM0:12345\n", "ends in a number that is no speed of a serial line"},
        {"reader = head:/dev/ttyACM0:99999999999999999999\n",
         "ends in a number that is no speed of a serial line"},
        {"reader = scanner::9600\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = keyboard:1\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = keyboard:/dev/input/event0:xx\n", "ends in no layout that is known: us, de, fr"},
        {"reader = hidpos:aim\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = hidpos:/dev/hidraw0 polling=\n", cards_only},
        {"reader = keyboard:de\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = libnfc:\n", "needs a connection string, such as pn532_uart:/dev/ttyUSB0"},
        {"reader = head:/dev/ttyACM0 polling\n", "is followed by what is not polling=<hex>"},
        {"reader = head:/dev/ttyACM0 speed=9600\n", "is followed by what is not polling=<hex>"},
        {"reader = head:/dev/ttyACM0 polling=6a0\n", hex},
        {"reader = head:/dev/ttyACM0 polling=6g\n", hex},
        {"reader = head:/dev/ttyACM0 polling=6a polling=6a\n", hex},
        {"reader = head:/dev/ttyACM0 polling=000102030405060708090a0b0c0d0e0f10\n", hex},
        {"reader = head: polling=6a\n", "needs the path of a device, such as /dev/ttyACM0"},
        {"reader = scanner:/dev/ttyS0 polling=6a\n", cards_only},
        {"reader = keyboard:/dev/input/event0:de polling=\n", cards_only},
        {"reader = libnfc:/dev/ttyUSB0\n", "needs a connection string, such as pn532_uart:/dev/ttyUSB0"},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        assert_int_equal(parse(cases[i].line), TB_ERR_CONFIG);
        assert_int_equal(error.line, 7);
        assert_string_equal(error.key, "readers.reader");
        assert_string_equal(error.text, cases[i].text);
    }
    assert_int_equal(parse("scanner_baud = 10000\n"), TB_ERR_CONFIG);
    assert_string_equal(error.key, "readers.scanner_baud");
    assert_int_equal(parse("scanner_baud = fast\n"), TB_ERR_CONFIG);
    assert_string_equal(error.text, "must be a whole number from 1200 to 921600");
}

static void there_is_a_limit(void **state)
{
    (void)state;
    char text[2048] = "";
    struct tb_buf b = tb_buf_of(text, sizeof text - 1);
    for (unsigned i = 0; i < TB_READERS_COUNT_MAX; i++) {
        tb_buf_add_str(&b, "reader = head:/dev/ttyACM");
        tb_buf_add_decimal(&b, i);
        tb_buf_add_u8(&b, '\n');
    }
    wire(text);
    assert_int_equal(wiring.count, TB_READERS_COUNT_MAX);
    reader_is(7, TB_READER_HEAD, "Reader head 8", "/dev/ttyACM7", 0);
    tb_buf_add_str(&b, "nfc = pn53x_usb\n");
    assert_int_equal(parse(text), TB_OK);
    assert_int_equal(tb_wiring_of(&config, &wiring), TB_ERR_FULL);
    tb_buf_add_str(&b, "reader = head:/dev/ttyACM8\n");
    assert_int_equal(parse(text), TB_ERR_CONFIG);
    assert_string_equal(error.text, "is given too often");
}

static void printed_wiring_reads_back(void **state)
{
    (void)state;
    char text[4096];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    wire("reader = head:/dev/ttyACM0:115200 polling=6a01\nreader = libnfc:pn53x_usb\n");
    tb_config_print(&tb_agent_config_table, &config, &b);
    assert_int_equal(
        tb_config_parse(&tb_agent_config_table, "printed.conf", tb_buf_span(&b), &config, &error), TB_OK);
    assert_int_equal(tb_wiring_of(&config, &wiring), TB_OK);
    assert_int_equal(wiring.count, 2);
    reader_is(0, TB_READER_HEAD, "Reader head", "/dev/ttyACM0", 115200);
    polling_is(0, "6a01");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form),
        cmocka_unit_test(readers_of_cards_may_have_a_polling_frame),
        cmocka_unit_test(short_forms_come_first),
        cmocka_unit_test(what_makes_no_sense_is_told_with_its_place),
        cmocka_unit_test(there_is_a_limit),
        cmocka_unit_test(printed_wiring_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
