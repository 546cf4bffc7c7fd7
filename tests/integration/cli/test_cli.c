/*
 * The real command line tool against a fake agent, or fake simulator, in this process: what it sends,
 * what it prints, and with which exit code it ends. Runs with TZ=UTC.
 */
#include "core/base/assert.h"
#include "core/base/span.h"
#include "tests/support/head/sign.h"
#include "tests/support/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, ARGUMENT_MAX = 12, TEXT_MAX = 65536 };

struct fixture {
    char folder[64];
    char path[96]; /* of the fake's socket */
    int listen_fd;
    int fd; /* the tool's connection */
    pid_t pid;
    int out_fd;
    int err_fd;
    char request[4096];
    char out[TEXT_MAX];
    char err[TEXT_MAX];
};

static struct fixture f;

static void wait_readable(int fd)
{
    struct pollfd set = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&set, 1, PATIENCE_MS), 1);
}

static void read_all(int fd, char *ret_text)
{
    size_t size = 0;
    for (;;) {
        wait_readable(fd);
        ssize_t got = read(fd, ret_text + size, TEXT_MAX - 1 - size);
        assert_true(got >= 0);
        if (got == 0)
            break;
        size += (size_t)got;
    }
    ret_text[size] = '\0';
    (void)close(fd);
}

