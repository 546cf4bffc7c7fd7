/*
 * Pairing: asks an agent to be paired as POS software does, with the code that a person reads from the clerk
 * page and types on standard input. One thread, blocking until it is typed or is good no more.
 */
#ifndef TB_AGENT_CONFORMANCE_PAIRING_H
#define TB_AGENT_CONFORMANCE_PAIRING_H

#include "agent/conformance/talk.h"

#define TB_PAIRING_TOKEN_SIZE 64

/* True: it was paired, for every scope. Who it is stays in the agent's list until it is revoked. */
bool tb_pairing_play(struct tb_talk *t, char ret_token[TB_PAIRING_TOKEN_SIZE]);

#endif
