#include "tests/hil/board.h"

#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/base/text.h"
#include "tests/support/unit.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
    PATH_SIZE = 108,
    OPTION_SIZE = 200,
    PACKET_SIZE = 128,
    FIRST_FRAMES = 4, /* an empty one, HELLO, two STATEs */
};

/* QEMU's STM32 have no clock controller, so no reset flags; neither a transmitter that can be full nor pins
 * nor a watchdog, and nothing that I2C could be wired to. */
static const struct tb_board_facts boards[] = {
    {.board = "host",
     .name = "host",
     .program = TB_HEAD,
     .boot = TB_BOOT,
     .first_reset = "power_on",
     .bit_rate = "921600",
     .chip = true,
     .tamper = true,
     .fills = true,
     .slot_at = {0, 65536},
     .flash_used = 2 * 65536 + 2048,
     .flash_size = 2 * 65536 + 2048},
    {.board = "host-i2c",
     .name = "host",
     .program = TB_HEAD_I2C,
     .first_reset = "power_on",
     .bit_rate = "115200",
     .i2c = true,
     .chip = true,
     .tamper = true,
     .fills = true},
    {.board = "mps2-an385",
     .name = "mps2-an385",
     .machine = "mps2-an385",
     .first_reset = "power_on",
     .bit_rate = "921600",
     .chip = true,
     .tamper = true,
     .fills = true,
     .watchdog = true,
     .stack = true,
     .slot_at = {0x21001000, 0x21009000},
     .flash_at = 0x21000000,
     .flash_used = 0x11000,
     .flash_size = 16 * 1024 * 1024},
    {.board = "stm32f103",
     .name = "stm32f103",
     .machine = "stm32vldiscovery",
     .first_reset = "unknown",
     .bit_rate = "921600",
     .chip = true,
     .stack = true},
    {.board = "stm32f103-i2c",
     .name = "stm32f103-i2c",
     .machine = "stm32vldiscovery",
     .first_reset = "unknown",
     .i2c = true,
     .stack = true},
    {.board = "stm32f405",
     .name = "stm32f405",
     .machine = "netduinoplus2",
     .first_reset = "unknown",
     .bit_rate = "921600",
     .chip = true,
     .stack = true},
    {.board = "stm32f405-i2c",
     .name = "stm32f405-i2c",
     .machine = "netduinoplus2",
     .first_reset = "unknown",
     .i2c = true,
     .stack = true},
};

const struct tb_board_facts *tb_board_facts(const char *board)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(boards); i++)
        if (strcmp(boards[i].board, board) == 0)
            return &boards[i];
    return NULL;
}

/* ---- sockets and pseudo-terminals ---- */

static struct sockaddr_un address_of(const struct tb_board *b, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int size = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", b->folder, name);
    assert_true(size > 0 && (size_t)size < sizeof address.sun_path);
    return address;
}

