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

/* The kernel prints user 0 for a socket that nobody holds: who closes at once is not root. */
static void who_closed_it_is_nobody(void **state)
{
    (void)state;
    static const char *const lines[] = {
        /* TIME_WAIT, FIN_WAIT1, FIN_WAIT2 and LAST_ACK as the kernel prints them */
        "   7: 0100007F:B4BD 0100007F:1C93 06 00000000:00000000 03:00001770 00000000     0        0 0 3 "
        "0000000014c9c3d0\n",
        "   7: 0100007F:B4BD 0100007F:1C93 04 00000001:00000000 01:00000014 00000000     0        0 0 3 "
        "0000000014c9c3d0 20 4 30 10 -1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 05 00000000:00000000 00:00000000 00000000     0        0 0 1 "
        "0000000014c9c3d0 20 4 30 10 -1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 09 00000001:00000000 01:00000014 00000000     0        0 0 3 "
        "0000000014c9c3d0 20 4 30 10 -1\n",
        "  12: 0000000000000000FFFF00000100007F:B4BD 0000000000000000FFFF00000100007F:1C93 06 "
        "00000000:00000000 03:00001770 00000000     0        0 0 3 0000000014c9c3d0\n",
        /* half closed by a program that holds it; up, but not accepted yet; cut off before the inode */
        "   7: 0100007F:B4BD 0100007F:1C93 05 00000000:00000000 00:00000000 00000000  1000        0 17 1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000     0        0 0 1\n",
        "   7: 0100007F:B4BD 0100007F:1C93 01 00000000:00000000 00:00000000 00000000     0        0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_int_equal(user_of(lines[i]), TB_PEER_UNKNOWN);
}

/* A socket of each family against one that listens as the counter does. */
static void check_connection(int family, const struct sockaddr *to, socklen_t size, int listening)
{
    int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, to, size), 0);
    int accepted = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    assert_true(accepted >= 0);
    assert_int_equal(tb_peer_user(accepted), geteuid());
    assert_int_equal(send(client, "x", 1, MSG_NOSIGNAL), 1);
    close(client); /* what it sent can be read after that */
    assert_int_equal(tb_peer_user(accepted), TB_PEER_UNKNOWN);
    close(accepted);
}

/* Where the kernel speaks IPv6 at all. */
static void check_mapped(in_port_t port, int listening)
{
    const struct sockaddr_in6 to = {
        .sin6_family = AF_INET6,
        .sin6_port = port,
        .sin6_addr = {.s6_addr = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}}};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return;
    close(probe);
    check_connection(AF_INET6, (const struct sockaddr *)&to, sizeof to, listening);
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
    check_connection(AF_INET, (const struct sockaddr *)&address, size, listening);
    check_mapped(address.sin_port, listening);
    assert_int_equal(tb_peer_user(listening), TB_PEER_UNKNOWN);
    close(listening);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_other_end_says_whose_it_is),
        cmocka_unit_test(our_own_end_and_others_do_not),
        cmocka_unit_test(who_closed_it_is_nobody),
        cmocka_unit_test(the_kernel_knows_this_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
