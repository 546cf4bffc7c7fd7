/* `checkout.*` of the command line socket: paying the cart of the visit. */
#ifndef TB_AGENT_APP_CONSOLE_CHECKOUT_H
#define TB_AGENT_APP_CONSOLE_CHECKOUT_H

struct tb_request;

void tb_console_claim(struct tb_request *r);
void tb_console_release(struct tb_request *r);
void tb_console_finish(struct tb_request *r);
void tb_console_void(struct tb_request *r);

#endif
