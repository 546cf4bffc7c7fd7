/*
 * Line display, simulated on a pseudo-terminal. See simctl.h for the line, the control socket and the
 * commands that every simulator knows. Its own: show        ok <upper line in hex> <lower line in hex>
 * <faults> Whatever changes the grid is printed as {"upper":…,"lower":…,"faults":…}, a byte above 0x7e as its
 * code point.
 */
#include "tests/support/simctl.h"
#include "tests/support/vfd.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static void line_print(const char *name, const uint8_t *cells)
{
    (void)printf("\"%s\":\"", name);
    for (size_t i = 0; i < TB_DISPLAY_CELL_COUNT; i++) {
        if (cells[i] > 0x7e || cells[i] == '"' || cells[i] == '\\')
            (void)printf("\\u%04x", cells[i]);
        else
            (void)putchar(cells[i]);
    }
    (void)printf("\",");
}

static void received(struct tb_sim *sim, struct tb_span bytes)
{
    struct tb_vfd *v = tb_sim_context(sim);
    struct tb_display_cells before = v->cells;
    unsigned faults = v->fault_count;
    for (size_t i = 0; i < bytes.size; i++)
        tb_vfd_take(v, bytes.at[i]);
    if (faults == v->fault_count && memcmp(&before, &v->cells, sizeof before) == 0)
        return;
    (void)putchar('{');
    line_print("upper", v->cells.line[0]);
    line_print("lower", v->cells.line[1]);
    (void)printf("\"faults\":%u}\n", v->fault_count);
    (void)fflush(stdout);
}

static const char *command(struct tb_sim *sim, const char *verb, char *rest, struct tb_buf *ret_text)
{
    const struct tb_vfd *v = tb_sim_context(sim);
    (void)rest;
    if (strcmp(verb, "show") != 0)
        return "unknown_command";
    for (size_t line = 0; line < TB_DISPLAY_LINE_COUNT; line++) {
        tb_buf_add_hex(ret_text, tb_span_of(v->cells.line[line], TB_DISPLAY_CELL_COUNT));
        tb_buf_add_str(ret_text, " ");
    }
    tb_buf_add_decimal(ret_text, v->fault_count);
    return NULL;
}

static void power(struct tb_sim *sim, bool plugged)
{
    struct tb_vfd *v = tb_sim_context(sim);
    if (plugged)
        tb_vfd_power_on(v, v->dialect);
}

static bool options_read(int argc, char **argv, struct tb_sim_options *options,
                         enum tb_display_dialect *ret_dialect)
{
    static const struct option names[] = {
        {"line", required_argument, NULL, 'l'},
        {"control", required_argument, NULL, 'c'},
        {"dialect", required_argument, NULL, 'd'},
        {NULL, 0, NULL, 0},
    };
    for (int option = 0; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'l': options->line_path = optarg; break;
        case 'c': options->control_path = optarg; break;
        case 'd': *ret_dialect = strcmp(optarg, "cd5220") == 0 ? TB_DISPLAY_CD5220 : TB_DISPLAY_EPSON; break;
        default: return false;
        }
    }
    return optind == argc && options->line_path && options->control_path;
}

int main(int argc, char **argv)
{
    static const struct tb_sim_ops ops = {.command = command, .received = received, .power = power};
    enum tb_display_dialect dialect = TB_DISPLAY_EPSON;
    struct tb_vfd vfd;
    struct tb_sim_options options = {.ops = &ops, .context = &vfd};
    struct tb_sim *sim = NULL;

    if (!options_read(argc, argv, &options, &dialect)) {
        (void)fprintf(stderr, "usage: %s --line <symlink> --control <socket> [--dialect epson|cd5220]\n",
                      argv[0]);
        return 2;
    }
    tb_vfd_power_on(&vfd, dialect);
    enum tb_err err = tb_sim_open(&options, &sim);
    if (err == TB_OK)
        err = tb_sim_run(sim);
    (void)tb_sim_close(sim);
    return err != TB_OK;
}
