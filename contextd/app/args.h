/*
 * Arguments of a command: options are taken by name, words in order; what is left over is an error.
 * Borrows argv; asks the system of files only whether they are there.
 */
#ifndef TB_CONTEXTD_APP_ARGS_H
#define TB_CONTEXTD_APP_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_MAX 64

struct args {
    char **argv;
    int count;
    bool taken[ARGS_MAX];
    bool failed; /* something was wrong; it has been said on standard error */
};

/* The program's name and the subcommand are not among argv. */
void args_init(struct args *a, int count, char **argv);

/* The value behind an option; NULL when it is not given. */
const char *args_option(struct args *a, const char *name);
/* The same for an option that must be there. */
const char *args_needed(struct args *a, const char *name);
/* The same for a file that is read, and for one that is made or replaced: it says why that cannot be. */
const char *args_source(struct args *a, const char *name);
const char *args_target(struct args *a, const char *name);
int64_t args_number(struct args *a, const char *name, int64_t preset, int64_t min, int64_t max);
bool args_flag(struct args *a, const char *name);
/* The next word that is no option. */
const char *args_word(struct args *a);

/* True when everything was taken and nothing failed; complains otherwise. */
bool args_end(struct args *a);

#endif
