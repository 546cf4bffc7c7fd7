/*
 * Messages of the reader link: what the payload of each frame type means. docs/protocol.md, "Reader
 * link", lists every field; this header and that section change together.
 *
 * Numbers never change their meaning. A receiver ignores bytes behind the fields it knows and frames of
 * a type it does not know; the layout of HELLO and HELLO_REQUEST is the same in every link version.
 * Spans are borrowed from the payload. Pure; callable from any thread.
 */
#ifndef TB_CORE_LINK_MESSAGE_H
#define TB_CORE_LINK_MESSAGE_H

#include "core/base/buf.h"
#include "core/link/frame.h"
#include "core/tag/failure.h"

#define TB_LINK_NDEF_MAX 1024
#define TB_LINK_LINE_MAX 512
#define TB_LINK_UID_MAX 10          /* ISO/IEC 14443-3: 4, 7 or 10 bytes */
#define TB_LINK_APDU_MAX 262        /* a command: what libnfc 1.8 and the PN532 carry in one exchange */
#define TB_LINK_APDU_ANSWER_MAX 264 /* an answer with its status word */
#define TB_LINK_SOFTWARE_MAX 32
#define TB_LINK_NAME_MAX 64
#define TB_LINK_DETAIL_MAX 64
#define TB_LINK_UPDATE_HEADER_MAX 256 /* of a firmware image */
#define TB_LINK_UPDATE_BLOCK_SIZE 256 /* of every block but the last */
#define TB_LINK_ECP_MAX 16            /* of one broadcast, without its CRC */
#define TB_LINK_FIELDS_MAX 128        /* what tb_link_message_encode() writes at most */

enum tb_link_type {
    TB_LINK_HELLO = 0x01,
    TB_LINK_HEARTBEAT = 0x02,
    TB_LINK_STATE = 0x03,
    TB_LINK_TAG = 0x04,
    TB_LINK_TAG_DATA = 0x05,
    TB_LINK_TAG_FAILED = 0x06,
    TB_LINK_TAG_GONE = 0x07,
    TB_LINK_TWO_TAGS = 0x08,
    TB_LINK_LINE = 0x09,
    TB_LINK_LINE_FAILED = 0x0a,
    TB_LINK_TRANSCEIVE_ANSWER = 0x0b,
    TB_LINK_SELFTEST_ANSWER = 0x0c,
    TB_LINK_STATS_ANSWER = 0x0d,
    TB_LINK_UPDATE_ANSWER = 0x0e,
    TB_LINK_TAMPER = 0x0f,

    TB_LINK_HELLO_REQUEST = 0x81, /* from here on: agent to reader */
    TB_LINK_TRANSCEIVE = 0x82,
    TB_LINK_FEEDBACK = 0x83,
    TB_LINK_SELFTEST = 0x84,
    TB_LINK_STATS = 0x85,
    TB_LINK_UPDATE_BEGIN = 0x86,
    TB_LINK_UPDATE_BLOCK = 0x87,
    TB_LINK_UPDATE_END = 0x88,
    TB_LINK_POLLING = 0x89,
    TB_LINK_RELAY = 0x8a,
};

#define TB_LINK_FROM_AGENT 0x80 /* the direction bit of a type */

enum tb_link_role {
    TB_LINK_ROLE_READERD = 1,
    TB_LINK_ROLE_HEAD = 2,
};

enum tb_link_device { /* bits: a head may be both */
                      TB_LINK_DEVICE_NFC = 1,
                      TB_LINK_DEVICE_SCANNER = 2,
};

enum tb_link_capability { /* bits */
                          TB_LINK_CAN_TRANSCEIVE = 0x01,
                          TB_LINK_CAN_FEEDBACK = 0x02,
                          TB_LINK_CAN_SELFTEST = 0x04,
                          TB_LINK_CAN_UPDATE = 0x08,
                          TB_LINK_CAN_TAMPER = 0x10,
                          TB_LINK_CAN_POLLING = 0x20,
                          TB_LINK_CAN_RELAY = 0x40,
};

