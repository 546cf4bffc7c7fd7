/*
 * Readers: the agent's side of the reader link. Starts one tillbridge-readerd per device, opens the serial
 * line of each head, watches over them, and gives the application what they say. Whatever is at the other
 * end, the states are the same:
 *
 *     resting ──pause over──▶ open ──HELLO──▶ greeted      told apart by HELLO alone from here on
 *        ▲                      │                │
 *        └── gone, silent, or not what was wanted ┘
 *
 * Who says nothing for half of TB_READERS_SILENCE_MS is asked for something, who says nothing for all of it
 * is killed (a process) or closed (a line). It is tried again after 0.1 s, then twice as long each time up
 * to 5 s, a device file that is not there up to 1 s; a reader that was ready for 10 s resets that.
 * A tag that was in the field when its reader was lost or began anew is reported as gone, so that every
 * TAG is followed by exactly one TAG_GONE. A reader that can send a polling frame is told which, or that
 * there is none, after every HELLO; one that can relay is told in the same way whether it shall.
 *
 * Everything runs on the loop's thread. Events are given from the loop, never from inside a call.
 * Limits: TB_READERS_COUNT_MAX readers, one frame of up to TB_LINK_BODY_MAX bytes per reader.
 */
#ifndef TB_AGENT_READERS_READERS_H
#define TB_AGENT_READERS_READERS_H

#include "core/link/message.h"
#include "host/loop/loop.h"

#define TB_READERS_COUNT_MAX 8
#define TB_READERS_SILENCE_MS 2000
#define TB_READERS_POLLING_MS 5000
#define TB_READER_PARTS_MAX 2

struct tb_readers;

enum tb_reader_kind {
    TB_READER_NFC,
    TB_READER_SCANNER,  /* serial */
    TB_READER_KEYBOARD, /* a scanner that acts as a keyboard; what it reads with is a SCANNER, too */
    TB_READER_HIDPOS,   /* a scanner that follows the HID-POS usage tables; the same */
    TB_READER_CAMERA,   /* tillbridge-qrcam; the same */
    TB_READER_HEAD,     /* a microcontroller; its HELLO says which of the two it is, or both */
};

enum tb_reader_state {
    TB_READER_STARTING,
    TB_READER_READY,
    TB_READER_UNPLUGGED,   /* the device is not there, or does not answer; see reason */
    TB_READER_CRASHED,     /* its process ended; started again after a while */
    TB_READER_HUNG,        /* it was silent and was killed or closed; started again after a while */
    TB_READER_UNSUPPORTED, /* it speaks, but is not what is wanted here; asked again after a while */
};

struct tb_reader_spec {
    enum tb_reader_kind kind;
    const char *name;    /* shown to people, such as "Card reader" */
    const char *device;  /* NFC: libnfc connection string; else a path */
    unsigned baud;       /* 0: 9600 for a scanner, 115200 for a head */
    const char *layout;  /* keyboard: a layout of core/link, static; NULL: "us" */
    bool identified;     /* HID-POS, camera: codes begin with their symbology identifier (AIM) */
    const char *program; /* that owns the device; NULL: the options' readerd_path. Copied. */
    /* Sent before each look for a card (ECP), without its CRC: at most TB_LINK_ECP_MAX bytes; empty: none. */
    struct tb_span polling;
};

/* Whether a reader sends the polling frame of its spec. It acknowledges none: what is lost on the line is
 * said again after TB_READERS_POLLING_MS. */
enum tb_reader_polling {
    TB_READER_POLLING_NONE,        /* the spec has none */
    TB_READER_POLLING_WAITING,     /* the reader is not there */
    TB_READER_POLLING_SENT,        /* it was given to the reader */
    TB_READER_POLLING_UNSUPPORTED, /* the reader cannot send one, and is used without */
};

/* What a reader reads with: an antenna or a scanner. A head may have both, and one can fail alone. */
struct tb_reader_part {
    enum tb_reader_kind kind; /* HEAD as long as a head has not said what it has */
    enum tb_reader_state state;
    const char *reason;    /* stable, such as "device.busy" or "process.silent"; "" when there is none */
    int64_t since_ms;      /* when the state began; tb_loop_now_ms() clock */
    int64_t since_wall_ms; /* the same, Unix ms */
};

struct tb_reader_info {
    unsigned index; /* position in the specs; fits tb_identify's reader */
    enum tb_reader_kind kind;
    const char *name;   /* as in the spec */
    const char *device; /* as in the spec */
    unsigned part_count;
    struct tb_reader_part parts[TB_READER_PARTS_MAX];
    uint32_t start_count;   /* processes started, lines opened, restarts that a head told */
    struct tb_span polling; /* as in the spec */
    enum tb_reader_polling polling_state;
    /* As its last HELLO said; "" and 0 before the first one. */
    const char *software;
    const char *board; /* name of the device */
    enum tb_link_reset reset;
    uint16_t capabilities; /* enum tb_link_capability bits */
};

