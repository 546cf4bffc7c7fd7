/*
 * A tap from the moment a card is laid down to the moment its message is on the reader link, against what
 * the wires were busy with meanwhile: the air and the line to the chip, in the simulator's real times. Then
 * what it takes when a card is asked for the applications of wallets, phone app and chain first, and has
 * none. bench_wire <folder with tillbridge-readerd, tillbridge-head and pn532d>
 */
#include "core/link/frame.h"
#include "core/link/message.h"
#include "host/device/device.h"
#include "tests/bench/bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUND_COUNT = 20, ANSWER_MAX_MS = 10000, LINK_FD = 3, PATH_SIZE = 90 };

static const struct card {
    const char *name;
    const char *kind;
    unsigned size; /* of its message */
} cards[] = {
    {"Type 2, 48 bytes", "ntag213", 48},   {"Type 2, 144 bytes", "ntag215", 144},
    {"Type 2, 400 bytes", "ntag216", 400}, {"Type 4, 48 bytes", "type4", 48},
    {"Type 4, 144 bytes", "type4", 144},   {"Type 4, 400 bytes", "type4", 400},
};

enum { CARD_COUNT = sizeof cards / sizeof cards[0] };

struct bench {
    const char *bin;
    char folder[32];
    char line[PATH_SIZE];
    pid_t sim_pid;
    pid_t reader_pid;
    int control;
    int link;
    struct tb_link_decoder decoder;
    uint8_t memory[TB_LINK_BODY_MAX];
    uint8_t bytes[4096];
    struct tb_span unread; /* in bytes */
    bool relays;           /* ISO-DEP cards are spoken with first */
    uint8_t sequence;
};

/* ---- processes ---- */

static pid_t process_start(struct bench *b, const char *const *arguments, int from_fd, int to_fd)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", b->bin, arguments[0]);
    pid_t pid = fork();
    bench_need(pid >= 0, "fork");
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(from_fd, to_fd);
    execv(path, (char *const *)(uintptr_t)arguments);
    perror(path);
    _exit(127);
}

static void process_stop(pid_t pid)
{
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

/* ---- the simulator ---- */

/* Starts a program that says "ready" when it is. Its standard output stays open and unread: what the head
 * says of its lights fits into the pipe. */
static pid_t ready_start(struct bench *b, const char *const *arguments)
{
    int ends[2];
    char ready[6];
    bench_need(pipe(ends) == 0, "pipe");
    pid_t pid = process_start(b, arguments, ends[1], STDOUT_FILENO);
    close(ends[1]);
    bench_need(read(ends[0], ready, sizeof ready) == sizeof ready, arguments[0]);
    return pid;
}

static void sim_start(struct bench *b)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(b->folder, sizeof b->folder, "/tmp/tb-wire-XXXXXX");
    bench_need(mkdtemp(b->folder) != NULL, b->folder);
    snprintf(b->line, sizeof b->line, "%s/line", b->folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control", b->folder);
    const char *arguments[] = {"pn532d", "--line", b->line, "--control", address.sun_path, NULL};
    b->sim_pid = ready_start(b, arguments);
    b->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_need(connect(b->control, (struct sockaddr *)&address, sizeof address) == 0, "pn532d");
}

static const char *sim(struct bench *b, const char *command)
{
    static char answer[4096];
    size_t size = 0;
    bench_need(write(b->control, command, strlen(command)) > 0 && write(b->control, "\n", 1) == 1, command);
    while (size == 0 || answer[size - 1] != '\n') {
        ssize_t got = read(b->control, answer + size, sizeof answer - size);
        bench_need(got > 0, command);
        size += (size_t)got;
    }
    answer[size - 1] = '\0';
    errno = 0;
    bench_need(strncmp(answer, "ok", 2) == 0, answer);
    return answer[2] ? answer + 3 : "";
}

static void cards_define(struct bench *b)
{
    for (size_t i = 0; i < CARD_COUNT; i++) {
        char command[1024];
        int size = snprintf(command, sizeof command, "card c%zu %s ndef=", i, cards[i].kind);
        for (unsigned byte = 0; byte < cards[i].size; byte++)
            size += snprintf(command + size, sizeof command - (size_t)size, "%02x", byte & 0xff);
        sim(b, command);
    }
}

/* ---- the reader ---- */

static void link_begin(struct bench *b)
{
    tb_link_decoder_init(&b->decoder, b->memory, sizeof b->memory);
    b->unread = tb_span_of(b->bytes, 0);
}

/* readerd, with libnfc, on the simulator's line. */
static void readerd_start(struct bench *b)
{
    char device[PATH_SIZE + 16];
    int ends[2];
    snprintf(device, sizeof device, "pn532_uart:%s", b->line);
    const char *arguments[] = {"tillbridge-readerd", "nfc", device, NULL};
    bench_need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socket pair");
    b->reader_pid = process_start(b, arguments, ends[1], LINK_FD);
    close(ends[1]);
    b->link = ends[0];
    link_begin(b);
}

/* A reader head's firmware as a program: its driver on the simulator's line, its link on a pseudo-terminal.
 */
static void head_start(struct bench *b)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/head", b->folder);
    const char *arguments[] = {"tillbridge-head", "--link", path, "--nfc", b->line, NULL};
    b->reader_pid = ready_start(b, arguments);
    b->link = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    bench_need(b->link >= 0 && tb_device_line_set_up(b->link, 115200), "tillbridge-head");
    link_begin(b);
}

