#include "agent/counter/peer.h"
#include "tests/support/unit.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct tb_peer peer = {
    .address = 0x7f000001, .own_address = 0x7f000001, .port = 0xB4BD, .own_port = 7315};

static uint32_t user_of(const char *line)
{
    uint32_t user = TB_PEER_UNKNOWN;
    return tb_peer_line(tb_span_str(line), &peer, &user) ? user : TB_PEER_UNKNOWN;
}

static void the_other_end_says_whose_it_is(void **state)
{
    (void)state;
    assert_int_equal(
        user_of("   7: 0100007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000  1000  "
                "      0 16423579 1 0000000014c9c3d0 20 4 30 10 -1\n"),
        1000);
    assert_int_equal(
        user_of("  12: 0000000000000000FFFF00000100007F:B4BD 0000000000000000FFFF00000100007F:1C93 01 "
                "00000000:00000000 00:00000000 00000000     0        0 17 1 0 20 4 30 10 -1\n"),
        0);
}

static void our_own_end_and_others_do_not(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "\n",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
        "   7: 0100007F:1C93 0100007F:B4BD 01 00000000:00000000 00:00000000 00000000     7        0 1\n",
        "   7: 0100007F:B4BD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     7        0 1\n",
        "   7: 0200007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000     7        0 1\n",
        "   7: 00000000000000000000000001000000:B4BD 0100007F:1C93 01 0:0 00:0 0     7        0 1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000",
        "   7: 0100007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000    -1        0 1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 01 0:0 00:0 0    4294967295 0 1\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(user_of(lines[i]), TB_PEER_UNKNOWN);
}

/* A socket of each family against one that listens as the counter does. */
static void check_connection(int family, struct sockaddr *to, socklen_t size, int listening)
{
    int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, to, size), 0);
    int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    assert_true(accepted >= 0);
    assert_int_equal(tb_peer_user(accepted), geteuid());
    close(accepted);
    close(client);
}

static void the_kernel_knows_this_user(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listening, 4), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    check_connection(AF_INET, (struct sockaddr *)&address, size, listening);
    assert_int_equal(tb_peer_user(listening), TB_PEER_UNKNOWN);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_other_end_says_whose_it_is),
        cmocka_unit_test(our_own_end_and_others_do_not),
        cmocka_unit_test(the_kernel_knows_this_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
