#include "tests/sim/sim.h"

#include "tests/support/crash/vfs.h"

#include <stdio.h>
#include <unistd.h>

static const char *path_of(const char *what)
{
    static char path[64];
    (void)snprintf(path, sizeof path, "/tmp/tb_sim_%ld.%s", (long)getpid(), what);
    return path;
}

static struct tb_sealer *sealer_of(struct sim *s)
{
    static struct seeded_rng chance = {.state = 1};
    static struct tb_sealer sealer;
    static struct tb_rng rng;
    if (rng.fill)
        return &sealer;
    rng = seeded_rng_of(&chance);
    SIM_CHECK(s, tb_sealer_load(path_of("key"), &rng, &sealer) == TB_OK, "a device key cannot be made");
    (void)unlink(path_of("key"));
    return &sealer;
}

struct comparing {
    struct sim *s;
    const struct sim_outbox *model;
    int64_t next_seq;
};

static bool entry_compare(void *context, const struct tb_outbox_entry *entry)
{
    static char text[TB_MUTATION_JSON_SIZE_MAX];
    struct comparing *at = context;
    struct tb_buf to = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&to);
    int64_t seq = entry->mutation.seq;
    SIM_CHECK(at->s, seq == at->next_seq && seq < at->model->next_seq, "an outbox has a hole");
    const struct sim_outbox_row *row = &at->model->rows[seq];
    tb_mutation_encode(&w, NULL, &row->mutation);
    SIM_CHECK(at->s, tb_span_equal(entry->json, tb_buf_span(&to)), "an outbox holds another mutation");
    bool decided = entry->verdict.kind != TB_VERDICT_NONE;
    SIM_CHECK(at->s, decided == row->decided, "an outbox lost a verdict, or made one up");
    SIM_CHECK(at->s,
              !decided ||
                  (entry->verdict.kind == TB_VERDICT_REJECTED) == (row->verdict == TB_VERDICT_REJECTED),
              "an outbox keeps another verdict");
    at->next_seq++;
    return true;
}

static void outbox_compare(struct sim *s, struct sim_client *c)
{
    struct tb_outbox *outbox = &c->outbox_file.outbox;
    struct comparing at = {.s = s, .model = &c->disk.outbox, .next_seq = 1};
    int64_t decided = 0;
    enum tb_err err = tb_outbox_each(outbox, TB_OUTBOX_ALL, 1, entry_compare, &at);
    SIM_CHECK(s, err == TB_OK && at.next_seq == at.model->next_seq, "an outbox lost a mutation");
    SIM_CHECK(s, outbox->next_seq == at.model->next_seq, "an outbox counts otherwise");
    SIM_CHECK(s, tb_outbox_decided_seq(outbox, &decided) == TB_OK && decided == outbox_decided_seq(at.model),
              "an outbox has other verdicts");
}

/* SQLite removes the log by its name, on whatever disk is mounted. */
static void file_close(struct sim_outbox_file *file)
{
    crash_vfs_mount(&file->disk, 0);
    tb_outbox_close(&file->outbox);
    file->open = false;
}

void outbox_file_open(struct sim *s, struct sim_client *c)
{
    struct sim_outbox_file *file = &c->outbox_file;
    if (!s->store.real || c->web)
        return;
    bool is_new = !file->used;
    if (is_new)
        crash_disk_copy(&file->disk, &file->base);
    crash_disk_record(&file->disk);
    crash_vfs_mount(&file->disk, seeded_rng_next(&s->random));
    enum tb_err err = tb_outbox_open(path_of("outbox"), sealer_of(s), &file->outbox);
    (void)unlink(path_of("outbox"));
    SIM_CHECK(s, err == TB_OK, "an outbox does not open");
    file->used = file->open = true;
    if (is_new)
        c->disk.outbox.incarnation = file->outbox.incarnation;
    SIM_CHECK(s, tb_id_equal(&c->disk.outbox.incarnation, &file->outbox.incarnation),
              "an outbox has another name");
    outbox_compare(s, c);
}

void outbox_file_store(struct sim *s, struct sim_client *c, const struct tb_mutation *mutation)
{
    static uint8_t json[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_mutation stored = *mutation;
    struct tb_buf to = tb_buf_of(json, sizeof json);
    if (!c->outbox_file.open)
        return;
    enum tb_err err = tb_outbox_append(&c->outbox_file.outbox, &stored, &to);
    SIM_CHECK(s, err == TB_OK && stored.seq == mutation->seq, "an outbox gives another seq");
}

void outbox_file_decide(struct sim *s, struct sim_client *c, const struct tb_verdict *verdicts, size_t count)
{
    struct tb_outbox *outbox = &c->outbox_file.outbox;
    int64_t wall_ms = sim_wall_ms(s) + c->wall_shift_ms;
    if (!c->outbox_file.open)
        return;
    enum tb_err err = tb_db_begin(outbox->db);
    for (size_t i = 0; i < count && err == TB_OK; i++)
        err = tb_outbox_decide(outbox, &verdicts[i], wall_ms < 0 ? 0 : wall_ms);
    if (err == TB_OK)
        err = tb_db_commit(outbox->db);
    SIM_CHECK(s, err == TB_OK, "an outbox does not take a verdict");
}

void outbox_file_crash(struct sim *s, struct sim_client *c)
{
    static struct crash_disk cut;
    struct sim_outbox_file *file = &c->outbox_file;
    struct crash_replay replay;
    if (!file->open)
        return;
    size_t at = file->disk.step_count;
    enum crash_fate fate = s->faults.power ? (enum crash_fate)sim_below(s, CRASH_FATE_COUNT) : CRASH_KEPT;
    file_close(file);
    crash_replay_begin(&replay, &file->disk, &file->base);
    while (replay.at < at && crash_replay_step(&replay))
        continue;
    crash_replay_cut(&replay, fate, &s->random, &cut);
    crash_replay_end(&replay);
    crash_disk_copy(&cut, &file->disk);
    crash_disk_copy(&cut, &file->base);
}

void outbox_file_lose(struct sim_client *c)
{
    struct sim_outbox_file *file = &c->outbox_file;
    if (file->open)
        file_close(file);
    crash_disk_free(&file->disk);
    crash_disk_free(&file->base);
    *file = (struct sim_outbox_file){.used = false};
}