enum tb_link_reset {
    TB_LINK_RESET_UNKNOWN = 0,
    TB_LINK_RESET_PROCESS_START = 1,
    TB_LINK_RESET_POWER_ON = 2,
    TB_LINK_RESET_PIN = 3,
    TB_LINK_RESET_SOFTWARE = 4,
    TB_LINK_RESET_WATCHDOG = 5,
    TB_LINK_RESET_BROWNOUT = 6,
};

enum tb_link_condition {
    TB_LINK_STARTING = 1,
    TB_LINK_READY = 2,
    TB_LINK_FAILED = 3,    /* it is there, but cannot be used; tried again */
    TB_LINK_UNPLUGGED = 4, /* it is not there; looked for again */
};

enum tb_link_reason {
    TB_LINK_REASON_NONE = 0,
    TB_LINK_REASON_NO_DEVICE = 1,   /* no such device file */
    TB_LINK_REASON_DENIED = 2,      /* no permission to open it */
    TB_LINK_REASON_BUSY = 3,        /* another program holds it */
    TB_LINK_REASON_NO_ANSWER = 4,   /* opened, but it does not speak */
    TB_LINK_REASON_IO = 5,          /* reading or writing failed */
    TB_LINK_REASON_UNSUPPORTED = 6, /* it speaks, but is not what was configured */
    TB_LINK_REASON_LINE_LONG = 32,  /* more than TB_LINK_LINE_MAX bytes without an end */
    TB_LINK_REASON_LINE_TEXT = 33,  /* bytes that no code holds */

    TB_LINK_REASON_UPDATE_FORMAT = 64,    /* the header is none that this firmware knows */
    TB_LINK_REASON_UPDATE_BOARD = 65,     /* made for another board */
    TB_LINK_REASON_UPDATE_SLOT = 66,      /* linked for the slot that is running; send the other one */
    TB_LINK_REASON_UPDATE_SIGNATURE = 67, /* not signed by the key of this reader */
    TB_LINK_REASON_UPDATE_OLDER = 68,     /* older than what runs; only with FORCE */
    TB_LINK_REASON_UPDATE_SAME = 69,      /* the version that runs; only with FORCE */
    TB_LINK_REASON_UPDATE_FAILED = 70,    /* was tried and rolled back; only with FORCE */
    TB_LINK_REASON_UPDATE_FLOOR = 71,     /* older than what runs allows for ever */
    TB_LINK_REASON_UPDATE_ROOM = 72,      /* larger than the slot */
    TB_LINK_REASON_UPDATE_FLASH = 73,     /* erasing or writing failed */
    TB_LINK_REASON_UPDATE_DIGEST = 74,    /* what was stored is not what was signed */
    TB_LINK_REASON_UPDATE_NOT_BEGUN = 75, /* no BEGIN since the reader started, or it was given up */
    TB_LINK_REASON_UPDATE_UNWELL = 76,    /* its own self-test fails: a new image could not prove itself */
    TB_LINK_REASON_UPDATE_TRIAL = 77,     /* what runs is not confirmed yet */
    TB_LINK_REASON_UPDATE_TAP = 78,       /* a card is being read */
};

enum tb_link_tag_kind {
    TB_LINK_TAG_TYPE2 = 1,
    TB_LINK_TAG_TYPE4 = 2,
    TB_LINK_TAG_OTHER = 3,
};

enum tb_link_exchange { /* how a TRANSCEIVE ended */
                        TB_LINK_EXCHANGE_OK = 0,
                        TB_LINK_EXCHANGE_GONE = 1, /* that tag is not in the field any more */
                        TB_LINK_EXCHANGE_TIMEOUT = 2,
                        TB_LINK_EXCHANGE_RF = 3,       /* transmission error; the tag may be selected again */
                        TB_LINK_EXCHANGE_TOO_LONG = 4, /* command or answer */
};

enum tb_link_light {
    TB_LINK_LIGHT_OFF = 0,
    TB_LINK_LIGHT_GREEN = 1,
    TB_LINK_LIGHT_AMBER = 2,
    TB_LINK_LIGHT_RED = 3,
};

enum tb_link_beep {
    TB_LINK_BEEP_NONE = 0,
    TB_LINK_BEEP_SHORT = 1,
    TB_LINK_BEEP_DOUBLE = 2,
    TB_LINK_BEEP_LONG = 3,
};

