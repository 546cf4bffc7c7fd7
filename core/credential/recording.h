/*
 * Recording: one exchange between a terminal and a card, as text that a person can read and that plays again
 * byte for byte. Lines of at most TB_RECORDING_LINE_MAX bytes:
 *
 *   # …                comment; empty lines are passed over, too
 *   time 1790000000000 the terminal's clock when the card came, Unix ms
 *   clock behind       it was not trusted
 *   uid 04782e21801d80 as anticollision gave it
 *   sak 00             the same (ISO/IEC 14443-3 section 6.5.3); 20, an ISO-DEP card, when it is not told
 *   audience till      of the chain's pass certificates
 *   terminal urn:…     id of the terminal
 *   vas_window 120, vas_zone 0, vas_mode pass_only, vas_authenticate, vas_url https://…
 *                      what Apple phones are asked for, as in the agent's section [wallets]; with TB_WALLETS
 *   random 00112233…   what the terminal drew from here on, in its order
 *   > 00a40400…        command
 *   < 6a82             answer with its status word; "< -": none came
 *
 * What stands in front of the first command is about the whole exchange. A command without an answer behind
 * it was not answered. Hexadecimal digits of either case, blanks between bytes. A line that is anything else
 * breaks the rules.
 *
 * A recording can hold what a pass says, and with the chain's keys its random bytes open what was encrypted:
 * it is personal data. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_RECORDING_H
#define TB_CORE_CREDENTIAL_RECORDING_H

#include "core/credential/card_session.h"

#define TB_RECORDING_SIZE_MAX 131072 /* bytes of text */
#define TB_RECORDING_LINE_MAX 1600
#define TB_RECORDING_EXCHANGE_MAX 192
#define TB_RECORDING_COMMAND_MAX 262 /* bytes */
#define TB_RECORDING_ANSWER_MAX 264
#define TB_RECORDING_RANDOM_MAX 512 /* drawn for one command; what a recorder keeps of it is less */
#define TB_RECORDING_UID_MAX 10
#define TB_RECORDING_SAK_ISO_DEP 0x20
#define TB_RECORDING_NAME_MAX 128 /* audience, terminal */

struct tb_recording_part { /* of the recording's bytes */
    uint32_t at;
    uint16_t size;
};

struct tb_recording_exchange {
    struct tb_recording_part random;
    struct tb_recording_part command;
    struct tb_recording_part answer; /* empty: it was lost */
};

struct tb_recording { /* personal data */
    int64_t wall_ms;  /* Unix; 0: not told */
    bool clock_behind;
    uint8_t sak;
    uint8_t uid_size;
    uint8_t uid[TB_RECORDING_UID_MAX];
    char audience[TB_RECORDING_NAME_MAX + 1];
    char terminal[TB_RECORDING_NAME_MAX + 1];
#if TB_WALLETS
    struct tb_vas_terms vas; /* its url is vas_url */
    char vas_url[TB_VAS_URL_SIZE_MAX + 1];
#endif
    bool random_told; /* anywhere */
    uint16_t exchange_count;
    struct tb_recording_exchange exchanges[TB_RECORDING_EXCHANGE_MAX];
    uint32_t bytes_size;
    uint8_t bytes[TB_RECORDING_SIZE_MAX / 2];
};

static inline struct tb_span tb_recording_bytes(const struct tb_recording *r, struct tb_recording_part part)
{
    return tb_span_of(r->bytes + part.at, part.size);
}

/*
 * TB_ERR_TOO_LONG, TB_ERR_FULL (more exchanges than fit), TB_ERR_SYNTAX, TB_ERR_RANGE, TB_ERR_CONFLICT (an
 * answer to nothing, a setting behind the first command), TB_ERR_MISSING (no command); *ret_line then is the
 * line, from 1.
 */
TB_MUST_USE enum tb_err tb_recording_parse(struct tb_span text, struct tb_recording *ret_recording,
                                           unsigned *ret_line);

/* What the session was started with; keys, rng and refused kinds are the caller's. Borrows from r. */
struct tb_card_how tb_recording_how(const struct tb_recording *r);

/* Gives out what was recorded from the command at index on, then bytes of another source. */
struct tb_recording_rng {
    const struct tb_recording *recording; /* borrowed */
    const struct tb_rng *after;           /* borrowed */
    size_t index;                         /* the caller's: of the recorded command that is made next */
    size_t drawn_index;                   /* of the last draw */
    size_t drawn_count;
    bool unrecorded;               /* what was drawn for it does not stand in the recording */
    size_t seen_count;             /* commands before which random lines were looked for */
    struct tb_recording_part from; /* the last of them */
    size_t drawn;                  /* of from */
};

struct tb_rng tb_recording_rng_of(struct tb_recording_rng *r);

/* ---- writing: how, then command and answer in turn, into a buffer whose err tells that it was too small */

#define TB_RECORDER_RANDOM_MAX 128 /* bytes of one command; what is drawn behind them only blinds */

struct tb_recorder {
    struct tb_buf *to;        /* borrowed */
    const struct tb_rng *rng; /* borrowed; what is really drawn from */
    uint8_t drawn_size;
    uint8_t drawn[TB_RECORDER_RANDOM_MAX];
};

/* The randomness that the session is to be given. */
struct tb_rng tb_recorder_rng(struct tb_recorder *r);

void tb_recorder_put_how(struct tb_recorder *r, const struct tb_card_how *how);
void tb_recorder_put_command(struct tb_recorder *r, struct tb_span command);
void tb_recorder_put_answer(struct tb_recorder *r, struct tb_span answer); /* empty: lost */

#endif
