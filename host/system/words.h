/*
 * Words: what a program's error means to the person at the command line, and what to do about it. The stable
 * name (tb_err_name()) goes beside it. Any thread.
 */
#ifndef TB_HOST_SYSTEM_WORDS_H
#define TB_HOST_SYSTEM_WORDS_H

#include "core/base/err.h"

/* About a file, a port or a command that was named before, as "this user may not use it: check its owner and
 * mode". Static, never NULL. */
const char *tb_err_words(enum tb_err err);

#endif
