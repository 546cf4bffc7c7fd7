/*
 * Files: the pages of agent/web and the words of agent/words, embedded at build time (embed.cmake) as
 * page.awk writes them: each page asks for its style sheet and one module. Pure.
 */
#ifndef TB_AGENT_COUNTER_FILES_H
#define TB_AGENT_COUNTER_FILES_H

#include "core/base/span.h"

struct tb_file {
    const char *path;       /* as requested: "/clerk/app.js" */
    const char *type;       /* media type */
    struct tb_span content; /* gzip (RFC 1952), which every browser takes */
};

extern const struct tb_file tb_files[];
extern const size_t tb_files_count;

#endif
