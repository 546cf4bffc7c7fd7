/*
 * A reader head as a script: the test says what it sends, and waits for what the agent sends to it. The
 * head's end of a pseudo-terminal, on the loop of a harness.
 */
#ifndef TB_TESTS_INTEGRATION_NFC_HEAD_H
#define TB_TESTS_INTEGRATION_NFC_HEAD_H

#include "tests/integration/nfc/harness.h"

enum { HEAD_REQUEST_MAX = 64 };

struct head {
    struct harness *h;
    const char *path; /* a link to the line; borrowed */
    int fd;           /* -1: unplugged */
    int own_fd;       /* the agent's end once more, so that the line outlives an agent that closes it */
    struct tb_watch watch;
    struct tb_link_decoder decoder;
    uint8_t memory[TB_LINK_BODY_MAX];
    uint8_t sequence;
    uint16_t capabilities;                             /* of its HELLO */
    uint8_t version;                                   /* of the frames that it sends */
    struct tb_link_message requests[HEAD_REQUEST_MAX]; /* without spans */
    uint8_t ecp[TB_LINK_ECP_MAX];                      /* of the last POLLING */
    unsigned request_count;
    unsigned taken;
};

void head_plug(struct head *head, struct harness *h, const char *path);
void head_unplug(struct head *head);

void head_send(struct head *head, const struct tb_link_message *m);
void head_bytes(struct head *head, struct tb_span bytes);
/* The bytes of a frame; returns how many. */
size_t head_frame(struct head *head, const struct tb_link_message *m, uint8_t *ret_bytes, size_t size_max);

/* HELLO of a head with these enum tb_link_device bits and, unless the test says so, every capability but
 * polling: a head that has that one is sent a frame after each HELLO. */
void head_hello(struct head *head, uint8_t devices, enum tb_link_reset reset);
void head_state(struct head *head, uint8_t device, enum tb_link_condition condition,
                enum tb_link_reason reason);

/* The next frame from the agent. */
const struct tb_link_message *head_expect(struct head *head, enum tb_link_type type);

#endif
