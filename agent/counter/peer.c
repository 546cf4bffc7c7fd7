#include "agent/counter/peer.h"

#include "core/base/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LINE_SIZE_MAX 512
#define FIELD_LOCAL 1
#define FIELD_REMOTE 2
#define FIELD_STATE 3
#define FIELD_USER 7
#define FIELD_INODE 9
#define STATE_ESTABLISHED "01"
#define ADDRESS_SIZE 13 /* of "0100007F:1C93": an address of IPv4, or the end of one that is mapped */

static struct tb_span field_of(struct tb_span line, unsigned wanted)
{
    struct tb_span field = tb_span_of(NULL, 0);
    size_t at = 0;
    for (unsigned i = 0; i <= wanted; i++) {
        while (at < line.size && (line.at[at] == ' ' || line.at[at] == '\n'))
            at++;
        size_t end = at;
        while (end < line.size && line.at[end] != ' ' && line.at[end] != '\n')
            end++;
        field = tb_span_sub(line, at, end - at);
        at = end;
    }
    return field;
}

/* The kernel prints the address as the machine holds it, and the port as people count. */
static bool is_end(struct tb_span field, uint32_t address, uint16_t port)
{
    static const char mapped[] = "0000000000000000FFFF0000";
    char text[ADDRESS_SIZE + 1];
    (void)snprintf(text, sizeof text, "%08X:%04X", htonl(address), port);
    if (field.size > ADDRESS_SIZE && tb_span_starts(field, tb_span_str(mapped)))
        field = tb_span_sub(field, sizeof mapped - 1, SIZE_MAX);
    return tb_span_is(field, text);
}

/* Of a socket that no program holds any more, or none has accepted yet, the kernel prints user 0 and inode 0:
 * whoever closed it is nobody, not root. TIME_WAIT and FIN_WAIT2 are among them. */
static bool is_held(struct tb_span line)
{
    const struct tb_span inode = field_of(line, FIELD_INODE);
    return tb_span_is(field_of(line, FIELD_STATE), STATE_ESTABLISHED) && inode.size > 0 &&
           inode.at[0] >= '1' && inode.at[0] <= '9';
}

bool tb_peer_line(struct tb_span line, const struct tb_peer *peer, uint32_t *ret_user)
{
    const struct tb_span user = field_of(line, FIELD_USER);
    uint64_t number = 0;
    if (!is_end(field_of(line, FIELD_LOCAL), peer->address, peer->port) ||
        !is_end(field_of(line, FIELD_REMOTE), peer->own_address, peer->own_port) || !is_held(line))
        return false;
    for (size_t i = 0; i < user.size; i++) {
        if (user.at[i] < '0' || user.at[i] > '9')
            return false;
        number = 10 * number + (uint64_t)(user.at[i] - '0');
        if (number >= TB_PEER_UNKNOWN)
            return false;
    }
    if (user.size == 0)
        return false;
    *ret_user = (uint32_t)number;
    return true;
}

static uint32_t table_search(const char *path, const struct tb_peer *peer)
{
    char line[LINE_SIZE_MAX];
    uint32_t user = TB_PEER_UNKNOWN;
    bool found = false;
    FILE *table = fopen(path, "re");
    if (!table)
        return TB_PEER_UNKNOWN;
    while (!found && fgets(line, sizeof line, table))
        found = tb_peer_line(tb_span_str(line), peer, &user);
    (void)fclose(table); /* nothing was written */
    return user;
}

uint32_t tb_peer_user(int fd)
{
    struct sockaddr_in own = {.sin_family = AF_UNSPEC};
    struct sockaddr_in other = {.sin_family = AF_UNSPEC};
    socklen_t own_size = sizeof own;
    socklen_t other_size = sizeof other;
    if (getsockname(fd, (struct sockaddr *)&own, &own_size) != 0 ||
        getpeername(fd, (struct sockaddr *)&other, &other_size) != 0 || own.sin_family != AF_INET ||
        other.sin_family != AF_INET)
        return TB_PEER_UNKNOWN;
    const struct tb_peer peer = {.address = ntohl(other.sin_addr.s_addr),
                                 .own_address = ntohl(own.sin_addr.s_addr),
                                 .port = ntohs(other.sin_port),
                                 .own_port = ntohs(own.sin_port)};
    uint32_t user = table_search("/proc/net/tcp", &peer);
    return user == TB_PEER_UNKNOWN ? table_search("/proc/net/tcp6", &peer) : user;
}
