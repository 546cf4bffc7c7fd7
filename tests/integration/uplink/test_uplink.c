/* The uplink against a real server on the other TLS library: who is let in, what arrives, how it ends. */
#include "agent/uplink/uplink.h"
#include "core/crypto/cert.h"
#include "host/loop/loop.h"
#include "host/system/system.h"
#include "tests/support/unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GUARD_MS 30000 /* ends a test whose event never comes */
#define DAY_MS (INT64_C(24) * 3600 * 1000)
#define EVENT_MAX 16
#define EVENT_SIZE 128

struct event_list {
    char text[EVENT_MAX][EVENT_SIZE];
    size_t count, taken;
};

struct identity {
    struct tb_key key;
    char certificate[TB_CERT_PEM_SIZE_MAX];
    char key_pem[TB_KEY_PEM_SIZE_MAX];
};

struct server {
    struct tb_child child;
    struct tb_watch watch;
    int fd;
    char line[1024];
    size_t line_size;
    struct event_list events;
    char port[8];
};

struct fixture {
    char folder[32];
    struct tb_loop *loop;
    struct tb_timer guard;
    struct identity ca, other_ca, terminal;
    struct server server;
    struct tb_uplink *uplink;
    struct event_list events; /* of the uplink */
    size_t message_size;      /* of the last message */
    bool drop_when_up;
    struct tb_watch listening;
};

static struct fixture f;

static void guard_due(struct tb_timer *timer)
{
    (void)timer;
    fprintf(stderr, "an expected event did not come\n");
    abort();
}

static void event_add(struct event_list *list, const char *text)
{
    assert_true(list->count < EVENT_MAX);
    snprintf(list->text[list->count++], EVENT_SIZE, "%s", text);
    tb_loop_stop(f.loop);
}

static const char *event_next(struct event_list *list)
{
    while (list->taken == list->count) {
        list->taken = list->count = 0;
        assert_int_equal(tb_loop_run(f.loop), TB_OK);
    }
    return list->text[list->taken++];
}

#define expect(list, said) assert_string_equal(event_next(list), said)

/* ---- identities ---- */

static int64_t now_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

static void path_of(const char *name, char *ret_path, size_t size_max)
{
    snprintf(ret_path, size_max, "%s/%s", f.folder, name);
}

static void file_put(const char *name, const char *text)
{
    char path[64];
    path_of(name, path, sizeof path);
    assert_int_equal(tb_file_replace(path, tb_span_str(text), 0600), TB_OK);
}

static void identity_key(struct identity *id)
{
    struct tb_buf b = tb_buf_of(id->key_pem, sizeof id->key_pem - 1);
    assert_int_equal(tb_key_make(tb_rng_system(), &id->key), TB_OK);
    assert_int_equal(tb_key_store_pem(&id->key, &b), TB_OK);
    id->key_pem[b.size] = 0;
}

static void identity_root(struct identity *id)
{
    struct tb_cert_plan plan = {.role = TB_CERT_CA,
                                .common_name = "Test CA",
                                .not_before_ms = now_ms() - DAY_MS,
                                .not_after_ms = now_ms() + 30 * DAY_MS};
    struct tb_buf b = tb_buf_of(id->certificate, sizeof id->certificate - 1);
    identity_key(id);
    assert_int_equal(tb_cert_issue_root(&id->key, &plan, tb_rng_system(), &b), TB_OK);
    id->certificate[b.size] = 0;
}

static void identity_issue(struct identity *id, const struct identity *ca, const struct tb_cert_plan *plan)
{
    struct tb_cert_issuer issuer = {.key = &ca->key, .certificate = tb_span_str(ca->certificate)};
    struct tb_buf b = tb_buf_of(id->certificate, sizeof id->certificate - 1);
    identity_key(id);
    assert_int_equal(tb_cert_issue(&issuer, &id->key.public_key, plan, tb_rng_system(), &b), TB_OK);
    id->certificate[b.size] = 0;
}

