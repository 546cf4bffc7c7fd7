#include "boards/mcu/host/board.h"

#include "core/image/image.h"
#include "firmware/hal/hal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_RESET = 75, EXIT_WATCHDOG = 76 }; /* of the program of a slot */
enum {
    BAUD_START = 115200,
    IDLE_MS = 1,
    REOPEN_MS = 100,
    FLASH_UNIT = 1024,
    RECORD_COUNT = 2,
    ARG_MAX_COUNT = 32
};

#define FLASH_SIZE (TB_HAL_SLOT_COUNT * BOARD_SLOT_SIZE + RECORD_COUNT * FLASH_UNIT)

/* A line whose other end is gone is opened again, as a plug would be put in again. */
struct line {
    int fd;
    uint32_t baud;
    int64_t reopen_ms;
};

static struct board {
    struct board_options options;
    struct line lines[TB_HAL_UART_COUNT];
    uint8_t *flash; /* mapped; NULL: none */
    int64_t began_ms;
    unsigned lights;
    bool beeping;
} board;

const struct tb_hal_board tb_hal_board = {
    .name = "host",
    .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
    .capabilities = TB_LINK_CAN_TAMPER,
    .nfc_baud_max = 921600,
    .flash_write_size = 4,
    .slot_size = BOARD_SLOT_SIZE,
    .slot_at = {0, BOARD_SLOT_SIZE},
    .record_at = {2 * BOARD_SLOT_SIZE, 2 * BOARD_SLOT_SIZE + FLASH_UNIT},
};

void board_configure(const struct board_options *options)
{
    board.options = *options;
}

static _Noreturn void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* ---- serial lines ---- */

static speed_t speed_of(uint32_t baud)
{
    switch (baud) {
    case 9600: return B9600;
    case 115200: return B115200;
    case 230400: return B230400;
    case 460800: return B460800;
    case 921600: return B921600;
    default: return B0;
    }
}

/* A socket has no speed. */
static bool raw_set(int fd, uint32_t baud)
{
    struct termios mode;
    if (tcgetattr(fd, &mode) != 0)
        return true;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    return cfsetspeed(&mode, speed_of(baud)) == 0 && tcsetattr(fd, TCSANOW, &mode) == 0;
}

static int pty_make(const char *path)
{
    char slave[64];
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, slave, sizeof slave) != 0)
        die("pseudo-terminal");
    /* Kept open: without a reader on it the line would hang up. */
    int kept = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (kept < 0 || !raw_set(kept, BAUD_START))
        die(slave);
    (void)unlink(path);
    if (symlink(slave, path) != 0)
        die(path);
    return fd;
}

