#include "tests/support/simctl.h"

#include "core/base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* A hung-up line cannot be waited for: whether a program has opened it again is looked at this often. */
enum { OPEN_LOOK_US = 2000 };

/* Places in the set that poll() is given; clients follow. */
enum { POLL_SIGNAL, POLL_CONTROL, POLL_LINE, POLL_LISTEN, POLL_CLIENT };

struct client {
    int fd; /* -1: free */
    size_t size;
    char line[TB_SIM_LINE_MAX + 1];
};

struct tb_sim {
    struct tb_sim_options options;
    int signal_fd;
    int control_fd;
    int line_fd;   /* master side or connection; -1 while unplugged or not connected */
    int listen_fd; /* of a line that is a socket; -1 while unplugged */
    bool opened;
    bool stopping;
    uint64_t now_us;
    struct tb_sim_timer *timers; /* borrowed, unsorted: there are few */
    struct client clients[TB_SIM_CLIENT_MAX];
    uint8_t answer[TB_SIM_ANSWER_MAX];
};

static void clock_read(struct tb_sim *sim)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    sim->now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static enum tb_err failed(const char *what)
{
    (void)fprintf(stderr, "simulator: %s: %s\n", what, strerror(errno));
    return TB_ERR_IO;
}

static void fd_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* --- the line */

/* Raw from the start, so that nothing is echoed before the program has set the line up itself. */
static enum tb_err slave_prepare(const char *path)
{
    struct termios mode;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return failed(path);
    bool done = tcgetattr(fd, &mode) == 0;
    if (done) {
        cfmakeraw(&mode);
        (void)cfsetspeed(&mode, B115200); /* for programs that take the line as it is */
        done = tcsetattr(fd, TCSANOW, &mode) == 0;
    }
    (void)close(fd);
    return done ? TB_OK : failed(path);
}

/* The symlink is replaced in one step, so that it never points to nothing while plugged. */
static enum tb_err link_make(const char *target, const char *path)
{
    char fresh[sizeof((struct sockaddr_un){0}.sun_path) + 8];
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.new", path) >= sizeof fresh)
        return TB_ERR_TOO_LONG;
    (void)unlink(fresh);
    if (symlink(target, fresh) != 0 || rename(fresh, path) != 0)
        return failed(path);
    return TB_OK;
}

static enum tb_err socket_listen(const char *path, int backlog, int *ret_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    enum tb_err err = tb_span_to_str(tb_span_str(path), address.sun_path, sizeof address.sun_path);
    if (err != TB_OK)
        return err;
    (void)unlink(address.sun_path);
    *ret_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*ret_fd < 0 || bind(*ret_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(*ret_fd, backlog) != 0)
        return failed(address.sun_path);
    return TB_OK;
}

static enum tb_err line_plug(struct tb_sim *sim)
{
    if (sim->options.unix_path != NULL)
        return socket_listen(sim->options.unix_path, 1, &sim->listen_fd);
    char slave[64];
    enum tb_err err = TB_ERR_IO;
    sim->line_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (sim->line_fd < 0 || grantpt(sim->line_fd) != 0 || unlockpt(sim->line_fd) != 0 ||
        ptsname_r(sim->line_fd, slave, sizeof slave) != 0)
        err = failed("pseudo-terminal");
    else
        err = slave_prepare(slave);
    if (err == TB_OK)
        err = link_make(slave, sim->options.line_path);
    if (err != TB_OK)
        fd_close(&sim->line_fd);
    sim->opened = false;
    return err;
}

static void line_unplug(struct tb_sim *sim)
{
    if (!tb_sim_plugged(sim))
        return;
    (void)unlink(sim->options.unix_path ? sim->options.unix_path : sim->options.line_path);
    fd_close(&sim->listen_fd);
    fd_close(&sim->line_fd);
    sim->opened = false;
}

