/*
 * Play: plays POS software against an agent, and looks whether the agent does what docs/pos.md says. One
 * thread, blocking. It changes nothing but the visit that a code begins, when it is given one (steps.h), and
 * what it was asked to change.
 */
#ifndef TB_AGENT_CONFORMANCE_PLAY_H
#define TB_AGENT_CONFORMANCE_PLAY_H

#include "agent/conformance/report.h"

struct tb_play_config {
    uint16_t port;
    const char *token;      /* "": only what needs none is looked at */
    const char *code;       /* of a customer, such as a scanner would read; "": none */
    const char *gtin;       /* 14 digits, of a product that the chain has; "": the cart is left alone */
    bool pair;              /* with a code that a person types on standard input; stands in for a token */
    bool sale;              /* pay that product, and take it back */
    bool reset;             /* the terminal's UnifiedPOS statistics */
    bool take_over;         /* who waits in the store */
    unsigned watch_seconds; /* for each event that only a person can cause; 0: none is waited for */
};

/* TB_ERR_OFFLINE: nobody listens there. */
TB_MUST_USE enum tb_err tb_play_agent(struct tb_report *report, const struct tb_play_config *config);

#endif