enum tb_link_verdict { /* of a self-test */
                       TB_LINK_SELFTEST_PASSED = 0,
                       TB_LINK_SELFTEST_FAILED = 1,
                       TB_LINK_SELFTEST_UNSUPPORTED = 2,
};

enum tb_link_update_flag { /* bits */
                           /* install the same version again, an older one, or one that failed its trial */
                           TB_LINK_UPDATE_FORCE = 1,
};

enum tb_link_update_status {
    TB_LINK_UPDATE_SEND = 0,    /* the block at next is wanted; END when next is the image's size */
    TB_LINK_UPDATE_STORED = 1,  /* complete and verified; the reader restarts into it */
    TB_LINK_UPDATE_RUNNING = 2, /* exactly this image runs and is confirmed */
    TB_LINK_UPDATE_TRIAL = 3,   /* exactly this image runs and has still to prove itself */
    TB_LINK_UPDATE_BUSY = 4,    /* the same again later; the reason says why */
    TB_LINK_UPDATE_REFUSED = 5, /* over; the reason says why */
};

enum tb_link_stat { /* position in STATS_ANSWER; new ones are added at the end */
                    TB_LINK_STAT_UPTIME_S,
                    TB_LINK_STAT_TAPS,
                    TB_LINK_STAT_TAGS_READ,
                    TB_LINK_STAT_TAGS_FAILED,
                    TB_LINK_STAT_LINES,
                    TB_LINK_STAT_LINES_FAILED,
                    TB_LINK_STAT_DEVICE_ERRORS, /* exchanges with the device that failed */
                    TB_LINK_STAT_DEVICE_OPENS,
                    TB_LINK_STAT_FRAMES_DAMAGED, /* received */
                    TB_LINK_STAT_FRAMES_LOST,
                    TB_LINK_STAT_BYTES_LOST, /* received by a microcontroller's UART, and not taken in time */
                    TB_LINK_STAT_STACK_FREE, /* bytes of its stack that were never used */
                    TB_LINK_STAT_COUNT
};

struct tb_link_hello {
    uint8_t version; /* the highest that the reader speaks */
    uint8_t role;    /* enum tb_link_role */
    uint8_t devices; /* enum tb_link_device bits */
    uint8_t reset;   /* enum tb_link_reset */
    uint16_t capabilities;
    struct tb_span software; /* "0.1.0", at most TB_LINK_SOFTWARE_MAX bytes */
    struct tb_span name;     /* of the device, at most TB_LINK_NAME_MAX bytes */
};

struct tb_link_state {
    uint8_t device; /* one enum tb_link_device */
    enum tb_link_condition condition;
    enum tb_link_reason reason;
};

struct tb_link_tag {
    uint16_t tap;
    enum tb_link_tag_kind kind;
    uint8_t sak;
    uint16_t atqa;
    struct tb_span uid; /* for telling a flicker from a new tap only; never logged or stored */
};

struct tb_link_tag_data {
    uint16_t tap;
    struct tb_span ndef; /* the message; empty when the tag holds an empty one */
};

struct tb_link_tag_failed {
    uint16_t tap;
    enum tb_tag_failure failure;
    enum tb_tag_reason reason;
};

struct tb_link_line_read {
    uint8_t device;      /* enum tb_link_device */
    struct tb_span text; /* without its end; UTF-8 */
};

struct tb_link_line_failed {
    uint8_t device;
    enum tb_link_reason reason;
};

struct tb_link_transceive {
    uint16_t tap;
    uint16_t exchange; /* chosen by the agent, comes back in the answer */
    uint16_t timeout_ms;
    struct tb_span apdu;
};

struct tb_link_transceive_answer {
    uint16_t tap;
    uint16_t exchange;
    enum tb_link_exchange status;
    struct tb_span apdu; /* with its status word; empty unless OK */
};

/* What is to be done with ISO-DEP cards: whether the agent wants them first, then what it wants of one. */
enum tb_link_relaying {
    TB_LINK_RELAY_OFF = 0,
    TB_LINK_RELAY_ON = 1,
    TB_LINK_RELAY_READ = 2,
    TB_LINK_RELAY_KEEP = 3,
    TB_LINK_RELAY_LEAVE = 4,
    TB_LINK_RELAY_AGAIN = 5,
};

