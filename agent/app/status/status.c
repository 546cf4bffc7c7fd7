#include "agent/app/status/status.h"

const char *tb_notice_name(enum tb_notice notice)
{
    switch (notice) {
    case TB_NOTICE_DISK_FULL: return "disk_full";
    case TB_NOTICE_DISK_FAILING: return "disk_failing";
    case TB_NOTICE_DISK_READ_ONLY: return "disk_read_only";
    case TB_NOTICE_STORAGE_NEWER: return "storage_newer";
    case TB_NOTICE_CHANGES_NOT_STORED: return "changes_not_stored";
    case TB_NOTICE_CHANGES_IN_MEMORY: return "changes_in_memory";
    case TB_NOTICE_CHANGES_DROPPED: return "changes_dropped";
    case TB_NOTICE_OUTBOX_DAMAGED: return "outbox_damaged";
    case TB_NOTICE_CLOCK_WRONG: return "clock_wrong";
    case TB_NOTICE_CERTIFICATE_EXPIRING: return "certificate_expiring";
    case TB_NOTICE_CACHE_REBUILT: return "cache_rebuilt";
    case TB_NOTICE_QUARANTINED: return "quarantined";
    case TB_NOTICE_COUNT: break;
    }
    return "";
}

bool tb_status_set_line(struct tb_status *s, enum tb_line_state line, enum tb_line_cause cause,
                        int64_t wall_ms)
{
    if (s->line == line && s->line_cause == cause)
        return false;
    if (s->line != line)
        s->line_since_wall_ms = wall_ms;
    s->line = line;
    s->line_cause = cause;
    return true;
}

bool tb_status_set_notice(struct tb_status *s, enum tb_notice notice, bool on, int64_t wall_ms)
{
    bool was_on = s->notice_since_wall_ms[notice] != 0;
    if (was_on == on)
        return false;
    s->notice_since_wall_ms[notice] = on ? wall_ms : 0;
    return true;
}

void tb_status_set_display(struct tb_status *s, const char *state, int64_t wall_ms)
{
    if (s->display_state != state)
        s->display_since_wall_ms = wall_ms;
    s->display_state = state;
}

static void put_display(struct tb_json_writer *w, const struct tb_status *s)
{
    if (!s->display_state)
        return;
    tb_json_open(w, "display");
    tb_json_put_str(w, "state", s->display_state);
    tb_json_put_int(w, "since_ms", s->display_since_wall_ms);
    tb_json_close(w);
}

static void put_line(struct tb_json_writer *w, const struct tb_status *s)
{
    tb_json_open(w, "line");
    tb_json_put_str(w, "state", tb_line_state_name(s->line));
    tb_json_put_int(w, "since_ms", s->line_since_wall_ms);
    if (s->line_cause != TB_CAUSE_NONE)
        tb_json_put_str(w, "cause", tb_line_cause_name(s->line_cause));
    tb_json_close(w);
}

static void put_readers(struct tb_json_writer *w, const struct tb_status *s)
{
    tb_json_open_array(w, "readers");
    for (size_t i = 0; i < s->reader_count; i++) {
        const struct tb_status_reader *reader = &s->readers[i];
        tb_json_open(w, NULL);
        tb_json_put_str(w, "name", reader->name);
        tb_json_put_str(w, "kind", reader->kind);
        tb_json_put_str(w, "state", reader->state);
        tb_json_put_int(w, "since_ms", reader->since_wall_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void put_notices(struct tb_json_writer *w, const struct tb_status *s)
{
    tb_json_open_array(w, "notices");
    for (unsigned i = 0; i < TB_NOTICE_COUNT; i++) {
        if (s->notice_since_wall_ms[i] == 0)
            continue;
        tb_json_open(w, NULL);
        tb_json_put_str(w, "code", tb_notice_name((enum tb_notice)i));
        tb_json_put_int(w, "since_ms", s->notice_since_wall_ms[i]);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_status_put_shown(struct tb_json_writer *w, const struct tb_status *s, int64_t wall_ms)
{
    put_line(w, s);
    put_readers(w, s);
    tb_json_put_int(w, "wall_ms", wall_ms);
}

void tb_status_put_state(struct tb_json_writer *w, const struct tb_status *s, int64_t wall_ms)
{
    put_line(w, s);
    put_readers(w, s);
    put_display(w, s);
    tb_json_put_int(w, "unsent", s->unsent_count);
    put_notices(w, s);
    tb_json_put_int(w, "wall_ms", wall_ms);
}