enum tb_reader_event_kind {
    TB_READER_EVENT_STATE,      /* part: its state or reason changed */
    TB_READER_EVENT_HELLO,      /* it said who it is, after each start */
    TB_READER_EVENT_TAG,        /* a tag is in the field and is being read */
    TB_READER_EVENT_TAG_AGAIN,  /* relayed, torn from an exchange, and found again: it may be spoken with */
    TB_READER_EVENT_TAG_DATA,   /* data: the NDEF message, may be empty */
    TB_READER_EVENT_TAG_FAILED, /* failure (TB_TAG_TWO for two tags), reason */
    TB_READER_EVENT_TAG_GONE,
    TB_READER_EVENT_LINE,        /* data: one code, without its end */
    TB_READER_EVENT_LINE_FAILED, /* reason */
    TB_READER_EVENT_ANSWER,      /* to tb_readers_transceive(): exchange, status, data */
    TB_READER_EVENT_SELFTEST,    /* request, verdict, data: text */
    TB_READER_EVENT_STATS,       /* request, stats */
    TB_READER_EVENT_UPDATE,      /* to tb_readers_update(): request, update */
    TB_READER_EVENT_TAMPER,      /* tamper: the housing was opened or closed */
};

struct tb_reader_event {
    enum tb_reader_event_kind kind;
    const struct tb_reader_info *reader; /* borrowed */
    const struct tb_reader_part *part;   /* STATE; borrowed */
    uint64_t tap;           /* as the reader counts, told apart across readers and starts; TAG…, ANSWER */
    struct tb_span data;    /* borrowed until the callback returns; personal data */
    struct tb_link_tag tag; /* TAG, TAG_AGAIN */
    enum tb_tag_failure failure;
    const char *reason; /* stable name, static */
    uint16_t exchange;
    enum tb_link_exchange status;
    uint8_t request; /* as tb_readers_selftest(), tb_readers_stats() or tb_readers_update() gave it */
    enum tb_link_verdict verdict;
    const uint32_t *stats; /* TB_LINK_STAT_COUNT of them */
    const struct tb_link_update_answer *update;
    struct tb_link_tamper tamper;
};

struct tb_readers_options {
    const char *readerd_path;           /* the program; copied */
    const struct tb_reader_spec *specs; /* copied */
    unsigned spec_count;
    void (*event)(void *context, const struct tb_reader_event *event);
    void *context;
};

/* Starts them all, in a later turn. TB_ERR_FULL above TB_READERS_COUNT_MAX, TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_readers_create(struct tb_loop *loop, const struct tb_readers_options *options,
                                          struct tb_readers **ret_readers);

/* Kills the processes, reaps them and closes the lines. Accepts NULL, returns NULL. */
struct tb_readers *tb_readers_free(struct tb_readers *readers);

unsigned tb_readers_count(const struct tb_readers *readers);
const struct tb_reader_info *tb_readers_info(const struct tb_readers *readers, unsigned index);

/* Frames from the reader that were damaged, or that never came, since its link was opened. */
struct tb_reader_frames {
    uint32_t damaged_count;
    uint32_t lost_count;
};
struct tb_reader_frames tb_readers_frames(const struct tb_readers *readers, unsigned index);

/* Light and sound at the reader; TB_ERR_UNSUPPORTED when it has none, TB_ERR_OFFLINE when it is not there,
 * TB_ERR_FULL when it reads slowly. */
TB_MUST_USE enum tb_err tb_readers_feedback(struct tb_readers *readers, unsigned index,
                                            const struct tb_link_feedback *feedback);

/* Sends a command to the tag of tap; the answer comes as an event. TB_ERR_OFFLINE, TB_ERR_FULL,
 * TB_ERR_TOO_LONG, TB_ERR_NOT_FOUND when that tag is not in the field. */
TB_MUST_USE enum tb_err tb_readers_transceive(struct tb_readers *readers, unsigned index, uint64_t tap,
                                              uint16_t exchange, uint16_t timeout_ms, struct tb_span apdu);

/*
 * Whether readers shall wait, after the TAG of an ISO-DEP card, for what to do with it (docs/protocol.md,
 * "Relay"). Off at first; from then on for every reader that can, whenever it comes.
 */
void tb_readers_relay(struct tb_readers *readers, bool on);

/* Whether this reader does. */
bool tb_readers_relays(const struct tb_readers *readers, unsigned index);

/* What to do with the tag of tap. TB_ERR_OFFLINE, TB_ERR_FULL, TB_ERR_NOT_FOUND when that tag is not in the
 * field. */
TB_MUST_USE enum tb_err tb_readers_tell(struct tb_readers *readers, unsigned index, uint64_t tap,
                                        enum tb_link_relaying what);

/* The answers come as events with the same request; none comes when the reader is lost before.
 * TB_ERR_OFFLINE, TB_ERR_FULL, TB_ERR_UNSUPPORTED. */
TB_MUST_USE enum tb_err tb_readers_selftest(struct tb_readers *readers, unsigned index, uint8_t *ret_request);
TB_MUST_USE enum tb_err tb_readers_stats(struct tb_readers *readers, unsigned index, uint8_t *ret_request);

/* Sends an UPDATE_BEGIN, UPDATE_BLOCK or UPDATE_END, whose request is set here; the answer comes as an event
 * with that request, none when the reader is lost before. TB_ERR_OFFLINE, TB_ERR_FULL, TB_ERR_UNSUPPORTED. */
TB_MUST_USE enum tb_err tb_readers_update(struct tb_readers *readers, unsigned index,
                                          const struct tb_link_message *m, uint8_t *ret_request);

/* Lower-case names as the local page API has them: "nfc", "unplugged". */
const char *tb_reader_kind_name(enum tb_reader_kind kind);
const char *tb_reader_state_name(enum tb_reader_state state);
const char *tb_reader_polling_name(enum tb_reader_polling polling);

#endif
