/*
 * Measures a tap from the credential leaving the reader link to the websocket frame that carries the customer
 * to the page. The agent starts this program in place of tillbridge-readerd (key readers.readerd), with the
 * path of a Unix socket as its reader; it taps cards on descriptor 3 and is the clerk's page as well, so
 * that one clock sees both ends. Over the Unix socket it is told, one line each,
 *
 *     page <port> <path>         the page's one-use address
 *     echo <port>                where bench_echo listens
 *     read <path> <rows> <size>  make a database file of so many rows of so many bytes
 *     customer <member> <name>   who may tap, each once, in this order
 *     round <number> <taps> <cpu, or -1>
 *
 * and answers the first four with "ok" (each customer, too), a round with its samples and then "ok":
 * "tap", "echo" (a message of the visit's size there and back through a bare libwebsockets server) and
 * "read" (a prepared SELECT of one row by a random 16-byte key).
 */
#include "core/base/buf.h"
#include "core/link/message.h"
#include "tests/bench/bench.h"
#include "tests/bench/page.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    LINK_FD = 3,
    HEARTBEAT_MS = 500,
    CUSTOMER_MAX = 20000,
    MEMBER_SIZE = 10,
    NAME_MAX_SIZE = 80,
    LINE_MAX_SIZE = 512,
    KEY_SIZE = 16,
    READ_SIZE_MAX = 65536,
    COOKIE_SIZE = 512,
    VISIT_ID_SIZE = 32,
};

struct customer {
    char member[MEMBER_SIZE + 1];
    char name[NAME_MAX_SIZE]; /* as it stands in the frame: "name":"..." */
};

static struct {
    int control;
    FILE *orders;
    uint8_t sequence; /* of the reader link */
    uint16_t tap;
    int64_t request;
    struct customer customers[CUSTOMER_MAX];
    size_t customer_count;
    size_t customer_next;
    size_t visit_size; /* of the last frame with a visit */
    sqlite3 *db;
    sqlite3_stmt *select;
    uint64_t row_count;
    uint64_t random;
} bench = {.random = 0x9e3779b97f4a7c15u};

static struct bench_page page;
static struct bench_page echo;

/* ---- reader link ---- */

static void link_send(const struct tb_link_message *m)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    uint8_t wire[TB_LINK_WIRE_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    bench_need_ok(tb_link_message_encode(m, &fields, &bulk), "frame");
    bench_need_ok(tb_link_encoder_start(&e, (uint8_t)m->type, bench.sequence++, tb_buf_span(&fields), bulk),
                  "frame");
    size_t size = tb_link_encoder_read(&e, wire, sizeof wire);
    bench_need(send(LINK_FD, wire, size, MSG_NOSIGNAL) == (ssize_t)size, "reader link");
}

/* What the agent tells the reader (lights, beeps) is taken and forgotten. */
static void link_drain(void)
{
    uint8_t bytes[512];
    while (recv(LINK_FD, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
    }
}

static void link_begin(void)
{
    link_send(&(struct tb_link_message){.type = TB_LINK_HELLO,
                                        .hello = {.version = TB_LINK_VERSION,
                                                  .role = TB_LINK_ROLE_READERD,
                                                  .devices = TB_LINK_DEVICE_NFC,
                                                  .reset = TB_LINK_RESET_PROCESS_START,
                                                  .software = tb_span_str("bench"),
                                                  .name = tb_span_str("bench")}});
    link_send(&(struct tb_link_message){.type = TB_LINK_STATE,
                                        .state = {.device = TB_LINK_DEVICE_NFC, .condition = TB_LINK_READY}});
}

static void tag_appear(void)
{
    static const uint8_t uid[] = {0x04, 0xb1, 0x7e, 0x52, 0x2f, 0x61, 0x80};
    link_send(&(struct tb_link_message){.type = TB_LINK_TAG,
                                        .tag = {.tap = ++bench.tap,
                                                .kind = TB_LINK_TAG_TYPE2,
                                                .atqa = 0x0044,
                                                .uid = tb_span_of(uid, sizeof uid)}});
}

/* An NTAG's NDEF message: one URI record, https:// abbreviated (NFC Forum URI RTD). Gives when it left. */
static double tag_data(const struct customer *c)
{
    char uri[64];
    uint8_t ndef[80];
    struct tb_buf b = tb_buf_of(ndef, sizeof ndef);
    int size = snprintf(uri, sizeof uri, "loyal.example/m/%s", c->member);
    tb_buf_add(&b, tb_span_of("\xd1\x01", 2));
    tb_buf_add_u8(&b, (uint8_t)(size + 1));
    tb_buf_add(&b, tb_span_of("U\x04", 2));
    tb_buf_add_str(&b, uri);
    const struct tb_link_message m = {.type = TB_LINK_TAG_DATA,
                                      .tag_data = {.tap = bench.tap, .ndef = tb_buf_span(&b)}};
    double left_us = bench_now_us();
    link_send(&m);
    return left_us;
}

static void tag_vanish(void)
{
    link_send(&(struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = bench.tap});
}

/* ---- page ---- */

static const char *find(struct tb_span message, const char *text)
{
    return memmem(message.at, message.size, text, strlen(text));
}

static struct tb_span page_wait(const char *text)
{
    struct tb_span message;
    do
        message = bench_page_receive(&page);
    while (!find(message, text));
    return message;
}

/* The frame that shows this customer. One that shows somebody else is no result, but the end. */
static struct tb_span visit_wait(const struct customer *c, double *ret_shown_us)
{
    struct tb_span message = page_wait("\"method\":\"visit\"");
    *ret_shown_us = bench_now_us();
    errno = 0;
    bench_need(find(message, c->name) != NULL, "somebody else is shown");
    return message;
}

/* The agent has come round: it has seen what was sent before. */
static void page_ping(void)
{
    char text[80];
    char result[32];
    int size = snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%" PRId64 ",\"method\":\"ping\"}",
                        ++bench.request);
    bench_page_send(&page, tb_span_of(text, (size_t)size));
    (void)snprintf(result, sizeof result, "\"id\":%" PRId64, bench.request);
    (void)page_wait(result);
}