struct tb_link_relay {
    enum tb_link_relaying what;
    uint16_t tap; /* 0 with OFF and ON */
};

struct tb_link_feedback {
    enum tb_link_light light;
    enum tb_link_beep beep;
    uint16_t duration_ms; /* of the light */
};

struct tb_link_selftest_answer {
    uint8_t request;
    enum tb_link_verdict verdict;
    struct tb_span detail; /* text, at most TB_LINK_DETAIL_MAX bytes */
};

struct tb_link_stats_answer {
    uint8_t request;
    uint32_t values[TB_LINK_STAT_COUNT]; /* those that the sender does not know are 0 */
};

struct tb_link_update_begin {
    uint8_t request;       /* comes back in the answer, as with the two others */
    uint8_t flags;         /* enum tb_link_update_flag bits */
    struct tb_span header; /* of the image, as it stands in its file */
};

struct tb_link_update_block {
    uint8_t request;
    uint32_t offset; /* in the image behind its header; a multiple of TB_LINK_UPDATE_BLOCK_SIZE */
    struct tb_span data;
};

struct tb_link_update_answer {
    uint8_t request;
    enum tb_link_update_status status;
    enum tb_link_reason reason; /* NONE unless BUSY or REFUSED */
    uint32_t next;              /* offset of the block that is wanted; never goes back within one transfer */
};

struct tb_link_tamper {
    bool open;
    uint16_t count; /* openings since the reader started; wraps */
};

struct tb_link_message {
    enum tb_link_type type;
    union {
        struct tb_link_hello hello;
        uint32_t uptime_ms; /* HEARTBEAT */
        struct tb_link_state state;
        struct tb_link_tag tag;
        struct tb_link_tag_data tag_data;
        struct tb_link_tag_failed tag_failed;
        uint16_t tap; /* TAG_GONE, TWO_TAGS */
        struct tb_link_line_read line;
        struct tb_link_line_failed line_failed;
        struct tb_link_transceive transceive;
        struct tb_link_transceive_answer transceive_answer;
        struct tb_link_feedback feedback;
        uint8_t request; /* SELFTEST, STATS, UPDATE_END: comes back in the answer */
        struct tb_link_selftest_answer selftest_answer;
        struct tb_link_stats_answer stats_answer;
        struct tb_span ecp; /* POLLING: sent before each look for a card; empty: nothing */
        struct tb_link_relay relay;
        struct tb_link_update_begin update_begin;
        struct tb_link_update_block update_block;
        struct tb_link_update_answer update_answer;
        struct tb_link_tamper tamper;
    };
};

/*
 * Writes the fields (at most TB_LINK_FIELDS_MAX bytes) and gives the bytes that follow them as
 * ret_bulk, borrowed from the message. TB_ERR_TOO_LONG when a span is longer than its limit or fields
 * has no room.
 */
TB_MUST_USE enum tb_err tb_link_message_encode(const struct tb_link_message *m, struct tb_buf *fields,
                                               struct tb_span *ret_bulk);

/* The same for what readers send: a microcontroller needs no more of the codec. */
TB_MUST_USE enum tb_err tb_link_report_encode(const struct tb_link_message *m, struct tb_buf *fields,
                                              struct tb_span *ret_bulk);

/*
 * TB_ERR_UNSUPPORTED for an unknown type, or another version in anything but HELLO; TB_ERR_TRUNCATED,
 * TB_ERR_TOO_LONG and TB_ERR_RANGE for a payload that its type cannot have.
 */
TB_MUST_USE enum tb_err tb_link_message_decode(const struct tb_link_frame *frame,
                                               struct tb_link_message *ret_message);

/* The same for a reader, to whom what readers send is UNSUPPORTED. */
TB_MUST_USE enum tb_err tb_link_request_decode(const struct tb_link_frame *frame,
                                               struct tb_link_message *ret_message);

/* Lower-case name such as "device.busy" or "line.too_long"; static, never NULL. */
const char *tb_link_reason_name(enum tb_link_reason reason);

/* Why a reader began, such as "power_on"; static, never NULL. */
const char *tb_link_reset_name(enum tb_link_reset reset);

/* The name of a counter, such as "tags_read"; static, never NULL. */
const char *tb_link_stat_name(enum tb_link_stat stat);

#endif
