#include "agent/qrcam/camera.h"

#include "agent/qrcam/decode.h"
#include "agent/qrcam/pgm.h"
#include "agent/qrcam/sightings.h"
#include "agent/readerd/port.h"
#include "agent/readerd/scanner.h"
#include "core/base/buf.h"
#include "core/link/line.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zbar.h>

/* A code moves slowly: more pictures than this a second cost a small board more than they tell. */
enum { PICTURE_MS = 100, VIDEO_WIDTH = 640, VIDEO_HEIGHT = 480 };

struct camera {
    const char *path;
    struct decode *decode;
    struct sightings sightings;
    zbar_video_t *video; /* NULL: a FIFO */
    struct pgm pgm;
    uint8_t picture[PGM_SIZE_MAX];
    int64_t due_ms; /* of the next picture that is looked at */
    struct tb_buf out;
};

/* ---- opening ---- */

static enum tb_link_reason video_open(struct camera *c, int fd)
{
    c->video = zbar_video_create();
    if (c->video == NULL)
        return TB_LINK_REASON_IO;
    (void)zbar_video_request_size(c->video, VIDEO_WIDTH, VIDEO_HEIGHT);
    if (zbar_video_open(c->video, c->path) != 0 || zbar_negotiate_format(c->video, NULL) != 0)
        return TB_LINK_REASON_UNSUPPORTED;
    /* What is waited for is zbar's descriptor, under the number of the one that was handed in. */
    if (dup2(zbar_video_get_fd(c->video), fd) != fd || zbar_video_enable(c->video, 1) != 0)
        return TB_LINK_REASON_IO;
    return TB_LINK_REASON_NONE;
}

static void video_close(struct camera *c)
{
    if (c->video)
        zbar_video_destroy(c->video);
    c->video = NULL;
}

static enum tb_link_reason camera_set_up(void *context, int fd)
{
    struct camera *c = context;
    struct stat status;
    video_close(c);
    pgm_init(&c->pgm, c->picture);
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode))
        return TB_LINK_REASON_NONE;
    enum tb_link_reason reason = video_open(c, fd);
    if (reason != TB_LINK_REASON_NONE)
        video_close(c);
    return reason;
}

/* ---- pictures ---- */

/* A line end inside a code would make two of it; a NUL spoils the line as a whole. */
static bool is_line(struct tb_span code)
{
    for (size_t i = 0; i < code.size; i++)
        if (code.at[i] == '\r' || code.at[i] == '\n' || code.at[i] == '\t')
            return false;
    return true;
}

/* One that finds no room any more is seen again in the next picture. */
static void code_found(void *context, struct tb_span code)
{
    static const uint8_t spoilt = 0;
    struct camera *c = context;
    struct tb_span text = is_line(code) && code.size < TB_LINK_LINE_MAX ? code : tb_span_of(&spoilt, 1);
    if (c->out.size_max - c->out.size <= text.size || !sightings_add(&c->sightings, code, port_now_ms()))
        return;
    tb_buf_add(&c->out, text);
    tb_buf_add_u8(&c->out, '\r');
}

static void picture_look(struct camera *c, const uint8_t *grey, unsigned width, unsigned height)
{
    int64_t now_ms = port_now_ms();
    if (now_ms < c->due_ms)
        return;
    c->due_ms = now_ms + PICTURE_MS;
    sightings_expire(&c->sightings, now_ms);
    decode_picture(c->decode, grey, width, height, code_found, c);
}

static bool video_read(struct camera *c)
{
    zbar_image_t *image = zbar_video_next_image(c->video);
    if (image == NULL)
        return false;
    zbar_image_t *grey = zbar_image_convert(image, zbar_fourcc('Y', '8', '0', '0'));
    if (grey) {
        picture_look(c, zbar_image_get_data(grey), zbar_image_get_width(grey), zbar_image_get_height(grey));
        zbar_image_destroy(grey);
    }
    zbar_image_destroy(image);
    return true;
}

static bool fifo_read(struct camera *c, int fd)
{
    static uint8_t bytes[65536];
    size_t size;
    if (!scanner_bytes(fd, bytes, sizeof bytes, &size))
        return false;
    struct tb_span in = tb_span_of(bytes, size);
    while (in.size > 0) {
        enum pgm_step step = pgm_take(&c->pgm, &in);
        if (step == PGM_BROKEN)
            return false;
        if (step == PGM_DONE)
            picture_look(c, c->picture, c->pgm.width, c->pgm.height);
    }
    return true;
}

static bool camera_read(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    struct camera *c = context;
    c->out = tb_buf_of(ret_bytes, SCANNER_BYTES_MAX);
    bool there = c->video ? video_read(c) : fifo_read(c, fd);
    if (!there) /* the system gives its name to no other camera while it is open */
        video_close(c);
    *ret_size = c->out.size;
    return there;
}

void camera_run(const char *path, bool identified)
{
    static const struct scanner_way way = {
        .access = O_RDONLY, .idle_ms = TB_LINK_LINE_IDLE_MS, .set_up = camera_set_up, .read = camera_read};
    static struct camera c;
    c.path = path;
    c.decode = decode_make(identified);
    if (c.decode == NULL) {
        (void)fputs("tillbridge-qrcam: no memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    scanner_run(path, &way, &c);
}