static struct tb_cert_plan terminal_plan(void)
{
    return (struct tb_cert_plan){.role = TB_CERT_CLIENT,
                                 .common_name = "till 4",
                                 .uri = "urn:tillbridge:test:device:t4",
                                 .not_before_ms = now_ms() - DAY_MS,
                                 .not_after_ms = now_ms() + 30 * DAY_MS};
}

static const struct tb_cert_names local_names = {.dns = {"localhost"}, .ip = {"127.0.0.1"}};
static const struct tb_cert_names other_names = {.dns = {"other.example"}};

static struct tb_cert_plan server_plan(void)
{
    return (struct tb_cert_plan){.role = TB_CERT_SERVER,
                                 .common_name = "context store",
                                 .names = &local_names,
                                 .not_before_ms = now_ms() - DAY_MS,
                                 .not_after_ms = now_ms() + 30 * DAY_MS};
}

/* ---- the server ---- */

static void server_line(struct server *s)
{
    for (char *end; (end = memchr(s->line, '\n', s->line_size));) {
        *end = 0;
        event_add(&s->events, s->line);
        s->line_size -= (size_t)(end + 1 - s->line);
        memmove(s->line, end + 1, s->line_size);
    }
}

static void server_said(struct tb_watch *watch, unsigned events)
{
    struct server *s = watch->context;
    ssize_t got = read(s->fd, s->line + s->line_size, sizeof s->line - s->line_size);
    if (got <= 0 || events & TB_FD_HANGUP) {
        tb_watch_stop(watch);
        return;
    }
    s->line_size += (size_t)got;
    server_line(s);
}

static void server_ended(struct tb_child *child, int wait_status)
{
    (void)child, (void)wait_status;
}

/* Listens with a certificate as planned; on the port it had before when there was one. */
static void server_start_with(const struct tb_cert_plan *plan, const struct identity *ca)
{
    struct server *s = &f.server;
    struct identity id;
    char cert[64], key[64], trusted[64];
    int fds[2];
    identity_issue(&id, ca, plan);
    file_put("server.crt", id.certificate);
    file_put("server.key", id.key_pem);
    file_put("ca.crt", f.ca.certificate);
    path_of("server.crt", cert, sizeof cert);
    path_of("server.key", key, sizeof key);
    path_of("ca.crt", trusted, sizeof trusted);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    const char *program = getenv("UPLINKD");
    assert_non_null(program);
    const char *const argv[] = {program, cert, key, trusted, s->port[0] ? s->port : NULL, NULL};
    struct tb_child_spec spec = {.path = program, .argv = argv, .link_fd = fds[1]};
    assert_int_equal(tb_child_start(f.loop, &s->child, &spec, server_ended), TB_OK);
    close(fds[1]);
    s->fd = fds[0];
    s->watch.context = s;
    assert_int_equal(tb_loop_watch_fd(f.loop, &s->watch, s->fd, server_said), TB_OK);
    const char *said = event_next(&s->events);
    assert_ptr_equal(strstr(said, "port "), said);
    snprintf(s->port, sizeof s->port, "%s", said + 5);
}

static void server_start(void)
{
    struct tb_cert_plan plan = server_plan();
    server_start_with(&plan, &f.ca);
}

static void server_tell(const char *line)
{
    char text[256];
    int size = snprintf(text, sizeof text, "%s\n", line);
    assert_int_equal(write(f.server.fd, text, (size_t)size), size);
}

static void server_kill(void)
{
    if (!f.server.child.pid)
        return;
    tb_watch_stop(&f.server.watch);
    tb_child_end(&f.server.child);
    close(f.server.fd);
    f.server.events.count = f.server.events.taken = f.server.line_size = 0;
}

/* ---- the uplink ---- */

static void went_up(void *context)
{
    (void)context;
    event_add(&f.events, "up");
    if (f.drop_when_up)
        tb_uplink_drop(f.uplink, TB_CAUSE_DENIED);
}

static void message_came(void *context, struct tb_span message)
{
    char text[EVENT_SIZE] = "message ";
    (void)context;
    f.message_size = message.size;
    struct tb_span head = tb_span_sub(message, 0, 40);
    memcpy(text + 8, head.at, head.size);
    event_add(&f.events, text);
}