static void fake_listen(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(snprintf(f.path, sizeof f.path, "%s/%s", f.folder, name) < (int)sizeof f.path);
    assert_int_equal(tb_span_to_str(tb_span_str(f.path), address.sun_path, sizeof address.sun_path), TB_OK);
    f.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(f.listen_fd >= 0);
    assert_int_equal(bind(f.listen_fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(f.listen_fd, 4), 0);
}

/* The tool with these arguments, separated by '|'. */
static void tool_start(const char *line)
{
    char program[512];
    char text[512];
    char *arguments[ARGUMENT_MAX] = {program};
    size_t count = 1;
    int out[2];
    int err[2];
    posix_spawn_file_actions_t actions;
    assert_true(snprintf(program, sizeof program, "%s/tillbridge", getenv("TB_BIN")) < (int)sizeof program);
    assert_int_equal(tb_span_to_str(tb_span_str(line), text, sizeof text), TB_OK);
    for (char *rest = text, *part; *text && (part = strsep(&rest, "|")) != NULL;) {
        assert_true(count < ARGUMENT_MAX - 1);
        arguments[count++] = part;
    }
    assert_int_equal(pipe2(out, O_CLOEXEC) | pipe2(err, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
    assert_int_equal(posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO), 0);
    assert_int_equal(posix_spawn(&f.pid, program, &actions, NULL, arguments, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(out[1]);
    (void)close(err[1]);
    f.out_fd = out[0];
    f.err_fd = err[0];
}

static int tool_end(void)
{
    int status = 0;
    read_all(f.out_fd, f.out);
    read_all(f.err_fd, f.err);
    assert_int_equal(waitpid(f.pid, &status, 0), f.pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The tool's next line on its connection. */
static const char *fake_next(void)
{
    size_t size = 0;
    while (memchr(f.request, '\n', size) == NULL) {
        wait_readable(f.fd);
        ssize_t got = read(f.fd, f.request + size, sizeof f.request - 1 - size);
        assert_true(got > 0);
        size += (size_t)got;
    }
    f.request[size - 1] = '\0';
    return f.request;
}

/* Waits for the tool to connect and takes its line. */
static const char *fake_request(void)
{
    wait_readable(f.listen_fd);
    f.fd = accept4(f.listen_fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(f.fd >= 0);
    return fake_next();
}

static void fake_say(const char *text)
{
    size_t size = strlen(text);
    assert_int_equal(send(f.fd, text, size, MSG_NOSIGNAL), size);
}

static void fake_hang_up(void)
{
    (void)close(f.fd);
    f.fd = -1;
}

static int setup(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    f.fd = -1;
    memcpy(f.folder, "/tmp/tillbridge-cli-XXXXXX", sizeof "/tmp/tillbridge-cli-XXXXXX");
    assert_non_null(mkdtemp(f.folder));
    assert_int_equal(setenv("TILLBRIDGE_SIM", f.folder, 1), 0);
    fake_listen("tillbridge.sock");
    assert_int_equal(setenv("TILLBRIDGE_SOCKET", f.path, 1), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (f.fd >= 0)
        (void)close(f.fd);
    (void)close(f.listen_fd);
    (void)unlink(f.path);
    (void)rmdir(f.folder);
    return 0;
}

/* Another socket in the place of the agent's. */
static void fake_is(const char *name)
{
    (void)close(f.listen_fd);
    (void)unlink(f.path);
    fake_listen(name);
}

#define STATUS                                                                                               \
    "{\"software\":\"tillbridged 0.1.0\",\"terminal\":{\"store\":\"0421\",\"store_name\":\"Old Town\","      \
    "\"till\":\"4\",\"role\":\"till\",\"name\":\"Till 4\",\"currency\":\"EUR\",\"language\":\"en\"},"        \
    "\"line\":{\"state\":\"offline\",\"since_ms\":1763847960000,\"cause\":\"no_route\"},"                    \
    "\"readers\":[{\"name\":\"pn532_uart:/dev/ttyUSB0\",\"kind\":\"nfc\",\"state\":\"ready\","               \
    "\"since_ms\":1763760000000},{\"name\":\"/dev/ttyACM0\",\"kind\":\"scanner\",\"state\":\"unplugged\","   \
    "\"since_ms\":1763849600000}],\"unsent\":2,"                                                             \
    "\"notices\":[{\"code\":\"disk_full\",\"since_ms\":1763849580000},{\"code\":\"new_one\",\"since_ms\":0}" \
    "],"                                                                                                     \
    "\"cache\":{\"customers\":10000,\"products\":2000},\"visit\":true,"                                      \
    "\"outcomes\":[{\"at_ms\":1763849500000,\"outcome\":\"recognised\",\"code\":\"found.cache\","            \
    "\"reader\":\"nfc\",\"took_ms\":41}],\"wall_ms\":1763849603250}"

static void status_in_words(void **state)
{
    (void)state;
    tool_start("status");
    assert_string_equal(fake_request(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\",\"params\":{}}");
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" STATUS "}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.err, "");
    assert_string_equal(
        f.out, "Terminal    till 4, store 0421 (Old Town)\n"
               "Agent       tillbridged 0.1.0\n"
               "Line        offline     since 21:46 (27 min ago): there is no way to the context store\n"
               "Readers     nfc      ready       since 2025-11-21 21:20    pn532_uart:/dev/ttyUSB0\n"
               "            scanner  unplugged   since 22:13 (just now)    /dev/ttyACM0\n"
               "Outbox      2 changes wait to be sent\n"
               "Cache       10,000 customers, 2,000 products\n"
               "Visit       a customer is here\n"
               "Notices     the disk is full: changes cannot be stored since 22:13 (just now)\n"
               "            new_one\n"
               "Last taps   22:11  recognised    found.cache       nfc, 41 ms\n");
}

static void status_as_json_is_what_came(void **state)
{
    (void)state;
    tool_start("--json|status");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" STATUS "}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, STATUS "\n");
}

static void status_of_a_terminal_that_knows_nothing_yet(void **state)
{
    (void)state;
    tool_start("status");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"terminal\":null,\"line\":{\"state\":\"connecting\","
             "\"since_ms\":1763849603000},\"readers\":[],\"unsent\":0,\"notices\":[],"
             "\"wall_ms\":1763849603250}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out,
                        "Terminal    not told yet which one (no contact with the context store so far)\n"
                        "Line        connecting  since 22:13 (just now)\n"
                        "Readers     none\n"
                        "Outbox      empty: everything is sent\n"
                        "Notices     none\n");
}

static void cart_with_lines(void **state)
{
    (void)state;
    tool_start("cart");
    assert_non_null(strstr(fake_request(), "\"method\":\"cart\""));
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"visit\":true,\"cart\":{\"id\":\"00\",\"version\":3,"
             "\"currency\":\"EUR\",\"lines\":["
             "{\"name\":\"Fountain pen, blue\",\"quantity\":1,\"unit_price\":3490,\"stock\":\"in_stock\","
             "\"pending\":false,\"new\":false},"
             "{\"name\":\"Caf\xc3\xa9 cr\xc3\xa8me\",\"quantity\":2,\"unit_price\":980,\"stock\":\"low\","
             "\"pending\":true,\"new\":false},"
             "{\"name\":\"Eraser\",\"quantity\":1,\"unit_price\":120,\"pending\":true,\"new\":true}],"
             "\"item_count\":4,\"total\":5570,\"touched_channel\":\"web\",\"unsent\":2}}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(
        f.out, "Cart of the open visit: 3 lines, 4 items, last changed on the web\n"
               "  Fountain pen, blue      1     34.90      34.90   in stock\n"
               "  Caf\xc3\xa9 cr\xc3\xa8me              2      9.80      19.60   few left, waits to be sent\n"
               "+ Eraser                  1      1.20       1.20   waits to be sent\n"
               "  Total                                    55.70 EUR\n"
               "2 changes wait to be sent.\n");
}

#define PAID_CART(claim)                                                                                    \
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"visit\":true,\"cart\":{\"currency\":\"EUR\",\"lines\":[]," \
    "\"item_count\":0,\"claim\":{" claim "\"until_ms\":2000}},\"wall_ms\":1999}}\n"

static void cart_that_is_being_paid(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        const char *told;
    } rows[] = {
        {PAID_CART("\"by\":\"Till 2\",\"mine\":false,"),
         "It is being paid at Till 2. Changes here are not part of that payment.\n"},
        {PAID_CART("\"mine\":false,"),
         "It is being paid elsewhere. Changes here are not part of that payment.\n"},
        {PAID_CART("\"by\":\"Till 4\",\"mine\":true,"), "It is being paid here.\n"},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(rows); i++) {
        tool_start("cart");
        (void)fake_request();
        fake_say(rows[i].says);
        assert_int_equal(tool_end(), 0);
        assert_non_null(strstr(f.out, rows[i].told));
    }
}

static void checkout_asks_for_what_its_verb_says(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"checkout|claim", "\"method\":\"checkout.claim\",\"params\":{}"},
        {"checkout|release", "\"method\":\"checkout.release\",\"params\":{}"},
        {"checkout|finish|17|2026-09-21|5940",
         "\"method\":\"checkout.finish\",\"params\":{\"transaction\":\"17\","
         "\"business_date\":\"2026-09-21\",\"total\":5940,\"all\":true}"},
        {"checkout|void|18|2026-09-22|17|2026-09-21|returned",
         "\"method\":\"checkout.void\",\"params\":{\"transaction\":\"18\",\"business_date\":\"2026-09-22\","
         "\"of_transaction\":\"17\",\"of_date\":\"2026-09-21\",\"reopen\":false,\"returned\":true}"},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(rows); i++) {
        tool_start(rows[i][0]);
        assert_non_null(strstr(fake_request(), rows[i][1]));
        fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"seq\":7}}\n");
        assert_int_equal(tool_end(), 0);
        assert_non_null(strstr(f.out, "Stored as change 7; "));
    }
}