unsigned tb_sim_line_rate(const struct tb_sim *sim)
{
    static const struct {
        speed_t speed;
        unsigned rate;
    } rates[] = {{B9600, 9600},     {B19200, 19200},   {B38400, 38400},   {B57600, 57600},
                 {B115200, 115200}, {B230400, 230400}, {B460800, 460800}, {B921600, 921600}};
    struct termios mode;
    if (tcgetattr(sim->line_fd, &mode) != 0)
        return 0;
    for (size_t i = 0; i < TB_ARRAY_SIZE(rates); i++)
        if (rates[i].speed == cfgetospeed(&mode))
            return rates[i].rate;
    return 0;
}

static void line_look(struct tb_sim *sim)
{
    struct pollfd look = {.fd = sim->line_fd, .events = POLLIN};
    if (sim->line_fd >= 0 && poll(&look, 1, 0) >= 0)
        sim->opened = !(look.revents & POLLHUP);
    if (sim->listen_fd >= 0 && !sim->opened)
        fd_close(&sim->line_fd);
}

static void line_receive(struct tb_sim *sim)
{
    uint8_t bytes[1024];
    ssize_t size = read(sim->line_fd, bytes, sizeof bytes);
    if (size > 0 && sim->options.ops->received)
        sim->options.ops->received(sim, tb_span_of(bytes, (size_t)size));
}

enum tb_err tb_sim_send(struct tb_sim *sim, struct tb_span bytes)
{
    line_look(sim);
    if (!sim->opened)
        return TB_ERR_OFFLINE;
    ssize_t size = write(sim->line_fd, bytes.at, bytes.size);
    return size >= 0 && (size_t)size == bytes.size ? TB_OK : TB_ERR_FULL;
}

/* --- timers */

void tb_sim_timer_set(struct tb_sim *sim, struct tb_sim_timer *timer, uint64_t after_us)
{
    tb_sim_timer_cancel(sim, timer);
    clock_read(sim);
    timer->at_us = sim->now_us + after_us;
    timer->armed = true;
    timer->next = sim->timers;
    sim->timers = timer;
}

void tb_sim_timer_cancel(struct tb_sim *sim, struct tb_sim_timer *timer)
{
    for (struct tb_sim_timer **at = &sim->timers; *at != NULL; at = &(*at)->next) {
        if (*at == timer) {
            *at = timer->next;
            break;
        }
    }
    timer->next = NULL;
    timer->armed = false;
}

static struct tb_sim_timer *timer_first(const struct tb_sim *sim)
{
    struct tb_sim_timer *first = sim->timers;
    for (struct tb_sim_timer *timer = first; timer != NULL; timer = timer->next)
        if (timer->at_us < first->at_us)
            first = timer;
    return first;
}

static void timers_fire(struct tb_sim *sim)
{
    struct tb_sim_timer *timer = timer_first(sim);
    while (timer != NULL && timer->at_us <= sim->now_us) {
        tb_sim_timer_cancel(sim, timer);
        timer->fired(sim, timer);
        timer = timer_first(sim);
    }
}

/* --- control */

