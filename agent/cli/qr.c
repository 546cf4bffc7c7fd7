/* qr: a text as a QR code; with --json its modules, as pages draw them. Asks nobody. */
#include "agent/cli/cli.h"
#include "agent/cli/print.h"

#include "agent/counter/qr.h"

enum { OUT_SIZE_MAX = 16 * 1024, QUIET = 4 };

/* Around it all is light. */
static bool is_dark(const struct tb_qr *qr, unsigned x, unsigned y)
{
    unsigned end = QUIET + (unsigned)qr->size;
    bool inside = x >= QUIET && y >= QUIET && x < end && y < end;
    return inside && (qr->rows[y - QUIET][(x - QUIET) / 8] >> (7 - (x - QUIET) % 8) & 1) != 0;
}

/* Two rows of modules are one line; black on white whatever the colours of the terminal are. */
static void qr_print(struct tb_buf *out, const struct tb_qr *qr)
{
    static const char *const halves[] = {" ", "\u2584", "\u2580", "\u2588"}; /* none, lower, upper, both */
    unsigned side = qr->size + 2u * QUIET;
    for (unsigned y = 0; y < side; y += 2) {
        tb_buf_add_str(out, "\x1b[30;107m");
        for (unsigned x = 0; x < side; x++)
            tb_buf_add_str(out, halves[2 * is_dark(qr, x, y) + is_dark(qr, x, y + 1)]);
        tb_buf_add_str(out, "\x1b[0m\n");
    }
}

enum tb_cli_exit tb_cli_qr(const struct tb_cli *cli)
{
    uint8_t memory[OUT_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_qr qr;
    enum tb_err err = tb_qr_of(cli->arguments[0], &qr);
    if (err != TB_OK)
        return tb_cli_fail(cli, err == TB_ERR_NO_MEMORY ? TB_CLI_FAILED : TB_CLI_USAGE, tb_err_name(err),
                           "a QR code takes 1 to %d bytes of text", TB_QR_TEXT_SIZE_MAX);
    if (cli->json) {
        struct tb_json_writer w = tb_json_writer_of(&out);
        tb_qr_encode(&w, NULL, &qr);
        tb_buf_add_u8(&out, '\n');
    } else {
        qr_print(&out, &qr);
    }
    return tb_print_flush(&out)
               ? TB_CLI_OK
               : tb_cli_fail(cli, TB_CLI_FAILED, "local.io", "the code could not be written");
}