static bool frame_next(struct bench *b, struct tb_link_message *ret_message)
{
    struct tb_link_frame frame;
    for (;;) {
        enum tb_link_step step = tb_link_decoder_take(&b->decoder, &b->unread, &frame);
        if (step == TB_LINK_FRAME && tb_link_message_decode(&frame, ret_message) == TB_OK)
            return true;
        if (step == TB_LINK_MORE)
            return false;
    }
}

static void link_receive(struct bench *b)
{
    struct pollfd wait = {.fd = b->link, .events = POLLIN};
    errno = 0;
    bench_need(poll(&wait, 1, ANSWER_MAX_MS) == 1, "nothing came from the reader");
    ssize_t size = read(b->link, b->bytes, sizeof b->bytes);
    bench_need(size > 0, "reader link");
    b->unread = tb_span_of(b->bytes, (size_t)size);
}

/* When the message of that type had come. */
static double message_await(struct bench *b, enum tb_link_type type, struct tb_link_message *ret_message)
{
    double came_us = bench_now_us();
    for (;;) {
        while (frame_next(b, ret_message)) {
            errno = 0;
            bench_need(ret_message->type != TB_LINK_TAG_FAILED, "a card was not read");
            if (ret_message->type == type)
                return came_us;
        }
        link_receive(b);
        came_us = bench_now_us();
    }
}

static void request_send(struct bench *b, const struct tb_link_message *m)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    uint8_t wire[TB_LINK_WIRE_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder encoder;
    struct tb_span bulk;
    errno = 0;
    bench_need(tb_link_message_encode(m, &fields, &bulk) == TB_OK &&
                   tb_link_encoder_start(&encoder, (uint8_t)m->type, b->sequence++, tb_buf_span(&fields),
                                         bulk) == TB_OK,
               "a request has no frame");
    size_t size = tb_link_encoder_read(&encoder, wire, sizeof wire);
    bench_need(write(b->link, wire, size) == (ssize_t)size, "reader link");
}

/* ---- what a card is asked for before it is read ---- */

static const char *const applications[] = {
    "\x00\xa4\x04\x00\x0aOSE.VAS.01\x00",   /* 16 bytes */
    "\x00\xa4\x04\x00\x08\xf0TILLBR1\x00",  /* 14 */
    "\x90\x5a\x00\x00\x03\x30\x42\xf5\x00", /* 9 */
};
static const size_t application_sizes[] = {16, 14, 9};

static void card_ask(struct bench *b)
{
    struct tb_link_message m;
    (void)message_await(b, TB_LINK_TAG, &m);
    uint16_t tap = m.tag.tap;
    for (size_t i = 0; i < sizeof applications / sizeof applications[0]; i++) {
        request_send(b, &(struct tb_link_message){
                            .type = TB_LINK_TRANSCEIVE,
                            .transceive = {.tap = tap,
                                           .exchange = (uint16_t)i,
                                           .timeout_ms = 500,
                                           .apdu = tb_span_of(applications[i], application_sizes[i])}});
        (void)message_await(b, TB_LINK_TRANSCEIVE_ANSWER, &m);
        errno = 0;
        bench_need(m.transceive_answer.status == TB_LINK_EXCHANGE_OK, "a card did not answer");
    }
    request_send(b, &(struct tb_link_message){.type = TB_LINK_RELAY,
                                              .relay = {.what = TB_LINK_RELAY_READ, .tap = tap}});
}

