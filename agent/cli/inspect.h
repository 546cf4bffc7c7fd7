/*
 * What the files of `tillbridge inspect` share: a report of named values, for people or as one JSON object.
 * It shows what it was given, personal data too: it is a tool for whoever has the code in hand.
 */
#ifndef TB_AGENT_CLI_INSPECT_H
#define TB_AGENT_CLI_INSPECT_H

#include "core/credential/judge.h"
#include "core/wire/json.h"

#define TB_INSPECT_EXCHANGE_COUNT_MAX 256

struct tb_inspect_report {
    struct tb_buf *out; /* borrowed */
    bool json;
    bool fields; /* of the code itself: names may come again */
    struct tb_json_writer w;
};

void tb_inspect_put(struct tb_inspect_report *r, const char *name, struct tb_span text);
void tb_inspect_put_str(struct tb_inspect_report *r, const char *name, const char *text);
void tb_inspect_put_hex(struct tb_inspect_report *r, const char *name, struct tb_span bytes);
/* Unix ms; 0 is left out. */
void tb_inspect_put_time(struct tb_inspect_report *r, const char *name, int64_t at_ms);

/* What a line or a tag's message says, whether or not it counts. */
void tb_inspect_line_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span line);
void tb_inspect_tag_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span message);

/*
 * A recorded exchange with an ISO-DEP card or phone, as text: "> HEX" a command and "< HEX" its answer ("<
 * -": none), in their order; before them "random HEX", what the terminal drew, "uid HEX" and "terminal ID";
 * "#" begins a comment. One is kept at a time. On an error ret_line is the line that it is about.
 */
TB_MUST_USE enum tb_err tb_inspect_recording_read(const char *path, unsigned *ret_line);

/* Asks the recording what this terminal would ask the card. TB_ERR_NOT_FOUND: it has no answer to
 * ret_command. */
TB_MUST_USE enum tb_err tb_inspect_replay(const struct tb_judge *judge, struct tb_judgement *ret_judgement,
                                          struct tb_buf *ret_command);

/* What was asked and answered; forgets the recording. */
void tb_inspect_exchange_fields(struct tb_inspect_report *r);

/* A sentence for people; static, never NULL. */
const char *tb_inspect_why(enum tb_reason reason);

/*
 * Puts the keys of a file into the ring: a key document as the context store has it, an array of them, or a
 * public key in PEM, whose id is the name of the file without its ending.
 */
TB_MUST_USE enum tb_err tb_inspect_keys_read(const char *path, struct tb_keyring *ring);

#endif