char *tb_sim_word(char **rest)
{
    char *word = *rest + strspn(*rest, " ");
    if (*word == '\0')
        return NULL;
    char *end = word + strcspn(word, " ");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

void tb_sim_unplug(struct tb_sim *sim)
{
    line_unplug(sim);
    if (sim->options.ops->power)
        sim->options.ops->power(sim, false);
}

static const char *power_command(struct tb_sim *sim, bool plug)
{
    if (plug == tb_sim_plugged(sim))
        return NULL;
    if (!plug) {
        tb_sim_unplug(sim);
        return NULL;
    }
    if (line_plug(sim) != TB_OK)
        return "line";
    if (sim->options.ops->power)
        sim->options.ops->power(sim, true);
    return NULL;
}

static const char *command_run(struct tb_sim *sim, const char *verb, char *rest, struct tb_buf *ret_text)
{
    if (strcmp(verb, "plug") == 0 || strcmp(verb, "unplug") == 0)
        return power_command(sim, verb[0] == 'p');
    if (strcmp(verb, "status") == 0) {
        line_look(sim);
        tb_buf_add_str(ret_text, tb_sim_plugged(sim) ? "plugged" : "unplugged");
        tb_buf_add_str(ret_text, sim->opened ? " open" : " closed");
        return NULL;
    }
    return sim->options.ops->command(sim, verb, rest, ret_text);
}

/* The answer is small or the client is local and waiting for it: a client that does not read is dropped. */
static void client_answer(struct client *client, struct tb_span answer)
{
    if (send(client->fd, answer.at, answer.size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)answer.size)
        fd_close(&client->fd);
}

static void line_serve(struct tb_sim *sim, struct client *client, char *line)
{
    struct tb_buf text = tb_buf_of(sim->answer, sizeof sim->answer - 64);
    char prefix[64];
    size_t verb_size = strcspn(line, " ");
    char *rest = line + verb_size + (line[verb_size] == ' ');
    line[verb_size] = '\0';

    const char *error = command_run(sim, line, rest, &text);
    if (text.err != TB_OK)
        error = "answer_too_long";
    int size =
        error ? snprintf(prefix, sizeof prefix, "error %s", error) : snprintf(prefix, sizeof prefix, "ok");
    TB_ASSERT(size > 0 && (size_t)size < sizeof prefix - 1);
    if (text.size)
        prefix[size++] = ' ';
    memmove(sim->answer + size, sim->answer, text.size);
    memcpy(sim->answer, prefix, (size_t)size);
    sim->answer[(size_t)size + text.size] = '\n';
    client_answer(client, tb_span_of(sim->answer, (size_t)size + text.size + 1));
}

static void client_receive(struct tb_sim *sim, struct client *client)
{
    ssize_t got = recv(client->fd, client->line + client->size, TB_SIM_LINE_MAX - client->size, MSG_DONTWAIT);
    if (got <= 0) {
        fd_close(&client->fd);
        return;
    }
    client->size += (size_t)got;
    char *start = client->line;
    char *end = memchr(start, '\n', client->size);
    while (end != NULL && client->fd >= 0) {
        size_t taken = (size_t)(end + 1 - start);
        *end = '\0';
        line_serve(sim, client, start);
        client->size -= taken;
        start += taken;
        end = memchr(start, '\n', client->size);
    }
    memmove(client->line, start, client->size);
    if (client->fd >= 0 && client->size == TB_SIM_LINE_MAX) {
        client_answer(client, tb_span_str("error line_too_long\n"));
        fd_close(&client->fd);
    }
}

static void client_accept(struct tb_sim *sim)
{
    int fd = accept4(sim->control_fd, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; i < TB_SIM_CLIENT_MAX && fd >= 0; i++) {
        if (sim->clients[i].fd < 0) {
            sim->clients[i].fd = fd;
            sim->clients[i].size = 0;
            return;
        }
    }
    fd_close(&fd);
}

/* A program that comes while another is connected takes its place: the older one was restarted or has died.
 */
static void line_accept(struct tb_sim *sim)
{
    fd_close(&sim->line_fd);
    sim->line_fd = accept4(sim->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    sim->opened = sim->line_fd >= 0;
}

/* --- the loop */

static enum tb_err signals_take(struct tb_sim *sim)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return failed("signals");
    (void)signal(SIGPIPE, SIG_IGN); /* a line that is a socket */
    sim->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
    return sim->signal_fd >= 0 ? TB_OK : failed("signals");
}

enum tb_err tb_sim_open(const struct tb_sim_options *options, struct tb_sim **ret_sim)
{
    struct tb_sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL)
        return TB_ERR_NO_MEMORY;
    sim->options = *options;
    sim->signal_fd = sim->control_fd = sim->line_fd = sim->listen_fd = -1;
    for (size_t i = 0; i < TB_SIM_CLIENT_MAX; i++)
        sim->clients[i].fd = -1;
    clock_read(sim);
    enum tb_err err = signals_take(sim);
    if (err == TB_OK)
        err = line_plug(sim);
    if (err == TB_OK)
        err = socket_listen(sim->options.control_path, TB_SIM_CLIENT_MAX, &sim->control_fd);
    if (err != TB_OK)
        sim = tb_sim_close(sim);
    *ret_sim = sim;
    return err;
}