/* ---- taps ---- */

/* So that cards come at any moment of the chip's own pace. What the reader says meanwhile is taken later. */
static void moment_choose(size_t number)
{
    (void)poll(NULL, 0, (int)(number * 7 % 17));
}

struct sample {
    double total_ms, line_ms, air_ms, wait_ms;
};

static struct sample tap(struct bench *b, size_t card)
{
    struct tb_link_message m;
    char command[64];
    snprintf(command, sizeof command, "tap c%zu", card);
    sim(b, command);
    if (b->relays && strcmp(cards[card].kind, "type4") == 0)
        card_ask(b);
    double came_us = message_await(b, TB_LINK_TAG_DATA, &m);
    errno = 0;
    bench_need(m.tag_data.ndef.size == cards[card].size, "a card was read wrongly");
    snprintf(command, sizeof command, "wire %.0f", came_us);
    double us[4];
    char *at = (char *)(uintptr_t)sim(b, command);
    for (size_t i = 0; i < 4; i++)
        us[i] = strtod(at, &at);
    sim(b, "remove");
    (void)message_await(b, TB_LINK_TAG_GONE, &m);
    return (struct sample){(came_us - us[0]) / 1e3, us[1] / 1e3, us[2] / 1e3, us[3] / 1e3};
}

static void report(const struct card *card, const struct sample *samples, bool limited)
{
    double total[ROUND_COUNT], line[ROUND_COUNT], air[ROUND_COUNT], wait[ROUND_COUNT], ratio[ROUND_COUNT];
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        const struct sample *s = &samples[i];
        total[i] = s->total_ms;
        line[i] = s->line_ms;
        air[i] = s->air_ms;
        wait[i] = s->wait_ms;
        ratio[i] = s->total_ms / (s->line_ms + s->air_ms + s->wait_ms);
    }
    printf(
        "%s: p50 %.1f ms, p90 %.1f, most %.1f; air %.1f, line %.1f, until the chip asks %.1f; p90 of ratios "
        "%.3f\n",
        card->name, bench_percentile(total, ROUND_COUNT, 0.5), bench_percentile(total, ROUND_COUNT, 0.9),
        bench_percentile(total, ROUND_COUNT, 1), bench_percentile(air, ROUND_COUNT, 0.5),
        bench_percentile(line, ROUND_COUNT, 0.5), bench_percentile(wait, ROUND_COUNT, 0.5),
        bench_percentile(ratio, ROUND_COUNT, 0.9));
    if (limited)
        bench_limit(card->name, bench_percentile(ratio, ROUND_COUNT, 0.5), 1.1, "x");
}

/* Cards take turns. */
static void cards_measure(struct bench *b, const char *what)
{
    static struct sample samples[CARD_COUNT][ROUND_COUNT];
    printf("%s: line at %s bit/s; %d taps of each card\n", what, sim(b, "rate"), ROUND_COUNT);
    for (size_t i = 0; i < ROUND_COUNT; i++) {
        for (size_t card = 0; card < CARD_COUNT; card++) {
            moment_choose(i * CARD_COUNT + card);
            samples[card][i] = tap(b, card);
        }
    }
    for (size_t card = 0; card < CARD_COUNT; card++)
        if (!b->relays || strcmp(cards[card].kind, "type4") == 0)
            report(&cards[card], samples[card], !b->relays);
}

static void path_measure(const char *bin, const char *what, void (*start)(struct bench *b))
{
    static struct bench b;
    b = (struct bench){.bin = bin};
    sim_start(&b);
    cards_define(&b);
    start(&b);
    (void)tap(&b, 0);
    sim(&b, "profile real");
    cards_measure(&b, what);
    b.relays = true;
    request_send(&b, &(struct tb_link_message){.type = TB_LINK_RELAY, .relay = {.what = TB_LINK_RELAY_ON}});
    printf("asked for three applications first, ");
    cards_measure(&b, what);
    close(b.link);
    process_stop(b.reader_pid);
    process_stop(b.sim_pid);
    close(b.control);
    rmdir(b.folder);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_wire <folder of the programs>\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    path_measure(argv[1], "readerd", readerd_start);
    path_measure(argv[1], "reader head", head_start);
    return 0;
}