static void cart_of_nobody(void **state)
{
    (void)state;
    tool_start("cart");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"visit\":false,\"cart\":null}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "Nobody is here: no cart is open.\n");
}

#define EVENT(members) \
    "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"at_ms\":1763849603250," members "}}\n"

static void tail_follows_until_its_count(void **state)
{
    (void)state;
    tool_start("tail|--count|2");
    assert_non_null(strstr(fake_request(), "\"method\":\"tail\""));
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    fake_say(EVENT("\"event\":\"outcome\",\"outcome\":\"unknown\",\"code\":\"tag.\\u007fnot_ours\","
                   "\"reader\":\"nfc\",\"took_ms\":32,\"future\":{\"a\":1}"));
    fake_say(EVENT("\"event\":\"line\",\"state\":\"offline\",\"cause\":\"closed\""));
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "22:13:23.250  outcome   unknown code=tag.?not_ours reader=nfc took_ms=32\n"
                               "22:13:23.250  line      offline cause=closed\n");
}

static void tail_as_json(void **state)
{
    (void)state;
    tool_start("tail|--json|--count|1");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n" EVENT("\"event\":\"x\",\"n\":[1]"));
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "{\"at_ms\":1763849603250,\"event\":\"x\",\"n\":[1]}\n");
}

static void tail_ends_with_the_agent(void **state)
{
    (void)state;
    tool_start("tail");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
    fake_hang_up();
    assert_int_equal(tool_end(), 3);
    assert_string_equal(f.err, "tillbridge: the agent closed the connection\n");
}

