/*
 * Grants: which scopes the POS that is played was given, and how the agent's line is; what decides which
 * steps can be looked at. One thread, blocking.
 */
#ifndef TB_AGENT_CONFORMANCE_GRANTS_H
#define TB_AGENT_CONFORMANCE_GRANTS_H

#include "agent/conformance/talk.h"

enum tb_grant { /* bits */
                TB_GRANT_CUSTOMER = 1 << 0,
                TB_GRANT_CART = 1 << 1,
                TB_GRANT_CHECKOUT = 1 << 2,
                TB_GRANT_IDENTIFY = 1 << 3,
                TB_GRANT_OPERATOR = 1 << 4,
                TB_GRANT_HANDOVER = 1 << 5,
                TB_GRANT_DEVICE = 1 << 6,
                TB_GRANT_HELP = 1 << 7,
                TB_GRANT_COUNT = 8, /* of bits */
};

struct tb_grants {
    unsigned scopes; /* that were granted; bits */
    bool live;       /* the line to the context store */
};

/* What session.info and state say. False: they do not. */
bool tb_grants_read(struct tb_talk *t, struct tb_grants *ret_grants);

/* The name of a scope that is needed and was not granted; NULL: none is missing. */
const char *tb_grants_missing(const struct tb_grants *grants, unsigned scopes);

/* For each scope that was not granted, a call of it is refused; by HTTP. */
void tb_grants_ungranted(struct tb_talk *t, const struct tb_grants *grants);

#endif
