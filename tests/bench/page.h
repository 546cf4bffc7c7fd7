/*
 * Page: the smallest websocket client that can stand in for a browser page, so that what is measured is the
 * server. Blocking; text messages in one frame; no TLS. Every call ends the program when it cannot go on.
 */
#ifndef TB_TESTS_BENCH_PAGE_H
#define TB_TESTS_BENCH_PAGE_H

#include "core/base/span.h"

#define BENCH_PAGE_MESSAGE_MAX ((size_t)128 * 1024)

struct bench_page {
    int fd;
    size_t size;     /* bytes received and not yet given away */
    size_t consumed; /* bytes of the message given away last */
    uint8_t bytes[BENCH_PAGE_MESSAGE_MAX];
};

/* GETs a path of 127.0.0.1:port and gives the value of its Set-Cookie header, up to the first ';'. */
void bench_page_sign_in(unsigned port, const char *path, char *ret_cookie, size_t size);

/* cookie: "" for none. */
void bench_page_open(struct bench_page *page, unsigned port, const char *path, const char *protocol,
                     const char *cookie);
void bench_page_send(struct bench_page *page, struct tb_span text);

/* The next message, waited for up to 5 s; borrowed until the next call. */
struct tb_span bench_page_receive(struct bench_page *page);

void bench_page_close(struct bench_page *page);

#endif
