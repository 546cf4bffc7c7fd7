/* reader update: a firmware image into a reader, step by step, with the agent as the carrier. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"
#include "agent/cli/transfer.h"

#include "core/base/assert.h"
#include "core/wire/names.h"
#include "host/system/system.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MAX = 1024, TEXT_MAX = 256, PROGRESS_STEP_PERCENT = 25, FILE_MAX = TB_IMAGE_FILE_MAX };

struct update {
    const struct tb_cli *cli;
    const char *reader;
    const char *path;
    struct tb_transfer transfer;
    struct tb_transfer_image images[TB_IMAGE_FILE_IMAGES_MAX];
    unsigned image_count;
    unsigned percent_told;
};

static struct tb_cli_session session;

static int64_t clock_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct tb_image *image_of(const struct update *u)
{
    return &u->images[u->transfer.at].image;
}

/* ---- the file ---- */

static enum tb_cli_exit file_wrong(const struct update *u, const char *why)
{
    return tb_cli_fail(u->cli, TB_CLI_USAGE, "image_wrong", "%s is no firmware for readers: %s", u->path,
                       why);
}

/* One image for each slot, all of one release. */
static bool same_release(const struct tb_image *a, const struct tb_image *b)
{
    return tb_span_equal(a->board, b->board) && a->version == b->version && a->address != b->address;
}

static enum tb_cli_exit images_take(struct update *u, struct tb_span rest)
{
    while (rest.size > 0) {
        struct tb_transfer_image *i = &u->images[u->image_count];
        if (u->image_count == TB_IMAGE_FILE_IMAGES_MAX)
            return file_wrong(u, "it holds too many images");
        enum tb_err err = tb_image_take(&rest, &i->image, &i->header, &i->body);
        if (err != TB_OK)
            return file_wrong(u, tb_err_name(err));
        if (u->image_count > 0 && !same_release(&u->images[0].image, &i->image))
            return file_wrong(u, "it holds images of different releases");
        u->image_count++;
    }
    return u->image_count > 0 ? TB_CLI_OK : file_wrong(u, "it is empty");
}

static enum tb_cli_exit file_read(struct update *u)
{
    static uint8_t memory[FILE_MAX];
    struct tb_buf file = tb_buf_of(memory, sizeof memory);
    enum tb_err err = tb_file_read(u->path, &file);
    if (err == TB_ERR_TOO_LONG)
        return file_wrong(u, "it is too large");
    if (err != TB_OK)
        return tb_cli_fail(u->cli, TB_CLI_USAGE, tb_err_name(err), "%s cannot be read: %s", u->path,
                           tb_err_name(err));
    return images_take(u, tb_buf_span(&file));
}

/* ---- steps ---- */

static void request_write(const struct update *u, struct tb_buf *request)
{
    const struct tb_transfer *t = &u->transfer;
    const struct tb_transfer_image *i = &u->images[t->at];
    const char *method = t->step == TB_TRANSFER_BEGIN   ? "reader.update.begin"
                         : t->step == TB_TRANSFER_BLOCK ? "reader.update.block"
                                                        : "reader.update.end";
    struct tb_json_writer w = tb_rpc_begin_request(request, TB_CLI_REQUEST_ID, method);
    tb_json_put_str(&w, "reader", u->reader);
    if (t->step == TB_TRANSFER_BEGIN) {
        tb_json_put_base64url(&w, "header", i->header);
        tb_json_put_bool(&w, "force", t->force);
    } else if (t->step == TB_TRANSFER_BLOCK) {
        tb_json_put_int(&w, "offset", t->next);
        tb_json_put_base64url(&w, "data", tb_span_sub(i->body, t->next, TB_LINK_UPDATE_BLOCK_SIZE));
    }
    tb_rpc_end(&w);
}

static const struct {
    const char *name;
    enum tb_link_update_status status;
} statuses[] = {
    {"send", TB_LINK_UPDATE_SEND},   {"stored", TB_LINK_UPDATE_STORED}, {"running", TB_LINK_UPDATE_RUNNING},
    {"trial", TB_LINK_UPDATE_TRIAL}, {"busy", TB_LINK_UPDATE_BUSY},     {"refused", TB_LINK_UPDATE_REFUSED},
};

