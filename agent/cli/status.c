#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 64 * 1024, LABEL_WIDTH = 12, NAME_MAX = 256, READER_MAX = 16, NOTICE_MAX = 16 };
enum {
    OUTCOME_MAX = 64,
    KIND_WIDTH = 9,
    STATE_WIDTH = 12,
    SINCE_WIDTH = 24,
    OUTCOME_WIDTH = 14,
    CODE_WIDTH = 18
};

struct page {
    struct tb_buf out;
    struct tb_check check;
    int64_t wall_ms;
};

struct words {
    const char *code;
    const char *text;
};

static const struct words cause_words[] = {
    {"no_route", "there is no way to the context store"},
    {"refused", "the context store does not answer"},
    {"tls", "the secure connection failed"},
    {"clock", "the clock of this machine is wrong"},
    {"denied", "the context store does not let this terminal in"},
    {"closed", "the connection was closed"},
};

static const struct words notice_words[] = {
    {"disk_full", "the disk is full: changes cannot be stored"},
    {"disk_failing", "the disk answers with errors"},
    {"disk_read_only", "the disk can only be read: changes cannot be stored"},
    {"storage_newer", "a file is of a newer program: it is left as it is, and not used"},
    {"changes_not_stored", "the outbox cannot be used: changes are not stored"},
    {"changes_in_memory", "the outbox cannot be used: changes are in memory only until they are sent"},
    {"changes_dropped", "old events were given up: there was no room for what waits to be sent"},
    {"outbox_damaged", "the outbox was damaged: what did not verify is kept beside it"},
    {"clock_wrong", "the clock of this machine is wrong"},
    {"certificate_expiring", "the certificate of this terminal expires soon"},
    {"cache_rebuilt", "the cache was damaged and is being filled again"},
    {"quarantined", "the context store saw this terminal twice and holds its changes back"},
};

/* A code that nobody put into words is shown as it is. */
static struct tb_span words_of(const struct words *list, size_t count, struct tb_span code)
{
    for (size_t i = 0; i < count; i++)
        if (tb_span_is(code, list[i].code))
            return tb_span_str(list[i].text);
    return code;
}

static struct tb_span text_of(struct page *p, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_json_text(&p->check, o, name, NAME_MAX) : tb_span_of(NULL, 0);
}

static int64_t number_of(struct page *p, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_json_int(&p->check, o, name, 0, TB_TIME_MS_MAX) : 0;
}

static void label(struct page *p, const char *text)
{
    tb_print_left(&p->out, tb_span_str(text), LABEL_WIDTH);
}

static void end_line(struct page *p)
{
    while (p->out.size && p->out.at[p->out.size - 1] == ' ')
        p->out.size--;
    tb_buf_add_u8(&p->out, '\n');
}

static void since(struct page *p, struct tb_json o)
{
    tb_print_since(&p->out, number_of(p, o, "since_ms"), p->wall_ms);
}

static void state_since(struct page *p, struct tb_json o)
{
    tb_print_left(&p->out, text_of(p, o, "state"), STATE_WIDTH);
    since(p, o);
}

static void terminal(struct page *p, struct tb_json status)
{
    label(p, "Terminal");
    if (!tb_json_has(status, "terminal")) {
        tb_buf_add_str(&p->out, "not told yet which one (no contact with the context store so far)\n");
        return;
    }
    struct tb_json o = tb_json_object(&p->check, status, "terminal");
    struct tb_span role = text_of(p, o, "role");
    struct tb_span store_name = text_of(p, o, "store_name");
    tb_buf_add_str(&p->out, tb_span_is(role, "kiosk") ? "kiosk " : "till ");
    tb_print_clean(&p->out, text_of(p, o, "till"));
    tb_buf_add_str(&p->out, ", store ");
    tb_print_clean(&p->out, text_of(p, o, "store"));
    if (store_name.size) {
        tb_buf_add_str(&p->out, " (");
        tb_print_clean(&p->out, store_name);
        tb_buf_add_str(&p->out, ")");
    }
    end_line(p);
}

static void software(struct page *p, struct tb_json status)
{
    struct tb_span text = text_of(p, status, "software");
    if (text.size == 0)
        return;
    label(p, "Agent");
    tb_print_clean(&p->out, text);
    end_line(p);
}

static void line(struct page *p, struct tb_json status)
{
    struct tb_json o = tb_json_object(&p->check, status, "line");
    struct tb_span cause = text_of(p, o, "cause");
    label(p, "Line");
    state_since(p, o);
    if (cause.size) {
        tb_buf_add_str(&p->out, ": ");
        tb_print_clean(&p->out, words_of(cause_words, TB_ARRAY_SIZE(cause_words), cause));
    }
    end_line(p);
}

