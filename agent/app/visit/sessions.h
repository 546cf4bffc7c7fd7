/*
 * Sessions: ISO-DEP cards that the agent speaks with before their reader reads them (docs/protocol.md,
 * "Relay"), at most one per reader. What the applications on a card say is handed to identification when the
 * reader has found that no other card lies there; a card that has none is read by its reader.
 *
 * A DESFire card of the chain whose key is not here is spoken with by the context store, while the line is
 * up.
 *
 * An exchange that is torn is the reader's to repeat: it looks for the card and offers it again, three times
 * at most. No command goes out TB_SESSION_MS after its tap began, and each has what the application allows
 * for it of what is left by then; then it is torn, too. A reader that loses its card, or goes away, ends its
 * session. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_SESSIONS_H
#define TB_AGENT_APP_VISIT_SESSIONS_H

#include "agent/readers/readers.h"
#include "core/credential/card_session.h"
#include "core/identify/identify.h"

#define TB_SESSION_MS 2500         /* less than identification waits for a tap */
#define TB_SESSION_COMMAND_MS 1500 /* what a reader waits for one answer */
#define TB_SESSION_LATE_MS 1000    /* for the reader's line, on top of it */
#define TB_SESSION_STORE_MS                                                         \
    800 /* the context store's; a reader that hears nothing for 1 s reads by itself \
         */
#define TB_SESSION_TICKET 0x80000000u /* of questions to the context store: bit, reader, exchange */

struct tb_agent;

enum tb_session_state {
    TB_SESSION_NONE,
    TB_SESSION_ASKING,    /* a command is with the card */
    TB_SESSION_VERIFYING, /* the context store is asked what the card is to be sent next */
    TB_SESSION_JUDGED,    /* the reader is asked to keep the card; judgement waits for its word */
};

struct tb_session_of_reader {
    struct tb_agent *agent;
    enum tb_session_state state;
    uint8_t reader;
    uint64_t tap;
    uint16_t exchange;            /* of the command at hand */
    int64_t began_ms;             /* of the tap */
    uint8_t uid[TB_UID_SIZE_MAX]; /* of the card */
    struct tb_card_session card;  /* secret, and personal data */
    bool relaying;                /* the context store speaks with the card */
    struct tb_desfire_relay relay;
    struct tb_timer timer; /* of the command at hand */
};

void tb_sessions_start(struct tb_agent *agent);
void tb_sessions_stop(struct tb_agent *agent);

/* Keys or policy changed, or the readers were started: cards wait for the agent if it has anything to ask. */
void tb_sessions_apply(struct tb_agent *agent);

struct tb_taps_answer;

/* The context store's answer; false: the ticket is not of a session. */
bool tb_sessions_told(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *told);

/* To be given every event before identification is; true: it was about a card of ours, and is not for it. */
bool tb_sessions_event(struct tb_agent *agent, const struct tb_reader_event *event);

#endif