struct tb_sim *tb_sim_close(struct tb_sim *sim)
{
    if (sim == NULL)
        return NULL;
    line_unplug(sim);
    if (sim->control_fd >= 0)
        (void)unlink(sim->options.control_path);
    fd_close(&sim->control_fd);
    fd_close(&sim->signal_fd);
    for (size_t i = 0; i < TB_SIM_CLIENT_MAX; i++)
        fd_close(&sim->clients[i].fd);
    free(sim);
    return NULL;
}

/* How long poll() may sleep: until the first timer, or the next look at a closed line. */
static uint64_t sleep_us(const struct tb_sim *sim)
{
    const struct tb_sim_timer *timer = timer_first(sim);
    uint64_t wait_us = sim->line_fd >= 0 && !sim->opened ? OPEN_LOOK_US : UINT64_MAX;
    if (timer != NULL && timer->at_us <= sim->now_us)
        return 0;
    if (timer != NULL && timer->at_us - sim->now_us < wait_us)
        wait_us = timer->at_us - sim->now_us;
    return wait_us;
}

static enum tb_err turn(struct tb_sim *sim)
{
    struct pollfd set[POLL_CLIENT + TB_SIM_CLIENT_MAX];
    uint64_t wait_us = sleep_us(sim);
    struct timespec wait = {.tv_sec = (time_t)(wait_us / 1000000),
                            .tv_nsec = (long)(wait_us % 1000000 * 1000)};

    set[POLL_SIGNAL] = (struct pollfd){.fd = sim->signal_fd, .events = POLLIN};
    set[POLL_CONTROL] = (struct pollfd){.fd = sim->control_fd, .events = POLLIN};
    set[POLL_LINE] = (struct pollfd){.fd = sim->opened ? sim->line_fd : -1, .events = POLLIN};
    set[POLL_LISTEN] = (struct pollfd){.fd = sim->listen_fd, .events = POLLIN};
    for (size_t i = 0; i < TB_SIM_CLIENT_MAX; i++)
        set[POLL_CLIENT + i] = (struct pollfd){.fd = sim->clients[i].fd, .events = POLLIN};
    if (ppoll(set, TB_ARRAY_SIZE(set), wait_us == UINT64_MAX ? NULL : &wait, NULL) < 0 && errno != EINTR)
        return failed("poll");
    clock_read(sim);

    sim->stopping = set[POLL_SIGNAL].revents != 0;
    if (set[POLL_LINE].revents & POLLIN)
        line_receive(sim);
    if (set[POLL_LISTEN].revents)
        line_accept(sim);
    line_look(sim);
    timers_fire(sim);
    for (size_t i = 0; i < TB_SIM_CLIENT_MAX; i++)
        if (set[POLL_CLIENT + i].revents)
            client_receive(sim, &sim->clients[i]);
    if (set[POLL_CONTROL].revents)
        client_accept(sim);
    return TB_OK;
}

enum tb_err tb_sim_run(struct tb_sim *sim)
{
    (void)puts("ready");
    (void)fflush(stdout);
    enum tb_err err = TB_OK;
    while (err == TB_OK && !sim->stopping)
        err = turn(sim);
    return err;
}

void *tb_sim_context(const struct tb_sim *sim)
{
    return sim->options.context;
}

bool tb_sim_plugged(const struct tb_sim *sim)
{
    return sim->listen_fd >= 0 || sim->line_fd >= 0;
}

bool tb_sim_opened(const struct tb_sim *sim)
{
    return sim->opened;
}

uint64_t tb_sim_now_us(const struct tb_sim *sim)
{
    return sim->now_us;
}