static void open_prints_the_address(void **state)
{
    (void)state;
    tool_start("open");
    assert_string_equal(fake_request(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"page.token\","
                                        "\"params\":{\"scope\":\"clerk\"}}");
    fake_say(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"url\":\"http://127.0.0.1:8421/open?token=abc\"}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "http://127.0.0.1:8421/open?token=abc\n");
}

static void readers_are_listed(void **state)
{
    (void)state;
    tool_start("reader|list");
    assert_string_equal(fake_request(),
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reader.list\",\"params\":{}}");
    fake_say(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"readers\":["
        "{\"number\":1,\"name\":\"Card reader\",\"form\":\"libnfc\",\"device\":\"pn532_uart:/dev/ttyUSB0\","
        "\"parts\":[{\"kind\":\"nfc\",\"state\":\"hung\",\"reason\":\"process.silent\","
        "\"since_ms\":1763849600000}],\"starts\":1},"
        "{\"number\":2,\"name\":\"Reader head\",\"form\":\"head\",\"device\":\"/dev/ttyACM0\",\"parts\":["
        "{\"kind\":\"nfc\",\"state\":\"ready\",\"reason\":\"\",\"since_ms\":1763760000000},"
        "{\"kind\":\"scanner\",\"state\":\"unplugged\",\"reason\":\"device.no_answer\","
        "\"since_ms\":1763849600000}],\"software\":\"0.1.0\",\"board\":\"stm32\\u007ff103\","
        "\"reset\":\"power_on\",\"capabilities\":[\"feedback\"],\"starts\":3}],"
        "\"wall_ms\":1763849603250}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "1  Card reader      libnfc   pn532_uart:/dev/ttyUSB0\n"
                               "   nfc      hung         since 22:13 (just now)    process.silent\n"
                               "2  Reader head      head     /dev/ttyACM0  stm32?f103 0.1.0, power_on\n"
                               "   nfc      ready        since 2025-11-21 21:20\n"
                               "   scanner  unplugged    since 22:13 (just now)    device.no_answer\n");
    tool_start("reader|list");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"readers\":[],\"wall_ms\":1763849603250}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "This terminal has no readers.\n");
}

static void selftest_tells_by_its_exit_code(void **state)
{
    (void)state;
    tool_start("reader|selftest|Reader head");
    assert_string_equal(fake_request(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reader.selftest\","
                                        "\"params\":{\"reader\":\"Reader head\"}}");
    fake_say(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"reader\":\"Reader head\",\"verdict\":\"passed\"}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "Reader head: passed\n");
    static const char failed[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"reader\":\"Reader head\","
                                 "\"verdict\":\"failed\",\"detail\":\"device.no_answer\"}}\n";
    tool_start("reader|selftest|2");
    assert_non_null(strstr(fake_request(), "\"reader\":\"2\""));
    fake_say(failed);
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.out, "Reader head: failed, device.no_answer\n");
    tool_start("--json|reader|selftest|2");
    (void)fake_request();
    fake_say(failed);
    assert_int_equal(tool_end(), 1);
    assert_string_equal(
        f.out, "{\"reader\":\"Reader head\",\"verdict\":\"failed\",\"detail\":\"device.no_answer\"}\n");
}

static void counters_of_a_reader(void **state)
{
    (void)state;
    tool_start("reader|stats|1");
    assert_non_null(strstr(fake_request(), "\"method\":\"reader.stats\""));
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"reader\":\"Card reader\",\"stats\":{"
             "\"uptime_s\":86400,\"taps\":12,\"link_lost\":1,\"newer\":7}}}\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "Card reader\n"
                               "   seconds running             86,400\n"
                               "   taps                        12\n"
                               "   frames from it missed       1\n");
}

/* ---- reader update ---- */

static char firmware[160];

/* A file with one image of 300 bytes. */
static void firmware_make(void)
{
    static const uint8_t body[300] = {0xe7, 0xfe};
    uint8_t header[TB_IMAGE_HEADER_SIZE];
    sign_header(
        &(struct sign_image){.board = "host", .version = 0x00020000, .body = tb_span_of(body, sizeof body)},
        header);
    assert_true(snprintf(firmware, sizeof firmware, "%s/head.tbfw", f.folder) < (int)sizeof firmware);
    FILE *file = fopen(firmware, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, sizeof header, file) + fwrite(body, 1, sizeof body, file),
                     sizeof header + sizeof body);
    assert_int_equal(fclose(file), 0);
}

static void update_start(const char *before)
{
    char line[256];
    firmware_make();
    assert_true(snprintf(line, sizeof line, "%sreader|update|1|%s", before, firmware) < (int)sizeof line);
    tool_start(line);
}

static void update_answer(const char *status, const char *reason, unsigned next)
{
    char line[256];
    assert_true(snprintf(line, sizeof line,
                         "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"reader\":\"Reader head\","
                         "\"status\":\"%s\",\"reason\":\"%s\",\"next\":%u}}\n",
                         status, reason, next) < (int)sizeof line);
    fake_say(line);
}

static void update_is_carried_block_by_block(void **state)
{
    (void)state;
    update_start("");
    const char *line = fake_request();
    assert_non_null(
        strstr(line, "\"method\":\"reader.update.begin\",\"params\":{\"reader\":\"1\",\"header\":\"VEJGVw"));
    assert_non_null(strstr(line, "\"force\":false"));
    update_answer("send", "", 0);
    assert_non_null(strstr(
        fake_next(), "reader.update.block\",\"params\":{\"reader\":\"1\",\"offset\":0,\"data\":\"5_4A"));
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":\"away\","
             "\"data\":{\"code\":\"retry.offline\"}}}\n");
    assert_non_null(strstr(fake_next(), "reader.update.begin"));
    update_answer("send", "", 256);
    assert_non_null(strstr(fake_next(), "\"offset\":256,"));
    update_answer("send", "", 300);
    assert_non_null(strstr(fake_next(), "reader.update.end"));
    update_answer("stored", "", 300);
    assert_non_null(strstr(fake_next(), "reader.update.begin"));
    update_answer("running", "", 0);
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "1 now runs version 0.2.0\n");
    assert_string_equal(f.err, "85 %\n100 %\n");
    (void)unlink(firmware);
}

