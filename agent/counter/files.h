/* Files: those of agent/web and agent/words, embedded at build time (embed.cmake). Pure. */
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
