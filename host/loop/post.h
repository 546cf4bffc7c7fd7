/*
 * Posts: how work crosses from any thread to the loop's thread.
 *
 * A post is a node that its user embeds and owns; queueing one allocates nothing. A mailbox is
 * whatever takes posts: a program's loop (tb_loop_mailbox()), or a queue that a test drains by hand.
 * Thread rule: tb_mailbox_post() from any thread; fn always runs on the mailbox's own thread, in the
 * order of posting.
 */
#ifndef TB_HOST_LOOP_POST_H
#define TB_HOST_LOOP_POST_H

#include <stdbool.h>

struct tb_post {
    void (*fn)(struct tb_post *post); /* set by the user before posting; may post, change or free the node */
    void *context;                    /* the user's; untouched */
    struct tb_post *next;             /* the mailbox's from here on */
    bool queued;
};

struct tb_mailbox {
    void (*post)(void *context, struct tb_post *post);
    void *context; /* borrowed; outlives every user of the mailbox */
};

/* Never blocks, never fails. A node that is already waiting is not queued twice. */
static inline void tb_mailbox_post(const struct tb_mailbox *mailbox, struct tb_post *post)
{
    mailbox->post(mailbox->context, post);
}

#endif
