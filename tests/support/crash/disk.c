#include "tests/support/crash/disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

static void *room_make(void *at, size_t size)
{
    void *grown = realloc(at, size);
    if (!grown) {
        (void)fprintf(stderr, "crash: no memory for %zu bytes\n", size);
        abort();
    }
    return grown;
}

static void bytes_size(struct crash_bytes *bytes, size_t size)
{
    if (size > bytes->room) {
        bytes->room = size + size / 2 + 4096;
        bytes->at = room_make(bytes->at, bytes->room);
    }
    if (size > bytes->size)
        memset(bytes->at + bytes->size, 0, size - bytes->size);
    bytes->size = size;
}

static void bytes_write(struct crash_bytes *bytes, size_t offset, const uint8_t *from, size_t size)
{
    if (offset + size > bytes->size)
        bytes_size(bytes, offset + size);
    if (size > 0)
        memcpy(bytes->at + offset, from, size);
}

static void bytes_copy(const struct crash_bytes *from, struct crash_bytes *to)
{
    to->size = 0;
    bytes_write(to, 0, from->at, from->size);
}

static void bytes_free(struct crash_bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct crash_bytes){0};
}

/* ---- names ---- */

static struct crash_name *names_find(struct crash_names *names, const char *text)
{
    for (size_t i = 0; i < CRASH_NAME_MAX; i++)
        if (strcmp(names->at[i].text, text) == 0)
            return &names->at[i];
    return NULL;
}

static void names_step(struct crash_names *names, const struct crash_step *step)
{
    struct crash_name *name = names_find(names, step->name);
    if (step->kind == CRASH_REMOVE) {
        if (name)
            *name = (struct crash_name){0};
        return;
    }
    if (!name)
        name = names_find(names, "");
    if (!name)
        abort();
    memcpy(name->text, step->name, sizeof name->text);
    name->file = step->file;
}

static bool names_hold(const struct crash_names *names, uint32_t file)
{
    for (size_t i = 0; i < CRASH_NAME_MAX; i++)
        if (names->at[i].text[0] != '\0' && names->at[i].file == file)
            return true;
    return false;
}

/* ---- the disk ---- */

void crash_disk_free(struct crash_disk *disk)
{
    for (size_t i = 0; i < CRASH_FILE_MAX; i++)
        bytes_free(&disk->files[i]);
    bytes_free(&disk->data);
    free(disk->steps);
    *disk = (struct crash_disk){0};
}

static void disk_forget(struct crash_disk *disk)
{
    disk->step_count = 0;
    disk->data.size = 0;
    disk->recording = false;
}

void crash_disk_copy(const struct crash_disk *from, struct crash_disk *to)
{
    disk_forget(to);
    to->names = from->names;
    to->file_count = 0;
    for (size_t i = 0; i < CRASH_NAME_MAX; i++) {
        struct crash_name *name = &to->names.at[i];
        if (name->text[0] == '\0')
            continue;
        bytes_copy(&from->files[name->file], &to->files[to->file_count]);
        name->file = to->file_count++;
    }
    for (uint32_t i = to->file_count; i < CRASH_FILE_MAX; i++)
        to->files[i].size = 0;
}

void crash_disk_record(struct crash_disk *disk)
{
    disk_forget(disk);
    disk->recording = true;
}