static int socket_open(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (tb_span_to_str(tb_span_str(path), address.sun_path, sizeof address.sun_path) != TB_OK)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static int path_open(const char *path, uint32_t baud)
{
    struct stat info;
    if (path == NULL || stat(path, &info) != 0)
        return -1;
    if (S_ISSOCK(info.st_mode))
        return socket_open(path);
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && !raw_set(fd, baud)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static const char *line_path(enum tb_hal_uart uart)
{
    return uart == TB_HAL_UART_NFC ? board.options.nfc : board.options.scanner;
}

static bool line_is_open(enum tb_hal_uart uart)
{
    struct line *l = &board.lines[uart];
    if (l->fd < 0 && uart != TB_HAL_UART_LINK && tb_hal_now_ms() >= l->reopen_ms) {
        l->fd = path_open(line_path(uart), l->baud);
        l->reopen_ms = tb_hal_now_ms() + REOPEN_MS;
    }
    return l->fd >= 0;
}

bool board_is_plugged(enum tb_hal_uart uart)
{
    return line_is_open(uart);
}

void board_unplug(enum tb_hal_uart uart)
{
    if (board.lines[uart].fd >= 0)
        (void)close(board.lines[uart].fd);
    board.lines[uart].fd = -1;
}

static bool try_again(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

size_t tb_hal_uart_read(enum tb_hal_uart uart, uint8_t *ret_bytes, size_t size_max)
{
    if (!line_is_open(uart))
        return 0;
    ssize_t size = read(board.lines[uart].fd, ret_bytes, size_max);
    if (size == 0 || (size < 0 && !try_again()))
        board_unplug(uart);
    return size > 0 ? (size_t)size : 0;
}

/* What is sent while nothing is plugged in is lost, as on a wire. */
size_t tb_hal_uart_write(enum tb_hal_uart uart, const uint8_t *bytes, size_t size)
{
    if (!line_is_open(uart))
        return size;
    ssize_t taken = write(board.lines[uart].fd, bytes, size);
    if (taken < 0 && !try_again()) {
        board_unplug(uart);
        return size;
    }
    return taken > 0 ? (size_t)taken : 0;
}

bool tb_hal_uart_is_idle(enum tb_hal_uart uart)
{
    struct pollfd set = {.fd = board.lines[uart].fd, .events = POLLOUT};
    return set.fd < 0 || (poll(&set, 1, 0) == 1 && (set.revents & POLLOUT));
}

enum tb_err tb_hal_uart_baud(enum tb_hal_uart uart, uint32_t baud)
{
    struct line *l = &board.lines[uart];
    if (speed_of(baud) == B0 || (l->fd >= 0 && !raw_set(l->fd, baud)))
        return TB_ERR_UNSUPPORTED;
    l->baud = baud;
    return TB_OK;
}

uint32_t tb_hal_uart_lost(enum tb_hal_uart uart)
{
    (void)uart;
    return 0;
}

/* ---- lights, beeper, housing ---- */

static void outputs_show(void)
{
    (void)printf("%lld lights %u beeper %s\n", (long long)tb_hal_now_ms(), board.lights,
                 board.beeping ? "on" : "off");
    (void)fflush(stdout);
}

void tb_hal_lights(unsigned lights)
{
    bool changed = lights != board.lights;
    board.lights = lights;
    if (changed)
        outputs_show();
}

void tb_hal_beeper(bool on)
{
    bool changed = on != board.beeping;
    board.beeping = on;
    if (changed)
        outputs_show();
}

bool tb_hal_tamper(void)
{
    return board.options.tamper != NULL && access(board.options.tamper, F_OK) == 0;
}

/* ---- time and life ---- */

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t tb_hal_now_ms(void)
{
    return clock_ms() - board.began_ms;
}

void tb_hal_idle(void)
{
    struct pollfd set[TB_HAL_UART_COUNT];
    for (unsigned i = 0; i < TB_HAL_UART_COUNT; i++)
        set[i] = (struct pollfd){.fd = board.lines[i].fd, .events = POLLIN};
    (void)poll(set, TB_HAL_UART_COUNT, IDLE_MS);
}

static void flash_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0 || ftruncate(fd, FLASH_SIZE) != 0)
        die(path);
    board.flash = mmap(NULL, FLASH_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (board.flash == MAP_FAILED)
        die(path);
    if (info.st_size == 0)
        memset(board.flash, 0xff, FLASH_SIZE);
    (void)close(fd);
}

void tb_hal_start(void)
{
    board.began_ms = clock_ms();
    for (unsigned i = 0; i < TB_HAL_UART_COUNT; i++)
        board.lines[i] = (struct line){.fd = -1, .baud = BAUD_START};
    if (board.options.link != NULL)
        board.lines[TB_HAL_UART_LINK].fd = pty_make(board.options.link);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)puts("ready");
    (void)fflush(stdout);
}

enum tb_link_reset tb_hal_reset_cause(void)
{
    if (board.options.watchdog_bit)
        return TB_LINK_RESET_WATCHDOG;
    return board.options.reset ? TB_LINK_RESET_SOFTWARE : TB_LINK_RESET_POWER_ON;
}

static char word_watchdog[] = "--watchdog-bit";
static char word_reset[] = "--reset";

/* Starts the program anew with one more word that says why; the program of a slot leaves that to its boot
 * loader. The line's name goes first: the number of a line that is gone may soon be another program's.
 * Async-signal-safe. */
static _Noreturn void start_anew(char *why)
{
    static char *argv[ARG_MAX_COUNT + 2];
    size_t count = 0;
    if (board.options.slot != NULL)
        _exit(why == word_reset ? EXIT_RESET : EXIT_WATCHDOG);
    for (char **from = board.options.argv; *from != NULL && count < ARG_MAX_COUNT; from++)
        if (strcmp(*from, word_reset) != 0 && strcmp(*from, word_watchdog) != 0)
            argv[count++] = *from;
    if (board.options.link != NULL)
        (void)unlink(board.options.link);
    argv[count] = why;
    argv[count + 1] = NULL;
    (void)execv("/proc/self/exe", argv);
    _exit(EXIT_FAILURE);
}

static void watchdog_bites(int signal_number)
{
    (void)signal_number;
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    start_anew(word_watchdog);
}

static int64_t watchdog_ms;

void tb_hal_watchdog_kick(void)
{
    struct itimerval due = {.it_value = {.tv_sec = (time_t)(watchdog_ms / 1000),
                                         .tv_usec = (suseconds_t)(watchdog_ms % 1000 * 1000)}};
    if (watchdog_ms > 0)
        (void)setitimer(ITIMER_REAL, &due, NULL);
}

void tb_hal_watchdog_start(uint32_t timeout_ms)
{
    watchdog_ms = timeout_ms;
    (void)signal(SIGALRM, watchdog_bites);
    tb_hal_watchdog_kick();
}

void tb_hal_reset(void)
{
    start_anew(word_reset);
}

size_t tb_hal_stack_free(size_t *ret_size)
{
    *ret_size = 0;
    return 0;
}

/* ---- slots ---- */

unsigned tb_hal_slot(void)
{
    return board.options.slot != NULL ? (unsigned)(board.options.slot[0] - '0') : TB_HAL_SLOT_COUNT;
}

/* The body of the image as a file that exists nowhere else. */
static int program_open(uint32_t address)
{
    struct tb_image image;
    uint32_t header_at = address - TB_IMAGE_BODY_AT;
    if (tb_image_parse(tb_hal_flash_read(header_at, TB_IMAGE_HEADER_SIZE), &image) != TB_OK)
        return -1;
    struct tb_span body = tb_hal_flash_read(address, image.size);
    int fd = memfd_create("slot", 0); /* an interpreter opens it again by its number */
    if (fd >= 0 && write(fd, body.at, body.size) != (ssize_t)body.size)
        die("slot");
    return fd;
}

/* In the child. The watchdog runs on: it belongs to the chip. */
static _Noreturn void program_start(int fd, char *slot)
{
    static char option[] = "--slot";
    static char *argv[ARG_MAX_COUNT + 3];
    size_t count = 0;
    for (char **from = board.options.argv; *from != NULL && count < ARG_MAX_COUNT; from++)
        argv[count++] = *from;
    argv[count++] = option;
    argv[count] = slot;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGALRM, SIG_DFL);
    tb_hal_watchdog_kick();
    (void)fexecve(fd, argv, environ);
    _exit(EXIT_FAILURE); /* as a chip would that finds no instruction there */
}