static enum tb_link_reason reason_of(struct tb_span name)
{
    for (int reason = 0; reason <= TB_LINK_REASON_UPDATE_TAP; reason++)
        if (tb_span_is(name, tb_link_reason_name((enum tb_link_reason)reason)))
            return (enum tb_link_reason)reason;
    return TB_LINK_REASON_NONE;
}

static bool answer_read(struct tb_link_update_answer *ret_answer)
{
    struct tb_check check = {.err = TB_OK};
    struct tb_json result = session.message.result;
    struct tb_span status = tb_json_text(&check, result, "status", TEXT_MAX);
    ret_answer->reason = reason_of(tb_json_text(&check, result, "reason", TEXT_MAX));
    ret_answer->next = (uint32_t)tb_json_int(&check, result, "next", 0, UINT32_MAX);
    for (size_t i = 0; i < TB_ARRAY_SIZE(statuses) && check.err == TB_OK; i++) {
        if (!tb_span_is(status, statuses[i].name))
            continue;
        ret_answer->status = statuses[i].status;
        return true;
    }
    return false;
}

/* The reader, or its line, is away for now: "retry." is what the agent says of that. */
static bool passes(struct tb_span code)
{
    return tb_span_starts(code, tb_span_str("retry."));
}

static enum tb_cli_exit step_ask(struct update *u)
{
    uint8_t memory[REQUEST_MAX];
    struct tb_buf request = tb_buf_of(memory, sizeof memory);
    struct tb_link_update_answer answer;
    request_write(u, &request);
    if (request.err != TB_OK)
        return tb_cli_fail(u->cli, TB_CLI_USAGE, "usage",
                           "this reader is no name, or a longer one than may be");
    enum tb_cli_exit exit_code = tb_cli_session_exchange(&session, u->cli, tb_buf_span(&request));
    if (exit_code != TB_CLI_OK)
        return exit_code;
    if (session.message.kind == TB_RPC_ERROR && passes(session.message.code)) {
        tb_transfer_lost(&u->transfer, clock_ms());
        return TB_CLI_OK;
    }
    if (session.message.kind == TB_RPC_ERROR)
        return tb_cli_session_refusal(&session, u->cli);
    if (!answer_read(&answer))
        return tb_cli_fail(u->cli, TB_CLI_FAILED, "answer_senseless", "the agent's answer makes no sense");
    tb_transfer_answer(&u->transfer, &answer, clock_ms());
    return TB_CLI_OK;
}

/* ---- what people see ---- */

static void progress_tell(struct update *u)
{
    const struct tb_transfer *t = &u->transfer;
    uint32_t size = image_of(u)->size;
    TB_ASSERT(size > 0); /* the parser's limit */
    unsigned percent = (unsigned)((uint64_t)t->next * 100 / size);
    bool terminal = isatty(STDERR_FILENO);
    unsigned step = terminal ? 1 : PROGRESS_STEP_PERCENT;
    if (u->cli->json || (t->step != TB_TRANSFER_BLOCK && t->step != TB_TRANSFER_END) ||
        percent / step == u->percent_told / step)
        return;
    u->percent_told = percent;
    (void)fprintf(stderr,
                  terminal && percent < 100 ? "\r%3u %%"
                  : terminal                ? "\r%3u %%\n"
                                            : "%u %%\n",
                  percent);
}

static const char *reason_text(enum tb_link_reason reason)
{
    switch ((int)reason) {
    case TB_LINK_REASON_UPDATE_FORMAT: return "its firmware does not know this format of images";
    case TB_LINK_REASON_UPDATE_BOARD: return "the image is for another board";
    case TB_LINK_REASON_UPDATE_SLOT: return "the file holds no image for the slot that is free";
    case TB_LINK_REASON_UPDATE_SIGNATURE: return "the image is not signed by the key of this reader";
    case TB_LINK_REASON_UPDATE_OLDER: return "a newer version runs; --force installs the older one";
    case TB_LINK_REASON_UPDATE_FAILED:
        return "this image was tried before and did not prove itself; --force tries it again";
    case TB_LINK_REASON_UPDATE_FLOOR: return "what runs allows nothing so old any more";
    case TB_LINK_REASON_UPDATE_ROOM: return "the image is larger than its slot";
    case TB_LINK_REASON_UPDATE_FLASH: return "its flash cannot be written";
    case TB_LINK_REASON_UPDATE_DIGEST: return "what arrived is not what was signed";
    case TB_LINK_REASON_UPDATE_UNWELL:
        return "its self-test fails, so that a new image could not prove itself";
    case TB_LINK_REASON_UPDATE_TRIAL: return "what runs has not proved itself yet";
    case TB_LINK_REASON_UPDATE_TAP: return "a card lies on it";
    case TB_LINK_REASON_UNSUPPORTED: return "its program runs from outside the slots";
    default: return "for a reason that this version of tillbridge does not know";
    }
}

