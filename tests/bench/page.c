#include "tests/bench/page.h"

#include "tests/bench/bench.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEAD_SIZE = 4096, FRAME_HEAD_MAX = 10, MASK_SIZE = 4, OPCODE_TEXT = 0x81, OPCODE_PING = 0x89 };

static int connect_to(unsigned port)
{
    static const int on = 1;
    static const struct timeval patience = {.tv_sec = 5};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_need(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    bench_need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    bench_need(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "SO_RCVTIMEO");
    return fd;
}

static void send_all(int fd, const void *bytes, size_t size)
{
    bench_need(send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size, "send");
}

/* Reads up to the end of an answer's headers, byte by byte: what follows belongs to somebody else. */
static void head_read(int fd, char *ret_head)
{
    size_t size = 0;
    bool ended = false;
    while (!ended) {
        bench_need(size < HEAD_SIZE - 1 && recv(fd, ret_head + size, 1, 0) == 1, "answer");
        size++;
        ended = size >= 4 && memcmp(ret_head + size - 4, "\r\n\r\n", 4) == 0;
    }
    ret_head[size] = '\0';
}

void bench_page_sign_in(unsigned port, const char *path, char *ret_cookie, size_t size)
{
    char head[HEAD_SIZE];
    int fd = connect_to(port);
    int length = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", path, port);
    bench_need(length > 0 && length < (int)sizeof head, "address");
    send_all(fd, head, (size_t)length);
    head_read(fd, head);
    (void)close(fd);
    const char *cookie = strcasestr(head, "\r\nset-cookie:");
    bench_need(cookie != NULL, "no cookie");
    cookie += strlen("\r\nset-cookie:");
    cookie += strspn(cookie, " ");
    size_t cookie_size = strcspn(cookie, ";\r");
    bench_need(cookie_size < size, "cookie");
    memcpy(ret_cookie, cookie, cookie_size);
    ret_cookie[cookie_size] = '\0';
}

void bench_page_open(struct bench_page *page, unsigned port, const char *path, const char *protocol,
                     const char *cookie)
{
    char head[HEAD_SIZE];
    page->size = page->consumed = 0;
    page->fd = connect_to(port);
    int length =
        snprintf(head, sizeof head,
                 "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: http://127.0.0.1:%u\r\n"
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n"
                 "%s%s%s\r\n",
                 path, port, port, protocol, cookie[0] ? "Cookie: " : "", cookie, cookie[0] ? "\r\n" : "");
    bench_need(length > 0 && length < (int)sizeof head, "address");
    send_all(page->fd, head, (size_t)length);
    head_read(page->fd, head);
    errno = 0;
    bench_need(strncmp(head, "HTTP/1.1 101", 12) == 0, "upgrade refused");
}

void bench_page_close(struct bench_page *page)
{
    (void)close(page->fd);
}

/* ---- frames (RFC 6455 section 5.2) ---- */

static size_t head_write(uint8_t *head, size_t size)
{
    head[0] = OPCODE_TEXT;
    if (size < 126) {
        head[1] = (uint8_t)(0x80 | size);
        return 2;
    }
    bench_need(size <= UINT16_MAX, "long message");
    head[1] = 0x80 | 126;
    head[2] = (uint8_t)(size >> 8);
    head[3] = (uint8_t)size;
    return 4;
}

/* The mask is zero: that is allowed, and leaves the text as it is. */
void bench_page_send(struct bench_page *page, struct tb_span text)
{
    static const uint8_t mask[MASK_SIZE];
    uint8_t head[FRAME_HEAD_MAX];
    size_t head_size = head_write(head, text.size);
    struct iovec parts[] = {
        {head, head_size}, {(void *)(uintptr_t)mask, MASK_SIZE}, {(void *)(uintptr_t)text.at, text.size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
    bench_need(sendmsg(page->fd, &message, MSG_NOSIGNAL) == (ssize_t)(head_size + MASK_SIZE + text.size),
               "send");
}

/* Bytes of the head and payload of the frame in front; 0 while the head is not complete. */
static size_t frame_size(const struct bench_page *page, size_t *ret_head_size)
{
    const uint8_t *b = page->bytes;
    size_t length = page->size >= 2 ? b[1] & 0x7f : 0;
    *ret_head_size = length == 127 ? 10 : length == 126 ? 4 : 2;
    if (page->size < *ret_head_size)
        return 0;
    if (length == 126)
        length = (size_t)b[2] << 8 | b[3];
    else if (length == 127)
        length = (size_t)b[6] << 24 | (size_t)b[7] << 16 | (size_t)b[8] << 8 | b[9];
    bench_need(*ret_head_size + length <= sizeof page->bytes, "long message");
    return *ret_head_size + length;
}

static void consumed_drop(struct bench_page *page)
{
    page->size -= page->consumed;
    memmove(page->bytes, page->bytes + page->consumed, page->size);
    page->consumed = 0;
}

struct tb_span bench_page_receive(struct bench_page *page)
{
    for (;;) {
        consumed_drop(page);
        size_t head_size = 0;
        size_t size = frame_size(page, &head_size);
        while (size == 0 || page->size < size) {
            ssize_t got = recv(page->fd, page->bytes + page->size, sizeof page->bytes - page->size, 0);
            bench_need(got > 0, "no message came");
            page->size += (size_t)got;
            size = frame_size(page, &head_size);
        }
        page->consumed = size;
        bench_need(page->bytes[0] == OPCODE_TEXT || page->bytes[0] == OPCODE_PING, "frame");
        if (page->bytes[0] == OPCODE_TEXT)
            return tb_span_of(page->bytes + head_size, size - head_size);
    }
}
