/*
 * Send code: the cart of the visit goes on at a till or on a phone, by a code of six characters and the same
 * as a QR code. Loop's thread only.
 */
#ifndef TB_AGENT_APP_HANDOVER_SEND_CODE_H
#define TB_AGENT_APP_HANDOVER_SEND_CODE_H

#include "agent/app/request.h"

/* send.code: answered when the context store has the hand-over. One that is still open for this visit has the
 * same code again. */
void tb_send_code_request(struct tb_request *r);

#endif
