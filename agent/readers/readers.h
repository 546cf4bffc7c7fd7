/*
 * Readers: the agent's side of the reader link. Starts one tillbridge-readerd per device, watches over
 * it, and gives the application what it says.
 *
 * A process that says nothing for TB_READERS_SILENCE_MS is killed; one that ended is started again
 * after 0.1 s, then twice as long each time up to 5 s; a process that was ready for 10 s resets that.
 * A tag that was in the field when its reader was lost is reported as gone, so that every TAG is
 * followed by exactly one TAG_GONE.
 *
 * Everything runs on the loop's thread. Events are given from the loop, never from inside a call.
 * Limits: TB_READERS_COUNT_MAX devices, one frame of up to TB_LINK_BODY_MAX bytes per device.
 */
#ifndef TB_AGENT_READERS_READERS_H
#define TB_AGENT_READERS_READERS_H

#include "core/link/message.h"
#include "host/loop/loop.h"

#define TB_READERS_COUNT_MAX 8
#define TB_READERS_SILENCE_MS 2000

struct tb_readers;

enum tb_reader_kind {
    TB_READER_NFC,
    TB_READER_SCANNER,  /* serial */
    TB_READER_KEYBOARD, /* a scanner that acts as a keyboard */
};

enum tb_reader_state {
    TB_READER_STARTING,
    TB_READER_READY,
    TB_READER_UNPLUGGED, /* the device is not there, or does not answer; see reason */
    TB_READER_CRASHED,   /* its process ended; started again after a while */
    TB_READER_HUNG,      /* its process was silent and was killed; started again after a while */
};

struct tb_reader_spec {
    enum tb_reader_kind kind;
    const char *name;   /* shown to people, such as "Card reader" */
    const char *device; /* NFC: libnfc connection string; else: path */
    unsigned baud;      /* scanner only; 0: 9600 */
};

struct tb_reader_info {
    unsigned index; /* position in the specs; fits tb_identify's reader */
    enum tb_reader_kind kind;
    const char *name; /* as in the spec */
    enum tb_reader_state state;
    const char *reason;    /* stable, such as "device.busy" or "process.silent"; "" when there is none */
    int64_t since_ms;      /* when the state began; tb_loop_now_ms() clock */
    int64_t since_wall_ms; /* the same, Unix ms */
    uint32_t start_count;  /* processes started so far */
    const char *software;  /* version that the process said; "" before its first HELLO */
};

enum tb_reader_event_kind {
    TB_READER_EVENT_STATE,      /* info changed */
    TB_READER_EVENT_TAG,        /* a tag is in the field and is being read */
    TB_READER_EVENT_TAG_DATA,   /* data: the NDEF message, may be empty */
    TB_READER_EVENT_TAG_FAILED, /* failure (TB_TAG_TWO for two tags), reason */
    TB_READER_EVENT_TAG_GONE,
    TB_READER_EVENT_LINE,        /* data: one code, without its end */
    TB_READER_EVENT_LINE_FAILED, /* reason */
    TB_READER_EVENT_ANSWER,      /* to tb_readers_transceive(): exchange, status, data */
    TB_READER_EVENT_SELFTEST,    /* verdict, data: text */
    TB_READER_EVENT_STATS,       /* stats */
};

struct tb_reader_event {
    enum tb_reader_event_kind kind;
    const struct tb_reader_info *reader; /* borrowed */
    uint64_t tap;                        /* unique in this process; TAG…, ANSWER */
    struct tb_span data;                 /* borrowed until the callback returns; personal data */
    struct tb_link_tag tag;              /* TAG */
    enum tb_tag_failure failure;
    const char *reason; /* stable name, static */
    uint16_t exchange;
    enum tb_link_exchange status;
    enum tb_link_verdict verdict;
    const uint32_t *stats; /* TB_LINK_STAT_COUNT of them */
};

struct tb_readers_options {
    const char *readerd_path;           /* the program; copied */
    const struct tb_reader_spec *specs; /* copied */
    unsigned spec_count;
    void (*event)(void *context, const struct tb_reader_event *event);
    void *context;
};

/* Starts the processes. TB_ERR_FULL above TB_READERS_COUNT_MAX, TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_readers_create(struct tb_loop *loop, const struct tb_readers_options *options,
                                          struct tb_readers **ret_readers);

/* Kills the processes and reaps them. Accepts NULL, returns NULL. */
struct tb_readers *tb_readers_free(struct tb_readers *readers);

unsigned tb_readers_count(const struct tb_readers *readers);
const struct tb_reader_info *tb_readers_info(const struct tb_readers *readers, unsigned index);

/* Light and sound at the reader; TB_ERR_OFFLINE when it is not ready, TB_ERR_FULL when it reads slowly. */
TB_MUST_USE enum tb_err tb_readers_feedback(struct tb_readers *readers, unsigned index,
                                            const struct tb_link_feedback *feedback);

/* Sends a command to the tag of tap; the answer comes as an event. TB_ERR_OFFLINE, TB_ERR_FULL,
 * TB_ERR_TOO_LONG, TB_ERR_NOT_FOUND when that tag is not in the field. */
TB_MUST_USE enum tb_err tb_readers_transceive(struct tb_readers *readers, unsigned index, uint64_t tap,
                                              uint16_t exchange, uint16_t timeout_ms, struct tb_span apdu);

/* The answers come as events. TB_ERR_OFFLINE, TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_readers_selftest(struct tb_readers *readers, unsigned index);
TB_MUST_USE enum tb_err tb_readers_stats(struct tb_readers *readers, unsigned index);

/* Lower-case names as the local page API has them: "nfc", "unplugged". */
const char *tb_reader_kind_name(enum tb_reader_kind kind);
const char *tb_reader_state_name(enum tb_reader_state state);

#endif