static void update_tells_why_it_is_refused(void **state)
{
    (void)state;
    update_start("--force|--json|");
    assert_non_null(strstr(fake_request(), "\"force\":true"));
    update_answer("refused", "update.board", 0);
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.out, "{\"error\":{\"code\":\"update.board\",\"message\":\"the reader refused: the "
                               "image is for another board\"}}\n");
    update_start("--json|");
    (void)fake_request();
    update_answer("running", "", 0);
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "{\"reader\":\"1\",\"version\":\"0.2.0\",\"already\":true}\n");
    update_start("");
    (void)fake_request();
    fake_say("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"There is no such "
             "reader.\",\"data\":{\"code\":\"refused.not_found\"}}}\n");
    assert_int_equal(tool_end(), 1);
    assert_non_null(strstr(f.err, "There is no such reader. (refused.not_found)"));
    (void)unlink(firmware);
}

/* Nobody is asked for what is no firmware. */
static void update_of_no_firmware(void **state)
{
    (void)state;
    update_start("--socket|/nowhere|");
    assert_int_equal(tool_end(), 3);
    assert_int_equal(truncate(firmware, 400), 0);
    char line[256];
    assert_true(snprintf(line, sizeof line, "reader|update|1|%s", firmware) < (int)sizeof line);
    tool_start(line);
    assert_int_equal(tool_end(), 2);
    assert_non_null(strstr(f.err, "is no firmware for readers: input.truncated"));
    (void)unlink(firmware);
    tool_start(line);
    assert_int_equal(tool_end(), 2);
    assert_non_null(strstr(f.err, "cannot be read: refused.not_found"));
}

