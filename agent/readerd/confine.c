#include "agent/readerd/confine.h"

#include "agent/readerd/port.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FD_COUNT_MAX = 64 };

bool confine_link_is_there(void)
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

bool confine(void)
{
    return process_confine() && descriptors_tidy();
}
