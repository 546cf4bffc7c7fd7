/*
 * inspect --apdu: a recorded exchange, told command by command and played again through the machines that
 * spoke with the card: the card session, then the reading of a Type 4 tag. Pure but for the randomness that
 * is handed in; one thread.
 */
#ifndef TB_AGENT_CLI_INSPECT_APDU_H
#define TB_AGENT_CLI_INSPECT_APDU_H

#include "agent/cli/inspect.h"
#include "core/base/rng.h"
#include "core/credential/ndef.h"
#include "core/credential/recording.h"
#include "core/tag/read.h"

/* ---- playing it again ---- */

enum tb_apdu_end {
    TB_APDU_JUDGED, /* judgement is of an application on the card */
    TB_APDU_READ,   /* judgement is of its NDEF message */
    TB_APDU_FAILED, /* failure: it could not be read */
    TB_APDU_TORN,   /* it was lost, and not found again */
    TB_APDU_UNREAD, /* no application of ours; what its reader read then is not recorded */
    TB_APDU_SHORT,  /* the recording ends where wanted would have been sent */
    TB_APDU_ASTRAY, /* wanted would have been sent in the place of a recorded command */
};

struct tb_apdu_play { /* secret, and personal data */
    enum tb_apdu_end end;
    struct tb_judgement judgement;
    enum tb_tag_failure failure;
    bool random_missing; /* wanted holds random bytes, and none were recorded for it */
    uint16_t astray_at;
    uint16_t wanted_size;
    uint8_t wanted[TB_APPLET_COMMAND_MAX];
    bool followed[TB_RECORDING_EXCHANGE_MAX]; /* this program sent the same, and took the answer */
    uint16_t message_size;
    uint8_t message[TB_NDEF_SIZE_MAX];
    struct tb_card_session session;
};

/* judge: rules, keys, and the time that counts. rng: where randomness was not recorded. */
void tb_apdu_play(const struct tb_recording *recording, const struct tb_judge *judge,
                  const struct tb_rng *rng, struct tb_apdu_play *ret_play);

/* ---- telling it ---- */

enum tb_apdu_family {
    TB_APDU_OTHER,
    TB_APDU_TYPE2, /* no APDUs: a byte that says which command it is, and answers without status word */
    TB_APDU_TYPE4,
    TB_APDU_PAYMENT,
    TB_APDU_PHONE,
    TB_APDU_DESFIRE,
    TB_APDU_DIRECTORY,
    TB_APDU_SMART_TAP,
    TB_APDU_VAS,
};

struct tb_apdu_context { /* what earlier commands say about later ones */
    bool payment;        /* a payment application was selected: nothing is shown any more */
    uint16_t file_id;
    uint16_t collected_size; /* of an answer in parts */
    uint8_t collected[TB_HCE_RESPONSE_SIZE_MAX];
};

typedef void tb_apdu_fields(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span bytes);

struct tb_apdu_form { /* of a command */
    const char *name;
    enum tb_apdu_family family;
    uint8_t cla;
    uint8_t ins;
    const char *aid; /* of a SELECT by name: the beginning; NULL: any other command */
    uint8_t aid_size;
    tb_apdu_fields *command; /* gets the whole command; NULL: nothing to tell */
    tb_apdu_fields *answer;  /* gets the answer with its status word */
};

struct tb_apdu_forms {
    const struct tb_apdu_form *at;
    size_t count;
};

struct tb_apdu_status { /* of a status word; the first row that fits */
    uint16_t value;
    uint16_t mask;
    const char *words;
};

/* The data of a short command. */
struct tb_span tb_apdu_data(struct tb_span command);

/* NULL: of no form that is known. */
const struct tb_apdu_form *tb_apdu_form_of(struct tb_span command);

struct tb_apdu_exchange {
    unsigned number; /* from 1 */
    struct tb_span command;
    struct tb_span answer; /* empty: it was lost */
};

/* Name, status word in words, and fields. */
void tb_apdu_tell(struct tb_inspect_report *r, struct tb_apdu_context *c, const struct tb_apdu_exchange *e);

#if TB_WALLETS
struct tb_apdu_forms tb_apdu_wallet_forms(void);
/* Rows of a family, the last one of words NULL; NULL when it has none of its own. */
const struct tb_apdu_status *tb_apdu_wallet_statuses(enum tb_apdu_family family);
#endif

/* The report of a recording, with its verdict. Steps first, as they were recorded. */
enum tb_cli_exit tb_apdu_report(struct tb_inspect_report *r, const struct tb_recording *recording,
                                const struct tb_judge *judge, const struct tb_apdu_play *play);

#endif
