/*
 * What the files of `tillbridge inspect` share: a report of named values, for people or as one JSON object.
 * It shows what it was given, personal data too: it is a tool for whoever has the code in hand.
 */
#ifndef TB_AGENT_CLI_INSPECT_H
#define TB_AGENT_CLI_INSPECT_H

#include "agent/cli/cli.h"
#include "core/credential/judge.h"
#include "core/wire/json.h"

struct tb_inspect_report {
    struct tb_buf *out; /* borrowed */
    bool json;
    bool fields; /* of the code itself: names may come again */
    struct tb_json_writer w;
};

/* What is no text is told in hex. */
void tb_inspect_put(struct tb_inspect_report *r, const char *name, struct tb_span text);
void tb_inspect_put_str(struct tb_inspect_report *r, const char *name, const char *text);
void tb_inspect_put_hex(struct tb_inspect_report *r, const char *name, struct tb_span bytes);
/* Unix ms; 0 is left out. */
void tb_inspect_put_time(struct tb_inspect_report *r, const char *name, int64_t at_ms);

/* Between them stand fields, each a name and a value, whose names may come again. */
void tb_inspect_fields_begin(struct tb_inspect_report *r);
void tb_inspect_fields_end(struct tb_inspect_report *r);

/* Verdict, outcome, reason, and what was recognised. */
enum tb_cli_exit tb_inspect_put_judgement(struct tb_inspect_report *r, const struct tb_judgement *j,
                                          bool from_tag);

/* Header and claims of a compact JWS. False: it does not look like one. */
bool tb_inspect_jws_fields(struct tb_inspect_report *r, struct tb_span token);

/* Writes a report to stdout and wipes it; what its exit code becomes. */
enum tb_cli_exit tb_inspect_flush(const struct tb_cli *cli, struct tb_inspect_report *r,
                                  enum tb_cli_exit exit_code);

/* Now, Unix ms. */
int64_t tb_inspect_wall_ms(void);

/* --apdu; judge has rules and keys, and the time if it was given (0: as recorded). */
enum tb_cli_exit tb_inspect_apdu(const struct tb_cli *cli, struct tb_judge *judge);

/* What a line or a tag's message says, whether or not it counts. */
void tb_inspect_line_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span line);
void tb_inspect_tag_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span message);

/* A sentence for people; static, never NULL. */
const char *tb_inspect_why(enum tb_reason reason);

/*
 * Puts the keys of a file into the ring: a key document as the context store has it, an array of them, or a
 * public key in PEM, whose id is the name of the file without its ending.
 */
TB_MUST_USE enum tb_err tb_inspect_keys_read(const char *path, struct tb_keyring *ring);

#endif
