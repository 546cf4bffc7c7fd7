/* The subcommands of contextd: each takes what is left of the command line and returns the exit status. */
#ifndef TB_CONTEXTD_APP_COMMAND_H
#define TB_CONTEXTD_APP_COMMAND_H

#include "contextd/app/args.h"
#include "contextd/port/engine.h"

#define EXIT_WRONG 2 /* the command line or the configuration is not understood */

int command_serve(struct args *a);
int command_config(struct args *a);
int command_ca(struct args *a);
int command_token(struct args *a);
int command_seed(struct args *a);
int command_credential(struct args *a);
int command_customer(struct args *a);
int command_terminal(struct args *a);
int command_product(struct args *a);
int command_policy(struct args *a);
int command_keys(struct args *a);
int command_erase(struct args *a);
int command_erasures(struct args *a);
int command_export(struct args *a);
int command_conflicts(struct args *a);
int command_operator(struct args *a);
int command_audit(struct args *a);

/* Says what failed; the exit status for it. */
int command_failed(const char *what, enum tb_err err);

int64_t command_wall_ms(void *context);

/* Opens the engine of a database file; says on standard error when it cannot. */
TB_MUST_USE enum tb_err command_engine_open(const char *database, bool create,
                                            struct tb_context_engine **ret_engine);

#endif