static void went_down(void *context, enum tb_line_cause cause, int64_t retry_ms)
{
    char text[EVENT_SIZE];
    (void)context;
    assert_true(retry_ms >= 0);
    snprintf(text, sizeof text, "down %s", tb_line_cause_name(cause));
    event_add(&f.events, text);
}

static struct tb_uplink_config config_of(const char *url)
{
    return (struct tb_uplink_config){
        .url = url,
        .ca_pem = tb_span_str(f.ca.certificate),
        .certificate_pem = tb_span_str(f.terminal.certificate),
        .key_pem = tb_span_str(f.terminal.key_pem),
        .retry_max_ms = 50,
        .ping_s = 1,
        .hangup_s = 2,
        .rng = *tb_rng_system(),
        .handlers = {.up = went_up, .message = message_came, .down = went_down},
    };
}

static void uplink_open_to(const char *name, const char *path)
{
    char url[128];
    snprintf(url, sizeof url, "wss://%s:%s%s", name, f.server.port, path);
    struct tb_uplink_config config = config_of(url);
    assert_int_equal(tb_uplink_open(f.loop, &config, &f.uplink), TB_OK);
}

static void uplink_open(void)
{
    uplink_open_to("127.0.0.1", "/");
}

static int set_up(void **state)
{
    (void)state;
    struct tb_loop_options options = {0};
    memset(&f, 0, sizeof f);
    memcpy(f.folder, "/tmp/tb_uplink_XXXXXX", 22);
    if (!mkdtemp(f.folder) || tb_loop_create(&options, &f.loop))
        return -1;
    tb_timer_set(f.loop, &f.guard, GUARD_MS, guard_due);
    identity_root(&f.ca);
    identity_root(&f.other_ca);
    struct tb_cert_plan plan = terminal_plan();
    identity_issue(&f.terminal, &f.ca, &plan);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const files[] = {"server.crt", "server.key", "ca.crt"};
    tb_timer_cancel(&f.guard);
    f.uplink = tb_uplink_close(f.uplink);
    server_kill();
    tb_loop_free(f.loop);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[64];
        path_of(files[i], path, sizeof path);
        unlink(path);
    }
    return rmdir(f.folder);
}

/* ---- messages ---- */

static void test_messages_go_both_ways(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.events, "up");
    expect(&f.server.events, "open full");
    assert_true(tb_uplink_is_up(f.uplink));
    for (int i = 0; i < 3; i++)
        assert_int_equal(tb_uplink_send(f.uplink, tb_span_str(i ? "two" : "one")), TB_OK);
    expect(&f.server.events, "text one");
    expect(&f.server.events, "text two");
    expect(&f.server.events, "text two");
    server_tell("send hello");
    expect(&f.events, "message hello");
    server_tell("parts abcdef");
    expect(&f.events, "message abcdef");
}

static void test_name_is_resolved_and_checked(void **state)
{
    (void)state;
    server_start();
    uplink_open_to("localhost", "/");
    expect(&f.events, "up");
}

static void test_largest_message_passes_and_a_longer_one_ends_the_line(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.events, "up");
    server_tell("big 65536");
    event_next(&f.events);
    assert_int_equal(f.message_size, 65536);
    char *large = malloc(TB_UPLINK_MESSAGE_MAX + 1);
    memset(large, 'y', TB_UPLINK_MESSAGE_MAX + 1);
    assert_int_equal(tb_uplink_send(f.uplink, tb_span_of(large, TB_UPLINK_MESSAGE_MAX + 1)), TB_ERR_TOO_LONG);
    for (int i = 0; i < 4; i++)
        assert_int_equal(tb_uplink_send(f.uplink, tb_span_of(large, TB_UPLINK_MESSAGE_MAX)), TB_OK);
    assert_int_equal(tb_uplink_send(f.uplink, tb_span_str("z")), TB_ERR_FULL);
    free(large);
    expect(&f.server.events, "open full");
    for (int i = 0; i < 4; i++)
        expect(&f.server.events, "long 65536");
    server_tell("big 65537");
    expect(&f.events, "down closed");
    expect(&f.events, "up");
}

