/*
 * Kiosk: what the shopper's pages are told and may ask (docs/protocol.md, "Local page API"). They show one
 * visit, and of its customer what she may see of herself on a screen that others may see, too; a request that
 * is not in the shopper's table is refused, whoever sends it. Loop's thread only.
 */
#ifndef TB_AGENT_APP_PAGES_KIOSK_H
#define TB_AGENT_APP_PAGES_KIOSK_H

#include "agent/app/pages/page.h"
#include "core/wire/names.h"

struct tb_agent;
struct tb_mutation;

#define TB_KIOSK_BLANK_MS 10000 /* the count-down before an idle screen is cleared */

/* The registry says that this terminal is one. */
bool tb_kiosk_is(const struct tb_agent *agent);
enum tb_channel tb_kiosk_channel(const struct tb_agent *agent);

void tb_kiosk_opened(struct tb_agent *agent, uint32_t page);
void tb_kiosk_request(struct tb_agent *agent, uint32_t page, struct tb_span message);

/* What shoppers' pages are told otherwise than the clerk's, or alone. */
void tb_kiosk_state(struct tb_agent *agent);
void tb_kiosk_visit(struct tb_agent *agent);
void tb_kiosk_merge(struct tb_agent *agent); /* the clerk's pages, too */
void tb_kiosk_merge_show(struct tb_agent *agent, struct tb_page_to to);

/* A deadline may have moved: whether the count-down runs is looked at in a turn of its own. */
void tb_kiosk_rearm(struct tb_agent *agent);
void tb_kiosk_stop(struct tb_agent *agent);

/* A product was scanned and nobody is here: begins an anonymous visit where a kiosk, or the policy, wants it.
 * False: it does not. */
bool tb_kiosk_scanned(struct tb_agent *agent, uint8_t reader);

#endif