static void readers(struct page *p, struct tb_json status)
{
    struct tb_json list = tb_json_array(&p->check, status, "readers", READER_MAX);
    const char *first = "Readers";
    if (tb_json_count(list) == 0) {
        label(p, first);
        tb_buf_add_str(&p->out, "none\n");
    }
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        label(p, first);
        tb_print_left(&p->out, text_of(p, each.value, "kind"), KIND_WIDTH);
        tb_print_left(&p->out, text_of(p, each.value, "state"), STATE_WIDTH);
        size_t start = p->out.size;
        since(p, each.value);
        tb_print_spaces(&p->out, start + SINCE_WIDTH > p->out.size ? start + SINCE_WIDTH - p->out.size : 0);
        tb_buf_add_str(&p->out, "  ");
        tb_print_clean(&p->out, text_of(p, each.value, "name"));
        end_line(p);
        first = "";
    }
}

static void outbox(struct page *p, struct tb_json status)
{
    int64_t unsent = number_of(p, status, "unsent");
    label(p, "Outbox");
    if (unsent == 0) {
        tb_buf_add_str(&p->out, "empty: everything is sent\n");
        return;
    }
    tb_print_plural(&p->out, unsent, "change waits", "changes wait");
    tb_buf_add_str(&p->out, " to be sent");
    end_line(p);
}

static void cache(struct page *p, struct tb_json status)
{
    if (!tb_json_has(status, "cache"))
        return;
    struct tb_json o = tb_json_object(&p->check, status, "cache");
    label(p, "Cache");
    tb_print_plural(&p->out, number_of(p, o, "customers"), "customer", "customers");
    tb_buf_add_str(&p->out, ", ");
    tb_print_plural(&p->out, number_of(p, o, "products"), "product", "products");
    end_line(p);
}

static void metrics_file(struct page *p, struct tb_json status)
{
    if (!tb_json_has(status, "metrics_file"))
        return;
    struct tb_json o = tb_json_object(&p->check, status, "metrics_file");
    struct tb_span code = text_of(p, o, "code");
    label(p, "Metrics");
    state_since(p, o);
    if (code.size) {
        tb_buf_add_str(&p->out, ": the file is not there or old (");
        tb_print_clean(&p->out, code);
        tb_buf_add_u8(&p->out, ')');
    }
    end_line(p);
}

static void visit(struct page *p, struct tb_json status)
{
    if (!tb_json_has(status, "visit"))
        return;
    label(p, "Visit");
    tb_buf_add_str(&p->out,
                   tb_json_bool(&p->check, status, "visit") ? "a customer is here" : "nobody is here");
    end_line(p);
}

static void notices(struct page *p, struct tb_json status)
{
    struct tb_json list = tb_json_array(&p->check, status, "notices", NOTICE_MAX);
    const char *first = "Notices";
    if (tb_json_count(list) == 0) {
        label(p, first);
        tb_buf_add_str(&p->out, "none\n");
    }
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span code = text_of(p, each.value, "code");
        label(p, first);
        tb_print_clean(&p->out, words_of(notice_words, TB_ARRAY_SIZE(notice_words), code));
        tb_buf_add_u8(&p->out, ' ');
        since(p, each.value);
        end_line(p);
        first = "";
    }
}

static void outcomes(struct page *p, struct tb_json status)
{
    if (!tb_json_has(status, "outcomes"))
        return;
    struct tb_json list = tb_json_array(&p->check, status, "outcomes", OUTCOME_MAX);
    const char *first = "Last taps";
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        label(p, first);
        tb_print_clock(&p->out, number_of(p, each.value, "at_ms"), p->wall_ms);
        tb_buf_add_str(&p->out, "  ");
        tb_print_left(&p->out, text_of(p, each.value, "outcome"), OUTCOME_WIDTH);
        tb_print_left(&p->out, text_of(p, each.value, "code"), CODE_WIDTH);
        tb_print_clean(&p->out, text_of(p, each.value, "reader"));
        tb_buf_add_str(&p->out, ", ");
        tb_print_count(&p->out, number_of(p, each.value, "took_ms"));
        tb_buf_add_str(&p->out, " ms");
        end_line(p);
        first = "";
    }
}

enum tb_cli_exit tb_cli_status(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    static uint8_t memory[OUT_SIZE_MAX];
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "status", NULL);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    tb_cli_session_close(&session);
    if (cli->json)
        return tb_cli_session_print_json(&session, cli);
    struct tb_json status = session.message.result;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    p.wall_ms = tb_json_int(&p.check, status, "wall_ms", 0, TB_TIME_MS_MAX);
    terminal(&p, status);
    software(&p, status);
    line(&p, status);
    readers(&p, status);
    outbox(&p, status);
    cache(&p, status);
    metrics_file(&p, status);
    visit(&p, status);
    notices(&p, status);
    outcomes(&p, status);
    return tb_cli_session_print(cli, &p.out, &p.check);
}
