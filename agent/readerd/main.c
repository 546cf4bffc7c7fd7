/*
 * tillbridge-readerd: owns one reader or scanner and tells the agent what it shows, on descriptor 3.
 * It has no network, no keys and no files but its device; it may crash or hang without harm, because
 * the agent kills it and starts it again.
 */
#include "agent/readerd/nfc.h"
#include "agent/readerd/port.h"
#include "agent/readerd/scanner.h"
#include "core/base/text.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, FD_COUNT_MAX = 64, BAUD_DEFAULT = 9600 };

static int usage(void)
{
    (void)fputs("usage: tillbridge-readerd nfc <libnfc connection string>\n"
                "       tillbridge-readerd scanner <path> [baud]\n"
                "It is started by tillbridged with the reader link on descriptor 3.\n",
                stderr);
    return EXIT_USAGE;
}

static bool link_is_there(void)
{
    int type;
    socklen_t size = sizeof type;
    return getsockopt(PORT_LINK_FD, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* libnfc puts descriptors into an fd_set: they must be small, and 0 to 2 taken. */
static bool descriptors_tidy(void)
{
    struct rlimit count = {.rlim_cur = FD_COUNT_MAX, .rlim_max = FD_COUNT_MAX};
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return false;
    return close_range(PORT_LINK_FD + 1, ~0u, 0) == 0 && setrlimit(RLIMIT_NOFILE, &count) == 0 &&
           fcntl(PORT_LINK_FD, F_SETFD, FD_CLOEXEC) == 0;
}

/* Tags and codes pass through this process: no core file, no new privileges, no life after the agent. */
static bool process_confine(void)
{
    struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

/* Only the connection string decides what is opened; nothing is searched for. */
static bool libnfc_confine(void)
{
    return unsetenv("LIBNFC_DEVICE") == 0 && unsetenv("LIBNFC_DEFAULT_DEVICE") == 0 &&
           unsetenv("LIBNFC_INTRUSIVE_SCAN") == 0 && setenv("LIBNFC_AUTO_SCAN", "false", 1) == 0 &&
           setenv("LIBNFC_LOG_LEVEL", "0", 1) == 0;
}

int main(int argc, char **argv)
{
    bool nfc = argc == 3 && strcmp(argv[1], "nfc") == 0;
    bool scanner = (argc == 3 || argc == 4) && strcmp(argv[1], "scanner") == 0;
    uint64_t baud = BAUD_DEFAULT;
    if (!nfc && !scanner)
        return usage();
    if (argc == 4 && tb_decimal_decode(tb_span_str(argv[3]), UINT32_MAX, &baud) != TB_OK)
        return usage();
    if (!scanner_baud_valid((unsigned long)baud) || !link_is_there())
        return usage();
    if (!process_confine() || !descriptors_tidy() || !libnfc_confine()) {
        perror("tillbridge-readerd");
        return EXIT_FAILURE;
    }
    if (nfc)
        nfc_run(argv[2]);
    scanner_run(argv[2], (unsigned long)baud);
}