static int socket_listen(const struct tb_board *b, const char *name)
{
    struct sockaddr_un address = address_of(b, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static int socket_connect(const struct tb_board *b, const char *name)
{
    struct sockaddr_un address = address_of(b, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void raw_set(int fd)
{
    struct termios mode;
    assert_int_equal(tcgetattr(fd, &mode), 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(fd, TCSANOW, &mode), 0);
}

/* The slave stays open with the master: a line that nobody has open hangs up. */
static int pty_open(char ret_slave[PATH_SIZE])
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    assert_int_equal(ptsname_r(master, ret_slave, PATH_SIZE), 0);
    int slave = open(ret_slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    raw_set(slave);
    return master;
}

/* ---- the bridge: two masters, each the end of somebody's line ---- */

static void carry(int from, int to)
{
    uint8_t bytes[1024];
    ssize_t size = read(from, bytes, sizeof bytes);
    for (ssize_t at = 0; at < size;) {
        ssize_t put = write(to, bytes + at, (size_t)(size - at));
        if (put <= 0)
            _exit(EXIT_SUCCESS);
        at += put;
    }
    if (size <= 0 && errno != EIO)
        _exit(EXIT_SUCCESS);
}

static _Noreturn void bridge_run(int a, int b)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct pollfd set[] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
        if (poll(set, 2, -1) < 0)
            _exit(EXIT_FAILURE);
        if (set[0].revents)
            carry(a, b);
        if (set[1].revents)
            carry(b, a);
    }
}

static void bridge_start(struct tb_board *b, int machine_end)
{
    char slave[PATH_SIZE];
    struct sockaddr_un head = address_of(b, "head");
    int agent_end = pty_open(slave);
    assert_int_equal(symlink(slave, head.sun_path), 0);
    b->bridge_pid = fork();
    assert_true(b->bridge_pid >= 0);
    if (b->bridge_pid == 0)
        bridge_run(machine_end, agent_end);
}

/* ---- programs ---- */

static void image_path(const struct tb_board *b, char ret_path[OPTION_SIZE])
{
    (void)snprintf(ret_path, OPTION_SIZE, "%s/%s/%s.elf", TB_FIRMWARE_FOLDER, b->facts->board,
                   b->flash ? "boot" : "head");
}

/* The words of a command line; their memory is that of the process that is about to become another. */
struct words {
    char *argv[48];
    size_t count;
};

static void word_add(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void word_add(struct words *w, const char *format, ...)
{
    char *word = malloc(OPTION_SIZE);
    va_list arguments;
    if (word == NULL || w->count + 1 >= TB_ARRAY_SIZE(w->argv))
        _exit(EXIT_FAILURE);
    va_start(arguments, format);
    (void)vsnprintf(word, OPTION_SIZE, format, arguments);
    va_end(arguments);
    w->argv[w->count++] = word;
}

static void chardev_add(struct words *w, const char *option, const char *name, const char *backend)
{
    word_add(w, "-chardev");
    word_add(w, "%s", backend);
    word_add(w, "%s", option);
    word_add(w, "chardev:%s", name);
}

static void socket_add(struct words *w, const struct tb_board *b, const char *option, const char *name,
                       bool listens)
{
    char backend[OPTION_SIZE];
    (void)snprintf(backend, sizeof backend, "socket,id=%s,path=%s/%s%s", name, b->folder, name,
                   listens ? ",server=on,wait=off" : "");
    chardev_add(w, option, name, backend);
}

static void flash_add(struct words *w, const struct tb_board *b)
{
    word_add(w, "-object");
    word_add(w, "memory-backend-file,id=flash,share=on,size=%" PRIu32 ",mem-path=%s", b->facts->flash_size,
             b->flash);
}

static _Noreturn void machine_become(const struct tb_board *b, const char *link)
{
    struct words w = {.count = 0};
    char image[OPTION_SIZE];
    char backend[OPTION_SIZE];
    image_path(b, image);
    (void)snprintf(backend, sizeof backend, "serial,id=link,path=%s", link);
    word_add(&w, "qemu-system-arm");
    word_add(&w, "-M");
    word_add(&w, "%s%s", b->facts->machine, b->flash ? ",memory-backend=flash" : "");
    word_add(&w, "-nographic");
    word_add(&w, "-monitor");
    word_add(&w, "none");
    word_add(&w, "-kernel");
    word_add(&w, "%s", image);
    chardev_add(&w, "-serial", "link", backend);
    socket_add(&w, b, "-serial", "nfc", false);
    socket_add(&w, b, "-serial", "scanner", false);
    socket_add(&w, b, "-gdb", "gdb", true);
    if (b->facts->tamper)
        socket_add(&w, b, "-serial", "tamper", true);
    if (b->flash)
        flash_add(&w, b);
    (void)execvp(w.argv[0], w.argv);
    _exit(127);
}

static _Noreturn void program_become(const struct tb_board *b, int ready)
{
    static const char *const lines[] = {"head", "nfc", "scanner", "tamper"};
    static const char *const options[] = {"--link", "--nfc", "--scanner", "--tamper"};
    struct words w = {.count = 0};
    word_add(&w, "%s", b->flash ? b->facts->boot : b->facts->program);
    for (size_t i = 0; i < TB_ARRAY_SIZE(lines); i++) {
        word_add(&w, "%s", options[i]);
        word_add(&w, "%s/%s", b->folder, lines[i]);
    }
    if (b->flash) {
        word_add(&w, "--flash");
        word_add(&w, "%s", b->flash);
    }
    (void)dup2(ready, STDOUT_FILENO);
    (void)execv(w.argv[0], w.argv);
    _exit(127);
}

static void program_start(struct tb_board *b)
{
    int ends[2];
    char ready[6];
    assert_int_equal(pipe(ends), 0);
    b->pid = fork();
    assert_true(b->pid >= 0);
    if (b->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        program_become(b, ends[1]);
    }
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], ready, sizeof ready), sizeof ready);
    assert_memory_equal(ready, "ready\n", sizeof ready);
}

static int machine_start(struct tb_board *b)
{
    char slave[PATH_SIZE];
    char image[OPTION_SIZE];
    image_path(b, image);
    if (access(image, R_OK) != 0)
        fail_msg("%s is missing: ./dev firmware makes it", image);
    int master = pty_open(slave);
    b->pid = fork();
    assert_true(b->pid >= 0);
    if (b->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        machine_become(b, slave);
    }
    return master;
}

