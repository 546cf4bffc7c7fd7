/*
 * libnfc's own tools against the simulator, so that it is held to the real driver and not only to our
 * use of it. Debian packages: libnfc-bin (nfc-list), libnfc-examples (nfc-poll).
 */
#include "tests/integration/nfc/simulator.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[16384];

static int start(void **state)
{
    (void)state;
    char device[128];
    harness_start_sim(&h, TB_READER_NFC);
    (void)snprintf(device, sizeof device, "pn532_uart:%s", h.line);
    assert_int_equal(setenv("LIBNFC_DEVICE", device, 1), 0);
    sim("card t2 ntag213 uid=04a1b2c3d4e580 uri=" URI);
    sim("card t4 type4 uid=04112233445566 uri=" URI);
    return 0;
}

/* A tool that runs; what it says, line by line, comes from out. */
struct tool {
    pid_t pid;
    FILE *out;
};

static struct tool tool_start(const char *program)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct tool tool = {.pid = fork()};
    assert_true(tool.pid >= 0);
    if (tool.pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execlp("stdbuf", "stdbuf", "-oL", program, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    tool.out = fdopen(ends[0], "r");
    assert_non_null(tool.out);
    return tool;
}

/* Everything else that it says; it must succeed. */
static void tool_finish(struct tool *tool, const char *program)
{
    int status;
    size_t size = fread(output, 1, sizeof output - 1, tool->out);
    output[size] = '\0';
    (void)fclose(tool->out);
    assert_int_equal(waitpid(tool->pid, &status, 0), tool->pid);
    if (status != 0)
        fail_msg("%s ended with status %d: %s", program, status, output);
}

static void run(const char *program)
{
    struct tool tool = tool_start(program);
    tool_finish(&tool, program);
}

static void assert_printed(const char *text)
{
    if (strstr(output, text) == NULL)
        fail_msg("\"%s\" is missing in: %s", text, output);
}

static void list_shows_nothing_on_an_empty_field(void **state)
{
    (void)state;
    run("nfc-list");
    assert_printed("NFC device: user defined device opened");
    assert_null(strstr(output, "target(s) found"));
}

static void list_shows_a_type2_tag(void **state)
{
    (void)state;
    sim("tap t2");
    run("nfc-list");
    assert_printed("1 ISO14443A passive target(s) found");
    assert_printed("ATQA (SENS_RES): 00  44");
    assert_printed("UID (NFCID1): 04  a1  b2  c3  d4  e5  80");
    assert_printed("SAK (SEL_RES): 00");
}

static void list_shows_two_tags_at_once(void **state)
{
    (void)state;
    sim("tap t2+t4");
    run("nfc-list");
    assert_printed("2 ISO14443A passive target(s) found");
    assert_printed("UID (NFCID1): 04  11  22  33  44  55  66");
    assert_printed("SAK (SEL_RES): 20");
    assert_printed("ATS: 75  77  81  02  80");
}

/* The chip polls by itself, finds the card, and the tool waits until it is taken away. */
static void poll_sees_a_card_come_and_go(void **state)
{
    (void)state;
    sim("tap t4 300");
    run("nfc-poll");
    assert_printed("UID (NFCID1): 04  11  22  33  44  55  66");
    assert_printed("Waiting for card removing...");
    assert_printed("done.");
}

/* With the field empty the command stays open in the chip; the tap answers it. */
static void poll_waits_for_a_card(void **state)
{
    (void)state;
    struct tool tool = tool_start("nfc-poll");
    do
        assert_non_null(fgets(output, sizeof output, tool.out));
    while (strstr(output, "will poll during") == NULL);
    sim("tap t2 300");
    tool_finish(&tool, "nfc-poll");
    assert_printed("UID (NFCID1): 04  a1  b2  c3  d4  e5  80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_shows_nothing_on_an_empty_field, start, stop),
        cmocka_unit_test_setup_teardown(list_shows_a_type2_tag, start, stop),
        cmocka_unit_test_setup_teardown(list_shows_two_tags_at_once, start, stop),
        cmocka_unit_test_setup_teardown(poll_sees_a_card_come_and_go, start, stop),
        cmocka_unit_test_setup_teardown(poll_waits_for_a_card, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