static void reader_commands_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const lines[] = {"reader|update",       "reader|update|1",   "reader|update|1|a|b",
                                        "--force|reader|list", "--force|status",    "reader",
                                        "reader|paint",        "reader|list|1",     "reader|stats",
                                        "reader|selftest|1|2", "reader|stats|\xff", "reader|stats|1|2|3|4"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(lines); i++) {
        tool_start(lines[i]);
        assert_int_equal(tool_end(), 2);
        assert_string_equal(f.out, "");
        assert_non_null(strstr(f.err, "tillbridge: "));
    }
}

static void refusal_tells_its_code(void **state)
{
    (void)state;
    static const char refusal[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32000,\"message\":"
                                  "\"too many pages\",\"data\":{\"code\":\"retry.full\"}}}\n";
    tool_start("open");
    (void)fake_request();
    fake_say(refusal);
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.out, "");
    assert_string_equal(f.err, "tillbridge: the agent refused: too many pages (retry.full)\n");
    tool_start("open|--json");
    (void)fake_request();
    fake_say(refusal);
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.out,
                        "{\"error\":{\"code\":\"retry.full\",\"message\":\"the agent refused: too many pages "
                        "(retry.full)\"}}\n");
    assert_string_equal(f.err, "");
}

static void answers_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "hello\n",
        "{}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"wall_ms\":\"now\"}}\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(answers); i++) {
        tool_start("status");
        (void)fake_request();
        fake_say(answers[i]);
        assert_int_equal(tool_end(), 1);
        assert_string_equal(f.out, "");
        assert_non_null(strstr(f.err, "makes no sense"));
        fake_hang_up();
    }
}

static void silent_agent_is_unreachable(void **state)
{
    (void)state;
    tool_start("status|--timeout|50");
    (void)fake_request();
    assert_int_equal(tool_end(), 3);
    assert_string_equal(f.err, "tillbridge: the agent does not answer\n");
}

static void absent_agent_is_unreachable(void **state)
{
    (void)state;
    tool_start("status|--socket|/nowhere/tillbridge.sock");
    assert_int_equal(tool_end(), 3);
    assert_string_equal(
        f.err, "tillbridge: the agent is not running: nothing listens at /nowhere/tillbridge.sock\n");
}

static void tap_and_remove(void **state)
{
    (void)state;
    fake_is("pn532d.sock");
    tool_start("tap|rivera|300");
    assert_string_equal(fake_request(), "tap rivera 300");
    fake_say("ok\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "");
    tool_start("tap|--remove|--json");
    assert_string_equal(fake_request(), "remove");
    fake_say("ok gone\n");
    assert_int_equal(tool_end(), 0);
    assert_string_equal(f.out, "{\"ok\":true,\"text\":\"gone\"}\n");
    tool_start("tap|nobody");
    (void)fake_request();
    fake_say("error unknown_card nobody\n");
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.err, "tillbridge: the simulator refused: unknown_card nobody\n");
    tool_start("tap|nobody");
    (void)fake_request();
    fake_say("error unknown_card\n");
    assert_int_equal(tool_end(), 1);
    assert_string_equal(f.err, "tillbridge: the simulator has no card of that name\n");
}