static void test_binary_message_ends_the_line(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.events, "up");
    server_tell("binary");
    expect(&f.events, "down closed");
}

/* ---- who is who ---- */

static void test_server_of_another_ca_is_refused(void **state)
{
    (void)state;
    struct tb_cert_plan plan = server_plan();
    server_start_with(&plan, &f.other_ca);
    uplink_open();
    expect(&f.events, "down tls");
    expect(&f.events, "down tls");
    assert_int_equal(tb_uplink_counts(f.uplink).connects, 0);
}

static void test_server_of_another_name_is_refused(void **state)
{
    (void)state;
    struct tb_cert_plan plan = server_plan();
    plan.names = &other_names;
    server_start_with(&plan, &f.ca);
    uplink_open();
    expect(&f.events, "down tls");
}

static void test_certificate_of_a_client_is_no_server(void **state)
{
    (void)state;
    struct tb_cert_plan plan = server_plan();
    plan.role = TB_CERT_CLIENT;
    server_start_with(&plan, &f.ca);
    uplink_open();
    expect(&f.events, "down tls");
}

static void test_expired_server_is_refused(void **state)
{
    (void)state;
    struct tb_cert_plan plan = server_plan();
    plan.not_before_ms = now_ms() - 3 * DAY_MS;
    plan.not_after_ms = now_ms() - DAY_MS;
    server_start_with(&plan, &f.ca);
    uplink_open();
    expect(&f.events, "down tls");
}

static void test_terminal_of_another_ca_is_not_let_in(void **state)
{
    (void)state;
    struct tb_cert_plan plan = terminal_plan();
    identity_issue(&f.terminal, &f.other_ca, &plan);
    server_start();
    uplink_open();
    expect(&f.events, "down tls");
}

static void test_material_is_checked_before_it_is_used(void **state)
{
    (void)state;
    struct tb_uplink_config config = config_of("wss://127.0.0.1/");
    config.key_pem = tb_span_str(f.other_ca.key_pem);
    assert_int_equal(tb_uplink_open(f.loop, &config, &f.uplink), TB_ERR_CONFLICT);
    config.key_pem = tb_span_str("-----BEGIN NONSENSE-----");
    assert_int_equal(tb_uplink_open(f.loop, &config, &f.uplink), TB_ERR_SYNTAX);
    config = config_of("wss://127.0.0.1/");
    config.ca_pem = tb_span_str("");
    assert_int_equal(tb_uplink_open(f.loop, &config, &f.uplink), TB_ERR_SYNTAX);
    config = config_of("ws://127.0.0.1/");
    assert_int_equal(tb_uplink_open(f.loop, &config, &f.uplink), TB_ERR_CONFIG);
    assert_null(f.uplink);
}

static void test_session_is_resumed(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.server.events, "open full");
    for (int i = 0; i < 3; i++) {
        server_tell("close");
        expect(&f.server.events, "closed");
        expect(&f.server.events, "open resumed");
    }
    assert_int_equal(tb_uplink_counts(f.uplink).failures, 0);
}

/* ---- how it ends ---- */

static void test_closed_port_is_refused_and_found_again(void **state)
{
    (void)state;
    server_start();
    server_kill();
    uplink_open();
    expect(&f.events, "down refused");
    expect(&f.events, "down refused");
    assert_int_equal(tb_uplink_send(f.uplink, tb_span_str("a")), TB_ERR_OFFLINE);
    server_start();
    while (strcmp(event_next(&f.events), "down refused") == 0)
        continue;
    assert_true(tb_uplink_is_up(f.uplink));
}

static void test_unknown_name_is_no_route(void **state)
{
    (void)state;
    snprintf(f.server.port, sizeof f.server.port, "1");
    uplink_open_to("no-such-name.invalid", "/");
    expect(&f.events, "down no_route");
}

static void test_upgrade_turned_down(void **state)
{
    (void)state;
    server_start();
    uplink_open_to("127.0.0.1", "/deny");
    expect(&f.events, "down denied");
    f.uplink = tb_uplink_close(f.uplink);
    uplink_open_to("127.0.0.1", "/away");
    expect(&f.events, "down refused");
    f.uplink = tb_uplink_close(f.uplink);
    uplink_open_to("127.0.0.1", "/moved");
    expect(&f.events, "down refused");
}

