#include "host/loop/inside.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/*
 * lws owns and closes what it adopts, in a later turn than the one that asks for it; the caller's
 * descriptor must not depend on that. So lws gets a duplicate, and a stopped watch is cut off from its
 * connection at once: its memory is the caller's again although the connection still winds up.
 */

int tb_watch_event(struct lws *wsi, unsigned event)
{
    struct tb_watch *watch = lws_get_opaque_user_data(wsi);
    if (!watch)
        return -1;
    struct tb_loop *loop = watch->loop;
    if (event == TB_FD_HANGUP) {
        lws_set_opaque_user_data(wsi, NULL);
        watch->wsi = NULL;
        watch->loop = NULL;
    }
    tb_loop_turn(loop);
    watch->fn(watch, event);
    return lws_get_opaque_user_data(wsi) ? 0 : -1;
}

enum tb_err tb_loop_watch_fd(struct tb_loop *loop, struct tb_watch *watch, int fd,
                             void (*fn)(struct tb_watch *watch, unsigned events))
{
    TB_ASSERT(!watch->wsi);
    int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own_fd < 0)
        return tb_err_of_errno(errno);
    lws_sock_file_fd_type desc = {.filefd = own_fd};
    struct lws *wsi =
        lws_adopt_descriptor_vhost(loop->vhost, LWS_ADOPT_RAW_FILE_DESC, desc, TB_LOOP_PROTOCOL, NULL);
    if (!wsi) {
        close(own_fd);
        return TB_ERR_FULL;
    }
    watch->fn = fn;
    watch->loop = loop;
    watch->wsi = wsi;
    lws_set_opaque_user_data(wsi, watch);
    return TB_OK;
}

void tb_watch_want_write(struct tb_watch *watch)
{
    if (watch->wsi)
        lws_callback_on_writable(watch->wsi);
}

void tb_watch_set_read(struct tb_watch *watch, bool wanted)
{
    if (watch->wsi)
        lws_rx_flow_control(watch->wsi, wanted ? 1 : 0);
}

void tb_watch_stop(struct tb_watch *watch)
{
    if (!watch->wsi)
        return;
    lws_set_opaque_user_data(watch->wsi, NULL);
    lws_wsi_close(watch->wsi, LWS_TO_KILL_ASYNC);
    watch->wsi = NULL;
    watch->loop = NULL;
}