static void scan_sends_the_code_as_it_is(void **state)
{
    (void)state;
    fake_is("scannerd.sock");
    tool_start("scan|--|-%69 VD 92EX0");
    assert_string_equal(fake_request(), "scan -%69 VD 92EX0");
    fake_say("ok\n");
    assert_int_equal(tool_end(), 0);
    tool_start("scan|two\nlines");
    assert_int_equal(tool_end(), 2);
}

static void absent_simulator_is_unreachable(void **state)
{
    (void)state;
    tool_start("scan|4006381333931");
    assert_int_equal(tool_end(), 3);
    assert_non_null(strstr(f.err, "the simulator is not running"));
    assert_int_equal(unsetenv("TILLBRIDGE_SIM"), 0);
    tool_start("scan|4006381333931");
    assert_int_equal(tool_end(), 2);
}

static void command_lines_that_make_no_sense(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "fly",
        "status|now",
        "scan",
        "tap",
        "tap|a|1|2",
        "--flying",
        "--count|0|tail",
        "--count|2|status",
        "--remove|scan|x",
        "--timeout|soon|status",
        "--socket",
        "checkout",
        "checkout|pay",
        "checkout|claim|now",
        "checkout|finish|17|2026-09-21",
        "checkout|finish|17|2026-09-21|59.40",
        "checkout|void|18|2026-09-22|17",
        "checkout|void|18|2026-09-22|17|2026-09-21|again",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(lines); i++) {
        tool_start(lines[i]);
        assert_int_equal(tool_end(), 2);
        assert_string_equal(f.out, "");
        assert_string_not_equal(f.err, "");
    }
}

static void help_and_version(void **state)
{
    (void)state;
    tool_start("help");
    assert_int_equal(tool_end(), 0);
    assert_non_null(strstr(f.out, "Exit codes"));
    tool_start("--version");
    assert_int_equal(tool_end(), 0);
    assert_memory_equal(f.out, "tillbridge ", strlen("tillbridge "));
    tool_start("version|--json");
    assert_int_equal(tool_end(), 0);
    assert_memory_equal(f.out, "{\"version\":\"", strlen("{\"version\":\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(status_in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(status_as_json_is_what_came, setup, teardown),
        cmocka_unit_test_setup_teardown(status_of_a_terminal_that_knows_nothing_yet, setup, teardown),
        cmocka_unit_test_setup_teardown(cart_with_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(cart_of_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(cart_that_is_being_paid, setup, teardown),
        cmocka_unit_test_setup_teardown(checkout_asks_for_what_its_verb_says, setup, teardown),
        cmocka_unit_test_setup_teardown(tail_follows_until_its_count, setup, teardown),
        cmocka_unit_test_setup_teardown(tail_as_json, setup, teardown),
        cmocka_unit_test_setup_teardown(tail_ends_with_the_agent, setup, teardown),
        cmocka_unit_test_setup_teardown(open_prints_the_address, setup, teardown),
        cmocka_unit_test_setup_teardown(readers_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(selftest_tells_by_its_exit_code, setup, teardown),
        cmocka_unit_test_setup_teardown(counters_of_a_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(update_is_carried_block_by_block, setup, teardown),
        cmocka_unit_test_setup_teardown(update_tells_why_it_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(update_of_no_firmware, setup, teardown),
        cmocka_unit_test_setup_teardown(reader_commands_that_make_no_sense, setup, teardown),
        cmocka_unit_test_setup_teardown(refusal_tells_its_code, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_that_make_no_sense, setup, teardown),
        cmocka_unit_test_setup_teardown(silent_agent_is_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_agent_is_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(tap_and_remove, setup, teardown),
        cmocka_unit_test_setup_teardown(scan_sends_the_code_as_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(absent_simulator_is_unreachable, setup, teardown),
        cmocka_unit_test_setup_teardown(command_lines_that_make_no_sense, setup, teardown),
        cmocka_unit_test_setup_teardown(help_and_version, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