static void test_killed_server_is_closed(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.events, "up");
    server_kill();
    expect(&f.events, "down closed");
    assert_false(tb_uplink_is_up(f.uplink));
}

static void test_silent_server_is_noticed(void **state)
{
    (void)state;
    server_start();
    uplink_open();
    expect(&f.events, "up");
    int64_t start_ms = tb_loop_now_ms(f.loop);
    kill(f.server.child.pid, SIGSTOP);
    expect(&f.events, "down closed");
    assert_in_range(tb_loop_now_ms(f.loop) - start_ms, 900, 4000);
    kill(f.server.child.pid, SIGCONT);
}

static void test_owner_drops_with_a_cause(void **state)
{
    (void)state;
    server_start();
    f.drop_when_up = true;
    uplink_open();
    expect(&f.events, "up");
    assert_int_equal(tb_uplink_send(f.uplink, tb_span_str("a")), TB_ERR_OFFLINE);
    expect(&f.events, "down denied");
    expect(&f.server.events, "open full");
    expect(&f.server.events, "closed");
}

static void peer_knocked(struct tb_watch *watch, unsigned events)
{
    (void)events;
    tb_watch_stop(watch);
    event_add(&f.events, "knocked");
}

/* A peer that takes the connection and then says nothing must not hold up closing. */
static void test_closing_midway_leaves_nothing(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    snprintf(f.server.port, sizeof f.server.port, "%d", ntohs(at.sin_port));
    uplink_open(); /* closed before its first turn */
    f.uplink = tb_uplink_close(f.uplink);
    uplink_open();
    f.listening.context = &f;
    assert_int_equal(tb_loop_watch_fd(f.loop, &f.listening, fd, peer_knocked), TB_OK);
    expect(&f.events, "knocked"); /* connected, and waiting for the handshake */
    f.uplink = tb_uplink_close(f.uplink);
    close(fd);
}

/* The floor is the process's and only rises: last. */
static void test_clock_in_the_past_is_told_and_mended_by_the_floor(void **state)
{
    (void)state;
    struct tb_cert_plan plan = server_plan();
    plan.not_before_ms = now_ms() + DAY_MS;
    server_start_with(&plan, &f.ca);
    uplink_open();
    expect(&f.events, "down clock");
    tb_loop_raise_wall_floor(f.loop, now_ms() + 2 * DAY_MS);
    while (strcmp(event_next(&f.events), "down clock") == 0)
        continue;
    assert_true(tb_uplink_is_up(f.uplink));
}

#define UPLINK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        UPLINK_TEST(test_messages_go_both_ways),
        UPLINK_TEST(test_name_is_resolved_and_checked),
        UPLINK_TEST(test_largest_message_passes_and_a_longer_one_ends_the_line),
        UPLINK_TEST(test_binary_message_ends_the_line),
        UPLINK_TEST(test_server_of_another_ca_is_refused),
        UPLINK_TEST(test_server_of_another_name_is_refused),
        UPLINK_TEST(test_certificate_of_a_client_is_no_server),
        UPLINK_TEST(test_expired_server_is_refused),
        UPLINK_TEST(test_terminal_of_another_ca_is_not_let_in),
        UPLINK_TEST(test_material_is_checked_before_it_is_used),
        UPLINK_TEST(test_session_is_resumed),
        UPLINK_TEST(test_closed_port_is_refused_and_found_again),
        UPLINK_TEST(test_unknown_name_is_no_route),
        UPLINK_TEST(test_upgrade_turned_down),
        UPLINK_TEST(test_killed_server_is_closed),
        UPLINK_TEST(test_silent_server_is_noticed),
        UPLINK_TEST(test_owner_drops_with_a_cause),
        UPLINK_TEST(test_closing_midway_leaves_nothing),
        UPLINK_TEST(test_clock_in_the_past_is_told_and_mended_by_the_floor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
