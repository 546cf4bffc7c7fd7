/*
 * Typing: the member number of who was recognised, typed into whatever program has the keyboard, for POS
 * software that cannot be changed (docs/pos.md, "A POS that cannot be changed"). Off unless the configuration
 * names a layout. A process of its own (tillbridge-typist) owns the keyboard; one that has ended is started
 * again.
 *
 * Only a number that was presented as a member number or a GSRN is typed, once, when its visit begins; it is
 * kept from its look-up until its outcome, and wiped. Loop's thread only.
 */
#ifndef TB_AGENT_APP_POS_TYPING_H
#define TB_AGENT_APP_POS_TYPING_H

#include "core/credential/credential.h"
#include "core/identify/identify.h"
#include "host/loop/loop.h"

struct tb_agent;

enum tb_typing_ending { TB_TYPING_ENTER, TB_TYPING_TAB, TB_TYPING_NOTHING };

struct tb_typing {
    int fd; /* of the typist's socket; 0 while there is none */
    struct tb_child child;
    struct tb_timer again;
    uint64_t attempt; /* whose number it is; 0: none */
    size_t size;
    uint8_t number[TB_CREDENTIAL_VALUE_MAX]; /* secret */
};

void tb_typing_start(struct tb_agent *agent);
void tb_typing_stop(struct tb_agent *agent);

/* Of an attempt that is looked up; and when its outcome is known. */
void tb_typing_seen(struct tb_agent *agent, uint64_t attempt, const struct tb_credential *credential);
void tb_typing_ended(struct tb_agent *agent, const struct tb_identify_action *action);

#endif
