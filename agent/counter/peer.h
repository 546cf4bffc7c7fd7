/*
 * Peer: which user of this machine is at the other end of a loopback connection, as the kernel's tables of
 * TCP sockets have it (proc_pid_net(5), /proc/net/tcp and tcp6; a socket that speaks both families is in the
 * latter). Another program of the same user is the same peer: what one of them may do, the other can.
 *
 * Only while the connection is up and a program holds that end: of a socket that was closed (TIME_WAIT,
 * FIN_WAIT2 and the like) the kernel prints user 0 and inode 0, and who closed it would pass as root.
 *
 * tb_peer_line() is pure; tb_peer_user() reads files of the kernel, which takes well under a millisecond.
 */
#ifndef TB_AGENT_COUNTER_PEER_H
#define TB_AGENT_COUNTER_PEER_H

#include "core/base/span.h"

#include <stdbool.h>

#define TB_PEER_UNKNOWN UINT32_MAX /* no user has this number */

struct tb_peer { /* addresses and ports of both ends, in host order */
    uint32_t address;
    uint32_t own_address;
    uint16_t port;
    uint16_t own_port;
};

/* True: this line of the table is the other end of the connection, a socket of that user, in the state
 * ESTABLISHED (01) and with an inode. */
bool tb_peer_line(struct tb_span line, const struct tb_peer *peer, uint32_t *ret_user);

/* Of a connected IPv4 socket. TB_PEER_UNKNOWN when it cannot be told: the other end has closed the connection
 * or half of it, or the tables cannot be read. Whoever decides by the user refuses that. */
uint32_t tb_peer_user(int fd);

#endif
