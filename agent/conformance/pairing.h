/*
 * Pairing: asks an agent to be paired as POS software does, with the code that a person reads from the clerk
 * page and types on standard input. One thread, blocking until it is typed or is good no more.
 */
#ifndef TB_AGENT_CONFORMANCE_PAIRING_H
#define TB_AGENT_CONFORMANCE_PAIRING_H

#include "agent/conformance/talk.h"

#define TB_PAIRING_TOKEN_SIZE 64

struct tb_paired {
    char token[TB_PAIRING_TOKEN_SIZE];
    int64_t client; /* in the agent's list; 0: it did not say */
};

/* True: it was paired, for these scopes (enum tb_grant, at least one). Who it is stays in the agent's list
 * until it is revoked; how is said, then and when all is done (tb_pairing_remind()). */
bool tb_pairing_play(struct tb_talk *t, unsigned scopes, struct tb_paired *ret_paired);

/* Says, when there is one, that it is paired and how that is ended. */
void tb_pairing_remind(struct tb_talk *t, const struct tb_paired *paired);

#endif
