/*
 * NDEF messages, NFC Forum NDEF 1.0: a walker over records, nested messages included.
 *
 * Limits: a message is at most TB_NDEF_SIZE_MAX bytes, a level holds at most TB_NDEF_RECORDS_MAX
 * records, and messages nest at most TB_NDEF_DEPTH_MAX deep (Smart Tap needs 4). Levels are kept in an
 * explicit stack, there is no recursion. Chunked records are refused with TB_ERR_UNSUPPORTED.
 * Records are borrowed from the message. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_NDEF_H
#define TB_CORE_CREDENTIAL_NDEF_H

#include "core/base/buf.h"

#define TB_NDEF_SIZE_MAX 1024
#define TB_NDEF_RECORDS_MAX 16
#define TB_NDEF_DEPTH_MAX 6

enum tb_ndef_tnf {
    TB_NDEF_EMPTY = 0,
    TB_NDEF_WELL_KNOWN = 1,
    TB_NDEF_MIME = 2,
    TB_NDEF_URI = 3,
    TB_NDEF_EXTERNAL = 4,
    TB_NDEF_UNKNOWN = 5,
    TB_NDEF_UNCHANGED = 6, /* occurs only inside chunked records: refused */
    TB_NDEF_RESERVED = 7,  /* to be treated like TB_NDEF_UNKNOWN */
};

struct tb_ndef_record {
    enum tb_ndef_tnf tnf;
    struct tb_span type;
    struct tb_span id;
    struct tb_span payload;
};

struct tb_ndef_level {
    struct tb_span rest; /* borrowed from the message */
    uint8_t record_count;
    bool ended; /* the record with ME was taken */
};

struct tb_ndef {
    struct tb_ndef_level levels[TB_NDEF_DEPTH_MAX];
    uint8_t depth; /* levels in use, at least 1 */
};

/* TB_ERR_TOO_LONG above TB_NDEF_SIZE_MAX. An empty message has no records and is no error. */
TB_MUST_USE enum tb_err tb_ndef_begin(struct tb_ndef *n, struct tb_span message);

/*
 * The next record of the current level; TB_ERR_NOT_FOUND behind the last one. Any other error means
 * that the message breaks the rules and nothing of it may be used.
 */
TB_MUST_USE enum tb_err tb_ndef_next(struct tb_ndef *n, struct tb_ndef_record *ret_record);

/* Goes into a message carried by a payload; TB_ERR_DEPTH when it would be nested too deep. */
TB_MUST_USE enum tb_err tb_ndef_enter(struct tb_ndef *n, struct tb_span message);

/* Back to the level above, behind the record that was entered. */
void tb_ndef_leave(struct tb_ndef *n);

/* Checks every record of the message and of the Smart Posters in it. */
TB_MUST_USE enum tb_err tb_ndef_check(struct tb_span message);

/* True for a record of this type: well-known types compare by case, external ones do not. */
bool tb_ndef_is(const struct tb_ndef_record *record, enum tb_ndef_tnf tnf, const char *type);

/*
 * The web address of a URI record (RTD URI 1.0, prefix codes 0 to 4) or of an absolute-URI record.
 * TB_ERR_TYPE for other records and other schemes, TB_ERR_TOO_LONG when the buffer is too small.
 */
TB_MUST_USE enum tb_err tb_ndef_web_address(const struct tb_ndef_record *record, struct tb_buf *ret_uri);

/* The UTF-8 text of a Text record (RTD Text 1.0), borrowed; TB_ERR_TYPE for other records and UTF-16. */
TB_MUST_USE enum tb_err tb_ndef_text(const struct tb_ndef_record *record, struct tb_span *ret_text);

#endif
