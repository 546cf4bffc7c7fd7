/*
 * A mailbox that a test drains by hand: what a worker or writer posts waits until the test runs it, so
 * the test decides when "the loop" has its turn. Header only; the test links pthread.
 */
#ifndef TB_TESTS_SUPPORT_MAILBOX_H
#define TB_TESTS_SUPPORT_MAILBOX_H

#include "core/base/assert.h"
#include "host/loop/post.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

#define TEST_MAILBOX_GUARD_S 20

struct test_mailbox {
    struct tb_mailbox mailbox; /* to be handed to who posts */
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    struct tb_post *head, *tail;
};

static inline void test_mailbox_put(void *context, struct tb_post *post)
{
    struct test_mailbox *m = context;
    pthread_mutex_lock(&m->lock);
    post->next = NULL;
    if (m->tail)
        m->tail->next = post;
    else
        m->head = post;
    m->tail = post;
    pthread_cond_signal(&m->arrived);
    pthread_mutex_unlock(&m->lock);
}

static inline void test_mailbox_open(struct test_mailbox *m)
{
    *m = (struct test_mailbox){.mailbox = {.post = test_mailbox_put, .context = m}};
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->arrived, NULL);
}

/* Waits for the next post and runs it; a post that never comes ends the test. */
static inline void test_mailbox_run_one(struct test_mailbox *m)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += TEST_MAILBOX_GUARD_S;
    pthread_mutex_lock(&m->lock);
    while (!m->head) {
        int code = pthread_cond_timedwait(&m->arrived, &m->lock, &until);
        TB_ASSERT(code == 0);
    }
    struct tb_post *post = m->head;
    m->head = post->next;
    if (!m->head)
        m->tail = NULL;
    pthread_mutex_unlock(&m->lock);
    post->fn(post);
}

static inline bool test_mailbox_is_empty(struct test_mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    bool empty = !m->head;
    pthread_mutex_unlock(&m->lock);
    return empty;
}

static inline void test_mailbox_close(struct test_mailbox *m)
{
    TB_ASSERT(!m->head);
    pthread_cond_destroy(&m->arrived);
    pthread_mutex_destroy(&m->lock);
}

#endif