static uint64_t hash_add(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (; size >= sizeof(uint64_t); at += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, at, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    for (; size > 0; at++, size--)
        hash = (hash ^ *at) * UINT64_C(0x100000001b3);
    return hash;
}

/* The order of names does not count. */
uint64_t crash_disk_hash(const struct crash_disk *disk)
{
    uint64_t all = 0;
    for (size_t i = 0; i < CRASH_NAME_MAX; i++) {
        const struct crash_name *name = &disk->names.at[i];
        if (name->text[0] == '\0')
            continue;
        const struct crash_bytes *file = &disk->files[name->file];
        uint64_t hash = hash_add(file->size + 1, name->text, strlen(name->text));
        all += hash_add(hash, file->at, file->size);
    }
    return all;
}

static struct crash_step *step_add(struct crash_disk *disk, enum crash_step_kind kind, uint32_t file)
{
    if (disk->step_count == disk->step_room) {
        disk->step_room = disk->step_room * 2 + 64;
        disk->steps = room_make(disk->steps, disk->step_room * sizeof *disk->steps);
    }
    struct crash_step *step = &disk->steps[disk->step_count++];
    *step = (struct crash_step){.kind = kind, .file = file};
    return step;
}

const struct crash_name *crash_disk_find(const struct crash_disk *disk, const char *name)
{
    struct crash_disk *mine = (struct crash_disk *)(uintptr_t)disk;
    return names_find(&mine->names, name);
}

static void name_note(struct crash_disk *disk, enum crash_step_kind kind, uint32_t file, const char *name)
{
    struct crash_step step = {.kind = kind, .file = file};
    (void)snprintf(step.name, sizeof step.name, "%s", name);
    names_step(&disk->names, &step);
    if (disk->recording)
        *step_add(disk, kind, file) = step;
}

uint32_t crash_disk_make(struct crash_disk *disk, const char *name)
{
    if (disk->file_count == CRASH_FILE_MAX)
        abort();
    uint32_t file = disk->file_count++;
    disk->files[file].size = 0;
    if (name)
        name_note(disk, CRASH_MAKE, file, name);
    return file;
}

void crash_disk_remove(struct crash_disk *disk, const char *name)
{
    name_note(disk, CRASH_REMOVE, 0, name);
}

void crash_disk_write(struct crash_disk *disk, uint32_t file, size_t offset, const void *bytes, size_t size)
{
    bytes_write(&disk->files[file], offset, bytes, size);
    if (!disk->recording)
        return;
    struct crash_step *step = step_add(disk, CRASH_WRITE, file);
    step->offset = offset;
    step->size = size;
    step->data = disk->data.size;
    bytes_write(&disk->data, disk->data.size, bytes, size);
}

void crash_disk_truncate(struct crash_disk *disk, uint32_t file, size_t size)
{
    bytes_size(&disk->files[file], size);
    if (disk->recording)
        step_add(disk, CRASH_TRUNCATE, file)->offset = size;
}

void crash_disk_sync(struct crash_disk *disk, uint32_t file)
{
    if (disk->recording)
        (void)step_add(disk, CRASH_SYNC, file);
}

void crash_disk_sync_names(struct crash_disk *disk)
{
    if (disk->recording)
        (void)step_add(disk, CRASH_SYNC_NAMES, 0);
}

/* ---- replaying ---- */

void crash_replay_begin(struct crash_replay *replay, const struct crash_disk *disk,
                        const struct crash_disk *base)
{
    *replay = (struct crash_replay){.disk = disk, .names = base->names};
    for (uint32_t i = 0; i < CRASH_FILE_MAX; i++)
        bytes_copy(&base->files[i], &replay->files[i]);
    replay->waiting = room_make(NULL, (disk->step_count + 1) * sizeof *replay->waiting);
}

void crash_replay_end(struct crash_replay *replay)
{
    for (uint32_t i = 0; i < CRASH_FILE_MAX; i++)
        bytes_free(&replay->files[i]);
    free(replay->waiting);
    *replay = (struct crash_replay){0};
}

static bool is_about_names(const struct crash_step *step)
{
    return step->kind == CRASH_MAKE || step->kind == CRASH_REMOVE;
}

static void content_step(const struct crash_disk *disk, const struct crash_step *step,
                         struct crash_bytes *file)
{
    if (step->kind == CRASH_TRUNCATE)
        bytes_size(file, step->offset);
    else
        bytes_write(file, step->offset, disk->data.at + step->data, step->size);
}

/* Makes last what a sync does: all about names, and what the file itself holds. */
static void waiting_settle(struct crash_replay *replay, const struct crash_step *sync)
{
    size_t kept = 0;
    for (size_t i = 0; i < replay->waiting_count; i++) {
        const struct crash_step *step = &replay->disk->steps[replay->waiting[i]];
        if (is_about_names(step))
            names_step(&replay->names, step);
        else if (sync->kind == CRASH_SYNC && step->file == sync->file)
            content_step(replay->disk, step, &replay->files[step->file]);
        else
            replay->waiting[kept++] = replay->waiting[i];
    }
    replay->waiting_count = kept;
}

bool crash_replay_step(struct crash_replay *replay)
{
    if (replay->at == replay->disk->step_count)
        return false;
    const struct crash_step *step = &replay->disk->steps[replay->at];
    if (step->kind == CRASH_SYNC || step->kind == CRASH_SYNC_NAMES)
        waiting_settle(replay, step);
    else
        replay->waiting[replay->waiting_count++] = replay->at;
    replay->at++;
    return true;
}

/* ---- cutting the power ---- */

const char *const crash_fate_names[CRASH_FATE_COUNT] = {
    [CRASH_KEPT] = "kept", [CRASH_LOST] = "lost",   [CRASH_BEGUN] = "begun", [CRASH_EXCEPT] = "except",
    [CRASH_ONLY] = "only", [CRASH_MIXED] = "mixed", [CRASH_TORN] = "torn",   [CRASH_GARBAGE] = "garbage",
};

/* How one cut is drawn. */
struct cut {
    enum crash_fate fate;
    struct seeded_rng *chance;
    size_t chosen;    /* begun, except, only: which of the waiting steps */
    unsigned percent; /* mixed, torn, garbage: how much is kept */
    size_t sector;    /* bytes */
};

static unsigned below(struct seeded_rng *chance, size_t limit)
{
    return (unsigned)(seeded_rng_next(chance) % limit);
}

static struct cut cut_draw(enum crash_fate fate, struct seeded_rng *chance, size_t waiting_count)
{
    static const unsigned percents[] = {8, 50, 92};
    struct cut cut = {.fate = fate, .chance = chance};
    cut.chosen = below(chance, waiting_count + 1);
    cut.percent = percents[below(chance, 3)];
    cut.sector = below(chance, 2) ? 512 : 4096;
    return cut;
}

static bool step_is_kept(const struct cut *cut, size_t number)
{
    switch (cut->fate) {
    case CRASH_KEPT: return true;
    case CRASH_LOST: return false;
    case CRASH_BEGUN: return number < cut->chosen;
    case CRASH_EXCEPT: return number != cut->chosen;
    case CRASH_ONLY: return number == cut->chosen;
    case CRASH_MIXED:
    case CRASH_TORN:
    case CRASH_GARBAGE:
    case CRASH_FATE_COUNT: break;
    }
    return below(cut->chance, 100) < cut->percent;
}

/* A file's size may have reached the disk without its bytes. */
static void size_keep(const struct cut *cut, size_t end, struct crash_bytes *file)
{
    if (end > file->size && below(cut->chance, 2))
        bytes_size(file, end);
}

static void sectors_write(const struct crash_disk *disk, const struct crash_step *step, const struct cut *cut,
                          struct crash_bytes *file)
{
    uint8_t garbage[4096];
    const uint8_t *from = disk->data.at + step->data;
    size_t end = step->offset + step->size;
    for (size_t at = step->offset; at < end;) {
        size_t size = cut->sector - at % cut->sector;
        size = size < end - at ? size : end - at;
        if (below(cut->chance, 100) < cut->percent) {
            bytes_write(file, at, from + (at - step->offset), size);
        } else if (cut->fate == CRASH_GARBAGE && below(cut->chance, 2)) {
            seeded_rng_fill(cut->chance, garbage, size);
            bytes_write(file, at, garbage, size);
        } else {
            size_keep(cut, at + size, file);
        }
        at += size;
    }
}

static void waiting_apply(const struct crash_disk *disk, const struct crash_step *step, const struct cut *cut,
                          size_t number, struct crash_bytes *file)
{
    bool torn = cut->fate == CRASH_TORN || cut->fate == CRASH_GARBAGE;
    if (torn && step->kind == CRASH_WRITE)
        sectors_write(disk, step, cut, file);
    else if (step_is_kept(cut, number))
        content_step(disk, step, file);
    else if (cut->fate == CRASH_MIXED && step->kind == CRASH_WRITE)
        size_keep(cut, step->offset + step->size, file);
}

/* The first so many changes of names that do not last yet. */
static void names_cut(const struct crash_replay *replay, const struct cut *cut, struct crash_names *names)
{
    size_t count = 0;
    for (size_t i = 0; i < replay->waiting_count; i++)
        count += is_about_names(&replay->disk->steps[replay->waiting[i]]);
    size_t kept = below(cut->chance, count + 1);
    if (cut->fate == CRASH_KEPT || cut->fate == CRASH_LOST)
        kept = cut->fate == CRASH_KEPT ? count : 0;
    *names = replay->names;
    for (size_t i = 0; i < replay->waiting_count && kept > 0; i++) {
        const struct crash_step *step = &replay->disk->steps[replay->waiting[i]];
        if (!is_about_names(step))
            continue;
        names_step(names, step);
        kept--;
    }
}

void crash_replay_cut(const struct crash_replay *replay, enum crash_fate fate, struct seeded_rng *chance,
                      struct crash_disk *ret_disk)
{
    struct cut cut = cut_draw(fate, chance, replay->waiting_count);
    disk_forget(ret_disk);
    names_cut(replay, &cut, &ret_disk->names);
    ret_disk->file_count = replay->disk->file_count;
    for (uint32_t i = 0; i < CRASH_FILE_MAX; i++) {
        ret_disk->files[i].size = 0;
        if (names_hold(&ret_disk->names, i))
            bytes_copy(&replay->files[i], &ret_disk->files[i]);
    }
    for (size_t i = 0; i < replay->waiting_count; i++) {
        const struct crash_step *step = &replay->disk->steps[replay->waiting[i]];
        if (!is_about_names(step) && names_hold(&ret_disk->names, step->file))
            waiting_apply(replay->disk, step, &cut, i, &ret_disk->files[step->file]);
    }
}