static enum tb_cli_exit done_tell(const struct update *u, bool already)
{
    char version[TB_IMAGE_VERSION_TEXT_MAX];
    uint8_t memory[TEXT_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    tb_image_version_text(image_of(u)->version, version);
    if (u->cli->json) {
        struct tb_json_writer w = tb_json_writer_of(&out);
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "reader", u->reader);
        tb_json_put_str(&w, "version", version);
        tb_json_put_bool(&w, "already", already);
        tb_json_close(&w);
    } else {
        tb_print_clean(&out, tb_span_str(u->reader));
        tb_buf_add_str(&out, already ? " runs version " : " now runs version ");
        tb_buf_add_str(&out, version);
        if (already)
            tb_buf_add_str(&out, " already; --force installs it again");
    }
    tb_buf_add_u8(&out, '\n');
    return tb_cli_session_print(u->cli, &out, &check);
}

static enum tb_cli_exit failed_tell(const struct update *u)
{
    const struct tb_transfer *t = &u->transfer;
    const char *code = tb_link_reason_name(t->reason);
    switch ((int)t->result) {
    case TB_TRANSFER_ROLLED_BACK:
        return tb_cli_fail(u->cli, TB_CLI_FAILED, "update.rolled_back",
                           "the new firmware did not prove itself; what ran before runs again");
    case TB_TRANSFER_UNPROVEN:
        return tb_cli_fail(u->cli, TB_CLI_FAILED, "update.unproven",
                           "the new firmware is stored, but the reader does not say that it runs");
    case TB_TRANSFER_LOST:
        return tb_cli_fail(u->cli, TB_CLI_UNREACHABLE, "retry.offline",
                           "the reader is not there; the same command goes on where it was");
    case TB_TRANSFER_SENSELESS:
        return tb_cli_fail(u->cli, TB_CLI_FAILED, "answer_senseless",
                           "the reader restarts again and again, or its answers lead nowhere");
    case TB_TRANSFER_BUSY:
        return tb_cli_fail(u->cli, TB_CLI_FAILED, code, "the reader is busy: %s", reason_text(t->reason));
    default:
        return tb_cli_fail(u->cli, TB_CLI_FAILED, code, "the reader refused: %s", reason_text(t->reason));
    }
}

/* ---- the command ---- */

static enum tb_cli_exit transfer_run(struct update *u)
{
    struct tb_transfer *t = &u->transfer;
    tb_transfer_start(t, u->images, u->image_count, u->cli->force, clock_ms());
    while (t->step != TB_TRANSFER_DONE && t->step != TB_TRANSFER_FAILED) {
        (void)poll(NULL, 0, (int)t->wait_ms);
        enum tb_cli_exit exit_code = step_ask(u);
        if (exit_code != TB_CLI_OK)
            return exit_code;
        progress_tell(u);
    }
    return t->step == TB_TRANSFER_DONE ? done_tell(u, t->result == TB_TRANSFER_ALREADY) : failed_tell(u);
}

enum tb_cli_exit tb_cli_reader_update(const struct tb_cli *cli)
{
    static struct update u;
    u = (struct update){.cli = cli, .reader = cli->arguments[1], .path = cli->arguments[2]};
    enum tb_cli_exit exit_code = file_read(&u);
    if (exit_code == TB_CLI_OK)
        exit_code = tb_cli_session_open(&session, cli);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    exit_code = transfer_run(&u);
    tb_cli_session_close(&session);
    return exit_code;
}
