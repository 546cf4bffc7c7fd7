/*
 * Readerd's end of the reader link: frames on descriptor 3, heartbeat, state, counters, and the
 * requests that every device answers alike (HELLO, SELFTEST, STATS).
 *
 * The process has nothing to do without its agent: when the link ends or takes no bytes any more, these
 * functions end the process. One thread; port_wait() is the only place where it sleeps.
 */
#ifndef TB_AGENT_READERD_PORT_H
#define TB_AGENT_READERD_PORT_H

#include "core/link/message.h"

#define PORT_LINK_FD 3
#define PORT_HEARTBEAT_MS 500

struct port {
    uint8_t device; /* enum tb_link_device */
    struct tb_link_hello hello;
    enum tb_link_condition condition;
    enum tb_link_reason reason;
    uint32_t stats[TB_LINK_STAT_COUNT];
    int64_t began_ms;
    int64_t beat_ms; /* when the next heartbeat is due */
    uint8_t sequence;
    struct tb_link_decoder decoder;
    uint8_t memory[TB_LINK_BODY_MAX];

    /* Requests for the device itself, and HELLO_REQUEST when it is answered; NULL when there are none. */
    void (*request)(void *context, const struct tb_link_message *m);
    void *context;
};

/* Says HELLO and that the device is starting. name is borrowed for the life of the port. */
void port_open(struct port *p, uint8_t device, uint16_t capabilities, const char *name);

void port_send(struct port *p, const struct tb_link_message *m);

/* Tells a state that differs from the one told last. */
void port_state(struct port *p, enum tb_link_condition condition, enum tb_link_reason reason);

/* Sends the heartbeat if it is due. To be called before everything that may take a while. */
void port_beat(struct port *p);

/*
 * Serves the link for up to timeout_ms; returns earlier, and true, when device_fd (-1: none) is
 * readable, hung up or in error. Returns early, too, after a request was served.
 */
bool port_wait(struct port *p, int64_t timeout_ms, int device_fd);

int64_t port_now_ms(void); /* monotonic */

#endif
