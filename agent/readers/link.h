/*
 * The agent's end of one reader link: frames over a non-blocking descriptor, whatever is behind it (a
 * socket to readerd, a serial line to a head).
 *
 * Runs on the loop's thread. Callbacks come from the loop; they may close the link.
 */
#ifndef TB_AGENT_READERS_LINK_H
#define TB_AGENT_READERS_LINK_H

#include "core/link/message.h"
#include "host/loop/loop.h"

#define TB_READER_LINK_OUT_MAX (2 * TB_LINK_WIRE_MAX)

struct tb_reader_link {
    void *context; /* the user's; untouched */
    void (*message)(struct tb_reader_link *link, const struct tb_link_message *m);
    void (*ended)(struct tb_reader_link *link); /* the other end closed; the link is closed, too */

    struct tb_loop *loop;
    int fd; /* -1 while closed */
    struct tb_watch watch;
    struct tb_link_decoder decoder;
    uint8_t version; /* of the frame that message() is called for */
    uint8_t sequence;
    size_t out_size; /* bytes that the descriptor did not take yet */
    uint8_t out[TB_READER_LINK_OUT_MAX];
    uint8_t memory[TB_LINK_BODY_MAX];
};

/* The descriptor becomes the link's and is made non-blocking; it is closed on error, too. A delimiter goes
 * out first: what a writer before us left unfinished ends there. */
TB_MUST_USE enum tb_err tb_reader_link_open(struct tb_reader_link *link, struct tb_loop *loop, int fd);

/* Takes what was received and not read yet, then closes. No effect on a closed link. */
void tb_reader_link_finish(struct tb_reader_link *link);

/* Closes without reading; ended() is not called. No effect on a closed link. */
void tb_reader_link_close(struct tb_reader_link *link);

/* TB_ERR_OFFLINE on a closed link, TB_ERR_FULL when the other end reads too slowly, TB_ERR_TOO_LONG. */
TB_MUST_USE enum tb_err tb_reader_link_send(struct tb_reader_link *link, const struct tb_link_message *m);

#endif