/* What the head says at its start is lost, as on a till that starts later than its head: the agent asks. */
static void first_words_skip(int fd)
{
    unsigned frame_count = 0;
    uint8_t byte;
    while (frame_count < FIRST_FRAMES) {
        assert_int_equal(read(fd, &byte, 1), 1);
        if (byte == 0)
            frame_count++;
    }
}

/* ---- life ---- */

static void board_run(struct tb_board *b, enum tb_board_line line)
{
    b->scanner_listen_fd = socket_listen(b, "scanner");
    if (b->facts->program) {
        struct sockaddr_un head = address_of(b, "head");
        program_start(b);
        int line_fd = open(head.sun_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
        assert_true(line_fd >= 0);
        if (line == TB_BOARD_FOR_TEST) {
            b->link_fd = line_fd;
            return;
        }
        first_words_skip(line_fd);
        (void)close(line_fd);
        return;
    }
    int master = machine_start(b);
    if (line == TB_BOARD_FOR_TEST) {
        b->link_fd = master;
    } else {
        first_words_skip(master);
        bridge_start(b, master);
    }
}

void tb_board_start(struct tb_board *b, const char *board, const char *folder, enum tb_board_line line)
{
    *b = (struct tb_board){.facts = tb_board_facts(board), .folder = folder, .link_fd = -1, .scanner_fd = -1};
    assert_non_null(b->facts);
    board_run(b, line);
}

void tb_board_start_slots(struct tb_board *b, const char *board, const char *folder, const char *flash)
{
    *b = (struct tb_board){
        .facts = tb_board_facts(board), .folder = folder, .link_fd = -1, .scanner_fd = -1, .flash = flash};
    assert_non_null(b->facts);
    board_run(b, TB_BOARD_FOR_AGENT);
}

static void process_end(pid_t pid)
{
    int status;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

void tb_board_stop(struct tb_board *b)
{
    static const char *const names[] = {"head", "scanner", "tamper", "gdb"};
    process_end(b->pid);
    if (b->bridge_pid)
        process_end(b->bridge_pid);
    if (b->link_fd >= 0)
        (void)close(b->link_fd);
    if (b->scanner_fd >= 0)
        (void)close(b->scanner_fd);
    (void)close(b->scanner_listen_fd);
    for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++) {
        struct sockaddr_un address = address_of(b, names[i]);
        (void)unlink(address.sun_path);
    }
}

int tb_board_scanner(struct tb_board *b)
{
    if (b->scanner_fd < 0) {
        b->scanner_fd = accept4(b->scanner_listen_fd, NULL, NULL, SOCK_CLOEXEC);
        assert_true(b->scanner_fd >= 0);
    }
    return b->scanner_fd;
}

void tb_board_tamper(struct tb_board *b, bool open_it)
{
    struct sockaddr_un address = address_of(b, "tamper");
    if (b->facts->machine) {
        int fd = socket_connect(b, "tamper");
        assert_int_equal(write(fd, open_it ? "o" : "c", 1), 1);
        (void)close(fd);
    } else if (open_it) {
        int fd = open(address.sun_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    } else {
        assert_int_equal(unlink(address.sun_path), 0);
    }
}

/* ---- the debugger's door: GDB's remote protocol, "$text#checksum" answered by "+" ---- */

static void packet_send(int fd, const char *text)
{
    char packet[PACKET_SIZE];
    uint8_t sum = 0;
    for (const char *c = text; *c; c++)
        sum = (uint8_t)(sum + (uint8_t)*c);
    int size = snprintf(packet, sizeof packet, "$%s#%02x", text, sum);
    assert_int_equal(write(fd, packet, (size_t)size), size);
}

/* The text of the next packet; acknowledgements are read past. */
static void packet_read(int fd, char ret_text[PACKET_SIZE])
{
    char c = 0;
    size_t size = 0;
    while (c != '$')
        assert_int_equal(read(fd, &c, 1), 1);
    while (read(fd, &c, 1) == 1 && c != '#' && size < PACKET_SIZE - 1)
        ret_text[size++] = c;
    ret_text[size] = '\0';
    assert_int_equal(read(fd, &c, 1), 1);
    assert_int_equal(read(fd, &c, 1), 1);
    assert_int_equal(write(fd, "+", 1), 1);
}

/* The machine also tells by itself, at some time, that it has stopped for us. */
static void packet_expect(int fd, const char *text)
{
    char got[PACKET_SIZE];
    do
        packet_read(fd, got);
    while (got[0] == 'T' && text[0] != 'T');
    if (strncmp(got, text, strlen(text)) != 0)
        fail_msg("the debugger's answer is %s", got);
}

static const Elf32_Shdr *section_find(const uint8_t *image, uint32_t type)
{
    const Elf32_Ehdr *head = (const void *)image;
    const Elf32_Shdr *sections = (const void *)(image + head->e_shoff);
    for (unsigned i = 0; i < head->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    return NULL;
}

static uint32_t symbol_find(const uint8_t *image, const char *name)
{
    const Elf32_Ehdr *head = (const void *)image;
    const Elf32_Shdr *table = section_find(image, SHT_SYMTAB);
    assert_non_null(table);
    const Elf32_Shdr *names = (const Elf32_Shdr *)(const void *)(image + head->e_shoff) + table->sh_link;
    const Elf32_Sym *symbols = (const void *)(image + table->sh_offset);
    for (size_t i = 0; i < table->sh_size / sizeof *symbols; i++)
        if (strcmp((const char *)image + names->sh_offset + symbols[i].st_name, name) == 0)
            return symbols[i].st_value;
    fail_msg("the image has no %s", name);
    return 0;
}

static uint32_t address_in_image(const struct tb_board *b, const char *name)
{
    char path[OPTION_SIZE];
    struct stat info;
    image_path(b, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &info), 0);
    void *image = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(image != MAP_FAILED);
    uint32_t address = symbol_find(image, name);
    assert_int_equal(munmap(image, (size_t)info.st_size), 0);
    (void)close(fd);
    return address;
}

/* Writes "branch to itself" over the first instruction of the loop's turn. */
void tb_board_hang(struct tb_board *b)
{
    char packet[64];
    assert_true(b->facts->watchdog);
    int fd = socket_connect(b, "gdb");
    packet_send(fd, "?");
    packet_expect(fd, "T");
    (void)snprintf(packet, sizeof packet, "M%" PRIx32 ",2:fee7", address_in_image(b, "head_turn") & ~1u);
    packet_send(fd, packet);
    packet_expect(fd, "OK");
    packet_send(fd, "D");
    packet_expect(fd, "OK");
    (void)close(fd);
}

/* ---- reset ---- */

/* QEMU's own monitor, through the debugger: "system_reset". */
static void machine_reset(struct tb_board *b)
{
    int fd = socket_connect(b, "gdb");
    packet_send(fd, "?");
    packet_expect(fd, "T");
    packet_send(fd, "qRcmd,73797374656d5f7265736574");
    packet_expect(fd, "OK");
    packet_send(fd, "D");
    packet_expect(fd, "OK");
    (void)close(fd);
}

/* The program of the slot is the boot loader's only child. */
static void program_reset(struct tb_board *b)
{
    char path[64];
    char text[32] = "";
    uint64_t pid;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)b->pid, (int)b->pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    text[strcspn(text, " \n")] = '\0';
    assert_int_equal(tb_decimal_decode(tb_span_str(text), INT32_MAX, &pid), TB_OK);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
}

void tb_board_reset(struct tb_board *b)
{
    assert_non_null(b->flash);
    if (b->facts->machine)
        machine_reset(b);
    else
        program_reset(b);
}

/* ---- what the build says of an image ---- */

static _Noreturn void budget_become(const char *board, const char *image, int out)
{
    char images[OPTION_SIZE];
    (void)snprintf(images, sizeof images, "%s/%s", TB_FIRMWARE_FOLDER, board);
    (void)dup2(out, STDOUT_FILENO);
    (void)execl(TB_NODE, TB_NODE, TB_BUDGET_TOOL, images, image, "Infinity", "Infinity", (char *)NULL);
    _exit(127);
}

static uint32_t number_take(struct tb_span *rest, uint8_t end)
{
    uint64_t number = 0;
    assert_int_equal(tb_decimal_decode(tb_span_cut(rest, end), UINT32_MAX, &number), TB_OK);
    return (uint32_t)number;
}

/* Its line ends in "stack <bound> of <size>". */
void tb_board_stack(const char *board, const char *image, uint32_t *ret_bound, uint32_t *ret_size)
{
    int ends[2], status;
    char line[OPTION_SIZE];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        budget_become(board, image, ends[1]);
    (void)close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    assert_non_null(said);
    assert_non_null(fgets(line, sizeof line, said));
    (void)fclose(said);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    const char *stack = strstr(line, "stack ");
    assert_non_null(stack);
    struct tb_span rest = tb_span_str(stack + strlen("stack "));
    *ret_bound = number_take(&rest, ' ');
    assert_true(tb_span_is(tb_span_cut(&rest, ' '), "of"));
    *ret_size = number_take(&rest, '\n');
}