static void visit_end(struct tb_span visit)
{
    static const char key[] = "\"visit\":{\"id\":\"";
    char text[160];
    const char *id = find(visit, key);
    errno = 0;
    bench_need(id && id + sizeof key + VISIT_ID_SIZE < (const char *)visit.at + visit.size, "no visit");
    int size = snprintf(text, sizeof text,
                        "{\"jsonrpc\":\"2.0\",\"id\":%" PRId64
                        ",\"method\":\"visit.end\",\"params\":{\"visit\":\"%.32s\"}}",
                        ++bench.request, id + sizeof key - 1);
    bench_page_send(&page, tb_span_of(text, (size_t)size));
    (void)page_wait("\"visit\":null");
}

static double tap_measure(const struct customer *c)
{
    double shown_us = 0;
    tag_appear();
    page_ping(); /* reading a tag takes a reader milliseconds: the agent is idle again by then */
    double left_us = tag_data(c);
    struct tb_span visit = visit_wait(c, &shown_us);
    bench.visit_size = visit.size;
    visit_end(visit);
    tag_vanish();
    link_drain();
    return shown_us - left_us;
}

/* ---- floors ---- */

static double echo_measure(void)
{
    static uint8_t text[BENCH_PAGE_MESSAGE_MAX];
    memset(text, 'e', bench.visit_size);
    double began_us = bench_now_us();
    bench_page_send(&echo, tb_span_of(text, bench.visit_size));
    struct tb_span answer = bench_page_receive(&echo);
    double ended_us = bench_now_us();
    bench_need(answer.size == bench.visit_size, "echo");
    return ended_us - began_us;
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static void key_of(uint64_t row, uint8_t ret_key[KEY_SIZE])
{
    uint64_t words[] = {mix(row + 1), mix(~row)};
    memcpy(ret_key, words, KEY_SIZE);
}

static void sql_run(const char *sql)
{
    bench_need(sqlite3_exec(bench.db, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

static void rows_make(uint64_t row_count, size_t size)
{
    static uint8_t value[READ_SIZE_MAX];
    uint8_t key[KEY_SIZE];
    sqlite3_stmt *insert = NULL;
    memset(value, 0xa5, size);
    sql_run(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256;"
        "CREATE TABLE row (ref INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL) STRICT;"
        "BEGIN");
    int rc = sqlite3_prepare_v2(bench.db, "INSERT INTO row (key, value) VALUES (?1, ?2)", -1, &insert, NULL);
    bench_need(rc == SQLITE_OK, "insert");
    for (uint64_t row = 0; row < row_count; row++) {
        key_of(row, key);
        sqlite3_bind_blob(insert, 1, key, KEY_SIZE, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 2, value, (int)size, SQLITE_STATIC);
        bench_need(sqlite3_step(insert) == SQLITE_DONE && sqlite3_reset(insert) == SQLITE_OK, "insert");
    }
    sqlite3_finalize(insert);
    sql_run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    bench.row_count = row_count;
}

static void read_prepare(const char *path, uint64_t row_count, size_t size)
{
    bench_need(sqlite3_open(path, &bench.db) == SQLITE_OK, path);
    rows_make(row_count, size);
    int rc = sqlite3_prepare_v2(bench.db, "SELECT value FROM row WHERE key = ?1", -1, &bench.select, NULL);
    bench_need(rc == SQLITE_OK, "select");
}

static double read_measure(void)
{
    static uint8_t value[READ_SIZE_MAX];
    uint8_t key[KEY_SIZE];
    bench.random = mix(bench.random + 1);
    key_of(bench.random % bench.row_count, key);
    double began_us = bench_now_us();
    sqlite3_bind_blob(bench.select, 1, key, KEY_SIZE, SQLITE_STATIC);
    bench_need(sqlite3_step(bench.select) == SQLITE_ROW, "select");
    memcpy(value, sqlite3_column_blob(bench.select, 0), (size_t)sqlite3_column_bytes(bench.select, 0));
    sqlite3_reset(bench.select);
    return bench_now_us() - began_us;
}

/* ---- orders ---- */

static void answer(const char *name, unsigned round, double us)
{
    bench_need(dprintf(bench.control, "%s %u %.3f\n", name, round, us) > 0, "answer");
}

/* The kinds come one after the other: what the agent does when a visit has ended must not slow a floor. */
static void round_run(unsigned round, unsigned taps, int cpu)
{
    static double took_us[3][CUSTOMER_MAX];
    bench_need(taps <= bench.customer_count - bench.customer_next, "customers");
    bench_pin(cpu);
    for (unsigned i = 0; i < taps; i++)
        took_us[0][i] = tap_measure(&bench.customers[bench.customer_next++]);
    for (unsigned i = 0; i < taps; i++)
        took_us[1][i] = echo_measure();
    for (unsigned i = 0; i < taps; i++)
        took_us[2][i] = read_measure();
    bench_pin(BENCH_ANY_CPU);
    for (unsigned i = 0; i < taps; i++) {
        answer("tap", round, took_us[0][i]);
        answer("echo", round, took_us[1][i]);
        answer("read", round, took_us[2][i]);
    }
}

static void page_sign_in(unsigned port, const char *path)
{
    char cookie[COOKIE_SIZE];
    bench_page_sign_in(port, path, cookie, sizeof cookie);
    bench_page_open(&page, port, "/clerk", "tillbridge-page.v1", cookie);
    (void)page_wait("\"visit\":null");
}

static void customer_add(const char *member, const char *name)
{
    bench_need(bench.customer_count < CUSTOMER_MAX && strlen(member) == MEMBER_SIZE, "customer");
    struct customer *c = &bench.customers[bench.customer_count++];
    memcpy(c->member, member, MEMBER_SIZE + 1);
    int size = snprintf(c->name, sizeof c->name, "\"name\":\"%s\"", name);
    bench_need(size > 0 && size < (int)sizeof c->name, "name");
}

/* The next word of a line, or an empty one. */
static const char *word(char **line)
{
    const char *at = strsep(line, " ");
    return at ? at : "";
}

static unsigned number(char **line)
{
    return (unsigned)strtol(word(line), NULL, 10);
}

static void order_obey(char *line)
{
    const char *verb = word(&line);
    const char *first = NULL;
    if (strcmp(verb, "page") == 0) {
        unsigned port = number(&line);
        page_sign_in(port, word(&line));
    } else if (strcmp(verb, "echo") == 0) {
        bench_page_open(&echo, number(&line), "/", "echo", "");
    } else if (strcmp(verb, "read") == 0) {
        first = word(&line);
        unsigned rows = number(&line);
        read_prepare(first, rows, number(&line));
    } else if (strcmp(verb, "customer") == 0) {
        first = word(&line);
        customer_add(first, line ? line : "");
    } else if (strcmp(verb, "round") == 0) {
        unsigned round = number(&line);
        unsigned taps = number(&line);
        round_run(round, taps, (int)strtol(word(&line), NULL, 10));
    } else {
        errno = 0;
        bench_need(0, "order");
    }
    bench_need(dprintf(bench.control, "ok\n") == 3, "answer");
}

static void control_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bench_need(strlen(path) < sizeof address.sun_path, path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    bench.control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_need(bench.control >= 0 && connect(bench.control, (struct sockaddr *)&address, sizeof address) == 0,
               path);
    bench.orders = fdopen(dup(bench.control), "r");
    bench_need(bench.orders != NULL && setvbuf(bench.orders, NULL, _IONBF, 0) == 0, path);
}

int main(int argc, char **argv)
{
    char line[LINE_MAX_SIZE];
    bench_need(argc == 3 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0,
               "usage: nfc <socket>, started by the agent");
    link_begin();
    control_connect(argv[2]);
    struct pollfd set = {.fd = bench.control, .events = POLLIN};
    for (;;) {
        int ready = poll(&set, 1, HEARTBEAT_MS);
        bench_need(ready >= 0, "poll");
        link_send(&(struct tb_link_message){.type = TB_LINK_HEARTBEAT});
        link_drain();
        if (ready == 0)
            continue;
        if (!fgets(line, sizeof line, bench.orders))
            return EXIT_SUCCESS; /* whoever ordered is gone */
        line[strcspn(line, "\n")] = '\0';
        order_obey(line);
    }
}
