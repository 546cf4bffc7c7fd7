#include "agent/conformance/report.h"

#include "core/wire/json.h"

#include <stdio.h>

static void out(const char *text)
{
    (void)fputs(text, stdout);
    (void)fflush(stdout); /* who watches is to see it when it happens; a pipe that is gone ends the program */
}

void tb_report_begin(struct tb_report *r, enum tb_report_form form, const char *about)
{
    r->form = form;
    r->json = tb_buf_of(r->bytes, sizeof r->bytes);
    struct tb_json_writer w = tb_json_writer_of(&r->json);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "about", about);
    tb_json_open_array(&w, "checks");
    r->comma = w.comma;
    if (form == TB_REPORT_TAP)
        out("TAP version 13\n");
    tb_report_say(r, about);
}

static void json_add(struct tb_report *r, const char *result, const char *id, const char *text,
                     const char *detail)
{
    struct tb_json_writer w = {.to = &r->json, .comma = r->comma};
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "id", id);
    tb_json_put_str(&w, "result", result);
    tb_json_put_str(&w, "text", text);
    if (detail[0])
        tb_json_put_str(&w, "detail", detail);
    tb_json_close(&w);
    r->comma = w.comma;
}

void tb_report_check(struct tb_report *r, bool ok, const char *id, const char *text, const char *detail)
{
    char line[1024];
    const char *seen = ok ? "" : detail;
    r->count++;
    r->failed_count += !ok;
    json_add(r, ok ? "ok" : "failed", id, text, seen);
    if (r->form == TB_REPORT_TAP)
        (void)snprintf(line, sizeof line, "%s %u - %s: %s\n%s%s%s", ok ? "ok" : "not ok", r->count, id, text,
                       seen[0] ? "# " : "", seen, seen[0] ? "\n" : "");
    else
        (void)snprintf(line, sizeof line, "%s  %s%s%s\n", ok ? "ok    " : "FAILED", text, seen[0] ? ": " : "",
                       seen);
    if (r->form != TB_REPORT_JSON)
        out(line);
}

/* One that neither held nor failed. mark, in words, and what it is called there. */
static void left_out_add(struct tb_report *r, char mark, const char *what, const char *id, const char *text,
                         const char *why)
{
    char line[1024];
    r->count++;
    if (r->form == TB_REPORT_TAP)
        (void)snprintf(line, sizeof line, "ok %u - %s: %s # SKIP %s, %s\n", r->count, id, text, what, why);
    else
        (void)snprintf(line, sizeof line, "%c       %s: %s, %s\n", mark, text, what, why);
    if (r->form != TB_REPORT_JSON)
        out(line);
}

void tb_report_skip(struct tb_report *r, const char *id, const char *text, const char *why)
{
    r->skipped_count++;
    json_add(r, "skipped", id, text, why);
    left_out_add(r, '-', "not looked at", id, text, why);
}

void tb_report_unseen(struct tb_report *r, const char *id, const char *text, const char *how)
{
    r->unseen_count++;
    json_add(r, "unseen", id, text, how);
    left_out_add(r, '?', "not seen", id, text, how);
}

void tb_report_say(struct tb_report *r, const char *text)
{
    char line[1024];
    (void)snprintf(line, sizeof line, "%s%s\n", r->form == TB_REPORT_TAP ? "# " : "", text);
    if (r->form == TB_REPORT_JSON)
        (void)fputs(line, stderr);
    else
        out(line);
}

bool tb_report_end(struct tb_report *r)
{
    char line[128];
    struct tb_json_writer w = {.to = &r->json, .comma = r->comma};
    tb_json_close_array(&w);
    tb_json_put_int(&w, "failed", r->failed_count);
    tb_json_put_int(&w, "skipped", r->skipped_count);
    tb_json_put_int(&w, "unseen", r->unseen_count);
    tb_json_close(&w);
    tb_buf_add_u8(&r->json, '\n');
    if (r->form == TB_REPORT_TAP)
        (void)snprintf(line, sizeof line, "1..%u\n", r->count);
    else
        (void)snprintf(line, sizeof line, "%u checks, %u failed, %u not looked at, %u not seen\n", r->count,
                       r->failed_count, r->skipped_count, r->unseen_count);
    if (r->form != TB_REPORT_JSON)
        out(line);
    else if (r->json.err == TB_OK)
        (void)fwrite(r->json.at, 1, r->json.size, stdout);
    bool written = fflush(stdout) == 0 && r->json.err == TB_OK;
    return written && r->failed_count == 0 && r->count > r->skipped_count + r->unseen_count;
}