void tb_hal_boot(uint32_t address)
{
    static char slots[TB_HAL_SLOT_COUNT][2] = {"0", "1"};
    unsigned slot = 0;
    int status = 0;
    while (slot < TB_HAL_SLOT_COUNT - 1 && tb_hal_board.slot_at[slot] + TB_IMAGE_BODY_AT != address)
        slot++;
    int fd = program_open(address);
    pid_t child = fd < 0 ? -1 : fork();
    if (child == 0)
        program_start(fd, slots[slot]);
    if (child < 0)
        die("slot");
    (void)setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {0}}, NULL);
    (void)close(fd);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            die("slot");
    start_anew(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_RESET ? word_reset : word_watchdog);
}

/* ---- flash ---- */

static bool flash_holds(uint32_t address, size_t size)
{
    if (board.flash == NULL && board.options.flash != NULL)
        flash_open(board.options.flash);
    return board.flash != NULL && address <= FLASH_SIZE && size <= FLASH_SIZE - address;
}

uint32_t tb_hal_flash_unit(uint32_t address)
{
    return flash_holds(address, 1) ? FLASH_UNIT : 0;
}

enum tb_err tb_hal_flash_erase(uint32_t address)
{
    if (!flash_holds(address, 1))
        return TB_ERR_RANGE;
    memset(board.flash + address / FLASH_UNIT * FLASH_UNIT, 0xff, FLASH_UNIT);
    return TB_OK;
}

/* As on real flash bits only go from 1 to 0. */
enum tb_err tb_hal_flash_write(uint32_t address, struct tb_span bytes)
{
    if (!flash_holds(address, bytes.size) || address % 4 != 0 || bytes.size % 4 != 0)
        return TB_ERR_RANGE;
    for (size_t i = 0; i < bytes.size; i++)
        board.flash[address + i] &= bytes.at[i];
    return tb_span_equal(tb_span_of(board.flash + address, bytes.size), bytes) ? TB_OK : TB_ERR_IO;
}

struct tb_span tb_hal_flash_read(uint32_t address, size_t size)
{
    return flash_holds(address, size) ? tb_span_of(board.flash + address, size) : tb_span_of(NULL, 0);
}
